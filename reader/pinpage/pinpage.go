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
	"context"
	"crypto/rand"
	"io"
	"net"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
)

// Config of a Server.
type Config struct {
	Rand io.Reader // nil: crypto/rand
	Lang string    // when neither operation nor browser says: fr, nl, de, en; "": "fr"
}

// Server serves the PIN pages of one process. Safe for concurrent use.
type Server struct {
	config Config
}

// New makes a server that is not reachable yet: see Take and Listen.
func New(c Config) *Server {
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if _, ok := texts[c.Lang]; !ok {
		c.Lang = defaultLang
	}
	return &Server{config: c}
}

// Take serves a connection that another process accepted and handed over, nothing of
// it read. It returns at once; the connection is closed after one answer.
func (s *Server) Take(conn net.Conn) { panic("not yet") }

// Listen binds a loopback port of the server's own and serves it until Close. It
// returns what an Operation's Host is to be, "127.0.0.1:40123".
func (s *Server) Listen() (host string, err error) { panic("not yet") }

// Shutdown lets answers under way be finished until ctx ends, then cuts what is left.
// Nothing is accepted or taken any more.
func (s *Server) Shutdown(ctx context.Context) { panic("not yet") }

// Operation is what a PIN is asked for.
type Operation struct {
	Purpose certs.Purpose // of the key
	Site    string        // origin shown to the person
	Digest  string        // api.ShortDigest of what is to be signed; "" for a login
	Lang    string        // fr, nl, de, en; else the server's
	Host    string        // in the address of the page: "localhost:8081"

	// Tell is told where the person stands: api.PINPage and api.PINWrong with the
	// page's address, api.PINKeypad and api.PINWindow, and once the PIN is typed
	// api.Checking or api.Signing. tries is -1 when not known or of no matter.
	Tell func(state api.State, tries int, url string)
}

// Prompt is the page of one operation. It is a reader.PIN and a reader.PINElsewhere.
// Where the person gives up, by Cancel or by closing the page, PIN returns
// reader.ErrCancelled.
type Prompt struct {
	server *Server
	op     Operation
}

// Ask prepares to ask. The page of the operation before is served no longer.
func (s *Server) Ask(o Operation) *Prompt { return &Prompt{server: s, op: o} }

var (
	_ reader.PIN          = (*Prompt)(nil)
	_ reader.PINElsewhere = (*Prompt)(nil)
)

// PIN asks on the operation's page. The bytes are the caller's, to wipe.
func (p *Prompt) PIN(ctx context.Context, ask reader.PINRequest) ([]byte, error) { panic("not yet") }

// PINElsewhere tells that the person types on the reader or in the module's window.
func (p *Prompt) PINElsewhere(ctx context.Context, ask reader.PINRequest, where reader.PINPlace) {
	panic("not yet")
}

// End has the page tell how the operation ended, from now on: err is what it ended
// with, nil when all went well. It returns what is to be remembered of it; the ID is
// "" if no page was ever shown.
func (p *Prompt) End(err error) Ending { panic("not yet") }

// Ending is what the page of an ended operation says. It has no secret that still
// opens anything: the address only tells the ending.
type Ending struct {
	ID      string        `json:"id"` // last part of the page's address
	Purpose certs.Purpose `json:"purpose"`
	Site    string        `json:"site"`
	Digest  string        `json:"digest,omitempty"`
	Lang    string        `json:"lang"`
	Outcome api.State     `json:"outcome"` // api.Idle when all went well
	Tries   int           `json:"tries"`
}

// EndingAt makes the Ending of an operation whose process could not tell it, because
// it was killed: url is what Tell was given last, "" if no page was shown.
func EndingAt(url string, o Operation, err error) Ending { panic("not yet") }

// Remember has the server tell the ending of an operation of another process. Only the
// latest is kept.
func (s *Server) Remember(e Ending) { panic("not yet") }

// Outcome says in the words of package api how an operation ended: state and PIN tries
// left, api.Idle and -1 without an error.
func Outcome(err error) (state api.State, tries int) { panic("not yet") }
