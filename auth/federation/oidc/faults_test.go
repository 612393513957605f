package oidc_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/oidc"
)

// hurried has an exchange take a second at most.
var hurried = shape{settings: func(s *oidc.Settings) { s.TimeoutSeconds = 1 }}

func answerWith(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// Every way in which an endpoint can break is federation.ErrUnavailable, soon, and tells
// nothing of what the provider wrote.
func TestBrokenEndpoints(t *testing.T) {
	bait := trap(t)
	released := make(chan struct{})
	t.Cleanup(func() { close(released) })
	hang := func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-released:
		case <-r.Context().Done():
		}
	}
	ways := map[string]http.HandlerFunc{
		"hangs":              hang,
		"500 with secrets":   answerWith(500, "application/json", `{"error":"marker","secret":"`+secret+`"}`),
		"HTML":               answerWith(200, "text/html", "<html>marker<script>"),
		"HTML as JSON":       answerWith(200, "application/json", "<html>marker<script>"),
		"HTML as JWT":        answerWith(200, "text/html", "<script>"),
		"5 MB of JSON":       answerWith(200, "application/json", `{"access_token":"`+strings.Repeat("marker", 800_000)+`"}`),
		"JSON nested deeply": answerWith(200, "application/json", strings.Repeat(`{"a":`, 10_000)+"1"+strings.Repeat("}", 10_000)),
		"keys twice":         answerWith(200, "application/json", `{"issuer":"a","issuer":"b"}`),
		"nothing":            answerWith(200, "application/json", ""),
		"204":                answerWith(204, "application/json", ""),
		"404":                answerWith(404, "text/html", "marker"),
		"302 to a trap":      func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, bait, http.StatusFound) },
		"307 to a trap":      func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, bait, http.StatusTemporaryRedirect) },
		"cuts the line":      func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"says gzip and sends it": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			answerWith(200, "application/json", "\x1f\x8b\x08")(w, r)
		},
	}
	for name, way := range ways {
		for _, endpoint := range []string{federationtest.Discovery, federationtest.Token, federationtest.Keys, federationtest.UserInfo} {
			t.Run(name+endpoint, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, hurried)
				lies := federationtest.Lies{Instead: map[string]http.HandlerFunc{endpoint: way}}
				start := time.Now()
				err := error(nil)
				if endpoint == federationtest.Discovery {
					w.provider.Lie(lies)
					f, _ := federation.NewFlow(rand.Reader, w.now(), "fas", federation.SignIn)
					_, err = w.party.Begin(t.Context(), &f)
				} else {
					f, answer := w.walk(t, 200, false)
					w.provider.Lie(lies)
					start = time.Now()
					_, err = w.party.Finish(t.Context(), f, answer)
					if err != nil {
						quiet(t, name, err.Error(), f, answer)
					}
				}
				if !errors.Is(err, federation.ErrUnavailable) {
					t.Errorf("error %v, want ErrUnavailable", err)
				}
				if took := time.Since(start); took > time.Second && name != "hangs" || took > 10*time.Second {
					t.Errorf("took %v", took)
				}
				variants.Add(1)
				// The provider recovers, and with it the door.
				w.provider.Lie(federationtest.Lies{})
				w.forward(2 * time.Minute)
				if _, err := w.login(t, 200, false); err != nil {
					t.Errorf("after it recovered: %v", err)
				}
			})
		}
	}
}

// A provider that is dead when the counter starts stops neither it nor, after a few tries,
// anybody's time; when it comes to life, so does the door.
func TestDeadProvider(t *testing.T) {
	w := newWorld(t, shape{})
	dead := answerWith(503, "text/plain", "down")
	w.provider.Lie(federationtest.Lies{Instead: map[string]http.HandlerFunc{federationtest.Discovery: dead}})
	if err := w.party.Ready(t.Context()); !errors.Is(err, federation.ErrUnavailable) {
		t.Errorf("Ready = %v", err)
	}
	begin := func() error {
		f, err := federation.NewFlow(rand.Reader, w.now(), "fas", federation.SignIn)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.party.Begin(t.Context(), &f)
		return err
	}
	for range 50 {
		if err := begin(); !errors.Is(err, federation.ErrUnavailable) {
			t.Fatalf("Begin = %v", err)
		}
	}
	if n := w.provider.Count(federationtest.Discovery); n > 6 {
		t.Errorf("a dead provider was asked %d times by 51 members", n)
	}
	if !strings.Contains(w.log.String(), "answers=false") {
		t.Error("nobody was told that it went away")
	}
	w.provider.Lie(federationtest.Lies{})
	w.forward(6 * time.Second)
	if err := begin(); err != nil {
		t.Errorf("Begin after it came to life = %v", err)
	}
	if !strings.Contains(w.log.String(), "answers=true") {
		t.Error("nobody was told that it came back")
	}
	if err := w.party.Ready(t.Context()); err != nil {
		t.Errorf("Ready = %v", err)
	}
}

