package office

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// SameName says whether a name as an officer heard and typed it is that of a person:
// her surname, or surname and given names in either order, whatever the case, accents,
// blanks, dashes and apostrophes.
func SameName(typed, given, surname string) bool {
	t, g, s := letters(typed), letters(given), letters(surname)
	if t == "" {
		return false
	}
	first, _, _ := strings.Cut(given, " ")
	f := letters(first)
	return t == s || t == s+g || t == g+s || t == s+f || t == f+s
}

// letters are those of a text alone, in lower case and without accents (NFKD, marks
// dropped; a few letters that do not decompose are written as people type them).
func letters(s string) string {
	s = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d").Replace(strings.ToLower(s))
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, norm.NFKD.String(s))
}
