package locale

import (
	"strings"
	"unicode"
)

// nbsp is the no-break space.
const nbsp = "\u00a0"

// french puts no-break spaces where French wants a space inside a phrase that must
// not be cut (Lexique des règles typographiques en usage à l'Imprimerie nationale).
var french = strings.NewReplacer(
	" :", nbsp+":", " ;", nbsp+";", " ?", nbsp+"?", " !", nbsp+"!", "« ", "«"+nbsp, " »", nbsp+"»")

// typeset gives a text its apostrophes and no-break spaces.
func typeset(l Language, text string) string {
	if l == FR {
		text = french.Replace(text)
	}
	text = strings.ReplaceAll(text, " EUR", nbsp+"EUR")
	if !strings.Contains(text, "'") {
		return text
	}
	var b strings.Builder
	last := ' '
	for _, r := range text {
		if r == '\'' && unicode.IsLetter(last) {
			r = '’'
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}
