package office

import (
	"fmt"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/verdict"
	"guichet.example/signing"
)

// help is what who holds a request decides with: what its signature is worth, and words
// to answer with.
func (o *Office) help(c *gin.Context, v page.View, p *itemPage) error {
	if err := o.offerAnswers(c, v, p); err != nil {
		return err
	}
	if p.Item.Request == nil {
		return nil
	}
	pdf, err := o.Store.ItemPDF(c.Request.Context(), page.OfficerOf(c), p.Item.ID)
	if err != nil {
		return err
	}
	report, err := signing.Verify(c.Request.Context(), pdf, signing.Trust{Anchors: o.Anchors, Now: o.Now})
	if err != nil {
		return fmt.Errorf("verifying a request: %w", err)
	}
	row := page.SummaryRow{Label: v.T("office.verdict"), Value: verdict.Sentence(v.Lang, report),
		Detail: strings.Join(verdict.Reasons(v.Lang, report), " ")}
	p.Verdict = []page.SummaryRow{row}
	for _, s := range report.Signatures {
		if s.Kind != signing.Timestamp {
			p.Verdict = append(p.Verdict, page.SummaryRow{Label: v.T("office.verdict." + string(s.Kind)), Value: s.Signer})
		}
	}
	return nil
}

// told is what the member reads of a refusal: the reason in her language, then the words.
func told(language string, a Answer) string {
	lang, _ := locale.Parse(language)
	if a.Reason == "other" {
		return a.Words
	}
	return strings.TrimSpace(locale.T(lang, "office.reject."+a.Reason) + " " + a.Words)
}
