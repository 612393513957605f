package reader

import (
	"context"

	"guichet.example/certs"
)

// PIN asks the holder for the PIN. It is called only when the card asks for one and
// has no keypad or window of its own. The caller wipes the bytes returned. An error
// ends the operation: return [ErrCancelled] when the holder gives up. The context
// ends when the card is pulled out.
type PIN interface {
	PIN(ctx context.Context, ask PINRequest) ([]byte, error)
}

// PINElsewhere is an optional ability of a PIN: it is told, without being asked for
// anything, that the holder now types on the reader's keypad or in a window of the
// module's. The context ends when that is over.
type PINElsewhere interface {
	PINElsewhere(ctx context.Context, ask PINRequest, where PINPlace)
}

// PINPlace is where the holder types.
type PINPlace int

// The two places which are not ours.
const (
	Keypad PINPlace = iota + 1 // on the reader itself
	Window                     // in a window of the module
)

// PINRequest says what a PIN is for.
type PINRequest struct {
	Purpose   certs.Purpose // which key will be used
	Reader    string        // name of the reader that holds the card
	TriesLeft int           // before the card blocks; -1 when the module does not tell
	Retry     bool          // the PIN given before, in this same operation, was wrong
	MinLen    int           // in digits
	MaxLen    int           // in digits
}

// FixedPIN answers once. When that was wrong it answers with the [PINError], so that
// a program never burns a second try on the same digits.
func FixedPIN(pin []byte) PIN { return fixedPIN(pin) }

type fixedPIN []byte

func (f fixedPIN) PIN(_ context.Context, ask PINRequest) ([]byte, error) {
	if ask.Retry {
		return nil, PINError{Tries: ask.TriesLeft}
	}
	return append([]byte(nil), f...), nil
}

// wipe overwrites a secret on our side.
func wipe(b []byte) { clear(b) }
