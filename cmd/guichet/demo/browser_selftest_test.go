package demo

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"guichet.example/certs/certstest"
	"guichet.example/portal/locale"
)

// tested waits until the self-test has an answer for every point.
func (w *window) tested() {
	w.t.Helper()
	w.until("the end of the self-test", `document.querySelector("#self-test[data-done]")`)
}

// selfTest opens the page and waits for its end.
func (w *window) selfTest(lang string) {
	w.t.Helper()
	if status := w.visit("/" + lang + "/help/self-test"); status != 200 {
		w.fail("the self-test answers %d", status)
	}
	w.tested()
}

// points are the outcomes on the page, by the row's id: "page-agent", "card-reader".
func (w *window) points() map[string]string {
	w.t.Helper()
	return eval[map[string]string](w, `Object.fromEntries([...document.querySelectorAll("[data-list] .check")].filter((row) => row.checkVisibility()).map((row) => [row.id, row.dataset.outcome]))`)
}

// shows ends the test unless the points stand so, each with its sign and words.
func (w *window) shows(want map[string]string) {
	w.t.Helper()
	got := w.points()
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if got[id] != want[id] {
			w.fail("%s is %q, want %q; all: %v", id, got[id], want[id], got)
		}
		if want[id] == "" {
			continue
		}
		if w.text("#"+id+" .badge") == "" || w.text("#"+id+" [data-found]") == "" || !w.holds(fmt.Sprintf(`document.querySelector("#%s .badge svg")`, id)) {
			w.fail("%s lacks its sign or its words", id)
		}
		if want[id] == "failed" && w.text("#"+id+" .next") == "" {
			w.fail("%s is failed, and nobody says what to do", id)
		}
	}
}

