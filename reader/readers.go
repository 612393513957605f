package reader

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/pkcs11"
)

// Readers lists the readers, with or without card. Errors: ErrNoReader.
func (m *Module) Readers(ctx context.Context) ([]Reader, error) {
	list, err := call(ctx, m, listReaders, nil)
	if err != nil {
		return nil, explain("listing readers", err)
	}
	if len(list) == 0 {
		return nil, ErrNoReader
	}
	return list, nil
}

// listReaders turns slots into readers. OpenSC shows four slots for each reader, of
// which a Belgian card uses one: slots of one name are one reader, and the slot with a
// card counts.
func listReaders(lib library) ([]Reader, error) {
	slots, err := slotList(lib)
	if err != nil {
		return nil, err
	}
	var list []Reader
	at := map[string]int{}
	for _, slot := range slots {
		r, ok, failed := readerAt(lib, slot)
		if failed != nil && !is(failed, pkcs11.CKR_SLOT_ID_INVALID) { // not just unplugged
			err = failed
		}
		if !ok {
			continue
		}
		i, known := at[r.Name]
		switch {
		case !known:
			at[r.Name] = len(list)
			list = append(list, r)
		case r.Present && !list[i].Present:
			list[i] = r
		}
	}
	if slices.ContainsFunc(list, func(r Reader) bool { return r.Present }) {
		return list, nil // one that fails does not hide the card in another
	}
	return list, err
}

// Bounds on slots: the Belgian middleware shows at most ten, OpenSC four for each of
// sixteen readers.
const (
	maxSlots    = 64
	slotRetries = 3
)

var errTooManySlots = fmt.Errorf("%w: it shows too many slots", ErrModuleFailed)

// slotList asks again when a reader was plugged in between the two calls that a list
// takes (PKCS#11 v2.40, 5.2): the place made for it by the first is then too small.
func slotList(lib library) (slots []uint, err error) {
	for range slotRetries {
		if slots, err = lib.GetSlotList(false); !is(err, pkcs11.CKR_BUFFER_TOO_SMALL) {
			break
		}
	}
	if err == nil && len(slots) > maxSlots {
		return nil, errTooManySlots
	}
	return slots, err
}

// readerAt describes a slot; false when it is gone, or a place for tokens not made yet.
func readerAt(lib library, slot uint) (Reader, bool, error) {
	info, err := lib.GetSlotInfo(slot)
	if err != nil {
		return Reader{}, false, err
	}
	r := Reader{Name: trim(info.SlotDescription), slot: slot}
	if info.Flags&pkcs11.CKF_TOKEN_PRESENT == 0 {
		return r, true, nil
	}
	token, err := lib.GetTokenInfo(slot)
	if is(err, pkcs11.CKR_TOKEN_NOT_PRESENT) || is(err, pkcs11.CKR_DEVICE_REMOVED) {
		return r, true, nil
	}
	r.Present = true
	if err != nil { // a card of another kind, or badly inserted
		return r, true, nil
	}
	if token.Flags&pkcs11.CKF_TOKEN_INITIALIZED == 0 {
		return r, false, nil
	}
	r.Label, r.Serial = trim(token.Label), trim(token.SerialNumber)
	return r, true, nil
}

// trim takes off the padding of PKCS#11 texts, which some modules make of zeros.
func trim(s string) string { return strings.TrimRight(s, " \x00") }
