package reader

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"guichet.example/certs"
	"guichet.example/reader/softcard"
)

func tries(t *testing.T, d *softcard.Desk, name string, want int) {
	t.Helper()
	if got, err := d.Tries(name); err != nil || got != want {
		t.Errorf("Tries = %d, %v, want %d", got, err, want)
	}
}

func TestWrongPINThenRight(t *testing.T) {
	for _, p := range []certs.Purpose{certs.Authentication, certs.Signature} {
		d, _, c := inserted(t, "p384")
		pin := &typing{pins: []string{"0000", "9999", goodPIN}}
		if _, err := key(t, c, p, pin).Sign(nil, sum("x"), hash256); err != nil {
			t.Fatalf("%v: Sign = %v", p, err)
		}
		want := []struct {
			left  int
			retry bool
		}{{-1, false}, {2, true}, {1, true}}
		if len(pin.asked) != len(want) {
			t.Fatalf("%v: asked %d times, want %d", p, len(pin.asked), len(want))
		}
		for i, w := range want {
			if got := pin.asked[i]; got.TriesLeft != w.left || got.Retry != w.retry {
				t.Errorf("%v: question %d = %+v, want %+v", p, i, got, w)
			}
		}
		tries(t, d, "p384", 3)
	}
}

func TestPINBlocks(t *testing.T) {
	d, m, c := inserted(t, "rsa")
	pin := &typing{pins: []string{"0000", "0001", "0002", goodPIN}}
	_, err := key(t, c, certs.Signature, pin).Sign(nil, sum("x"), hash256)
	wantError(t, "third wrong PIN", err, ErrPINBlocked)
	if len(pin.asked) != 3 {
		t.Errorf("asked %d times, want 3", len(pin.asked))
	}
	_, err = key(t, c, certs.Authentication, noPIN(t)).Sign(nil, sum("x"), hash256)
	wantError(t, "the other key of a blocked card", err, ErrPINBlocked)

	remove(t, d)
	insert(t, d, "rsa")
	_, err = key(t, open(t, m), certs.Signature, noPIN(t)).Sign(nil, sum("x"), hash256)
	wantError(t, "a blocked card put in again", err, ErrPINBlocked)
	if journal, err := d.Journal(); err != nil || len(journal) != 0 {
		t.Errorf("Journal() = %v, %v, want nothing signed", journal, err)
	}
}

func TestFixedPIN(t *testing.T) {
	d, _, c := inserted(t, "p256")
	for _, left := range []int{2, 1} {
		_, err := key(t, c, certs.Signature, FixedPIN([]byte("0000"))).Sign(nil, sum("x"), hash256)
		var wrong PINError
		if !errors.As(err, &wrong) || wrong.Tries != left {
			t.Errorf("Sign = %v, want a PINError with %d left", err, left)
		}
		tries(t, d, "p256", left)
	}
	_, err := key(t, c, certs.Signature, FixedPIN([]byte("0000"))).Sign(nil, sum("x"), hash256)
	wantError(t, "Sign", err, ErrPINBlocked)
}

func TestPINGivenUp(t *testing.T) {
	d, _, c := inserted(t, "p384")
	pin := &typing{pins: []string{"0000"}} // wrong, then cancel
	_, err := key(t, c, certs.Signature, pin).Sign(nil, sum("x"), hash256)
	wantError(t, "cancelled after a wrong PIN", err, ErrCancelled)
	tries(t, d, "p384", 2)

	own := errors.New("the window is broken")
	_, err = key(t, c, certs.Signature, pinFunc(func(context.Context, PINRequest) ([]byte, error) { return nil, own })).Sign(nil, sum("x"), hash256)
	wantError(t, "an error of the PIN source", err, own)
	_, err = key(t, c, certs.Signature, nil).Sign(nil, sum("x"), hash256)
	wantError(t, "no PIN source", err, ErrCancelled)
	tries(t, d, "p384", 2)
}

func TestPINOverTime(t *testing.T) {
	_, m, c := inserted(t, "p384")
	waiting := pinFunc(func(ctx context.Context, _ PINRequest) ([]byte, error) {
		if _, err := m.Readers(context.Background()); err != nil {
			t.Errorf("the module is not free while the PIN is typed: %v", err)
		}
		<-ctx.Done()
		return []byte(goodPIN), nil // too late
	})
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	_, err := key(t, c, certs.Signature, waiting).SignContext(ctx, sum("x"), hash256)
	wantError(t, "deadline", err, ErrTimedOut)

	ctx, stop := context.WithCancel(context.Background())
	time.AfterFunc(30*time.Millisecond, stop)
	_, err = key(t, c, certs.Signature, waiting).SignContext(ctx, sum("x"), hash256)
	wantError(t, "cancelled", err, ErrCancelled)

	over, end := context.WithCancel(context.Background())
	end()
	_, err = key(t, c, certs.Signature, noPIN(t)).SignContext(over, sum("x"), hash256)
	wantError(t, "over before it began", err, ErrCancelled)
}

// What no card would take costs no try, and the PIN is in no error.
func TestMalformedPIN(t *testing.T) {
	d, _, c := inserted(t, "p384")
	for _, pin := range []string{"", "123", "1234567890123", "12a4", "１２３４", "1234\n", strings.Repeat("1", 300)} {
		_, err := key(t, c, certs.Signature, FixedPIN([]byte(pin))).Sign(nil, sum("x"), hash256)
		var wrong PINError
		if !errors.As(err, &wrong) {
			t.Errorf("PIN of %d bytes: %v, want a PINError", len(pin), err)
		}
		if len(pin) > 2 && strings.Contains(err.Error(), pin) {
			t.Errorf("the error tells the PIN: %v", err)
		}
	}
	tries(t, d, "p384", 3)
}

