package agent_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"guichet.example/reader"
	"guichet.example/reader/agent"
	"guichet.example/reader/remote"
	"guichet.example/reader/softcard"
)

// browser starts Chromium and returns the context of its first tab.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true),
		chromedp.Flag("allow-pre-commit-input", true)) // or a click before the first frame is dropped
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, late := context.WithTimeout(ctx, 90*time.Second)
	t.Cleanup(late)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	return ctx
}

// site is a page of its own origin that uses the agent as the counter's card page
// does: events, a request across origins, the PIN page in a window without opener.
const site = `<!DOCTYPE html><html lang="en"><title>site</title><button id="go">go</button><iframe id="frame"></iframe><script>
const agent = %q, nonce = %q;
window.result = '';
document.getElementById('go').onclick = async () => {
  window.result = '';
  const events = new EventSource(agent + '/v1/events');
  events.onmessage = (m) => {
    const e = JSON.parse(m.data);
    if (e.state === 'pin_page') {
      window.pin = e.pinURL;
      window.open(e.pinURL, '_blank', 'noopener');
    }
  };
  await new Promise((ok) => { events.onopen = ok; });
  const r = await fetch(agent + '/v1/authenticate', {method: 'POST', headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({challengeNonce: nonce, lang: 'en'})});
  const body = await r.json();
  events.close();
  window.result = body.format || body.error.code + ' ' + body.error.state;
};
</script></html>`

// visit opens a site that the agent allows, in the browser.
func visit(t *testing.T, ctx context.Context, d *desk) {
	t.Helper()
	visitAgent(t, ctx, func(allowed func(*agent.Config)) *started { return start(t, d, allowed) })
}

// visitAgent opens a site that an agent, which is started with it, allows.
func visitAgent(t *testing.T, ctx context.Context, start func(allowed func(*agent.Config)) *started) {
	t.Helper()
	var a *started
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, site, a.URL(), nonce)
	}))
	t.Cleanup(server.Close)
	a = start(func(c *agent.Config) { c.Origins = []string{server.URL} })
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL)); err != nil {
		t.Fatal(err)
	}
}

// press starts an operation and returns the tab of its PIN page.
func press(t *testing.T, ctx context.Context) (context.Context, context.CancelFunc) {
	t.Helper()
	opened := chromedp.WaitNewTarget(ctx, func(info *target.Info) bool { return strings.Contains(info.URL, "/pin/") })
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.ID("go"))); err != nil {
		t.Fatal(err)
	}
	tab, cancel := chromedp.NewContext(ctx, chromedp.WithTargetID(<-opened))
	if err := chromedp.Do(tab, chromedp.WaitVisible(chromedp.ID("pin"))); err != nil {
		t.Fatalf("PIN page: %v", err)
	}
	return tab, cancel
}

func result(t *testing.T, ctx context.Context) string {
	t.Helper()
	text, err := chromedp.Run(ctx, chromedp.Poll[string]("window.result", chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(30*time.Second)))
	if err != nil {
		t.Fatalf("no result: %v", err)
	}
	return text
}

