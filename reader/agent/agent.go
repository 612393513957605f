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
	"io"
	"log/slog"
	"time"
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
	Deadline time.Duration // of an operation, people included; 0: 4 minutes
	Rand     io.Reader     // nil: crypto/rand
	Log      *slog.Logger  // one line per operation; nil: none
}

// Agent serves one machine's cards. Safe for concurrent use.
type Agent struct{ config Config }

// New checks the configuration. Nothing is bound before Listen or Serve.
func New(c Config) (*Agent, error) { return &Agent{config: c}, nil }

// Listen binds the address, so that URL is known before Serve.
func (a *Agent) Listen() error { return nil }

// URL is the address for pages, "http://localhost:8081"; "" before Listen.
func (a *Agent) URL() string { return "" }

// Serve answers until ctx ends, then ends what is under way and returns nil. It calls
// Listen if that was not done.
func (a *Agent) Serve(ctx context.Context) error { <-ctx.Done(); return nil }
