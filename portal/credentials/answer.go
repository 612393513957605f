package credentials

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// FoldAnswer is the spelling of an answer to a secret question under which it is hashed
// and compared: letters and digits alone, in lower case, without accents.
func FoldAnswer(typed string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, norm.NFKD.String(undone.Replace(strings.ToLower(typed))))
}
