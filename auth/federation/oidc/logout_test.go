package oidc_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/oidc"
)

// The whole way out: the address, the provider's session, its notice to us, and the way
// back.
func TestLogOutEverywhere(t *testing.T) {
	notices := make(chan string, 1)
	channel := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { notices <- r.PostFormValue("logout_token") }))
	t.Cleanup(channel.Close)
	w := newWorld(t, shape{client: func(c *federationtest.Client) { c.BackChannel = channel.URL }})
	id, err := w.login(t, 200, false)
	if err != nil {
		t.Fatal(err)
	}
	id.Logout.State = "way-back"
	address, ok, err := w.party.Out(t.Context(), id.Logout, goodbye)
	if err != nil || !ok {
		t.Fatalf("Out = %v, %v", ok, err)
	}
	u, err := url.Parse(address)
	if err != nil || u.Query().Get("id_token_hint") != id.Logout.TokenHint || u.Query().Get("post_logout_redirect_uri") != goodbye || u.Query().Get("client_id") != clientID {
		t.Errorf("Out = %.80s, %v", address, err)
	}
	answer, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if back, _ := answer.Location(); back == nil || back.String() != goodbye+"?state=way-back" {
		t.Errorf("the provider answers %s, sends to %v", answer.Status, back)
	}
	if n := w.provider.Sessions(); n != 0 {
		t.Errorf("%d sessions at the provider", n)
	}
	out, err := w.party.VerifyLogout(t.Context(), <-notices)
	if err != nil || out.SID != id.Logout.SID || out.Subject != id.Subject || out.Issuer != id.Issuer || out.ID == "" || !out.Until.After(time.Now()) {
		t.Errorf("VerifyLogout = %+v, %v", out, err)
	}
}

func TestOutIsNotOffered(t *testing.T) {
	w := newWorld(t, shape{})
	id, err := w.login(t, 200, false)
	if err != nil {
		t.Fatal(err)
	}
	for name, l := range map[string]federation.Logout{"nothing": {}, "another provider's": {Provider: "itsme", Issuer: id.Issuer}, "another issuer's": {Provider: "fas", Issuer: "x"}} {
		if address, ok, err := w.party.Out(t.Context(), l, goodbye); err == nil || ok || address != "" {
			t.Errorf("Out(%s) = %q, %v, %v", name, address, ok, err)
		}
	}
	for _, back := range []string{"", "/fr", "https://mallory.example/", "//mallory.example", "javascript:alert(1)", "http://localhost:8080@mallory.example/", "http://localhost:8081/fr/goodbye"} {
		if address, ok, err := w.party.Out(t.Context(), id.Logout, back); err == nil || ok {
			t.Errorf("Out back to %q = %q, %v, %v", back, address, ok, err)
		}
	}
	for name, s := range map[string]shape{"hidden by the settings": {settings: func(s *oidc.Settings) { s.NoLogout = true }}, "not announced": {}} {
		other := newWorld(t, s)
		if s.settings == nil {
			other.provider.Lie(federationtest.Lies{Discovery: without("end_session_endpoint")})
		}
		l := id.Logout
		l.Issuer = other.provider.Issuer()
		if address, ok, err := other.party.Out(t.Context(), l, goodbye); ok || err != nil || address != "" {
			t.Errorf("%s: Out = %q, %v, %v", name, address, ok, err)
		}
	}
}