// A real browser, from a real page: a wrong PIN, the right one, and the window closes
// by itself.
func TestBrowserSignsIn(t *testing.T) {
	ctx := browser(t)
	visit(t, ctx, newDesk(newCard("ec")))
	tab, cancel := press(t, ctx)
	defer cancel()
	focused, err := chromedp.Run(tab, chromedp.Evaluate[string]("document.activeElement.id"))
	if err != nil || focused != "pin" {
		t.Errorf("focus is on %q, %v; want the PIN field", focused, err)
	}
	if err := chromedp.Do(tab, chromedp.SendKeys(chromedp.ID("pin"), "0000\r"), chromedp.WaitVisible(chromedp.ID("errors"))); err != nil {
		t.Fatal(err)
	}
	if focused, err = chromedp.Run(tab, chromedp.Evaluate[string]("document.activeElement.id")); err != nil || focused != "errors" {
		t.Errorf("after an error focus is on %q, %v; want the summary", focused, err)
	}
	if err := chromedp.Do(tab, chromedp.SendKeys(chromedp.ID("pin"), rightPIN+"\r")); err != nil {
		t.Fatal(err)
	}
	if got := result(t, ctx); got != "web-eid:1.0" {
		t.Errorf("the page got %q", got)
	}
	for range 50 {
		if open := pinTabs(t, ctx); open == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the window did not close itself")
}

func pinTabs(t *testing.T, ctx context.Context) int {
	t.Helper()
	infos, err := chromedp.Targets(ctx)
	if err != nil {
		t.Fatal(err)
	}
	open := 0
	for _, info := range infos {
		if strings.Contains(info.URL, "/pin/") {
			open++
		}
	}
	return open
}

func TestBrowserClosesTheWindow(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	visit(t, ctx, newDesk(newCard("ec")))
	tab, cancel := press(t, ctx)
	if err := chromedp.Do(tab, chromedp.Reload(), chromedp.WaitVisible(chromedp.ID("pin"))); err != nil {
		t.Fatal(err)
	}
	cancel() // closes the tab
	if got := result(t, ctx); got != "ERR_WEBEID_USER_CANCELLED cancelled" {
		t.Errorf("the page got %q", got)
	}
}

func TestBrowserPullsTheCard(t *testing.T) {
	ctx := browser(t)
	d := newDesk(newCard("ec"))
	visit(t, ctx, d)
	tab, cancel := press(t, ctx)
	defer cancel()
	d.put(nil, reader.ErrNoCard)
	if got := result(t, ctx); got != "ERR_WEBEID_NATIVE_FATAL card_removed" {
		t.Errorf("the page got %q", got)
	}
	const want = "The card is no longer in the reader."
	if text := lead(tab, want); !strings.Contains(text, want) {
		t.Errorf("the PIN page says %q", text)
	}
}

// The module hangs with the PIN in its hands and its process is killed. The window is no
// error page of the browser: it says that the card is working, and then how it ended.
// The slot is free again.
func TestBrowserModuleHangs(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	d, cards := softCards(t, remote.Config{Deadline: 6 * time.Second})
	if err := errors.Join(d.Insert("ec"), d.Fail(softcard.Fault{Function: "C_Sign", Do: softcard.Hang})); err != nil {
		t.Fatal(err)
	}
	var a *started
	visitAgent(t, ctx, func(allowed func(*agent.Config)) *started {
		a = start(t, nil, func(c *agent.Config) { c.Cards = cards }, allowed, func(c *agent.Config) { c.Origins = append(c.Origins, counter) })
		return a
	})
	tab, cancel := press(t, ctx)
	defer cancel()
	if err := chromedp.Do(tab, chromedp.SendKeys(chromedp.ID("pin"), rightPIN+"\r")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Your card is working.", "Nothing was sent."} {
		if got := lead(tab, want); !strings.Contains(got, want) {
			t.Errorf("the PIN page says %q, want %q", got, want)
		}
	}
	if got := result(t, ctx); !strings.HasPrefix(got, "ERR_WEBEID_") {
		t.Errorf("the page got %q", got)
	}
	if err := d.Fail(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.page(rightPIN).Authenticate(t.Context(), nonce); err != nil {
		t.Errorf("afterwards: Authenticate = %v", err)
	}
}

// lead waits until the PIN page says something, through all the times that it loads
// itself again, which ends what was asked of it. It returns what it said last.
func lead(tab context.Context, want string) string {
	var text string
	for range 600 {
		said, err := chromedp.Run(tab, chromedp.Evaluate[string]("document.querySelector('.lead')?.textContent ?? ''"))
		if err == nil {
			text = said
		}
		if strings.Contains(text, want) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return text
}

// In a frame there is no form, whatever the page around it does.
func TestBrowserDoesNotFrameThePINPage(t *testing.T) {
	ctx := browser(t)
	visit(t, ctx, newDesk(newCard("ec")))
	_, cancel := press(t, ctx)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void]("document.getElementById('frame').src = window.pin"), chromedp.Sleep(500*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	infos, err := chromedp.Targets(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range infos {
		if info.Type != "iframe" {
			continue
		}
		frame, detach := chromedp.NewContext(ctx, chromedp.WithTargetID(info.TargetID))
		shows, err := chromedp.Run(frame, chromedp.Evaluate[bool]("!!document.querySelector('form, input')"))
		if err != nil || shows {
			t.Errorf("the frame shows the form: %v, %v", shows, err)
		}
		detach()
	}
}