// The bytes that the PIN source returned are wiped, whatever comes of it.
func TestPINIsWiped(t *testing.T) {
	_, _, c := inserted(t, "p384")
	for _, typed := range []string{goodPIN, "0000", "12", "12345678901234567890"} {
		kept := []byte(typed)
		key(t, c, certs.Signature, pinFunc(func(_ context.Context, ask PINRequest) ([]byte, error) {
			if ask.Retry {
				return nil, ErrCancelled
			}
			return kept, nil
		})).Sign(nil, sum("x"), hash256)
		if !bytes.Equal(kept, make([]byte, len(kept))) {
			t.Errorf("a PIN of %d digits is still there", len(typed))
		}
	}
}

// elsewhere is a PIN source that must not be asked, only told.
type elsewhere struct {
	t     *testing.T
	told  []PINPlace
	ctx   context.Context
	asked PINRequest
}

func (e *elsewhere) PIN(context.Context, PINRequest) ([]byte, error) {
	e.t.Error("a PIN was asked for")
	return nil, ErrCancelled
}

func (e *elsewhere) PINElsewhere(ctx context.Context, ask PINRequest, where PINPlace) {
	e.told, e.ctx, e.asked = append(e.told, where), ctx, ask
}

// A reader with a keypad: C_Login gets no PIN, the module has it from the keys.
func TestKeypad(t *testing.T) {
	_, m, c := inserted(t, "p384")
	x := meddle(m)
	x.tokenInfo = func(info pkcs11.TokenInfo, err error) (pkcs11.TokenInfo, error) {
		info.Flags |= pkcs11.CKF_PROTECTED_AUTHENTICATION_PATH
		return info, err
	}
	digits := goodPIN
	x.login = func(s pkcs11.SessionHandle, user uint, pin string) error {
		if pin != "" {
			t.Error("a PIN was handed to a module with a keypad")
		}
		return x.library.Login(s, user, digits)
	}
	pin := &elsewhere{t: t}
	if _, err := key(t, c, certs.Authentication, pin).Sign(nil, sum("x"), hash256); err != nil {
		t.Fatal(err)
	}
	if len(pin.told) != 1 || pin.told[0] != Keypad || pin.asked.Purpose != certs.Authentication {
		t.Errorf("told %v %+v, want once the keypad", pin.told, pin.asked)
	}
	if pin.ctx.Err() == nil {
		t.Error("the holder is still told to type")
	}
	digits = "0000"
	pin = &elsewhere{t: t}
	_, err := key(t, c, certs.Authentication, pin).Sign(nil, sum("x"), hash256)
	wantError(t, "wrong three times on the keypad", err, ErrPINBlocked)
}

// The Belgian middleware wants no login at all and asks in a window of its own.
func TestWindow(t *testing.T) {
	_, m, c := inserted(t, "p384")
	x := meddle(m)
	x.tokenInfo = func(info pkcs11.TokenInfo, err error) (pkcs11.TokenInfo, error) {
		info.Flags &^= pkcs11.CKF_LOGIN_REQUIRED
		return info, err
	}
	x.login = func(pkcs11.SessionHandle, uint, string) error {
		t.Error("logged in to a module that asks by itself")
		return nil
	}
	x.attribute = func(kind uint, value []byte) ([]byte, error) {
		if kind == pkcs11.CKA_ALWAYS_AUTHENTICATE { // the middleware does not know it
			return nil, pkcs11.Error(pkcs11.CKR_ATTRIBUTE_TYPE_INVALID)
		}
		return value, nil
	}
	// Its keys are visible without login, and its C_Sign succeeds once the window is done.
	m.lib = &loggedIn{meddler: x, pin: goodPIN}
	pin := &elsewhere{t: t}
	if _, err := key(t, c, certs.Authentication, pin).Sign(nil, sum("x"), hash256); err != nil {
		t.Fatal(err)
	}
	if len(pin.told) != 1 || pin.told[0] != Window {
		t.Errorf("told %v, want once the window", pin.told)
	}
}

// The module's window asks again by itself: a wrong PIN that it reports in the end is not
// answered with a second window.
func TestOneWindowASignature(t *testing.T) {
	d, _, c := inserted(t, "p256")
	belgium := softcard.Belgium
	belgium.UpperSerial = false // the card is open already, and stays the same
	if err := errors.Join(d.Speak(belgium), d.Type("0000", goodPIN)); err != nil {
		t.Fatal(err)
	}
	pin := &elsewhere{t: t}
	_, err := key(t, c, certs.Signature, pin).Sign(nil, sum("x"), hash256)
	wantError(t, "a wrong PIN in the window", err, PINError{Tries: -1})
	if left, err := d.Untyped(); left != 1 || err != nil || len(pin.told) != 1 {
		t.Errorf("%d answers left, %v, told %v; want one window", left, err, pin.told)
	}
	tries(t, d, "p256", 2)
}

// PIN lengths that a token claims beyond those of a card are not passed on.
func TestLockLimits(t *testing.T) {
	for _, c := range []struct {
		name             string
		min, max         uint
		wantMin, wantMax int
	}{
		{"SoftHSM2", 4, 255, 4, 12},
		{"a card with six digits", 6, 6, 6, 6},
		{"nothing known", 0, 0, 4, 12},
		{"unavailable information", ^uint(0), ^uint(0), 4, 12},
	} {
		l := stateOf(pkcs11.TokenInfo{MinPinLen: c.min, MaxPinLen: c.max})
		if l.Min != c.wantMin || l.Max != c.wantMax {
			t.Errorf("%s: %d to %d digits, want %d to %d", c.name, l.Min, l.Max, c.wantMin, c.wantMax)
		}
	}
}
