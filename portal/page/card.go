package page

import (
	"html"
	"regexp"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"guichet.example/portal/locale"
)

// CardStep is one use of the card: to sign in, or to sign a document.
type CardStep struct {
	Sign bool // false: sign in

	// Addresses of the JSON endpoints. Sign-in: Challenge and Token. Sign: Prepare and
	// Complete.
	Challenge, Token  string
	Prepare, Complete string

	Retry string // this page again; empty: the page's own address
	Other Link   // another way to sign in or to sign; empty: the door, or the help for the card
	Help  string // help page, gets ?code= behind it; empty: help/card
	Kept  string // "Your answers are kept until 20 December"; shown with failures; may be empty
}

// A cardState is one face of the card panel. Which words, colours, picture and exits
// belong to it is written into the page; panel.js only shows it.
type cardState struct {
	name    string
	kind    string  // ready, wait (for the member), work, fail, done
	part    int     // of the rail, 1 to 4; 0: where it was
	picture Picture //
	shows   string  // extras, see card.templ
	aloud   bool    // announced at once, though not a failure
	reload  bool    // trying again means loading the page again
}

// Extras of the states in which a PIN is awaited, and of failures.
const (
	atPIN   = "limit second digest unseen"
	atFault = "retry kept"
)

// cardStates are all states of ux-conventions' table, and those of our own pages
// around them: before the start, and what the portal itself answers.
var cardStates = []cardState{
	{name: "ready-signin", kind: "ready", picture: "insert", shows: "start"},
	{name: "ready-sign", kind: "ready", picture: "card", shows: "start second"},
	{name: "starting", kind: "work", part: 1, picture: "card"},
	{name: "card_ready", kind: "work", part: 1, picture: "card"},
	{name: "cert_window", kind: "wait", part: 1, picture: "windows", shows: "limit unseen"},
	{name: "pin_page", kind: "wait", part: 2, picture: "windows", shows: "limit second digest"},
	{name: "pin_window", kind: "wait", part: 2, picture: "windows", shows: atPIN},
	{name: "pin_keypad", kind: "wait", part: 2, picture: "keypad", shows: "limit second"},
	{name: "checking", kind: "work", picture: "card"},
	{name: "signing", kind: "work", part: 3, picture: "card"},
	{name: "finishing", kind: "work", part: 4, picture: "card"},
	{name: "welcome", kind: "done", part: 4, picture: "card"},
	{name: "signed", kind: "done", part: 4, picture: "card"},

	{name: "no_reader", kind: "wait", part: 1, picture: "insert", shows: "again"},
	{name: "no_card", kind: "wait", part: 1, picture: "insert", shows: "again"},
	{name: "card_unknown", kind: "wait", part: 1, picture: "insert", shows: "again"},
	{name: "several_cards", kind: "wait", part: 1, picture: "insert", shows: "again"},
	{name: "card_busy", kind: "wait", part: 1, picture: "windows", shows: "again"},
	{name: "pin_wrong", kind: "wait", part: 2, picture: "windows", shows: atPIN, aloud: true},
	{name: "pin_wrong_unknown", kind: "wait", part: 2, picture: "windows", shows: atPIN, aloud: true},
	{name: "pin_wrong_last", kind: "wait", part: 2, picture: "windows", shows: atPIN, aloud: true},

	{name: "reader_unsupported", kind: "fail", part: 1, picture: "insert", shows: atFault},
	{name: "card_removed", kind: "fail", picture: "insert", shows: atFault},
	{name: "pin_blocked", kind: "fail", part: 2, picture: "card", shows: "kept"},
	{name: "cert_expired", kind: "fail", picture: "card", shows: atFault},
	{name: "cert_suspended", kind: "fail", picture: "card", shows: atFault},
	{name: "cert_revoked", kind: "fail", picture: "card", shows: atFault},
	{name: "status_unknown", kind: "fail", picture: "card", shows: atFault},
	{name: "no_sign_cert", kind: "fail", part: 1, picture: "card", shows: "kept"},
	{name: "wrong_person", kind: "fail", picture: "insert", shows: atFault},
	{name: "extension_missing", kind: "fail", part: 1, picture: "windows", shows: "retry install kept", reload: true},
	{name: "agent_missing", kind: "fail", part: 1, picture: "windows", shows: "retry install kept", reload: true},
	{name: "agent_blocked", kind: "fail", part: 1, picture: "windows", shows: atFault, reload: true},
	{name: "agent_ask", kind: "wait", part: 1, picture: "windows", shows: "again"},
	{name: "agent_old", kind: "fail", part: 1, picture: "windows", shows: "retry install kept", reload: true},
	{name: "timeout", kind: "fail", picture: "card", shows: atFault},
	{name: "cancelled", kind: "fail", picture: "card", shows: atFault},
	{name: "other_tab", kind: "fail", part: 1, picture: "windows", shows: atFault},
	{name: "technical", kind: "fail", picture: "card", shows: atFault},

	{name: "refused", kind: "fail", picture: "card", shows: atFault},
	{name: "unknown_member", kind: "fail", picture: "card"},
	{name: "unknown_staff", kind: "fail", picture: "card"},
	{name: "unknown_person", kind: "fail", picture: "card", shows: atFault},
	{name: "own_card", kind: "fail", picture: "insert", shows: atFault},
	{name: "reason_over", kind: "fail", picture: "card"},
	{name: "account_disabled", kind: "fail", picture: "card"},
	{name: "changed", kind: "fail", picture: "card", shows: atFault},
	{name: "no_access", kind: "fail", picture: "card"},
	{name: "not_open", kind: "fail", picture: "card"},
	{name: "session_over", kind: "fail", picture: "card", shows: atFault},
	{name: "offline", kind: "fail", picture: "windows", shows: atFault},
	{name: "insecure", kind: "fail", part: 1, picture: "windows"},
}

