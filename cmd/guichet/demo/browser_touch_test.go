package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"guichet.example/portal/locale"
	"guichet.example/reader/api"
)

// touch makes the window a screen of that size that one touches.
func (w *window) touch(width, height int64) {
	w.t.Helper()
	w.width = width
	w.do("sizing", chromedp.EmulateViewport(width, height, chromedp.EmulateTouch))
}

// tap puts a finger on the one visible thing that the selector names.
func (w *window) tap(selector string) {
	w.t.Helper()
	w.until(selector, fmt.Sprintf(`document.querySelector(%s)?.checkVisibility()`, quote(selector)))
	w.untilFelt(selector, func() {
		w.t.Helper()
		at := eval[[]float64](w, fmt.Sprintf(`((at) => {
			at.scrollIntoView({block: "center", behavior: "instant"});
			const box = at.getBoundingClientRect();
			return [box.left + box.width / 2, box.top + box.height / 2];
		})(document.querySelector(%s))`, quote(selector)))
		w.do("touching "+selector, chromedp.TapXY(at[0], at[1]))
	})
}

// digits touches the keys of a PIN and OK.
func (w *window) digits(pin string) {
	w.t.Helper()
	for _, digit := range pin {
		w.tap(fmt.Sprintf(`#keypad [data-digit="%c"]`, digit))
	}
	w.tap(`#keypad button.first`)
}

// touchPIN gives a PIN with the finger, after which the page closes.
func (w *window) touchPIN(pin string) {
	w.t.Helper()
	w.digits(pin)
	w.closed()
}

// shows waits for a screen between people.
func (b *booth) shows(screen string) {
	b.t.Helper()
	b.until("the screen "+screen, fmt.Sprintf(`document.readyState === "complete" && document.body?.dataset.screen === %s && document.getElementById("offline").hidden`, quote(screen)))
}

// panelReads waits for the card panel to fail so, in the words that it has at a kiosk.
func (b *booth) panelReads(lang locale.Language, state string) {
	b.t.Helper()
	b.panel(state)
	b.sees("#card [role=alert]", locale.T(lang, "kiosk.card."+state+".text"))
}

// rest takes out what card there is and waits for the screen between people, in a
// language.
func (b *booth) rest(lang locale.Language) {
	b.t.Helper()
	if b.desk.Inserted() != "" {
		b.pullOut(b.t)
		b.misses()
	}
	b.until("nobody", `document.readyState === "complete" && ["idle", "out"].includes(document.body?.dataset.screen)`)
	path := "/" + string(lang) + "/kiosk"
	idle := fmt.Sprintf(`document.readyState === "complete" && location.pathname === %s && document.body?.dataset.screen === "idle"`, quote(path))
	for deadline := time.Now().Add(patience); !b.holds(idle) && time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		b.goes(fmt.Sprintf(`location.assign(%s)`, quote(path))) // again, where the goodbye led home meanwhile
	}
	b.shows("idle")
}

// misses waits until the agent says that no card is in: who comes next is slower than that.
func (b *booth) misses() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, b.stage.agent.URL()+api.EventsPath, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	ask.Header.Set("Origin", b.origin)
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		var event api.Event
		data, ok := strings.CutPrefix(lines.Text(), "data:")
		if ok && json.Unmarshal([]byte(data), &event) == nil && (event.State == api.NoCard || event.State == api.CardRemoved) {
			return
		}
	}
	b.fail("the agent (%s) still sees a card: %v", answer.Status, lines.Err())
}

// keys is the page of the PIN, which opens by itself: the kiosk's policies let it.
func (b *booth) keys() *window {
	b.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(15 * time.Millisecond) {
		if pin := b.stage.asked(b.t, b.chromium); pin != nil {
			pin.touch(desk, 800)
			pin.until("the keys", `document.readyState === "complete" && document.querySelector("#keypad:not([hidden])")`)
			return pin
		}
	}
	b.fail("no keys for the PIN")
	return nil
}

