package saml_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/saml"
)

// Over https the authorities of the settings vouch, and no others.
func TestMetadataOverTLS(t *testing.T) {
	idp := mustSAML(t)
	doc := metadataOf(t, idp)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(doc) }))
	t.Cleanup(server.Close)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, ok := range map[string]bool{ca: true, "": false} {
		w := newWorld(t, func(s *saml.Settings) { s.Metadata, s.EntityID, s.CAFile = server.URL, idp.EntityID(), file })
		if err := w.provider.Refresh(t.Context()); (err == nil) != ok {
			t.Errorf("Refresh(authorities in %q) = %v", file, err)
		}
		if strings.Contains(w.log.String(), server.URL) {
			t.Errorf("the log tells the address: %s", w.log)
		}
	}
}

// Run fetches at once, keeps at it until it is told to end, and ends then.
func TestRunFetchesAndEnds(t *testing.T) {
	idp := mustSAML(t)
	doc := metadataOf(t, idp)
	var asked atomic.Int32
	got := make(chan struct{}, 8)
	server := serve(t, nil)
	server.do(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write(doc)
		got <- struct{}{}
	})
	w := newWorld(t, func(s *saml.Settings) { s.Metadata, s.EntityID = server.URL, idp.EntityID() })
	if w.provider.Offers() {
		t.Error("logout is offered before anything is known")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { w.provider.Run(ctx); close(ended) }()
	<-got
	for end := time.Now().Add(time.Minute); !w.provider.Offers() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-ended
	if !w.provider.Offers() || asked.Load() != 1 || w.log.Len() > 0 {
		t.Errorf("after Run: offers %v, asked %d times, log %s", w.provider.Offers(), asked.Load(), w.log)
	}
}

// A provider whose metadata hangs keeps the members who wait for it no longer than one try:
// it is left alone from the end of a try, not from its beginning.
func TestMetadataHangs(t *testing.T) {
	server := serve(t, nil)
	w := newWorld(t)
	now := time.Now()
	s := w.settings
	s.Metadata = server.URL
	p, err := saml.New(s, w.party, saml.Options{Rand: rand.Reader, Loopback: true, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	server.do(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		now = now.Add(10 * time.Second)
		w.WriteHeader(http.StatusGatewayTimeout)
	})
	for range 3 {
		if _, err := p.Begin(t.Context(), &federation.Flow{}); !errors.Is(err, federation.ErrUnavailable) {
			t.Fatalf("Begin = %v, want ErrUnavailable", err)
		}
	}
	if asked != 1 {
		t.Errorf("3 members waited for %d tries", asked)
	}
}

// Metadata that is past its time is not used, however long nothing newer came; members
// who come then do not all make the provider be asked.
func TestMetadataEnds(t *testing.T) {
	idp := mustSAML(t)
	server := serve(t, metadataOf(t, idp))
	w := newWorld(t)
	var log bytes.Buffer
	now := time.Now()
	s := w.settings
	s.Metadata, s.EntityID = server.URL, idp.EntityID()
	p, err := saml.New(s, w.party, saml.Options{Rand: rand.Reader, Loopback: true, Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	server.do(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	for range 20 {
		f, err := federation.NewFlow(rand.Reader, now, "fas", federation.SignIn)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Begin(t.Context(), &f); !errors.Is(err, federation.ErrUnavailable) {
			t.Fatalf("Begin = %v, want ErrUnavailable", err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("20 members in a moment had the provider asked %d times", asked.Load())
	}
	server.give(metadataOf(t, idp))
	now = now.Add(time.Minute)
	f, err := federation.NewFlow(rand.Reader, now, "fas", federation.SignIn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Begin(t.Context(), &f); err != nil {
		t.Errorf("Begin(the provider is back) = %v", err)
	}
	now = now.Add(72 * time.Hour)
	if _, err := p.Begin(t.Context(), &f); !errors.Is(err, federation.ErrUnavailable) {
		t.Errorf("Begin(metadata ended) = %v, want ErrUnavailable", err)
	}
}
