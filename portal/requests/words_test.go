package requests

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"guichet.example/portal/areatest"
	"guichet.example/portal/locale"
	"guichet.example/signing/document"
)

// printer prints checks as the counter does.
type printer struct{ key *ecdsa.PrivateKey }

func (p printer) Print(act document.Act) (*document.Check, error) {
	code, err := document.NewCheckCode(rand.Reader)
	if err != nil {
		return nil, err
	}
	check, err := document.NewCheck(act, "https://guichet.test/check", "tilleuls", code)
	if err == nil {
		check.Payload, err = check.Payload.Sign(p.key)
	}
	return &check, err
}

// drawnActs are the requests whose document we draw, in a language, with all that can
// stand in them.
func drawnActs(l document.Language) []document.Act {
	change, order := bankChange(), ehicOrder(l)
	change.Language = l
	return []document.Act{change, order}
}

// The page that a member reads and the PDF that she signs say the same words in the same
// order: to who follows the structure of the file, and to who reads it from the top.
func TestPageSaysWhatTheFileSays(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range document.Languages() {
		for _, act := range drawnActs(l) {
			name := string(act.Kind()) + " " + string(l)
			d := newDesk(t)
			d.Printer = printer{key}
			id, err := d.Freeze(t.Context(), d.login, act, "key "+name)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			c := counter(t, d)
			c.Lang = locale.Language(l)
			p := c.Get("requests/" + id + "/read")
			file := c.Get("requests/" + id + "/document.pdf")
			if p.Status != http.StatusOK || file.Status != http.StatusOK {
				t.Fatalf("%s: %d, %d", name, p.Status, file.Status)
			}
			texts := sheetTexts(t, p)
			whole := solid(strings.Join(texts, ""))
			if !strings.Contains(whole, "GC-2026-") || len(texts) < 20 {
				t.Fatalf("%s: the page says %q", name, texts)
			}
			if got := structureOf(t, file.Body); got != whole {
				t.Errorf("%s: the file says\n%s\nthe page\n%s", name, got, whole)
			}
			rest := solid(poppler(t, file.Body, "pdftotext", "-raw", "-", "-"))
			for _, text := range texts {
				_, after, ok := strings.Cut(rest, solid(text))
				if !ok {
					t.Errorf("%s: pdftotext does not read %q where the page has it", name, text)
					break
				}
				rest = after
			}
		}
	}
}

// sheetTexts are the texts of the document on its page, in order, without the box that says
// where the signature will stand.
func sheetTexts(t *testing.T, p *areatest.Page) (texts []string) {
	t.Helper()
	sheets := p.All("article.sheet")
	if len(sheets) != 1 {
		t.Fatalf("the page has %d documents", len(sheets))
	}
	boxed := map[*html.Node]bool{}
	for _, box := range p.All(".sheet .mark") {
		for n := range box.Descendants() {
			boxed[n] = true
		}
	}
	for n := range sheets[0].Descendants() {
		if n.Type == html.TextNode && !boxed[n] && strings.TrimSpace(n.Data) != "" {
			texts = append(texts, n.Data)
		}
	}
	return texts
}

var quotedText = regexp.MustCompile(`(?m)^ *"(.*)"$`)

func structureOf(t *testing.T, pdf []byte) string {
	t.Helper()
	var b strings.Builder
	for _, m := range quotedText.FindAllStringSubmatch(poppler(t, pdf, "pdfinfo", "-struct-text", "-"), -1) {
		b.WriteString(m[1])
	}
	return solid(b.String())
}

// poppler has one of its programs read the file.
func poppler(t *testing.T, pdf []byte, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out)
}

// solid drops white space and what only says where a word may be cut.
func solid(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\u00ad' {
			return -1
		}
		return r
	}, s)
}
