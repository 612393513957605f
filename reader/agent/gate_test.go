package agent_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"guichet.example/reader/api"
)

// ask sends one request as it is, and returns status, headers and body.
func ask(t *testing.T, method, url, body string, header map[string]string) (*http.Response, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		if name == "Host" {
			req.Host = value
			continue
		}
		for part := range strings.SplitSeq(value, "\n") { // several lines: several headers
			req.Header.Add(name, part)
		}
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		t.Errorf("%s %s: reading the answer: %v", method, url, err) // an event stream has no end
	}
	return res, string(text)
}

var endpoints = []struct{ method, path string }{
	{"GET", api.StatusPath}, {"GET", api.EventsPath}, {"POST", api.AuthenticatePath},
	{"POST", api.SigningCertificatePath}, {"POST", api.SignPath}, {"POST", api.CancelPath},
	{"OPTIONS", api.AuthenticatePath}, {"OPTIONS", api.EventsPath}, {"GET", api.DoctorPath},
}

// Without the Origin of an allowed site nothing is answered, events included, and the
// browser is not told that a page may read even the refusal.
func TestOriginRefused(t *testing.T) {
	a := start(t, newDesk(newCard("rsa")))
	for name, origin := range map[string]string{
		"none":                "",
		"null":                "null",
		"a stranger":          "https://evil.example",
		"of the agent itself": a.URL(),
		"other port":          "http://localhost:8082",
		"https for http":      "https://localhost:8080",
		"127.0.0.1 for name":  "http://127.0.0.1:8080",
		"slash":               counter + "/",
		"longer":              counter + "1",
		"capitals":            "http://LOCALHOST:8080",
		"two in one":          counter + " " + otherSite,
		"two":                 counter + "\n" + otherSite,
		"the same twice":      counter + "\n" + counter,
	} {
		for _, e := range endpoints {
			header := map[string]string{"Content-Type": "application/json", "Access-Control-Request-Method": "POST"}
			if origin != "" {
				header["Origin"] = origin
			}
			res, body := ask(t, e.method, a.URL()+e.path, "{}", header)
			if res.StatusCode != http.StatusForbidden || res.Header.Get("Access-Control-Allow-Origin") != "" || !strings.Contains(body, `"code"`) {
				t.Errorf("origin %s: %s %s = %d, allows %q: %s", name, e.method, e.path, res.StatusCode, res.Header.Get("Access-Control-Allow-Origin"), body)
			}
		}
	}
}

// A name that an attacker points at 127.0.0.1 arrives as Host: such a page gets
// nothing, the PIN page included, whatever Origin it claims.
func TestHostRefused(t *testing.T) {
	a := start(t, newDesk(newCard("rsa")))
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(a.URL(), "http://"))
	paths := []struct{ method, path string }{{"GET", "/pin/x"}, {"POST", "/pin/x"}, {"GET", "/pin.css"}, {"GET", "/"}}
	for _, host := range []string{"evil.example", "evil.example:" + port, "localhost", "localhost:1", "127.0.0.2:" + port, "LOCALHOST:" + port, "localhost.:" + port, "0.0.0.0:" + port} {
		for _, e := range append(paths, endpoints...) {
			res, _ := ask(t, e.method, a.URL()+e.path, "{}", map[string]string{"Host": host, "Origin": counter, "Content-Type": "application/json"})
			if res.StatusCode != http.StatusMisdirectedRequest || res.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("Host %s: %s %s = %d", host, e.method, e.path, res.StatusCode)
			}
		}
	}
	for _, host := range []string{"localhost:" + port, "127.0.0.1:" + port, "[::1]:" + port} {
		res, _ := ask(t, "GET", a.URL()+api.StatusPath, "", map[string]string{"Host": host, "Origin": counter})
		if res.StatusCode != http.StatusOK {
			t.Errorf("Host %s: status %d", host, res.StatusCode)
		}
	}
}