// before has a script run in every page opened from now on, before the page's own.
func (w *window) before(script string) {
	w.t.Helper()
	w.do("preparing pages", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}

const (
	// noAgent stands for a machine on which nothing listens.
	noAgent = `{ const real = window.fetch; window.fetch = (to, how) => String(to).includes("/v1/") ? Promise.reject(new TypeError("Failed to fetch")) : real(to, how); }`
	// extension answers web-eid:status as the extension does (after its acknowledgement).
	extension = `window.addEventListener("message", ({ data }) => {
  if (data?.action !== "web-eid:status") return;
  window.postMessage({ action: "web-eid:status-ack" }, location.origin);
  window.postMessage(%s, location.origin);
});`
	asked = `Object.defineProperty(navigator.permissions, "query", { value: async () => ({ state: %q }) });`
)

func answering(message string) string { return fmt.Sprintf(extension, message) }

// With the agent: every link is looked at, in the page's language, and the code of the
// checkup is there to be told.
func TestBrowserSelfTest(t *testing.T) {
	s := onStage(t)
	s.insert(t, "mathieu")
	w := s.window(t)
	code := regexp.MustCompile(`^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$`)
	card := certstest.Person{}
	for _, p := range s.people {
		if p.Key == "mathieu" {
			card = p.Person
		}
	}
	for lang, title := range map[string]string{"fr": "Carte d’identité", "nl": "Identiteitskaart", "de": "eID-Karte", "en": "Identity card"} {
		w.selfTest(lang)
		w.shows(map[string]string{
			"page-address": "passed", "page-browser": "passed", "page-cookies": "passed", "page-context": "passed", "page-clock": "passed",
			"page-extension": "needless", "page-program": "needless", "page-agent": "passed", "page-network": "passed",
			"card-module": "passed", "card-reader": "passed", "card-card": "passed", "card-authentication": "passed",
			"card-signature": "passed", "card-pin": "passed", "card-agent": "passed", "card-clock": "",
		})
		w.sees("#card-card h3", title)
		if got := w.text("[data-support]"); !code.MatchString(got) {
			w.fail("the support code is %q", got)
		}
		page := w.text("main")
		for _, secret := range []string{card.Surname, card.GivenNames, card.NationalNumber, PIN} {
			if secret != "" && strings.Contains(page, secret) {
				w.fail("the page tells %s", secret)
			}
		}
	}
}

// What is found changes when it is looked at again, and the first trouble is a key away.
func TestBrowserSelfTestAgain(t *testing.T) {
	s := onStage(t)
	s.insert(t, "mathieu")
	w := s.window(t)
	w.selfTest("en")
	if err := s.desk.SetTries("mathieu", 0); err != nil {
		t.Fatal(err)
	}
	again := func() {
		t.Helper()
		w.hit(`[data-do="again"]`, enter)
		w.tested()
	}
	again()
	w.shows(map[string]string{"card-card": "passed", "card-pin": "failed"})
	w.sees("[role=status][data-sum]", "One point is not in order.")
	w.judge("self-test, blocked", "en")
	w.backTo("[data-sum] a")
	w.press(enter)
	w.until("the first trouble in sight", `location.hash === "#card-pin" && (({top, bottom}) => top >= 0 && bottom <= innerHeight)(document.querySelector("#card-pin").getBoundingClientRect())`)

	s.pullOut(t)
	again()
	w.shows(map[string]string{"card-reader": "passed", "card-card": "failed", "card-pin": "unknown"})
	w.sees("#card-card .next", "chip first")
	s.put(t, "grace")
	again()
	w.shows(map[string]string{"card-card": "passed", "card-pin": "passed"})

	w.do("allowing the clipboard", chromedp.Evaluate[chromedp.Void](`Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.copied = text } } })`))
	w.hit(`[data-do="copy"]`, enter)
	w.until("the code copied", `window.copied === document.querySelector("[data-support]").textContent && document.querySelector("[data-copy-said]").textContent`)
	w.sees("[data-copy-said]", "Copied.")
}

// Without the agent the page knows what the extension says, or that nothing is there.
func TestBrowserSelfTestWithoutAgent(t *testing.T) {
	s := onStage(t)
	for _, tt := range []struct {
		name, script string
		want         map[string]string
		says         string // of the extension and its program
	}{
		{"extension and program", answering(`{ action: "web-eid:status-success", extension: "2.5.0", nativeApp: "2.8.0" }`),
			map[string]string{"page-extension": "passed", "page-program": "passed", "page-agent": "needless"}, "2.8.0"},
		{"extension alone", answering(`{ action: "web-eid:status-failure", error: { code: "ERR_WEBEID_NATIVE_UNAVAILABLE", extension: "2.5.0" } }`),
			map[string]string{"page-extension": "passed", "page-program": "failed", "page-agent": "failed"}, "2.5.0"},
		{"old program", answering(`{ action: "web-eid:status-success", extension: "2.5.0", nativeApp: "1.4.0" }`),
			map[string]string{"page-extension": "passed", "page-program": "failed"}, "1.4.0"},
		{"old extension", answering(`{ action: "web-eid:status-success", extension: "1.0.0", nativeApp: "2.8.0" }`),
			map[string]string{"page-extension": "failed", "page-program": "passed"}, "1.0.0"},
		{"program that says nothing", answering(`{ action: "web-eid:status-failure", error: { code: "ERR_WEBEID_ACTION_TIMEOUT", extension: "2.5.0" } }`),
			map[string]string{"page-extension": "passed", "page-program": "failed"}, "2.5.0"},
		{"neither", "", map[string]string{"page-extension": "failed", "page-program": "unknown", "page-agent": "failed"}, ""},
		{"not allowed", fmt.Sprintf(asked, "denied"), map[string]string{"page-agent": "failed", "page-network": "failed"}, ""},
		{"not asked yet", fmt.Sprintf(asked, "prompt"), map[string]string{"page-agent": "failed", "page-network": "warning"}, ""},
		{"wrong clock", `{ const now = Date.now; Date.now = () => now() + 40 * 60000; }`, map[string]string{"page-clock": "failed"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := s.window(t)
			w.before(noAgent + tt.script)
			w.selfTest("nl")
			w.shows(tt.want)
			if said := w.text("#page-extension") + w.text("#page-program"); !strings.Contains(said, tt.says) {
				w.fail("the rows say %q, want %q", said, tt.says)
			}
			w.sees("[data-card-note]", "guichet-reader doctor")
			if got, want := w.text("[data-support]"), eval[string](w, `document.querySelector("#self-test").dataset.code`); got != want {
				w.fail("the support code is %q, want the page's own, %q", got, want)
			}
			if tt.name == "neither" {
				w.judge("self-test, neither", "nl")
			}
		})
	}
}

// An agent of another version, one at work, one that cannot tell.
func TestBrowserSelfTestOddAgents(t *testing.T) {
	s := onStage(t)
	agent := func(status, doctor string) string {
		return fmt.Sprintf(`{ const real = window.fetch; window.fetch = (to, how) => String(to).endsWith("/v1/status") ? Promise.resolve(%s) : String(to).includes("/v1/doctor") ? Promise.resolve(%s) : real(to, how); }`, status, doctor)
	}
	json := func(status int, body string) string {
		return fmt.Sprintf(`new Response(%q, { status: %d })`, body, status)
	}
	for _, tt := range []struct {
		name, status, doctor string
		want                 map[string]string
		note                 string
	}{
		{"another version", json(200, `{"agent":"guichet-reader","version":"9.0.0"}`), json(200, `{}`), map[string]string{"page-agent": "failed"}, "help.test.card.untold"},
		{"at work", json(200, `{"agent":"guichet-reader","version":"1.0.0","busy":true}`), json(200, `{}`), map[string]string{"page-agent": "passed"}, "help.test.card.busy"},
		{"another checkup", json(200, `{"agent":"guichet-reader","version":"1.0.0"}`), json(409, `{"error":{"code":"ERR_WEBEID_ACTION_PENDING"}}`), nil, "help.test.card.busy"},
		{"no checkup", json(200, `{"agent":"guichet-reader","version":"1.0.0"}`), json(404, `{"error":{"code":"ERR_WEBEID_NATIVE_UNAVAILABLE"}}`), nil, "help.test.card.broken"},
		{"rubbish", json(200, `{"agent":"guichet-reader","version":"1.0.0"}`), json(200, `{"checks":"<b>"}`), nil, "help.test.card.broken"},
		{"mark-up", json(200, `{"agent":"guichet-reader","version":"1.0.0"}`),
			json(200, `{"code":"<b>","checks":[{"id":"x y","outcome":"odd","title":"<i>t</i>","finding":"<img src=x>","next":"<b>n</b>"}]}`), nil, "help.test.card.told"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := s.window(t)
			w.before(agent(tt.status, tt.doctor))
			w.selfTest("fr")
			w.shows(tt.want)
			w.sees("[data-card-note]", strings.Join(strings.Fields(locale.T(locale.FR, tt.note)), " "))
			if w.holds(`document.querySelector(".checks :is(i, b, img)")`) {
				w.fail("mark-up of the agent's is in the page")
			}
			if got := w.text("[data-support]"); strings.Contains(got, "<") {
				w.fail("the support code is %q", got)
			}
		})
	}
}

