package credentials

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Person is what is on file of a member and what somebody types who says to be her. It
// is known to relatives and employers, and proves nothing: it only starts a letter or a
// link to what is on file.
type Person struct {
	Number     string    `json:"number,omitempty"` // on the member card
	GivenNames string    `json:"given_names,omitempty"`
	Surname    string    `json:"surname,omitempty"` // as typed: surname, or the whole name
	Birth      time.Time `json:"birth,omitzero"`    // date, midnight UTC
	Postcode   string    `json:"postcode,omitempty"`
	Email      string    `json:"email,omitempty"`
}

// String leaves everything out.
func (p Person) String() string { return "person" }

// GoString is String.
func (p Person) GoString() string { return p.String() }

// Is says whether each of what was typed is what is on file, and nothing of it missing
// on file: names whatever their case, accents, blanks and dashes.
func (p Person) Is(typed Person) bool {
	number, err := ParseMemberNumber(p.Number)
	asked, bad := ParseMemberNumber(typed.Number)
	email, noEmail := FoldEmail(p.Email)
	meant, badEmail := FoldEmail(typed.Email)
	return err == nil && bad == nil && number == asked &&
		noEmail == nil && badEmail == nil && email == meant &&
		!p.Birth.IsZero() && p.Birth.Equal(typed.Birth) &&
		p.Postcode != "" && squeeze(p.Postcode) == squeeze(typed.Postcode) &&
		SameName(typed.GivenNames+" "+typed.Surname, p.GivenNames, p.Surname)
}

func squeeze(s string) string { return strings.ToUpper(strings.Join(strings.Fields(s), "")) }

// SameName says whether a name as it was typed is that of a person: her surname, or
// surname and given names (all, or the first) in either order, whatever the case,
// accents, blanks, dashes and apostrophes.
func SameName(typed, given, surname string) bool {
	t, g, s := letters(typed), letters(given), letters(surname)
	if t == "" {
		return false
	}
	first, _, _ := strings.Cut(given, " ")
	f := letters(first)
	return t == s || t == s+g || t == g+s || t == s+f || t == f+s
}

// undone are letters that do not decompose, as people type them.
var undone = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d")

// letters are those of a text alone, in lower case and without accents (NFKD, marks
// dropped).
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, norm.NFKD.String(undone.Replace(strings.ToLower(s))))
}