func TestBothLoopbackAddresses(t *testing.T) {
	a := start(t, newDesk(nil))
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(a.URL(), "http://"))
	for _, host := range []string{"127.0.0.1:" + port, "[::1]:" + port} {
		if res, _ := ask(t, "GET", "http://"+host+api.StatusPath, "", map[string]string{"Origin": counter}); res.StatusCode != http.StatusOK {
			t.Errorf("%s answers %d", host, res.StatusCode)
		}
	}
}

func TestPreflight(t *testing.T) {
	a := start(t, newDesk(nil))
	res, _ := ask(t, "OPTIONS", a.URL()+api.SignPath, "", map[string]string{
		"Origin": otherSite, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type",
		"Access-Control-Request-Private-Network": "true",
	})
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": otherSite, "Access-Control-Allow-Methods": "GET, POST",
		"Access-Control-Allow-Headers": "Content-Type", "Access-Control-Allow-Private-Network": "true",
		"Access-Control-Allow-Credentials": "", "Vary": "Origin",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if res.StatusCode != http.StatusNoContent {
		t.Errorf("status %d", res.StatusCode)
	}
	res, _ = ask(t, "OPTIONS", a.URL()+api.SignPath, "", map[string]string{"Origin": otherSite, "Access-Control-Request-Method": "POST"})
	if res.Header.Get("Access-Control-Allow-Private-Network") != "" {
		t.Error("private network access granted unasked")
	}
}

