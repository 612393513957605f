package demo

import (
	"fmt"
	"strings"
	"testing"

	"guichet.example/portal/locale"
)

// Without script everything works up to the card, and there the page says plainly what
// is missing and leaves no button that would do nothing.
func TestBrowserWithoutScript(t *testing.T) {
	s := onStage(t)
	w := s.window(t)
	w.scriptOff()
	w.visit("/de/sign-in")
	w.click(`a[href^="/de/sign-in/card"]`)
	w.at("sign-in/card")
	w.asksForScript(locale.DE)

	member := s.window(t)
	member.signIn("lotte", "nl")
	member.scriptOff()
	t.Run("bank change", func(t *testing.T) { member.during(t).changesAccountUnscripted() })
	t.Run("order", func(t *testing.T) { member.during(t).ordersUnscripted() })
	t.Run("message", func(t *testing.T) { member.during(t).writesUnscripted() })
}

// No page of a member shows what only a script could answer.
func TestBrowserTourWithoutScript(t *testing.T) {
	s := onStage(t)
	f := s.filled(t)
	w := s.window(t)
	w.signIn("mathieu", "nl")
	w.size(telephone, 800)
	w.scriptOff()
	seen := map[string]bool{}
	for _, stop := range memberStops {
		if seen[stop.route] {
			continue
		}
		seen[stop.route] = true
		stop.way(w, "/nl/", f)
		w.shoot("no script "+stop.name, "nl")
		if dead := eval[[]string](w, seeDead); len(dead) > 0 {
			t.Errorf("%s: without script there is still %s", stop.name, strings.Join(dead, "\n"))
		}
		w.judgeUnscripted()
	}
}

// seeDead lists what one can see, or Tab to, that does nothing by itself: buttons that send
// nothing, links to nowhere, forms that nothing sends, and room that a script would fill.
const seeDead = `(() => {
  const at = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility());
  const dead = [
    ...at("button").filter((b) => b.type !== "submit" || !b.form),
    ...at("a").filter((a) => !a.getAttribute("href") || a.hash && a.pathname === location.pathname && a.search === location.search && !document.getElementById(decodeURIComponent(a.hash.slice(1)))),
    ...at("form").filter((f) => ![...f.elements].some((e) => e.type === "submit" && e.checkVisibility())),
    ...at("input, select, textarea").filter((e) => !e.form),
    ...at("[role=status], [role=alert], output, dialog").filter((e) => !e.innerText.trim() && e.getBoundingClientRect().height > 1),
  ];
  return dead.map((e) => e.outerHTML.slice(0, 160));
})()`

func (w *window) writesUnscripted() {
	w.t.Helper()
	const send = "main form button[data-kind=first]"
	w.visit("/nl/contact/new?subject=data-error")
	w.at("requests/contact")
	w.click(send)
	w.until("the errors", `document.querySelector("#errors")`)
	w.click("input[name=reply][value=letter]")
	w.click(send)
	w.at("requests/contact/words")
	w.write("#title", "Mijn adres")
	w.click(send)
	w.until("the errors", `document.querySelector("#errors")`)
	w.click("#text")
	w.press("De bus ontbreekt.")
	w.click(send)
	w.at("requests/contact/files")
	w.click("main .actions a.button[data-kind=first]")
	w.at("requests/contact/check")
	w.sees("main", "De bus ontbreekt.")
	w.click(send)
	w.at("messages/[a-z0-9]+")
	w.sees("main", "Mijn adres")
}

func (w *window) changesAccountUnscripted() {
	w.t.Helper()
	w.visit("/nl/bank/change")
	w.click("main form button.button")
	w.until("the errors", `document.querySelector("#errors")`)
	w.write("#iban", "BE68539007547034")
	w.write("#holder", "Lotte Vermeulen")
	w.click("label[for=from-2]")
	w.click("main form button.button")
	w.at("bank/change/check")
	w.signsUnscripted()
}

func (w *window) ordersUnscripted() {
	w.t.Helper()
	w.visit("/nl/orders/ehic")
	w.write("#departure-day", "3")
	w.write("#departure-month", "13")
	w.write("#departure-year", "2027")
	w.click("main form button.button")
	w.until("the errors", `document.querySelector("#errors")`)
	w.write("#departure-month", "2")
	w.click("main form button.button")
	w.at("orders/ehic/check")
	w.signsUnscripted()
}

// signsUnscripted goes from the check page to the card's.
func (w *window) signsUnscripted() {
	w.t.Helper()
	w.click("main form button.button")
	w.at("requests/[a-z0-9]+/read")
	w.click("main form button.button")
	w.until("the error", `document.querySelector("#errors")`)
	w.click("label[for=read]")
	w.click("main form button.button")
	w.at("requests/[a-z0-9]+/sign")
	w.asksForScript(locale.NL)
}

func (w *window) asksForScript(lang locale.Language) {
	w.t.Helper()
	w.sees("#card noscript", locale.T(lang, "card.noscript"))
	if w.text(`#card .exits a[data-link=help]`) == "" {
		w.fail("without script no help either")
	}
	for _, selector := range []string{startCard, showPIN, tryAgain} {
		if eval[bool](w, fmt.Sprintf(`document.querySelector(%s)?.checkVisibility() ?? false`, quote(selector))) {
			w.fail("without script there is still %s", selector)
		}
	}
}
