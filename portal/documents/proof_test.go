package documents

import (
	"bytes"
	"errors"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"guichet.example/portal/areatest"
	"guichet.example/portal/locale"
	"guichet.example/signing"
	"guichet.example/signing/document"
	"guichet.example/signing/document/documenttest"
)

func house() document.Mutuality {
	return document.Mutuality{Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège"}
}

// The proof sheet says in four languages what the report says, good or bad, and is a
// document that lasts itself.
func TestProofSheet(t *testing.T) {
	d := newDesk(t)
	d.report.At = areatest.Noon
	d.report.History = []signing.RevisionReport{{Number: 1, To: 100, What: "original"}, {Number: 2, From: 100, To: 200, What: "signature"}}
	bad := *d.report
	bad.Signatures = []signing.SignatureReport{d.report.Signatures[0]}
	bad.Signatures[0].Indication, bad.Signatures[0].SubIndication = signing.Indeterminate, signing.NoCertificateChainFound
	good := d.report
	for _, l := range locale.Languages() {
		for key, report := range map[string]*signing.Report{"verify.sentence.valid-today": good, "verify.why.NO_CERTIFICATE_CHAIN_FOUND": &bad} {
			d.report, d.Lang = report, l
			p := d.Get("documents/doc007/proof.pdf")
			if p.Status != http.StatusOK || p.Err != nil {
				t.Fatalf("%s: %d, %v", l, p.Status, p.Err)
			}
			if got, want := p.Header.Get("Content-Disposition"), `attachment; filename="proof-GC-2026-4K7P-007.pdf"`; got != want {
				t.Errorf("Content-Disposition is %q, want %q", got, want)
			}
			documenttest.CheckPDFA(t, p.Body)
			for _, want := range []string{locale.T(l, key), "Mathieu Delcourt", report.SHA256[:16]} {
				if !strings.Contains(flat(read(t, p.Body)), flat(want)) {
					t.Errorf("%s: the sheet does not say %q", l, want)
				}
			}
		}
	}
}

// A file that was signed too often for a sheet is told so, and is no fault of ours.
func TestProofSheetTooLong(t *testing.T) {
	d := newDesk(t)
	d.report.At = areatest.Noon
	d.report.Signatures = slices.Repeat(d.report.Signatures, 60)
	if p := d.Get("documents/doc007/proof.pdf"); !errors.Is(p.Err, ErrLongProof) || len(p.Body) > 0 {
		t.Errorf("proof sheet = %d, %v, want ErrLongProof", p.Status, p.Err)
	}
}

// read has pdftotext read a file.
func read(t *testing.T, pdf []byte) string {
	t.Helper()
	cmd := exec.Command("pdftotext", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pdftotext: %v", err)
	}
	return string(out)
}

// flat takes out what breaks lines.
func flat(s string) string {
	return strings.NewReplacer(" ", "", "\n", "", "\u00a0", "", "\u202f", "", "\u00ad", "", "-", "").Replace(s)
}
