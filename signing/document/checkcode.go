package document

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// CheckCode is what one types to check a document on paper: 55 random bits, written as
// eleven characters of Crockford's base 32 and a twelfth that tells a mistyped code
// from a wrong one. The zero value is no code: [NewCheckCode] never returns it.
//
// It is printed on the document, so it proves no more than that one has read the
// paper; but it is drawn at random, so that a reference alone tells a stranger nothing.
type CheckCode uint64

// ErrCheckCode is returned for what is not a check code: another length, a character
// that is not in the alphabet, a check character that does not fit.
var ErrCheckCode = errors.New("not a check code")

const (
	crockford     = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // no I, L, O, U
	codeSymbols   = 12                                 // with the check character
	codeBits      = 5 * (codeSymbols - 1)
	maxCodeTyped  = 64 // bytes
	codeSeparator = "-"
)

// NewCheckCode draws a code from random, which is crypto/rand.Reader but in tests.
func NewCheckCode(random io.Reader) (CheckCode, error) {
	var b [8]byte
	for {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return 0, fmt.Errorf("drawing a check code: %w", err)
		}
		var v uint64
		for _, x := range b {
			v = v<<8 | uint64(x)
		}
		if c := CheckCode(v & (1<<codeBits - 1)); c != 0 {
			return c, nil
		}
	}
}

// String writes the code as it is printed: "7K3M-9QTZ-B4XW".
func (c CheckCode) String() string {
	var symbols [codeSymbols]byte
	sum := byte(0)
	for i := range codeSymbols - 1 {
		v := byte(c>>(codeBits-5*(i+1))) & 31
		symbols[i] = crockford[v]
		sum = times2(sum) ^ v
	}
	symbols[codeSymbols-1] = crockford[times2(sum)]
	return string(symbols[:4]) + codeSeparator + string(symbols[4:8]) + codeSeparator + string(symbols[8:])
}

// ParseCheckCode reads what a person typed: case, blanks and dashes do not matter, O
// reads as 0, I and L as 1. At most 64 bytes. The check character catches every single
// wrong character and every two that changed places; errors are [ErrCheckCode].
func ParseCheckCode(s string) (CheckCode, error) {
	if len(s) > maxCodeTyped {
		return 0, ErrCheckCode
	}
	var code uint64
	sum, n := byte(0), 0
	for _, r := range s {
		if strings.ContainsRune(" \t\u00a0\u202f-\u2010\u2011\u2012\u2013\u2014\u2212", r) {
			continue
		}
		v, ok := symbol(r)
		if !ok || n == codeSymbols {
			return 0, ErrCheckCode
		}
		if n++; n < codeSymbols {
			code = code<<5 | uint64(v)
		}
		sum = times2(sum) ^ v
	}
	if n != codeSymbols || sum != 0 || code == 0 {
		return 0, ErrCheckCode
	}
	return CheckCode(code), nil
}

// symbol is the value of a character in Crockford's alphabet, as people type it.
func symbol(r rune) (byte, bool) {
	switch {
	case r >= 'a' && r <= 'z':
		r -= 'a' - 'A'
	case r >= 0x80:
		return 0, false
	}
	switch r {
	case 'O':
		return 0, true
	case 'I', 'L':
		return 1, true
	}
	v := strings.IndexByte(crockford, byte(r))
	return byte(v), v >= 0
}

// times2 multiplies by x in the field of 32 elements, x^5+x^2+1: the check character
// makes the code, read as a polynomial, zero at x. As x has order 31, one wrong
// character or two swapped ones never leave it zero.
func times2(v byte) byte {
	if v <<= 1; v > 31 {
		v ^= 0b100101
	}
	return v
}
