package portal_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"guichet.example/certs/certstest"
	"guichet.example/portal/store/storetest"
)

const formType = "application/x-www-form-urlencoded"

func TestHeadersOnEveryAnswer(t *testing.T) {
	c := open(t)
	v := c.visitor(t).in()
	for _, address := range []string{"/", "/fr/home", "/fr/sign-in", "/fr/nowhere", "/xx/home", "/healthz", "/fr/requests/none",
		"/fr/bank/reveal", "/static/nowhere.css", "/favicon.ico", "/fr/sign-in/card", "/debug/pprof", "/metrics"} {
		resp, _ := v.get(address)
		h := resp.Header
		for name, want := range map[string]string{
			"Strict-Transport-Security":    "max-age=63072000; includeSubDomains",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			if h.Get(name) != want {
				t.Errorf("%s (%s): %s is %q", address, resp.Status, name, h.Get(name))
			}
		}
		if h.Get("Server") != "" {
			t.Errorf("%s says what serves it: %q", address, h.Get("Server"))
		}
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "require-trusted-types-for 'script'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", address, csp)
		}
		if agent := strings.Contains(csp, "http://localhost:8081"); agent != (address == "/fr/sign-in/card") {
			t.Errorf("%s: agent in the policy: %t", address, agent)
		}
	}
}

func TestRefusedBeforeAnyHandler(t *testing.T) {
	c := open(t)
	for name, test := range map[string]struct {
		change func(*http.Request)
		body   string
		status int
	}{
		"another host":   {func(r *http.Request) { r.Host = "evil.example" }, "", http.StatusMisdirectedRequest},
		"another site":   {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, "", http.StatusForbidden},
		"another origin": {func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, "", http.StatusForbidden},
		"doubled field":  {nil, "iban=BE1&iban=BE2", http.StatusBadRequest},
		"a form in parts": {func(r *http.Request) { r.Header.Set("Content-Type", "Multipart/form-data; boundary=x") },
			"--x\r\nContent-Disposition: form-data; name=\"iban\"\r\n\r\nBE1\r\n--x--\r\n", http.StatusBadRequest},
		"bad escapes":         {nil, "iban=%zz", http.StatusBadRequest},
		"a NUL in a field":    {nil, "iban=BE1%00", http.StatusBadRequest},
		"no UTF-8 in a field": {nil, "iban=BE1%c3%28", http.StatusBadRequest},
		"a field of no name":  {nil, "iban%ff=BE1", http.StatusBadRequest},
		"64 KB and a bit":     {nil, "iban=" + strings.Repeat("a", 64<<10), http.StatusRequestEntityTooLarge},
		"a method of its own": {func(r *http.Request) { r.Method = "TRACE" }, "", http.StatusMethodNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			v := c.visitor(t).in()
			r := httptest.NewRequest(http.MethodPost, origin+"/fr/bank/change/check", strings.NewReader(test.body))
			r.Header.Set("Content-Type", formType)
			if test.change != nil {
				test.change(r)
			}
			resp, body := v.ask(r)
			if resp.StatusCode != test.status {
				t.Errorf("%s, want %d", resp.Status, test.status)
			}
			if resp.Header.Get("Strict-Transport-Security") == "" || resp.Header.Get("Content-Security-Policy") == "" {
				t.Error("the refusal has no security headers")
			}
			for _, leak := range []string{"goroutine", ".go:", "SELECT", "sqlite"} {
				if strings.Contains(body, leak) {
					t.Errorf("the answer holds %q", leak)
				}
			}
		})
	}
}

// What is no text is refused in addresses as in forms, and reaches no store: PostgreSQL
// takes no NUL and nothing but UTF-8.
func TestAddressesAreText(t *testing.T) {
	for _, e := range []storetest.Engine{storetest.SQLite, storetest.PostgreSQL} {
		t.Run(string(e), func(t *testing.T) {
			w := openTown(t, storetest.Config(t, e))
			v, desk := w.at(w.members[0]), w.desks["all"]
			for _, bad := range []string{"%00", "a%00b", "%ff%fe", "zz%c3%28", "%ed%a0%80"} {
				for path, of := range map[string]*visitor{"documents?before=": v, "requests?before=": v, "office/queue?reference=": desk, "office/queue?after=": desk} {
					if resp, _ := of.get("/fr/" + path + bad); resp.StatusCode != http.StatusBadRequest {
						t.Errorf("%s%s: %s", path, bad, resp.Status)
					}
				}
				for path, of := range map[string]*visitor{"documents/": v, "requests/": v, "refunds/payments/": v, "bank/stop/": v, "office/queue/": desk} {
					if resp, _ := of.get("/fr/" + path + bad); resp.StatusCode != http.StatusNotFound {
						t.Errorf("%s%s: %s", path, bad, resp.Status)
					}
				}
			}
		})
	}
}

// Who knocks under another name, or from another site, is in the log.
func TestEarlyRefusalsAreLogged(t *testing.T) {
	c := open(t)
	for name, change := range map[string]func(*http.Request){
		"another host": func(r *http.Request) { r.Host = "evil.example" },
		"another site": func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
	} {
		r := httptest.NewRequest(http.MethodPost, origin+"/fr/sign-out", nil)
		change(r)
		_, body := c.visitor(t).ask(r)
		reference := regexp.MustCompile(`\(([0-9A-Z]{4}-[0-9A-Z]{4})\)`).FindStringSubmatch(body)
		if reference == nil || !strings.Contains(c.log.String(), reference[1]) {
			t.Errorf("%s: no line in the log for %q", name, body)
		}
		if strings.Contains(c.log.String(), "evil.example") {
			t.Errorf("%s: the log repeats what was sent", name)
		}
	}
}

