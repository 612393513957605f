package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"guichet.example/portal/locale"
	"guichet.example/reader/api"
	"guichet.example/reader/kiosk"
)

// The screen of a browser that no agent has bound, held to the rules of accessibility.
func TestBrowserKioskUnbound(t *testing.T) {
	w := onStage(t).window(t)
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		w.visit("/" + lang + "/kiosk")
		if found := w.troubles(lang); len(found) > 0 {
			t.Errorf("%s: %s", lang, strings.Join(found, "\n"))
		}
	}
}

// A kiosk from the administrator who pairs it to the copy of its key that ends it, person
// after person at one and the same machine.
func TestBrowserKiosk(t *testing.T) {
	b := atBooth(t)
	for _, part := range []struct {
		name string
		play func(*booth)
	}{
		{"between people", (*booth).idles},
		{"keypad", (*booth).showsKeys},
		{"bank change by touch", (*booth).changesAccount},
		{"amounts masked", (*booth).masksAmounts},
		{"pages by keyboard", (*booth).looksAround},
		{"left alone", (*booth).isLeft},
		{"wrong PIN", (*booth).mistypes},
		{"unknown person", (*booth).knowsNobody},
		{"new member", (*booth).enrols},
		{"portal away", (*booth).losesPortal},
		{"agent frozen", (*booth).losesAgent},
		{"key copied", (*booth).isCopied},
	} {
		t.Run(part.name, func(t *testing.T) {
			b.during(t)
			part.play(b)
		})
	}
}

// idles is the screen between people, in each language and on each screen.
func (b *booth) idles() {
	b.t.Helper()
	b.shows("idle")
	for _, lang := range locale.Languages() {
		b.leave(func() { b.tap(`.kiosk-languages a[lang=` + string(lang) + `]`) })
		b.everywhere("idle", lang, true)
	}
	b.tap(`[data-do=contrast]`)
	b.look("idle, more contrast", locale.EN, true)
	b.tap(`[data-do=contrast]`)
	b.script(false)
	b.visit("/nl/kiosk")
	b.sees("noscript .note", locale.T(locale.NL, "kiosk.noscript"))
	if troubles := eval[[]string](b.window, fmt.Sprintf(atKiosk, true)); len(troubles) > 0 {
		b.t.Errorf("without script: %s", strings.Join(troubles, "\n"))
	}
	b.script(true)
}

// showsKeys is the page of the PIN, which one then stops.
func (b *booth) showsKeys() {
	b.t.Helper()
	for _, lang := range locale.Languages() {
		b.rest(lang)
		b.put(b.t, "hanna")
		b.until("the greeting", `document.querySelector("[data-greeting]:not([hidden])")`)
		b.sees("[data-greeting]", locale.T(lang, "kiosk.greeting", locale.A("name", "Hanna")))
		pin := b.keys()
		b.run(`{ const at = Date.now(); Date.now = () => at }`) // nobody is away while we look
		pin.everywhere("PIN", lang, true)
		pin.tap(`button[value=cancel]`)
		pin.closed()
		b.panelReads(lang, "cancelled")
		b.look("PIN cancelled", lang, true)
	}
}

// changesAccount is the main job with a finger, then the card comes out.
func (b *booth) changesAccount() {
	b.t.Helper()
	b.rest(locale.FR)
	b.put(b.t, "mathieu")
	b.until("the greeting", `document.querySelector("[data-greeting]:not([hidden])")`)
	b.look("card in", locale.FR, true)
	b.keys().touchPIN(PIN)
	b.at("home")
	b.look("home", locale.FR, false)
	b.tap(`main a[href="/fr/bank"]`)
	b.at("bank")
	b.tap(`main a[href="/fr/bank/change"]`)
	b.at("bank/change")
	b.look("bank change", locale.FR, false)
	b.write("#iban", "BE68 5390 0754 7034")
	b.write("#holder", "Mathieu Delcourt")
	b.tap("label[for=from-1]")
	b.tap("main form button.button")
	b.at("bank/change/check")
	b.look("check", locale.FR, false)
	b.tap("main form button.button")
	b.at("requests/[a-z0-9]+/read")
	b.look("read", locale.FR, false)
	b.tap("label[for=read]")
	b.tap("main form button.button")
	b.at("requests/[a-z0-9]+/sign")
	b.look("sign", locale.FR, false)
	before := b.signatures(b.t, "mathieu")
	b.tap(startCard)
	b.keys().touchPIN(PIN)
	b.at("requests/[a-z0-9]+/done")
	b.look("done", locale.FR, false)
	b.sees("main", locale.T(locale.FR, "requests.done.keep"))
	if made := b.signatures(b.t, "mathieu") - before; made != 1 {
		b.t.Errorf("the card signed %d times, want once", made)
	}
	if b.holds(`[...document.querySelectorAll('a[href$=".pdf"]')].some((link) => link.checkVisibility())`) {
		b.t.Error("a file may be saved at a kiosk")
	}
	b.printsDone()
	b.out("Delcourt")
}

