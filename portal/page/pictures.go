package page

import (
	"strconv"

	"github.com/a-h/templ"
)

// pictures use the icons' line, thicker. They stand on a shelf that crops them below:
// of a card panel, or of the arched window of a door. Class p is filled with paper,
// class b is drawn in the colour of edges.
var pictures = map[Picture]templ.Component{
	// A card in its reader.
	"card": picture(120, 118, `<path class="p" d="M17 84V10a7 7 0 0 1 7-7h72a7 7 0 0 1 7 7v74"/>`+
		`<circle cx="39" cy="22" r="7.5"/><path d="M66 17h24M66 29h16"/><rect x="29" y="43" width="25" height="21" rx="5"/>`+
		`<path d="M41.5 43v21M29 53.5h25"/><path class="p" d="M3 120V83h114v37"/><path d="M24 100h52"/><circle class="f" cx="97" cy="100" r="3.5"/>`),
	// A card that is to go (back) into its reader.
	"insert": picture(180, 130, `<g transform="rotate(-8 94 40)"><rect class="p" x="43" y="8" width="102" height="64" rx="7"/>`+
		`<rect x="54" y="35" width="22" height="19" rx="4"/><path d="M65 35v19M54 44.5h22M92 29h40M92 41h26"/></g>`+
		`<path d="M94 78v13M87 85l7 7 7-7"/><path class="p" d="M18 132v-29a5 5 0 0 1 5-5h134a5 5 0 0 1 5 5v29"/><path d="M53 112h74"/>`),
	// Another program's window, in front of this one.
	"windows": picture(260, 120, `<path class="p b" d="M3 122V9a5 5 0 0 1 5-5h172a5 5 0 0 1 5 5v113"/><path class="b" d="M3 23h182M18 42h70M18 56h50M18 70h62"/>`+
		`<path class="p" d="M88 122V35a5 5 0 0 1 5-5h159a5 5 0 0 1 5 5v87"/><path d="M88 51h169M104 41h48M246 41v.01"/>`+
		`<rect x="106" y="70" width="134" height="32" rx="6"/><path class="f" d="M124 86v.01M140 86v.01"/><path d="M156 78v17"/>`),
	// The keys of a reader.
	"keypad": picture(130, 124, `<path class="p" d="M8 126V12a8 8 0 0 1 8-8h98a8 8 0 0 1 8 8v114"/><rect x="24" y="18" width="82" height="26" rx="5"/>`+
		`<path class="f" d="M40 31v.01M54 31v.01"/><path d="M32 62h12M59 62h12M86 62h12M32 84h12M59 84h12M86 84h12M32 106h12M59 106h12M86 106h12"/>`),
	// A telephone with a shield.
	"phone": picture(70, 128, `<path class="p" d="M5 130V15A11 11 0 0 1 16 4h38a11 11 0 0 1 11 11v115"/><path d="M28 15h14"/>`+
		`<path d="m35 41 20 7v15c0 12-8 20-20 26-12-6-20-14-20-26V48z"/><path d="m26 64 7 7 12-13"/>`),
	// Two fields to type in.
	"fields": picture(124, 108, `<rect class="p" x="3" y="4" width="118" height="40" rx="7"/><path d="M17 24h11M36 24h11M55 24h11M76 13v21"/>`+
		`<rect class="p" x="3" y="58" width="118" height="40" rx="7"/><path class="f" d="M21 78v.01M39 78v.01M57 78v.01M75 78v.01"/>`),
}

// Draw is the picture as a component; an unknown name draws nothing.
func (p Picture) Draw() templ.Component {
	if drawn, ok := pictures[p]; ok {
		return drawn
	}
	return nothing
}

func picture(width, height int, shapes string) templ.Component {
	w, h := strconv.Itoa(width), strconv.Itoa(height)
	return markup(`<svg class="picture" viewBox="0 0 ` + w + ` ` + h + `" width="` + w + `" height="` + h +
		`" fill="none" stroke="currentColor" stroke-width="4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">` +
		shapes + `</svg>`)
}
