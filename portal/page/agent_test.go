package page_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// fakeAgent is a loopback agent that tells what it is made to tell.
type fakeAgent struct {
	events chan string
	reply  chan answer
	down   atomic.Bool // nothing answers
}

func newAgent(t *testing.T) (*fakeAgent, string) {
	a := &fakeAgent{events: make(chan string, 10), reply: make(chan answer, 1)}
	server := httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(server.CloseClientConnections)
	t.Cleanup(func() { go server.Close() })
	return a, server.URL
}

func (a *fakeAgent) serve(w http.ResponseWriter, r *http.Request) {
	if a.down.Load() {
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	switch {
	case r.Method == http.MethodOptions:
		w.WriteHeader(http.StatusNoContent)
	case r.URL.Path == "/v1/status":
		_, _ = io.WriteString(w, `{"agent":"guichet-reader","version":"1.0.0","busy":false}`)
	case strings.HasPrefix(r.URL.Path, "/pin/"):
		_, _ = io.WriteString(w, "<!DOCTYPE html><title>PIN</title>")
	case r.URL.Path == "/v1/cancel":
		w.WriteHeader(http.StatusNoContent)
	case r.URL.Path == "/v1/events":
		h.Set("Content-Type", "text/event-stream")
		for {
			select {
			case e := <-a.events:
				fmt.Fprintf(w, "data: %s\n\n", e)
			case <-time.After(50 * time.Millisecond):
				fmt.Fprint(w, ": alive\n\n")
			case <-r.Context().Done():
				return
			}
			w.(http.Flusher).Flush()
		}
	case r.Method != http.MethodPost:
		http.NotFound(w, r)
	default:
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not notice that the page gave up
		select {
		case reply := <-a.reply:
			w.WriteHeader(reply.status)
			_, _ = io.WriteString(w, reply.body)
		case <-r.Context().Done():
		}
	}
}

func TestAgentTellsWhereTheCardStands(t *testing.T) {
	a, origin := newAgent(t)
	p := newPortal()
	server := counter(t, origin, p.mount)
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/sign-in/card")
	a.events <- `{"state":"no_card","tries":-1}`
	shown(t, ctx, "no_card")
	a.events <- `{"state":"card_ready","tries":-1}`
	shown(t, ctx, "ready-signin")
	click(t, ctx, start)
	for _, step := range []struct{ event, want, says string }{
		{`{"state":"card_ready","tries":-1}`, "card_ready", "dans le lecteur"},
		{`{"state":"pin_page","tries":3,"pinURL":"` + origin + `/pin/once"}`, "pin_window", "Tapez-y votre code PIN."},
		{`{"state":"pin_wrong","tries":2,"pinURL":"` + origin + `/pin/once"}`, "pin_wrong", "Il vous reste 2 essais."},
		{`{"state":"pin_wrong","tries":1,"pinURL":"` + origin + `/pin/once"}`, "pin_wrong_last", "Il vous reste 1 essai"},
		{`{"state":"checking","tries":-1}`, "checking", "Laissez-la dans le lecteur."},
	} {
		a.events <- step.event
		if text := shown(t, ctx, step.want); !strings.Contains(text, step.says) {
			t.Errorf("after %s the panel says %q", step.event, text)
		}
	}
	a.reply <- answer{422, `{"error":{"code":"ERR_WEBEID_NATIVE_FATAL","message":"m","state":"card_removed","tries":-1}}`}
	shown(t, ctx, "card_removed")
	click(t, ctx, `a.button[data-do="retry"]`)
	a.reply <- answer{200, `{"unverifiedCertificate":"YQ==","algorithm":"ES384","signature":"Yg==","format":"web-eid:1.0","appVersion":"x"}`}
	arrived(t, ctx)
	if n := len(p.bodies("sign-in/card/challenge")); n != 2 {
		t.Errorf("%d challenges, want a new one for the second try", n)
	}
}

// TestTryAgainWhileWaiting: the attempt that is given up says nothing any more, and the
// new one follows its own events, although the agent came up after the page.
func TestTryAgainWhileWaiting(t *testing.T) {
	a, origin := newAgent(t)
	a.down.Store(true)
	server := counter(t, origin, newPortal().mount)
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/sign-in/card", `window.seen = []; new MutationObserver(() => {
		const state = document.querySelector(".inside [data-state]")?.dataset.state;
		if (state && state !== seen.at(-1)) seen.push(state);
	}).observe(document.querySelector(".inside"), {subtree: true, childList: true})`)
	a.down.Store(false)
	click(t, ctx, start)
	pin := `{"state":"pin_page","tries":3,"pinURL":"` + origin + `/pin/once"}`
	a.events <- pin
	shown(t, ctx, "pin_window")
	click(t, ctx, `[data-extra=unseen] a`)
	shown(t, ctx, "starting")
	a.events <- pin
	shown(t, ctx, "pin_window")
	if seen, err := chromedp.Run(ctx, chromedp.Evaluate[string]("seen.join()")); err != nil || seen != "starting,pin_window,starting,pin_window" {
		t.Errorf("the panel showed %s (%v)", seen, err)
	}
	a.reply <- answer{200, `{"unverifiedCertificate":"YQ==","algorithm":"ES384","signature":"Yg==","format":"web-eid:1.0","appVersion":"x"}`}
	arrived(t, ctx)
}

// TestForeignPINPageIsNotOpened: an address outside the agent is never opened or linked.
func TestForeignPINPageIsNotOpened(t *testing.T) {
	a, origin := newAgent(t)
	server := counter(t, origin, newPortal().mount)
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/sign-in/card")
	click(t, ctx, start)
	a.events <- `{"state":"pin_page","tries":3,"pinURL":"https://elsewhere.example/pin/once"}`
	shown(t, ctx, "pin_page")
	link, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(() => { const a = document.querySelector("a[data-link=pin]"); return a.hidden + " " + a.getAttribute("href") })()`))
	if err != nil || link != "true #card" {
		t.Errorf("link to the PIN page is %q (%v), want it hidden", link, err)
	}
}
