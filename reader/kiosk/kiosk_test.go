package kiosk_test

import (
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"guichet.example/reader/api"
	"guichet.example/reader/kiosk"
)

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	key, err := kiosk.NewKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kiosk.NewKey(path); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second key over the first: %v", err)
	}
	if got, err := kiosk.LoadKey(path); err != nil || !got.Equal(key) {
		t.Errorf("LoadKey: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := kiosk.LoadKey(path); !errors.Is(err, kiosk.ErrKey) {
		t.Errorf("a key that others can read: %v", err)
	}
	for name, text := range map[string]string{"empty": "", "no PEM": "key", "long": strings.Repeat("x", 5000)} {
		bad := filepath.Join(t.TempDir(), "bad")
		if err := os.WriteFile(bad, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := kiosk.LoadKey(bad); !errors.Is(err, kiosk.ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A counter is never used twice, however often the program is killed.
func TestCounterOnlyGrows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	var last uint64
	lease := ""
	for range 4 {
		s, err := kiosk.OpenState(path) // and never closed: killed
		if err != nil {
			t.Fatal(err)
		}
		if lease != "" && s.Lease() != lease {
			t.Errorf("another lease after a kill: %s, %s", lease, s.Lease())
		}
		lease = s.Lease()
		for range 1500 {
			n, err := s.Counter()
			if err != nil || n <= last {
				t.Fatalf("counter %d after %d, %v", n, last, err)
			}
			last = n
		}
	}
	if err := os.WriteFile(path, []byte(`{"lease":"x","counter":0}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := kiosk.OpenState(path); err == nil {
		t.Error("a damaged state opens")
	}
}

// portal answers as a portal does, and keeps what it was sent.
type portal struct {
	*httptest.Server
	mu     sync.Mutex
	heard  []api.KioskMessage
	answer func(m api.KioskMessage) (int, any)
	opened api.KioskSession // told with each answer
}

func newPortal(t *testing.T, key *ecdsa.PublicKey) *portal {
	p := &portal{}
	p.answer = func(api.KioskMessage) (int, any) {
		return http.StatusOK, api.KioskAnswer{Nonce: "next", Name: "Borne 1", Every: 20, Session: p.opened}
	}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == api.KioskNoncePath {
			_ = json.NewEncoder(w).Encode(api.KioskNonce{Nonce: "first"})
			return
		}
		signed, m, err := api.ParseKioskSigned(body)
		if err == nil {
			err = signed.VerifyKiosk(key)
		}
		if err != nil {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.heard = append(p.heard, m)
		status, answer := p.answer(m)
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *portal) kinds() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
	for _, m := range p.heard {
		switch {
		case m.Kind == api.KioskFault:
			list = append(list, "fault:"+string(m.Fault))
		case m.Kind != api.KioskBeat:
			list = append(list, string(m.Kind))
		}
	}
	return strings.Join(list, " ")
}

func newLine(t *testing.T) (*kiosk.Line, *portal) {
	t.Helper()
	dir := t.TempDir()
	key, err := kiosk.NewKey(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	state, err := kiosk.OpenState(filepath.Join(dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	p := newPortal(t, &key.PublicKey)
	line := &kiosk.Line{Portal: "http://localhost:" + p.URL[strings.LastIndexByte(p.URL, ':')+1:], Key: key, State: state}
	if err := line.Open(); err != nil {
		t.Fatal(err)
	}
	return line, p
}

func TestLineRefusesPortals(t *testing.T) {
	line, _ := newLine(t)
	for _, bad := range []string{"", "counter.example", "http://counter.example", "https://counter.example/", "https://user@counter.example"} {
		if err := (&kiosk.Line{Portal: bad, Key: line.Key, State: line.State}).Open(); err == nil {
			t.Errorf("%q is taken for a portal", bad)
		}
	}
}

// A stale message goes once more, as another message.
func TestLineStale(t *testing.T) {
	line, p := newLine(t)
	first := true
	p.answer = func(api.KioskMessage) (int, any) {
		if first {
			first = false
			return http.StatusConflict, api.KioskRefusal{State: api.KioskStale, Nonce: "another"}
		}
		return http.StatusOK, api.KioskAnswer{Nonce: "next", Name: "Borne 1"}
	}
	if answer, err := line.Pair(t.Context(), " 7K4P \n"); err != nil || answer.Name != "Borne 1" {
		t.Fatalf("Pair = %+v, %v", answer, err)
	}
	if a, b := p.heard[0], p.heard[1]; len(p.heard) != 2 || b.Counter <= a.Counter || b.Nonce != "another" || b.Code != "7K4P" {
		t.Errorf("heard %+v", p.heard)
	}
	p.Close()
	if _, err := line.Send(t.Context(), api.KioskMessage{Kind: api.KioskBeat}); !errors.Is(err, kiosk.ErrOffline) {
		t.Errorf("portal that is gone: %v", err)
	}
}

func TestPolicies(t *testing.T) {
	c := kiosk.Chromium{Portal: "https://counter.example", Agent: "http://localhost:8081", Lang: "nl", Profile: "/tmp/p"}
	var policies map[string]any
	if err := json.Unmarshal(c.Policies(), &policies); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"LoopbackNetworkAllowedForUrls", "LocalNetworkAccessAllowedForUrls", "URLBlocklist", "URLAllowlist",
		"DownloadRestrictions", "DeveloperToolsAvailability", "IncognitoModeAvailability", "PasswordManagerEnabled"} {
		if _, ok := policies[name]; !ok {
			t.Errorf("no policy %s", name)
		}
	}
	line := strings.Join(c.Command(), " ")
	if !strings.Contains(line, "--kiosk ") || !strings.HasSuffix(line, "https://counter.example/nl/kiosk") {
		t.Errorf("command line %s", line)
	}
	dir := filepath.Join(t.TempDir(), "managed")
	if err := c.WritePolicies(dir); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, kiosk.PolicyFile)); err != nil || string(text) != string(c.Policies()) {
		t.Errorf("policies in the folder: %v", err)
	}
}

// What was printed is counted once, over the restarts of agent and printing system.
func TestCountOfPrints(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	open := func() *kiosk.State {
		s, err := kiosk.OpenState(path)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	want := func(jobs, sheets uint64, ended ...kiosk.Job) {
		t.Helper()
		if err := s.Count(ended); err != nil {
			t.Fatal(err)
		}
		if j, n := s.Printed(); j != jobs || n != sheets {
			t.Errorf("after %v: %d documents, %d sheets, want %d and %d", ended, j, n, jobs, sheets)
		}
	}
	want(0, 0, kiosk.Job{ID: 41, Sheets: 9}, kiosk.Job{ID: 40, Sheets: 9}) // of before
	want(2, 3, kiosk.Job{ID: 43, Sheets: 2}, kiosk.Job{ID: 42, Sheets: 1}, kiosk.Job{ID: 41, Sheets: 9})
	want(2, 3, kiosk.Job{ID: 43, Sheets: 2})
	want(2, 3)
	s = open()
	want(2, 3, kiosk.Job{ID: 43, Sheets: 2})
	want(3, 3, kiosk.Job{ID: 44, Sheets: -1}) // nothing told
	want(3, 3, kiosk.Job{ID: 2, Sheets: 1})   // numbers began anew
	want(4, 4, kiosk.Job{ID: 3, Sheets: 1})
	if n, err := s.Counter(); err != nil || n != 1 {
		t.Errorf("counter of messages %d, %v", n, err)
	}
	first := open()
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := kiosk.OpenState(path); err == nil {
		t.Error("a state that others can read opens")
	}
	if first.New {
		t.Error("a state that was counted in is taken for none")
	}
}
