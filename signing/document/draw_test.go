package document

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"unicode"

	"guichet.example/signing/document/documenttest"
)

// longest fills every field to its bound, with wide letters and without spaces.
func longest(l Language) BankChange {
	a := bankChange(l)
	name := strings.Repeat("W", maxName)
	a.Reference = strings.Repeat("W", maxReference)
	a.Mutuality = Mutuality{name, strings.Repeat("M", maxLine), strings.Repeat("9", maxShort), strings.Repeat("M", maxLine), strings.Repeat("0", maxShort), "#0B5563"}
	a.Member.Name, a.Holder, a.Bank, a.Member.Affiliation = name, name, name, strings.Repeat("M", maxShort)
	a.NewIBAN, a.AlsoFor = "MT84MALT011000012345MTLCAST001S", nil
	for range maxPersons {
		a.AlsoFor = append(a.AlsoFor, name)
	}
	return a
}

// crowded is an order for as many as may be.
func crowded(l Language) EHICOrder {
	a := ehicOrder(l)
	a.ForPersons, a.DeliverTo = nil, nil
	for i := range maxPersons {
		a.ForPersons = append(a.ForPersons, fmt.Sprintf("Maximilienne-Alexandra Vandenbroucke-%c de Saint-Symphorien", 'A'+i))
	}
	for range 6 {
		a.DeliverTo = append(a.DeliverTo, strings.Repeat("Avenue ", 14))
	}
	for i := range a.DeliverTo {
		a.DeliverTo[i] = strings.TrimSpace(a.DeliverTo[i])
	}
	return a
}

// specimens are the documents that every test of the file format looks at.
func specimens() map[string]Act {
	list := map[string]Act{"longest": longest(DE), "crowded": crowded(FR)}
	for _, l := range Languages() {
		list["bank change "+string(l)] = bankChange(l)
		list["order "+string(l)] = ehicOrder(l)
		list["indemnities "+string(l)] = indemnities(l)
		list["certificate "+string(l)] = ehicCertificate(l)
		list["refunds "+string(l)] = refundReceipt(l)
		for _, k := range PostKinds() {
			list[string(k)+" "+string(l)] = postOrder(l, k)
		}
		list["access-block "+string(l)], list["access-allow "+string(l)] = accessChange(l, false), accessChange(l, true)
		list["statements-online "+string(l)], list["statements-paper "+string(l)] = statementsChange(l, false), statementsChange(l, true)
	}
	plain := bankChange(EN)
	plain.ReplacesLast4, plain.BIC, plain.Bank, plain.AlsoFor, plain.Member.Affiliation, plain.Mutuality.Phone = "", "", "", nil, "", ""
	list["shortest"] = plain
	scripts := bankChange(NL)
	scripts.Member.Name, scripts.Holder, scripts.AlsoFor = "Γιώργος Παπαδόπουλος", "Олена Ґудзь", []string{"Nguyễn Thị Hương"}
	list["scripts"] = scripts
	marks := bankChange(FR)
	marks.Member.Name, marks.Mutuality.Name = `Zoë (\) <Nguyễn> & "fils" %%EOF`, "Ċaqnu ]]> </rdf:li>"
	list["hostile"] = marks
	return list
}

func draw(t *testing.T, a Act) *Drawn {
	t.Helper()
	d, err := Draw(a, created)
	if err != nil {
		t.Fatalf("Draw(%s) = %v", a.Kind(), err)
	}
	return d
}

// tool runs one of poppler's programs on the PDF and returns what it prints.
func tool(t *testing.T, pdf []byte, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "document.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		if a == "FILE" {
			args[i] = path
		}
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil || strings.Contains(string(out), "Error") {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestDrawTwiceGivesTheSameBytes(t *testing.T) {
	for name, a := range specimens() {
		want := draw(t, a)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				if got, err := Draw(a, created.Local()); err != nil || !bytes.Equal(got.PDF, want.PDF) || got.SHA256 != want.SHA256 {
					t.Errorf("%s: Draw gives other bytes the second time (%v)", name, err)
				}
			})
		}
		wait.Wait()
	}
}

func TestOtherActOrTimeGivesOtherBytes(t *testing.T) {
	a := bankChange(FR)
	first := draw(t, a)
	later, err := Draw(a, created.Add(1e9))
	if err != nil || later.SHA256 == first.SHA256 {
		t.Errorf("a second later Draw gives the same bytes (%v)", err)
	}
	a.AccountVersion++ // not among the words of the sheet
	if draw(t, a).SHA256 == first.SHA256 {
		t.Error("another account version gives the same bytes")
	}
}

func TestDrawnKeepsPDFA(t *testing.T) {
	for name, a := range specimens() {
		t.Run(name, func(t *testing.T) { documenttest.CheckPDFA(t, draw(t, a).PDF) })
	}
}

func TestPopplerAgrees(t *testing.T) {
	for name, a := range specimens() {
		d := draw(t, a)
		info := tool(t, d.PDF, "pdfinfo", "FILE")
		for _, want := range []string{
			`Title: +` + regexp.QuoteMeta(a.Sheet().Title), `Producer: +Guichet`, `Metadata Stream: +yes`, `Tagged: +yes`,
			`Form: +none`, `JavaScript: +no`, fmt.Sprintf(`Pages: +%d\n`, d.Pages), `Encrypted: +no`, `A4`, `PDF version: +1.7`,
		} {
			if !regexp.MustCompile(want).MatchString(info) {
				t.Errorf("%s: pdfinfo says nothing like %q:\n%s", name, want, info)
			}
		}
		fonts := strings.Split(strings.TrimSpace(tool(t, d.PDF, "pdffonts", "FILE")), "\n")[2:]
		if len(fonts) != 2 {
			t.Errorf("%s: pdffonts lists %q", name, fonts)
		}
		for _, f := range fonts {
			if !regexp.MustCompile(`^[A-Z]{6}\+Go\S+ +CID TrueType +Identity-H +yes yes yes `).MatchString(f) {
				t.Errorf("%s: pdffonts says %q", name, f)
			}
		}
	}
}

