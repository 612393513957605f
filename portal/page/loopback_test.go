package page_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// onPublicAddress serves the gallery under a name of the internet, as far as the browser
// can tell, and returns a tab and the address. Chromium without a window denies what it
// would ask a person (Local Network Access).
func onPublicAddress(t *testing.T, agent string) (context.Context, string) {
	t.Helper()
	u, err := url.Parse(counter(t, agent, newPortal().mount).URL)
	if err != nil {
		t.Fatal(err)
	}
	origin := "http://portal.test:" + u.Port()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.ExecPath("/usr/bin/chromium"),
		chromedp.Flag("ip-address-space-overrides", u.Host+"=public"), chromedp.Flag("host-resolver-rules", "MAP portal.test 127.0.0.1"),
		chromedp.Flag("unsafely-treat-insecure-origin-as-secure", origin))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx, origin
}

// A browser that keeps a page of the internet from this machine tells the page only that
// fetching failed. The panel says what to allow, and does not speak of a missing program.
func TestAgentBlockedByTheBrowser(t *testing.T) {
	_, agent := newAgent(t)
	ctx, origin := onPublicAddress(t, agent)
	open(t, ctx, origin+"/fr/sign-in/card")
	if state, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector(".inside [data-state]").dataset.state`)); err != nil || state != "ready-signin" {
		t.Errorf("before anything is asked the panel shows %s, %v", state, err)
	}
	click(t, ctx, start)
	says(t, ctx, "agent_blocked")
}

// Allowed, the agent is reached, and followed before anything is asked.
func TestAgentAllowedByTheBrowser(t *testing.T) {
	a, agent := newAgent(t)
	ctx, origin := onPublicAddress(t, agent)
	allow := chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, chromedp.FromContext(ctx).Browser, cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{
			Permission: &cdpbrowser.PermissionDescriptor{Name: "loopback-network"}, Setting: cdpbrowser.PermissionSettingGranted, Origin: origin})
		return err
	})
	if err := chromedp.Do(ctx, allow); err != nil {
		t.Fatal(err)
	}
	open(t, ctx, origin+"/fr/sign-in/card")
	a.events <- `{"state":"no_card","tries":-1}`
	says(t, ctx, "no_card")
}

// While the browser asks the member, the panel says so.
func TestBrowserAsks(t *testing.T) {
	_, agent := newAgent(t)
	ctx, origin := onPublicAddress(t, agent)
	open(t, ctx, origin+"/fr/sign-in/card", `navigator.permissions.query = async () => ({ state: window.state });
		window.state = "prompt";
		window.fetch = (_, { signal }) => new Promise((resolve, reject) => { window.refuse = () => { window.state = "denied"; reject(new TypeError("Failed to fetch")) } })`)
	click(t, ctx, start)
	says(t, ctx, "agent_ask")
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](`refuse()`)); err != nil {
		t.Fatal(err)
	}
	says(t, ctx, "agent_blocked")
}

// A counter near the agent is asked nothing: a missing agent is missing.
func TestAgentMissingNearby(t *testing.T) {
	a, agent := newAgent(t)
	a.down.Store(true)
	server := counter(t, agent, newPortal().mount)
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/sign-in/card")
	click(t, ctx, start)
	says(t, ctx, "agent_missing")
}

// The two sentences exist in each language and name what browsers call it.
func TestAgentBlockedIsSaid(t *testing.T) {
	for l, word := range map[locale.Language]string{locale.FR: "cet appareil", locale.NL: "dit apparaat", locale.DE: "diesem Gerät", locale.EN: "this device"} {
		for _, state := range []string{"agent_blocked", "agent_ask"} {
			if text := page.CardText(l, state); !strings.Contains(text, word) {
				t.Errorf("%v %s: %q", l, state, text)
			}
		}
	}
}