// Made-up codes, which anybody can send, do not close the door for others.
func TestRefusedCodesDoNotOpenTheBreaker(t *testing.T) {
	w := newWorld(t, shape{})
	for range 20 {
		f, answer := w.walk(t, 200, false)
		answer.Set("code", "made-up")
		if _, err := w.party.Finish(t.Context(), f, answer); !errors.Is(err, federation.ErrRefused) {
			t.Fatalf("Finish = %v", err)
		}
	}
	if _, err := w.login(t, 200, false); err != nil {
		t.Errorf("a genuine login after 20 made-up codes: %v", err)
	}
}

func TestUnknownClient(t *testing.T) {
	w := newWorld(t, shape{client: func(c *federationtest.Client) { c.Secret = "changed at the provider" }})
	if _, err := w.login(t, 200, false); !errors.Is(err, federation.ErrUnavailable) {
		t.Errorf("Finish = %v", err)
	}
	if !strings.Contains(w.log.String(), "invalid_client") {
		t.Error("nobody was told that the provider does not accept us")
	}
}

// New keys are picked up at the first token that names one, once a minute at most, and
// withdrawn ones are forgotten within five.
func TestKeyRotation(t *testing.T) {
	w := newWorld(t, shape{config: func(c *federationtest.OIDCConfig) { c.SignAlg = "ES256" },
		settings: func(s *oidc.Settings) { s.Algorithms = []string{"ES256"} }})
	login := func(when string, want error) {
		t.Helper()
		if _, err := w.login(t, 200, false); !errors.Is(err, want) {
			t.Errorf("%s: login = %v, want %v", when, err, want)
		}
	}
	rotate := func() {
		t.Helper()
		if err := w.provider.Rotate(); err != nil {
			t.Fatal(err)
		}
	}
	login("at first", nil)
	old, oldID := w.provider.Key()
	w.forward(2 * time.Minute)
	rotate()
	login("with a new key", nil)
	rotate()
	login("with another one within the minute", federation.ErrRefused)
	w.forward(time.Minute)
	login("a minute later", nil)

	w.provider.Lie(federationtest.Lies{IDToken: forgery{Header: set("kid", oldID), Key: func() any { return old }}})
	login("with a key that was withdrawn", federation.ErrRefused)
	w.provider.Lie(federationtest.Lies{})
	w.provider.Withdraw()
	w.forward(6 * time.Minute)
	login("with the old keys withdrawn", nil)

	w.forward(6 * time.Minute)
	w.provider.Lie(federationtest.Lies{Instead: map[string]http.HandlerFunc{federationtest.Keys: answerWith(503, "text/plain", "")}})
	login("with the key set out of order", nil)
	w.forward(2 * time.Hour)
	login("with the key set out of order for hours", federation.ErrUnavailable)
	w.ahead.Store(0) // the clock is set back
	w.provider.Lie(federationtest.Lies{})
	login("with the clock set back", nil)
}

func TestJunkDoesNotFetchKeys(t *testing.T) {
	w := newWorld(t, shape{})
	if _, err := w.login(t, 200, false); err != nil {
		t.Fatal(err)
	}
	before := w.provider.Count(federationtest.Keys)
	token, err := w.provider.LogoutToken(federationtest.Client{ID: clientID}, "alice", "")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for i := range 100 {
		wait.Go(func() {
			junk := fmt.Sprintf("%s%04d", token[:len(token)-4], i)
			if _, err := w.party.VerifyLogout(context.Background(), junk); err == nil {
				t.Error("a forged logout token was accepted")
			}
		})
	}
	wait.Wait()
	if n := w.provider.Count(federationtest.Keys) - before; n > 1 {
		t.Errorf("100 forged tokens made us fetch the keys %d times", n)
	}
	variants.Add(100)
}

