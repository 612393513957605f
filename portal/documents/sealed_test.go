package documents

import (
	"strings"
	"testing"

	"guichet.example/portal/locale"
	"guichet.example/signing"
)

// A sealed document is judged by its seal, and a signed one by its signature: neither
// stands in for the other, and no page calls a seal a signature of somebody.
func TestSealedDocuments(t *testing.T) {
	asSeal := func() *signing.Report {
		r := passed()
		r.Signatures[0].Kind, r.Signatures[0].Signer = signing.Seal, "Mutualité des Tilleuls"
		return r
	}
	for _, c := range []struct {
		method Method
		report func() *signing.Report
		title  string
	}{
		{ByApproval, asSeal, "Accord scellé, sceau valide"},
		{ByReceipt, asSeal, "Accusé de réception scellé, sceau valide"},
		{ByStatement, asSeal, "Relevé scellé, sceau valide"},
		{ByApproval, passed, "Signature non valable"},
		{ByReceipt, passed, "Signature non valable"},
		{ByCard, asSeal, "Signature non valable"},
		{ByCard, passed, "Signature valide"},
	} {
		d := newDesk(t)
		d.store.list[0].Method, d.report = c.method, c.report()
		p := d.Get("documents/doc007/report")
		if p.Text("h1") != c.title {
			t.Errorf("%s: report says %q, want %q", c.method, p.Text("h1"), c.title)
		}
		if c.method != ByCard && c.title != "Signature non valable" && (strings.Contains(p.Text("main"), "Signé par") || !strings.Contains(p.Text(".verdict"), "pas une signature")) {
			t.Errorf("%s: report says %q", c.method, p.Text("main"))
		}
	}
}

func TestSealedPagesInEachLanguage(t *testing.T) {
	for _, l := range locale.Languages() {
		for _, m := range []Method{ByApproval, ByReceipt, ByStatement} {
			d := newDesk(t)
			d.Lang = l
			for i := range d.store.list {
				d.store.list[i].Method = m
			}
			d.report = passed()
			for _, path := range []string{"documents", "documents/doc007", "documents/doc006/report", "documents/doc007/report"} {
				if p := d.Get(path); p.Status != 200 {
					t.Errorf("%s %s %s: %d, %v", l, m, path, p.Status, p.Err)
				}
			}
		}
	}
}
