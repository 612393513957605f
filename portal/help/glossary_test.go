package help

import (
	"slices"
	"strings"
	"testing"

	"guichet.example/portal/areatest"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// Each term is at its anchor, in the order of the language; each guide has its
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
		guide := d.Get(guidePath)
		legend := len(guide.All("ol.of-zones li"))
		if got := len(guide.All("ol li")) - legend; got != 17 {
			t.Errorf("%s: %d steps", l, got)
		}
		zones := 0
		for _, tour := range tours {
			zones += len(drawings[tour.name].zones)
			if len(drawings[tour.name].zones) < 3 {
				t.Errorf("the page of %s has no numbered zones", tour.name)
			}
		}
		if pictures := guide.All("svg.zones"); len(pictures) != len(tours) || legend != zones || len(guide.All("svg.zones circle")) != zones {
			t.Errorf("%s: %d pictures, %d entries of legends, want %d and %d", l, len(pictures), legend, len(tours), zones)
		}
		for _, path := range []string{glossaryPath, guidePath, "help/branches", "help/doctors"} {
			if !slices.Contains(d.Get("help").Links("main"), "/"+string(l)+"/"+path) {
				t.Errorf("%s: the help does not lead to %s", l, path)
			}
		}
	}
}

// A zone lies in the page, none covers another, and its number is beside it.
func TestZonesLieApart(t *testing.T) {
	for name, d := range drawings {
		for i, z := range d.zones {
			if z.x < frameLeft || z.x+z.w > frameLeft+frameWidth || z.y < contentTop || z.y+z.h > d.height-8 {
				t.Errorf("%s: zone %d leaves the page", name, i+1)
			}
			for j, o := range d.zones[:i] {
				if z.x < o.x+o.w && o.x < z.x+z.w && z.y < o.y+o.h && o.y < z.y+z.h {
					t.Errorf("%s: zones %d and %d overlap", name, i+1, j+1)
				}
				zx, zy := z.number()
				if ox, oy := o.number(); zx == ox && max(zy, oy)-min(zy, oy) < 30 {
					t.Errorf("%s: numbers %d and %d touch", name, i+1, j+1)
				}
			}
		}
	}
}

// The foot of a page of each area leads to what explains it.
func TestPagesLeadToTheirGuide(t *testing.T) {
	d := areatest.New(t, &Help{Mutuality: document.Mutuality{Name: "Mutualité des Tilleuls"}})
	guide := d.Get(guidePath)
	for path, section := range map[string]string{"sign-in": "sign-in", "sign-in/card": "sign-in", "refunds": "refunds", "documents/x": "documents",
		"orders/ehic/check": "order", "requests": "message", "home": "", "refundsx": ""} {
		got := page.View{Lang: locale.FR, Path: path}.Guide()
		_, anchor, _ := strings.Cut(got, "#")
		if anchor != section || section != "" && (got != "/fr/"+guidePath+"#"+section || len(guide.All("#"+section+" svg.zones")) != 1) {
			t.Errorf("%s leads to %q", path, got)
		}
	}
}

// The help says how to save and print a PDF, and what opens one.
func TestHelpOfPrinting(t *testing.T) {
	for _, l := range locale.Languages() {
		d := areatest.New(t, &Help{Mutuality: document.Mutuality{Name: "Mutualité des Tilleuls"}})
		d.Lang = l
		plain := func(s string) string { return strings.Join(strings.Fields(s), " ") }
		text := plain(d.Get("help").Text("main"))
		for _, key := range []string{"help.print.title", "help.print.save.q", "help.print.save.a", "help.print.reader.q", "help.print.reader.a"} {
			if !locale.Has(key) || !strings.Contains(text, plain(locale.T(l, key))) {
				t.Errorf("%s: the help does not say %s", l, key)
			}
		}
	}
}
