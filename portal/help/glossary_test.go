package help

import (
	"slices"
	"strings"
	"testing"

	"guichet.example/portal/areatest"
	"guichet.example/portal/locale"
	"guichet.example/signing/document"
)

// F189, F190: each term is at its anchor, in the order of the language; each guide has its
// steps, and nothing lacks words.
func TestGlossaryAndGuide(t *testing.T) {
	for _, l := range locale.Languages() {
		d := areatest.New(t, &Help{Mutuality: document.Mutuality{Name: "Mutualité des Tilleuls"}})
		d.Lang = l
		p := d.Get(glossaryPath)
		for _, term := range terms {
			if got := p.All("#" + term + " dt"); len(got) != 1 {
				t.Errorf("%s: %d entries of %s", l, len(got), term)
			}
		}
		for _, p := range []*areatest.Page{p, d.Get(guidePath), d.Get("help")} {
			if text := p.Text("main"); strings.Contains(text, "glossary.") || strings.Contains(text, "guide.") || strings.Contains(text, "places.") {
				t.Errorf("%s lacks words: %q", l, text)
			}
		}
		if got := len(d.Get(guidePath).All("ol li")); got != 17 {
			t.Errorf("%s: %d steps", l, got)
		}
		for _, path := range []string{glossaryPath, guidePath, "help/branches", "help/doctors"} {
			if !slices.Contains(d.Get("help").Links("main"), "/"+string(l)+"/"+path) {
				t.Errorf("%s: the help does not lead to %s", l, path)
			}
		}
	}
}