func TestForgedLogoutTokens(t *testing.T) {
	w := newWorld(t, shape{})
	bait := trap(t)
	client := federationtest.Client{ID: clientID}
	theirs, err := federationtest.RSAKey()
	if err != nil {
		t.Fatal(err)
	}
	const event = "http://schemas.openid.net/event/backchannel-logout"
	now := time.Now()
	rows := map[string]forgery{
		"unsigned":               {Header: set("alg", "none"), Key: func() any { return nil }},
		"signature empty":        {Key: func() any { return nil }},
		"another's key":          {Key: func() any { return theirs }},
		"HS256 with the secret":  {Header: set("alg", "HS256"), Key: func() any { return []byte(secret) }},
		"jku":                    {Header: set("jku", bait)},
		"typ of an access token": {Header: set("typ", "at+jwt")},
		"nonce":                  {Claims: set("nonce", "n")},
		"nonce null":             {Claims: set("nonce", nil)},
		"no events":              {Claims: without("events")},
		"events empty":           {Claims: set("events", object{})},
		"events a list":          {Claims: set("events", []string{event})},
		"event a text":           {Claims: set("events", object{event: "x"})},
		"event null":             {Claims: set("events", object{event: nil})},
		"no jti":                 {Claims: without("jti")},
		"jti a number":           {Claims: set("jti", 7)},
		"jti long":               {Claims: set("jti", strings.Repeat("j", 256))},
		"neither sub nor sid":    {Claims: func(c object) { delete(c, "sub"); delete(c, "sid") }},
		"sub a number":           {Claims: set("sub", 7)},
		"sub empty":              {Claims: set("sub", "")},
		"sid a list":             {Claims: set("sid", []string{"s"})},
		"other iss":              {Claims: set("iss", "https://mallory.example")},
		"other aud":              {Claims: set("aud", "another")},
		"no aud":                 {Claims: without("aud")},
		"expired":                {Claims: set("exp", now.Add(-time.Second).Unix())},
		"no exp":                 {Claims: without("exp")},
		"no iat":                 {Claims: without("iat")},
		"old":                    {Claims: set("iat", now.Add(-7*time.Minute).Unix())},
		"of the future":          {Claims: set("iat", now.Add(7*time.Minute).Unix())},
		"sub twice":              rawClaims(`"sub":`, `"sub":"mallory","sub":`),
	}
	for name, f := range rows {
		w.provider.Lie(federationtest.Lies{Logout: f})
		token, err := w.provider.LogoutToken(client, "alice", "session")
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		out, err := w.party.VerifyLogout(t.Context(), token)
		if !errors.Is(err, federation.ErrRefused) || out != (oidc.LoggedOut{}) {
			t.Errorf("%s: VerifyLogout = %+v, %v", name, out, err)
		}
		if time.Since(start) > time.Second {
			t.Errorf("%s: refused after %v", name, time.Since(start))
		}
		variants.Add(1)
	}
	w.provider.Lie(federationtest.Lies{})
	for _, c := range []struct{ sub, sid string }{{"alice", ""}, {"", "session"}, {"alice", "session"}} {
		token, err := w.provider.LogoutToken(client, c.sub, c.sid)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := w.party.VerifyLogout(t.Context(), token); err != nil || out.Subject != c.sub || out.SID != c.sid {
			t.Errorf("VerifyLogout(%+v) = %+v, %v", c, out, err)
		}
	}
}

// An ID token logs nobody out, and a logout token lets nobody in.
func TestTokensAreNotConfused(t *testing.T) {
	w := newWorld(t, shape{})
	id, err := w.login(t, 200, false)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := w.party.VerifyLogout(t.Context(), id.Logout.TokenHint); !errors.Is(err, federation.ErrRefused) {
		t.Errorf("an ID token as logout token = %+v, %v", out, err)
	}
	notice, err := w.provider.LogoutToken(federationtest.Client{ID: clientID}, "alice", "")
	if err != nil {
		t.Fatal(err)
	}
	swap := forgery{Token: func(string) string { return notice }}
	refusal{name: "a logout token as ID token", lies: federationtest.Lies{IDToken: swap}}.run(t, w)
	refusal{name: "a logout token as userinfo", lies: federationtest.Lies{UserInfo: swap}}.run(t, w)
	refusal{name: "the ID token as userinfo", lies: federationtest.Lies{UserInfo: forgery{Token: func(string) string { return id.Logout.TokenHint }}}}.run(t, w)
}

// While the provider is away its notices cannot be checked, and nobody is logged out.
func TestLogoutTokenWhileAway(t *testing.T) {
	w := newWorld(t, shape{})
	token, err := w.provider.LogoutToken(federationtest.Client{ID: clientID}, "alice", "")
	if err != nil {
		t.Fatal(err)
	}
	w.provider.Lie(federationtest.Lies{Instead: map[string]http.HandlerFunc{
		federationtest.Keys: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503); io.WriteString(w, "down") }}})
	if _, err := w.party.VerifyLogout(t.Context(), token); !errors.Is(err, federation.ErrUnavailable) {
		t.Errorf("VerifyLogout = %v", err)
	}
}
