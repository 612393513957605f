package demo

import (
	"slices"
	"strings"
	"testing"

	"guichet.example/portal/locale"
	"guichet.example/reader/softcard"
)

// knock goes to the card's door and starts, with that card in the reader.
func (s *stage) knock(t *testing.T, card string, lang locale.Language) *window {
	t.Helper()
	if card != "" {
		s.insert(t, card)
	}
	w := s.window(t)
	w.visit("/" + string(lang) + "/sign-in/card")
	w.click(startCard)
	return w
}

// stays holds the window to having sent nothing that would sign in.
func (w *window) stays(lang locale.Language) {
	w.t.Helper()
	w.judge("sign-in "+w.text("#card h2"), string(lang))
	if w.posted("/sign-in/card") {
		w.fail("a token was sent all the same")
	}
}

func TestBrowserSignInWithoutCard(t *testing.T) {
	s := onStage(t)
	w := s.window(t)
	w.visit("/nl/sign-in/card")
	w.panelSays(locale.NL, "no_card", "status") // before anything is asked
	w.click(startCard)
	w.panelSays(locale.NL, "no_card", "status")
	w.stays(locale.NL)
	s.put(t, "lotte")
	w.pinPage().give(PIN)
	w.at("home")
}

// No reader, then one without card, then a card of another kind, then the right one:
// the panel says each without being asked, and goes on.
func TestBrowserSignInReaderAndCard(t *testing.T) {
	s := onStage(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w := s.window(t)
	must(s.desk.Unplug())
	t.Cleanup(func() { must(s.desk.Plug()) })
	w.visit("/en/sign-in/card")
	w.panelSays(locale.EN, "no_reader", "status")
	w.click(startCard)
	w.panelSays(locale.EN, "no_reader", "status")
	w.stays(locale.EN)
	must(s.desk.Plug())
	w.panelSays(locale.EN, "no_card", "status")
	must(s.desk.InsertStranger())
	w.panelSays(locale.EN, "card_unknown", "status")
	w.stays(locale.EN)
	must(s.desk.Remove())
	w.panelSays(locale.EN, "no_card", "status")
	w.until("the click to be too old to open a window", "!navigator.userActivation.isActive")
	s.put(t, "grace")
	w.panelSays(locale.EN, "pin_page", "status")
	w.judge("the PIN page behind a link", "en")
	w.pinPage().give(PIN)
	w.at("home")
}

func TestBrowserSignInCardPulledOut(t *testing.T) {
	s := onStage(t)
	w := s.knock(t, "mathieu", locale.FR)
	pin := w.pinPage()
	s.pullOut(t)
	w.panelSays(locale.FR, "card_removed", "alert")
	w.stays(locale.FR)
	pin.until("the end of the PIN page", `document.body.dataset.state === "failed"`)

	s.insert(t, "mathieu")
	w.click(tryAgain)
	w.pinPage().give(PIN)
	w.at("home")
}

func TestBrowserSignInWrongPIN(t *testing.T) {
	s := onStage(t)
	w := s.knock(t, "mathieu", locale.EN)
	pin := w.pinPage()
	pin.give("9999")
	w.panelSays(locale.EN, "pin_wrong", "alert", locale.A("n", 2))
	w.stays(locale.EN)
	pin.leave(func() { pin.give("8888") })
	w.panelSays(locale.EN, "pin_wrong_last", "alert")
	w.judge("one try left", "en")
	pin.give(PIN)
	w.at("home")
	if tries, err := s.desk.Tries("mathieu"); err != nil || tries != 3 {
		t.Errorf("after the right PIN the card has %d tries (%v), want 3", tries, err)
	}
}

func TestBrowserSignInBlockedPIN(t *testing.T) {
	s := onStage(t)
	w := s.knock(t, "mathieu", locale.DE)
	pin := w.pinPage()
	for range 2 {
		pin.leave(func() { pin.give("9999") })
	}
	pin.give("9999")
	w.panelSays(locale.DE, "pin_blocked", "alert")
	w.stays(locale.DE)
	if w.text(tryAgain) != "" {
		t.Error("a blocked card is offered another try")
	}

	w.visit("/de/sign-in/card") // blocked from the start now
	w.click(startCard)
	w.panelSays(locale.DE, "pin_blocked", "alert")
}

func TestBrowserSignInPINWindowClosed(t *testing.T) {
	s := onStage(t)
	w := s.knock(t, "mathieu", locale.NL)
	w.pinPage().close()
	w.panelSays(locale.NL, "cancelled", "alert")
	w.stays(locale.NL)
	w.click(tryAgain)
	w.pinPage().give(PIN)
	w.at("home")
}

// Cards that the portal does not let in, each with the reason in the member's words.
func TestBrowserSignInRefused(t *testing.T) {
	s := onStage(t)
	for _, refusal := range []struct {
		card  string
		lang  locale.Language
		state string
	}{
		{"emile", locale.FR, "cert_revoked"},
		{"louise", locale.NL, "unknown_member"},
	} {
		t.Run(refusal.card, func(t *testing.T) {
			w := s.knock(t, refusal.card, refusal.lang)
			w.pinPage().give(PIN)
			w.panelSays(refusal.lang, refusal.state, "alert")
			w.judge("refused "+refusal.state, string(refusal.lang))
			if status := w.visit("/fr/home"); !strings.Contains(eval[string](w, "location.pathname"), "sign-in") {
				t.Errorf("home opens all the same (%d)", status)
			}
		})
	}
}

// A card whose certificates have expired is told so at once, before a PIN is typed for
// nothing, and in the words that the portal has for it.
func TestBrowserSignInExpired(t *testing.T) {
	s := onStage(t)
	ended := s.cards["jeanne"].Authentication.Certificate.NotAfter
	for _, lang := range []locale.Language{locale.FR, locale.NL, locale.DE, locale.EN} {
		w := s.knock(t, "jeanne", lang)
		w.panelSays(lang, "cert_expired", "alert", locale.A("date", locale.Date(lang, ended)))
		w.judge("expired card", string(lang))
		w.stays(lang)
	}
	if journal, err := s.desk.Journal(); err != nil || slices.ContainsFunc(journal, func(j softcard.Signed) bool { return j.Card == "jeanne" }) {
		t.Errorf("the expired card has signed, %v", err)
	}
}

// While nobody can say whether a card was withdrawn, nobody signs in; afterwards trying
// again is enough. The portal has just started, so no earlier answer is at hand. Hanna's
// card opens the door but cannot sign.
func TestBrowserSignInStatusUnknown(t *testing.T) {
	s := onStage(t)
	s.closePortal()
	s.openPortal(t)
	s.statusDown(t)
	w := s.knock(t, "hanna", locale.DE)
	w.pinPage().give(PIN)
	w.panelSays(locale.DE, "status_unknown", "alert")
	w.judge("status unknown", "de")

	s.services.Control().Reset()
	w.click(tryAgain)
	w.pinPage().give(PIN)
	w.at("(home|enrol/opened)") // her first sign-in of all opens her account
	for _, page := range []string{"home", "requests", "documents"} {
		w.visit("/de/" + page)
		w.judge(page+", nothing yet", "de")
	}

	p := w.takesPen("hanna", locale.DE)
	p.click(startCard)
	p.panelSays(p.lang, "no_sign_cert", "alert")
	p.unsigned("no signature certificate")
	if p.text(tryAgain) != "" {
		t.Error("a card that cannot sign is offered another try")
	}
}

func TestBrowserSignInWithoutAgent(t *testing.T) {
	s := onStage(t)
	s.insert(t, "mathieu")
	w := s.window(t)
	w.block(s.agent.URL() + "/*")
	w.visit("/en/sign-in/card")
	w.click(startCard)
	w.panelSays(locale.EN, "agent_missing", "alert")
	w.stays(locale.EN)

	w.block()
	w.leave(func() { w.click(tryAgain) })
	w.click(startCard)
	w.pinPage().give(PIN)
	w.at("home")
}

func TestBrowserSignInInTwoWindows(t *testing.T) {
	s := onStage(t)
	first := s.knock(t, "mathieu", locale.FR)
	pin := first.pinPage()
	second := s.knock(t, "", locale.FR)
	second.panelSays(locale.FR, "other_tab", "alert")
	second.stays(locale.FR)
	// The driver's own keys and mouse may miss a page that another window hides.
	pin.run(`document.querySelector("#pin").value = ` + quote(PIN) + `; document.querySelector("button.first").click()`)
	first.at("home")
	second.click(tryAgain)
	second.pinPage().give(PIN)
	second.at("home")
}
