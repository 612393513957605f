package portal_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/portal/locale"
	"guichet.example/portal/store/storetest"
	"guichet.example/signing"
	"guichet.example/signing/document"
	"guichet.example/signing/document/documenttest"
)

// bare is a file that a card signed and nobody added proofs to: its certificate names the
// OCSP service of the town, which listens on this machine.
func (w *town) bare(m *inhabitant) string {
	w.t.Helper()
	day := w.now().UTC().Truncate(24 * time.Hour)
	drawn, err := document.Draw(document.EHICOrder{
		Reference: "GC-2026-4K7P-118", Language: document.FR, Date: day, Mutuality: w.cfg.Mutuality.Letterhead,
		Member: document.Person{Name: m.GivenNames + " " + m.Surname, Birth: m.Birth}, ForPersons: []string{m.GivenNames},
		DeliverTo: []string{"Rue Haute 1", "1000 Bruxelles"},
	}, day)
	ok(w.t, err)
	path, err := w.pki.Anchors().Path(m.card.Signature.Certificate, certs.Signature, w.now())
	ok(w.t, err)
	prepared, err := signing.Prepare(signing.Request{PDF: drawn.PDF, Path: path, At: w.now()})
	ok(w.t, err)
	value, err := m.card.Signature.Key.Sign(rand.Reader, prepared.Digest, prepared.Hash)
	ok(w.t, err)
	signed, err := prepared.Complete(value)
	ok(w.t, err)
	return string(signed)
}

// Whatever services the certificates of a file name, a stranger's file makes the server ask
// none of them, and what a sign-in asked about the same card does not show: the page says
// what is not proven.
func TestCheckAsksNobody(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	m := w.members[0]
	file := w.bare(m)
	if names := m.card.Signature.Certificate.OCSPServer; len(names) == 0 || !strings.Contains(strings.Join(w.pki.Hosts(), " "), hostOf(t, names[0])) {
		t.Fatalf("the certificate names %q, which does not listen here", names)
	}
	v := w.visitor(t)
	var pages []string
	for range 2 {
		before := questions(w.pki)
		resp, body := v.uploads(nil, file)
		if resp.StatusCode != http.StatusOK || !strings.Contains(body, `data-kind="checking"`) ||
			!strings.Contains(body, "pas encore dans le fichier") || !strings.Contains(body, "nous n’interrogeons aucun service") {
			t.Errorf("a file without proofs: %s %s", resp.Status, title(body))
		}
		v.uploads(url.Values{"as": {"json"}}, file)
		v.uploads(url.Values{"as": {"proof"}}, file)
		if n := questions(w.pki) - before; n != 0 {
			t.Errorf("checking a file asked %d times", n)
		}
		pages = append(pages, title(body)+perAnswer.ReplaceAllString(factsOf.FindString(body), "?"))
		w.at(m) // her card signs in: a service is asked about it, and the answer kept
	}
	if pages[0] != pages[1] {
		t.Error("the page tells that the card was used here")
	}
}

var factsOf = regexp.MustCompile(`(?s)<div class="verdict".*?</dl>`)

func questions(pki *certstest.Server) (n int) {
	for _, s := range []certstest.Service{certstest.OCSP, certstest.CRL, certstest.AIA, certstest.TSA} {
		n += pki.Control().Requests(s)
	}
	return n
}

func hostOf(t *testing.T, address string) string {
	u, err := url.Parse(address)
	ok(t, err)
	return u.Host
}

// inSheet is what pdftotext reads in a proof sheet that keeps the rules of PDF/A and PDF/UA.
func inSheet(t *testing.T, pdf string) string {
	t.Helper()
	documenttest.CheckPDFA(t, []byte(pdf))
	cmd := exec.Command("pdftotext", "-", "-")
	cmd.Stdin = bytes.NewReader([]byte(pdf))
	out, err := cmd.Output()
	ok(t, err)
	return flat(string(out))
}

// flat takes out what breaks lines.
func flat(s string) string {
	return strings.NewReplacer(" ", "", "\n", "", "\f", "", "\u00a0", "", "\u202f", "", "\u00ad", "", "-", "").Replace(s)
}

var carried = regexp.MustCompile(`href="data:application/pdf;base64,([A-Za-z0-9+/=]+)" download="(report-[0-9a-f]{12}\.pdf)"`)