// squeeze drops all white space, so that line breaks do not matter.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// checkOrder wants every text of the sheet in what was read, one after the other.
func checkOrder(t *testing.T, name, reader, read string, s Sheet) {
	t.Helper()
	rest := squeeze(read)
	for _, text := range s.Texts() {
		_, after, ok := strings.Cut(rest, squeeze(text))
		if !ok {
			t.Errorf("%s: %s does not read %q where it belongs; left is %q", name, reader, text, rest)
			return
		}
		rest = after
	}
}

var quoted = regexp.MustCompile(`(?m)^ *"(.*)"$`)

// The PDF says what the sheet says, in the same order: to a reader that follows the
// structure (as a screen reader does), and to one that follows the page.
func TestEveryTextOfTheSheetIsReadInOrder(t *testing.T) {
	for name, a := range specimens() {
		d, s := draw(t, a), a.Sheet()
		var structured strings.Builder
		for _, m := range quoted.FindAllStringSubmatch(tool(t, d.PDF, "pdfinfo", "-struct-text", "FILE"), -1) {
			structured.WriteString(m[1])
		}
		checkOrder(t, name, "structure", structured.String(), s)
		if got, want := squeeze(structured.String()), squeeze(strings.Join(s.Texts(), "")); got != want {
			t.Errorf("%s: structure reads %q, want %q", name, got, want)
		}
		if d.Pages == 1 {
			checkOrder(t, name, "pdftotext", tool(t, d.PDF, "pdftotext", "-raw", "FILE", "-"), s)
		}
	}
}

// A line broken between words still reads as words.
func TestBrokenLinesKeepTheirSpaces(t *testing.T) {
	a := bankChange(FR)
	a.Mutuality.Name = "Mutualité libre des Tilleuls et des Marronniers réunis de la province de Liège"
	s := a.Sheet()
	read := tool(t, draw(t, a).PDF, "pdfinfo", "-struct-text", "FILE")
	for _, b := range s.Blocks {
		if b.Text != "" && !strings.Contains(read, `"`+b.Text+`"`) {
			t.Errorf("structure does not read %q in one piece:\n%s", b.Text, read)
		}
	}
}

func TestEveryPageHasReferenceAndNumber(t *testing.T) {
	d := draw(t, crowded(FR))
	if d.Pages < 2 {
		t.Fatalf("the crowded order has %d pages", d.Pages)
	}
	for i := 1; i <= d.Pages; i++ {
		n := fmt.Sprint(i)
		text := tool(t, d.PDF, "pdftotext", "-raw", "-f", n, "-l", n, "FILE", "-")
		for _, want := range []string{"Référence GC-2026-8M2N-503", fmt.Sprintf("Page %d sur %d", i, d.Pages)} {
			if !strings.Contains(text, want) {
				t.Errorf("page %d has no %q: %s", i, want, text)
			}
		}
	}
}

func TestAttachedActIsTheFrozenOne(t *testing.T) {
	for name, a := range specimens() {
		dir := t.TempDir()
		tool(t, draw(t, a).PDF, "pdfdetach", "-saveall", "-o", dir, "FILE")
		got, err := os.ReadFile(filepath.Join(dir, Attachment))
		if err != nil {
			t.Fatal(err)
		}
		want, err := Marshal(a)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: attached is %s, want %s (%v)", name, got, want, err)
		}
	}
}

// The mark lies on the last page, inside the margins, and nothing is written into it.
func TestMarkIsFree(t *testing.T) {
	for name, a := range specimens() {
		d := draw(t, a)
		r := d.Mark.Rect
		if d.Mark.Page != d.Pages || r[0] < left || r[2] > right || r[1] < bottom-1 || r[3] > top || r[2]-r[0] != markWidth || r[3]-r[1] != markHeight {
			t.Errorf("%s: mark is %+v on %d pages", name, d.Mark, d.Pages)
		}
		crop := []string{"-f", fmt.Sprint(d.Mark.Page), "-x", fmt.Sprint(int(r[0])), "-y", fmt.Sprint(int(pageHeight - r[3] + 1)),
			"-W", fmt.Sprint(int(markWidth)), "-H", fmt.Sprint(int(markHeight - 2)), "FILE", "-"}
		if inside := strings.TrimSpace(tool(t, d.PDF, "pdftotext", crop...)); inside != "" {
			t.Errorf("%s: in the box stands %q", name, inside)
		}
	}
}

// An old account is named by four characters, a national number not at all.
func TestNothingPersonalBeyondTheAct(t *testing.T) {
	d := draw(t, bankChange(FR))
	dir := t.TempDir()
	tool(t, d.PDF, "pdfdetach", "-saveall", "-o", dir, "FILE")
	act, err := os.ReadFile(filepath.Join(dir, Attachment))
	if err != nil {
		t.Fatal(err)
	}
	read := string(act) + tool(t, d.PDF, "pdftotext", "FILE", "-") + tool(t, d.PDF, "pdfinfo", "-meta", "FILE")
	if strings.Contains(squeeze(read), "850730033") || holdsNationalNumber(read) {
		t.Error("the document holds a national number")
	}
	if n := strings.Count(read, "6769"); n != 2 { // in the letter and in the frozen act
		t.Errorf("the old account's last four appear %d times", n)
	}
}
