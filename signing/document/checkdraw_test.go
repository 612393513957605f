package document

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guichet.example/signing/document/documenttest"
)

func drawChecked(t *testing.T, a Act) *Drawn {
	t.Helper()
	c := checkOf(t, a)
	d, err := DrawChecked(a, created, &c)
	if err != nil {
		t.Fatalf("DrawChecked(%s) = %v", a.Kind(), err)
	}
	return d
}

// A check of another document, or one that nobody signed, is not drawn.
func TestDrawRefusesAForeignCheck(t *testing.T) {
	a := bankChange(FR)
	for name, test := range map[string]struct {
		change func(*Check)
		field  string
	}{
		"not signed":        {func(c *Check) { c.Payload.Signature = [64]byte{} }, "check.signature"},
		"other reference":   {func(c *Check) { c.Payload.Reference = "GC-1" }, "check.reference"},
		"other date":        {func(c *Check) { c.Payload.Date = c.Payload.Date.AddDate(0, 0, 1) }, "check.date"},
		"other digest":      {func(c *Check) { c.Payload.Digest = SheetDigest(bankChange(NL).Sheet()) }, "check.digest"},
		"no issuer":         {func(c *Check) { c.Payload.Issuer = "" }, "check.issuer"},
		"no code":           {func(c *Check) { c.Payload.Code = 0 }, "check.code"},
		"no page":           {func(c *Check) { c.Page = "" }, "check.page"},
		"page without TLS":  {func(c *Check) { c.Page = "http://guichet.example/check" }, "check.page"},
		"page with a query": {func(c *Check) { c.Page += "?x" }, "check.page"},
		"page with a part":  {func(c *Check) { c.Page += "#x" }, "check.page"},
		"page with a user":  {func(c *Check) { c.Page = "https://a@guichet.example/check" }, "check.page"},
		"page with a blank": {func(c *Check) { c.Page = "https://guichet.example/che ck" }, "check.page"},
		"script":            {func(c *Check) { c.Page = "javascript:alert(1)" }, "check.page"},
		"long page":         {func(c *Check) { c.Page = "https://" + strings.Repeat("a", 400) }, "check.page"},
	} {
		c := checkOf(t, a)
		test.change(&c)
		var field *FieldError
		if d, err := DrawChecked(a, created, &c); d != nil || !errors.As(err, &field) || field.Field != test.field {
			t.Errorf("%s: DrawChecked = %v, want a refusal of %s", name, err, test.field)
		}
	}
	bad := a
	bad.NewIBAN = "BE1"
	if _, err := NewCheck(bad, checkAt, "tilleuls", 1); !errors.Is(err, ErrFormat) {
		t.Errorf("NewCheck of an act that does not hold = %v", err)
	}
}

// With its check a document keeps the rules, its box stays free, and a reader hears the
// words of the check after those of the sheet; it takes no page more.
func TestCheckedDocuments(t *testing.T) {
	acts := specimens()
	for _, name := range []string{"longest", "crowded", "bank change fr", "bank change nl", "bank change de", "order en"} {
		a := acts[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plain, d := draw(t, a), drawChecked(t, a)
			documenttest.CheckPDFA(t, d.PDF)
			if r := d.Mark.Rect; d.Mark.Page != d.Pages || r[1] < bottom-1 || r[2]-r[0] != markWidth || r[3]-r[1] != markHeight {
				t.Errorf("mark is %+v on %d pages", d.Mark, d.Pages)
			}
			if name != "longest" && name != "crowded" && d.Pages != plain.Pages {
				t.Errorf("has %d pages, without the check %d", d.Pages, plain.Pages)
			}
			var structured strings.Builder
			for _, m := range quoted.FindAllStringSubmatch(tool(t, d.PDF, "pdfinfo", "-struct-text", "FILE"), -1) {
				structured.WriteString(m[1])
			}
			if got, want := squeeze(structured.String()), squeeze(strings.Join(d.Sheet.Texts(), "")); got != want {
				t.Errorf("structure reads %q, want %q", got, want)
			}
			c := d.Sheet.Check
			if c == nil || d.SHA256 == plain.SHA256 || plain.Sheet.Check != nil || !strings.HasPrefix(c.Address, checkAt+"?c=") {
				t.Fatalf("check is %+v", c)
			}
			read := tool(t, d.PDF, "pdfinfo", "-struct", "FILE")
			if !strings.Contains(read, "Figure:") || !strings.Contains(read, "H2") {
				t.Errorf("structure has no figure or no heading:\n%s", read)
			}
			checkOrder(t, name, "structure", structured.String(), d.Sheet)
		})
	}
}

func TestCheckAddressesAreShort(t *testing.T) {
	c := checkOf(t, longest(DE))
	if n := len(c.Address()); n > MaxCheckAddress {
		t.Errorf("address has %d characters", n)
	}
	c.Payload.Issuer = strings.Repeat("i", maxIssuer)
	c.Page = "https://" + strings.Repeat("a", MaxCheckAddress-MaxCheckPayload-len("https:///check?c=")) + "/check"
	dark, err := matrix(c.Address())
	if len(c.Address()) != MaxCheckAddress || err != nil || checkSide/float64(len(dark)) < 0.34*mm {
		t.Errorf("the longest address, %d characters, takes %d modules (%v)", len(c.Address()), len(dark), err)
	}
}

// The address is black on white, module by module.
func TestMatrixHasTheThreeEyes(t *testing.T) {
	dark, err := matrix(checkOf(t, bankChange(FR)).Address())
	if err != nil || len(dark) > 61 {
		t.Fatalf("matrix of %d, %v", len(dark), err)
	}
	eye := []string{"#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"}
	n := len(dark)
	for _, corner := range [][2]int{{0, 0}, {0, n - 7}, {n - 7, 0}} {
		for y, row := range eye {
			for x, want := range row {
				if dark[corner[0]+y][corner[1]+x] != (want == '#') {
					t.Fatalf("eye at %v differs in %d, %d", corner, x, y)
				}
			}
		}
	}
	if _, err := matrix(strings.Repeat("x", 3000)); err == nil {
		t.Error("3000 characters have a QR code")
	}
}

// A telephone reads the address off the paper, the longest reference beside it.
func TestCheckIsReadOffThePaper(t *testing.T) {
	a := longest(DE)
	d := drawChecked(t, a)
	dir := t.TempDir()
	page := fmt.Sprint(d.Mark.Page)
	tool(t, d.PDF, "pdftoppm", "-r", "150", "-gray", "-png", "-singlefile", "-f", page, "-l", page, "FILE", filepath.Join(dir, "page"))
	out, err := exec.Command("zbarimg", "--quiet", "--raw", filepath.Join(dir, "page.png")).Output()
	if err != nil || strings.TrimSpace(string(out)) != d.Sheet.Check.Address {
		t.Errorf("zbarimg reads %q, %v, want %s", out, err, d.Sheet.Check.Address)
	}
}

func TestCheckIsOfTheActAsFrozen(t *testing.T) {
	a := bankChange(FR)
	a.Member.Name, a.Date = "Zoe\u0308 Lambert", a.Date.In(time.FixedZone("", 3600))
	d := drawChecked(t, a)
	if want := "Zoë Lambert"; !strings.Contains(strings.Join(d.Sheet.Texts(), " "), want) {
		t.Errorf("sheet does not name %q", want)
	}
}
