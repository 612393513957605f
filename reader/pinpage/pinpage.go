// Package pinpage is the page on which a person types the PIN when the card leaves
// that to us and there is no better place: over HTTP on loopback, under a one-time
// address, served by the process that holds the card's module and by no other.
//
// The flow: [Server.Ask] makes a [Prompt] for one operation; when the card wants a PIN
// the prompt draws an address, tells it, and waits for the form there, the same page
// again after a wrong PIN. [Prompt.End] has the page tell how it ended. A process
// ends with its operation; the one that follows is told by [Server.Remember] what the
// page has to say when it is loaded again.
//
// Who may do what:
//   - Requests are answered only if their Host is a loopback name with the very port
//     of the connection: a DNS name pointed at 127.0.0.1 gets nothing.
//   - The page stands alone (top-level, never framed), is never stored, and names the
//     site and the purpose. Only the page itself sends its form, with the token it
//     was shown last, once.
//   - A connection carries one request. The PIN is wiped after use and never logged.
//     What net/http keeps of a form in its buffers cannot be wiped, and goes with the
//     process.
package pinpage

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"sync"
	"time"

	"guichet.example/reader/api"
	"guichet.example/reader/internal/inbox"
)

// Config of a Server.
type Config struct {
	Rand io.Reader // nil: crypto/rand
	Lang string    // when neither operation nor browser says: fr, nl, de, en; "": "fr"
}

// Server serves the PIN pages of one process. Safe for concurrent use.
type Server struct {
	config Config
	http   *http.Server
	inbox  *inbox.Inbox

	mu      sync.Mutex
	current *Prompt // of the operation under way
	latest  Ending  // of the operation before; ID "" when there is none to tell
}

// New makes a server that is not reachable yet: see Take and Listen.
func New(c Config) *Server {
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if _, ok := texts[c.Lang]; !ok {
		c.Lang = defaultLang
	}
	s := &Server{config: c, inbox: inbox.New(maxConns)}
	s.http = &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // it would name addresses
	}
	s.http.SetKeepAlivesEnabled(false)
	go func() { _ = s.http.Serve(s.inbox) }() // until Shutdown
	return s
}

// Ask prepares to ask for one operation.
func (s *Server) Ask(o Operation) *Prompt {
	if _, ok := texts[o.Lang]; !ok {
		o.Lang = s.config.Lang
	}
	if o.Tell == nil {
		o.Tell = func(api.State, int, string) {}
	}
	p := &Prompt{server: s, op: o, pin: make(chan []byte), over: make(chan struct{}), changed: make(chan struct{}), left: make(chan struct{})}
	s.mu.Lock()
	s.current = p
	s.mu.Unlock()
	return p
}

// Remember has the server tell the ending of an operation of another process. Only the
// latest is kept.
func (s *Server) Remember(e Ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest = e
}

// at returns the prompt under way of that address, or the ending to be told there.
func (s *Server) at(id string) (p *Prompt, e Ending, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil && same(s.current.address(), id) {
		return s.current, Ending{}, true
	}
	return nil, s.latest, same(s.latest.ID, id)
}

// lang is that of the latest operation: who comes to an address that is gone comes from
// there.
func (s *Server) lang() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.current != nil:
		return s.current.op.Lang
	case s.latest.Lang != "":
		return ChooseLang(s.latest.Lang, "", s.config.Lang)
	}
	return s.config.Lang
}

// same compares secrets; the empty one is nobody's.
func same(secret, given string) bool {
	return secret != "" && subtle.ConstantTimeCompare([]byte(secret), []byte(given)) == 1
}

const secretBytes = 32

// secret draws 256 bits as text for an address or a form.
func (s *Server) secret() (string, error) {
	var raw [secretBytes]byte
	if _, err := io.ReadFull(s.config.Rand, raw[:]); err != nil {
		return "", fmt.Errorf("drawing a one-time address: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw[:]), nil
}
