package signing

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"guichet.example/certs/certstest"
)

// What is put into a hole is read again: a signature that lost its timestamp, one whose
// timestamp or value does not verify, and a file of another structure go no further.
func TestRefilledHole(t *testing.T) {
	w := theWorld(t)
	e := w.extender(t)
	file := w.raised(t, certstest.P256, LevelT)
	of := func() *target {
		found, err := e.target(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	whole := of()
	if err := whole.refilled(file); err != nil || whole.s.token == nil || whole.s != whole.v.subjects[len(whole.v.subjects)-1] {
		t.Fatalf("the same file: %v", err)
	}
	r, signed := whole.s.sig.ByteRange, whole.s.signed
	spoilt := func(part []byte) []byte {
		out := bytes.Clone(file)
		digits := []byte(hex.EncodeToString(part))
		i := bytes.Index(out[r[1]:r[2]], digits)
		if i < 0 {
			t.Fatal("not in the hole")
		}
		last := &out[r[1]+i+len(digits)-1]
		*last = map[bool]byte{true: '1', false: '0'}[*last == '0']
		return out
	}
	token := whole.s.token.Signed().Signer.Value
	for name, other := range map[string][]byte{
		"without the timestamp": w.signed(t, certstest.P256),
		"spoilt timestamp":      spoilt(token),
		"spoilt value":          spoilt(signed.Signer.Value),
		"spoilt attributes":     spoilt(signed.Signer.Attributes[1:]),
		"cut":                   file[:len(file)-1],
		"nothing":               nil,
	} {
		now := of()
		if err := now.refilled(other); !errors.Is(err, ErrUnsuitable) && !errors.Is(err, ErrNotPDF) {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Equal(now.file, file) {
			t.Errorf("%s: the target went on with it", name)
		}
	}
}
