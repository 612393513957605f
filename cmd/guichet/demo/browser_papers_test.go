package demo

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"guichet.example/portal/locale"
)

func init() {
	for route, why := range map[string]string{
		"POST papers":                             "among those of the papers",
		"POST office/files/:id/paper":             "among those of the papers",
		"GET office/files/:id/paper/read":         "among those of the papers",
		"POST office/files/:id/paper/read":        "among those of the papers",
		"GET office/files/:id/paper/sign":         "among those of the papers",
		"GET office/files/:id/paper/done":         "among those of the papers",
		"POST office/files/:id/paper/prepare":     "JSON",
		"POST office/files/:id/paper/complete":    "JSON",
		"GET office/files/:id/paper/document.pdf": "PDF",
	} {
		notPages[route] = why
	}
}

// strange is a file that another program wrote.
func strange(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "..", "signing", "testdata", "foreign", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// read is a French text as a page's text reads: blanks are blanks.
func read(key string) string {
	return strings.ReplaceAll(locale.T(locale.FR, key), "\u00a0", " ")
}

// hand fills the form of a paper and sends it.
func (w *window) hand(title, file string) {
	w.t.Helper()
	w.write("#title", title)
	w.do("choosing a file", chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	w.leave(func() { w.click("main form[enctype] button[data-kind=first]") })
}

// judged holds a signed file to outside programs: pdfsig calls each signature valid and
// qpdf finds no fault. The file begins with the one that was sent, byte for byte.
func judged(t *testing.T, pdf []byte, sent string) {
	t.Helper()
	original, err := os.ReadFile(sent)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(pdf, original) {
		t.Error("the signed file does not begin with the file that was sent")
	}
	name := filepath.Join(t.TempDir(), "signed.pdf")
	if err := os.WriteFile(name, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, command := range map[string][]string{
		"Signature is Valid.":                       {"pdfsig", "-nocert", name},
		"No syntax or stream encoding errors found": {"qpdf", "--check", name},
	} {
		out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) || strings.Contains(string(out), "Signature is Invalid") {
			t.Errorf("%s: %v\n%s", command[0], err, out)
		}
	}
}

// A member signs a file of her own, after one that is refused with its reason; it lies in
// her vault and waits in the queue.
func TestBrowserPaper(t *testing.T) {
	s := onStage(t)
	file := strange(t, "accepted/libreoffice-docx-pdfa3.pdf")
	w := s.window(t)
	w.signIn("mathieu", "fr")
	w.visit("/fr/requests")
	w.click(`main a[href="/fr/papers"]`)
	w.at("papers")
	w.judge("paper, the form", "fr")
	w.expectComplaint("422")
	w.hand("Attestation de mon employeur", strange(t, "refused/script.pdf"))
	w.judge("paper, refused", "fr")
	w.sees(".errors", read("papers.obstacle.active"))
	w.sees("main", read("papers.obstacle.active.next"))
	w.size(320, 800)
	w.judge("paper, refused narrow", "fr")
	w.size(desk, 900)

	w.hand("Attestation de mon employeur", file)
	w.at("requests/[a-z0-9]+/read")
	w.judge("paper, to read", "fr")
	w.sees("main", "Attestation de mon employeur")
	w.size(320, 800)
	w.judge("paper, to read narrow", "fr")
	w.size(desk, 900)
	if got, want := w.download(`main a[href$="/document.pdf"]`), file; !same(t, got, want) {
		t.Error("the file to read is not the one that was sent")
	}
	w.click("#read")
	w.click("main form button.button")
	w.at("requests/[a-z0-9]+/sign")
	w.judge("paper, to sign", "fr")
	w.click(startCard)
	pin := w.pinPage()
	w.sees("#card", pin.text("#digest"))
	pin.give(PIN)
	pin.closed()
	w.at("requests/[a-z0-9]+/done")
	w.judge("paper, signed", "fr")
	w.click(`nav a[href="/fr/documents"]`)
	w.at("documents")
	w.judge("paper, in the vault", "fr")
	w.sees("main", "Attestation de mon employeur")
	w.click(`tbody th a`)
	w.at("documents/[a-z0-9]+")
	w.judge("paper, its document", "fr")
	signed := w.download(`main a.button[href$="/file.pdf"]`)
	s.verify(t, signed, "Mathieu Delcourt")
	judged(t, signed, file)
	w.click(`main a[href$="/report"]`)
	w.at("documents/[a-z0-9]+/report")
	w.sees(".verdict[data-kind=valid]", "Mathieu Delcourt")
}

func same(t *testing.T, got []byte, path string) bool {
	t.Helper()
	want, err := os.ReadFile(path)
	return err == nil && bytes.Equal(got, want)
}

// An advisor signs a file with her own card and puts it into a member's vault, by keyboard
// sizes and wide; the member finds it there with who signed it.
func TestBrowserOfficePaper(t *testing.T) {
	s := onStage(t)
	s.everything(t, "Inès Collard")
	file := strange(t, "accepted/typst.pdf")
	o := s.window(t)
	o.toOffice("ines", "fr")
	o.send("/fr/office/person", strings.Replace(fillSearch, "72.02.29-118.53", "85.07.30-033.28", 1), sendForm)
	o.at("office/files/[a-z0-9]+")
	o.click(`main a[href$="/paper"]`)
	o.at("office/files/[a-z0-9]+/paper")
	o.judge("office paper, the form", "fr")
	o.expectComplaint("422")
	o.hand("x", strange(t, "refused/encrypted.pdf"))
	o.judge("office paper, refused", "fr")
	o.sees(".errors", read("papers.obstacle.encrypted"))
	o.hand("Attestation d’affiliation", file)
	o.at("office/files/[a-z0-9]+/paper/read")
	o.judge("office paper, to read", "fr")
	o.click("#read")
	o.click("main form button.button")
	o.at("office/files/[a-z0-9]+/paper/sign")
	o.judge("office paper, to sign", "fr")
	o.click(startCard)
	pin := o.pinPage()
	o.sees("#card", pin.text("#digest"))
	pin.give(PIN)
	pin.closed()
	o.at("office/files/[a-z0-9]+/paper/done")
	o.judge("office paper, signed", "fr")
	o.size(320, 800)
	o.judge("office paper, signed narrow", "fr")

	w := s.window(t)
	w.signIn("mathieu", "nl")
	w.visit("/nl/documents?kind=office-paper")
	w.judge("office paper, in the vault", "nl")
	w.click(`tbody th a`)
	w.at("documents/[a-z0-9]+")
	w.judge("office paper, its document", "nl")
	w.sees("main", "Inès Collard")
	signed := w.download(`main a.button[href$="/file.pdf"]`)
	s.verify(t, signed, "Inès Collard")
	judged(t, signed, file)
}
