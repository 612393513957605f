package reader

import (
	"context"
	"sync"

	"guichet.example/certs"
)

// PIN asks the holder for the PIN. It is called only when the card asks for one and
// has no keypad or window of its own. The bytes returned are wiped after use. An error
// ends the operation: return [ErrCancelled] when the holder gives up. The context
// ends when the card is pulled out. A PIN that is not MinLen to MaxLen digits ends the
// operation with a PINError and costs no try.
type PIN interface {
	PIN(ctx context.Context, ask PINRequest) ([]byte, error)
}

// PINElsewhere is an optional ability of a PIN: it is told, without being asked for
// anything, that the holder now types on the reader's keypad or in a window of the
// module's. It returns at once. The context ends when the typing is over.
type PINElsewhere interface {
	PINElsewhere(ctx context.Context, ask PINRequest, where PINPlace)
}

// PINPlace is where the holder types. The token says it, in its flags.
type PINPlace int

// The three places. The last two are not ours: nobody is asked, C_Login or C_Sign
// returns when the typing is over.
const (
	Typed  PINPlace = iota // we ask, and hand the PIN to C_Login
	Keypad                 // on the reader itself
	Window                 // in a window of the module
)

func (p PINPlace) String() string {
	switch p {
	case Typed:
		return "typed"
	case Keypad:
		return "keypad"
	case Window:
		return "window"
	}
	return "unknown"
}

// PINRequest says what a PIN is for.
type PINRequest struct {
	Purpose   certs.Purpose // which key will be used
	Reader    string        // name of the reader that holds the card
	TriesLeft int           // before the card blocks; -1 when the module does not tell
	Retry     bool          // the PIN given before, in this same operation, was wrong
	MinLen    int           // in digits
	MaxLen    int           // in digits
}

// Fits reports whether pin can be one: MinLen to MaxLen ASCII digits. What is none costs
// no try.
func (r PINRequest) Fits(pin []byte) bool {
	for _, digit := range pin {
		if digit < '0' || digit > '9' {
			return false
		}
	}
	return len(pin) >= r.MinLen && len(pin) <= r.MaxLen
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

// wipe overwrites a secret.
func wipe(b []byte) { clear(b) }

// secret is a PIN that a library may still be reading when its owner is done with it,
// because a deadline passed: it is wiped when both are.
type secret struct {
	mu    sync.Mutex
	bytes []byte // nil once wiped
}

// use runs f with the PIN; it is ErrCancelled when the owner has wiped it.
func (s *secret) use(f func(pin []byte) ([]byte, error)) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes == nil {
		return nil, ErrCancelled
	}
	return f(s.bytes)
}

// wipe returns at once; the bytes go as soon as nobody uses them.
func (s *secret) wipe() {
	end := func() {
		wipe(s.bytes)
		s.bytes = nil
		s.mu.Unlock()
	}
	if s.mu.TryLock() {
		end()
		return
	}
	go func() {
		s.mu.Lock()
		end()
	}()
}
