package page

import "strings"

// guides are the sections of the guide by the beginning of the addresses that they explain,
// and the page without which the section is not there.
var guides = []struct{ path, section, of string }{
	{"sign-in", "sign-in", "sign-in"}, {"refunds", "refunds", "refunds"}, {"documents", "documents", "documents"},
	{"orders", "order", "orders"}, {"requests", "message", "requests/contact"},
}

// Guide is the address of what explains this page step by step; empty if nothing does.
func (v View) Guide() string {
	if !v.Leads(v.Path) {
		return ""
	}
	for _, g := range guides {
		if rest, ok := strings.CutPrefix(v.Path, g.path); ok && (rest == "" || rest[0] == '/') && v.Officer == nil && v.Kiosk == nil && v.Leads(g.of) {
			return v.URL("help/guide#" + g.section)
		}
	}
	return ""
}
