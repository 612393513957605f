package remote

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/pinentry"
	"guichet.example/reader/pinpage"
)

// ErrEntry means that the PIN could not be asked for where the request says: there is no
// terminal, the descriptor holds no line.
var ErrEntry = errors.New("the PIN could not be asked for")

// entry asks for the PIN of one signature, in the child, and tells the parent whom the
// signature waits for. It is a reader.PIN and a reader.PINElsewhere.
type entry struct {
	kind    EntryKind
	purpose certs.Purpose
	asks    reader.PIN      // nil: nobody can be asked
	prompt  *pinpage.Prompt // of a Page
	send    func(progressBody)

	mu    sync.Mutex
	waits wait
}

var (
	_ reader.PIN          = (*entry)(nil)
	_ reader.PINElsewhere = (*entry)(nil)
)

// entryOf makes the entry that a request names.
func (s *server) entryOf(b signBody, files []*os.File, send func(progressBody)) (*entry, error) {
	e := &entry{kind: b.Entry.Kind, purpose: b.Purpose, send: send}
	switch e.kind {
	case None:
	case Page:
		host := b.Entry.Host
		if host == "" {
			var err error
			if host, err = s.page().Listen(); err != nil {
				return nil, fmt.Errorf("serving the PIN page: %w", err)
			}
			s.listens.Store(true)
		}
		e.prompt = s.page().Ask(pinpage.Operation{
			Purpose: b.Purpose, Site: b.Entry.Site, Digest: b.Entry.Digest, Lang: b.Entry.Lang, Host: host,
			Tell: e.tell,
		})
		e.asks = e.prompt
	case Pinentry:
		e.asks = pinentry.New(pinentry.Config{
			Program: b.Entry.Program, Lang: b.Entry.Lang, Site: b.Entry.Site, Digest: b.Entry.Digest,
		})
	case Terminal:
		e.asks = terminalPIN{}
	case Descriptor:
		if len(files) != 1 {
			return nil, fmt.Errorf("%w: no descriptor came with the request", errMessage)
		}
		e.asks = descriptorPIN{files[0]}
	default:
		return nil, fmt.Errorf("%w: PIN entry %d", errMessage, e.kind)
	}
	return e, nil
}

// tell passes on where the person stands.
func (e *entry) tell(state api.State, tries int, url string) {
	e.mu.Lock()
	defer e.mu.Unlock() // so that what is sent last was true last
	e.send(progressBody{State: state, Tries: tries, URL: url, Waits: e.waits})
}

func (e *entry) waitFor(w wait, state api.State, tries int) {
	e.mu.Lock()
	e.waits = w
	e.mu.Unlock()
	if e.kind == Page {
		state, tries = "", -1 // it tells for itself
	}
	e.tell(state, tries, "")
}

// PIN has the holder asked.
func (e *entry) PIN(ctx context.Context, ask reader.PINRequest) ([]byte, error) {
	if e.asks == nil {
		return nil, fmt.Errorf("the card wants a PIN and nobody can be asked: %w", reader.ErrCancelled)
	}
	state := api.State("")
	switch {
	case ask.Retry:
		state = api.PINWrong
	case e.kind == Pinentry:
		state = api.PINWindow
	}
	e.waitFor(forPerson, state, ask.TriesLeft)
	pin, err := e.asks.PIN(ctx, ask)
	e.waitFor(forModule, e.working(), -1)
	if f := failureOf(err); f != nil && len(f.Kinds) == 0 && f.Tries == nil {
		err = fmt.Errorf("%w: %w", ErrEntry, err) // and not the module's fault
	}
	return pin, err
}

// PINElsewhere says that the holder types where the module asks.
func (e *entry) PINElsewhere(ctx context.Context, ask reader.PINRequest, where reader.PINPlace) {
	state := api.PINWindow
	if where == reader.Keypad {
		state = api.PINKeypad
	}
	e.waitFor(forKeypad, state, ask.TriesLeft)
	if told, ok := e.asks.(reader.PINElsewhere); ok {
		told.PINElsewhere(ctx, ask, where)
	}
	context.AfterFunc(ctx, func() { e.waitFor(forModule, e.working(), -1) })
}

func (e *entry) working() api.State {
	if e.purpose == certs.Authentication {
		return api.Checking
	}
	return api.Signing
}

// end has the page, if there is one, tell how it ended.
func (e *entry) end(err error) {
	if e.prompt != nil {
		e.prompt.End(err)
	}
}
