package agent_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/reader"
	"guichet.example/reader/agent"
	"guichet.example/reader/agent/agenttest"
	"guichet.example/reader/api"
	"guichet.example/reader/pinpage"
	"guichet.example/reader/remote"
)

const (
	rightPIN   = "1234"
	fakeReader = "Fake Reader 00"
	counter    = "http://localhost:8080"
	otherSite  = "https://other.example"
	nonce      = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
)

// desk is one reader with what a test puts into it, and in place of a child process a
// server of PIN pages.
type desk struct {
	pages  *pinpage.Server
	events chan reader.Event

	mu     sync.Mutex
	err    error // of Card, when there is none to be had
	card   *card
	handed int // connections
}

func newDesk(c *card) *desk {
	d := &desk{err: reader.ErrNoCard, events: make(chan reader.Event, 8), pages: pinpage.New(pinpage.Config{})}
	d.take(c)
	return d
}

func (d *desk) take(c *card) {
	d.card = c
	if c != nil {
		c.pages, c.gone = d.pages, make(chan struct{})
	}
}

func (d *desk) Card(context.Context) (agent.Card, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.card == nil {
		return nil, d.err
	}
	return d.card, nil
}

func (d *desk) Watch(ctx context.Context) <-chan reader.Event {
	out := make(chan reader.Event)
	go func() {
		defer close(out)
		for {
			select {
			case e := <-d.events:
				select {
				case out <- e:
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func (d *desk) Browser(conn *net.TCPConn) error {
	d.mu.Lock()
	d.handed++
	d.mu.Unlock()
	d.pages.Take(conn)
	return nil
}

// put changes what is in the reader. Without a card, err is what Card says.
func (d *desk) put(c *card, err error) {
	d.mu.Lock()
	if d.card != nil {
		close(d.card.gone)
	}
	d.take(c)
	d.err = err
	d.mu.Unlock()
	kind := reader.Inserted
	if c == nil {
		kind = reader.Removed
	}
	d.events <- reader.Event{Kind: kind, Reader: reader.Reader{Name: fakeReader, Present: c != nil}}
}

// card is an issued card behind a PIN of its own, and the child process with it.
type card struct {
	*certstest.Card
	pages *pinpage.Server
	gone  chan struct{} // closed when it is pulled out

	mu            sync.Mutex
	tries         int
	silent        bool            // does not tell how many tries are left
	place         reader.PINPlace // not zero: the PIN is typed there
	typing, typed func()          // with place: while the holder types elsewhere, and after
	hangs         chan struct{}   // not nil: Sign returns when it is closed, whatever the context
	fails         error           // what Sign ends with instead
	lingers       chan struct{}   // not nil: an operation that was ended is over when it is closed
}

func (c *card) Reader() reader.Reader { return reader.Reader{Name: fakeReader, Present: true} }
func (c *card) Close() error          { return nil }

func (c *card) Certificate(p certs.Purpose) (*x509.Certificate, error) {
	pair := c.pair(p)
	if pair.Certificate == nil {
		return nil, reader.ErrNoSignatureCertificate
	}
	return pair.Certificate, nil
}

func (c *card) pair(p certs.Purpose) certstest.KeyPair {
	if p == certs.Signature {
		return c.Signature
	}
	return c.Authentication
}

func (c *card) left() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silent {
		return -1
	}
	return c.tries
}

func (c *card) Sign(ctx context.Context, r remote.SignRequest) ([]byte, error) {
	if c.hangs != nil {
		<-c.hangs
		return nil, reader.ErrModuleFailed
	}
	if c.fails != nil {
		return nil, c.fails
	}
	if r.Entry.Kind != remote.Page {
		return nil, errors.New("the agent wants the PIN typed elsewhere than on a page")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-c.gone:
			cancel(reader.ErrCardRemoved)
		case <-ctx.Done():
		}
	}()
	prompt := c.pages.Ask(pinpage.Operation{
		Purpose: r.Purpose, Site: r.Entry.Site, Digest: r.Entry.Digest, Lang: r.Entry.Lang, Host: r.Entry.Host,
		Tell: func(state api.State, tries int, url string) {
			r.Tell(remote.Progress{State: state, Tries: tries, URL: url})
		},
	})
	value, err := c.sign(ctx, prompt, r)
	prompt.End(err)
	if err != nil && c.lingers != nil {
		<-c.lingers
	}
	return value, err
}

// sign is what package reader does in the child.
func (c *card) sign(ctx context.Context, prompt *pinpage.Prompt, r remote.SignRequest) ([]byte, error) {
	if c.place != 0 {
		over, end := context.WithCancel(ctx)
		prompt.PINElsewhere(over, reader.PINRequest{Purpose: r.Purpose, TriesLeft: -1}, c.place)
		c.typing()
		end()
		c.typed()
		return c.pair(r.Purpose).Key.Sign(rand.Reader, r.Digest, r.Hash)
	}
	for retry := false; ; retry = true {
		if c.tries == 0 {
			return nil, reader.ErrPINBlocked
		}
		typed, err := prompt.PIN(ctx, reader.PINRequest{Purpose: r.Purpose, Reader: fakeReader, TriesLeft: c.left(), Retry: retry, MinLen: 4, MaxLen: 12})
		if err != nil {
			return nil, err
		}
		if bytes.Equal(typed, []byte(rightPIN)) {
			return c.pair(r.Purpose).Key.Sign(rand.Reader, r.Digest, r.Hash)
		}
		c.mu.Lock()
		c.tries--
		c.mu.Unlock()
	}
}

// pki is made once: keys are slow.
var pki = sync.OnceValue(func() *certstest.PKI {
	p, err := certstest.New(certstest.Config{})
	if err != nil {
		panic(err)
	}
	return p
})

var issued = sync.OnceValue(func() map[string]*certstest.Card {
	cards := map[string]*certstest.Card{}
	for name, person := range map[string]certstest.Person{
		"rsa":    {GivenNames: "Lucie", Surname: "Maes", NationalNumber: "85073003328", Algorithm: certstest.RSA2048},
		"ec":     {GivenNames: "Jan", Surname: "Peeters", NationalNumber: "72022911853", Algorithm: certstest.P384},
		"nosign": {GivenNames: "Noor", Surname: "Peeters", NationalNumber: "02031424608", Algorithm: certstest.P384, NoSignature: true},
	} {
		c, err := pki().Issue(person)
		if err != nil {
			panic(err)
		}
		cards[name] = c
	}
	return cards
})

func newCard(name string) *card { return &card{Card: issued()[name], tries: 3} }

// started is a running agent with its log.
type started struct {
	*agent.Agent
	log *lockedBuffer
}

func (s *started) logged() string {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return s.log.b.String()
}

// start runs an agent over the desk until the test ends.
func start(t *testing.T, d *desk, change ...func(*agent.Config)) *started {
	t.Helper()
	log := &lockedBuffer{}
	config := agent.Config{
		Listen: "localhost:0", Origins: []string{counter, otherSite}, Cards: d, Lang: "en",
		Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&config)
	}
	a, err := agent.New(config)
	if err != nil {
		t.Fatalf("New = %v", err)
	}
	if err := a.Listen(); err != nil {
		t.Fatalf("Listen = %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Serve = %v", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("Serve did not end within 5 s")
		}
	})
	return &started{a, log}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// page is a page of the counter, whose person types pin. It notes the states it saw.
type page struct {
	*agenttest.Client
	mu   sync.Mutex
	seen []api.Event
}

func (a *started) page(pin string) *page {
	p := &page{}
	p.Client = &agenttest.Client{
		Agent: a.URL(), Origin: counter, Lang: "en", PIN: agenttest.FixedPIN(pin),
		HTTP: &http.Client{Timeout: 20 * time.Second},
		Seen: func(e api.Event) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.seen = append(p.seen, e)
		},
	}
	return p
}

// saw reports whether a state was among the events, waiting a little for it.
func (p *page) saw(state api.State) bool {
	for range 200 {
		p.mu.Lock()
		found := slices.ContainsFunc(p.seen, func(e api.Event) bool { return e.State == state })
		p.mu.Unlock()
		if found {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

func (p *page) states() []api.State {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []api.State
	for _, e := range p.seen {
		list = append(list, e.State)
	}
	return list
}
