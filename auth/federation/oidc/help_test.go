package oidc_test

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/oidc"
)

const (
	secret   = "not-a-real-secret-but-long"
	callback = "http://localhost:8080/federation/oidc/fas/callback"
	goodbye  = "http://localhost:8080/fr/goodbye"
	clientID = "guichet"
)

// world is a provider, a relying party of it, and a clock that both can be set by.
type world struct {
	provider *federationtest.OIDC
	party    *oidc.Provider
	ahead    *atomic.Int64 // of both clocks, in nanoseconds
	log      *strings.Builder
}

// shape is what a test changes of the ordinary set-up.
type shape struct {
	settings func(*oidc.Settings)
	client   func(*federationtest.Client)
	config   func(*federationtest.OIDCConfig)
}

func names() map[string]string {
	return map[string]string{"fr": "Clé fédérale", "nl": "Federale sleutel", "de": "Föderaler Schlüssel", "en": "Federal key"}
}

// settings are those of a FAS-like provider at an issuer.
func settings(t testing.TB, issuer string) oidc.Settings {
	t.Helper()
	return oidc.Settings{ID: "fas", Names: names(), Shape: oidc.FAS, Issuer: issuer, ClientID: clientID,
		SecretFile: write(t, "secret", []byte(secret+"\n"))}
}

func write(t testing.TB, name string, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// writeKey writes a private key as PKCS#8 PEM.
func writeKey(t testing.TB, key crypto.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func newWorld(t testing.TB, s shape) world {
	t.Helper()
	client := federationtest.Client{ID: clientID, Secret: secret, Redirects: []string{callback}, AfterLogout: []string{goodbye}}
	if s.client != nil {
		s.client(&client)
	}
	w := world{ahead: new(atomic.Int64), log: new(strings.Builder)}
	config := federationtest.OIDCConfig{Clients: []federationtest.Client{client}, Now: w.now}
	if s.config != nil {
		s.config(&config)
	}
	provider, err := federationtest.StartOIDC(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { provider.Close() })
	w.provider = provider
	w.party = w.newParty(t, s)
	return w
}

// newParty returns another relying party of the same provider, as after a restart.
func (w world) newParty(t testing.TB, s shape) *oidc.Provider {
	t.Helper()
	configured := settings(t, w.provider.Issuer())
	if s.settings != nil {
		s.settings(&configured)
	}
	party, err := oidc.New(configured, oidc.Options{Callback: callback, Loopback: true, Rand: rand.Reader,
		Now: w.now, Log: slog.New(slog.NewTextHandler(w.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return party
}

func (w world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

func (w world) forward(d time.Duration) { w.ahead.Add(int64(d)) }

// begin begins a flow.
func (w world) begin(t testing.TB, asked int, force bool) (federation.Flow, string) {
	t.Helper()
	f, err := federation.NewFlow(rand.Reader, w.now(), "fas", federation.SignIn)
	if err != nil {
		t.Fatal(err)
	}
	f.Asked, f.Force, f.Lang = asked, force, "fr"
	address, err := w.party.Begin(t.Context(), &f)
	if err != nil {
		t.Fatalf("Begin: %v", err)
	}
	return f, address
}

var browser = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// visit goes to an address as a browser and returns the query of where it is sent next.
func visit(t testing.TB, address string) url.Values {
	t.Helper()
	answer, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	next, err := answer.Location()
	if err != nil || !strings.HasPrefix(next.String(), callback+"?") {
		t.Fatalf("the provider answers %s, sends to %v", answer.Status, next)
	}
	return next.Query()
}

// walk goes to the provider and comes back.
func (w world) walk(t testing.TB, asked int, force bool) (federation.Flow, url.Values) {
	t.Helper()
	f, address := w.begin(t, asked, force)
	return f, visit(t, address)
}

// login is a whole flow.
func (w world) login(t testing.TB, asked int, force bool) (federation.Identity, error) {
	t.Helper()
	f, answer := w.walk(t, asked, force)
	return w.party.Finish(t.Context(), f, answer)
}
func asLevel(err error, into *federation.LevelError) bool {
	return errors.As(err, into) && errors.Is(err, federation.ErrRefused)
}

func publicPEM(t testing.TB, key crypto.PublicKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func certificatePEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

var discard = log.New(io.Discard, "", 0)