func TestTooOften(t *testing.T) {
	c := open(t)
	v := c.visitor(t)
	for n := range 200 {
		resp, _ := v.post("/fr/sign-in/card/challenge", "application/json", "{}")
		if resp.StatusCode == http.StatusTooManyRequests {
			if resp.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			if n < 60 {
				t.Errorf("limited after %d", n)
			}
			return
		}
	}
	t.Error("200 challenges in a row were all answered")
}

// Who has a network of IPv6 addresses is one client, whichever of them he sends from.
func TestTooOftenFromManyAddresses(t *testing.T) {
	c := open(t)
	limited := func(address func(n int) string) bool {
		for n := range 200 {
			r := httptest.NewRequest(http.MethodPost, origin+"/fr/sign-in/card/challenge", strings.NewReader("{}"))
			r.Header.Set("Content-Type", "application/json")
			r.RemoteAddr = address(n)
			if resp, _ := c.visitor(t).ask(r); resp.StatusCode == http.StatusTooManyRequests {
				return true
			}
		}
		return false
	}
	if !limited(func(n int) string { return fmt.Sprintf("[2001:db8:0:1::%x]:4000", n+1) }) {
		t.Error("200 addresses of one network were all answered")
	}
	if limited(func(n int) string { return fmt.Sprintf("[2001:db8:0:%x::1]:4000", n+2) }) {
		t.Error("200 networks were taken for one")
	}
}

// firstPage is where a sign-in leads without a wish, the first one of all as well.
var firstPage = regexp.MustCompile(`"next":"/fr/(enrol/opened\?next=)?home"`)

// A sign-in goes back to pages of ours only.
func TestNextStaysHere(t *testing.T) {
	c := open(t)
	for _, wished := range []string{"//evil.example", `\\evil.example`, "https://evil.example", "%2f%2fevil.example", "../../x", "a?b=c", "javascript:x", "home\r\nX: y"} {
		v := c.visitor(t)
		resp, body := v.post("/fr/sign-in/card?next="+url.QueryEscape(wished), "application/json", token(t, c.card, origin, v.challenge()))
		if resp.StatusCode != http.StatusOK || !firstPage.MatchString(body) {
			t.Errorf("next=%q: %s %s", wished, resp.Status, body)
		}
	}
}

// Whatever an attacker sends, he learns one state and one sentence.
func TestRefusedSignInsLookAlike(t *testing.T) {
	c := open(t)
	stranger := certstest.Start(t)
	foreign, err := stranger.Issue(mathieu)
	ok(t, err)
	answers := map[string]bool{}
	for name, make := range map[string]func(v *visitor) string{
		"another origin": func(v *visitor) string { return token(t, c.card, "https://evil.example", v.challenge()) },
		"another nonce":  func(v *visitor) string { v.challenge(); return token(t, c.card, origin, strings.Repeat("A", 43)+"=") },
		"another issuer": func(v *visitor) string { return token(t, foreign, origin, v.challenge()) },
		"signature's key": func(v *visitor) string {
			return token(t, &certstest.Card{Authentication: c.card.Signature}, origin, v.challenge())
		},
		"not JSON": func(v *visitor) string { v.challenge(); return strings.Repeat("x", 200) },
		"half a token": func(v *visitor) string {
			whole := token(t, c.card, origin, v.challenge())
			return whole[:len(whole)/2]
		},
		"20 KB": func(v *visitor) string { v.challenge(); return `{"a":"` + strings.Repeat("x", 20_000) + `"}` },
	} {
		v := c.visitor(t)
		resp, body := v.post("/fr/sign-in/card", "application/json", make(v))
		if resp.StatusCode != http.StatusForbidden || v.cookies["__Host-session"] != "" {
			t.Errorf("%s: %s", name, resp.Status)
		}
		_, after, _ := strings.Cut(body, `"state"`)
		state, _, _ := strings.Cut(after, `,`)
		answers[state] = true
		if strings.Contains(c.log.String(), "85073003328") {
			t.Fatalf("%s: the log holds the national number", name)
		}
	}
	if len(answers) != 1 {
		t.Errorf("the answers tell %d states: %v", len(answers), answers)
	}
}

// A captured challenge and token open nothing a second time.
func TestTokenServesOnce(t *testing.T) {
	c := open(t)
	v := c.visitor(t)
	sent := token(t, c.card, origin, v.challenge())
	browser := v.cookies["__Host-browser"]
	if resp, _ := v.post("/fr/sign-in/card", "application/json", sent); resp.StatusCode != http.StatusOK {
		t.Fatalf("first: %s", resp.Status)
	}
	for range 2 {
		thief := c.visitor(t)
		thief.cookies["__Host-browser"] = browser
		if resp, body := thief.post("/fr/sign-in/card", "application/json", sent); resp.StatusCode == http.StatusOK {
			t.Fatalf("replayed: %s %s", resp.Status, body)
		}
	}
}
