package demo

import (
	"fmt"
	"strings"
	"time"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

const (
	startCard = `#card button[data-do=start]`
	showPIN   = `#card a[data-link=pin]`
	tryAgain  = `#card a.button[data-do=retry]`
)

// pinPage is the agent's PIN page, which opens by itself. When the page has waited too
// long for the member's click to count, it has a link, and she takes that.
func (w *window) pinPage() *window {
	w.t.Helper()
	const offered = `document.querySelector("#card [data-state=pin_page]:not([data-states] *)") && document.querySelector("#card a[data-link=pin]")?.checkVisibility()`
	taken := false
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(15 * time.Millisecond) {
		if pin := w.stage.asked(w.t, w.stage.chromium); pin != nil {
			pin.until("the PIN page", `document.readyState === "complete" && document.body.dataset.state`)
			return pin
		}
		if !taken && w.holds(offered) {
			taken = true
			w.click(showPIN)
		}
	}
	w.fail("no PIN page opens")
	return nil
}

// give types the PIN and sends it.
func (w *window) give(pin string) {
	w.t.Helper()
	w.until("the field of the PIN", `document.activeElement?.id === "pin" || document.querySelector("#pin[aria-invalid]")`)
	w.write("#pin", pin)
	w.click("button.first")
}

// panel waits until the card panel shows a state.
func (w *window) panel(state string) {
	w.t.Helper()
	w.until("the card panel at "+state, fmt.Sprintf(`[...document.querySelectorAll("#card [role=status] [data-state], #card [role=alert] [data-state]")].some((block) => block.dataset.state === %s)`, quote(state)))
}

// panelSays waits for a state and holds its words to those of the page's language:
// in the alert region for a failure, in the status region for the rest.
func (w *window) panelSays(lang locale.Language, state, region string, args ...locale.Arg) {
	w.t.Helper()
	w.panel(state)
	got := w.text(fmt.Sprintf("#card [role=%s] [data-state=%q] p", region, state))
	want := strings.Join(strings.Fields(page.CardText(lang, state, args...)), " ")
	if got != want {
		w.fail("the panel at %s says %q, want %q", state, got, want)
	}
}

// signIn puts a card into the reader and goes through the door with it.
func (w *window) signIn(card, lang string) {
	w.t.Helper()
	w.stage.insert(w.t, card)
	w.visit("/" + lang + "/sign-in/card")
	w.click(startCard)
	w.pinPage().give(PIN)
	w.at("(home|enrol/opened)") // the first sign-in of all opens her account
	if home := "/" + lang + "/home"; eval[string](w, "location.pathname") != home {
		w.visit(home)
	}
}
