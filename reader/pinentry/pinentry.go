// Package pinentry asks for a PIN, or for a yes, in a window (or on a terminal) of the
// pinentry program that GnuPG installs. The two speak the Assuan protocol over the
// program's standard input and output (GnuPG, "Using the Assuan Protocol" and
// "Pinentry Protocol"): a greeting, one line for each command, OK or ERR for each.
//
// Every question starts a program and ends it. The PIN goes from there into one buffer of
// this process, which is the child that holds the PKCS#11 module, and nowhere else: it is
// never a string, and what was read is overwritten. [Entry.Confirm] and [Entry.Message]
// carry no secret and may be used in any process. Nothing is ever asked to be cached.
package pinentry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"guichet.example/reader"
)

// ErrUnavailable means there is no pinentry, or the one there cannot show itself, or it
// ended without an answer.
var ErrUnavailable = errors.New("pinentry cannot ask")

// Config says what pinentry is to show, and where.
type Config struct {
	Program string       // path; "": Find()
	Lang    string       // "fr", "nl", "de", "en"; anything else: French
	Site    string       // origin that wants the card; "" on the command line
	Digest  string       // api.ShortDigest of what is signed; "" for a login
	TTY     string       // path of the terminal for a pinentry without windows; "": this process's own
	Log     *slog.Logger // a pinentry that fails; nil: none
}

// Entry asks through one pinentry program. It is safe for concurrent use, though two
// windows at once serve nobody. It implements [reader.PIN] and [reader.PINElsewhere].
type Entry struct {
	config Config
	text   *text
	told   atomic.Pointer[chan struct{}] // closed when the message of PINElsewhere is gone
}

// New starts nothing.
func New(c Config) *Entry {
	if c.Program == "" {
		c.Program = Find()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Entry{config: c, text: textIn(c.Lang)}
}

// maxAsks bounds how often one question is put again because what was typed is no PIN.
const maxAsks = 10

// PIN asks for the PIN, and asks again while what is typed cannot be one: that costs no
// try. The bytes are the caller's to wipe. Errors: reader.ErrCancelled,
// reader.ErrTimedOut, ErrUnavailable, or the context's cause.
func (e *Entry) PIN(ctx context.Context, ask reader.PINRequest) ([]byte, error) {
	q := e.question(ask)
	for range maxAsks {
		pin, err := e.ask(ctx, q)
		if err == nil && ask.Fits(pin) {
			return pin, nil
		}
		clear(pin)
		if err != nil && !errors.Is(err, errTooLong) {
			return nil, err
		}
		q.error = e.text.digits(e.text.notPIN, ask)
	}
	return nil, reader.ErrCancelled
}

// PINElsewhere shows, until ctx ends, that the PIN is typed on the reader's keypad. A
// window of the module's shows itself: one more would only cover it.
func (e *Entry) PINElsewhere(ctx context.Context, ask reader.PINRequest, where reader.PINPlace) {
	if where != reader.Keypad {
		return
	}
	gone := make(chan struct{})
	e.told.Store(&gone)
	q := e.question(ask)
	q.command, q.desc = message, q.desc+"\n\n"+e.text.keypad
	go func() {
		defer close(gone)
		if _, err := e.ask(ctx, q); err != nil && ctx.Err() == nil {
			e.config.Log.Warn("telling that the PIN is typed on the reader", "cause", err)
		}
	}()
}

// Confirm shows text with two buttons. Nil is the first of them. Errors:
// reader.ErrCancelled, reader.ErrTimedOut, ErrUnavailable, or the context's cause.
func (e *Entry) Confirm(ctx context.Context, text, yes, no string) error {
	_, err := e.ask(ctx, question{command: confirm, title: e.text.title, desc: text, ok: yes, cancel: no})
	return err
}

// Message shows text until it is put away or ctx ends. Errors: as [Entry.Confirm].
func (e *Entry) Message(ctx context.Context, text string) error {
	_, err := e.ask(ctx, question{command: message, title: e.text.title, desc: text, ok: e.text.close})
	return err
}

// Check starts the program, exchanges greetings and ends it, showing nothing. It returns
// what the program calls itself ("gnome3", "curses", ...; "" when it does not say).
// Errors: ErrUnavailable.
func Check(ctx context.Context, program string) (flavor string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := start(ctx, program, "")
	if err != nil {
		return "", err
	}
	defer c.end()
	said := make([]byte, 0, maxData)
	if said, err = c.do("GETINFO flavor", said); err != nil && !errors.As(err, new(refused)) {
		return "", err
	}
	return string(said), nil
}

// The commands that show something.
const (
	getPIN  = "GETPIN"
	confirm = "CONFIRM"
	message = "MESSAGE"
)

// question is what one pinentry shows; empty fields are left to the program.
type question struct {
	command             string
	title, desc, prompt string
	ok, cancel, error   string
}

// question names the site, the purpose and the tries left.
func (e *Entry) question(ask reader.PINRequest) question {
	t := e.text
	q := question{command: getPIN, title: t.title, prompt: t.prompt, cancel: t.cancel}
	q.desc, q.ok = t.purpose(e.config, ask)
	switch {
	case ask.Retry:
		q.error = t.wrong(ask.TriesLeft)
	case ask.TriesLeft > 0:
		q.desc += "\n\n" + t.left(ask.TriesLeft)
	}
	return q
}

// ask shows q and returns what was typed, if q asks for it.
func (e *Entry) ask(ctx context.Context, q question) ([]byte, error) {
	if e.config.Program == "" {
		return nil, fmt.Errorf("%w: none is installed that can show itself here", ErrUnavailable)
	}
	c, err := start(ctx, e.config.Program, e.config.TTY)
	if err != nil {
		return nil, e.explain(ctx, err)
	}
	defer c.end()
	if err := c.prepare(ctx, q); err != nil {
		return nil, e.explain(ctx, err)
	}
	typed, err := c.do(q.command, make([]byte, 0, maxData))
	if err != nil {
		clear(typed)
		return nil, e.explain(ctx, err)
	}
	return typed, nil
}

// explain says in the reader's words why there is no answer.
func (e *Entry) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	var r refused
	switch {
	case errors.Is(err, errTooLong):
		return err
	case errors.As(err, &r) && r.cancelled():
		return reader.ErrCancelled
	case errors.As(err, &r) && r.timedOut():
		return reader.ErrTimedOut
	}
	e.config.Log.Warn("pinentry failed", "program", e.config.Program, "cause", err)
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

func ended(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return reader.ErrTimedOut
	}
	return reader.ErrCancelled
}
