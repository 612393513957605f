package documents

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/areatest"
	"guichet.example/portal/locale"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// fakeStore holds one member's vault, newest first.
type fakeStore struct {
	owner  auth.MemberID
	list   []Document
	opened []string
	err    error
}

func (s *fakeStore) Documents(_ context.Context, login auth.Login, f Filter, before string, limit int) ([]Document, error) {
	var found []Document
	for _, d := range s.list {
		year := d.Created.In(locale.Zone()).Year()
		if login.Member == s.owner && (before == "" || d.ID < before) && (f.Kind == "" || f.Kind == d.Kind) && (f.Year == 0 || f.Year == year) {
			found = append(found, d)
		}
	}
	return found[:min(limit, len(found))], s.err
}

func (s *fakeStore) Shelves(_ context.Context, login auth.Login) ([]Shelf, error) {
	var list []Shelf
	for _, d := range s.list {
		if login.Member == s.owner {
			list = append(list, Shelf{Kind: d.Kind, Method: d.Method, Since: d.Created})
		}
	}
	return list, s.err
}

func (s *fakeStore) Document(_ context.Context, login auth.Login, id string) (Document, error) {
	for _, d := range s.list {
		if d.ID == id && login.Member == s.owner {
			return d, s.err
		}
	}
	return Document{}, ErrNotFound
}

func (s *fakeStore) Open(ctx context.Context, login auth.Login, id string, version int) ([]byte, error) {
	if _, err := s.Document(ctx, login, id); err != nil {
		return nil, err
	}
	s.opened = append(s.opened, id)
	return []byte("%PDF-1.7 of " + id), nil
}

type desk struct {
	*areatest.Counter
	store  *fakeStore
	area   *Documents
	report *signing.Report
}

func newDesk(t *testing.T) *desk {
	d := &desk{store: &fakeStore{owner: areatest.Login().Member}, report: passed()}
	d.store.list = []Document{signed(7, 0, Valid), signed(6, 1, Checking), signed(5, 30, Invalid), signed(4, 400, Valid)}
	d.store.list[1].Kind = document.KindEHICOrder
	d.area = &Documents{Store: d.store, Mutuality: house(), Now: func() time.Time { return areatest.Noon },
		verify: func(context.Context, []byte, signing.Trust) (*signing.Report, error) { return d.report, nil }}
	d.Counter = areatest.New(t, d.area)
	return d
}

// signed is a document made days ago; its id grows with n.
func signed(n, days int, s Status) Document {
	return Document{Method: ByCard, ID: fmt.Sprintf("doc%03d", n), Kind: document.KindBankChange, Language: document.FR,
		Reference: fmt.Sprintf("GC-2026-4K7P-%03d", n), Request: "r1", Created: areatest.Noon.AddDate(0, 0, -days),
		Pages: 1, Size: 118_000, Version: 2, Level: signing.LevelLT, Status: s}
}

// passed is the report of a document that is as it should be.
func passed() *signing.Report {
	return &signing.Report{SHA256: strings.Repeat("7f3a", 16), Revisions: 3, Signatures: []signing.SignatureReport{{
		Field: "Signature1", Kind: signing.Signature, Signer: "Mathieu Delcourt", Issuer: "Citizen CA", Level: signing.LevelLT,
		Claimed: areatest.Noon, Timestamp: areatest.Noon, TSA: "TSA", Hash: "SHA-384", Algorithm: "ECDSA P-384",
		Indication: signing.TotalPassed, Integrity: signing.Check{Passed: true}, Coverage: signing.Check{Passed: true}, Chain: signing.Check{Passed: true},
	}}}
}

func TestForeignDocuments(t *testing.T) {
	d := newDesk(t)
	d.Login.Member = "somebody-else"
	for _, id := range []string{"doc007", "0", "%00"} {
		for _, page := range []string{"", "/file.pdf", "/report", "/proof.pdf"} {
			if p := d.Get("documents/" + id + page); !errors.Is(p.Err, ErrNotFound) {
				t.Errorf("GET %s%s = %d, %v, want ErrNotFound", id, page, p.Status, p.Err)
			}
		}
	}
	if p := d.Get("documents"); len(p.All("table")) != 0 {
		t.Error("somebody else's documents are listed")
	}
	if len(d.store.opened) != 0 {
		t.Error("a document was opened")
	}
}

