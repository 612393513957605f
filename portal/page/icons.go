package page

import "github.com/a-h/templ"

// icons are drawn on a grid of 24 with a line of 2, round ends, in the colour of the
// text beside them.
var icons = map[Icon]templ.Component{
	"again":        icon(`<path d="M19.6 8.5A8.2 8.2 0 1 0 20.2 13M20 3.5v5.3h-5.3"/>`),
	"arrow-right":  icon(`<path d="M4 12h16M13.5 5.5 20 12l-6.5 6.5"/>`),
	"bars":         icon(`<path d="M3 6h18M3 12h18M3 18h18"/>`),
	"card":         icon(`<rect x="2" y="5" width="20" height="14" rx="2.5"/><rect x="5.5" y="8.5" width="5" height="4.2" rx="1"/><path d="M14 9h4.5M14 12.5h4.5M5.5 16h13"/>`),
	"check":        icon(`<path d="m5 13 4.5 4.5L19 7"/>`),
	"chevron-down": icon(`<path d="m5 8.5 7 7 7-7"/>`),
	"chevron-left": icon(`<path d="m15.5 5-7 7 7 7"/>`),
	"clock":        icon(`<circle cx="12" cy="12" r="9"/><path d="M12 7v5.3l3.3 2"/>`),
	"dash":         icon(`<path d="M6.5 12h11"/>`),
	"dot":          icon(`<circle cx="12" cy="12" r="9"/><circle cx="12" cy="12" r="3.5" fill="currentColor"/>`),
	"download":     icon(`<path d="M12 3v11.5M7.5 10l4.5 4.5 4.5-4.5M4 20.5h16"/>`),
	"envelope":     icon(`<rect x="2.5" y="5" width="19" height="14" rx="2"/><path d="m3 7 9 6.5L21 7"/>`),
	"eye":          icon(`<path d="M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12z"/><circle cx="12" cy="12" r="2.8"/>`),
	"key":          icon(`<circle cx="7.5" cy="16.5" r="4.3"/><path d="M10.7 13.3 20 4M16.5 7.5l3 3"/>`),
	"octagon":      icon(`<path d="M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3zM12 7.5v5.2M12 16.3v.01"/>`),
	"pen":          icon(`<path d="m4 20 1-4.7L16.3 4 20 7.7 8.7 19zM13.8 6.5l3.7 3.7"/>`),
	"person":       icon(`<circle cx="12" cy="8" r="4.5"/><path d="M4 21c0-4.5 3.5-7 8-7s8 2.5 8 7"/>`),
	"printer":      icon(`<path d="M7 8.5V3h10v5.5M7 17H3.5V8.5h17V17H17"/><path d="M7 13.5h10V21H7z"/>`),
	"question":     icon(`<circle cx="12" cy="12" r="9"/><path d="M9.3 9.5a2.7 2.7 0 1 1 4.1 2.3c-1 .6-1.4 1.1-1.4 2.1M12 16.8v.01"/>`),
	"ring":         icon(`<circle cx="12" cy="12" r="9"/>`),
	"rosette":      icon(`<circle cx="12" cy="8.8" r="5.8"/><path d="M8.3 13.5 7 21.5l5-2.6 5 2.6-1.3-8"/>`),
	"sheet":        icon(`<path d="M5.5 2.5h9L18.5 6.5v15h-13zM14 3v4h4M9 12h6M9 16h6"/>`),
	"tick":         icon(`<circle cx="12" cy="12" r="9"/><path d="m7.8 12.3 3 3 5.4-5.8"/>`),
	"triangle":     icon(`<path d="M12 3.5 2.3 20.5h19.4zM12 10v4.5M12 17.3v.01"/>`),
	"window":       icon(`<rect x="3" y="4" width="18" height="16" rx="2"/><path d="M3 9h18M7 6.5v.01"/>`),
}

func icon(shapes string) templ.Component {
	return markup(`<svg class="icon" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2"` +
		` stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">` + shapes + `</svg>`)
}
