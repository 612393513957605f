package demo

import (
	"strings"
	"testing"

	"guichet.example/certs/certstest"
	"guichet.example/portal/locale"
)

// pen is a member before a document that waits for her signature, card in the reader.
type pen struct {
	*window
	card    string
	lang    locale.Language
	request string // its address
	before  int    // how often the card had signed
}

// pen signs a member in and brings her to the card page of a new request.
func (s *stage) pen(t *testing.T, card string, lang locale.Language) *pen {
	t.Helper()
	w := s.window(t)
	w.signIn(card, string(lang))
	return w.takesPen(card, lang)
}

// takesPen is pen for who is signed in.
func (w *window) takesPen(card string, lang locale.Language) *pen {
	w.t.Helper()
	w.visit("/" + string(lang) + "/orders/ehic")
	w.leave(func() { w.click(sendForm) })
	w.click(sendForm)
	w.at("requests/[a-z0-9]+/read")
	w.click("label[for=read]")
	w.click(sendForm)
	w.at("requests/[a-z0-9]+/sign")
	return &pen{w, card, lang, strings.TrimSuffix(eval[string](w, "location.pathname"), "/sign"), w.stage.signatures(w.t, card)}
}

// unsigned holds to nothing having been signed or sent: the request still waits.
func (p *pen) unsigned(name string) {
	p.t.Helper()
	p.judge("signing, "+name, string(p.lang))
	if made := p.stage.signatures(p.t, p.card) - p.before; made != 0 {
		p.fail("the card has signed %d times", made)
	}
	if p.posted("/complete") {
		p.fail("a signature was sent all the same")
	}
}

// done waits for the end, with one signature made.
func (p *pen) done() {
	p.t.Helper()
	p.at("requests/[a-z0-9]+/done")
	if made := p.stage.signatures(p.t, p.card) - p.before; made != 1 {
		p.t.Errorf("the card has signed %d times, want once", made)
	}
}

func TestBrowserSignCardPulledOut(t *testing.T) {
	s := onStage(t)
	p := s.pen(t, "mathieu", locale.FR)
	p.click(startCard)
	p.pinPage()
	s.pullOut(t)
	p.panelSays(p.lang, "card_removed", "alert")
	p.unsigned("card pulled out")

	s.insert(t, p.card)
	p.click(tryAgain)
	p.pinPage().give(PIN)
	p.done()
}

// Between preparing and signing the card goes, and another one comes: the page says
// which one is wanted, and goes on by itself when that is back.
func TestBrowserSignCardChangedBeforeSigning(t *testing.T) {
	s := onStage(t)
	p := s.pen(t, "mathieu", locale.DE)
	prepared := p.hold(s.agent.URL() + "/v1/sign")
	p.click(startCard)
	letGo := prepared()
	s.pullOut(t)
	letGo()
	p.panelSays(p.lang, "no_card", "status")
	p.unsigned("no card any more")
	s.put(t, "lotte")
	p.panel("wrong_person")
	p.sees("#card", "Mathieu Delcourt")
	p.unsigned("another card before signing")
	s.put(t, "mathieu")
	p.pinPage().give(PIN)
	p.done()
}

func TestBrowserSignAnotherPersonsCard(t *testing.T) {
	s := onStage(t)
	p := s.pen(t, "mathieu", locale.NL)
	s.insert(t, "lotte")
	p.click(startCard)
	p.panelSays(p.lang, "wrong_person", "alert", locale.A("name", "Mathieu Delcourt"))
	p.unsigned("another person's card")

	s.insert(t, "mathieu")
	p.click(tryAgain)
	p.pinPage().give(PIN)
	p.done()
}

func TestBrowserSignCancelled(t *testing.T) {
	s := onStage(t)
	p := s.pen(t, "lotte", locale.EN)
	p.click(startCard)
	pin := p.pinPage()
	pin.give("9999")
	p.panelSays(p.lang, "pin_wrong", "alert", locale.A("n", 2))
	pin.until("the error", `document.querySelector("#errors")`)
	pin.click("button[value=cancel]")
	p.panelSays(p.lang, "cancelled", "alert")
	p.unsigned("cancelled")
	p.visit(p.request)
	p.sees("main .badge", locale.T(p.lang, "requests.state.to-sign"))
}

func TestBrowserSignSessionOver(t *testing.T) {
	s := onStage(t)
	p := s.pen(t, "mathieu", locale.FR)
	p.forgetCookies()
	p.click(startCard)
	p.panelSays(p.lang, "session_over", "alert")
	p.unsigned("session over")
	p.click(`#card a[data-link=next]`)
	p.at("sign-in")
	p.click(`a[href*="/sign-in/card"]`)
	p.at("sign-in/card")
	p.click(startCard)
	p.pinPage().give(PIN)
	p.at("requests/[a-z0-9]+/sign") // back at the same step
}

// The line breaks after the card has signed: trying again sends the same signature, and
// asks for no second PIN.
func TestBrowserSignLineBroken(t *testing.T) {
	s := onStage(t)
	p := s.pen(t, "mathieu", locale.FR)
	p.block(s.origin + "/*/complete")
	p.click(startCard)
	p.pinPage().give(PIN)
	p.panelSays(p.lang, "offline", "alert")
	p.judge("signing, line broken", string(p.lang))
	p.block()
	p.click(tryAgain)
	p.done()
}

// The document opened in one window is signed in another: the first says so.
func TestBrowserSignedElsewhere(t *testing.T) {
	s := onStage(t)
	p := s.pen(t, "mathieu", locale.FR)
	other := p.beside(t)
	other.visit(p.request + "/sign")
	other.click(startCard)
	other.pinPage().give(PIN)
	other.at("requests/[a-z0-9]+/done")
	p.click(startCard)
	p.panel("not_open")
	p.judge("signing, signed elsewhere", string(p.lang))
	if p.posted("/complete") {
		t.Error("the second window sends a signature too")
	}
	p.leave(func() { p.click(`#card a[data-link=next]`) })
	p.sees("main .badge", locale.T(p.lang, "requests.state.signed"))
}

// When nobody can say after the signature whether the card was withdrawn, the signature
// is kept and the member is told that it waits.
func TestBrowserSignPending(t *testing.T) {
	s := onStage(t)
	p := s.pen(t, "mathieu", locale.FR)
	prepared := p.hold(s.agent.URL() + "/v1/sign")
	p.click(startCard)
	letGo := prepared()
	s.statusDown(t)
	letGo()
	p.pinPage().give(PIN)
	p.done()
	p.sees(".verdict[data-kind=checking]", locale.T(p.lang, "requests.done.pending.title"))
	p.judge("done, pending", string(p.lang))
	for name, selector := range map[string]string{"document": `main a[href*="/documents/"]:not([href$="/report"])`, "report": `main a[href$="/report"]`} {
		p.leave(func() { p.click(selector) })
		p.judge(name+", pending", string(p.lang))
		p.visit(p.request)
		p.judge("request pending", string(p.lang))
	}
	p.visit("/" + string(p.lang) + "/documents")
	p.sees("tbody .badge[data-kind=checking]", locale.T(p.lang, "documents.status.checking"))
	p.judge("documents, one pending", string(p.lang))
}

// statusDown takes down whatever says that a card was withdrawn.
func (s *stage) statusDown(t *testing.T) {
	t.Helper()
	for _, service := range []certstest.Service{certstest.OCSP, certstest.CRL} {
		if err := s.services.Control().Set(service, certstest.Down); err != nil {
			t.Fatal(err)
		}
	}
}