// printsDone prints what a member takes home: whose it is and when, on one sheet, with
// nothing of what is for the screen.
func (b *booth) printsDone() {
	b.t.Helper()
	for _, contrast := range []string{"as it was", "more", "as it was again"} {
		if contrast != "as it was" {
			b.tap("[data-do=contrast]")
		}
		sheets := b.printed()
		if len(sheets) != 1 {
			b.t.Errorf("what was done fills %d sheets, contrast %s", len(sheets), contrast)
		}
		for _, want := range []string{"Mathieu Delcourt", "Imprimé le", read("requests.done.title.signature")} {
			if !strings.Contains(sheets[0], want) {
				b.t.Errorf("the paper lacks %q: %q", want, sheets[0])
			}
		}
		for _, useless := range []string{read("kiosk.pull"), read("kiosk.help"), read("kiosk.over"), read("kiosk.amounts.show")} {
			if strings.Contains(sheets[0], useless) {
				b.t.Errorf("the paper holds %q", useless)
			}
		}
	}
}

// slow is how much slower than it should a machine may be that does much else.
const slow = 10

// out takes the card out and looks for what is left of the person.
func (b *booth) out(name string) {
	b.t.Helper()
	b.run(`document.querySelector("[data-do=contrast]").click()`)
	began := time.Now()
	b.pullOut(b.t)
	b.until("a blank screen", `!document.body.innerText.includes(`+quote(name)+`) && !document.querySelector("main h1, main form")`+
		` || document.body.dataset.screen`)
	took := time.Since(began)
	b.t.Logf("card out: blank after %v", took.Round(time.Millisecond))
	if took > slow*maxSignedOut {
		b.t.Errorf("blank %v after the card came out", took)
	}
	b.shows("out")
	b.look("card out", "", true)
	for range 3 {
		b.goes("history.back()")
		b.until("the kiosk's screen", `document.readyState === "complete" && location.pathname.endsWith("/kiosk")`)
		if text := eval[string](b.window, "document.body.innerText"); strings.Contains(text, name) {
			b.t.Errorf("going back shows the next person %q", text)
		}
	}
	if kept := eval[string](b.window, leftBehind); kept != "[]" {
		b.t.Errorf("the browser keeps %s for the next person", kept)
	}
}

// leftBehind names what a browser still has of a person: what pages store, cookies that
// scripts read, and pages that it shows without asking anybody.
const leftBehind = `(async () => {
	const kept = [...Object.keys(localStorage), ...Object.keys(sessionStorage), ...await caches.keys(), ...document.cookie.split("; ").filter(Boolean)];
	for (const one of await indexedDB.databases()) kept.push(one.name);
	for (const one of await navigator.serviceWorker.getRegistrations()) kept.push(one.scope);
	for (const lang of ["fr", "nl", "de", "en"]) for (const path of ["home", "bank", "requests", "documents", "account", "bank/check"]) {
		const answer = await fetch("/" + lang + "/" + path, {cache: "only-if-cached", mode: "same-origin"}).catch(() => null);
		if (answer && answer.ok) kept.push(path);
	}
	return JSON.stringify(kept);
})()`

// amounts says that the page, with all that is hidden in it, has an amount of money.
const amounts = `/[0-9][.,][0-9]{2}(\u00a0|<(small|\/))/.test(document.documentElement.innerHTML)`

