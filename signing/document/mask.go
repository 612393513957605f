package document

import (
	"strings"
	"unicode"
)

// MaskNumbers writes x for the digits of every national number in a text, however it is
// spelt: eleven digits of any script that follow one another but for spaces, dots, dashes
// and slashes, and whose date and check digits hold, also within a longer row of digits. It
// is for texts that a stranger's file or certificate brought along.
func MaskNumbers(s string) string {
	var runes []rune
	var at []int // where the digits of the present row stand
	var row []byte
	masked := false
	end := func() {
		for i := 0; i+11 <= len(row); i++ {
			if isNationalNumber(row[i : i+11]) {
				for _, k := range at[i : i+11] {
					runes[k] = 'x'
				}
				masked = true
			}
		}
		at, row = at[:0], row[:0]
	}
	for _, r := range s {
		runes = append(runes, r)
		digit, ok := digitOf(r)
		switch {
		case ok:
			at, row = append(at, len(runes)-1), append(row, digit)
		case unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune("./_", r):
		default:
			end()
		}
	}
	if end(); !masked {
		return s
	}
	return string(runes)
}

// Affiliation is a membership number as it may stand in a document: some mutualities use
// the national number, and then there is none.
func Affiliation(number string) string {
	if holdsNationalNumber(number) {
		return ""
	}
	return number
}

// digitOf is the value of a decimal digit of any script: scripts have theirs in a row, from
// zero on.
func digitOf(r rune) (byte, bool) {
	if r < 0x80 {
		return byte(r - '0'), r >= '0' && r <= '9'
	}
	if !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	for _, block := range unicode.Nd.R16 {
		if rune(block.Lo) <= r && r <= rune(block.Hi) {
			return byte((r - rune(block.Lo)) % 10), true
		}
	}
	for _, block := range unicode.Nd.R32 {
		if rune(block.Lo) <= r && r <= rune(block.Hi) {
			return byte((r - rune(block.Lo)) % 10), true
		}
	}
	return 0, false
}