// Members who come at once to a counter that just started share one discovery.
func TestManyAtOnce(t *testing.T) {
	w := newWorld(t, shape{})
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if _, err := w.login(t, 200, false); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for _, endpoint := range []string{federationtest.Discovery, federationtest.Keys} {
		if n := w.provider.Count(endpoint); n > 2 {
			t.Errorf("%s was asked %d times", endpoint, n)
		}
	}
}

// Discovery documents that point elsewhere are none.
func TestForgedDiscovery(t *testing.T) {
	bait := trap(t)
	for name, change := range map[string]func(object){
		"another issuer":           set("issuer", "https://mallory.example"),
		"issuer with a slash":      func(d object) { d["issuer"] = fmt.Sprint(d["issuer"], "/") },
		"no issuer":                without("issuer"),
		"token endpoint elsewhere": set("token_endpoint", bait),
		"keys elsewhere":           set("jwks_uri", bait),
		"userinfo elsewhere":       set("userinfo_endpoint", bait),
		"authorize elsewhere":      set("authorization_endpoint", bait),
		"token endpoint in clear":  set("token_endpoint", "http://idp.example/token"),
		"keys in a file":           set("jwks_uri", "file:///etc/passwd"),
		"no keys":                  without("jwks_uri"),
		"no userinfo":              without("userinfo_endpoint"),
		"endpoint with a user": func(d object) {
			d["token_endpoint"] = strings.Replace(fmt.Sprint(d["token_endpoint"]), "://", "://u:p@", 1)
		},
		"endpoint with a fragment":  func(d object) { d["authorization_endpoint"] = fmt.Sprint(d["authorization_endpoint"], "#x") },
		"issuer spelled almost too": set("Issuer", "https://mallory.example"),
		"a script for an endpoint":  set("authorization_endpoint", "javascript:alert(1)"),
		"endpoints of other types":  set("token_endpoint", []string{bait}),
	} {
		w := newWorld(t, shape{})
		w.provider.Lie(federationtest.Lies{Discovery: change})
		f, err := federation.NewFlow(rand.Reader, w.now(), "fas", federation.SignIn)
		if err != nil {
			t.Fatal(err)
		}
		if address, err := w.party.Begin(t.Context(), &f); !errors.Is(err, federation.ErrUnavailable) {
			t.Errorf("%s: Begin = %.60s, %v", name, address, err)
		}
		variants.Add(1)
	}
}

