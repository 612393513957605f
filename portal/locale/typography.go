package locale

import (
	"strings"
	"unicode"
	"unicode/utf8"
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
	for i, r := range text {
		if r == '\'' {
			r = quote(last, text[i+1:])
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// quote is what a plain one stands for between a letter and the rest of the text: an opening
// one stands before a word, but for the short words of Dutch that have lost their beginning.
func quote(last rune, rest string) rune {
	next, _ := utf8.DecodeRuneInString(rest)
	if unicode.IsLetter(last) || !unicode.IsLetter(next) && next != '{' || strings.HasPrefix(rest, "s ") || strings.HasPrefix(rest, "t ") {
		return '’'
	}
	return '‘'
}
