package oidc_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/oidc"
)

// variants counts the forged answers of this package's tests, all refused.
var variants atomic.Int64

func TestMain(m *testing.M) {
	m.Run()
	println("variants of forged OpenID answers refused:", variants.Load())
}

// refusal is one forged answer.
type refusal struct {
	name   string
	lies   federationtest.Lies
	asked  int // 0: 200
	force  bool
	answer func(url.Values)       // in the browser, on the way back
	flow   func(*federation.Flow) // what the caller hands over
	want   error                  // nil: federation.ErrRefused
}

// run walks through a forged answer and wants it refused, quietly, in under a second.
func (r refusal) run(t *testing.T, w world) {
	t.Helper()
	if r.asked == 0 {
		r.asked = 200
	}
	if r.want == nil {
		r.want = federation.ErrRefused
	}
	w.provider.Lie(r.lies)
	f, answer := w.walk(t, r.asked, r.force)
	if r.answer != nil {
		r.answer(answer)
	}
	if r.flow != nil {
		r.flow(&f)
	}
	start := time.Now()
	id, err := w.party.Finish(t.Context(), f, answer)
	if took := time.Since(start); took > time.Second {
		t.Errorf("%s: refused after %v", r.name, took)
	}
	variants.Add(1)
	if !errors.Is(err, r.want) {
		t.Errorf("%s: Finish = %v, %v; want %v", r.name, id, err, r.want)
		return
	}
	if id.Provider != "" || id.HasNumber || id.Evidence != nil {
		t.Errorf("%s: an identity came with the refusal", r.name)
	}
	quiet(t, r.name, err.Error()+w.log.String(), f, answer)
}

// quiet wants nothing of a person, no secret and nothing of a stranger in a text.
func quiet(t *testing.T, name, text string, f federation.Flow, answer url.Values) {
	t.Helper()
	for _, word := range []string{federationtest.Alice.Number, federationtest.Alice.Surname, secret, f.Nonce, f.Verifier, f.ID,
		answer.Get("code"), "eyJ", "<script", "marker"} {
		if word != "" && strings.Contains(text, word) {
			t.Errorf("%s: the error or the log says %q: %s", name, word, text)
		}
	}
}

// all runs a table in one world, and a genuine login after it.
func all(t *testing.T, w world, table []refusal) {
	t.Helper()
	for _, r := range table {
		r.run(t, w)
	}
	w.provider.Lie(federationtest.Lies{})
	if id, err := w.login(t, 200, false); err != nil || !id.HasNumber {
		t.Errorf("after the forgeries a genuine login = %v, %v", id, err)
	}
}

