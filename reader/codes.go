package reader

import (
	"errors"

	"github.com/miekg/pkcs11"
)

// kinds is the one place where return codes become conditions. Which module says what
// when was measured with the Belgian middleware 5.1 and OpenSC 0.23. A code that is
// not here is ErrModuleFailed. A wrong PIN is told apart in login, where tries left
// can be asked.
var kinds = map[pkcs11.Error]error{
	pkcs11.CKR_TOKEN_NOT_PRESENT:      ErrNoCard,
	pkcs11.CKR_SLOT_ID_INVALID:        ErrNoReader,
	pkcs11.CKR_TOKEN_NOT_RECOGNIZED:   ErrUnknownCard,
	pkcs11.CKR_DEVICE_REMOVED:         ErrCardRemoved,
	pkcs11.CKR_SESSION_HANDLE_INVALID: ErrCardRemoved, // OpenSC's word for it
	pkcs11.CKR_SESSION_CLOSED:         ErrCardRemoved,

	pkcs11.CKR_PIN_LOCKED:  ErrPINBlocked,
	pkcs11.CKR_PIN_EXPIRED: ErrPINBlocked,

	pkcs11.CKR_CANCEL:            ErrCancelled, // on the keypad or in the module's window
	pkcs11.CKR_FUNCTION_CANCELED: ErrCancelled,

	// Another program reset the card or gave it another PIN: our right is gone.
	pkcs11.CKR_USER_NOT_LOGGED_IN:             ErrCardBusy,
	pkcs11.CKR_USER_ALREADY_LOGGED_IN:         ErrCardBusy,
	pkcs11.CKR_USER_ANOTHER_ALREADY_LOGGED_IN: ErrCardBusy,
	pkcs11.CKR_USER_TOO_MANY_TYPES:            ErrCardBusy,
	pkcs11.CKR_SESSION_COUNT:                  ErrCardBusy,
	pkcs11.CKR_OPERATION_ACTIVE:               ErrCardBusy,
	pkcs11.CKR_OPERATION_NOT_INITIALIZED:      ErrCardBusy,

	// OpenSC says the first for the Belgian signature key, on every version.
	pkcs11.CKR_FUNCTION_NOT_SUPPORTED:     ErrNotSupported,
	pkcs11.CKR_MECHANISM_INVALID:          ErrNotSupported,
	pkcs11.CKR_MECHANISM_PARAM_INVALID:    ErrNotSupported,
	pkcs11.CKR_KEY_FUNCTION_NOT_PERMITTED: ErrNotSupported,
	pkcs11.CKR_KEY_TYPE_INCONSISTENT:      ErrNotSupported,
	pkcs11.CKR_DATA_LEN_RANGE:             ErrNotSupported,

	pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED: ErrClosed,
}

// vague are the codes that modules also give when the card has just been pulled out,
// so that the slot must be asked before they are believed.
var vague = map[pkcs11.Error]bool{
	pkcs11.CKR_GENERAL_ERROR:             true,
	pkcs11.CKR_FUNCTION_FAILED:           true,
	pkcs11.CKR_DEVICE_ERROR:              true,
	pkcs11.CKR_OBJECT_HANDLE_INVALID:     true,
	pkcs11.CKR_KEY_HANDLE_INVALID:        true,
	pkcs11.CKR_OPERATION_NOT_INITIALIZED: true,
	pkcs11.CKR_USER_NOT_LOGGED_IN:        true,
	pkcs11.CKR_TOKEN_NOT_RECOGNIZED:      true,
}

// codeError is a return code of the module: what we were doing, the condition it
// means, and the code itself for the log.
type codeError struct {
	doing string
	kind  error
	code  pkcs11.Error
}

func (e codeError) Error() string {
	return e.doing + ": " + e.kind.Error() + " (" + e.code.Error() + ")"
}
func (e codeError) Unwrap() error { return e.kind }

// noWindow is the module's word when the window in which it asks for the PIN did not
// come up.
type noWindow struct{ error }

func (e noWindow) Unwrap() error { return e.error }

// explain gives a return code its condition; other errors pass as they are.
func explain(doing string, err error) error {
	var code pkcs11.Error
	if !errors.As(err, &code) {
		return err
	}
	kind, ok := kinds[code]
	if !ok {
		kind = ErrModuleFailed
	}
	if errors.As(err, new(noWindow)) {
		kind = ErrNoWindow
	}
	return codeError{doing: doing, kind: kind, code: code}
}

// explain is the function of that name for a card that was there before: it may have left since.
func (c *Card) explain(lib library, doing string, err error) error {
	var code pkcs11.Error
	if !errors.As(err, &code) {
		return err
	}
	if code == pkcs11.CKR_TOKEN_NOT_PRESENT || code == pkcs11.CKR_SLOT_ID_INVALID || vague[code] && gone(lib, c.reader.slot, c.session) {
		return codeError{doing: doing, kind: ErrCardRemoved, code: code}
	}
	return explain(doing, err)
}

// gone reports whether the module says that no card is in the slot, or, of one that was
// out and is back, that its session is over. Session 0 is none.
func gone(lib library, slot uint, session pkcs11.SessionHandle) bool {
	_, err := look(lib, slot)
	if (err == nil || is(err, pkcs11.CKR_TOKEN_NOT_RECOGNIZED)) && session != 0 {
		_, err = lib.GetSessionInfo(session)
	}
	switch kinds[codeOf(err)] {
	case ErrNoCard, ErrNoReader, ErrCardRemoved:
		return true
	}
	return false
}

// look asks for the token after a look at all slots: what OpenSC's C_GetTokenInfo and
// C_GetSessionInfo tell is what was there at the last C_GetSlotList.
func look(lib library, slot uint) (pkcs11.TokenInfo, error) {
	lib.GetSlotList(true) // that it fails says nothing of this slot
	return lib.GetTokenInfo(slot)
}

// codeOf is the return code in err, CKR_OK when there is none.
func codeOf(err error) pkcs11.Error {
	var code pkcs11.Error
	errors.As(err, &code)
	return code
}

func is(err error, code pkcs11.Error) bool { return errors.Is(err, code) }