func TestDownload(t *testing.T) {
	d := newDesk(t)
	p := d.Get("documents/doc007/file.pdf")
	if p.Status != http.StatusOK || string(p.Body) != "%PDF-1.7 of doc007" {
		t.Fatalf("download = %d, %q, %v", p.Status, p.Body, p.Err)
	}
	for header, want := range map[string]string{
		"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff",
		"Content-Disposition":     `attachment; filename="GC-2026-4K7P-007.pdf"`,
		"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
	} {
		if got := p.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
}

// The browser's own viewer shows what the counter drew, and nothing that others drew or
// that is not valid.
func TestOpenInViewer(t *testing.T) {
	d := newDesk(t)
	p := d.Get("documents/doc007/file.pdf?view=1")
	for header, want := range map[string]string{
		"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff",
		"Content-Disposition":     `inline; filename="GC-2026-4K7P-007.pdf"`,
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	} {
		if got := p.Header.Get(header); p.Status != http.StatusOK || got != want {
			t.Errorf("%d: %s is %q, want %q", p.Status, header, got, want)
		}
	}
	for name, doc := range map[string]Document{
		"a paper of another program":  {Kind: document.KindPaper, Status: Valid, Method: ByCard},
		"a paper of the office":       {Kind: document.KindOfficePaper, Status: Valid, Method: ByCard},
		"one of the insurance system": {Kind: document.KindBankChange, Status: Valid, Method: Received},
		"one that is not valid":       {Kind: document.KindBankChange, Status: Invalid, Method: ByCard},
	} {
		if viewable(doc) {
			t.Errorf("%s is shown in the browser", name)
		}
	}
}

func TestFileName(t *testing.T) {
	for reference, want := range map[string]string{
		"GC-2026-4K7P-118": "GC-2026-4K7P-118.pdf", "": "document.pdf", "../../etc/passwd": "etcpasswd.pdf",
		"a\"\r\nSet-Cookie: x": "aSet-Cookiex.pdf", "\u202eé": "document.pdf",
	} {
		if got := fileName(reference); got != want {
			t.Errorf("fileName(%q) = %q, want %q", reference, got, want)
		}
	}
}

func TestList(t *testing.T) {
	d := newDesk(t)
	p := d.Get("documents")
	if got := p.Texts("caption"); !slices.Equal(got, []string{"Novembre 2026", "Octobre 2026", "Octobre 2025"}) {
		t.Errorf("months are %v", got)
	}
	if got := p.Texts(".badge"); !slices.Equal(got, []string{"Signature valide", "Contrôle en cours", "Signature non valable", "Signature valide"}) {
		t.Errorf("badges are %v", got)
	}
	links := p.Links("table")
	if slices.Contains(links, "/fr/documents/doc005/file.pdf") || !slices.Contains(links, "/fr/documents/doc007/file.pdf") {
		t.Errorf("links are %v", links)
	}
	names := p.Texts("table a")
	if slices.Sort(names); len(slices.Compact(names)) != 8 {
		t.Errorf("links have the same name: %v", names)
	}
}

// TestListShowsADamagedDocument: as a row of its own that leads nowhere.
func TestListShowsADamagedDocument(t *testing.T) {
	d := newDesk(t)
	before := len(d.Get(listPath).Links("tbody"))
	d.store.list[1].Damaged = true
	for _, d.Lang = range locale.Languages() {
		p := d.Get(listPath)
		if links := p.Links("tbody"); p.Status != http.StatusOK || len(links) != before-2 || len(p.All("tbody tr")) != len(d.store.list) {
			t.Fatalf("list = %d, %v, links to %v", p.Status, p.Err, links)
		}
		var said string
		for _, row := range p.Texts("tbody tr") {
			if strings.Contains(row, locale.T(d.Lang, "documents.damaged")) {
				said = row
			}
		}
		if !strings.Contains(said, d.store.list[1].Reference) || !strings.Contains(said, "K7-042") {
			t.Errorf("%s: the row says %q", d.Lang, said)
		}
	}
}

func TestListFilters(t *testing.T) {
	d := newDesk(t)
	tests := map[string]int{
		"": 4, "?kind=refund-receipt": 0, "?kind=ehic-order": 1, "?kind=bank-change": 3, "?year=2025": 1, "?year=2026&kind=bank-change": 2,
		"?kind=unknown": 4, "?year=x": 4, "?year=1066": 4, "?year=9999": 4, "?kind=%27+OR+1=1": 4,
	}
	for query, want := range tests {
		p := d.Get("documents" + query)
		if got := len(p.All("tbody tr")); got != want {
			t.Errorf("documents%s shows %d rows, want %d", query, got, want)
		}
		if n := len(p.All(".tabs a[aria-current=true]")); n != 2 {
			t.Errorf("documents%s has %d current filters", query, n)
		}
	}
	p := d.Get("documents?year=2026&kind=ehic-order")
	for _, want := range []string{"/fr/documents?year=2026", "/fr/documents?kind=ehic-order", "/fr/documents?kind=bank-change&year=2026"} {
		if !slices.Contains(p.Links("main"), want) {
			t.Errorf("no filter leads to %s: %v", want, p.Links("main"))
		}
	}
	for path, unwanted := range map[string]string{"documents": "/fr/documents?kind=refund-receipt", "documents?year=2026": "/fr/documents?kind=received&year=2026", "documents?kind=ehic-order": "/fr/documents?kind=ehic-order&year=2024"} {
		if slices.Contains(d.Get(path).Links("main"), unwanted) {
			t.Errorf("%s offers %s, of which there is nothing", path, unwanted)
		}
	}
	if p := d.Get("documents?year=2024"); !strings.Contains(p.Text(".empty"), "Aucun document ne correspond") {
		t.Errorf("empty filter says %q", p.Text(".empty"))
	}
	d.store.list = nil
	if p := d.Get("documents"); !strings.Contains(p.Text(".empty"), "Vous n’avez encore rien signé") {
		t.Errorf("empty vault says %q", p.Text(".empty"))
	}
}

func TestListPages(t *testing.T) {
	d := newDesk(t)
	d.store.list = nil
	for i := range 2*perPage + 1 {
		d.store.list = append(d.store.list, signed(500-i, i, Valid))
	}
	var seen []string
	for next := "documents?kind=bank-change"; next != ""; {
		p := d.Get(next)
		for _, n := range p.All("tbody th a") {
			seen = append(seen, areatest.Attr(n, "href"))
		}
		next = ""
		for _, a := range p.All("a[rel=next]") {
			next = strings.TrimPrefix(areatest.Attr(a, "href"), "/fr/")
			if !strings.Contains(next, "kind=bank-change") {
				t.Fatalf("the next page loses the filter: %s", next)
			}
		}
	}
	if len(seen) != 2*perPage+1 || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != len(seen) {
		t.Errorf("pages show %d documents, want %d, each once", len(seen), 2*perPage+1)
	}
}

func TestDetail(t *testing.T) {
	d := newDesk(t)
	p := d.Get("documents/doc007")
	for _, want := range []string{"Mathieu Delcourt", "20 novembre 2026 à 14 h 08", "GC-2026-4K7P-007", "PAdES B-LT", "numéro national", "118 ko"} {
		if !strings.Contains(p.Text("main"), want) {
			t.Errorf("page lacks %q", want)
		}
	}
	if got := d.Get("documents/doc006").Text(".banner"); !strings.Contains(got, "pas en vigueur") {
		t.Errorf("banner of a document being checked says %q", got)
	}
	if got := d.Get("documents/doc005").Text(".banner"); !strings.Contains(got, "ne compte pas") {
		t.Errorf("banner of an invalid document says %q", got)
	}
	if len(d.store.opened) != 0 {
		t.Error("looking at the page opened the document")
	}
}

func TestReport(t *testing.T) {
	damage := func(change func(*signing.Report, *signing.SignatureReport)) func() *signing.Report {
		return func() *signing.Report {
			r := passed()
			change(r, &r.Signatures[0])
			return r
		}
	}
	tests := []struct {
		name   string
		doc    string
		report func() *signing.Report
		kind   string
		title  string
		says   string
	}{
		{"no signature", "doc007", func() *signing.Report { return &signing.Report{} }, "changed", "Signature non valable", "ne tient pas"},
		{"structure broken", "doc007", damage(func(r *signing.Report, s *signing.SignatureReport) { r.Structure = "no xref" }), "changed", "Signature non valable", "ne tient pas"},
		{"bit flipped", "doc007", damage(func(r *signing.Report, s *signing.SignatureReport) {
			s.Indication, s.SubIndication, s.Integrity.Passed = signing.TotalFailed, signing.HashFailure, false
		}), "changed", "Signature non valable", "ne tient pas"},
		{"page changed after signing", "doc007", damage(func(r *signing.Report, s *signing.SignatureReport) {
			s.ChangedAfter = []signing.Change{{Revision: 4, What: "page", Detail: "page 1"}}
		}), "changed", "Modifié après la signature", "ajouté ou changé"},
		{"bytes after the end", "doc007", damage(func(r *signing.Report, s *signing.SignatureReport) { r.Trailing = 12 }), "changed", "Modifié après la signature", "ajouté ou changé"},
		{"card found revoked", "doc005", passed, "changed", "Signature non valable", "La carte avait été retirée"},
		{"evidence still missing", "doc007", damage(func(r *signing.Report, s *signing.SignatureReport) {
			s.Indication, s.SubIndication, s.Level, s.Timestamp = signing.Indeterminate, signing.TryLater, signing.LevelB, time.Time{}
		}), "checking", "Contrôle pas encore terminé", "Il manque encore une preuve"},
		{"card still being checked", "doc006", passed, "checking", "Contrôle pas encore terminé", "Il manque encore une preuve"},
		{"others signed before her and showed something", "doc007", func() *signing.Report {
			r := passed()
			first, second := r.Signatures[0], r.Signatures[0]
			first.Revision, first.AddedAfter = 2, []signing.Change{{Revision: 3, What: "signature", Detail: "visible"}}
			second.Revision, r.Signatures[0].Revision = 3, 4
			r.Signatures = []signing.SignatureReport{first, second, r.Signatures[0]}
			return r
		}, "checking", "Valable, avec un ajout", "a ajouté quelque chose de visible"},
		{"as it should be", "doc007", passed, "valid", "Signature valide", "signé par Mathieu Delcourt et n’a pas changé depuis"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			d.report = tt.report()
			p := d.Get("documents/" + tt.doc + "/report")
			if p.Status != http.StatusOK || p.Text("h1") != tt.title || !strings.Contains(p.Text(".verdict"), tt.says) {
				t.Errorf("verdict is %q, want %q", p.Text(".verdict"), tt.title)
			}
			if got := areatest.Attr(p.All(".verdict")[0], "data-kind"); got != tt.kind {
				t.Errorf("verdict looks %s, want %s", got, tt.kind)
			}
			if since := p.Texts("dd"); tt.kind != "changed" && !slices.Contains(since, "Non") || tt.title == "Modifié après la signature" && !slices.Contains(since, "Oui") {
				t.Errorf("changed since: %v", since)
			}
			if strings.Contains(string(p.Body), "85073003328") {
				t.Error("the national number stands on the page")
			}
			if len(d.store.opened) != 1 {
				t.Errorf("document opened %d times", len(d.store.opened))
			}
		})
	}
}

