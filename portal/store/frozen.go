package store

import (
	"encoding/binary"
	"fmt"
	"math"

	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// What is sealed of a request when it is frozen:
//
//	frozen = digest page rect act
//	digest = 32 bytes, SHA-256 of the PDF as drawn
//	page   = 4 bytes, big-endian
//	rect   = 4 times 8 bytes, IEEE 754, big-endian
//	act    = the rest, canonical JSON of package document
//
// The digest is inside: a document drawn from a known form could be guessed from it.
const frozenHead = 32 + 4 + 4*8

func freeze(key memberKey, r requests.Request) ([]byte, error) {
	act, err := document.Marshal(r.Act)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, frozenHead+len(act))
	b = append(b, r.SHA256[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(r.Mark.Page))
	for _, v := range r.Mark.Rect {
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(v))
	}
	return key.seal(sealedFrozen, r.ID, 1, append(b, act...)), nil
}

// thaw fills in what freeze put away.
func thaw(key memberKey, frozen []byte, r *requests.Request) error {
	b, err := key.open(sealedFrozen, r.ID, 1, frozen)
	if err != nil {
		return err
	}
	if len(b) < frozenHead {
		return fmt.Errorf("request %s: %w", r.ID, ErrDamaged)
	}
	copy(r.SHA256[:], b)
	r.Mark.Page = int(binary.BigEndian.Uint32(b[32:]))
	for i := range r.Mark.Rect {
		r.Mark.Rect[i] = math.Float64frombits(binary.BigEndian.Uint64(b[36+8*i:]))
	}
	if r.Act, err = document.Unmarshal(b[frozenHead:]); err != nil {
		return fmt.Errorf("request %s: %w: %w", r.ID, ErrDamaged, err)
	}
	return nil
}
