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
	return ask(ctx, c, "reading the PIN state", func(lib library) (PINState, error) {
		return readPINState(lib, c.reader.slot)
	})
}

// readPINState reads the flags (PKCS#11 v2.40, 3.2, CK_TOKEN_INFO). A keypad is
// CKF_PROTECTED_AUTHENTICATION_PATH; a module that does not set CKF_LOGIN_REQUIRED, as
// the Belgian middleware, wants no login at all: its C_Sign opens a window and waits.
// That middleware never tells tries, OpenSC only the last; with three in all, "low" and
// not "final" are two.
func readPINState(lib library, slot uint) (PINState, error) {
	info, err := lib.GetTokenInfo(slot)
	if err != nil {
		return PINState{}, err
	}
	p := PINState{Tries: -1, Min: minPIN, Max: maxPIN}
	switch {
	case info.Flags&pkcs11.CKF_PROTECTED_AUTHENTICATION_PATH != 0:
		p.Place = Keypad
	case info.Flags&pkcs11.CKF_LOGIN_REQUIRED == 0:
		p.Place = Window
	}
	switch {
	case info.Flags&pkcs11.CKF_USER_PIN_LOCKED != 0:
		p.Tries = 0
	case info.Flags&pkcs11.CKF_USER_PIN_FINAL_TRY != 0:
		p.Tries = 1
	case info.Flags&pkcs11.CKF_USER_PIN_COUNT_LOW != 0:
		p.Tries = 2
	}
	if n := int(info.MinPinLen); n > minPIN && n <= maxPIN {
		p.Min = n
	}
	if n := int(info.MaxPinLen); n >= p.Min && n < maxPIN {
		p.Max = n
	}
	return p, nil
}
