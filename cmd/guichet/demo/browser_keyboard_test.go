package demo

import (
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"guichet.example/portal/locale"
)

// The main job without a mouse: Tab, Enter, Space and what one types. Where the focus
// is can be seen at every stop.
func TestBrowserByKeyboard(t *testing.T) {
	s := onStage(t)
	s.insert(t, "grace")
	w := s.window(t)
	w.visit("/en/sign-in")
	w.press(tabKey)
	w.focused("a.skip")
	w.press(enter)
	w.focused("#main")
	w.hit(`a[href^="/en/sign-in/card"]`, enter)
	w.at("sign-in/card")
	w.hit(startCard, enter)
	w.pinPage().typePIN()
	w.at("home")

	w.hit(`main a[href="/en/bank"]`, enter)
	w.at("bank")
	w.hit(`main a[href="/en/bank/change"]`, enter)
	w.at("bank/change")
	w.hit(`main form button.button`, enter)
	w.until("the errors", `document.querySelector("#errors")`)
	w.focused("#errors")
	w.hit(`#errors a[href="#iban"]`, enter)
	w.focused("#iban")
	w.press("BE68539007547034")
	w.stop("#holder")
	w.press("Grace Okonkwo")
	w.hit("#from-1", space)
	w.hit("main form button.button", enter)
	w.until("the check page", `location.pathname.endsWith("/check") && !document.querySelector("#errors") && document.readyState === "complete"`)
	w.focused("h1")

	w.hit("main form button.button", enter)
	w.at("requests/[a-z0-9]+/read")
	w.focused("h1")
	w.hit("main form button.button", enter) // without the tick
	w.until("the error", `document.querySelector("#errors")`)
	w.focused("#errors")
	w.hit("#read", space)
	w.hit("main form button.button", enter)
	w.at("requests/[a-z0-9]+/sign")
	w.focused("h1")
	w.hit(startCard, enter)
	w.pinPage().typePIN()
	w.at("requests/[a-z0-9]+/done")
	w.focused("h1")

	w.backTo(`nav a[href="/en/documents"]`)
	w.press(enter)
	w.at("documents")
	w.hit("tbody th a", enter)
	w.at("documents/[a-z0-9]+")
	w.stop(`main a.button[href$="/file.pdf"]`)
}

// A message to the mutuality by keyboard, from the first page to the one that says it is
// sent: a choice by arrow, a file, an answer to change at the check, and two mistakes.
func TestBrowserWritesByKeyboard(t *testing.T) {
	s := onStage(t)
	w := s.window(t)
	w.signIn("grace", "en")
	const send = "main form button[data-kind=first]"
	w.visit("/en/home")
	w.hit(`#menu nav a[href="/en/requests"]`, enter)
	w.at("requests")
	w.hit(`main a[href="/en/requests/contact"]`, enter)
	w.at("requests/contact")
	w.expectComplaint("422")
	w.hit(send, enter) // nothing chosen
	w.until("the errors", `document.querySelector("#errors")`)
	w.focused("#errors")
	w.hit("#errors a", enter)
	w.focused("input[name=reply]")
	w.press(arrowDown)
	w.focused("input[name=reply][value=letter]:checked")
	w.press(enter) // in a choice sends, as the button does
	w.at("requests/contact/words")
	w.focused("h1")
	w.hit(send, enter) // nothing written
	w.until("the errors", `document.querySelector("#errors")`)
	w.focused("#errors")
	w.stop("select[name=subject]")
	w.press(arrowDown, arrowDown)
	chosen := eval[string](w, `document.activeElement.selectedOptions[0].textContent`)
	w.stop("#title")
	w.press("My address")
	w.stop("#text")
	w.press("The box is missing.", enter, "It is box 3.")
	w.hit(send, enter)
	w.at("requests/contact/files")
	w.focused("h1")

	w.stop("#file")
	w.do("choosing a file", chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{photo(t)})) // its window is the system's
	w.leave(func() { w.hit("main form button[data-kind=second]", enter) })
	w.sees("main .files", "PNG")
	w.hit(`main .files form[action$="/remove"] button`, enter)
	w.until("no file", `document.readyState === "complete" && !document.querySelector("main .files")`)
	w.hit("main .actions a.button[data-kind=first]", enter)
	w.at("requests/contact/check")
	w.focused("h1")
	w.sees("main", chosen)
	w.hit(`main .change a[href$="#title"]`, enter)
	w.at("requests/contact/words")
	w.focused("#title")
	w.press(lineEnd, " at home", enter)
	w.at("requests/contact/files")
	w.hit("main .actions a.button[data-kind=first]", enter)
	w.at("requests/contact/check")
	w.hit(send, enter)
	w.at("messages/[a-z0-9]+")
	w.focused(".banner h2")
	w.sees("main", "My address at home")
	w.sees("main", "It is box 3.")
}

