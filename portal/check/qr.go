package check

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// maxQuery bounds the address of a printed square, in bytes (document.MaxCheckAddress).
const maxQuery = 400

// paperPage is what a printed square says.
type paperPage struct {
	Genuine bool
	Verdict page.Verdict
	Rows    []page.SummaryRow
	Payload document.CheckPayload
}

// paper shows what a printed square says and whether the mutuality signed it. It asks no
// store: the public key is enough, and the same can be done without us.
func (a *Check) paper(c *gin.Context, v page.View, text string) error {
	p, key := paperPage{}, "broken"
	payload, err := document.ParseCheckPayload(text)
	switch {
	case len(c.Request.URL.RawQuery) > maxQuery || err != nil:
	case payload.Issuer != a.Mutuality:
		key = "elsewhere"
	case !a.Keys.Verify(payload):
		key = "forged"
	default:
		key, p.Genuine, p.Payload = "genuine", true, payload
	}
	status, kind := http.StatusUnprocessableEntity, page.Changed
	if p.Genuine {
		status, kind = http.StatusOK, page.Valid
		p.Rows = []page.SummaryRow{
			{Label: v.T("check.row.reference"), Value: payload.Reference},
			{Label: v.T("check.row.issuer"), Value: a.House.Name},
			{Label: v.T("check.row.day"), Value: locale.Date(v.Lang, payload.Date)},
			{Label: v.T("check.row.words"), Content: digest(document.Digest(payload.Digest[:])), Detail: v.T("check.row.words.detail")},
		}
	}
	p.Verdict = page.Verdict{Kind: kind, Title: v.T("check.paper." + key + ".title"), Text: v.T("check.paper." + key + ".text")}
	v.Title, v.Section, v.NoHeading = p.Verdict.Title, v.T("check.title"), true
	v.Back = page.Link{URL: v.URL(formPath), Text: v.T("check.another")}
	return page.Render(c, status, paperView(v, p))
}