// kioskScreen is a screen of a kiosk.
type kioskScreen struct {
	name          string
	width, height int64
	media         []string
	large         bool // letters twice as large
}

// kioskScreens are the screens of kiosks: lying and standing, bright and dark, in the
// colours of the system, and with letters twice as large.
var kioskScreens = []kioskScreen{
	{"lying", 1280, 800, nil, false},
	{"standing", 1080, 1920, nil, false},
	{"dark", 1280, 800, []string{"prefers-color-scheme", "dark"}, false},
	{"forced", 1080, 1920, []string{"forced-colors", "active"}, false},
	{"large", 1280, 800, nil, true},
}

// everywhere looks at a page on the two screens that are used, and on one of the others,
// which changes with the language.
func (w *window) everywhere(name string, lang locale.Language, still bool) {
	w.t.Helper()
	turn := 2
	for i, l := range locale.Languages() {
		if l == lang {
			turn += i % 3
		}
	}
	for i, at := range kioskScreens {
		if i >= 2 && i != turn {
			continue
		}
		w.lookOn(at, name, lang, still)
	}
}

// lookOn looks at a page on one of the screens.
func (w *window) lookOn(at kioskScreen, name string, lang locale.Language, still bool) {
	w.t.Helper()
	w.touch(at.width, at.height)
	w.media(at.media...)
	if at.large {
		w.run(`document.documentElement.attributeStyleMap.set("font-size", "200%")`)
	}
	w.look(name+" "+at.name, lang, still && !at.large)
	if at.large {
		w.run(`document.documentElement.attributeStyleMap.delete("font-size")`)
	}
	w.touch(desk, 800)
	w.media()
}

// look holds a page at a kiosk to the rules of accessibility and to those of a kiosk:
// targets of 60 pixels, letters of 20, the keys of the PIN in view, and on a still page
// nothing to scroll to.
func (w *window) look(name string, lang locale.Language, still bool) {
	w.t.Helper()
	// Another screen is there with the next frame, and with it the transitions to its colours. A
	// page that another came to stand before, as that of the PIN does, has no frames.
	eval[bool](w, `Promise.race([
		new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))
			.then(() => Promise.allSettled(document.getAnimations().map((a) => a.finished))),
		new Promise((behind) => {
			const look = () => document.hidden && behind();
			look();
			document.addEventListener("visibilitychange", look);
		}),
	]).then(() => true)`)
	if *shots != "" {
		w.picture(name, string(lang))
	}
	troubles := append(w.troubles(string(lang)), eval[[]string](w, fmt.Sprintf(atKiosk, still))...)
	for _, trouble := range troubles {
		w.t.Errorf("%s %s: %s", name, lang, trouble)
	}
}

const atKiosk = `(() => {
  const troubles = [];
  const height = document.documentElement.scrollHeight;
  if (%v && height > innerHeight) troubles.push("is " + height + " high on a screen of " + innerHeight);
  for (const at of document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden])")) {
    if (!at.checkVisibility({visibilityProperty: true}) || at.closest("[inert]")) continue;
    const box = (["checkbox", "radio"].includes(at.type) && at.labels[0] || at).getBoundingClientRect();
    if (at.closest("#keypad") && box.bottom + scrollY > innerHeight) troubles.push("has a key below the view, at " + Math.round(box.bottom + scrollY) + ": " + at.textContent);
    if (box.width < 59.5 || box.height < 59.5) troubles.push("has a target of " + Math.round(box.width) + " by " + Math.round(box.height) + ": " + at.outerHTML.slice(0, 120));
  }
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let at; at = words.nextNode();) {
    const size = parseFloat(getComputedStyle(at.parentElement).fontSize);
    if (at.data.trim() && size < 20 && at.parentElement.checkVisibility({visibilityProperty: true}) && !at.parentElement.closest(".vh")) troubles.push("has letters of " + size + " px: " + at.data.trim().slice(0, 60));
  }
  return troubles;
})()`