// A request that is not what it should be never reaches the card.
func TestRequestsRefused(t *testing.T) {
	a := start(t, newDesk(newCard("rsa")))
	certificate := base64Of(issued()["rsa"].Signature.Certificate.Raw)
	authentication := base64Of(issued()["rsa"].Authentication.Certificate.Raw)
	hash := strings.Repeat("A", 43) + "="
	signing := func(certificate, hash, function string) string {
		return `{"certificate":"` + certificate + `","hash":"` + hash + `","hashFunction":"` + function + `"}`
	}
	tests := []struct {
		name, path, kind, body string
		status                 int
		code                   api.Code
	}{
		{"a form", api.AuthenticatePath, "application/x-www-form-urlencoded", "challengeNonce=" + nonce, 415, api.InvalidArgument},
		{"plain text", api.AuthenticatePath, "text/plain", `{"challengeNonce":"` + nonce + `"}`, 415, api.InvalidArgument},
		{"no type", api.AuthenticatePath, "", `{"challengeNonce":"` + nonce + `"}`, 415, api.InvalidArgument},
		{"two types", api.CancelPath, "application/json, text/plain", `{}`, 415, api.InvalidArgument},
		{"not JSON", api.AuthenticatePath, "application/json", `nonce`, 400, api.InvalidArgument},
		{"empty", api.AuthenticatePath, "application/json", ``, 400, api.InvalidArgument},
		{"a key twice", api.AuthenticatePath, "application/json", `{"challengeNonce":"` + nonce + `","challengeNonce":"` + nonce + `"}`, 400, api.InvalidArgument},
		{"a key in capitals", api.AuthenticatePath, "application/json", `{"CHALLENGENONCE":"` + nonce + `"}`, 400, api.InvalidArgument},
		{"null", api.AuthenticatePath, "application/json", `null`, 400, api.InvalidArgument},
		{"an array", api.AuthenticatePath, "application/json", `["` + nonce + `"]`, 400, api.InvalidArgument},
		{"two objects", api.AuthenticatePath, "application/json", `{"challengeNonce":"` + nonce + `"}{}`, 400, api.InvalidArgument},
		{"an origin of its own", api.AuthenticatePath, "application/json", `{"challengeNonce":"` + nonce + `","origin":"https://bank.example"}`, 400, api.InvalidArgument},
		{"no nonce", api.AuthenticatePath, "application/json", `{}`, 400, api.MissingParameter},
		{"short nonce", api.AuthenticatePath, "application/json", `{"challengeNonce":"` + nonce[:43] + `"}`, 400, api.InvalidArgument},
		{"long nonce", api.AuthenticatePath, "application/json", `{"challengeNonce":"` + strings.Repeat("A", 129) + `"}`, 400, api.InvalidArgument},
		{"nonce with a blank", api.AuthenticatePath, "application/json", `{"challengeNonce":"` + strings.Repeat(" ", 44) + `"}`, 400, api.InvalidArgument},
		{"nonce with a letter beyond ASCII", api.AuthenticatePath, "application/json", `{"challengeNonce":"` + strings.Repeat("é", 44) + `"}`, 400, api.InvalidArgument},
		{"nonce a number", api.AuthenticatePath, "application/json", `{"challengeNonce":1}`, 400, api.InvalidArgument},
		{"25 kB", api.AuthenticatePath, "application/json", `{"challengeNonce":"` + strings.Repeat("A", 25<<10) + `"}`, 413, api.InvalidArgument},
		{"unknown field", api.SigningCertificatePath, "application/json", `{"pin":"1234"}`, 400, api.InvalidArgument},
		{"cancel with a field", api.CancelPath, "application/json", `{"x":1}`, 400, api.InvalidArgument},
		{"nothing to sign", api.SignPath, "application/json", `{}`, 400, api.MissingParameter},
		{"certificate not base64", api.SignPath, "application/json", signing("!", hash, "SHA-256"), 400, api.InvalidArgument},
		{"certificate not DER", api.SignPath, "application/json", signing("AAAA", hash, "SHA-256"), 400, api.InvalidArgument},
		{"certificate for authentication", api.SignPath, "application/json", signing(authentication, hash, "SHA-256"), 400, api.InvalidArgument},
		{"hash not base64", api.SignPath, "application/json", signing(certificate, "?", "SHA-256"), 400, api.InvalidArgument},
		{"hash of another function", api.SignPath, "application/json", signing(certificate, hash, "SHA-384"), 400, api.InvalidArgument},
		{"hash too short", api.SignPath, "application/json", signing(certificate, "AAAA", "SHA-256"), 400, api.InvalidArgument},
		{"SHA-1", api.SignPath, "application/json", signing(certificate, strings.Repeat("A", 27)+"=", "SHA-1"), 400, api.InvalidArgument},
		{"hash a card cannot sign", api.SignPath, "application/json", signing(certificate, hash, "SHA3-256"), 400, api.InvalidArgument},
	}
	for _, test := range tests {
		header := map[string]string{"Origin": counter}
		if test.kind != "" {
			header["Content-Type"] = test.kind
		}
		res, body := ask(t, "POST", a.URL()+test.path, test.body, header)
		if res.StatusCode != test.status || !strings.Contains(body, string(test.code)) {
			t.Errorf("%s: %d %s; want %d %s", test.name, res.StatusCode, body, test.status, test.code)
		}
		if res.Header.Get("Access-Control-Allow-Origin") != counter {
			t.Errorf("%s: the page may not read why", test.name)
		}
	}
	if status, err := a.page("").Status(t.Context()); err != nil || status.Busy {
		t.Errorf("after all refusals: Status = %+v, %v", status, err)
	}
}

func TestMethodsAndPathsRefused(t *testing.T) {
	a := start(t, newDesk(nil))
	for _, test := range []struct {
		method, path string
		status       int
	}{
		{"GET", api.AuthenticatePath, 405}, {"PUT", api.SignPath, 405}, {"DELETE", api.CancelPath, 405}, {"POST", api.EventsPath, 405},
		{"TRACE", api.StatusPath, 405}, {"GET", "/", 404}, {"GET", "/v1/", 404}, {"GET", "/v2/status", 404}, {"GET", "/pin/", 404},
		{"GET", "/debug/pprof/", 404}, {"PUT", "/pin/x", 405},
	} {
		res, _ := ask(t, test.method, a.URL()+test.path, "", map[string]string{"Origin": counter})
		if res.StatusCode != test.status && !(test.status == 404 && res.StatusCode == 405) {
			t.Errorf("%s %s = %d, want %d", test.method, test.path, res.StatusCode, test.status)
		}
		if res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Server") != "" {
			t.Errorf("%s %s: headers %v", test.method, test.path, res.Header)
		}
	}
}
