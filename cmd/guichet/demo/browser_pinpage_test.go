package demo

import (
	"testing"
)

// The agent's PIN page: the form, after a wrong PIN, before the last try, and at the
// end, in every language and on every kind of screen.
func TestBrowserPINPage(t *testing.T) {
	s := onStage(t)
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		t.Run(lang, func(t *testing.T) {
			s.insert(t, "mathieu")
			if err := s.desk.ResetTries("mathieu"); err != nil {
				t.Fatal(err)
			}
			w := s.window(t)
			w.visit("/" + lang + "/sign-in/card")
			w.click(startCard)
			pin := w.pinPage()
			pin.judge("the form", lang)
			pin.give("4321")
			pin.until("the first error", `document.querySelector("#errors")`)
			pin.judge("a wrong PIN", lang)
			pin.leave(func() { pin.give("4321") })
			for _, at := range screens {
				pin.size(at.width, 900)
				pin.media(at.media...)
				pin.judge("the last try, "+at.String(), lang)
			}
			s.pullOut(t)
			pin.until("the end", `document.body.dataset.state === "failed"`)
			pin.judge("the card pulled out", lang)
			pin.visit(s.agent.URL() + "/pin/no-such-page")
			pin.judge("an address that is over", "")
		})
	}
}

// screens are the kinds of screen on which a page stands that is not of the tour.
var screens = []setting{
	{"", 1280, nil}, {"", 320, nil},
	{"", 1280, []string{"prefers-color-scheme", "dark"}}, {"", 320, []string{"forced-colors", "active"}},
}

// The demo desk, too, is for everyone.
func TestBrowserDesk(t *testing.T) {
	s := onStage(t)
	w := s.window(t)
	w.visit("/desk")
	for _, at := range screens {
		w.size(at.width, 900)
		w.media(at.media...)
		w.judge("the desk, "+at.String(), "en")
	}
	w.click(`form[action="/desk/insert"] button`)
	w.until("a card in the reader", `document.querySelector("form[action='/desk/remove']")`)
	if s.desk.Inserted() == "" {
		t.Error("the desk puts no card into the reader")
	}
	w.judge("the desk with a card", "en")
	w.click(`form[action="/desk/remove"] button`)
	w.until("no card in the reader", `!document.querySelector("form[action='/desk/remove']")`)
	if in := s.desk.Inserted(); in != "" {
		t.Errorf("the desk leaves the card of %s in the reader", in)
	}
}