// The clock is told once: by the page, or where that has nothing to compare with by the agent.
func TestBrowserSelfTestOneClock(t *testing.T) {
	s := onStage(t)
	const agent = `{ const real = window.fetch, json = (body) => Promise.resolve(new Response(JSON.stringify(body)));
		window.fetch = (to, how) => String(to).endsWith("/v1/status") ? json({ agent: "guichet-reader", version: "1.0.0" })
			: String(to).includes("/v1/doctor") ? json({ checks: [{ id: "clock", outcome: "unknown", title: "Horloge", finding: "Pas comparée." }] })
			: %s ? Promise.reject(new TypeError("Failed to fetch")) : real(to, how); }`
	for name, tt := range map[string]struct {
		offline string
		want    map[string]string
	}{
		"compared":     {"false", map[string]string{"page-clock": "passed", "card-clock": ""}},
		"not compared": {"String(to) === location.pathname", map[string]string{"page-clock": "unknown", "card-clock": "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.window(t)
			w.before(fmt.Sprintf(agent, tt.offline))
			w.selfTest("fr")
			w.sees("[data-card-note]", strings.Join(strings.Fields(locale.T(locale.FR, "help.test.card.told")), " "))
			w.shows(tt.want)
		})
	}
}

// Without script: what the request tells, and what one checks by hand.
func TestBrowserSelfTestWithoutScript(t *testing.T) {
	w := onStage(t).window(t)
	w.scriptOff()
	w.visit("/de/help/card")
	w.click(`main .todo a.button`)
	w.at("help/self-test")
	w.sees("[data-sum] noscript", locale.T(locale.DE, "help.test.noscript"))
	w.shows(map[string]string{"page-address": "passed", "page-browser": "passed", "page-language": "passed", "page-cookies": "passed", "page-agent": "", "page-extension": ""})
	for _, selector := range []string{`[data-do="copy"]`, "[data-print]", "[data-card-part]"} {
		if w.text(selector) != "" {
			w.fail("without script there is still %s", selector)
		}
	}
	if n := eval[int](w, `document.querySelectorAll("main ol li").length`); n < 6 {
		w.fail("%d points to check by hand", n)
	}
	w.leave(func() { w.click(`[data-do="again"]`) })
	w.at("help/self-test")
	w.judgeUnscripted()
}

// judgeUnscripted is the part of judge that needs no script of the page's.
func (w *window) judgeUnscripted() {
	w.t.Helper()
	if heads := eval[int](w, `document.querySelectorAll("h1").length`); heads != 1 {
		w.fail("%d headings of the first rank", heads)
	}
}
