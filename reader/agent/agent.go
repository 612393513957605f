// Package agent lets a page of an allowed site use the card in this machine's reader,
// over HTTP on loopback: sign in with Web eID, read the signature certificate, sign.
//
// The flow of an operation: a page posts a request; the agent takes the one slot
// there is, waits for a card, and has the reader sign; when the card wants a PIN the
// agent makes a page of its own under a one-time address, tells the requesting page
// where it is by an event, and waits for the person there. The answer of the request
// is the result. Meanwhile events say, in the words of package api, what the person
// should be told.
//
// Who may do what:
//   - It binds loopback addresses only, and answers only requests whose Host is one
//     of its own names (a DNS name pointed at 127.0.0.1 gets nothing).
//   - Every request of a page must carry an allowed Origin, events included. That
//     origin is what gets signed; no message has a field for one.
//   - The PIN is typed on the agent's page only: top-level, never framed, no-store,
//     naming the site and the purpose. It is wiped after use and never logged. What
//     net/http and a browser keep of a form in their buffers cannot be wiped.
package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"guichet.example/reader"
)

// Config of an Agent.
type Config struct {
	// Listen is where to listen: a loopback host and a port. "localhost:8081" binds
	// 127.0.0.1 and, where the machine has it, ::1. Port 0 takes a free one.
	Listen string
	// Origins are the sites that may use the card: "https://counter.example.be". http
	// only for loopback names. At least one.
	Origins []string
	// Cards is where cards come from; see FromModule.
	Cards Cards

	Lang     string        // of the PIN page when neither request nor browser says; "": "fr"
	Deadline time.Duration // of an operation, people included; 0: DefaultDeadline
	Rand     io.Reader     // nil: crypto/rand
	Log      *slog.Logger  // one line per operation; nil: none
}

// DefaultListen is where pages look for an agent.
const DefaultListen = "localhost:8081"

// DefaultDeadline leaves a minute of the nonce's five for the way back.
const DefaultDeadline = 4 * time.Minute

// Agent serves one machine's cards. Safe for concurrent use.
type Agent struct {
	config    Config
	events    *broker
	listeners []net.Listener
	url       string
	hosts     []string // what Host may be

	mu       sync.Mutex
	current  *operation    // the one under way
	last     *prompt       // of the operation before, so that its page can tell how it ended
	presence chan struct{} // closed, and replaced, when something happens in a reader
}

// New checks the configuration. Nothing is bound before Listen or Serve.
func New(c Config) (*Agent, error) {
	if c.Cards == nil {
		return nil, errors.New("agent: no cards")
	}
	if len(c.Origins) == 0 {
		return nil, errors.New("agent: no origin is allowed to use the card")
	}
	for _, origin := range c.Origins {
		if err := checkOrigin(origin); err != nil {
			return nil, err
		}
	}
	if c.Lang == "" {
		c.Lang = defaultLang
	}
	if _, ok := texts[c.Lang]; !ok {
		return nil, fmt.Errorf("agent: no language %q", c.Lang)
	}
	if c.Deadline <= 0 {
		c.Deadline = DefaultDeadline
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Origins = slices.Clone(c.Origins)
	return &Agent{config: c, events: newBroker(), presence: make(chan struct{})}, nil
}

// URL is the address for pages, "http://localhost:8081"; "" before Listen.
func (a *Agent) URL() string { return a.url }

// Serve answers until ctx ends, then ends what is under way and returns nil. It calls
// Listen if that was not done. An Agent serves once.
func (a *Agent) Serve(ctx context.Context) error {
	if err := a.Listen(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := &http.Server{
		Handler:           a.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(a.config.Log.Handler(), slog.LevelDebug),
	}
	var wait sync.WaitGroup
	wait.Go(func() { a.watch(ctx) })
	stopped := make(chan error, len(a.listeners))
	for _, listener := range a.listeners {
		go func() { stopped <- server.Serve(listener) }()
	}
	var err error
	select {
	case err = <-stopped:
	case <-ctx.Done():
	}
	cancel() // ends operations and event streams
	grace, end := context.WithTimeout(context.Background(), 3*time.Second)
	defer end()
	if server.Shutdown(grace) != nil {
		server.Close()
	}
	wait.Wait()
	return err
}

// watch follows the readers until ctx ends: it keeps the pages that have nothing
// under way informed, and ends an operation whose card is pulled out.
func (a *Agent) watch(ctx context.Context) {
	held := readers{}
	for event := range a.config.Cards.Watch(ctx) {
		a.events.present(held.note(event))
		a.mu.Lock()
		close(a.presence)
		a.presence = make(chan struct{})
		current := a.current
		a.mu.Unlock()
		if current != nil && (event.Kind == reader.Removed || event.Kind == reader.Unplugged) {
			current.pulledOut(event.Reader.Name)
		}
	}
}

// happened returns a channel that is closed when something next happens in a reader.
func (a *Agent) happened() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.presence
}
