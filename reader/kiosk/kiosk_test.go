package kiosk_test

import (
	"context"
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
	"time"

	"guichet.example/reader"
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
}

func newPortal(t *testing.T, key *ecdsa.PublicKey) *portal {
	p := &portal{answer: func(api.KioskMessage) (int, any) {
		return http.StatusOK, api.KioskAnswer{Nonce: "next", Name: "Borne 1", Every: 50}
	}}
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
		if m.Kind != api.KioskBeat {
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

type cards chan reader.Event

// Watch passes the events on until ctx ends.
func (c cards) Watch(ctx context.Context) <-chan reader.Event {
	out := make(chan reader.Event)
	go func() {
		defer close(out)
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-c:
				out <- e
			}
		}
	}()
	return out
}

func TestMachine(t *testing.T) {
	line, p := newLine(t)
	events := make(cards, 8)
	m := &kiosk.Machine{Line: line, Cards: events, Again: 10 * time.Millisecond, Patience: -1}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	events <- reader.Event{Kind: reader.Connected, Reader: reader.Reader{Name: "r"}}
	events <- reader.Event{Kind: reader.Inserted, Reader: reader.Reader{Name: "r", Present: true}}
	if err := m.Told(ctx); err != nil {
		t.Fatal(err)
	}
	events <- reader.Event{Kind: reader.Removed, Reader: reader.Reader{Name: "r"}}
	events <- reader.Event{Kind: reader.Unplugged, Reader: reader.Reader{Name: "r"}}
	for p.kinds() != "start card-in card-out fault" {
		time.Sleep(5 * time.Millisecond)
	}
	if s := m.Status(); !s.Online || s.Card || s.Trouble != api.ReaderGone || s.Name != "Borne 1" {
		t.Errorf("Status = %+v", s)
	}
	p.mu.Lock()
	p.answer = func(api.KioskMessage) (int, any) {
		return http.StatusForbidden, api.KioskRefusal{State: api.KioskRevoked}
	}
	p.mu.Unlock()
	if err := <-ended; !errors.As(err, new(kiosk.RefusedError)) {
		t.Errorf("Run at a revoked kiosk = %v", err)
	}
	if s := m.Status(); s.State != api.KioskRevoked {
		t.Errorf("Status = %+v", s)
	}
	cancel()
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