// CardText is the sentence of a state with its arguments: the "text" of a problem.
// Arguments are {date}, {name}, {code}, {v} and {w}, as the state's text has them.
func CardText(l locale.Language, state string, args ...locale.Arg) string {
	return locale.T(l, textKey(state), args...)
}

func titleKey(state string) string {
	if strings.HasPrefix(state, "pin_wrong") {
		state = "pin_wrong"
	}
	return "card." + state + ".title"
}

func textKey(state string) string {
	switch state {
	case "pin_wrong":
		return "card.pin_wrong.text.other"
	case "pin_wrong_last":
		return "card.pin_wrong.text.one"
	}
	return "card." + state + ".text"
}

// place is where a card page is shown.
type place struct {
	lang  locale.Language
	kiosk bool
}

func (v View) place() place { return place{v.Lang, v.Kiosk != nil} }

// drawnStates are the states in each language, drawn once: they are the same on every
// card page at home, and on every one at a kiosk.
var drawnStates = func() map[place]templ.Component {
	drawn := map[place]templ.Component{}
	for _, l := range locale.Languages() {
		for _, kiosk := range []bool{false, true} {
			at := place{l, kiosk}
			var b strings.Builder
			for _, s := range cardStates {
				s.draw(&b, at)
			}
			drawn[at] = markup(b.String())
		}
	}
	return drawn
}()

// words are the key of a text, and at a kiosk the one that it has for there: nobody looks
// for another window, or calls, at a machine with a counter beside it.
func (p place) words(key string) (at string, own bool) {
	if there := "kiosk." + key; p.kiosk && locale.Has(there) {
		return there, true
	}
	return key, false
}

// draw writes the block of a state: a heading that is the instruction, and the text.
func (s cardState) draw(b *strings.Builder, at place) {
	title, _ := at.words(titleKey(s.name))
	text, own := at.words(textKey(s.name))
	b.WriteString(`<div data-state="` + s.name + `" data-kind="` + s.kind + `" data-picture="` + string(s.picture) + `" data-shows="` + s.shows + `"`)
	if s.part > 0 {
		b.WriteString(` data-part="` + strconv.Itoa(s.part) + `"`)
	}
	if s.aloud {
		b.WriteString(` data-aloud="1"`)
	}
	if s.reload {
		b.WriteString(` data-reload`)
	}
	if own {
		b.WriteString(` data-own`)
	}
	b.WriteString(`><h2 tabindex="-1">` + html.EscapeString(locale.T(at.lang, title)) + `</h2><p>` +
		slotted(locale.T(at.lang, text), locale.T(at.lang, "card.nothing-sent")) + `</p></div>`)
}

// clitic is a French word with another one hanging on it, which no line end may part:
// celle-ci, tapez-y. A no-break hyphen is missing in too many fonts.
var clitic = regexp.MustCompile(`\p{L}+-(?:ci|la|le|les|nous|y)\b`)

// slotted escapes a text, leaves an empty element in the place of each {name} for the
// script to fill, and makes the good news strong.
func slotted(text, good string) string {
	text = html.EscapeString(text)
	good = html.EscapeString(good)
	text = strings.Replace(text, good, "<strong>"+good+"</strong>", 1)
	text = clitic.ReplaceAllString(text, `<span class="nowrap">$0</span>`)
	for {
		before, rest, found := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return text
		}
		text = before + `<span data-slot="` + name + `"></span>` + after
	}
}

// initial is the state in which the panel comes from the server.
func (s CardStep) initial(at place) templ.Component {
	name := "ready-signin"
	if s.Sign {
		name = "ready-sign"
	}
	var b strings.Builder
	for _, state := range cardStates {
		if state.name == name {
			state.draw(&b, at)
		}
	}
	return markup(b.String())
}

// picture is the one of the initial state.
func (s CardStep) picture() Picture {
	if s.Sign {
		return "card"
	}
	return "insert"
}

func (s CardStep) name() string {
	if s.Sign {
		return "sign"
	}
	return "signin"
}

// rail are the keys of the four parts.
func (s CardStep) rail() [4]string {
	third := "card.rail.identity"
	if s.Sign {
		third = "card.rail.sign"
	}
	return [4]string{"card.rail.card", "card.rail.pin", third, "card.rail.check"}
}

// name is whose card is wanted, for the sentence about another person's.
func (v View) name() string {
	if v.Login == nil {
		return ""
	}
	return v.Login.Name
}

func (s CardStep) retry(v View) string {
	if s.Retry != "" {
		return s.Retry
	}
	return v.In(v.Lang)
}

func (s CardStep) other(v View) Link {
	other := s.Other
	if other.URL == "" {
		other = Link{URL: v.URL("sign-in"), Text: v.T("card.exit.other-signin")}
		if s.Sign {
			other = Link{URL: v.URL("help/card"), Text: v.T("card.exit.other-sign")}
		}
	}
	other.Icon = orIcon(other.Icon, "key")
	return other
}

func (s CardStep) help(v View) string {
	if s.Help != "" {
		return s.Help
	}
	return v.URL("help/card")
}

// slot is a text with one {name} for the script to fill.
func (v View) slot(key string) templ.Component { return markup(slotted(v.T(key), "\x00")) }

// afterwards are the answers to "what happened?", each with the state it leads to.
var afterwards = [...]struct{ key, state string }{
	{"card.after.no-window", "agent_missing"},
	{"card.after.no-reader", "no_reader"},
	{"card.after.card", "card_unknown"},
	{"card.after.blocked", "pin_blocked"},
	{"card.after.mine", "ready"},
}
