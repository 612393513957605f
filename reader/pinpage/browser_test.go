package pinpage_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"guichet.example/certs"
	"guichet.example/reader/agent/agenttest"
	"guichet.example/reader/internal/pagelook"
	"guichet.example/reader/pinpage"
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
	ctx, late := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(late)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	return ctx
}

// Every state of the page passes the accessibility rules, light and wide, dark and narrow;
// in the other languages the states with the most words, where they have least room.
func TestBrowserAccessibility(t *testing.T) {
	t.Parallel()
	rules, err := os.ReadFile(filepath.Join("..", "..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("axe-core is missing: run make test-deps: %v", err)
	}
	ctx := browser(t)
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		for name, page := range pinPages(t, lang) {
			if lang == "fr" {
				judge(t, ctx, lang+" "+name+" light", page, "light", 1280, string(rules))
			} else if name != "asks" && name != "last try" {
				continue
			}
			judge(t, ctx, lang+" "+name+" dark", page, "dark", 320, string(rules))
		}
	}
}

// pinPages makes each state of the page once and returns it as it was served.
func pinPages(t *testing.T, lang string) map[string]*agenttest.PINPage {
	t.Helper()
	pages := map[string]*agenttest.PINPage{}
	o := pinpage.Operation{Purpose: certs.Signature, Site: otherSite, Digest: "3F2A 91C0 7B44 12EE", Lang: lang}
	p := begin(t, o, 2)
	page := p.open(t)
	var err error
	for _, step := range []struct{ name, typed string }{{"asks", "12"}, {"not a PIN", "0000"}, {"last try", rightPIN}, {"done", ""}} {
		if err != nil {
			t.Fatal(err)
		}
		pages[step.name] = page
		if page.Asks {
			page, err = page.Submit(t.Context(), step.typed)
		}
	}
	if err := p.end(t); err != nil {
		t.Fatal(err)
	}
	blocked := ask(t, p.server, p.host, o, 1)
	if pages["blocked"], err = blocked.open(t).Submit(t.Context(), "0000"); err != nil {
		t.Fatal(err)
	}
	if pages["gone"], err = p.client.OpenPIN(t.Context(), "http://"+p.host+"/pin/x"); pages["gone"] == nil {
		t.Fatal(err)
	}
	return pages
}

const axe = `(async () => {
	const found = await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'EN-301-549', 'best-practice'],
		rules: {'target-size': {enabled: true}}});
	return found.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html).join(' | ')).join('\n');
})()`

// judge serves a page again, with its own style sheet, and has axe-core look at it.
func judge(t *testing.T, ctx context.Context, name string, page *agenttest.PINPage, scheme string, width int64, rules string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/pin.css" {
			w.Header().Set("Content-Type", "text/css")
			_, _ = w.Write(pagelook.CSS)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", page.Header.Get("Content-Security-Policy"))
		_, _ = w.Write([]byte(strings.Replace(page.HTML, `<script src="/pin.js" defer></script>`, "", 1)))
	}))
	defer server.Close()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 800), chromedp.Navigate(server.URL), chromedp.Evaluate[chromedp.Void](rules)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if dir := os.Getenv("GUICHET_PICTURES"); dir != "" {
		picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		file := strings.ReplaceAll(name, " ", "-") + ".png"
		if err := os.WriteFile(filepath.Join(dir, file), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	violations, err := chromedp.Run(ctx, chromedp.Evaluate[string](axe, chromedp.EvalAwaitPromise))
	if err != nil || violations != "" {
		t.Errorf("%s: %v\n%s", name, err, violations)
	}
	wide, err := chromedp.Run(ctx, chromedp.Evaluate[int64]("document.documentElement.scrollWidth"))
	if err != nil || wide > width {
		t.Errorf("%s: %d px wide in a window of %d, %v", name, wide, width, err)
	}
}
