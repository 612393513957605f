package hsm

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/miekg/pkcs11"
)

// A call that hangs inside the module costs its caller the deadline and keeps its
// session; the next callers wait for one no longer than they may, the module is not
// started anew under it, and when it ends all is as before.
func TestCallThatHangs(t *testing.T) {
	k := &Key{
		cfg:  Config{Sessions: 1, Wait: time.Millisecond, Deadline: time.Millisecond, Now: time.Now, Log: slog.New(slog.DiscardHandler)},
		free: make(chan pkcs11.SessionHandle, 1), turn: make(chan struct{}, 1),
	}
	k.free <- 7
	ctx := context.Background()
	session, err := k.take(ctx)
	if err != nil || session != 7 || k.Stats().InUse != 1 {
		t.Fatalf("take = %d, %v", session, err)
	}
	ends := make(chan struct{})
	if _, err := k.use(ctx, session, func() ([]byte, error) { <-ends; return nil, pkcs11.Error(pkcs11.CKR_DEVICE_REMOVED) }); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a call that hangs = %v, want ErrUnavailable", err)
	}
	if _, err := k.take(ctx); !errors.Is(err, ErrUnavailable) {
		t.Errorf("take while it hangs = %v, want ErrUnavailable", err)
	}
	k.failed(pkcs11.Error(pkcs11.CKR_SESSION_HANDLE_INVALID))
	if err := k.start(ctx); !errors.Is(err, ErrUnavailable) || len(k.turn) != 0 {
		t.Errorf("start while it hangs = %v, want ErrUnavailable", err)
	}
	if err := k.Close(); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Close while it hangs = %v, want ErrUnavailable", err)
	}
	close(ends)
	if session := <-k.free; session != 7 {
		t.Errorf("the session that came back is %d", session)
	}
	if in := k.Stats().InUse; in != 0 {
		t.Errorf("%d in use", in)
	}
}

func TestWhatIsLost(t *testing.T) {
	for code, lost := range map[uint]bool{
		pkcs11.CKR_DEVICE_REMOVED: true, pkcs11.CKR_SESSION_HANDLE_INVALID: true, pkcs11.CKR_TOKEN_NOT_PRESENT: true,
		pkcs11.CKR_GENERAL_ERROR: true, pkcs11.CKR_USER_NOT_LOGGED_IN: true, pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED: true,
		pkcs11.CKR_DATA_LEN_RANGE: false, pkcs11.CKR_MECHANISM_INVALID: false, pkcs11.CKR_KEY_FUNCTION_NOT_PERMITTED: false,
	} {
		if got := isLost(pkcs11.Error(code)); got != lost {
			t.Errorf("isLost(%v) = %t", pkcs11.Error(code), got)
		}
		if err := explain(pkcs11.Error(code)); !errors.Is(err, ErrUnavailable) || !errors.Is(err, pkcs11.Error(code)) {
			t.Errorf("explain(%v) = %v", pkcs11.Error(code), err)
		}
	}
	if isLost(ErrNoToken) || isLost(nil) || explain(nil) != nil {
		t.Error("what is no code of a module is taken for one")
	}
}

// A value of a module is one exact length, and verifies or is not handed out.
func TestDERRefusesOtherLengths(t *testing.T) {
	for _, n := range []int{0, 1, 63, 65, 96} {
		if der := derECDSA(make([]byte, n), 32); der != nil {
			t.Errorf("%d bytes became %x", n, der)
		}
	}
}