func TestForgedKeySets(t *testing.T) {
	small := object{"kty": "RSA", "n": "u1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0gunVTLw7onLRnrq0_IzW7yWR7QkrmBL7jTKEn5u-qKhbwKfBstIs-bMY2Zkp18gnTxKLxoS2tFczGkPLPgizskuemMghRniWaoLcyehkd3qqGElvW_VDL5AaWTg0nLVkjRo9z-40RQzuVaE8AkAFmxZzow3x-VJYKdjykkJ0iT9wCS0DRTXu269V264Vf_3jvredZiKRkgwlL9xNAwxXFg0x_XFw005UWVRIkdgcKWTjpBP2dPwVZ4WWC-9aGVd-Gyn1o0CLelf4rEjGoXbAAEgAqeGUxrcIlbjXfbc", "e": "AQAB"}
	for name, keys := range map[string]any{
		"empty":       []any{},
		"symmetric":   []any{object{"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}},
		"short RSA":   []any{object{"kty": "RSA", "n": "AQAB", "e": "AQAB"}},
		"not a list":  "keys",
		"a thousand":  make([]object, 1000),
		"none ours":   []any{small, object{"kty": "OKP", "crv": "X448", "x": "AA"}, 7, nil},
		"for sealing": []any{object{"kty": small["kty"], "n": small["n"], "e": "AQAB", "use": "enc"}},
	} {
		w := newWorld(t, shape{})
		f, answer := w.walk(t, 200, false)
		w.provider.Lie(federationtest.Lies{Keys: set("keys", keys)})
		if _, err := w.party.Finish(t.Context(), f, answer); err == nil {
			t.Errorf("key set %s: a login", name)
		}
		variants.Add(1)
	}
}

// What is right but for its length is not read to its end.
func TestLongAnswers(t *testing.T) {
	long := set("padding", strings.Repeat("x", oidc.MaxAnswer))
	for name, lies := range map[string]federationtest.Lies{
		"discovery": {Discovery: long}, "keys": {Keys: long}, "tokens": {Answer: long}, "userinfo": {Bare: long},
	} {
		w := newWorld(t, shape{settings: func(s *oidc.Settings) { s.UserInfo = oidc.UserInfoJSON }, client: func(c *federationtest.Client) { c.JSON = true }})
		first := w.party
		f, answer := w.walk(t, 200, false)
		w.party = w.newParty(t, shape{settings: func(s *oidc.Settings) { s.UserInfo = oidc.UserInfoJSON }})
		w.provider.Lie(lies)
		if _, err := w.party.Finish(t.Context(), f, answer); !errors.Is(err, federation.ErrUnavailable) {
			t.Errorf("%s: Finish = %v", name, err)
		}
		variants.Add(1)
		w.provider.Lie(federationtest.Lies{})
		w.party = first
		if _, err := w.login(t, 200, false); err != nil {
			t.Errorf("%s: afterwards %v", name, err)
		}
	}
}

// A key that is too short is none, though the provider publishes it and signs with it.
func TestShortKeys(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, shape{})
	_, kid := w.provider.Key()
	other, err := federationtest.RSAKey()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	published := []any{object{"kty": "RSA", "kid": kid, "n": b64(short.N.Bytes()), "e": "AQAB"}, object{"kty": "RSA", "kid": "other", "n": b64(other.N.Bytes()), "e": "AQAB"}}
	sign := forgery{Key: func() any { return short }}
	refusal{name: "RSA of 1024 bits", lies: federationtest.Lies{IDToken: sign, UserInfo: sign, Keys: set("keys", published)}}.run(t, w)
}

// A key that is published without its algorithm is used for those of the settings only.
func TestAlgorithmsOfTheSettings(t *testing.T) {
	w := newWorld(t, shape{})
	key, kid := w.provider.Key()
	public := key.Public().(*rsa.PublicKey)
	bare := []any{object{"kty": "RSA", "kid": kid, "n": base64.RawURLEncoding.EncodeToString(public.N.Bytes()), "e": "AQAB"}}
	pss := forgery{Header: set("alg", "PS256")}
	keys := set("keys", bare)
	refusal{name: "PS256, ID token", lies: federationtest.Lies{Keys: keys, IDToken: pss}}.run(t, w)
	refusal{name: "PS256, userinfo", lies: federationtest.Lies{Keys: keys, UserInfo: pss}}.run(t, w)
	w.provider.Lie(federationtest.Lies{Keys: keys})
	if _, err := w.login(t, 200, false); err != nil {
		t.Errorf("RS256 with a key published without algorithm: %v", err)
	}
}

// TLS is verified: a certificate of nobody's authority, or of another name, is no provider.
func TestTLSIsVerified(t *testing.T) {
	var provider http.Handler
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { provider.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	s.Config.ErrorLog = discard
	honest, err := federationtest.NewOIDC(federationtest.OIDCConfig{Issuer: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	provider = honest
	authority := write(t, "ca.pem", certificatePEM(s.Certificate()))
	for _, c := range []struct {
		name, ca, issuer string
		ok               bool
	}{
		{"vouched for", authority, s.URL, true},
		{"unknown authority", "", s.URL, false},
		{"another name", authority, strings.Replace(s.URL, "127.0.0.1", "localhost", 1), false},
	} {
		configured := settings(t, c.issuer)
		configured.CAFile = c.ca
		party, err := oidc.New(configured, oidc.Options{Callback: "https://guichet.example/callback", Rand: rand.Reader})
		if err != nil {
			t.Fatal(err)
		}
		if err := party.Ready(t.Context()); (err == nil) != c.ok {
			t.Errorf("%s: Ready = %v", c.name, err)
		}
	}
}