// trap is a server that must never be asked.
func trap(t *testing.T) (address string) {
	t.Helper()
	asked := new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"keys":[]}`))
	}))
	t.Cleanup(s.Close)
	t.Cleanup(func() {
		if n := asked.Load(); n != 0 {
			t.Errorf("the trap was asked %d times", n)
		}
	})
	return s.URL
}

type (
	object  = map[string]any
	forgery = federationtest.Forgery
)

// set and without are lies about one claim or header member.
func set(name string, value any) func(object) { return func(o object) { o[name] = value } }
func without(name string) func(object)        { return func(o object) { delete(o, name) } }

func claims(change func(object)) federationtest.Lies {
	return federationtest.Lies{IDToken: forgery{Claims: change}}
}

func info(change func(object)) federationtest.Lies {
	return federationtest.Lies{UserInfo: forgery{Claims: change}}
}

// rawClaims and rawHeader replace text in the JSON before it is encoded.
func rawClaims(old, replaced string) forgery {
	return forgery{Raw: func(h, c []byte) ([]byte, []byte) { return h, []byte(strings.Replace(string(c), old, replaced, 1)) }}
}

func rawHeader(old, replaced string) forgery {
	return forgery{Raw: func(h, c []byte) ([]byte, []byte) { return []byte(strings.Replace(string(h), old, replaced, 1)), c }}
}

func TestForgedHeaders(t *testing.T) {
	w := newWorld(t, shape{})
	bait := trap(t)
	theirs, err := federationtest.RSAKey()
	if err != nil {
		t.Fatal(err)
	}
	key, kid := w.provider.Key()
	public := publicPEM(t, key.Public())
	var table []refusal
	add := func(name string, f forgery) {
		table = append(table, refusal{name: name, lies: federationtest.Lies{IDToken: f}},
			refusal{name: name + " (userinfo)", lies: federationtest.Lies{UserInfo: f}})
	}
	none := func() any { return nil }
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "", "RS256 ", "rs256", "RS1", "HS512", "dir"} {
		add("alg "+alg+", unsigned", forgery{Header: set("alg", alg), Key: none})
	}
	add("no alg", forgery{Header: without("alg"), Key: none})
	add("alg a number", forgery{Header: set("alg", 256)})
	add("alg a list", forgery{Header: set("alg", []string{"RS256"})})
	add("RS384 where RS256 alone is accepted", forgery{Header: set("alg", "RS384")})
	add("PS256 where RS256 alone is accepted", forgery{Header: set("alg", "PS256")})
	add("unsigned RS256", forgery{Key: none})
	for name, mac := range map[string][]byte{"public key as PEM": public, "client secret": []byte(secret), "nothing": {}} {
		add("HS256 with the "+name, forgery{Header: set("alg", "HS256"), Key: func() any { return mac }})
	}
	add("another's key under our kid", forgery{Key: func() any { return theirs }})
	add("another's key under its own kid", forgery{Header: set("kid", "theirs"), Key: func() any { return theirs }})
	add("another's key without kid", forgery{Header: without("kid"), Key: func() any { return theirs }})
	for name, value := range map[string]any{"path": "../../../../dev/null", "SQL": "x' UNION SELECT 'key", "address": bait + "/key",
		"empty": "", "long": strings.Repeat("k", 129), "number": 1, "list": []string{kid}, "null": nil} {
		add("kid: "+name, forgery{Header: set("kid", value)})
	}
	jwk := object{"kty": "RSA", "n": "AQAB", "e": "AQAB"}
	for name, value := range map[string]any{"jwk": jwk, "jku": bait + "/keys", "x5u": bait + "/cert", "x5c": []string{"MIIB"},
		"crit": []string{"exp"}, "b64": false, "zip": "DEF", "p2c": 1 << 30, "enc": "A128CBC-HS256"} {
		add(name+" with another's key", forgery{Header: set(name, value), Key: func() any { return theirs }})
		add(name+" with the right key", forgery{Header: set(name, value)})
	}
	add("crit empty", forgery{Header: set("crit", []string{})})
	add("alg twice", rawHeader(`{"alg":"RS256"`, `{"alg":"none","alg":"RS256"`))
	add("header nested deeply", forgery{Header: set("x", json.RawMessage(strings.Repeat("[", 40)+strings.Repeat("]", 40)))})
	add("header of 3 KB", forgery{Header: set("x", strings.Repeat("x", 3000))})
	add("header a list", forgery{Raw: func(h, c []byte) ([]byte, []byte) { return []byte(`["RS256"]`), c }})
	add("header not JSON", forgery{Raw: func(h, c []byte) ([]byte, []byte) { return []byte("RS256"), c }})
	add("header with a mark before it", rawHeader("{", "\ufeff{"))
	for _, typ := range []any{"at+jwt", "logout+jwt", "dpop+jwt", "", 1, nil} {
		add("typ another", forgery{Header: set("typ", typ)})
	}
	all(t, w, table)
}

func TestForgedForms(t *testing.T) {
	w := newWorld(t, shape{})
	cut := func(change func(parts []string) string) forgery {
		return forgery{Token: func(token string) string { return change(strings.Split(token, ".")) }}
	}
	var table []refusal
	add := func(name string, f forgery) {
		table = append(table, refusal{name: name, lies: federationtest.Lies{IDToken: f}},
			refusal{name: name + " (userinfo)", lies: federationtest.Lies{UserInfo: f}})
	}
	add("two parts", cut(func(p []string) string { return p[0] + "." + p[1] }))
	add("signature empty", cut(func(p []string) string { return p[0] + "." + p[1] + "." }))
	add("four parts", cut(func(p []string) string { return strings.Join(p, ".") + ".x" }))
	add("one part", cut(func(p []string) string { return p[0] }))
	add("dots", cut(func(p []string) string { return ".." }))
	add("padding", cut(func(p []string) string { return p[0] + "==." + p[1] + "." + p[2] }))
	add("line end inside", cut(func(p []string) string { return p[0] + "\n." + p[1] + "." + p[2] }))
	add("blank before", cut(func(p []string) string { return " " + strings.Join(p, ".") }))
	add("the other alphabet", cut(func(p []string) string { return p[0] + "." + p[1] + "." + "+/" + p[2][2:] }))
	add("signature changed", cut(func(p []string) string { return p[0] + "." + p[1] + "." + "AAAA" + p[2][4:] }))
	add("claims of another token", cut(func(p []string) string {
		return p[0] + "." + strings.Replace(p[1], p[1][20:24], "AAAA", 1) + "." + p[2]
	}))
	add("flattened JSON serialization", cut(func(p []string) string {
		return `{"protected":"` + p[0] + `","payload":"` + p[1] + `","signature":"` + p[2] + `"}`
	}))
	add("general JSON serialization", cut(func(p []string) string {
		s := `{"protected":"` + p[0] + `","signature":"` + p[2] + `"}`
		return `{"payload":"` + p[1] + `","signatures":[` + s + `,` + s + `]}`
	}))
	add("encrypted where it should not be", cut(func(p []string) string { return strings.Join(append(p, p[1], p[2]), ".") }))
	add("longer than a token may be", forgery{Claims: set("x", strings.Repeat("x", oidc.MaxToken))})
	add("empty list", forgery{Raw: func(h, c []byte) ([]byte, []byte) { return h, []byte("[]") }})
	add("not JSON", forgery{Raw: func(h, c []byte) ([]byte, []byte) { return h, []byte("sub=alice") }})
	add("two objects", forgery{Raw: func(h, c []byte) ([]byte, []byte) { return h, append(c, "{}"...) }})
	add("not UTF-8", rawClaims(`"fed-`, "\"\xff"))
	add("sub twice", rawClaims(`"sub":`, `"sub":"mallory","sub":`))
	add("iss twice", rawClaims(`"iss":`, `"iss":"https://mallory.example","iss":`))
	add("a key twice further down", forgery{Raw: func(h, c []byte) ([]byte, []byte) {
		return h, append(c[:len(c)-1], `,"address":{"a":1,"a":2}}`...)
	}})
	add("sub spelled almost", forgery{Claims: set("Sub", "mallory")})
	add("iss spelled almost", forgery{Claims: set("ISS", "https://mallory.example")})
	add("sub with the long s", forgery{Claims: set("\u017fub", "mallory")})
	add("nested deeply", forgery{Claims: set("x", json.RawMessage(strings.Repeat("[", 9)+strings.Repeat("]", 9)))})
	all(t, w, table)
}
