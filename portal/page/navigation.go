package page

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"guichet.example/portal/locale"
)

// entry is a link of the chrome: the name by which a page says that it is current,
// its address and the key of its words.
type entry struct{ nav, path, key string }

// navigationEntries are the entries of the menu, in their fixed order.
var navigationEntries = []entry{
	{"home", "home", "page.nav.home"},
	{"cover", "cover", "page.nav.cover"},
	{"refunds", "refunds", "page.nav.refunds"},
	{"documents", "documents", "page.nav.documents"},
	{"requests", "requests", "page.nav.requests"},
}

// footerColumns are the links at the foot of every page, help first.
var footerColumns = [][]entry{
	{{path: "help", key: "page.foot.help"}, {path: "help/card", key: "page.foot.card"}},
	{{path: "check", key: "page.foot.check"}, {path: "help/accessibility", key: "page.foot.accessibility"}, {path: "help/privacy", key: "page.foot.privacy"}},
}

var allLanguages = locale.Languages()

// home is where the logo leads.
func (v View) home() string {
	if v.Login == nil && v.Officer == nil {
		return v.URL(v.Door())
	}
	return v.URL(v.Start())
}

// idleSeconds is how long the session lasts, for the script that warns before.
func (v View) idleSeconds() string {
	return strconv.Itoa(int(v.IdleEnds.Sub(v.Now) / time.Second))
}

// ended is the door, which says that the session ended and leads back here.
func (v View) ended() string {
	return v.URL(v.Door()) + "?ended=1&next=" + url.QueryEscape(v.Path)
}

// Telephone is the number of the help line, never broken over two lines.
func (b Brand) Telephone() string { return strings.ReplaceAll(b.Phone, " ", "\u00a0") }

// dial is the tel: address of the help line.
func (b Brand) dial() string {
	return "tel:" + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, b.Phone)
}
