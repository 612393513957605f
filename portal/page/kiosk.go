package page

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"guichet.example/portal/web"
)

// Kiosk is the machine of a contact point at which a page is shown: another layout,
// larger, without what does not belong on a machine of many.
type Kiosk struct {
	ID      string        // empty: not known to be one yet
	Name    string        // "Borne 1"
	Branch  string        // where it stands
	Alive   bool          // its agent was heard of
	Trouble string        // what it told of itself: "no_paper", "card_stuck"; empty: nothing
	Idle    time.Duration // without a touch until the warning
	Warning time.Duration // from the warning to the end
	Silence time.Duration // without a sign of life of its agent, sessions end
	Binding string        // mark of the browser, for the agent; only on the screen between people
	Screen  string        // which screen between people it is; empty: another page
	Shown   bool          // who is signed in asked to see amounts and numbers
	private bool          // the page has some: set while it is made
}

// kioskLinks are what the head of a page at a kiosk has besides.
var kioskLinks = func() templ.Component {
	var b strings.Builder
	tag(&b, `<link rel="stylesheet" href="`, web.Asset("kiosk.css"), web.Integrity("kiosk.css"))
	script(&b, "js/kiosk.js")
	return markup(b.String())
}()

// seconds is a span in whole seconds, for the script.
func seconds(d time.Duration) int { return int(d / time.Second) }

// someone says that the page at the kiosk is somebody's: she is signed in, or about to.
func (v View) someone() bool { return v.Login != nil || v.CardPage }
