package demo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// certificate makes the provisional certificate of who ordered a European card, from the page
// that says that the order was sent: by keyboard, without a script. A stranger checks it.
func (w *window) certificate(t *testing.T) {
	t.Helper()
	w.click(`main a[href="/nl/orders/ehic/certificate"]`)
	w.at("orders/ehic/certificate")
	for _, lang := range []string{"fr", "de", "en", "nl"} {
		w.visit("/" + lang + "/orders/ehic/certificate")
		w.judge("certificate, the form", lang)
	}
	w.size(320, 800)
	w.judge("certificate, the form narrow", "nl")
	w.size(desk, 900)
	w.scriptOff()
	w.visit("/nl/orders/ehic/certificate")
	w.leave(func() { w.hit(sendForm, enter) })
	w.at("documents/[a-z0-9]+")
	w.script(true)
	w.visit("/nl/documents")
	w.sees("main", "Voorlopig certificaat, Europese kaart")
	w.click("tbody th a")
	w.at("documents/[a-z0-9]+")
	w.judge("certificate, the document", "nl")
	file := filepath.Join(t.TempDir(), "certificate.pdf")
	if err := os.WriteFile(file, w.download(`main a[href$="/file.pdf"]`), 0o600); err != nil {
		t.Fatal(err)
	}
	w.visit("/nl/check")
	w.do("choosing a file", chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	w.leave(func() { w.click(`form[action$="/check/file"] [data-kind=first]`) })
	w.judge("certificate, checked", "nl")
	w.sees("main", "TOTAL-PASSED")
	if text := w.text("main"); strings.Contains(text, "72022911853") || strings.Contains(text, "72.02.29-118.53") {
		t.Error("the public check shows the national number")
	}
}
