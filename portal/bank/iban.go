package bank

import (
	"fmt"
	"log/slog"
	"strings"
)

// MaxTyped is the longest account number ParseIBAN looks at, in bytes: 34 characters
// (ISO 13616-1, 5.3) and as many separators.
const MaxTyped = 80

// Problem says what is wrong with a typed account number; the form has a sentence
// for each.
type Problem string

// The problems, in the order in which ParseIBAN looks for them.
const (
	Missing        Problem = "missing"   // nothing typed
	BadCharacter   Problem = "character" // neither letter nor digit
	NoCountry      Problem = "country"   // does not begin with two letters and two digits
	UnknownCountry Problem = "unknown"   // no IBAN in that country
	TooShort       Problem = "short"
	TooLong        Problem = "long"
	WrongShape     Problem = "shape"  // a letter where that country has digits, or the reverse
	WrongDigits    Problem = "digits" // check digits do not fit: a character is wrong or two are swapped
)

// IBANError tells what is wrong with a typed account number. It never holds the number.
type IBANError struct {
	Problem Problem
	Country string // two letters, once known
	Want    int    // characters that country's numbers have
	Have    int    // characters typed, without separators
}

func (e IBANError) Error() string {
	if e.Want != 0 {
		return fmt.Sprintf("account number of %s: %s (%d of %d characters)", e.Country, e.Problem, e.Have, e.Want)
	}
	return fmt.Sprintf("account number: %s", e.Problem)
}

// ParseIBAN reads an account number as people type it: any case, with spaces, dots,
// dashes or slashes, with or without the word IBAN before it. It checks country,
// length and structure by the IBAN registry, the check digits by ISO/IEC 7064 (mod
// 97-10), and for Belgium also the two check digits inside the number. The error is
// an IBANError.
func ParseIBAN(typed string) (IBAN, error) {
	s, err := clean(typed)
	if err != nil {
		return "", err
	}
	if len(s) < 4 || !isUpper(s[0]) || !isUpper(s[1]) || !isDigit(s[2]) || !isDigit(s[3]) {
		return "", IBANError{Problem: NoCountry, Have: len(s)}
	}
	country := s[:2]
	shape, ok := countries[country]
	if !ok {
		return "", IBANError{Problem: UnknownCountry, Country: country, Have: len(s)}
	}
	e := IBANError{Country: country, Want: shape.length(), Have: len(s)}
	switch {
	case e.Have < e.Want:
		e.Problem = TooShort
	case e.Have > e.Want:
		e.Problem = TooLong
	case !shape.matches(s[4:]):
		e.Problem = WrongShape
	case !checkDigits(s) || country == "BE" && !belgianDigits(s[4:]):
		e.Problem = WrongDigits
	default:
		return IBAN(s), nil
	}
	return "", e
}

// clean drops separators and the word IBAN, and turns letters into capitals.
func clean(typed string) (string, error) {
	if len(typed) > MaxTyped {
		return "", IBANError{Problem: TooLong, Have: len(typed)}
	}
	var b strings.Builder
	for _, r := range typed {
		switch {
		case r >= 'a' && r <= 'z':
			b.WriteRune(r - 'a' + 'A')
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case strings.ContainsRune(" \t.-/:\u00a0\u202f\u2010\u2011\u2012\u2013", r):
		default:
			return "", IBANError{Problem: BadCharacter, Have: b.Len()}
		}
	}
	s := strings.TrimPrefix(b.String(), "IBAN")
	if s == "" {
		return "", IBANError{Problem: Missing}
	}
	return s, nil
}

// checkDigits computes ISO/IEC 7064 mod 97-10 with the first four characters moved
// to the end and letters read as 10 to 35 (ISO 13616-1, annex A). The check digits
// run from 02 to 98; 00, 01 and 99 would give the same remainder as three of them.
func checkDigits(s string) bool {
	if s[2:4] < "02" || s[2:4] > "98" {
		return false
	}
	rest := 0
	for _, c := range []byte(s[4:] + s[:4]) {
		if isDigit(c) {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	return rest == 1
}

// belgianDigits checks the last two digits of a Belgian number: the first ten modulo
// 97, with 97 in place of 0. They were there before the IBAN was.
func belgianDigits(bban string) bool {
	rest := 0
	for _, c := range []byte(bban[:10]) {
		rest = (rest*10 + int(c-'0')) % 97
	}
	if rest == 0 {
		rest = 97
	}
	return bban[10:] == fmt.Sprintf("%02d", rest)
}

// Grouped is the full number in fours, as on a bank card.
func (i IBAN) Grouped() string { return inFours(string(i)) }

// Masked shows the country and the last four characters: "BE•• •••• •••• 7034".
func (i IBAN) Masked() string {
	if len(i) < 8 {
		return ""
	}
	return inFours(string(i[:2]) + strings.Repeat("•", len(i)-6) + string(i[len(i)-4:]))
}

// Last4 is the end of the number, enough to recognise one's own account.
func (i IBAN) Last4() string {
	if len(i) < 4 {
		return ""
	}
	return string(i[len(i)-4:])
}

// Country is the two-letter country code, empty for an empty number.
func (i IBAN) Country() string {
	if len(i) < 2 {
		return ""
	}
	return string(i[:2])
}

// String masks the number, so that no log or error shows it by accident. The full
// number is a conversion to string, or Grouped.
func (i IBAN) String() string { return i.Masked() }

// LogValue masks the number in structured logs.
func (i IBAN) LogValue() slog.Value { return slog.StringValue(i.Masked()) }

func inFours(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n > 0 && n%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
