// Package native is the host that the Web eID browser extension starts for `eu.webeid`:
// a drop-in for the Web eID app (version 2).
//
// The browser starts one process for each call and talks to it over standard input and
// output (native messaging): a frame is a length of four bytes in the machine's own order
// and JSON in UTF-8. The host says its version unasked, reads ONE command, writes ONE
// reply and ends:
//
//	host  → {"version":"2.8.0+…"}
//	      ← {"command":"sign","arguments":{"origin":"https://…",…}}
//	host  → {"signature":"…",…}  or  {"error":{"code":"ERR_WEBEID_…","message":"…"}}
//
// When standard input ends, the page is closed or its patience is over: every dialog
// goes, and nothing is written. What the person is asked, and by which window, is in
// dialog.go; the card is reached through package remote, and a PIN never comes here.
//
// The extension is believed about the origin, which is shown wherever something is asked
// or typed. Nothing else in a request is believed.
package native

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/remote"
)

// Version is what the greeting says: the version of the Web eID app whose protocol this
// is, then ours (semver 2). Extensions of another major version refuse it.
const Version = "2.8.0+" + api.Name + "." + api.Version

// Cards is what a host needs of the modules. Errors are those of package reader.
type Cards interface {
	Readers(ctx context.Context) ([]reader.Reader, error)
	Card(ctx context.Context) (Card, error)
	CardIn(ctx context.Context, readerName string) (Card, error)
	Watch(ctx context.Context) <-chan reader.Event
	Close() error
}

// Card is an inserted card, as of package remote.
type Card interface {
	Certificate(p certs.Purpose) (*x509.Certificate, error)
	PINState(ctx context.Context) (reader.PINState, error)
	Sign(ctx context.Context, r remote.SignRequest) ([]byte, error)
	Close() error
}

// Config is what a host runs with.
type Config struct {
	In       io.Reader                  // from the browser
	Out      io.Writer                  // to the browser; nothing else may write there
	Open     func() (Cards, error)      // called once a command needs cards
	Lang     string                     // when a request names none that we have: fr, nl, de or en
	Lock     string                     // file that hosts of one person share, so that one asks at a time; "": DefaultLock()
	Pinentry string                     // path; "": pinentry.FindWindow(); NoPinentry: none
	Browse   func(address string) error // opens an address in the person's browser; nil: cannot be done
	Deadline time.Duration              // of a command, people included; 0: 10 minutes
	Linger   time.Duration              // after the reply, for a page that was asked on to say that it is over; 0: 2 s
	Now      func() time.Time           // for the dates of certificates; nil: time.Now
	Log      *slog.Logger               // without PIN, nonce or certificate; nil: none
}

// NoPinentry is a Config.Pinentry: questions are put on a page.
const NoPinentry = "none"

const (
	defaultDeadline = 10 * time.Minute
	defaultLinger   = 2 * time.Second
)

// errClosed means the browser closed the channel.
var errClosed = errors.New("the browser has gone")

// Run greets, serves one command and returns. A refusal that was replied to is no error;
// nor is a browser that goes.
func Run(ctx context.Context, c Config) error {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Deadline == 0 {
		c.Deadline = defaultDeadline
	}
	if c.Linger == 0 {
		c.Linger = defaultLinger
	}
	if err := writeFrame(c.Out, greeting{Version}); err != nil {
		return err
	}
	started := time.Now()
	message, err := c.read(ctx)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || err != nil && ctx.Err() != nil {
		c.Log.Info("no command", "cause", err)
		return nil
	}
	var r request
	if err == nil {
		r, err = parseRequest(message)
	}
	var answer any
	if err == nil {
		var part func()
		answer, part, err = c.serve(ctx, r)
		defer part() // after the reply: nobody waits for a page that says goodbye
	}
	c.Log.Info("command", "command", r.command, "origin", r.origin, "took", time.Since(started).Round(time.Millisecond), "outcome", outcome(err))
	if errors.Is(err, errClosed) {
		return nil
	}
	if err != nil {
		answer = failureOf(err)
	}
	return writeFrame(c.Out, answer)
}

// read waits for the command, until ctx ends.
func (c Config) read(ctx context.Context) ([]byte, error) {
	type frame struct {
		message []byte
		err     error
	}
	frames := make(chan frame, 1)
	go func() {
		message, err := readFrame(c.In)
		frames <- frame{message, err}
	}()
	select {
	case f := <-frames:
		return f.message, f.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// serve does what a command asks while the browser stays. part is to be called when the
// reply is out.
func (c Config) serve(ctx context.Context, r request) (answer any, part func(), err error) {
	if r.command == quit {
		return struct{}{}, func() {}, nil
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	go func() {
		_, _ = io.Copy(io.Discard, c.In) // one command: what follows is not looked at
		end(errClosed)
	}()
	ctx, stop := context.WithTimeoutCause(ctx, c.Deadline, reader.ErrTimedOut)
	defer stop()
	answer, part, err = c.operate(ctx, r)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx) // who ended it knows better than who noticed
	}
	return answer, part, err
}

func (c Config) operate(ctx context.Context, r request) (answer any, part func(), err error) {
	part = func() {}
	path := c.Lock
	if path == "" {
		path = DefaultLock()
	}
	unlock, err := lock(ctx, path)
	if err != nil {
		return nil, part, err
	}
	defer unlock()
	o := &operation{Config: c, request: r, text: textIn(r.lang, c.Lang)}
	if o.dialog, err = o.chooseDialog(ctx); err != nil {
		return nil, part, err
	}
	part = o.dialog.close
	cards, err := c.Open()
	if err != nil {
		return nil, part, o.tell(ctx, err)
	}
	defer cards.Close()
	o.cards = cards
	if answer, err = o.run(ctx); err != nil {
		return nil, part, o.tell(ctx, err)
	}
	return answer, part, nil
}

// outcome is the log's word for how a command ended.
func outcome(err error) string {
	if err == nil {
		return "done"
	}
	return err.Error()
}

// FromSet makes Cards of all modules.
func FromSet(s *remote.Set) Cards { return set{s} }

type set struct{ *remote.Set }

func (s set) Card(ctx context.Context) (Card, error) { return card(s.Set.Card(ctx)) }

func (s set) CardIn(ctx context.Context, readerName string) (Card, error) {
	return card(s.Set.CardIn(ctx, readerName))
}

// card keeps a nil pointer from becoming a Card that is not nil.
func card(c *remote.Card, err error) (Card, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}