func TestReportTechnical(t *testing.T) {
	d := newDesk(t)
	d.report.Signatures[0].Remarks = []signing.Remark{{About: signing.AboutTimestamp, SubIndication: signing.TryLater}}
	d.report.Signatures[0].Blocks = []signing.Block{{Name: "Format Checking", Clause: "5.2.2", Indication: signing.Indeterminate, Details: []string{"timestamp is missing"}}}
	p := d.Get("documents/doc007/report")
	for _, want := range []string{"TOTAL-PASSED", "ECDSA P-384, SHA-384", "Citizen CA", "timestamp is missing", "Heure attestée", strings.TrimSpace(strings.Repeat("7f3a ", 16))} {
		if !strings.Contains(p.Text("main"), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if n := len(p.All("main [lang=en]")); n < 5 {
		t.Errorf("%d technical words say that they are English", n)
	}
}

func TestStoreAndVerifierFail(t *testing.T) {
	d := newDesk(t)
	d.area.verify = func(context.Context, []byte, signing.Trust) (*signing.Report, error) { return nil, signing.ErrNotPDF }
	if p := d.Get("documents/doc007/report"); !errors.Is(p.Err, signing.ErrNotPDF) {
		t.Errorf("report of what is no PDF: %d, %v", p.Status, p.Err)
	}
	d.store.err = errors.New("disk full")
	for _, path := range []string{"documents", "documents/doc007", "documents/doc007/file.pdf", "documents/doc007/report"} {
		if p := d.Get(path); !errors.Is(p.Err, d.store.err) {
			t.Errorf("%s: %v", path, p.Err)
		}
	}
}

func TestPagesInEachLanguage(t *testing.T) {
	titles := map[locale.Language][3]string{
		locale.FR: {"Documents", "Changement de compte bancaire", "Signature valide"},
		locale.NL: {"Documenten", "Wijziging van bankrekening", "Geldige handtekening"},
		locale.DE: {"Dokumente", "Änderung des Bankkontos", "Gültige Unterschrift"},
		locale.EN: {"Documents", "Change of bank account", "Valid signature"},
	}
	for l, want := range titles {
		d := newDesk(t)
		d.Lang = l
		got := [3]string{d.Get("documents").Text("h1"), d.Get("documents/doc007").Text("h1"), d.Get("documents/doc007/report").Text("h1")}
		if got != want {
			t.Errorf("%s: %q, want %q", l, got, want)
		}
		for _, path := range []string{"documents?year=2024", "documents/doc006", "documents/doc005", "documents/doc006/report", "documents/doc005/report"} {
			d.Get(path) // held to the rules of every page
		}
	}
}
