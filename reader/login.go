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

// unlockAndSign asks for the PIN, outside the module's turn since people are slow, and
// signs inside it.
func (k *Key) unlockAndSign(ctx context.Context, mechanism uint, input []byte) ([]byte, error) {
	for attempt := 1; ; attempt++ {
		t, err := k.card.tokenState(ctx)
		if err != nil {
			return nil, err
		}
		if t.Tries == 0 {
			return nil, ErrPINBlocked
		}
		request := PINRequest{
			Purpose: k.purpose, Reader: k.card.reader.Name,
			TriesLeft: t.Tries, Retry: attempt > 1, MinLen: t.Min, MaxLen: t.Max,
		}
		pin, done, err := k.enter(ctx, t.Place, request)
		if err != nil {
			return nil, err
		}
		value, err := ask(ctx, k.card, "signing", func(lib library) ([]byte, error) {
			s := signer{
				lib: lib, card: k.card,
				held: k.held, state: t, mechanism: mechanism, input: input,
			}
			value, err := s.signWith(pin)
			return value, wrongPIN(lib, k.card.reader.slot, err)
		})
		done()
		var wrong PINError
		if !errors.As(err, &wrong) || attempt == maxAttempts || !t.login {
			return value, err
		}
	}
}

// enter has the PIN typed, or tells that it is typed elsewhere. done ends that.
func (k *Key) enter(ctx context.Context, where PINPlace, request PINRequest) (pin *secret, done func(), err error) {
	if where == Typed {
		typed, err := k.askPIN(ctx, request)
		if err != nil {
			return nil, nil, err
		}
		pin = &secret{bytes: typed}
		return pin, pin.wipe, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	if told, ok := k.pin.(PINElsewhere); ok {
		told.PINElsewhere(ctx, request, where)
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
	case err == nil && !request.Fits(pin):
		err = PINError{Tries: request.TriesLeft}
	}
	if err != nil {
		wipe(pin)
		return nil, err
	}
	return pin, nil
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
	token, err := lib.GetTokenInfo(slot)
	if err != nil {
		return err
	}
	tries := stateOf(token).Tries
	if tries == 0 {
		return ErrPINBlocked
	}
	return PINError{Tries: tries}
}
