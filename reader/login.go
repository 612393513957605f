package reader

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"github.com/miekg/pkcs11"
)

// maxAttempts is how many PINs one signature may try. A Belgian card blocks at the
// third; a module that never blocks must not make a guessing machine.
const maxAttempts = 3

// PIN lengths of identity cards, in digits (Belgian eID, PIN reference 01).
const (
	minPIN = 4
	maxPIN = 12
)

// entry is where the holder types the PIN. The token says it, in its flags.
type entry int

const (
	// typed: we ask, and hand the PIN to C_Login.
	typed entry = iota
	// keypad: CKF_PROTECTED_AUTHENTICATION_PATH; C_Login with no PIN waits for the reader's keys.
	keypad
	// window: CKF_LOGIN_REQUIRED is not set, as the Belgian middleware has it; no
	// login at all, C_Sign opens a window of its own and waits.
	window
)

// lock is what a token says about its PIN.
type lock struct {
	entry    entry
	tries    int // left; -1 unknown
	min, max int
}

// readLock asks the token. The Belgian middleware never tells tries, OpenSC only the
// last; with three in all, "low" and not "final" are two.
func readLock(lib library, slot uint) (lock, error) {
	info, err := lib.GetTokenInfo(slot)
	if err != nil {
		return lock{}, err
	}
	l := lock{tries: -1, min: minPIN, max: maxPIN}
	switch {
	case info.Flags&pkcs11.CKF_PROTECTED_AUTHENTICATION_PATH != 0:
		l.entry = keypad
	case info.Flags&pkcs11.CKF_LOGIN_REQUIRED == 0:
		l.entry = window
	}
	switch {
	case info.Flags&pkcs11.CKF_USER_PIN_LOCKED != 0:
		l.tries = 0
	case info.Flags&pkcs11.CKF_USER_PIN_FINAL_TRY != 0:
		l.tries = 1
	case info.Flags&pkcs11.CKF_USER_PIN_COUNT_LOW != 0:
		l.tries = 2
	}
	if n := int(info.MinPinLen); n > minPIN && n <= maxPIN {
		l.min = n
	}
	if n := int(info.MaxPinLen); n >= l.min && n < maxPIN {
		l.max = n
	}
	return l, nil
}

// unlockAndSign asks for the PIN, outside the module's turn since people are slow, and
// signs inside it.
func (k *Key) unlockAndSign(ctx context.Context, mechanism uint, input []byte) ([]byte, error) {
	for attempt := 1; ; attempt++ {
		l, err := ask(ctx, k.card, "reading the PIN state", func(lib library) (lock, error) {
			return readLock(lib, k.card.reader.slot)
		})
		if err != nil {
			return nil, err
		}
		if l.tries == 0 {
			return nil, ErrPINBlocked
		}
		request := PINRequest{
			Purpose: k.purpose, Reader: k.card.reader.Name,
			TriesLeft: l.tries, Retry: attempt > 1, MinLen: l.min, MaxLen: l.max,
		}
		pin, done, err := k.enter(ctx, l.entry, request)
		if err != nil {
			return nil, err
		}
		value, err := ask(ctx, k.card, "signing", func(lib library) ([]byte, error) {
			s := signer{
				lib: lib, slot: k.card.reader.slot, session: k.card.session,
				held: k.held, entry: l.entry, mechanism: mechanism, input: input,
			}
			value, err := s.signWith(pin)
			return value, wrongPIN(lib, k.card.reader.slot, err)
		})
		done()
		var wrong PINError
		if !errors.As(err, &wrong) || attempt == maxAttempts {
			return value, err
		}
	}
}

// enter has the PIN typed, or tells that it is typed elsewhere. done ends that.
func (k *Key) enter(ctx context.Context, e entry, request PINRequest) (pin *secret, done func(), err error) {
	if e == typed {
		typed, err := k.askPIN(ctx, request)
		if err != nil {
			return nil, nil, err
		}
		pin = &secret{bytes: typed}
		return pin, pin.wipe, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	if told, ok := k.pin.(PINElsewhere); ok {
		told.PINElsewhere(ctx, request, map[entry]PINPlace{keypad: Keypad, window: Window}[e])
	}
	return &secret{bytes: []byte{}}, cancel, nil
}

// askPIN asks, and stops asking when the card is pulled out. A PIN that no card would
// take costs no try.
func (k *Key) askPIN(ctx context.Context, request PINRequest) ([]byte, error) {
	if k.pin == nil {
		return nil, fmt.Errorf("the card wants a PIN and nobody can be asked: %w", ErrCancelled)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go k.card.cancelOnRemoval(ctx, cancel)
	pin, err := k.pin.PIN(ctx, request)
	switch {
	case ctx.Err() != nil:
		err = ended(ctx)
	case err == nil && !wellFormed(pin, request):
		err = PINError{Tries: request.TriesLeft}
	}
	if err != nil {
		wipe(pin)
		return nil, err
	}
	return pin, nil
}

func wellFormed(pin []byte, request PINRequest) bool {
	for _, digit := range pin {
		if digit < '0' || digit > '9' {
			return false
		}
	}
	return len(pin) >= request.MinLen && len(pin) <= request.MaxLen
}

func (c *Card) cancelOnRemoval(ctx context.Context, cancel context.CancelCauseFunc) {
	ticker := time.NewTicker(PollInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := c.Present(ctx); errors.Is(err, ErrCardRemoved) {
			cancel(ErrCardRemoved)
			return
		}
	}
}

// login logs in, where the token leaves that to us.
func (s *signer) login(user uint) error {
	if s.entry == window {
		return nil
	}
	err := s.lib.Login(s.session, user, borrow(s.pin))
	if user == pkcs11.CKU_USER && is(err, pkcs11.CKR_USER_ALREADY_LOGGED_IN) {
		// OpenSC remembers the login of a card that left until its slots are polled.
		if _, err := s.lib.GetSlotList(true); err != nil {
			return err
		}
		s.lib.Logout(s.session)
		err = s.lib.Login(s.session, user, borrow(s.pin))
	}
	return err
}

// borrow is the PIN as the string that the binding wants, without a copy that could not
// be wiped. The binding makes one in C memory and frees it unwiped; it is out of our
// reach, and one reason to run modules in a process of their own.
func borrow(pin []byte) string { return unsafe.String(unsafe.SliceData(pin), len(pin)) }

// wrongPIN makes a PINError of the module's word for a wrong PIN. The last wrong one is
// ErrPINBlocked, whichever of its two codes the module gives.
func wrongPIN(lib library, slot uint, err error) error {
	if !is(err, pkcs11.CKR_PIN_INCORRECT) && !is(err, pkcs11.CKR_PIN_INVALID) && !is(err, pkcs11.CKR_PIN_LEN_RANGE) {
		return err
	}
	l, err := readLock(lib, slot)
	if err != nil {
		return err
	}
	if l.tries == 0 {
		return ErrPINBlocked
	}
	return PINError{Tries: l.tries}
}
