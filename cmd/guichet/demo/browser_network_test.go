package demo

import (
	"context"
	"net/url"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// note keeps the paths of what the page posts to the counter.
func (w *window) note(e *network.EventRequestWillBeSent) {
	if e.Request.Method != "POST" {
		return
	}
	if address, err := url.Parse(e.Request.URL); err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.posts = append(w.posts, address.Path)
	}
}

// posted says whether the page has posted to a path that ends so.
func (w *window) posted(end string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, path := range w.posts {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return false
}

// block lets no request through to what the patterns name; none: all pass again.
func (w *window) block(patterns ...string) {
	w.t.Helper()
	list := []*network.BlockPattern{}
	for _, pattern := range patterns {
		list = append(list, &network.BlockPattern{URLPattern: pattern, Block: true})
	}
	w.do("blocking addresses", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: list})
		return err
	}))
}

// forgetCookies drops the cookies of the window, and with them the session.
func (w *window) forgetCookies() {
	w.t.Helper()
	w.do("dropping cookies", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.ClearBrowserCookies, cdp.Empty{})
		return err
	}))
}

// hold stops the next request to an address on its way. What it returns waits for that,
// and returns what lets the request go on.
func (w *window) hold(address string) func() func() {
	w.t.Helper()
	paused := chromedp.Events(w.ctx, fetch.RequestPaused)
	w.do("holding requests", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, fetch.Enable, fetch.EnableParams{
			Patterns: []*fetch.RequestPattern{{URLPattern: address, RequestStage: fetch.RequestStageRequest}}})
		return err
	}))
	return func() func() {
		w.t.Helper()
		for event, err := range paused {
			if err != nil {
				w.fail("waiting for %s: %v", address, err)
			}
			return func() {
				w.t.Helper()
				w.do("letting a request go", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
					if _, err := cdp.Call(ctx, t, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: event.RequestID}); err != nil {
						return err
					}
					_, err := cdp.Call(ctx, t, fetch.Disable, cdp.Empty{})
					return err
				}))
			}
		}
		return nil
	}
}
