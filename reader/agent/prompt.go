package agent

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"sync"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
)

// phase is where a prompt stands.
type phase int

const (
	asking  phase = iota // the page shows the form
	working              // the card has the PIN
	ended                // the page tells how it ended
)

// prompt is the PIN page of one operation, behind a one-time address. It asks again
// there after a wrong PIN, and once the operation has ended it only tells how.
type prompt struct {
	id  string // last part of the address: 256 random bits
	op  *operation
	pin chan []byte

	mu       sync.Mutex
	phase    phase
	ask      reader.PINRequest
	token    string        // of the form shown last; taken by the first POST
	changed  chan struct{} // closed, and replaced, when phase changes
	outcome  api.State     // once ended; Idle when all went well
	watchers int           // pages open, as far as their script tells
	closing  *time.Timer   // ends the operation when the last page stays closed
}

const secretBytes = 32

// secret draws 256 bits as text for an address or a form.
func (a *Agent) secret() (string, error) {
	var raw [secretBytes]byte
	if _, err := io.ReadFull(a.config.Rand, raw[:]); err != nil {
		return "", fmt.Errorf("drawing a one-time address: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw[:]), nil
}

var (
	_ reader.PIN          = (*operation)(nil)
	_ reader.PINElsewhere = (*operation)(nil)
)

// PIN asks the person on the operation's page, the same page when the PIN before was
// wrong. The bytes are the caller's, to wipe.
func (o *operation) PIN(ctx context.Context, ask reader.PINRequest) ([]byte, error) {
	p, err := o.openPrompt(ask)
	if err != nil {
		return nil, err
	}
	state, tries := api.PINPage, ask.TriesLeft
	if ask.Retry {
		state = api.PINWrong
	}
	o.tell(api.Event{State: state, Tries: tries, PINURL: "http://" + o.host + api.PINPath + p.id})
	select {
	case pin := <-p.pin:
		o.tellWorking()
		return pin, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-o.ctx.Done():
		return nil, context.Cause(o.ctx)
	}
}

// PINElsewhere tells the page that the person types on the reader or in a window of
// the module.
func (o *operation) PINElsewhere(ctx context.Context, ask reader.PINRequest, where reader.PINPlace) {
	state := api.PINWindow
	if where == reader.Keypad {
		state = api.PINKeypad
	}
	o.tell(api.Event{State: state, Tries: ask.TriesLeft})
	context.AfterFunc(ctx, o.tellWorking)
}

func (o *operation) tellWorking() {
	state := api.Signing
	if o.purpose == certs.Authentication {
		state = api.Checking
	}
	o.tell(api.Event{State: state, Tries: -1})
}

// openPrompt makes the operation's page, or has it ask again.
func (o *operation) openPrompt(ask reader.PINRequest) (*prompt, error) {
	ask.MinLen, ask.MaxLen = max(ask.MinLen, minPIN), min(ask.MaxLen, maxPIN)
	if ask.MaxLen < ask.MinLen {
		ask.MaxLen = maxPIN
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.prompt != nil {
		o.prompt.again(ask)
		return o.prompt, nil
	}
	id, err := o.agent.secret()
	if err != nil {
		return nil, err
	}
	o.prompt = &prompt{id: id, op: o, ask: ask, pin: make(chan []byte), changed: make(chan struct{})}
	return o.prompt, nil
}

// promptAt returns the prompt under way, or the one just ended, of that address.
func (a *Agent) promptAt(id string) *prompt {
	a.mu.Lock()
	current, last := a.current, a.last
	a.mu.Unlock()
	if current != nil {
		current.mu.Lock()
		p := current.prompt
		current.mu.Unlock()
		if p.is(id) {
			return p
		}
	}
	if last.is(id) {
		return last
	}
	return nil
}

func (p *prompt) is(id string) bool {
	return p != nil && subtle.ConstantTimeCompare([]byte(p.id), []byte(id)) == 1
}

// move changes the phase, unless it has ended; p.mu is held.
func (p *prompt) move(to phase) {
	if p.phase == ended {
		return
	}
	p.phase, p.token = to, ""
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *prompt) again(ask reader.PINRequest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ask = ask
	p.move(asking)
}

func (p *prompt) end(outcome api.State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outcome = outcome
	p.move(ended)
}

// take burns the form's token and says what was asked. false if it is not the one
// shown last.
func (p *prompt) take(token []byte) (reader.PINRequest, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	shown := p.token
	if p.phase != asking || shown == "" || subtle.ConstantTimeCompare([]byte(shown), token) != 1 {
		return reader.PINRequest{}, false
	}
	p.token = ""
	return p.ask, true
}

// give hands the PIN to the card and waits until the page has something new to say.
func (p *prompt) give(ctx context.Context, pin []byte) {
	p.mu.Lock()
	p.move(working)
	p.mu.Unlock()
	given := bytes.Clone(pin) // the reader wipes what it gets, the page what it was sent
	select {
	case p.pin <- given:
	case <-p.op.ctx.Done():
		clear(given)
	case <-ctx.Done(): // the person left; nobody waits for this PIN either
		clear(given)
		p.op.cancel(reader.ErrCancelled)
		return
	}
	p.await(ctx, working)
}

// await waits while the phase is this one.
func (p *prompt) await(ctx context.Context, while phase) {
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
func (p *prompt) enter() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watchers++
	if p.closing != nil {
		p.closing.Stop()
	}
}

// leave notes that a page is gone. When the last one is, and none comes back while
// the form waits, the person has given up.
func (p *prompt) leave() {
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
			p.op.cancel(reader.ErrCancelled)
		}
	})
}
