package pinpage_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/agent/agenttest"
	"guichet.example/reader/api"
	"guichet.example/reader/pinpage"
)

const (
	rightPIN  = "1234"
	counter   = "http://localhost:8080"
	otherSite = "https://other.example"
)

// told is what an operation was told last.
type told struct {
	state api.State
	tries int
	url   string
}

// play is an operation whose card waits for a PIN, as package reader would ask for it.
type play struct {
	*pinpage.Prompt
	server *pinpage.Server
	client *agenttest.Client
	host   string
	url    string // of the page

	mu     sync.Mutex
	states []told
	tries  int
	ended  chan error // what the operation ended with
	cancel context.CancelCauseFunc
}

var login = pinpage.Operation{Purpose: certs.Authentication, Site: counter, Lang: "en"}

// begin starts a server on a port of its own and an operation on it.
func begin(t *testing.T, o pinpage.Operation, tries int) *play {
	t.Helper()
	s := pinpage.New(pinpage.Config{Lang: "en"})
	host, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		s.Shutdown(ctx)
	})
	return ask(t, s, host, o, tries)
}

// ask starts an operation and waits until its page is there.
func ask(t *testing.T, s *pinpage.Server, host string, o pinpage.Operation, tries int) *play {
	t.Helper()
	p := &play{server: s, host: host, tries: tries, ended: make(chan error, 1), client: &agenttest.Client{HTTP: &http.Client{Timeout: 20 * time.Second}}}
	asked := make(chan string, 8)
	o.Host = host
	o.Tell = func(state api.State, tries int, url string) {
		p.mu.Lock()
		p.states = append(p.states, told{state, tries, url})
		p.mu.Unlock()
		if url != "" {
			asked <- url
		}
	}
	p.Prompt = s.Ask(o)
	ctx, cancel := context.WithCancelCause(t.Context())
	p.cancel = cancel
	go func() {
		err := p.sign(ctx)
		p.End(err)
		p.ended <- err
	}()
	select {
	case p.url = <-asked:
	case <-time.After(10 * time.Second):
		t.Fatal("no PIN page within 10 s")
	}
	return p
}

// sign is package reader's side: it asks until the PIN is right or the card blocked.
func (p *play) sign(ctx context.Context) error {
	for retry := false; ; retry = true {
		if p.left() == 0 {
			return reader.ErrPINBlocked
		}
		pin, err := p.PIN(ctx, reader.PINRequest{Purpose: certs.Authentication, TriesLeft: p.left(), Retry: retry, MinLen: 4, MaxLen: 12})
		if err != nil || string(pin) == rightPIN {
			return err
		}
		p.mu.Lock()
		p.tries--
		p.mu.Unlock()
	}
}

func (p *play) left() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tries
}

// open gets the page.
func (p *play) open(t *testing.T) *agenttest.PINPage {
	t.Helper()
	page, err := p.client.OpenPIN(t.Context(), p.url)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// end is what the operation ended with.
func (p *play) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-p.ended:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("did not end within 10 s")
		return nil
	}
}

func (p *play) waits(t *testing.T) {
	t.Helper()
	select {
	case err := <-p.ended:
		t.Fatalf("ended with %v", err)
	default:
	}
}

// send sends one request as it is, and returns status, headers and body.
func send(t *testing.T, method, url, body string, header map[string]string) (*http.Response, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		if name == "Host" {
			req.Host = value
			continue
		}
		for part := range strings.SplitSeq(value, "\n") { // several lines: several headers
			req.Header.Add(name, part)
		}
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		t.Errorf("%s %s: reading the answer: %v", method, url, err)
	}
	return res, string(text)
}
