package native

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"guichet.example/reader/api"
)

// rulesHold is axe-core's verdict on a page: one line for each rule that is broken.
const rulesHold = `(async () => {
	const found = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549", "best-practice"],
		rules: { "target-size": { enabled: true } } });
	return found.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html).join(" | ")).join("\n");
})()`

// The page in a real browser: it holds to the rules of accessibility, goes on by itself
// when the card comes, and takes an answer from the keyboard.
func TestPageInABrowser(t *testing.T) {
	axe, err := os.ReadFile("../../node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("axe-core is missing (npm ci): %v", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	for lang, text := range texts {
		visitors, use := browses(t)
		d := newDesk()
		b := start(t, d, use)
		b.send(command(getCertificate, map[string]any{"origin": site, "lang": lang}))
		v := <-visitors
		if err := chromedp.Do(ctx, chromedp.Navigate(v.address)); err != nil {
			t.Fatal(err)
		}
		awaitText(t, ctx, text.noCard)
		if lang == "fr" { // the other languages where there are most words
			holdsToRules(t, ctx, lang+", waiting", string(axe))
		}
		d.put(cardOf(t, "nora"))
		awaitText(t, ctx, strings.ReplaceAll(text.holder, "{name}", "Nora Specimen"))
		holdsToRules(t, ctx, lang+", asking", string(axe))
		if err := chromedp.Do(ctx, chromedp.Focus(chromedp.CSS("button[value=yes]")), chromedp.KeyEvent("\r")); err != nil {
			t.Fatal(err)
		}
		var c api.SigningCertificate
		b.answer(&c)
		awaitText(t, ctx, text.over)
		b.silent()
	}
}

func awaitText(t *testing.T, ctx context.Context, text string) {
	t.Helper()
	await(t, text, func() bool {
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body?.innerText ?? ""`))
		return err == nil && strings.Contains(got, text)
	})
}

// holdsToRules looks in the light and wide, and in the dark where there is little room.
func holdsToRules(t *testing.T, ctx context.Context, name, axe string) {
	t.Helper()
	for scheme, width := range map[string]int64{"light": 1280, "dark": 320} {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme},
				{Name: "prefers-reduced-motion", Value: "reduce"}}}) // no colour is on its way to another
		if err == nil {
			err = chromedp.Do(ctx, chromedp.EmulateViewport(width, 800), chromedp.Evaluate[chromedp.Void](axe))
		}
		var broken string
		if err == nil {
			broken, err = chromedp.Run(ctx, chromedp.Evaluate[string](rulesHold, chromedp.EvalAwaitPromise))
		}
		if err != nil || broken != "" {
			t.Errorf("%s, %s: %s %v", name, scheme, broken, err)
		}
	}
}
