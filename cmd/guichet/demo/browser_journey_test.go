package demo

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	downloads "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"guichet.example/portal/locale"
	"guichet.example/signing"
)

// The main job, as a member does it with a mouse: sign in with the card, change the
// bank account, sign the document with the card, find it in the vault.
func TestBrowserChangesAccount(t *testing.T) {
	s := onStage(t)
	s.insert(t, "mathieu")
	w := s.window(t)
	w.visit("/fr/sign-in")
	w.click(`a[href^="/fr/sign-in/card"]`)
	w.at("sign-in/card")

	w.click(startCard)
	pin := w.pinPage()
	pin.sees("#site", s.origin)
	pin.give(PIN)
	pin.closed()
	w.at("home")
	w.sees("main", "Mathieu")

	w.click(`main a[href="/fr/bank"]`)
	w.at("bank")
	w.click(`main a[href="/fr/bank/change"]`)
	w.at("bank/change")
	w.write("#iban", "BE68 5390 0754 7034")
	w.write("#holder", "Mathieu Delcourt")
	w.click("label[for=from-1]")
	w.click("main form button.button")
	w.at("bank/change/check")
	w.sees("main", "BE68 5390 0754 7034")
	w.click("main form button.button")
	w.at("requests/[a-z0-9]+/read")

	before := s.signatures(t, "mathieu")
	w.click("#read")
	w.click("main form button.button")
	w.at("requests/[a-z0-9]+/sign")
	w.click(startCard)
	pin = w.pinPage()
	w.sees("#card", pin.text("#digest"))
	pin.give(PIN)
	pin.closed()
	w.at("requests/[a-z0-9]+/done")
	w.sees("main", locale.T(locale.FR, "requests.done.keep"))
	if made := s.signatures(t, "mathieu") - before; made != 1 {
		t.Errorf("the card signed %d times, want once", made)
	}

	w.click(`nav a[href="/fr/documents"]`)
	w.at("documents")
	w.click(`tbody th a`)
	w.at("documents/[a-z0-9]+")
	s.verify(t, w.download(`main a.button[href$="/file.pdf"]`), "Mathieu Delcourt")
	w.click(`main a[href$="/report"]`)
	w.at("documents/[a-z0-9]+/report")
	w.sees(".verdict[data-kind=valid]", "Mathieu Delcourt")
}

// download clicks on a file and returns what the browser saved.
func (w *window) download(selector string) []byte {
	w.t.Helper()
	dir := w.t.TempDir()
	w.do("choosing where files go", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		c := chromedp.FromContext(ctx)
		_, err := cdp.Call(ctx, c.Browser, downloads.SetDownloadBehavior, downloads.SetDownloadBehaviorParams{
			Behavior: downloads.SetDownloadBehaviorBehaviorAllow, BrowserContextID: c.BrowserContextID, DownloadPath: dir})
		return err
	}))
	w.click(selector)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(15 * time.Millisecond) {
		if found, _ := filepath.Glob(filepath.Join(dir, "*.pdf")); len(found) == 1 {
			if content, err := os.ReadFile(found[0]); err == nil && len(content) > 0 {
				return content
			}
		}
	}
	w.fail("%s downloads nothing", selector)
	return nil
}

// verify holds a downloaded document to a signature by that person, kept for long.
func (s *stage) verify(t *testing.T, pdf []byte, signer string) {
	t.Helper()
	report, err := signing.Verify(t.Context(), pdf, signing.Trust{Anchors: s.services.Anchors()})
	if err != nil {
		t.Fatalf("the downloaded document: %v", err)
	}
	if !report.Valid() || len(report.Signatures) == 0 {
		t.Fatalf("the downloaded document does not verify: %+v", report)
	}
	if got := report.Signatures[0]; got.Level < signing.LevelLT || got.Signer != signer {
		t.Errorf("the document is %v by %q, want %v by %q", got.Level, got.Signer, signing.LevelLT, signer)
	}
}
