// Package locale speaks the four languages of the counter: texts from catalogues, and
// dates, times, amounts and sizes as people of that language write them.
//
// The catalogues are embedded JSON files, one per area of the counter, so that two
// areas never touch the same file:
//
//	{"bank.form.title": {"fr": "…", "nl": "…", "de": "…", "en": "…"}}
//
// The first word of a key is the name of its file. A text may hold placeholders in
// braces, filled by [T]; a text that depends on a number has two keys, ending in
// ".one" and ".other", and is asked for by [TN]. A catalogue that does not parse or
// lacks a language stops the program when it starts, never a page.
//
// Texts are typed with plain apostrophes and spaces; apostrophes and the no-break
// spaces of French are set when the catalogues are read (typography.go).
package locale

import "strings"

// Language is one of the languages of the counter, as in the addresses of its pages.
type Language string

// The languages, in the order in which they are offered.
const (
	FR Language = "fr"
	NL Language = "nl"
	DE Language = "de"
	EN Language = "en"
)

// Languages lists all languages in the order in which they are offered. The slice is
// the caller's.
func Languages() []Language { return []Language{FR, NL, DE, EN} }

// count of the languages, and the index of each in a catalogue's entry.
const count = 4

func (l Language) index() int {
	switch l {
	case NL:
		return 1
	case DE:
		return 2
	case EN:
		return 3
	}
	return 0
}

// Name is what the language calls itself.
func (l Language) Name() string { return names[l.index()] }

var names = [count]string{"Français", "Nederlands", "Deutsch", "English"}

// Parse reads the language of an address, two lower-case letters.
func Parse(s string) (Language, bool) {
	switch l := Language(s); l {
	case FR, NL, DE, EN:
		return l, true
	}
	return FR, false
}

// maxAcceptLanguage bounds what is read of an Accept-Language header, in bytes.
const maxAcceptLanguage = 256

// FromAcceptLanguage picks the language a browser likes best (RFC 9110, 12.5.4): the
// one of ours with the highest weight, the first of equals. FR if there is none.
func FromAcceptLanguage(header string) Language {
	if len(header) > maxAcceptLanguage {
		header = header[:maxAcceptLanguage]
	}
	best, bestWeight := FR, 0
	for part := range strings.SplitSeq(header, ",") {
		tag, parameters, _ := strings.Cut(strings.TrimSpace(part), ";")
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		l, ours := Parse(primary)
		if w := weight(parameters); ours && w > bestWeight {
			best, bestWeight = l, w
		}
	}
	return best
}

// weight reads "q=0.8" in thousandths; no parameter means 1, a malformed one 0.
func weight(parameters string) int {
	text, ok := strings.CutPrefix(strings.TrimSpace(parameters), "q=")
	if !ok {
		if parameters == "" {
			return 1000
		}
		return 0
	}
	whole, fraction, _ := strings.Cut(strings.TrimSpace(text), ".")
	if len(fraction) > 3 || whole != "0" && whole != "1" {
		return 0
	}
	w := int(whole[0]-'0') * 1000
	scale := 100
	for _, digit := range []byte(fraction) {
		if digit < '0' || digit > '9' {
			return 0
		}
		w += int(digit-'0') * scale
		scale /= 10
	}
	if w > 1000 {
		return 0
	}
	return w
}

// Text is one text in the four languages, for settings files.
type Text struct {
	FR string `json:"fr"`
	NL string `json:"nl"`
	DE string `json:"de"`
	EN string `json:"en"`
}

// In returns the text in a language.
func (t Text) In(l Language) string {
	return [count]string{t.FR, t.NL, t.DE, t.EN}[l.index()]
}
