package demo

import (
	"context"
	"slices"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const desk = 1280 // CSS pixels

// size sets the inside of the window, in CSS pixels.
func (w *window) size(width, height int64) {
	w.t.Helper()
	w.width = width
	w.do("sizing", chromedp.EmulateViewport(width, height))
}

// media makes the page believe in features of the member's system:
// "prefers-color-scheme", "dark".
func (w *window) media(features ...string) {
	w.t.Helper()
	w.features = ""
	var list []*emulation.MediaFeature
	if !slices.Contains(features, "forced-colors") { // they stay forced until that is said
		list = append(list, &emulation.MediaFeature{Name: "forced-colors", Value: "none"})
	}
	for i := 0; i+1 < len(features); i += 2 {
		list = append(list, &emulation.MediaFeature{Name: features[i], Value: features[i+1]})
		w.features += "-" + features[i+1]
	}
	w.do("emulating media", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: list})
		return err
	}))
}
