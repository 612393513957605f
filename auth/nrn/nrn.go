// Package nrn reads and prints the Belgian national register number and the BIS
// number of people who are not in the register.
//
// Eleven digits, YYMMDD SSS CC, printed YY.MM.DD-SSS.CC. SSS is odd for men and even
// for women. CC is 97 less the first nine digits modulo 97; for people born in 2000
// or later a 2 is put before the nine, so the check digits tell the century. In a
// BIS number the month is raised by 40, or by 20 where the sex was not known. Month
// or day 00 means that the date of birth is not known.
//
// Use of the number is restricted by the Act of 8 August 1983: it is logged masked,
// and an error never repeats it.
package nrn

import (
	"errors"
	"log/slog"
	"strings"
	"time"
)

// ErrInvalid is returned for text that is not a number with right check digits. It
// never contains the text.
var ErrInvalid = errors.New("not a national register number")

// Number is a checked national register or BIS number, as its eleven ASCII digits.
// Two are equal if they are ==. The zero value is no number.
type Number [11]byte

// maxText is the longest spelling accepted, in bytes: eleven digits and a separator
// of at most three bytes at each of four places.
const maxText = 11 + 4*3

// Parse reads any of the three spellings people use, 85.07.30-033.28, 850730-033-28
// (or with spaces) and 85073003328: digits, with at most one dot, hyphen, slash or
// space after the 2nd, 4th, 6th and 9th. ErrInvalid for everything else, wrong check
// digits and impossible dates included.
func Parse(s string) (Number, error) {
	s = strings.TrimSpace(s)
	if len(s) > maxText {
		return Number{}, ErrInvalid
	}
	var n Number
	count, separated := 0, true // no separator before the first digit
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9' && count < len(n):
			n[count], separated = byte(r), false
			count++
		case isSeparator(r) && !separated && (count == 2 || count == 4 || count == 6 || count == 9):
			separated = true
		default:
			return Number{}, ErrInvalid
		}
	}
	if count != len(n) || !n.valid() {
		return Number{}, ErrInvalid
	}
	return n, nil
}

func isSeparator(r rune) bool {
	switch r {
	case '.', '-', '/', ' ', '\u00a0', '\u202f', '\u2011', '\u2013':
		return true
	}
	return false
}

func (n Number) valid() bool {
	century, ok := n.century()
	if !ok {
		return false
	}
	if serial := n.value(6, 9); serial < 1 || serial > 998 {
		return false
	}
	month, day := n.month(), n.value(4, 6)
	if month < 0 {
		return false
	}
	if month == 0 || day == 0 { // not known; some registers count on in the day
		return true
	}
	date := time.Date(century+n.value(0, 2), time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return date.Day() == day
}

// century returns 1900 or 2000, whichever the check digits confirm. Both cannot:
// 2 000 000 000 is not a multiple of 97.
func (n Number) century() (int, bool) {
	nine, check := n.value(0, 9), n.value(9, 11)
	switch check {
	case 97 - nine%97:
		return 1900, true
	case 97 - (2_000_000_000+nine)%97:
		return 2000, true
	}
	return 0, false
}

// month returns 1 to 12, 0 for not known, -1 for none of these.
func (n Number) month() int {
	switch m := n.value(2, 4); {
	case m <= 12:
		return m
	case m >= 20 && m <= 32:
		return m - 20
	case m >= 40 && m <= 52:
		return m - 40
	}
	return -1
}

func (n Number) value(from, to int) int {
	v := 0
	for _, digit := range n[from:to] {
		v = v*10 + int(digit-'0')
	}
	return v
}

// IsZero reports whether n is the zero value, which is no number.
func (n Number) IsZero() bool { return n == Number{} }

// BIS reports whether n is a BIS number: its holder is not in the national register.
func (n Number) BIS() bool { return !n.IsZero() && n.value(2, 4) >= 20 }

// Birth returns the date of birth at midnight UTC. false if the number does not tell
// it: month or day 00, or the zero value.
func (n Number) Birth() (time.Time, bool) {
	if n.IsZero() {
		return time.Time{}, false
	}
	century, _ := n.century()
	month, day := n.month(), n.value(4, 6)
	if month < 1 || day == 0 {
		return time.Time{}, false
	}
	return time.Date(century+n.value(0, 2), time.Month(month), day, 0, 0, 0, 0, time.UTC), true
}

// Digits returns the eleven digits, as in a card's certificate; "" for the zero value.
func (n Number) Digits() string {
	if n.IsZero() {
		return ""
	}
	return string(n[:])
}

// String returns the official spelling, 85.07.30-033.28; "" for the zero value. It is
// for pages that may show the whole number: logs get LogValue, other pages Masked.
func (n Number) String() string {
	if n.IsZero() {
		return ""
	}
	return string(n[0:2]) + "." + string(n[2:4]) + "." + string(n[4:6]) + "-" + string(n[6:9]) + "." + string(n[9:11])
}

// Masked returns the official spelling with all but the last two digits dotted out.
func (n Number) Masked() string {
	if n.IsZero() {
		return ""
	}
	return "••.••.••-•••." + string(n[9:11])
}

// LogValue is Masked: the whole number never reaches a log through slog.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.Masked()) }
