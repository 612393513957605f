package core

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"guichet.example/auth/nrn"
)

// What is wrong with one text; "" if nothing.

func only(s, allowed string) bool { return strings.Trim(s, allowed) == "" }

const (
	decimals = "0123456789"
	capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	smalls   = "abcdefghijklmnopqrstuvwxyz"
)

func reference(s string) string {
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return "capitals, digits and dashes"
		}
	}
	return ""
}

func word(s string) string {
	if !only(s, smalls+decimals+"-") {
		return "a word of small letters, digits and dashes"
	}
	return ""
}

func nomenclature(s string) string {
	if len(s) != 6 || !only(s, decimals) {
		return "6 digits"
	}
	return ""
}

// providerPrimes are what the first six digits of a professional's number are divided by:
// the check digits are that less the rest. 97 is the old one; 89 came with circular
// I 2012/26 of the RIZIV-INAMI, when numbers ran out, and 83 and 79 are the primes below,
// let through so that a number of the next series is not taken for a wrong one.
var providerPrimes = []int{97, 89, 83, 79}

// provider checks the number of a health professional: six digits, two check digits, three
// of her qualification.
func provider(s string) string {
	if len(s) != 11 || !only(s, decimals) {
		return "11 digits"
	}
	n, _ := strconv.Atoi(s[:6])
	check, _ := strconv.Atoi(s[6:8])
	for _, prime := range providerPrimes {
		if check == prime-n%prime {
			return ""
		}
	}
	return "wrong check digits"
}

func last4(s string) string {
	if len(s) != 4 || !only(s, capitals+decimals) {
		return "four capitals or digits"
	}
	return ""
}

func allDigits(s string) string {
	if !only(s, decimals) {
		return "digits"
	}
	return ""
}

// institution checks the identification number of a health institution, as on a European card.
func institution(s string) string {
	if len(s) < 4 || !only(s, decimals) {
		return "4 to 10 digits"
	}
	return ""
}

func country(s string) string {
	if len(s) != 2 || !only(s, capitals) {
		return "two capitals, ISO 3166-1 alpha-2"
	}
	return ""
}

func accessCode(s string) string {
	n := 0
	for _, r := range strings.ToLower(s) {
		switch {
		case r == ' ', r == '-', r == '\u00a0':
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			n++
		default:
			n = 99
		}
	}
	if n < 4 || n > 20 {
		return "letters and digits, 4 to 20, as they are printed"
	}
	return ""
}

func digest(s string) string {
	if len(s) != 64 || !only(s, "abcdef"+decimals) {
		return "64 digits of hex, in small letters"
	}
	return ""
}

// fileName refuses what leads out of the folder.
func fileName(s string) string {
	if strings.ContainsAny(s, `/\:`) || strings.HasPrefix(s, ".") {
		return "a name in the folder of this file, without folders"
	}
	return ""
}

func listOf(allowed ...string) func(string) string {
	return func(s string) string {
		for _, one := range strings.Split(s, ",") {
			if !slices.Contains(allowed, strings.TrimSpace(one)) {
				return "of " + strings.Join(allowed, ", ")
			}
		}
		return ""
	}
}

// ibanWrong checks length and check digits of an account number (ISO 13616, ISO/IEC 7064
// mod 97-10). That the country has such numbers is checked where it is stored.
func ibanWrong(s string) string {
	rest, moved := 0, strings.ToUpper(strings.NewReplacer(" ", "", ".", "", "-", "").Replace(s))
	if len(moved) < 15 || len(moved) > 34 || !only(moved, capitals+decimals) {
		return "not an account number (IBAN)"
	}
	for _, c := range []byte(moved[4:] + moved[:4]) {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	if rest != 1 {
		return "wrong check digits"
	}
	return ""
}

// words are the choices of a field that has a type of its own.
func words[S ~string](list ...S) option {
	choices := make([]string, len(list))
	for i, s := range list {
		choices[i] = string(s)
	}
	return oneOf(choices...)
}

func nationalNumber(m *Member) *nrn.Number { return &m.NationalNumber }

// What is wrong with a record whose fields are right one by one: the field, and why.

func until(since, until time.Time) (string, string) {
	if !until.IsZero() && !since.IsZero() && until.Before(since) {
		return "until", "is before its beginning"
	}
	return "", ""
}

func memberWrong(m *Member) (string, string) {
	switch {
	case m.IBAN != "" && m.AccountHolder == "":
		return "account.holder", ReasonMissing
	case m.IBAN == "" && (m.AccountHolder != "" || !m.AccountSince.IsZero()):
		return "account.iban", ReasonMissing
	}
	return "", ""
}

func paymentWrong(p *Payment) (string, string) {
	switch {
	case !p.Received.IsZero() && p.Received.After(p.Treated):
		return "treated", "is before the day it was received"
	case !p.Paid.IsZero() && p.Paid.Before(p.Treated):
		return "paid", "is before the day it was treated"
	case (p.Kind == Contribution || p.Kind == Recovery) == (p.Cents > 0) && p.Cents != 0:
		return "cents", "negative from the member, positive to the payee"
	}
	return "", ""
}

func lineWrong(l *Line) (string, string) {
	supplement := int64(0)
	if l.Supplement != nil {
		supplement = *l.Supplement
	}
	switch {
	case !l.To.IsZero() && l.To.Before(l.From):
		return "to", "is before its beginning"
	case l.Fee+supplement-l.Refund != l.Own:
		return "own", "is not fee and supplement less refund"
	}
	return "", ""
}

func indemnityWrong(i *Indemnity) (string, string) {
	switch {
	case i.To.Before(i.From):
		return "to", "is before its beginning"
	case i.Gross-i.Tax != i.Net:
		return "net", "is not gross less tax"
	}
	return "", ""
}

func europeanCardWrong(e *EuropeanCard) (string, string) {
	if e.Certificate.After(e.Until) {
		return "certificate", "is after the last day of the card"
	}
	return "", ""
}