// What was found of a file can be taken along as a sheet, in four languages, with the
// page and without.
func TestCheckProofOfFile(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	m := w.members[0]
	p := w.paper(m)
	v := w.visitor(t)
	for _, l := range locale.Languages() {
		resp, body := v.uploadsTo("/"+string(l)+"/check/file", nil, p.pdf)
		found := carried.FindStringSubmatch(body)
		if resp.StatusCode != http.StatusOK || found == nil {
			t.Fatalf("%s: %s, no sheet in the page %s", l, resp.Status, title(body))
		}
		sheet, err := base64.StdEncoding.DecodeString(found[1])
		ok(t, err)
		resp, alone := v.uploadsTo("/"+string(l)+"/check/file", url.Values{"as": {"proof"}}, p.pdf)
		if got, want := resp.Header.Get("Content-Disposition"), `attachment; filename="`+found[2]+`"`; got != want || resp.Header.Get("Content-Type") != "application/pdf" {
			t.Errorf("%s: %q, want %q", l, got, want)
		}
		for _, pdf := range []string{string(sheet), alone} {
			read := inSheet(t, pdf)
			for _, want := range []string{w.cfg.Mutuality.Letterhead.Name, locale.T(l, "verify.report.since"), "EN 319 102-1"} {
				if !strings.Contains(read, flat(want)) {
					t.Errorf("%s: the sheet does not say %q", l, want)
				}
			}
			if strings.Contains(read, m.NationalNumber) || strings.Contains(read, m.Surname) {
				t.Errorf("%s: the sheet of a sealed receipt names the member", l)
			}
		}
	}
}

// The sheet of a paper says what the page says of it, and no more.
func TestCheckProofOfPaper(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	m := w.members[0]
	p := w.paper(m)
	v := w.visitor(t)
	for _, l := range locale.Languages() {
		resp, _ := v.send("/"+string(l)+"/check", url.Values{"reference": {p.reference}, "code": {p.code}})
		_, body := v.get(resp.Header.Get("Location"))
		link := proofLink.FindString(body)
		if link == "" {
			t.Fatalf("%s: no sheet on the page %s", l, title(body))
		}
		resp, sheet := v.get(link)
		if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Disposition"), `attachment; filename="proof-`) {
			t.Fatalf("%s: %s", l, resp.Status)
		}
		read := inSheet(t, sheet)
		for _, want := range []string{p.reference, locale.T(l, "requests.kind.ehic-order"), locale.T(l, "check.row.issuer"), locale.T(l, "check.proof.note")} {
			if !strings.Contains(read, flat(want)) {
				t.Errorf("%s: the sheet does not say %q", l, want)
			}
		}
		for _, secret := range []string{m.Surname, m.GivenNames, m.NationalNumber, p.code, p.id, "Hors-Château", "TOTAL"} {
			if strings.Contains(read, flat(secret)) {
				t.Errorf("%s: the sheet tells %q", l, secret)
			}
		}
	}
	resp, _ := v.asks("GC-2026-0000-000", p.code)
	token := strings.TrimPrefix(resp.Header.Get("Location"), "/fr/check/answer")
	for _, query := range []string{token, "", "?a=x"} {
		if resp, _ := v.get("/fr/check/answer/proof.pdf" + query); resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/fr/check" {
			t.Errorf("a sheet of nothing, %.10q: %s", query, resp.Status)
		}
	}
}

var proofLink = regexp.MustCompile(`/[a-z]{2}/check/answer/proof\.pdf\?a=[A-Za-z0-9_-]+`)

// A request that was never sent has a printed code, and is nobody's document: the answer is
// that of a code that is wrong.
func TestCheckKnowsOnlyWhatWasSent(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	m := w.members[0]
	member := w.visitor(t)
	w.comesIn(member, m, "password")
	id := w.errand(member)
	r, err := w.store.Request(t.Context(), auth.Login{Mutuality: w.cfg.Mutuality.ID, Member: m.id}, id)
	ok(t, err)
	v := w.visitor(t)
	var pages []string
	for _, reference := range []string{r.Reference, "GC-2026-0000-000"} {
		resp, _ := v.asks(reference, r.Sheet.Check.Rows[1].Value)
		to := resp.Header.Get("Location")
		_, body := v.get(to)
		pages = append(pages, title(to)+perAnswer.ReplaceAllString(body, "?"))
	}
	if pages[0] != pages[1] || !strings.Contains(pages[0], "Rien de tel chez nous") {
		t.Error("a request that was not sent can be told from none")
	}
}

// A network that has files judged for long is asked to wait, and nobody else.
func TestCheckBoundsTime(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	w.freeze()
	ok(t, w.Judge(t.Context(), "192.0.2.1", func() { w.later(time.Minute) }))
	resp, body := w.visitor(t).uploads(nil, plainPDF)
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" || !strings.Contains(body, "Trop de fichiers") {
		t.Errorf("after a minute of work: %s %s", resp.Status, title(body))
	}
	w.later(time.Hour)
	if resp, body = w.visitor(t).uploads(nil, plainPDF); resp.StatusCode != http.StatusOK {
		t.Errorf("an hour later: %s %s", resp.Status, title(body))
	}
}
