package page_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// truth waits until a script expression holds.
func truth(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	for range 300 {
		holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if err == nil && holds {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	focus, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.activeElement.outerHTML.slice(0, 200)`))
	t.Fatalf("never true: %s; the focus is on %s", expression, focus)
}

func press(t *testing.T, ctx context.Context, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if err := chromedp.Do(ctx, chromedp.KeyEvent(key)); err != nil {
			t.Fatal(err)
		}
	}
}

// enter presses Enter as a keyboard does: when the key press is answered, no character
// follows (KeyEvent would type one all the same, into whatever has the focus by then).
func enter(t *testing.T, ctx context.Context) {
	t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		key := input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13}
		if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, key); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSessionEndIsAnnounced: the warning stands there in the last two minutes, staying
// takes it away, and a session that ended leads to the door.
func TestSessionEndIsAnnounced(t *testing.T) {
	answers := make(chan int, 2)
	server := counter(t, "", func(mux *http.ServeMux) {
		mux.HandleFunc("POST /fr/stay", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(<-answers)
			_, _ = io.WriteString(w, `{"seconds":900}`)
		})
	})
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/ending")
	truth(t, ctx, `document.querySelector("[data-idle=soon]").offsetHeight > 0`)
	answers <- 200
	click(t, ctx, "#idle button")
	truth(t, ctx, `document.getElementById("idle").hidden`)
	open(t, ctx, server.URL+"/fr/ending")
	answers <- 401
	click(t, ctx, "#idle button")
	truth(t, ctx, `location.pathname === "/fr/sign-in" && location.search === "?ended=1&next=ending"`)
}

// TestFormGoesAlongWithTheLanguage: what was typed is sent to the same page in the
// other language, marked as a switch.
func TestFormGoesAlongWithTheLanguage(t *testing.T) {
	got := make(chan string, 1)
	server := counter(t, "", func(mux *http.ServeMux) {
		mux.HandleFunc("POST /nl/bank/change", func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			got <- r.PostForm.Get("switch") + " " + r.PostForm.Get("holder")
			_, _ = io.WriteString(w, "<!DOCTYPE html><title>nl</title>")
		})
	})
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/bank/change", `document.getElementById("holder").value = "Nora"`)
	click(t, ctx, "details.language summary")
	click(t, ctx, `.language button[lang="nl"]`)
	select {
	case form := <-got:
		if form != "1 Nora" {
			t.Errorf("form = %q, want the mark and the name", form)
		}
	case <-time.After(10 * time.Second):
		t.Error("the form did not go along")
	}
}

// TestEnterSendsTheForm: the words of other languages are buttons of the form and stand
// before its own; Enter in a field presses none of them.
func TestEnterSendsTheForm(t *testing.T) {
	got := make(chan string, 1)
	server := counter(t, "", func(mux *http.ServeMux) {
		for _, lang := range []string{"fr", "nl", "de", "en"} {
			mux.HandleFunc("POST /"+lang+"/bank/change", func(w http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm()
				got <- lang + r.PostForm.Get("switch")
				_, _ = io.WriteString(w, "<!DOCTYPE html><title>sent</title>")
			})
		}
	})
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/bank/change", `document.getElementById("holder").focus()`)
	press(t, ctx, kb.Enter)
	select {
	case sent := <-got:
		if sent != "fr" {
			t.Errorf("Enter sent the form to %q, want fr and no switch", sent)
		}
	case <-time.After(10 * time.Second):
		t.Error("Enter did not send the form")
	}
}

// TestErrorsByKeyboard: the summary has the focus, and its first link leads into the
// first field, with the hint and the error as its description.
func TestErrorsByKeyboard(t *testing.T) {
	server := counter(t, "", nil)
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/bank/change")
	truth(t, ctx, `document.activeElement.id === "errors"`)
	press(t, ctx, kb.Tab)
	enter(t, ctx)
	truth(t, ctx, `document.activeElement.id === "iban"`)
	press(t, ctx, kb.Tab, kb.Tab)
	truth(t, ctx, `document.activeElement.id === "from-day"`)
}

// TestSkipLinkIsFirst: one Tab shows it, Enter leads past the header.
func TestSkipLinkIsFirst(t *testing.T) {
	server := counter(t, "", nil)
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/home")
	press(t, ctx, kb.Tab)
	truth(t, ctx, `document.activeElement.className === "skip" && document.activeElement.getBoundingClientRect().top >= 0`)
	enter(t, ctx)
	press(t, ctx, kb.Tab)
	truth(t, ctx, `document.querySelector("main").contains(document.activeElement)`)
}

// TestMenuWhenNarrow: a link opens it, without script; it holds all entries.
func TestMenuWhenNarrow(t *testing.T) {
	axe, err := os.ReadFile("../../node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("axe-core is missing (npm ci): %v", err)
	}
	server := counter(t, "", nil)
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/home")
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(360, 800)); err != nil {
		t.Fatal(err)
	}
	truth(t, ctx, `document.querySelector("#menu").offsetHeight === 0`)
	click(t, ctx, ".menu-link")
	truth(t, ctx, `[...document.querySelectorAll(".main-nav a, .tools a, .tools button")].filter((e) => e.offsetHeight >= 24).length >= 6`)
	if list := violations(t, ctx, axe, ""); len(list) > 0 {
		t.Errorf("open menu: %s", strings.Join(list, "; "))
	}
	shoot(t, ctx, "menu-360")
}

func TestPrintButtonShowsWhereScriptsRun(t *testing.T) {
	server := counter(t, "", nil)
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/done", `window.print = () => { window.printed = true }`)
	click(t, ctx, "[data-print]")
	truth(t, ctx, "window.printed")
}
