package reader

import (
	"context"
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
	slots, err := lib.GetSlotList(false)
	if err != nil {
		return nil, err
	}
	var list []Reader
	at := map[string]int{}
	for _, slot := range slots {
		r, ok := readerAt(lib, slot)
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
	return list, nil
}

// readerAt describes a slot; false when it is gone, or a place for tokens not made yet.
func readerAt(lib library, slot uint) (Reader, bool) {
	info, err := lib.GetSlotInfo(slot)
	if err != nil {
		return Reader{}, false
	}
	r := Reader{Name: trim(info.SlotDescription), slot: slot}
	if info.Flags&pkcs11.CKF_TOKEN_PRESENT == 0 {
		return r, true
	}
	token, err := lib.GetTokenInfo(slot)
	if is(err, pkcs11.CKR_TOKEN_NOT_PRESENT) || is(err, pkcs11.CKR_DEVICE_REMOVED) {
		return r, true
	}
	r.Present = true
	if err != nil { // a card of another kind, or badly inserted
		return r, true
	}
	if token.Flags&pkcs11.CKF_TOKEN_INITIALIZED == 0 {
		return r, false
	}
	r.Label, r.Serial = trim(token.Label), trim(token.SerialNumber)
	return r, true
}

// trim takes off the padding of PKCS#11 texts, which some modules make of zeros.
func trim(s string) string { return strings.TrimRight(s, " \x00") }
