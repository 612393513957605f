package office

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"guichet.example/auth/nrn"
	"guichet.example/portal/letters"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// filed is how the lists of a file read.
func filed(t *testing.T, l locale.Language, f File) string {
	t.Helper()
	v := page.View{Lang: l, Now: today}
	p := filePage{File: f}
	(&Office{}).fileLists(v, f, &p)
	var b bytes.Buffer
	if err := fileView(v, p).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Every letter that can be in a file has a name there: an officer reads it to the member.
func TestLettersOfAFileHaveNames(t *testing.T) {
	for _, l := range locale.Languages() {
		for _, kind := range letters.Kinds() {
			got := filed(t, l, File{Letters: []Letter{{Kind: string(kind), State: string(letters.Posted), Reference: "B-1"}}})
			if name := templ.EscapeString(locale.T(l, "letters.kind."+string(kind))); !strings.Contains(got, name) {
				t.Errorf("%s: letter %q is not %q in the file", l, kind, name)
			}
		}
	}
}

// An officer reads where the post goes, the country too, and that no address is known.
func TestAddressOfAFile(t *testing.T) {
	v := page.View{Lang: locale.FR, Now: today}
	for want, f := range map[string]File{
		"Rua Nova 12, 2765 Estoril, Portugal": {Street: "Rua Nova 12", Postcode: "2765", City: "Estoril", Country: "PT"},
		"Rue Neuve 1, 4000 Liège":             {Street: "Rue Neuve 1", Postcode: "4000", City: "Liège", Country: "BE"},
		v.T("office.none"):                    {},
	} {
		if row := contact(v, f)[0]; row.Value != want || row.Quiet != (f.City == "") {
			t.Errorf("address = %q, want %q", row.Value, want)
		}
	}
}

// A list that may be longer than what the officer sees says so.
func TestListsOfAFileSayTheirBound(t *testing.T) {
	for n, want := range map[int]int{FileRows - 1: 0, FileRows: 1} {
		if got := filed(t, locale.FR, File{Looks: make([]Look, n)}); strings.Count(got, "Au plus 10") != want {
			t.Errorf("%d rows: %s", n, got)
		}
	}
}

// What happened in another year says which: a file reaches back.
func TestDatesOfAFile(t *testing.T) {
	got := filed(t, locale.FR, File{Looks: []Look{{At: today, Name: "A", Why: Why{Key: "task"}}, {At: today.AddDate(-1, 0, 0), Name: "B", Why: Why{Key: "task"}}}})
	got = strings.ReplaceAll(got, "\u00a0", " ")
	if !strings.Contains(got, "20 nov. 2025") || strings.Contains(got, "20 nov. 2026") {
		t.Errorf("dates of two years: %s", got)
	}
}

// Every request that can be in a file has a name and leads to its item, where it has one
// and the officer may read it.
func TestRequestsOfAFile(t *testing.T) {
	for _, l := range locale.Languages() {
		for _, kind := range []document.Kind{document.KindBankChange, document.KindEHICOrder, document.KindLabels, document.KindEnvelopes, document.KindIncapacityForm,
			document.KindTravelPapers, document.KindPaper, document.KindAccessBlock, document.KindAccessAllow,
			document.KindStatementsOnline, document.KindStatementsPaper} {
			if name := "requests.kind." + string(kind); !locale.Has(name) {
				t.Errorf("%s has no name", kind)
			}
			got := filed(t, l, File{Requests: []Asked{{Kind: string(kind), State: "signed", Reference: "GC-1", At: today}}})
			if strings.Contains(got, ">"+string(kind)+"<") || strings.Contains(got, "office/queue/") {
				t.Errorf("%s: %s", l, got)
			}
		}
	}
	f := File{Requests: []Asked{{Kind: "bank-change", State: "signed", Reference: "GC-1", Item: "m-r", At: today}}}
	v := page.View{Lang: locale.FR, Now: today}
	for _, may := range []bool{false, true} {
		p := filePage{MayQueue: may}
		(&Office{}).fileLists(v, f, &p)
		if got := p.Requests[0].Title.URL; (got == "/fr/office/queue/m-r") != may || !may && got != "" {
			t.Errorf("may read items: %t, leads to %q", may, got)
		}
	}
}

// What the file leaves out is said, so that nobody looks for it.
func TestFileSaysWhatItLeavesOut(t *testing.T) {
	for _, l := range locale.Languages() {
		if got := filed(t, l, File{}); !strings.Contains(got, templ.EscapeString(locale.T(l, "office.file.without"))) {
			t.Errorf("%s: nothing is said", l)
		}
	}
}

// Who is a member no more is told apart in her file: what she asks for may not be hers to have.
func TestFileOfAFormerMember(t *testing.T) {
	number, err := nrn.Parse("85073003328")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range locale.Languages() {
		f := File{Member: "0305 118 422", Number: number, Until: today.AddDate(0, 0, -1)}
		v := page.View{Lang: l, Now: today}
		var b bytes.Buffer
		if err := fileView(v, filePage{File: f, Who: who(v, f)}).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if want := templ.EscapeString(locale.T(l, "account.until", locale.A("date", locale.Date(l, f.Until)))); !strings.Contains(b.String(), want) {
			t.Errorf("%s: the file does not say %q", l, want)
		}
		f.Until = time.Time{}
		if rows := who(v, f); rows[len(rows)-1].Detail != "" {
			t.Errorf("%s: a member is said to be one until %q", l, rows[len(rows)-1].Detail)
		}
	}
}
