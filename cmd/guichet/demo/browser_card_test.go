package demo

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

const (
	startCard = `#card button[data-do=start]`
	showPIN   = `#card a[data-link=pin]`
	tryAgain  = `#card a.button[data-do=retry]`
)

// pinPage waits until the agent's PIN page has opened by itself.
func (s *stage) pinPage(t *testing.T) *window {
	t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		for _, info := range s.targets(t) {
			if info.Type == "page" && !info.Attached && strings.HasPrefix(info.URL, s.agent.URL()+"/pin/") {
				w := s.open(t, s.chromium, chromedp.WithTargetID(info.TargetID))
				w.until("the PIN page", `document.readyState === "complete" && document.body.dataset.state`)
				return w
			}
		}
		time.Sleep(15 * time.Millisecond)
	}
	t.Fatal("no PIN page opens")
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
	w.stage.pinPage(w.t).give(PIN)
	w.at("home")
}
