package password

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// Policy is what a mutuality asks of a new password. The zero value asks for what NIST
// SP 800-63B-4, 3.1.1.2 does: 15 characters, no classes.
type Policy struct {
	MinLength int  `json:"min_length,omitempty"` // code points; 0: 15
	Lower     bool `json:"lower,omitempty"`      // a lower-case letter
	Upper     bool `json:"upper,omitempty"`      // an upper-case letter
	Digit     bool `json:"digit,omitempty"`      // a digit
	Special   bool `json:"special,omitempty"`    // neither letter, digit nor space
}

// minAlone is the least length of a password that is the only factor.
const minAlone = 15

// Floor and Ceiling of MinLength in a settings file: below eight no blocklist helps,
// above 64 a password manager may not follow.
const (
	Floor   = 8
	Ceiling = 64
)

// Min is the least length, in code points.
func (p Policy) Min() int {
	if p.MinLength == 0 {
		return minAlone
	}
	return p.MinLength
}

// Validate refuses lengths outside Floor and Ceiling.
func (p Policy) Validate() error {
	if p.Min() < Floor || p.Min() > Ceiling {
		return fmt.Errorf("password length %d is not between %d and %d", p.Min(), Floor, Ceiling)
	}
	return nil
}

// Reason is what is wrong with a password: the last part of a catalogue key.
type Reason string

// The reasons, in the order they are told.
const (
	TooShort  Reason = "too-short"
	TooLong   Reason = "too-long"
	NotText   Reason = "not-text"
	NoLower   Reason = "no-lower"
	NoUpper   Reason = "no-upper"
	NoDigit   Reason = "no-digit"
	NoSpecial Reason = "no-special"
	Common    Reason = "common"  // on the list of common and leaked ones, or a play on one
	Pattern   Reason = "pattern" // a walk over the keyboard, one character repeated, a sequence, a date
	Personal  Reason = "personal"
)

// RefusedError is a password that the policy refuses, with all that is wrong with it.
type RefusedError struct{ Reasons []Reason }

func (e *RefusedError) Error() string {
	words := make([]string, len(e.Reasons))
	for i, r := range e.Reasons {
		words[i] = string(r)
	}
	return "password refused: " + strings.Join(words, ", ")
}

// Rules are the parts of the policy as reasons, to be listed before one types.
func (p Policy) Rules() []Reason {
	rules := []Reason{TooShort}
	for _, class := range p.classes() {
		if class.asked {
			rules = append(rules, class.reason)
		}
	}
	return rules
}

type class struct {
	asked  bool
	reason Reason
	is     func(rune) bool
}

func (p Policy) classes() [4]class {
	return [4]class{
		{p.Lower, NoLower, unicode.IsLower}, {p.Upper, NoUpper, unicode.IsUpper},
		{p.Digit, NoDigit, unicode.IsDigit},
		{p.Special, NoSpecial, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsSpace(r) }},
	}
}

// Check judges a password as it was typed. context are words anybody may know of the
// member: names, numbers, the name of the mutuality. It returns the prepared password,
// or a *RefusedError with every reason.
func (p Policy) Check(typed string, context []string) (string, error) {
	text, err := Prepare(typed)
	switch {
	case errors.Is(err, ErrTooLong):
		return "", &RefusedError{[]Reason{TooLong}}
	case err != nil:
		return "", &RefusedError{[]Reason{NotText}}
	}
	var reasons []Reason
	if Length(text) < p.Min() {
		reasons = append(reasons, TooShort)
	}
	for _, class := range p.classes() {
		if class.asked && strings.IndexFunc(text, class.is) < 0 {
			reasons = append(reasons, class.reason)
		}
	}
	if weak := weakness(text, context); weak != "" {
		reasons = append(reasons, weak)
	}
	if reasons != nil {
		return "", &RefusedError{reasons}
	}
	return text, nil
}

// Fold is a text without accents and case, so that "Été" is the word "ete".
func Fold(s string) string {
	t := transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), cases.Fold(), norm.NFC)
	folded, _, err := transform.String(t, s)
	if err != nil {
		return strings.ToLower(s)
	}
	return folded
}
