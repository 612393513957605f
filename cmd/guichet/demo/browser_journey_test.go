package demo

import (
	"testing"

	"guichet.example/portal/locale"
)

// The main job, as a member does it with a mouse: sign in with the card, change the
// bank account, sign the document with the card, find it in the vault.
func TestBrowserChangesAccount(t *testing.T) {
	s := onStage(t)
	s.insert(t, "mathieu")
	w := s.window(t)
	w.visit("/fr/sign-in")
	w.click(`a[href^="/fr/sign-in/card"]`)
	w.at("sign-in/card")

	w.click(startCard)
	pin := s.pinPage(t)
	w.panel("pin_window")
	pin.sees("#site", s.origin)
	pin.give(PIN)
	pin.closed()
	w.at("home")
	w.sees("main", "Mathieu")

	w.click(`main a[href="/fr/bank/change"]`)
	w.at("bank/change")
	w.write("#iban", "BE68 5390 0754 7034")
	w.click("form button.button")
	w.at("bank/change/check")
	w.sees("main", "BE68 5390 0754 7034")
	w.click("form button.button")
	w.at("requests/[a-z0-9]+/read")

	before := s.signatures(t, "mathieu")
	w.click("#read")
	w.click("form button.button")
	w.at("requests/[a-z0-9]+/sign")
	w.click(startCard)
	pin = s.pinPage(t)
	w.sees("main", pin.text("#digest"))
	pin.give(PIN)
	pin.closed()
	w.at("requests/[a-z0-9]+/done")
	w.sees("main", locale.T(locale.FR, "requests.done.keep"))
	if made := s.signatures(t, "mathieu") - before; made != 1 {
		t.Errorf("the card signed %d times, want once", made)
	}
}
