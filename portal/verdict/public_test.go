package verdict

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// hostile is the report of a file that has a national number wherever it can have text.
func hostile(number string) *signing.Report {
	c := signing.CertificateReport{Subject: number, Issuer: number, Serial: strings.Repeat("72022911853a", 2), Key: "RSA 2048", SHA256: strings.Repeat("72022911853b", 5),
		Status: &signing.StatusReport{Status: "good", Source: "OCSP", Responder: number}}
	change := signing.Change{Revision: 2, What: number, Detail: number, Rule: number}
	return &signing.Report{SHA256: strings.Repeat("7f3a", 16), Size: 10, Structure: number, At: time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC), Active: []string{number},
		History: []signing.RevisionReport{{Number: 1, To: 10, What: "change", Field: number, Changes: []signing.Change{change}}},
		Signatures: []signing.SignatureReport{{Field: number, Kind: signing.Signature, Signer: number, Issuer: number, TSA: number, Hash: number, Algorithm: number,
			Level: signing.LevelB, Indication: signing.TotalFailed, SubIndication: signing.HashFailure, Reasons: []string{number}, ChangedAfter: []signing.Change{change},
			Path: []signing.CertificateReport{c}, Timestamps: []signing.TimestampReport{{TSA: number, Policy: number, Path: []signing.CertificateReport{c}}},
			Integrity: signing.Check{Detail: number}, Blocks: []signing.Block{{Name: "Signature", Details: []string{number}}}}}}
}

// A national number that a file has in its names, its fields or its remarks is on no public
// page, in no JSON and on no sheet of proof.
func TestNoNationalNumber(t *testing.T) {
	for _, number := range []string{"85073003328", "85.07.30-033.28", "Jean 85 07 30 033 28, né"} {
		r := hostile(number)
		digits := digitsOf(number)
		for _, l := range locale.Languages() {
			v := page.View{Lang: l}
			var b bytes.Buffer
			if err := Full(v, r).Render(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(digitsOf(b.String()), digits) {
				t.Errorf("%s: the page shows the number", l)
			}
			text, err := PublicJSON(l, r)
			if err != nil || !json.Valid(text) {
				t.Fatalf("%s: no JSON: %v", l, err)
			}
			if strings.Contains(digitsOf(string(text)), digits) {
				t.Errorf("%s: the JSON holds the number", l)
			}
			var back Answer
			if err := json.Unmarshal(text, &back); err != nil || back.SHA256 != r.SHA256 || back.Signatures[0].Path[0].SHA256 != r.Signatures[0].Path[0].SHA256 ||
				back.Signatures[0].Path[0].Serial != r.Signatures[0].Path[0].Serial || !back.At.Equal(r.At) {
				t.Errorf("%s: digests, numbers or times of the report are altered: %v", l, err)
			}
		}
	}
	good := hostile("Mathieu")
	text, err := PublicJSON(locale.FR, good)
	if err != nil {
		t.Fatal(err)
	}
	var back Answer
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back.Signatures, good.Signatures) {
		t.Errorf("a report without numbers is altered: %v", err)
	}
}

func digitsOf(s string) string {
	return strings.NewReplacer(" ", "", ".", "", "-", "").Replace(s)
}

// What stood in the file before anybody signed has no rule, and no colon waits for one.
func TestChangesWithoutRule(t *testing.T) {
	r := hostile("Mathieu")
	r.History[0].Changes = []signing.Change{{Revision: 1, What: "structure", Object: 18}}
	v := page.View{Lang: locale.FR}
	if got := Proof(v, document.Mutuality{}, "", r).Revisions[0].Rules; !slices.Equal(got, []string{"structure (objet 18)"}) {
		t.Errorf("the sheet says %q", got)
	}
	var b bytes.Buffer
	if err := Full(v, r).Render(t.Context(), &b); err != nil || strings.Contains(b.String(), "<small></small>") {
		t.Errorf("the page has an empty rule, %v", err)
	}
}

// Remarks and changes are said in the language of the page, whatever the verifier's words.
func TestRemarksInEachLanguage(t *testing.T) {
	for _, l := range locale.Languages() {
		v := page.View{Lang: l}
		s := &signing.SignatureReport{Indication: signing.TotalFailed, SubIndication: signing.FormatFailure,
			ChangedAfter: []signing.Change{{What: "page content"}, {What: "page content"}, {What: "form field"}}}
		for _, about := range []signing.About{signing.AboutSignature, signing.AboutTimestamp, signing.AboutChanges, signing.AboutRemoval,
			signing.AboutTrailing, signing.AboutCertification, signing.AboutShown} {
			s.Remarks = append(s.Remarks, signing.Remark{About: about, SubIndication: signing.FormatFailure, Revision: 3})
		}
		got := remarks(v, s)
		if len(got) != 6 { // why it failed stands beside the outcome
			t.Errorf("%s: %d remarks: %q", l, len(got), got)
		}
		for _, text := range got {
			if strings.Contains(text, "verify.") || strings.ContainsAny(text, "{}") {
				t.Errorf("%s says %q", l, text)
			}
		}
	}
	for _, what := range []string{"signature", "timestamp", "evidence", "extensions", "annotation", "catalog", "form field", "form", "hidden bytes",
		"page", "page content", "page resources", "page tree", "page labels", "trailer", "object", "attachment", "metadata", "structure", "outline",
		"action", "optional content", "output intent", "document information"} {
		if !locale.Has("verify.change." + strings.ReplaceAll(what, " ", "-")) {
			t.Errorf("no word for %q", what)
		}
	}
	v := page.View{Lang: locale.NL}
	for detail, want := range map[string]string{
		"": "", "page 12": "pagina 12", "page 2: removed": "pagina 2, verwijderd", "page 2 removed": "pagina 2, verwijderd", "page 1: entry /Contents": "pagina 1, sleutel /Contents",
		"entry /OpenAction": "sleutel /OpenAction", "visible, foreseen": "zichtbaar, op de voorziene plaats", "something new": "something new",
		"locked by an earlier signature": "vergrendeld door een eerdere handtekening",
	} {
		if got := placeOf(v, detail); got != want {
			t.Errorf("placeOf(%q) = %q, want %q", detail, got, want)
		}
	}
	what, rule := changed(v, signing.Change{What: "page content", Detail: "page 1", Object: 7, Rule: "ISO 32000-1, 12.8.2.2: not permitted after signing"})
	if what != "inhoud van een pagina, pagina 1 (object 7)" || rule != "ISO 32000-1, 12.8.2.2: niet toegelaten na de handtekening" {
		t.Errorf("changed = %q, %q", what, rule)
	}
}