// masksAmounts is what others who stand in the hall do not read: nothing before the member
// asks, all in her session, nothing again for who comes after her.
func (b *booth) masksAmounts() {
	b.t.Helper()
	b.rest(locale.FR)
	b.put(b.t, "mathieu")
	b.keys().touchPIN(PIN)
	b.at("home")
	see := func(name string, want bool) {
		b.t.Helper()
		for lang, path := range map[locale.Language]string{locale.FR: "home", locale.NL: "refunds?since=all", locale.DE: "home", locale.EN: "rights/maf"} {
			b.visit("/" + string(lang) + "/" + path)
			for _, screen := range kioskScreens {
				b.lookOn(screen, name+" "+strings.TrimSuffix(path, "?since=all"), lang, false)
			}
			if b.holds(amounts) != want {
				b.t.Errorf("%s: /%s/%s has amounts: %v", name, lang, path, !want)
			}
		}
		b.visit("/fr/refunds?since=all")
		b.leave(func() { b.run(`document.querySelector(".payments tbody a").click()`) })
		b.everywhere(name+" refund", locale.FR, false)
		if b.holds(amounts) != want {
			b.t.Errorf("%s: a refund has amounts: %v", name, !want)
		}
	}
	see("masked", false)
	b.sees("#amounts button", locale.T(locale.FR, "kiosk.amounts.show"))
	b.visit("/fr/refunds?since=all")
	b.run(`document.querySelector("#amounts button").focus()`)
	b.focused("#amounts button")
	b.leave(func() { b.press(enter) })
	b.until("the same page", `location.pathname + location.search === "/fr/refunds?since=all"`)
	b.sees("#amounts button", locale.T(locale.FR, "kiosk.amounts.hide"))
	see("shown", true)
	b.script(false)
	b.leave(func() { b.tap("#amounts button") })
	if b.holds(amounts) {
		b.t.Error("without script amounts stay shown")
	}
	b.leave(func() { b.tap("#amounts button") })
	if !b.holds(amounts) {
		b.t.Error("without script amounts stay masked")
	}
	b.script(true)
	b.visit("/fr/home")
	b.out("Delcourt")
	b.rest(locale.FR)
	b.put(b.t, "mathieu")
	b.keys().touchPIN(PIN)
	b.at("home")
	if b.holds(amounts) {
		b.t.Error("the next person's amounts are shown")
	}
}

// looksAround signs in by keyboard and looks at the pages of who is signed in.
func (b *booth) looksAround() {
	b.t.Helper()
	b.rest(locale.NL)
	b.put(b.t, "lotte")
	b.keys().typePIN()
	b.at("home")
	for i, path := range []string{"home", "bank", "requests", "documents", "account", "orders/ehic"} {
		lang := locale.Languages()[i%4]
		b.visit("/" + string(lang) + "/" + path)
		b.everywhere(path, lang, false)
	}
}

// isLeft is who stays signed in and goes away.
func (b *booth) isLeft() {
	b.t.Helper()
	b.visit("/nl/home")
	ahead := func(seconds int) {
		b.run(fmt.Sprintf(`{ const now = Date.now; Date.now = () => now() + %d000 }`, seconds))
	}
	ahead(46)
	b.until("the question", `!document.getElementById("still").hidden`)
	b.focused(`[data-do=stay]`)
	b.everywhere("still there", locale.NL, false)
	b.tap(`[data-do=stay]`)
	b.until("the page", `document.getElementById("still").hidden`)
	if status := b.visit("/nl/home"); status != 200 {
		b.t.Errorf("who is still there is answered %d", status)
	}
	ahead(66)
	b.shows("out")
	if !eval[bool](b.window, `fetch("/nl/home", {redirect: "manual"}).then((answer) => answer.type === "opaqueredirect")`) {
		b.t.Error("who has left is still signed in")
	}
}

// mistypes is a card whose PIN is wrong three times.
func (b *booth) mistypes() {
	b.t.Helper()
	b.rest(locale.EN)
	b.put(b.t, "grace")
	pin := b.keys()
	for left := 2; left > 0; left-- {
		pin.leave(func() { pin.digits("9871") })
		pin.until("the error", fmt.Sprintf(`document.getElementById("errors")?.innerText.includes("%d tr")`, left))
		pin.look(fmt.Sprintf("wrong PIN, %d left", left), locale.EN, true)
	}
	pin.touchPIN("9871")
	b.panelReads(locale.EN, "pin_blocked")
	b.look("PIN blocked", locale.EN, true)
	if err := b.desk.ResetTries("grace"); err != nil {
		b.t.Fatal(err)
	}
}

