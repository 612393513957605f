package native

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"reflect"
	"strings"
	"testing"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
)

// Every sentence is there in every language, with the places that the others have.
func TestTextsAreComplete(t *testing.T) {
	places := func(s string) (n int) {
		for _, place := range []string{"{site}", "{sentence}", "{name}", "{digest}"} {
			n = n*2 + strings.Count(s, place)
		}
		return n
	}
	want := reflect.ValueOf(english)
	for lang, text := range texts {
		v := reflect.ValueOf(*text)
		for i := range v.NumField() {
			got := v.Field(i).String()
			if got == "" || places(got) != places(want.Field(i).String()) {
				t.Errorf("%s: %s is %q", lang, v.Type().Field(i).Name, got)
			}
		}
		if text.lang != lang {
			t.Errorf("%s calls itself %s", lang, text.lang)
		}
	}
	for _, tt := range [][]string{{"de", "fr"}, {"it", "de"}, {"DE"}, {"", "de"}} {
		if got := textIn(tt...); got != &german {
			t.Errorf("textIn(%q) is %s", tt, got.lang)
		}
	}
	if textIn("it", "es") != &french {
		t.Error("a language that we do not have is not French")
	}
}

// maxDesc is what fits into a line of pinentry's protocol behind SETDESC.
const maxDesc = 1000 - len("SETDESC ")

// Whatever the site and the name on the card, a question fits into pinentry's line; a name
// that wants to look like something else does not.
func TestQuestionsFit(t *testing.T) {
	site := "https://" + strings.Repeat("a", 247)
	evil := &x509.Certificate{Subject: pkix.Name{CommonName: strings.Repeat("%\n\x1b[2J\u202e", 40) + " (Signature)"}}
	escaped := func(s string) int { return len(s) + 2*strings.Count(s, "%") + 2*strings.Count(s, "\n") }
	for lang, text := range texts {
		for _, state := range []api.State{api.NoReader, api.NoCard, api.CardUnknown, api.CardBusy, severalCards, api.WrongPerson, api.NoSignCert, api.CardRemoved} {
			if s := text.waiting(site, state); escaped(s) > maxDesc || strings.HasSuffix(s, "\n") {
				t.Errorf("%s %s: %d bytes, %q", lang, state, escaped(s), s)
			}
		}
		question := text.consent(site, evil)
		if escaped(question) > maxDesc || strings.ContainsAny(question, "\x1b\u202e") || strings.Count(question, "\n") != 3 {
			t.Errorf("%s: %d bytes, %q", lang, escaped(question), question)
		}
		for _, place := range []reader.PINPlace{reader.Keypad, reader.Window} {
			if s := text.before(site, certs.Signature, "0123 4567 89AB CDEF", place); escaped(s) > maxDesc || !strings.Contains(s, "89AB") {
				t.Errorf("%s: %q", lang, s)
			}
		}
		for _, s := range []string{text.blocked, text.wrong, text.noModule, text.unsupported, text.technical} {
			if escaped(text.from(site, s)) > maxDesc {
				t.Errorf("%s: %q", lang, s)
			}
		}
	}
}
