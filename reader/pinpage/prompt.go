package pinpage

import (
	"bytes"
	"context"
	"crypto/subtle"
	"sync"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
)

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

// phase is where a prompt stands.
type phase int

const (
	asking  phase = iota // the page shows the form
	working              // the card has the PIN
	ended                // the page tells how it ended
)

// Prompt is the page of one operation, behind a one-time address. It is a reader.PIN
// and a reader.PINElsewhere. Where the person gives up, by Cancel or by closing the
// page, PIN returns reader.ErrCancelled.
type Prompt struct {
	server *Server
	op     Operation
	pin    chan []byte
	over   chan struct{} // closed by End

	mu       sync.Mutex
	id       string // last part of the address: 256 random bits; "" before the first PIN
	phase    phase
	ask      reader.PINRequest
	token    string        // of the form shown last; taken by the first POST
	changed  chan struct{} // closed, and replaced, when phase changes
	ending   Ending        // once ended
	left     chan struct{} // closed when the person gives up
	watchers int           // pages open, as far as their script tells
	closing  *time.Timer   // gives up when the last page stays closed
}

var (
	_ reader.PIN          = (*Prompt)(nil)
	_ reader.PINElsewhere = (*Prompt)(nil)
)

// PIN asks on the operation's page, the same page when the PIN before was wrong. The
// bytes are the caller's, to wipe.
func (p *Prompt) PIN(ctx context.Context, ask reader.PINRequest) ([]byte, error) {
	url, err := p.open(ask)
	if err != nil {
		return nil, err
	}
	state := api.PINPage
	if ask.Retry {
		state = api.PINWrong
	}
	p.op.Tell(state, ask.TriesLeft, url)
	select {
	case pin := <-p.pin:
		p.tellWorking()
		return pin, nil
	case <-p.left:
		return nil, reader.ErrCancelled
	case <-p.over:
		return nil, reader.ErrCancelled
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// PINElsewhere tells that the person types on the reader or in a window of the module.
func (p *Prompt) PINElsewhere(ctx context.Context, ask reader.PINRequest, where reader.PINPlace) {
	state := api.PINWindow
	if where == reader.Keypad {
		state = api.PINKeypad
	}
	p.op.Tell(state, ask.TriesLeft, "")
	context.AfterFunc(ctx, p.tellWorking)
}

func (p *Prompt) tellWorking() {
	state := api.Signing
	if p.op.Purpose == certs.Authentication {
		state = api.Checking
	}
	p.op.Tell(state, -1, "")
}

// open makes the page, or has it ask again, and returns its address.
func (p *Prompt) open(ask reader.PINRequest) (url string, err error) {
	ask.MinLen, ask.MaxLen = max(ask.MinLen, minPIN), min(ask.MaxLen, maxPIN)
	if ask.MaxLen < ask.MinLen {
		ask.MaxLen = maxPIN
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.id == "" {
		if p.id, err = p.server.secret(); err != nil {
			return "", err
		}
	}
	p.ask = ask
	p.move(asking)
	return "http://" + p.op.Host + api.PINPath + p.id, nil
}

func (p *Prompt) address() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.id
}

// End has the page tell how the operation ended, from now on: err is what it ended
// with, nil when all went well. It returns what is to be remembered of it; the ID is
// "" if no page was ever shown. A PIN that is typed later goes nowhere.
func (p *Prompt) End(err error) Ending {
	e := p.op.ending(p.address(), err)
	p.server.mu.Lock()
	if p.server.current == p {
		p.server.current = nil
	}
	if e.ID != "" {
		p.server.latest = e
	}
	p.server.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase != ended {
		p.ending = e
		close(p.over)
	}
	p.move(ended)
	return p.ending
}

// move changes the phase, unless it has ended; p.mu is held.
func (p *Prompt) move(to phase) {
	if p.phase == ended {
		return
	}
	p.phase, p.token = to, ""
	close(p.changed)
	p.changed = make(chan struct{})
}

// take burns the form's token and says what was asked. false if it is not the one
// shown last.
func (p *Prompt) take(token []byte) (reader.PINRequest, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	shown := p.token
	if p.phase != asking || shown == "" || subtle.ConstantTimeCompare([]byte(shown), token) != 1 {
		return reader.PINRequest{}, false
	}
	p.token = ""
	return p.ask, true
}

// patient is how long the answer to the form waits for the card. After that the page
// says that the card is working, and asks again by itself: were this process killed
// because the module hangs, the answer would never come.
const patient = 4 * time.Second

// give hands the PIN to the card and waits until the page has something new to say.
func (p *Prompt) give(ctx context.Context, pin []byte) {
	p.mu.Lock()
	p.move(working)
	p.mu.Unlock()
	given := bytes.Clone(pin) // the reader wipes what it gets, the page what it was sent
	select {
	case p.pin <- given:
	case <-p.over:
		clear(given)
	case <-ctx.Done(): // the person left; nobody waits for this PIN either
		clear(given)
		p.giveUp()
		return
	}
	patience, end := context.WithTimeout(ctx, patient)
	defer end()
	p.await(patience, working)
}

// giveUp has PIN return.
func (p *Prompt) giveUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.left:
	default:
		close(p.left)
	}
}

// await waits while the phase is this one.
func (p *Prompt) await(ctx context.Context, while phase) {
	for {
		p.mu.Lock()
		now, changed := p.phase, p.changed
		p.mu.Unlock()
		if now != while {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// closeGrace is how long the page may be gone before that counts as giving up:
// enough to load it again.
const closeGrace = 3 * time.Second

// enter notes that a page is open.
func (p *Prompt) enter() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watchers++
	if p.closing != nil {
		p.closing.Stop()
	}
}

// leave notes that a page is gone. When the last one is, and none comes back while
// the form waits, the person has given up.
func (p *Prompt) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watchers--; p.watchers > 0 {
		return
	}
	p.closing = time.AfterFunc(closeGrace, func() {
		p.mu.Lock()
		gone := p.watchers == 0 && p.phase == asking
		p.mu.Unlock()
		if gone {
			p.giveUp()
		}
	})
}
