package page

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/a-h/templ"

	"guichet.example/portal/locale"
)

// Brand is how a mutuality looks and how it is reached: part of its settings file.
// What is empty is as shipped.
type Brand struct {
	Name  [2]string   `json:"name"`  // shown as one; the second part bold: "Mutualité", "des Tilleuls"
	Logo  string      `json:"logo"`  // path data of an SVG path in a box of 40 by 48, one colour, even-odd
	Phone string      `json:"phone"` // as people dial it: "0800 00 142"
	Email string      `json:"email"` // empty: not shown
	Hours locale.Text `json:"hours"` // "Appel gratuit, du lundi au vendredi de 8 h 30 à 17 h"

	Light  Colours `json:"light"`
	Dark   Colours `json:"dark"`
	Radius *int    `json:"radius"` // px, 0 to 18; nil: 10

	ready *ready // made by Prepare
}

// Colours of a brand, each "#rrggbb"; empty is as shipped. Ink, verdicts and focus are
// the same for all.
type Colours struct {
	Accent       string `json:"accent"`
	AccentStrong string `json:"accent_strong"`
	Tint         string `json:"tint"`
	OnAccent     string `json:"on_accent"`
	Ground       string `json:"ground"`
	Sunk         string `json:"sunk"`
	Hair         string `json:"hair"`
	Edge         string `json:"edge"`
}

// ready is what Prepare works out once.
type ready struct {
	css                         []byte // of /brand.css
	url                         string // of /brand.css with its hash
	integrity                   string
	links, cardLinks, testLinks templ.Component // in the head
}

// FullName is the name in one line.
func (b Brand) FullName() string { return strings.TrimSpace(b.Name[0] + " " + b.Name[1]) }

// as shipped, for what a brand leaves empty.
var (
	light = Colours{Accent: "#6a2a5c", AccentStrong: "#4b1a41", Tint: "#f5e9f1", OnAccent: "#ffffff",
		Ground: "#f7f4f4", Sunk: "#ece6e8", Hair: "#ddd4d8", Edge: "#83747c"}
	dark = Colours{Accent: "#e8b4da", AccentStrong: "#f5d3ec", Tint: "#3a2534", OnAccent: "#2b1024",
		Ground: "#1a1519", Sunk: "#120e11", Hair: "#433841", Edge: "#9b8c97"}
)

// tilleuls is the linden leaf in its arched window: the default logo.
const tilleuls = "M0 48V20a20 20 0 0 1 40 0v28z" + // the window
	"M20 7c-7 5-10.5 10.5-10.5 16.5 0 6 3.5 10 8.9 10.9V41h3.2v-6.6c5.4-.9 8.9-4.9 8.9-10.9C30.5 17.5 27 12 20 7z" + // the leaf
	"M19 13v5.5l-3.6-3-1.2 1.5 4.8 4v4.5l-4.6-3.8-1.2 1.5 5.8 4.8V36h2v-8l5.8-4.8-1.2-1.5-4.6 3.8V21l4.8-4-1.2-1.5-3.6 3V13z" // its veins

var defaultBrand = mustPrepare(Brand{
	Name: [2]string{"Mutualité", "des Tilleuls"}, Logo: tilleuls, Phone: "0800 00 142",
	Hours: locale.Text{
		FR: "Appel gratuit, du lundi au vendredi de 8 h 30 à 17 h",
		NL: "Gratis nummer, van maandag tot vrijdag van 8.30 tot 17 uur",
		DE: "Kostenlos, montags bis freitags von 8.30 bis 17 Uhr",
		EN: "Free call, Monday to Friday from 8:30 to 17:00",
	},
})

// DefaultBrand is the made-up mutuality of the demo, prepared.
func DefaultBrand() Brand { return defaultBrand }

func mustPrepare(b Brand) Brand {
	prepared, err := b.Prepare()
	if err != nil {
		panic(err)
	}
	return prepared
}

var (
	errNoName = errors.New("brand has no name")
	errRadius = errors.New("brand radius is not between 0 and 18")
	errLogo   = errors.New("brand logo is not SVG path data of at most 4000 characters")
	pathData  = regexp.MustCompile(`^[MmZzLlHhVvCcSsQqTtAa0-9eE.,+\- ]*$`)
	colour    = regexp.MustCompile(`^#[0-9a-f]{6}$`)
)

// Prepare checks a brand and works out its stylesheet; to be called once, when the
// settings are read. It refuses colours that cannot be read on each other (look of the
// counter: 4.5 to 1, WCAG 2.2, 1.4.3).
func (b Brand) Prepare() (Brand, error) {
	if strings.TrimSpace(b.FullName()) == "" {
		return Brand{}, errNoName
	}
	if b.Radius != nil && (*b.Radius < 0 || *b.Radius > 18) {
		return Brand{}, errRadius
	}
	if !pathData.MatchString(b.Logo) || len(b.Logo) > 4000 {
		return Brand{}, errLogo
	}
	if b.Logo == "" {
		b.Logo = tilleuls
	}
	for _, scheme := range []struct {
		name           string
		given, shipped Colours
		paper          string
	}{{"light", b.Light, light, "#ffffff"}, {"dark", b.night(), dark, "#251e24"}} {
		if err := scheme.given.or(scheme.shipped).check(scheme.paper); err != nil {
			return Brand{}, fmt.Errorf("brand, %s: %w", scheme.name, err)
		}
	}
	b.ready = b.stylesheet()
	b.ready.writeLinks()
	return b, nil
}
