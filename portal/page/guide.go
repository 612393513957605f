package page

import "strings"

// guides are the sections of the guide by the beginning of the addresses that they explain
// (F190).
var guides = []struct{ path, section string }{
	{"sign-in", "sign-in"}, {"refunds", "refunds"}, {"documents", "documents"}, {"orders", "order"}, {"requests", "message"},
}

// Guide is the address of what explains this page step by step; empty if nothing does.
func (v View) Guide() string {
	for _, g := range guides {
		if rest, ok := strings.CutPrefix(v.Path, g.path); ok && (rest == "" || rest[0] == '/') && v.Officer == nil && v.Kiosk == nil {
			return v.URL("help/guide#" + g.section)
		}
	}
	return ""
}
