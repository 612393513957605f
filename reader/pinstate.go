package reader

import (
	"context"

	"github.com/miekg/pkcs11"
)

// PIN lengths of identity cards, in digits (Belgian eID, PIN reference 01).
const (
	minPIN = 4
	maxPIN = 12
)

// PINState is what a token says about its PIN.
type PINState struct {
	Place    PINPlace // where the holder types it
	Tries    int      // left; -1 unknown, 0 blocked
	Min, Max int      // in digits, within 4 to 12
}

// PINState asks the token's flags, and costs no try. Errors: as [Card.Present].
func (c *Card) PINState(ctx context.Context) (PINState, error) {
	t, err := c.tokenState(ctx)
	return t.PINState, err
}

// tokenState is PINState and what only signing has to know.
type tokenState struct {
	PINState
	login bool // CKF_LOGIN_REQUIRED: C_Login is called; else C_Sign asks by itself
}

func (c *Card) tokenState(ctx context.Context) (tokenState, error) {
	return ask(ctx, c, "reading the PIN state", func(lib library) (tokenState, error) {
		token, err := c.sameToken(lib)
		return stateOf(token), err
	})
}

// stateOf reads the flags (PKCS#11 v2.40, 3.2, CK_TOKEN_INFO). A keypad is
// CKF_PROTECTED_AUTHENTICATION_PATH; a module that does not set CKF_LOGIN_REQUIRED, as
// the Belgian middleware, wants no login at all: its C_Sign opens a window, or lights
// the keypad, and waits. That middleware never tells tries, OpenSC only the last; with
// three in all, "low" and not "final" are two.
func stateOf(info pkcs11.TokenInfo) tokenState {
	t := tokenState{login: info.Flags&pkcs11.CKF_LOGIN_REQUIRED != 0}
	t.Tries, t.Min, t.Max = -1, minPIN, maxPIN
	switch {
	case info.Flags&pkcs11.CKF_PROTECTED_AUTHENTICATION_PATH != 0:
		t.Place = Keypad
	case !t.login:
		t.Place = Window
	}
	switch {
	case info.Flags&pkcs11.CKF_USER_PIN_LOCKED != 0:
		t.Tries = 0
	case info.Flags&pkcs11.CKF_USER_PIN_FINAL_TRY != 0:
		t.Tries = 1
	case info.Flags&pkcs11.CKF_USER_PIN_COUNT_LOW != 0:
		t.Tries = 2
	}
	if n := int(info.MinPinLen); n > minPIN && n <= maxPIN {
		t.Min = n
	}
	if n := int(info.MaxPinLen); n >= t.Min && n < maxPIN {
		t.Max = n
	}
	return t
}
