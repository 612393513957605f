// Package agent lets a page of an allowed site use the card in this machine's reader,
// over HTTP on loopback: sign in with Web eID, read the signature certificate, sign.
//
// The flow of an operation: a page posts a request; the agent takes the one slot
// there is, waits for a card, and has it sign in the process of its module (package
// remote); when the card wants a PIN that process makes a page under a one-time
// address (package pinpage), the agent tells the requesting page by an event where it
// is, and the person types there. The answer of the request is the result. Meanwhile
// events say, in the words of package api, what the person should be told.
//
// Who may do what:
//   - It binds loopback addresses only, turns away programs of other users of the machine
//     (package peer) but for those that a setting names, and answers only requests whose Host is one of its own names (a DNS
//     name pointed at 127.0.0.1 gets nothing).
//   - Every request of a page must carry an allowed Origin, events included. That
//     origin is what gets signed; no message has a field for one.
//   - No PIN comes into this process. The PIN page is on the agent's own port, but its
//     connections are handed over with nothing of them read (door.go), and a
//     connection that is read here carries one request only (single.go).
package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"guichet.example/reader/api"
	"guichet.example/reader/internal/inbox"
	"guichet.example/reader/pinpage"
)

// Config of an Agent.
type Config struct {
	// Listen is where to listen: a loopback host and a port. "localhost:8081" binds
	// 127.0.0.1 and, where the machine has it, ::1. Port 0 takes a free one.
	Listen string
	// Origins are the sites that may use the card: "https://counter.example.be". http
	// only for loopback names. At least one.
	Origins []string
	// Cards is where cards come from; see FromSet.
	Cards Cards

	Lang     string           // of the PIN page when neither request nor browser says; "": "fr"
	Deadline time.Duration    // of an operation, people included; 0: DefaultDeadline
	Now      func() time.Time // for the dates of certificates; nil: time.Now
	Log      *slog.Logger     // one line per operation; nil: none

	// Doctor examines the chain from browser to card, telling in lang; one at a time.
	// nil: api.DoctorPath is not served.
	Doctor func(ctx context.Context, lang string) api.Checkup

	// Kiosk is the machine of a contact point that this agent runs in. nil: it is a
	// member's own, and api.KioskStatusPath and those below it are not served.
	Kiosk Kiosk

	// Users are the ids of other users of the machine whose programs are served, as those
	// of the user of this process are: of the one in whose session a kiosk's browser runs.
	Users []int
}

// DefaultListen is where pages look for an agent.
const DefaultListen = "localhost:8081"

// DefaultDeadline leaves a minute of the nonce's five for the way back.
const DefaultDeadline = 4 * time.Minute

// Agent serves one machine's cards. Safe for concurrent use.
type Agent struct {
	config    Config
	events    *broker
	door      door
	listeners []net.Listener
	url       string
	hosts     []string   // what Host may be
	examining sync.Mutex // held by the one checkup under way

	mu       sync.Mutex
	current  *operation    // the one under way
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
		c.Lang = pinpage.ChooseLang("", "", "")
	}
	if pinpage.ChooseLang(c.Lang, "", "") != c.Lang {
		return nil, fmt.Errorf("agent: no language %q", c.Lang)
	}
	if c.Deadline <= 0 {
		c.Deadline = DefaultDeadline
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Origins = slices.Clone(c.Origins)
	return &Agent{
		config: c, events: newBroker(), presence: make(chan struct{}),
		door: door{ours: inbox.New(maxServed), browser: c.Cards.Browser, users: c.Users, log: c.Log},
	}, nil
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
		MaxHeaderBytes:    maxHeader,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(a.config.Log.Handler(), slog.LevelDebug),
	}
	server.SetKeepAlivesEnabled(false)
	var wait sync.WaitGroup
	wait.Go(func() { a.watch(ctx) })
	wait.Go(func() { _ = server.Serve(a.door.ours) }) // until Shutdown
	stopped := make(chan error, len(a.listeners))
	for _, listener := range a.listeners {
		wait.Go(func() { stopped <- a.door.open(listener) })
	}
	var err error
	select {
	case err = <-stopped:
	case <-ctx.Done():
	}
	cancel() // ends operations and event streams
	for _, listener := range a.listeners {
		listener.Close()
	}
	a.door.shut()
	grace, end := context.WithTimeout(context.Background(), 3*time.Second)
	defer end()
	if server.Shutdown(grace) != nil {
		server.Close()
	}
	wait.Wait()
	return err
}

// watch follows the readers until ctx ends: it keeps the pages informed that have
// nothing under way, and wakes an operation that waits for a card. That a card in use
// was pulled out the card itself says: an event may be older than the card.
func (a *Agent) watch(ctx context.Context) {
	held := readers{}
	for event := range a.config.Cards.Watch(ctx) {
		a.events.present(held.note(event))
		a.mu.Lock()
		close(a.presence)
		a.presence = make(chan struct{})
		a.mu.Unlock()
	}
}

// happened returns a channel that is closed when something next happens in a reader.
func (a *Agent) happened() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.presence
}
