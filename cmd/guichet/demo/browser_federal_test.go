package demo

import (
	"fmt"
	"strings"
	"testing"

	"guichet.example/portal/locale"
)

// knockFederal goes from the sign-in page to the stand-in, in a language.
func (w *window) knockFederal(provider, lang, next string) {
	w.t.Helper()
	w.visit("/" + lang + "/sign-in?next=" + next)
	w.click(fmt.Sprintf(`a[href^="/%s/sign-in/federal/%s?"]`, lang, provider))
	w.atStandIn()
	if w.text(`nav a[lang=`+lang+`]`) != "" {
		w.leave(func() { w.click(`nav a[lang=` + lang + `]`) })
	}
}

// atStandIn waits for a page of the stand-in.
func (w *window) atStandIn() {
	w.t.Helper()
	w.until("the stand-in", fmt.Sprintf(`location.host === %s && document.readyState === "complete" && document.querySelector("main form")`,
		quote(hostOf(w.stage.standIn.address))))
}

// proves chooses a person and a key, and types a code where one is asked.
func (w *window) proves(who string, level int) {
	w.t.Helper()
	w.click(fmt.Sprintf(`label:has(input[name=person][value=%s])`, who))
	w.click(fmt.Sprintf(`label:has(input[name=key][value="%d"])`, level))
	w.click(goOn)
	if level == codeCard {
		w.until("the question for a code", `document.querySelector("#code")`)
		number := eval[int](w, `Number(document.querySelector("[name=number]").value)`)
		w.write("#code", strings.ToLower(w.stage.standIn.codes[who][number-1]))
		w.click(goOn)
	}
}

const (
	goOn     = `.act button:not([name])`
	turnBack = `.act button[name=cancel]`
)

// A whole sign-in in each language, by one protocol and the other: the door, the
// stand-in, back, and out everywhere.
func TestBrowserFederalSignIn(t *testing.T) {
	s := onStage(t)
	for i, lang := range locale.Languages() {
		l, provider := string(lang), []string{samlProvider, oidcProvider}[i%2]
		t.Run(provider+" "+l, func(t *testing.T) {
			w := s.window(t)
			w.knockFederal(provider, l, "account")
			w.judge("stand-in", l)
			w.proves("grace", 450)
			w.at("account")
			w.sees("main", "Okonkwo")
			// The stand-in remembers her: the next question is answered without a page.
			w.click(`form[action$="/sign-out"] button`)
			w.at("signed-out")
			w.visit("/" + l + "/sign-in")
			w.click(fmt.Sprintf(`a[href^="/%s/sign-in/federal/%s?"]`, l, provider))
			w.at("home")
			w.click(`form[action$="/sign-out/everywhere"] button`)
			w.at("signed-out/everywhere")
			w.judge("signed out everywhere", l)
			w.knockFederal(provider, l, "home") // and now it asks
		})
	}
}

// Who turns back reads a page in her language that says what she can do, at any width.
func TestBrowserFederalCancel(t *testing.T) {
	s := onStage(t)
	for i, lang := range locale.Languages() {
		l, provider := string(lang), []string{samlProvider, oidcProvider}[i%2]
		t.Run(l, func(t *testing.T) {
			w := s.window(t)
			w.knockFederal(provider, l, "bank/change")
			w.click(turnBack)
			w.at("sign-in/answer/cancelled")
			for _, width := range []int64{desk, 360} {
				w.size(width, 900)
				w.judge(fmt.Sprintf("cancelled %d", width), l)
			}
			w.sees("h1", locale.T(lang, "federal.cancelled.title"))
			w.click(fmt.Sprintf(`main a[href^="/%s/sign-in/federal/%s?next=bank/change"]`, l, provider))
			w.atStandIn()
			w.click(turnBack)
			w.at("sign-in/answer/cancelled")
			w.click(fmt.Sprintf(`main a[href="/%s/sign-in?next=bank/change"]`, l))
			w.at("sign-in")
		})
	}
}

