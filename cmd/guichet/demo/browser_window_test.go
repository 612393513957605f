package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// window is one page as a person has it before her. Whatever goes wrong ends the
// test, with the page's heading in the message.
type window struct {
	t     *testing.T
	ctx   context.Context
	stage *stage
	end   func() // closes it

	width    int64  // inside, in CSS pixels
	features string // of the system, as media was told
	mute     bool   // scripts are off

	mu     sync.Mutex
	faults []string // what the browser complained of
	quiet  []string // parts of complaints that the test provokes
	heard  []string // those
	posts  []string // paths of what was posted
}

// window opens an empty one with cookies of its own.
func (s *stage) window(t *testing.T) *window {
	t.Helper()
	return s.open(t, s.chromium, chromedp.WithNewBrowserContext())
}

// beside opens one more that shares the cookies of w.
func (w *window) beside(t *testing.T) *window {
	t.Helper()
	return w.stage.open(t, w.ctx)
}

func (s *stage) open(t *testing.T, parent context.Context, options ...chromedp.ContextOption) *window {
	t.Helper()
	w, err := s.attach(t, parent, options...)
	if err != nil {
		t.Fatalf("opening a window: %v", err)
	}
	return w
}

func (s *stage) attach(t *testing.T, parent context.Context, options ...chromedp.ContextOption) (*window, error) {
	t.Helper()
	w := &window{t: t, stage: s}
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(w.listen))...)
	w.ctx, w.end = ctx, cancel
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		return nil, err
	}
	t.Cleanup(func() {
		w.mu.Lock()
		for _, fault := range w.faults {
			t.Errorf("the browser complains: %s", fault)
		}
		w.mu.Unlock()
		cancel()
	})
	w.size(desk, 900)
	return w, nil
}

// asked takes hold of the page that asks for a PIN; nil if none is open yet. One that is
// just on its way from one address to the next lets go again, and is found a moment later.
func (s *stage) asked(t *testing.T, browser context.Context) *window {
	t.Helper()
	for _, info := range s.targets(t) {
		if info.Type != "page" || info.Attached || !strings.HasPrefix(info.URL, s.agent.URL()+"/pin/") {
			continue
		}
		w, err := s.attach(t, browser, chromedp.WithTargetID(info.TargetID))
		if err == nil {
			return w
		}
		if !strings.Contains(err.Error(), "navigated or closed") {
			t.Fatalf("opening the page of the PIN: %v", err)
		}
	}
	return nil
}

// during lets a subtest act in the window, and fail for itself.
func (w *window) during(t *testing.T) *window {
	before := w.t
	t.Cleanup(func() { w.t = before })
	w.t = t
	return w
}

func (w *window) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		w.fail("%s: %v", what, err)
	}
}

