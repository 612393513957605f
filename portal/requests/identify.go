package requests

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"
)

// readable is Crockford's alphabet: no I, L, O, U, so that a reference can be read
// aloud and the id of a preparation cannot spell a word.
const readable = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

var base32Readable = base32.NewEncoding(strings.ToLower(readable)).WithPadding(base32.NoPadding)

// newPreparationID makes 128 random bits.
func newPreparationID(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("making a preparation id: %w", err)
	}
	return base32Readable.EncodeToString(b[:]), nil
}

// newReference makes the number people use: GC, the year, a letter, three letters and
// digits, three digits. 700 million a year; the store refuses one that is taken. Without the
// letter one of some 16,000 would read as a national number, which no document may hold.
func newReference(now time.Time, random io.Reader) (string, error) {
	var b [8]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("making a reference: %w", err)
	}
	n := binary.BigEndian.Uint64(b[:])
	digits, n := n%1000, n/1000
	letters := readable[10:]
	word := [4]byte{letters[n%uint64(len(letters))]}
	n /= uint64(len(letters))
	for i := range word[1:] {
		word[i+1], n = readable[n%32], n/32
	}
	return fmt.Sprintf("GC-%04d-%s-%03d", now.Year(), word[:], digits), nil
}
