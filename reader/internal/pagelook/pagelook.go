// Package pagelook is what the pages of the card program have in common: the PIN page, which
// the module's own process serves, and the native host's page. A person sees both within
// one operation and must not take the one for a forgery of the other.
package pagelook

import (
	_ "embed"
	"html/template"
)

// CSS is the style sheet of every page. It names no other file.
//
//go:embed pagelook.css
var CSS []byte

//go:embed chrome.html
var chrome string

// Words say who shows a page.
type Words struct {
	Product string // what the program is called
	Origin  string // where the page comes from, and who does not see the PIN
}

var words = map[string]Words{
	"fr": {"Lecteur de carte", "Cette page vient du programme pour la carte, sur cet ordinateur. Le site ne voit pas votre code."},
	"nl": {"Kaartlezer", "Deze pagina komt van het kaartprogramma op deze computer. De site ziet uw code niet."},
	"de": {"Lesegerät", "Diese Seite kommt vom Kartenprogramm auf diesem Computer. Die Website sieht Ihre PIN nicht."},
	"en": {"Card reader", "This page comes from the card program on this computer. The site does not see your PIN."},
}

// In returns the words in a language, in French where there is none.
func In(lang string) Words {
	if w, ok := words[lang]; ok {
		return w
	}
	return words["fr"]
}

// Template parses a page that draws "head", "header" and "footer" with what it is given,
// which must have the fields of Words. It panics on a page that does not parse.
func Template(name, page string) *template.Template {
	return template.Must(template.Must(template.New(name).Parse(chrome)).Parse(page))
}
