package demo

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// press hits keys one after the other, wherever the focus is.
func (w *window) press(keys ...string) {
	w.t.Helper()
	for _, key := range keys {
		w.pressWith(0, key)
	}
}

func (w *window) pressWith(modifier chromedp.Modifier, keys string) {
	w.t.Helper()
	w.do("pressing a key", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, key := range keys {
			if err := strike(ctx, t, modifier, key); err != nil {
				return err
			}
		}
		return nil
	}))
}

// strike presses and lets go of one key. What it types goes along with its pressing, as
// from a keyboard: a key that a page has dealt with when it goes down types nothing
// more, which chromedp.KeyEvent does not hold to.
func strike(ctx context.Context, t *chromedp.Target, modifier chromedp.Modifier, key rune) error {
	var down, up *input.DispatchKeyEventParams
	for _, event := range kb.Encode(key) {
		switch event.Type {
		case kb.KeyDown, kb.KeyRawDown:
			down = event
		case kb.KeyChar:
			down.Type, down.Text, down.UnmodifiedText = kb.KeyDown, event.Text, event.UnmodifiedText
		case kb.KeyUp:
			up = event
		}
	}
	for _, event := range []*input.DispatchKeyEventParams{down, up} {
		event.Modifiers |= int64(modifier)
		if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *event); err != nil {
			return err
		}
	}
	return nil
}

const (
	tabKey    = kb.Tab
	enter     = kb.Enter
	space     = " "
	arrowDown = kb.ArrowDown
	lineEnd   = kb.End
)
