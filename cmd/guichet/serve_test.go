package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/portal/vault"
)

// A first start makes the keys; nothing else ever does.
func TestFirstStart(t *testing.T) {
	dir := t.TempDir()
	s := &Settings{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys")}
	start := func() error {
		db, err := openStore(t.Context(), s, slog.New(slog.DiscardHandler))
		if err == nil {
			err = db.Close()
		}
		return err
	}
	if err := start(); err == nil || exists(s.Keys) {
		t.Errorf("without a data folder: %v, keys made: %t", err, exists(s.Keys))
	}
	if err := os.Mkdir(s.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"first", "second"} {
		if err := start(); err != nil {
			t.Fatalf("%s start: %v", when, err)
		}
	}
	if err := os.RemoveAll(s.Keys); err != nil {
		t.Fatal(err)
	}
	if err := start(); !errors.Is(err, vault.ErrNoKeys) || exists(s.Keys) {
		t.Errorf("a database whose keys are gone: %v, keys made: %t", err, exists(s.Keys))
	}
}

func TestWarnings(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Settings)
		want   []string
	}{
		"own TLS":           {func(s *Settings) { s.TLS.Certificate = "c.pem" }, nil},
		"live":              {func(s *Settings) { s.Live, s.Mail = true, nil }, nil},
		"behind a proxy":    {func(s *Settings) { s.Listen, s.TrustedProxies = "127.0.0.1:8080", []string{"127.0.0.1"} }, nil},
		"one client of all": {func(s *Settings) { s.Listen = "[::1]:8080" }, []string{"trusted_proxies"}},
		"in clear":          {func(s *Settings) { s.TrustedProxies = []string{"192.0.2.1"} }, []string{"no TLS here"}},
		"both":              {func(*Settings) {}, []string{"no TLS here", "trusted_proxies"}},
		"no mail":           {func(s *Settings) { s.TLS.Certificate, s.Mail = "c.pem", nil }, []string{"no mail server"}},
	} {
		s := &Settings{Listen: ":8080", Mail: &MailSettings{}}
		test.change(s)
		var log bytes.Buffer
		warn(s, slog.New(slog.NewTextHandler(&log, nil)))
		if n := strings.Count(log.String(), "\n"); n != len(test.want) {
			t.Errorf("%s: %d warnings: %s", name, n, &log)
		}
		for _, want := range test.want {
			if !strings.Contains(log.String(), want) {
				t.Errorf("%s: nothing of %q: %s", name, want, &log)
			}
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
