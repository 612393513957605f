package cms

import (
	"bytes"
	"crypto"
	"testing"

	"golang.org/x/crypto/cryptobyte"
)

// Parameters that are accepted name one hash for message and mask, that of the message,
// and a salt that is neither absent nor endless; written anew with that salt they read so.
func FuzzPSS(f *testing.F) {
	for _, h := range knownHashes {
		var b cryptobyte.Builder
		addPSS(&b, h)
		f.Add(b.BytesOrPanic(), uint8(h))
	}
	f.Add([]byte{0x30, 0}, uint8(crypto.SHA256))
	f.Fuzz(func(t *testing.T, der []byte, hash uint8) {
		in := cryptobyte.String(der)
		a, ok := readAlgorithm(&in)
		if !ok {
			return
		}
		h := knownHashes[int(hash)%len(knownHashes)]
		salt, err := a.salt(h)
		if err != nil {
			if salt != 0 {
				t.Fatalf("error %v with a salt of %d", err, salt)
			}
			return
		}
		name, err := oidBytes(h)
		if err != nil || salt < 1 || salt > maxSalt || bytes.Count(a.raw, name) < 2 {
			t.Fatalf("%x: salt %d, hash %v", der, salt, h)
		}
		for _, other := range knownHashes {
			if _, err := a.salt(other); other != h && err == nil {
				t.Fatalf("%x is good for %v and %v", der, h, other)
			}
		}
	})
}

func oidBytes(h crypto.Hash) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1ObjectIdentifier(oidHashes[h])
	return b.Bytes()
}
