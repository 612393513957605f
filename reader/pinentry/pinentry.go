// Package pinentry asks for a PIN, or for a yes, in a window (or on a terminal) of the
// pinentry program that GnuPG installs. The two speak the Assuan protocol over the
// program's standard input and output.
//
// It runs in the child process that holds the PKCS#11 module: the PIN goes from pinentry
// into that process and nowhere else. [Entry.Confirm] and [Entry.Message] carry no secret
// and may be used anywhere.
package pinentry

import (
	"context"
	"log/slog"

	"guichet.example/reader"
)

// Config says what pinentry is to show, and where.
type Config struct {
	Program string       // path; "": Find()
	Lang    string       // "fr", "nl", "de", "en"; anything else: French
	Site    string       // origin that wants the signature; "" on the command line
	Digest  string       // api.ShortDigest of what is signed; "" for a login
	TTY     string       // path of the terminal for a pinentry without windows; "": this process's own
	Log     *slog.Logger // a pinentry that fails; nil: none
}

// Entry asks through one pinentry program. It is safe for concurrent use, though two
// windows at once serve nobody. It implements [reader.PIN] and [reader.PINElsewhere].
type Entry struct{ config Config }

// New starts nothing: every question starts a pinentry and ends it.
func New(c Config) *Entry {
	if c.Program == "" {
		c.Program = Find()
	}
	return &Entry{config: c}
}

// PIN asks for the PIN. The bytes are the caller's to wipe. Errors: reader.ErrCancelled,
// reader.ErrTimedOut, ErrUnavailable.
func (e *Entry) PIN(ctx context.Context, ask reader.PINRequest) ([]byte, error) {
	return nil, reader.ErrCancelled
}

// PINElsewhere shows, until ctx ends, that the PIN is typed on the reader's keypad. A
// window of the module's shows itself, and a second one would only cover it.
func (e *Entry) PINElsewhere(ctx context.Context, ask reader.PINRequest, where reader.PINPlace) {}

// Confirm shows text with the buttons yes and no. Nil is yes. Errors:
// reader.ErrCancelled, reader.ErrTimedOut, ErrUnavailable.
func (e *Entry) Confirm(ctx context.Context, text string) error { return reader.ErrCancelled }

// Message shows text until it is put away or ctx ends. Errors: as [Entry.Confirm].
func (e *Entry) Message(ctx context.Context, text string) error { return reader.ErrCancelled }

// Find returns the path of a pinentry that can show itself here, "" if there is none.
func Find() string { return "" }
