package reader

import (
	"errors"
	"fmt"
)

// Conditions a caller branches on. A wrong PIN is a [PINError].
var (
	// ErrModuleMissing means there is no PKCS#11 module at the path, or it does not load.
	ErrModuleMissing = errors.New("PKCS#11 module is missing")
	// ErrNoReader means the module sees no card reader.
	ErrNoReader = errors.New("no card reader")
	// ErrNoCard means no reader holds a card.
	ErrNoCard = errors.New("no card in the reader")
	// ErrSeveralCards means more than one reader holds a card: choose with CardIn.
	ErrSeveralCards = errors.New("more than one card is inserted")
	// ErrUnknownCard means the card has no authentication certificate this package understands.
	ErrUnknownCard = errors.New("card is not a known identity card")
	// ErrCardRemoved means the card left the reader. The Card stays useless for good:
	// open a new one when it is back.
	ErrCardRemoved = errors.New("card was removed")
	// ErrCardBusy means another program holds the card, or dropped our PIN right.
	ErrCardBusy = errors.New("card is in use by another program")
	// ErrPINBlocked means no tries are left. Only the municipality can unblock it.
	ErrPINBlocked = errors.New("PIN is blocked")
	// ErrCancelled means the holder, or the caller's context, gave up.
	ErrCancelled = errors.New("cancelled")
	// ErrTimedOut means the deadline of the context passed.
	ErrTimedOut = errors.New("timed out")
	// ErrNoSignatureCertificate means the card can authenticate but not sign.
	ErrNoSignatureCertificate = errors.New("card has no signature certificate")
	// ErrNoAuthenticationCertificate means the card only tells who its holder is (small
	// children's cards). It is an ErrUnknownCard to whoever wants a login.
	ErrNoAuthenticationCertificate = fmt.Errorf("%w: no authentication certificate", ErrUnknownCard)
	// ErrNotSupported means the module or the card cannot sign this way (OpenSC and
	// the Belgian signature key, PSS, a hash the card does not know).
	ErrNotSupported = errors.New("not supported by the card or its module")
	// ErrKeyMismatch means the card's key is not the one its certificate names.
	ErrKeyMismatch = errors.New("key does not match its certificate")
	// ErrWrongSignature means the module returned a value which the certificate does
	// not verify. The value is not handed out.
	ErrWrongSignature = errors.New("module returned a wrong signature")
	// ErrModuleFailed is any other failure inside the module or the card.
	ErrModuleFailed = errors.New("PKCS#11 module failed")
	// ErrNoWindow means the module wanted to ask for the PIN in a window of its own and
	// could not show it: no PIN was tried. It is an ErrModuleFailed.
	ErrNoWindow = fmt.Errorf("%w: it could not show its PIN window", ErrModuleFailed)
	// ErrClosed means the Module or the Card was closed.
	ErrClosed = errors.New("closed")
)

// PINError reports a wrong PIN.
type PINError struct {
	Tries int // left before the card blocks; -1 when the module does not tell
}

func (e PINError) Error() string {
	switch {
	case e.Tries < 0:
		return "PIN is wrong"
	case e.Tries == 1:
		return "PIN is wrong, one try left"
	default:
		return fmt.Sprintf("PIN is wrong, %d tries left", e.Tries)
	}
}