// photo is a file that one may send.
func photo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "box.png")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(file, image.NewGray(image.Rect(0, 0, 8, 8))), file.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// The panel's failure takes the focus that was on the button it replaces, and Enter
// starts again.
func TestBrowserTriesAgainByKeyboard(t *testing.T) {
	s := onStage(t)
	s.insert(t, "mathieu")
	w := s.window(t)
	w.visit("/de/sign-in/card")
	w.hit(startCard, enter)
	pin := w.pinPage()
	pin.hit(`button[value=cancel]`, enter)
	w.panelSays(locale.DE, "cancelled", "alert")
	w.focused("#card h2")
	w.hit(tryAgain, enter)
	w.pinPage().typePIN()
	w.at("home")
}

// typePIN types the PIN where the page puts the focus, and sends it.
func (w *window) typePIN() {
	w.t.Helper()
	w.focused("#pin")
	w.press(PIN, enter)
}

// focused waits until the focus is on what the selector names, and can be seen.
func (w *window) focused(selector string) {
	w.t.Helper()
	w.until("the focus on "+selector, fmt.Sprintf(`document.activeElement?.matches(%s)`, quote(selector)))
	if selector == "#main" {
		return // the target of a link: what follows is read there, nothing is marked
	}
	w.focusShows()
}

// hit moves on with Tab to what the selector names and presses a key there.
func (w *window) hit(selector, key string) {
	w.t.Helper()
	w.stop(selector)
	w.press(key)
}

// stop moves on with Tab until the focus is on what the selector names.
func (w *window) stop(selector string) {
	w.t.Helper()
	w.tabbing(selector, 0)
}

// backTo is stop with Shift and Tab.
func (w *window) backTo(selector string) {
	w.t.Helper()
	w.tabbing(selector, chromedp.ModifierShift)
}

// farthest is how many stops of Tab nobody should have to make on one page.
const farthest = 40

func (w *window) tabbing(selector string, modifier chromedp.Modifier) {
	w.t.Helper()
	for range farthest {
		w.pressWith(modifier, tabKey)
		w.focusShows()
		if eval[bool](w, fmt.Sprintf(`document.activeElement.matches(%s)`, quote(selector))) {
			return
		}
	}
	w.fail("%d times Tab do not lead to %s", farthest, selector)
}

// focusShows ends the test when one cannot see where the focus is: no outline, or the
// thing lies outside the window or behind something else.
func (w *window) focusShows() {
	w.t.Helper()
	if trouble := eval[string](w, seeFocus); trouble != "" {
		w.fail("the focus cannot be seen: %s", trouble)
	}
}

const seeFocus = `(() => {
  let at = document.activeElement;
  if (!at || at === document.body) return "";
  const name = at.outerHTML.slice(0, 120);
  const style = getComputedStyle(at);
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return "no outline: " + name;
  const box = at.getClientRects()[0] ?? at.getBoundingClientRect();
  if (box.width === 0 || box.bottom <= 0 || box.top >= innerHeight) return "outside the window: " + name;
  const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(box.top + Math.min(box.height / 2, 20), 0), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  const same = top && (at.contains(top) || top.contains(at) || at.labels && [...at.labels].some((label) => label.contains(top)));
  return same ? "" : "behind " + top?.outerHTML.slice(0, 120) + ": " + name;
})()`
