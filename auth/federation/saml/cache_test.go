package saml_test

import (
	"bytes"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/saml"
)

// cached is a provider whose metadata is fetched and kept; restart makes the next one.
type cached struct {
	*world
	idp    *federationtest.SAML
	server *served
	cache  saml.Cache
	now    time.Time
}

func newCached(t *testing.T) *cached {
	t.Helper()
	c := &cached{idp: mustSAML(t), world: newWorld(t), now: time.Now().Truncate(time.Second), cache: saml.Cache{Dir: filepath.Join(t.TempDir(), "kept"), Key: bytes.Repeat([]byte{7}, 32)}}
	c.server = serve(t, metadataOf(t, c.idp))
	c.settings.Metadata, c.settings.EntityID = c.server.URL, c.idp.EntityID()
	return c
}

func (c *cached) start(t *testing.T) *saml.Provider {
	t.Helper()
	c.log.Reset()
	p, err := saml.New(c.settings, c.party, saml.Options{Rand: rand.Reader, Loopback: true, Cache: c.cache,
		Now: func() time.Time { return c.now }, Log: slog.New(slog.NewTextHandler(c.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (c *cached) down() {
	c.server.do(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
}

func (c *cached) opens(t *testing.T, p *saml.Provider) bool {
	t.Helper()
	f, err := federation.NewFlow(rand.Reader, c.now, "fas", federation.SignIn)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Begin(t.Context(), &f)
	if err != nil && !errors.Is(err, federation.ErrUnavailable) {
		t.Fatal(err)
	}
	return err == nil
}

func (c *cached) file() string { return filepath.Join(c.cache.Dir, "fas.metadata") }

// With the host of the metadata down, a restart opens the door all the same.
func TestMetadataKept(t *testing.T) {
	c := newCached(t)
	if err := c.start(t).Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(c.file())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the copy: %v, %v", info, err)
	}
	c.down()
	c.now = c.now.Add(time.Hour)
	p := c.start(t)
	if !c.opens(t, p) || c.log.Len() > 0 {
		t.Errorf("after a restart the door is closed, %s", c.log)
	}
	// What could not be fetched does not replace it.
	if err := p.Refresh(t.Context()); err == nil || !c.opens(t, c.start(t)) {
		t.Errorf("after Refresh() = %v and a restart the door is closed", err)
	}
	// What is not accepted neither.
	c.server.give([]byte("<html/>"))
	if err := c.start(t).Refresh(t.Context()); err == nil || !c.opens(t, c.start(t)) {
		t.Errorf("after Refresh(junk) = %v and a restart the door is closed", err)
	}
	if left, err := filepath.Glob(filepath.Join(c.cache.Dir, "*")); err != nil || len(left) != 1 {
		t.Errorf("in the folder are %q, %v", left, err)
	}
}

// A copy that is not ours, or not of this provider and address, or past its time, is none.
func TestMetadataKeptIsVerified(t *testing.T) {
	flip := func(at func(int) int) func(*testing.T, *cached) {
		return func(t *testing.T, c *cached) {
			raw, err := os.ReadFile(c.file())
			if err != nil {
				t.Fatal(err)
			}
			raw[at(len(raw))] ^= 1
			if err := os.WriteFile(c.file(), raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	write := func(raw []byte) func(*testing.T, *cached) {
		return func(t *testing.T, c *cached) {
			if err := os.WriteFile(c.file(), raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, test := range map[string]struct {
		spoil func(*testing.T, *cached)
		want  string // in the log
	}{
		"its authentication":   {flip(func(int) int { return 0 }), "not ours"},
		"its date":             {flip(func(int) int { return 39 }), "not ours"},
		"its text":             {flip(func(n int) int { return n / 2 }), "not ours"},
		"empty":                {write(nil), "not ours"},
		"huge":                 {write(make([]byte, saml.MaxMetadata+100)), "not ours"},
		"under another key":    {func(_ *testing.T, c *cached) { c.cache.Key = bytes.Repeat([]byte{8}, 32) }, "not ours"},
		"of another address":   {func(_ *testing.T, c *cached) { c.settings.Metadata += "/moved" }, "not ours"},
		"of another entity":    {func(_ *testing.T, c *cached) { c.settings.EntityID += "x" }, "not ours"},
		"past its validUntil":  {func(_ *testing.T, c *cached) { c.now = c.now.Add(60 * time.Hour) }, "valid until"},
		"a signer since asked": {func(t *testing.T, c *cached) { c.settings.MetadataSigner = certificateFile(t) }, "metadata"},
		"gone": {func(t *testing.T, c *cached) {
			if err := os.Remove(c.file()); err != nil {
				t.Fatal(err)
			}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCached(t)
			if err := c.start(t).Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.down()
			test.spoil(t, c)
			p := c.start(t)
			if log := c.log.String(); (test.want == "") != (log == "") || !strings.Contains(log, test.want) || strings.Contains(log, c.server.URL) {
				t.Errorf("the log says %q, want %q", log, test.want)
			}
			if c.opens(t, p) {
				t.Error("the door is open")
			}
		})
	}
}

// Metadata that does not say how long it is valid is not believed for ever.
func TestMetadataKeptTooLong(t *testing.T) {
	c := newCached(t)
	doc := metadataOf(t, c.idp)
	endless := withoutValidUntil(t, doc)
	c.server.give(endless)
	if err := c.start(t).Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.down()
	c.now = c.now.Add(14 * 24 * time.Hour)
	if c.start(t); strings.Contains(c.log.String(), "older than") { // its certificate ended, too
		t.Errorf("a copy of two weeks is too old: %s", c.log)
	}
	c.now = c.now.Add(2 * time.Second)
	if p := c.start(t); c.opens(t, p) || !strings.Contains(c.log.String(), "older than 14 days") {
		t.Errorf("a copy older than two weeks is used: %s", c.log)
	}
}

// Where the copy cannot be written the provider serves from memory, and says so.
func TestMetadataNotKept(t *testing.T) {
	c := newCached(t)
	if err := os.WriteFile(c.cache.Dir, nil, 0o600); err != nil { // no folder
		t.Fatal(err)
	}
	p := c.start(t)
	if err := p.Refresh(t.Context()); err != nil || !c.opens(t, p) || !strings.Contains(c.log.String(), "cannot be kept") {
		t.Errorf("Refresh = %v, %s", err, c.log)
	}
	c.cache.Key = make([]byte, 31)
	if _, err := saml.New(c.settings, c.party, saml.Options{Rand: rand.Reader, Loopback: true, Cache: c.cache}); err == nil {
		t.Error("a cache with a short key is accepted")
	}
	// A file is read where it is.
	w := newWorld(t)
	dir := filepath.Join(t.TempDir(), "none")
	if _, err := saml.New(w.settings, w.party, saml.Options{Rand: rand.Reader, Loopback: true, Cache: saml.Cache{Dir: dir, Key: make([]byte, 32)}}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("metadata from a file was kept: %v", err)
	}
}

func certificateFile(t *testing.T) string {
	t.Helper()
	_, cert, err := federationtest.NewKey("signer", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "signer.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func withoutValidUntil(t *testing.T, doc []byte) []byte {
	t.Helper()
	endless := regexp.MustCompile(` validUntil="[^"]*"`).ReplaceAll(doc, nil)
	if len(endless) == len(doc) {
		t.Fatal("metadata without validUntil")
	}
	return endless
}
