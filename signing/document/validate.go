package document

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"guichet.example/signing/document/internal/font"
)

// Reasons for which a field of an act is refused. They come wrapped in a [FieldError].
var (
	ErrMissing        = errors.New("is missing")
	ErrTooLong        = errors.New("is too long")
	ErrTooMany        = errors.New("has too many or too few entries")
	ErrCharacter      = errors.New("contains a character that cannot stand in a document")
	ErrGlyph          = errors.New("contains a letter that our fonts cannot show")
	ErrFormat         = errors.New("is not well formed")
	ErrNationalNumber = errors.New("contains a national number")
)

// FieldError says which field of an act does not hold and why. It never carries the
// value: documents are not logged.
type FieldError struct {
	Field  string // as in the JSON, dotted: "member.name", "alsoFor"
	Reason error  // one of the Err variables of this package
}

func (e *FieldError) Error() string { return fmt.Sprintf("%s %v", e.Field, e.Reason) }

// Unwrap returns the reason.
func (e *FieldError) Unwrap() error { return e.Reason }

// Bounds of an act's fields, in characters unless said otherwise.
const (
	maxName      = 120 // of a person, a mutuality, a bank
	maxLine      = 100 // of an address
	maxReference = 40
	maxShort     = 40 // phone, affiliation, country
	maxPersons   = 20 // entries
	maxVersion   = 1 << 31
)

// checker collects the first failure, so that a Validate reads as a list of rules.
type checker struct{ err error }

func (c *checker) fail(field string, reason error) {
	if c.err == nil {
		c.err = &FieldError{Field: field, Reason: reason}
	}
}

// text accepts one line that can be drawn: at most limit characters, in fonts we
// have, without control, format or bidirectional characters, without a national number.
func (c *checker) text(field, s string, limit int) {
	switch {
	case s == "":
		c.fail(field, ErrMissing)
	case len(s) > limit*utf8.UTFMax || utf8.RuneCountInString(s) > limit:
		c.fail(field, ErrTooLong)
	case !utf8.ValidString(s) || strings.TrimSpace(s) != s || hides(s):
		c.fail(field, ErrCharacter)
	case !shown(s):
		c.fail(field, ErrGlyph)
	case holdsNationalNumber(s):
		c.fail(field, ErrNationalNumber)
	}
}

func (c *checker) optional(field, s string, limit int) {
	if s != "" {
		c.text(field, s, limit)
	}
}

func (c *checker) list(field string, list []string, least, most, limit int) {
	if len(list) < least || len(list) > most {
		c.fail(field, ErrTooMany)
		return
	}
	for _, s := range list {
		c.text(field, s, limit)
	}
}

// date accepts the years in which a letter makes sense.
func (c *checker) date(field string, t time.Time) {
	switch {
	case t.IsZero():
		c.fail(field, ErrMissing)
	case t.Year() < 1850 || t.Year() > 2200:
		c.fail(field, ErrFormat)
	}
}

func (c *checker) that(field string, ok bool) {
	if !ok {
		c.fail(field, ErrFormat)
	}
}

func (c *checker) head(reference string, l Language, m Mutuality, p Person, date time.Time) {
	c.that("language", l == FR || l == NL || l == DE || l == EN)
	c.text("reference", reference, maxReference)
	c.that("reference", isReference(reference))
	c.text("mutuality.name", m.Name, maxName)
	c.text("mutuality.street", m.Street, maxLine)
	c.text("mutuality.postcode", m.Postcode, maxShort)
	c.text("mutuality.city", m.City, maxLine)
	c.optional("mutuality.phone", m.Phone, maxShort)
	_, ok := parseColour(m.Accent)
	c.that("mutuality.accent", ok)
	c.text("member.name", p.Name, maxName)
	c.date("member.birth", p.Birth)
	c.optional("member.affiliation", p.Affiliation, maxShort)
	c.date("date", date)
}

// hides reports whether s holds what one cannot see: controls, zero-width and
// bidirectional characters, line separators, odd spaces. They would let the sheet read
// otherwise than its data.
func hides(s string) bool {
	for _, r := range s {
		if !unicode.IsGraphic(r) || unicode.Is(unicode.Zs, r) && r != ' ' && r != '\u00a0' {
			return true
		}
	}
	return false
}

// shown reports whether both faces can show every character. Scripts that run from
// right to left are not among them, nor marks that do not join with their letter.
func shown(s string) bool {
	regular, bold := font.Regular(), font.Bold()
	for _, r := range norm.NFC.String(s) {
		if !regular.Shows(r) || !bold.Shows(r) {
			return false
		}
	}
	return true
}

// holdsNationalNumber looks for eleven digits, however separated by spaces, dots and
// dashes, whose check digits and date hold as a Belgian national number's.
func holdsNationalNumber(s string) bool {
	var run []byte
	for i := 0; i <= len(s); i++ {
		switch {
		case i < len(s) && s[i] >= '0' && s[i] <= '9':
			run = append(run, s[i]-'0')
		case i < len(s) && strings.IndexByte(" .-/", s[i]) >= 0:
		default:
			if isNationalNumber(run) {
				return true
			}
			run = run[:0]
		}
	}
	return false
}

// isNationalNumber tests YYMMDD SSS CC: the first nine digits, with a 2 before them
// for births from 2000 on, leave 97-CC modulo 97. BIS numbers add 20 or 40 to the month.
func isNationalNumber(d []byte) bool {
	if len(d) != 11 {
		return false
	}
	var n int
	for _, x := range d[:9] {
		n = n*10 + int(x)
	}
	month, day, check := int(d[2]*10+d[3]), int(d[4]*10+d[5]), int(d[9]*10+d[10])
	if month%20 > 12 || month > 52 || day > 31 {
		return false
	}
	return check == 97-n%97 || check == 97-(2_000_000_000+n)%97
}

// isIBAN tests shape and check digits (ISO 13616, modulo 97); s is compact.
func isIBAN(s string) bool {
	if len(s) < 15 || len(s) > 34 {
		return false
	}
	rest := 0
	for i := range s {
		switch c := s[(i+4)%len(s)]; {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	letters := func(c byte) bool { return c >= 'A' && c <= 'Z' }
	digits := func(c byte) bool { return c >= '0' && c <= '9' }
	return rest == 1 && letters(s[0]) && letters(s[1]) && digits(s[2]) && digits(s[3])
}

// isReference reports whether s can be the reference of a request.
func isReference(s string) bool {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-./"
	return s != "" && len(s) <= maxReference && strings.Trim(s, allowed) == ""
}

// isUpperAlphanumeric reports whether s is A-Z and 0-9 only.
func isUpperAlphanumeric(s string) bool {
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// parseColour reads "#rrggbb"; empty means the default accent.
func parseColour(s string) (rgb, bool) {
	if s == "" {
		s = defaultAccent
	}
	digits, hash := strings.CutPrefix(s, "#")
	b, err := hex.DecodeString(digits)
	if !hash || err != nil || len(b) != 3 {
		return rgb{}, false
	}
	return rgb(b), true
}

const defaultAccent = "#6a2a5c"
