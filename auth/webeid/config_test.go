package webeid_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/webeid"
)

func TestCheckOrigin(t *testing.T) {
	tests := []struct {
		origin           string
		strict, loopback bool // accepted without and with the setting for loopback http
	}{
		{"https://counter.example.be", true, true},
		{"https://counter.example.be:8443", true, true},
		{"https://xn--cunter-9za.example.be", true, true},
		{"https://192.0.2.7", true, true},
		{"https://[2001:db8::1]:8443", true, true},
		{"https://localhost", true, true},
		{"http://localhost:8080", false, true},
		{"http://localhost", false, true},
		{"http://127.0.0.1:8080", false, true},
		{"http://127.8.8.8:8080", false, true},
		{"http://[::1]:8080", false, true},
		{"http://counter.example.be", false, false},
		{"http://localhost.example.be", false, false},
		{"http://127.0.0.1.example.be", false, false},
		{"http://192.0.2.7", false, false},
		{"http://0.0.0.0:8080", false, false},
		{"", false, false},
		{"null", false, false},
		{"*", false, false},
		{"counter.example.be", false, false},
		{"//counter.example.be", false, false},
		{"https://", false, false},
		{"https://:443", false, false},
		{"https://counter.example.be/", false, false},
		{"https://counter.example.be/fr", false, false},
		{"https://counter.example.be?x", false, false},
		{"https://counter.example.be#x", false, false},
		{"https://me@counter.example.be", false, false},
		{"https://counter.example.be:443", false, false},
		{"https://counter.example.be:", false, false},
		{"https://counter.example.be:https", false, false},
		{"http://localhost:80", false, false},
		{"https://Counter.example.be", false, false},
		{"HTTPS://counter.example.be", false, false},
		{"https://coúnter.example.be", false, false},
		{"https://counter.example.be.", false, false},
		{"https://counter..example.be", false, false},
		{"https://-counter.example.be", false, false},
		{"https://counter_.example.be", false, false},
		{"https://counter example.be", false, false},
		{"https://2001:db8::1", false, false},
		{"https://[2001:DB8::1]", false, false},
		{"https://[2001:db8:0::1]", false, false},
		{"https://[192.0.2.7]", false, false},
		{"wss://counter.example.be", false, false},
		{"https://" + strings.Repeat("a.", 130) + "be", false, false},
		{"https://counter.example.be\n", false, false},
	}
	for _, test := range tests {
		for _, allowed := range []bool{false, true} {
			want := test.strict && !allowed || test.loopback && allowed
			err := webeid.CheckOrigin(test.origin, allowed)
			if (err == nil) != want || err != nil && !errors.Is(err, webeid.ErrOrigin) {
				t.Errorf("CheckOrigin(%q, %v) = %v, want accepted %v", test.origin, allowed, err, want)
			}
		}
	}
}

func TestNewRefuses(t *testing.T) {
	whole := webeid.Config{Origin: origin, Anchors: shared().pki.Anchors(), Revocation: good}
	for name, change := range map[string]func(*webeid.Config){
		"no origin":            func(c *webeid.Config) { c.Origin = "" },
		"slash":                func(c *webeid.Config) { c.Origin += "/" },
		"http":                 func(c *webeid.Config) { c.Origin = "http://localhost:8080" },
		"no anchors":           func(c *webeid.Config) { c.Anchors = nil },
		"no revocation source": func(c *webeid.Config) { c.Revocation = nil },
	} {
		c := whole
		change(&c)
		if v, err := webeid.New(c); err == nil || v != nil {
			t.Errorf("%s: New = %v, %v; want an error", name, v, err)
		}
	}
}

func TestNewChallenge(t *testing.T) {
	now := time.Date(2026, 11, 21, 14, 8, 0, 0, time.UTC)
	c, err := webeid.NewChallenge(bytes.NewReader(make([]byte, 32)), now)
	if err != nil || c.Nonce != strings.Repeat("A", 43)+"=" || !c.Expires.Equal(now.Add(5*time.Minute)) {
		t.Errorf("NewChallenge = %+v, %v", c, err)
	}
	if c, err := webeid.NewChallenge(bytes.NewReader(make([]byte, 31)), now); err == nil || c.Nonce != "" {
		t.Errorf("NewChallenge with 31 bytes = %+v, %v; want an error", c, err)
	}
	seen := map[string]bool{}
	for range 100_000 {
		c, err := webeid.NewChallenge(rand.Reader, now)
		if err != nil || len(c.Nonce) != 44 || seen[c.Nonce] {
			t.Fatalf("NewChallenge = %d characters, %v; seen before %v", len(c.Nonce), err, seen[c.Nonce])
		}
		seen[c.Nonce] = true
	}
}

func TestChallengeIsNotLogged(t *testing.T) {
	c := newChallenge(t)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("challenge", "challenge", c)
	if strings.Contains(log.String(), c.Nonce) {
		t.Errorf("the nonce is in the log: %s", log.String())
	}
}

// What the log gets of a refused token holds neither nonce nor national number.
func TestErrorsGiveNothingAway(t *testing.T) {
	v := newVerifier(t)
	challenge := newChallenge(t)
	for _, change := range []func(object){
		set("signature", base64Of(make([]byte, 96))), set("algorithm", "ES256"),
		set("unverifiedCertificate", base64Of(shared().ec.Signature.Certificate.Raw)),
	} {
		o := tokenOf(t, shared().ec.Authentication, "ES384", challenge.Nonce)
		change(o)
		_, err := v.Verify(t.Context(), o.parse(t), challenge)
		if err == nil || strings.Contains(err.Error(), challenge.Nonce) || strings.Contains(err.Error(), "72022911853") {
			t.Errorf("Verify = %v", err)
		}
	}
}