// A key that is too weak: the closed act offers what opens it, the stronger key is asked
// for anew, and she comes back to the same place.
func TestBrowserFederalStepUp(t *testing.T) {
	s := onStage(t)
	for i, lang := range locale.Languages() {
		l, provider := string(lang), []string{samlProvider, oidcProvider}[i%2]
		t.Run(l, func(t *testing.T) {
			w := s.window(t)
			w.knockFederal(provider, l, "home")
			w.proves("lotte", codeCard)
			w.at("home")
			if status := w.visit("/" + l + "/bank/change"); status != 403 {
				t.Fatalf("a weak key opens the change of an account: %d", status)
			}
			for _, width := range []int64{desk, 360} {
				w.size(width, 900)
				w.judge(fmt.Sprintf("closed act %d", width), l)
			}
			stronger := fmt.Sprintf(`main a[href*="/sign-in/federal/%s?next=bank/change&level=400"]`, provider)
			w.click(stronger)
			w.atStandIn()
			// Another person changes nothing.
			w.proves("mathieu", 500)
			w.at("sign-in/answer/other")
			w.judge("another person", l)
			w.sees("main", "Lotte Vermeulen")
			w.visit("/" + l + "/bank/change")
			w.click(stronger)
			w.atStandIn()
			// Nor does a key that is as weak as before.
			w.proves("lotte", 200)
			w.at("sign-in/answer/level")
			w.judge("still too weak", l)
			w.visit("/" + l + "/bank/change")
			w.click(stronger)
			w.atStandIn()
			w.proves("lotte", 400)
			w.at("bank/change")
			w.visit("/" + l + "/account")
			w.sees("main", "Vermeulen")
		})
	}
}

// The code of a card is asked by its number, and a wrong one is told so.
func TestBrowserFederalCodes(t *testing.T) {
	s := onStage(t)
	for _, lang := range locale.Languages() {
		w := s.window(t)
		w.knockFederal(samlProvider, string(lang), "home")
		w.click(goOn) // nothing chosen
		w.until("the reminder", `document.querySelector("[role=alert]")`)
		w.judge("nothing chosen", string(lang))
		w.click(`label:has(input[value=grace])`)
		w.click(`label:has(input[value="300"])`)
		w.click(goOn)
		w.until("the question for a code", `document.querySelector("#code")`)
		w.judge("code", string(lang))
		w.write("#code", "nonsense")
		w.click(goOn)
		w.until("the reminder", `document.querySelector("[role=alert]")`)
		w.judge("wrong code", string(lang))
		w.click(turnBack)
		w.at("sign-in/answer/cancelled")
	}
}

// Persons and keys that open nothing, each told why.
func TestBrowserFederalRefused(t *testing.T) {
	s := onStage(t)
	for outcome, c := range map[string]struct {
		who   string
		level int
	}{"unknown": {"louise", 500}, "level": {"grace", 100}} {
		w := s.window(t)
		w.knockFederal(oidcProvider, "en", "home")
		w.proves(c.who, c.level)
		w.until("an outcome", `location.pathname.startsWith("/en/sign-in/answer/")`)
		if got := eval[string](w, "location.pathname"); !strings.HasSuffix(got, "/"+outcome) && !strings.HasSuffix(got, "/number") {
			t.Errorf("%s with %d comes to %s", c.who, c.level, got)
		}
		w.judge("refused "+outcome, "en")
		if status := w.visit("/en/home"); !strings.Contains(eval[string](w, "location.pathname"), "sign-in") {
			t.Errorf("home opens all the same (%d)", status)
		}
	}
}

// The whole way works without script: the provider's form has a button then.
func TestBrowserFederalWithoutScript(t *testing.T) {
	s := onStage(t)
	for _, provider := range []string{samlProvider, oidcProvider} {
		t.Run(provider, func(t *testing.T) {
			w := s.window(t)
			w.scriptOff()
			w.visit("/de/sign-in")
			w.click(fmt.Sprintf(`a[href^="/de/sign-in/federal/%s?"]`, provider))
			w.atStandIn()
			w.proves("hanna", codeCard)
			if provider == samlProvider {
				w.until("the form", `document.querySelector("#answer button")`)
				w.click("#answer button")
			}
			w.at("(home|enrol/opened)") // the first sign-in of all opens her account
			w.visit("/de/bank/change")
			w.click(fmt.Sprintf(`main a[href*="/sign-in/federal/%s?next=bank/change"]`, provider))
			w.atStandIn()
			w.proves("hanna", 450)
			if provider == samlProvider {
				w.until("the form", `document.querySelector("#answer button")`)
				w.click("#answer button")
			}
			w.at("bank/change")
			w.click(`form[action$="/sign-out/everywhere"] button`)
			w.at("signed-out/everywhere")
		})
	}
}
