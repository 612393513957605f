package credentials

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A user number is what the mutuality gives to who has no national number. It has
// eleven digits, is printed and typed as a national number is, and cannot be one:
// where that has the month stands 91 to 99, which no month and no BIS number has.
//
//	YY 9M DD-SSS.CC     CC is 97 less the first nine digits modulo 97

// ParseUserNumber reads a user number in the spellings of a national number: its eleven
// digits. ErrHandle.
func ParseUserNumber(typed string) (string, error) {
	digits := strings.Map(func(r rune) rune {
		if r == ' ' || r == '.' || r == '-' || r == '/' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.TrimSpace(typed))
	if len(digits) != 11 || len(typed) > 40 || strings.Trim(digits, "0123456789") != "" || digits[2] != '9' || digits[3] == '0' {
		return "", ErrHandle
	}
	body, err := strconv.Atoi(digits[:9])
	if err != nil || fmt.Sprintf("%02d", 97-body%97) != digits[9:] {
		return "", ErrHandle
	}
	return digits, nil
}

// NewUserNumber draws a user number from rand.
func NewUserNumber(rand io.Reader) (string, error) {
	var b [8]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return "", fmt.Errorf("drawing a user number: %w", err)
	}
	n := func(i, mod int) int { return (int(b[i])<<8 | int(b[i+1])) % mod }
	body := n(0, 100)*10_000_000 + (91+n(2, 9))*100_000 + n(4, 100)*1000 + n(6, 1000)
	return fmt.Sprintf("%09d%02d", body, 97-body%97), nil
}
