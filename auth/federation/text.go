package federation

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"guichet.example/auth/nrn"
)

// Text returns a name as a provider told it, or "" if it is no text to show: longer
// than MaxText bytes, not UTF-8, or with a control character, a line end or a mark
// that turns the direction of writing. Markup is left as it is, for pages escape it.
func Text(told string) string {
	told = strings.TrimSpace(told)
	if len(told) > MaxText || !utf8.ValidString(told) {
		return ""
	}
	for _, r := range told {
		if !unicode.IsGraphic(r) {
			return ""
		}
	}
	return told
}

// Language returns "fr", "nl", "de" or "en" for a language as a provider told it
// ("nl", "nl_BE", "NL-be"), and "" for any other.
func Language(told string) string {
	if len(told) > 16 {
		return ""
	}
	tag, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(told), "_", "-"), "-")
	switch tag {
	case "fr", "nl", "de", "en":
		return tag
	}
	return ""
}

// Number reads a national number as a provider tells it: eleven ASCII digits with
// right check digits, without punctuation. ErrNoNumber for anything else; the error
// never repeats it.
func Number(told string) (nrn.Number, error) {
	if len(told) != 11 || strings.Trim(told, "0123456789") != "" {
		return nrn.Number{}, ErrNoNumber
	}
	n, err := nrn.Parse(told)
	if err != nil {
		return nrn.Number{}, ErrNoNumber
	}
	return n, nil
}
