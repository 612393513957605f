package documents

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/verdict"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// judgement is the answer of a report in one word.
type judgement int

const (
	invalid judgement = iota // the zero value: what is not known to be good is not
	changed
	unsure
	added
	valid
)

// reportPage says what was checked of a document, and what that does not say.
type reportPage struct {
	Document Document
	Verdict  page.Verdict
	Checked  []page.SummaryRow
	Report   *signing.Report
	At       string
}

// report verifies the bytes that a download would give, now.
func (d *Documents) report(c *gin.Context) error {
	doc, report, err := d.verified(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	signer := signerOf(doc, report)
	word := judge(doc, report)
	p := reportPage{Document: doc, Verdict: words(v, word, doc, report, signer),
		Checked: checked(v, word, doc, signer), Report: report,
		At: v.T("documents.report.at", locale.A("date", locale.DateTime(v.Lang, d.Now())))}
	v.Title, v.Section, v.Nav, v.NoHeading = p.Verdict.Title, v.T("documents.title"), "documents", true
	v.Back = page.Link{URL: address(v, doc.ID, ""), Text: v.T("documents.back.one")}
	return page.Render(c, http.StatusOK, reportView(v, p))
}

// verified verifies the document that the address names.
func (d *Documents) verified(c *gin.Context) (Document, *signing.Report, error) {
	doc, err := d.find(c)
	if err != nil {
		return Document{}, nil, err
	}
	if doc.Method == Received { // it has no signature of ours to report on
		return Document{}, nil, ErrNotFound
	}
	pdf, err := d.Store.Open(c.Request.Context(), page.LoginOf(c), doc.ID, 0)
	if err != nil {
		return Document{}, nil, fmt.Errorf("opening a document to verify: %w", err)
	}
	verify := d.verify
	if verify == nil {
		verify = signing.Verify
	}
	report, err := verify(c.Request.Context(), pdf, signing.Trust{Anchors: d.Anchors, Now: d.Now})
	if err != nil {
		return Document{}, nil, fmt.Errorf("verifying a document: %w", err)
	}
	return doc, report, nil
}

// proof is the report as a sheet to keep beside the document.
func (d *Documents) proof(c *gin.Context) error {
	doc, report, err := d.verified(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	drawn, err := document.DrawProof(verdict.Proof(v, d.Mutuality, fileName(doc.Reference), report), d.Now())
	if errors.Is(err, document.ErrTooMany) {
		return fmt.Errorf("%w: %w", ErrLongProof, err)
	}
	if err != nil {
		return fmt.Errorf("drawing a proof sheet: %w", err)
	}
	attachment(c, "proof-"+fileName(doc.Reference), drawn.PDF)
	return nil
}

// signerOf is what the document stands on in a report: the member's signature, or the
// mutuality's seal where she did not sign. The zero value if it is not there: one never
// stands in for the other.
func signerOf(doc Document, r *signing.Report) signing.SignatureReport {
	want := signing.Seal
	if doc.Method == ByCard {
		want = signing.Signature
	}
	var found signing.SignatureReport
	for _, s := range r.Signatures {
		if s.Kind != want {
			continue
		}
		if found = s; doc.Title == "" { // a paper was signed by others before
			break
		}
	}
	return found
}

// judge takes the worse of what the file says and what is known of the card.
func judge(doc Document, r *signing.Report) judgement {
	if doc.Status == Invalid || signerOf(doc, r).Field == "" || r.Structure != "" {
		return invalid
	}
	whole := true
	for i := range r.Signatures {
		s := &r.Signatures[i]
		whole = whole && s.Integrity.Passed && s.Coverage.Passed && s.Indication != signing.TotalFailed
	}
	switch sentence := r.Sentence(); {
	case sentence == signing.Changed:
		return changed
	case doc.Status == Valid && sentence == signing.Added:
		return added
	case doc.Status == Valid && verdict.Good(r):
		return valid
	case whole:
		return unsure
	}
	return invalid
}

func words(v page.View, w judgement, doc Document, report *signing.Report, s signing.SignatureReport) page.Verdict {
	how := string(doc.Method)
	switch w {
	case valid:
		return page.Verdict{Kind: page.Valid, Title: v.T("documents.report.title.valid." + how),
			Text: v.T("documents.report.text.valid."+how, locale.A("name", plain(s.Signer)))}
	case added:
		return verdict.Box(v, report)
	case unsure:
		text := v.T("documents.report.text.unsure." + how)
		if s.Valid() && doc.Status == Valid {
			text = v.T("documents.report.text.unsure.others", locale.A("name", plain(s.Signer)))
		}
		return page.Verdict{Kind: page.Checking, Title: v.T("documents.report.title.unsure"), Text: text}
	case changed:
		return page.Verdict{Kind: page.Changed, Title: v.T("documents.report.title.changed"), Text: v.T("documents.report.text.changed")}
	}
	text := v.T("documents.report.text.invalid")
	if doc.Status == Invalid {
		text = v.T("documents.invalid.text")
	}
	return page.Verdict{Kind: page.Changed, Title: v.T("documents.report.title.invalid"), Text: text}
}

// plain takes the mark-up of a verdict's text out of a name.
func plain(name string) string { return strings.ReplaceAll(name, "**", "") }

// checked is the answer to who, what, when, in words.
func checked(v page.View, w judgement, doc Document, s signing.SignatureReport) []page.SummaryRow {
	how := string(doc.Method)
	by := page.SummaryRow{Label: v.T("documents.signed.by." + how), Value: s.Signer, Detail: v.T("documents.signed.how." + how)}
	if doc.Method != ByCard {
		by = page.SummaryRow{Label: v.T("documents.sealed.by"), Value: s.Signer, Detail: v.T("documents.sealed.how")}
	}
	if s.Signer == "" || w == invalid {
		by.Value, by.Detail = v.T("documents.report.nobody"), ""
	}
	at := page.SummaryRow{Label: v.T("documents.signed.at." + how), Value: v.T("documents.report.nobody")}
	switch {
	case !s.Timestamp.IsZero():
		at.Value, at.Detail = locale.DateTime(v.Lang, s.Timestamp), v.T("documents.report.attested")
	case !s.Claimed.IsZero():
		at.Value, at.Detail = locale.DateTime(v.Lang, s.Claimed), v.T("documents.report.claimed")
	}
	card := v.T("documents.report.card.unsure")
	switch {
	case doc.Status == Invalid:
		card = v.T("documents.report.card.bad")
	case w == valid || w == added || w == changed && s.Chain.Passed:
		card = v.T("documents.report.card.good")
	}
	since := v.T("documents.report.no")
	if w == changed {
		since = v.T("documents.report.yes")
	} else if w == invalid && !s.Integrity.Passed {
		since = v.T("documents.report.nobody")
	}
	level := page.SummaryRow{Label: v.T("verify.report.level"), Value: v.T("documents.report.nobody")}
	if s.Level != 0 {
		level = verdict.LevelRow(v, s.Level)
	}
	return []page.SummaryRow{
		{Label: v.T("documents.report.document"), Value: page.KindName(v, doc.Kind),
			Detail: v.TN("documents.report.pages", doc.Pages, locale.A("reference", doc.Reference))},
		by, at, level,
		{Label: v.T("documents.report.card." + how), Value: card},
		{Label: v.T("documents.report.changed"), Value: since},
	}
}
