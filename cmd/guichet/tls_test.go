package main

import (
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTLSFilesAreReadAgain: a renewed certificate is shown to who connects next; one that is
// no good, or half written, changes nothing and is told once.
func TestTLSFilesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	s := &Settings{Origin: "https://counter.example"}
	s.TLS.Certificate, s.TLS.Key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	var log lockedBuffer
	if _, err := openKeyPair(s, nil); err == nil {
		t.Error("no files, and no error")
	}
	now := time.Now().Truncate(time.Second)
	age := time.Duration(0)
	write := func(certificate, key []byte) {
		t.Helper()
		age += time.Second // not every file system tells times apart that are close
		for file, text := range map[string][]byte{s.TLS.Certificate: certificate, s.TLS.Key: key} {
			if text == nil {
				continue
			}
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(file, time.Time{}, now.Add(age)); err != nil {
				t.Fatal(err)
			}
		}
	}
	pair := func(host string, until time.Time) ([]byte, []byte) { return selfSigned(t, host, until) }
	first, next := now.Add(30*24*time.Hour), now.Add(90*24*time.Hour)
	write(pair("counter.example", first))
	p, err := openKeyPair(s, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", p.config())
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(io.Discard, c); c.Close() }()
		}
	}()
	check := func(when string, ends time.Time, lines int, broken string) {
		t.Helper()
		p.look()
		p.look()
		raw, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		c := tls.Client(raw, &tls.Config{InsecureSkipVerify: true})
		if err := c.Handshake(); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if got := c.ConnectionState().PeerCertificates[0].NotAfter; !got.Equal(ends) {
			t.Errorf("%s: it shows one until %v, want %v", when, got, ends)
		}
		if n := strings.Count(log.String(), "\n"); n != lines {
			t.Errorf("%s: %d lines in the log, want %d: %s", when, n, lines, log.String())
		}
		if shown := scrape(t, p); !strings.Contains(shown, "guichet_tls_files_refused "+broken+"\n") {
			t.Errorf("%s: metrics say\n%s", when, shown)
		}
	}
	check("at the start", first, 0, "0")
	certificate, key := pair("counter.example", next)
	write(certificate, nil)
	check("half of the pair", first, 1, "1")
	write(nil, key)
	check("the other half", next, 2, "0")
	write(pair("counter.example", now.Add(-time.Hour)))
	check("one that ran out", next, 3, "1")
	write(pair("other.example", next))
	check("one for another", next, 4, "1")
	write([]byte("rubbish"), nil)
	check("rubbish", next, 5, "1")
	if err := os.Remove(s.TLS.Key); err != nil {
		t.Fatal(err)
	}
	check("the key is gone", next, 6, "1")
	write(certificate, key)
	check("back", next, 7, "0")
	if problems := lint(t, p); len(problems) > 0 {
		t.Error(problems)
	}
}
