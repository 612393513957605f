package hsm

import (
	"errors"
	"fmt"
	"slices"

	"github.com/miekg/pkcs11"
)

// lostCodes say that the sessions are worth nothing any more: the token was taken out,
// restarted or initialised anew, or the module lost its connection. SoftHSM2 says
// GENERAL_ERROR where a token's folder is gone. OPERATION_ACTIVE is a session that a
// module left in the middle of a signature, and that signs nothing else.
var lostCodes = []pkcs11.Error{
	pkcs11.CKR_GENERAL_ERROR, pkcs11.CKR_FUNCTION_FAILED, pkcs11.CKR_DEVICE_ERROR, pkcs11.CKR_DEVICE_MEMORY,
	pkcs11.CKR_DEVICE_REMOVED, pkcs11.CKR_TOKEN_NOT_PRESENT, pkcs11.CKR_TOKEN_NOT_RECOGNIZED,
	pkcs11.CKR_SESSION_HANDLE_INVALID, pkcs11.CKR_SESSION_CLOSED, pkcs11.CKR_SLOT_ID_INVALID,
	pkcs11.CKR_KEY_HANDLE_INVALID, pkcs11.CKR_OBJECT_HANDLE_INVALID, pkcs11.CKR_USER_NOT_LOGGED_IN,
	pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED, pkcs11.CKR_HOST_MEMORY, pkcs11.CKR_OPERATION_ACTIVE,
}

func isLost(err error) bool {
	var code pkcs11.Error
	return errors.As(err, &code) && slices.Contains(lostCodes, code)
}

// explain gives an error of the module the name that callers branch on. Whatever has no
// name of its own is worth another try.
func explain(err error) error {
	if err == nil {
		return nil
	}
	for _, named := range []error{ErrPIN, ErrMismatch, ErrModule, ErrNotSupported, ErrClosed} {
		if errors.Is(err, named) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