// fail ends the test and says what is on the page.
func (w *window) fail(format string, args ...any) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 2*time.Second)
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + " " + (document.querySelector("main")?.innerText ?? document.documentElement.outerHTML)`))
	if err != nil {
		at = err.Error()
	}
	w.t.Fatalf("%s\non the page: %s", fmt.Sprintf(format, args...), at)
}

// scriptOff stops the scripts of the pages opened from now on.
func (w *window) scriptOff() {
	w.t.Helper()
	w.script(false)
}

// script switches the scripts of the pages opened from now on.
func (w *window) script(on bool) {
	w.t.Helper()
	w.mute = !on
	w.do("switching script", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	}))
}

// cookie sets one of the counter's cookies.
func (w *window) cookie(name, value string) {
	w.t.Helper()
	w.do("setting a cookie", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.SetCookie, network.SetCookieParams{
			Name: name, Value: value, URL: w.stage.origin, Path: "/", Secure: new(true), HTTPOnly: new(true)})
		return err
	}))
}

// visit types an address of the counter, and returns the status of the answer. The page
// is whole then, scripts included: in a new window chromedp takes the end of the empty
// page for that of the one asked for.
func (w *window) visit(path string) int {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	response, err := chromedp.Run(ctx, chromedp.NavigateResponse(w.address(path)))
	if err != nil {
		w.fail("opening %s: %v", path, err)
	}
	w.until("the whole page", `document.readyState === "complete" && location.href !== "about:blank"`)
	return int(response.Status)
}

func (w *window) address(path string) string {
	if strings.HasPrefix(path, "/") {
		return w.stage.origin + path
	}
	return path
}

// eval returns the value of an expression of JavaScript in the page. It is read again where
// another page came in the middle of it.
func eval[T any](w *window, expression string) T {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	for {
		value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
		if err == nil {
			return value
		}
		if !ledAway(err) || ctx.Err() != nil {
			w.fail("%s: %v", expression, err)
		}
	}
}

// ledAway says whether a page was gone before it could answer.
func ledAway(err error) bool {
	return err != nil && strings.Contains(err.Error(), "Inspected target navigated")
}

// run lets a script act in the page.
func (w *window) run(script string) {
	w.t.Helper()
	w.do(script, chromedp.Evaluate[chromedp.Void](script))
}

// goes runs a script that leads away from the page. That the page was gone before it could
// answer is no error.
func (w *window) goes(script string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](script))
	if err != nil && !ledAway(err) {
		w.fail("%s: %v", script, err)
	}
}

// leave waits until what is done has led to another page, script included.
func (w *window) leave(do func()) {
	w.t.Helper()
	w.run("window.left = false")
	do()
	w.until("another page", `window.left === undefined && document.readyState === "complete"`)
}

// until waits until an expression is true, over the loads of pages too.
func (w *window) until(what, expression string) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !w.holds(expression); time.Sleep(15 * time.Millisecond) {
		if time.Now().After(deadline) || w.ctx.Err() != nil {
			w.fail("waiting for %s: %s", what, expression)
		}
	}
}

// holds says whether an expression is true now; while a page loads it is not.
func (w *window) holds(expression string) bool {
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
	return err == nil && ok
}

// at waits for the page at a path below the language to be there, script included.
func (w *window) at(path string) {
	w.t.Helper()
	w.until("the page "+path, fmt.Sprintf(`document.readyState === "complete" && (new RegExp("^/(fr|nl|de|en)/" + %s + "$")).test(location.pathname)`, quote(path)))
}

// click presses the mouse on the one visible thing that the selector names.
func (w *window) click(selector string) {
	w.t.Helper()
	w.untilFelt(selector, func() {
		w.t.Helper()
		w.do("clicking "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
	})
}

// untilFelt presses, and again if the thing had moved away meanwhile: a page may still settle
// when its scripts have run.
func (w *window) untilFelt(selector string, press func()) {
	w.t.Helper()
	if w.mute {
		press()
		return
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		w.run(fmt.Sprintf(`window.felt = false; document.addEventListener("click", ({target}) => { if (target.closest(%s)) window.felt = true; }, {capture: true, once: true})`, quote(selector)))
		if press(); w.felt() {
			return
		}
	}
	w.fail("%s feels nothing", selector)
}

// felt says whether the click arrived, or has led to another page already. One that has
// not when the mouse is up will not, but for a busy machine.
func (w *window) felt() bool {
	for deadline := time.Now().Add(500 * time.Millisecond); ; time.Sleep(15 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(w.ctx, 2*time.Second)
		felt, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`window.felt !== false`))
		cancel()
		late := time.Now().After(deadline)
		if felt || w.ctx.Err() != nil || late && err != nil { // or to the end of the window
			return true
		}
		if late {
			return false
		}
	}
}

// write types into a field in place of what is there.
func (w *window) write(selector, text string) {
	w.t.Helper()
	w.do("writing into "+selector, chromedp.Clear(chromedp.CSS(selector)), chromedp.SendKeys(chromedp.CSS(selector), text))
}

// text is what a person reads there, words separated by one space; "" where there is
// nothing to be seen.
func (w *window) text(selector string) string {
	w.t.Helper()
	return strings.Join(strings.Fields(eval[string](w, fmt.Sprintf(
		`(([at]) => at?.checkVisibility() ? at.innerText : "")(document.querySelectorAll(%s))`, quote(selector)))), " ")
}

// sees waits until the text stands there: a page that one was just led away from may still
// be the one that is looked at.
func (w *window) sees(selector, text string) {
	w.t.Helper()
	got := ""
	for deadline := time.Now().Add(patience); ; time.Sleep(15 * time.Millisecond) {
		if got = w.text(selector); strings.Contains(got, text) {
			return
		}
		if time.Now().After(deadline) {
			w.fail("%s reads %q, want %q in it", selector, got, text)
		}
	}
}

// close closes it, as with the cross in its corner.
func (w *window) close() { w.end() }

// closed waits until the window has gone.
func (w *window) closed() {
	w.t.Helper()
	id := chromedp.FromContext(w.ctx).Target.TargetID
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		found := false
		for _, info := range w.stage.targets(w.t) {
			found = found || info.TargetID == id
		}
		if !found {
			return
		}
		time.Sleep(15 * time.Millisecond)
	}
	w.fail("the window stays open")
}

func (s *stage) targets(t *testing.T) []*target.Info {
	t.Helper()
	list, err := chromedp.Targets(s.chromium)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// quote writes a string as JavaScript.
func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return string(text)
}