// knowsNobody is the card of a person of another mutuality.
func (b *booth) knowsNobody() {
	b.t.Helper()
	b.rest(locale.DE)
	b.put(b.t, "louise")
	b.keys().touchPIN(PIN)
	b.panelReads(locale.DE, "unknown_member")
	b.look("unknown person", locale.DE, true)
}

// enrols is a member who has no account yet.
func (b *booth) enrols() {
	b.t.Helper()
	b.rest(locale.FR)
	began := time.Now()
	b.put(b.t, "odile")
	b.keys().touchPIN(PIN)
	b.at("enrol/opened")
	b.t.Logf("account made %v after the card was put in", time.Since(began).Round(time.Millisecond))
	b.everywhere("account opened", locale.FR, false)
	b.out("Lambert")
}

// losesPortal is a portal that is started again while somebody is signed in.
func (b *booth) losesPortal() {
	b.t.Helper()
	b.rest(locale.EN)
	b.put(b.t, "grace")
	b.keys().touchPIN(PIN)
	b.at("home")
	b.closePortal()
	b.tap(`.kiosk-nav a[href="/en/documents"]`)
	b.until("no connection", `document.getElementById("offline").checkVisibility()`)
	b.everywhere("no connection", locale.EN, false)
	b.openPortal(b.t)
	b.until("the page that was asked for, or the end of a session that was silent too long",
		`document.readyState === "complete" && /\/(documents|kiosk)$/.test(location.pathname) && document.getElementById("offline").hidden`)
}

// losesAgent is an agent that hangs while somebody is signed in, and goes on. One that is
// killed takes the browser along.
func (b *booth) losesAgent() {
	b.t.Helper()
	b.rest(locale.FR)
	b.put(b.t, "mathieu")
	b.keys().touchPIN(PIN)
	b.at("home")
	began := time.Now()
	b.signal(syscall.SIGSTOP)
	b.until("no connection", `document.getElementById("offline").checkVisibility() || document.body.dataset.screen === "offline"`)
	b.t.Logf("agent frozen: said after %v", time.Since(began).Round(time.Millisecond))
	b.shows("offline")
	b.t.Logf("agent frozen: nobody signed in after %v", time.Since(began).Round(time.Millisecond))
	b.look("out of service", locale.FR, true)
	if b.visit("/fr/home"); !strings.HasSuffix(eval[string](b.window, "location.pathname"), "/kiosk") {
		b.t.Error("signed in at a kiosk whose agent hangs")
	}
	b.signal(syscall.SIGCONT)
	b.pullOut(b.t)
	b.shows("idle")
}

// signal stops the kiosk's agent in its tracks, or lets it go on.
func (b *booth) signal(to syscall.Signal) {
	b.t.Helper()
	if err := b.agent.Process.Signal(to); err != nil {
		b.t.Fatal(err)
	}
}

// isCopied is a second machine with the same key.
func (b *booth) isCopied() {
	b.t.Helper()
	b.rest(locale.DE)
	b.put(b.t, "mathieu")
	b.keys().touchPIN(PIN)
	b.at("home")
	text, err := os.ReadFile(b.key)
	copied := filepath.Join(b.t.TempDir(), "stolen.key")
	if err == nil {
		err = os.WriteFile(copied, text, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	key, err := kiosk.LoadKey(copied)
	if err != nil {
		b.t.Fatal(err)
	}
	state, err := kiosk.OpenState(copied + ".state")
	if err != nil {
		b.t.Fatal(err)
	}
	stolen := &kiosk.Line{Portal: b.origin, Key: key, State: state}
	if err := stolen.Open(); err != nil {
		b.t.Fatal(err)
	}
	_, err = stolen.Send(b.t.Context(), api.KioskMessage{Kind: api.KioskStart})
	if refused, is := err.(kiosk.RefusedError); !is || refused.State != api.KioskSuspended {
		b.t.Fatalf("a copy of the key begins: %v, want it suspended", err)
	}
	b.shows("unbound")
	b.everywhere("suspended", locale.DE, true)
	b.office.visit("/en/office/kiosks")
	b.office.sees("main", locale.T(locale.EN, "kiosk.office.state.suspended"))
}
