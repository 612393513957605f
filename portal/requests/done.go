package requests

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// donePage says that it is signed, and that it is not in force.
type donePage struct {
	Request   Request
	Verdict   page.Verdict
	Reference page.Reference
	Track     []page.TrackStep
	Words     Method // how the member consented
}

// done is where the card step leads. Whoever comes back later, when the request has
// gone on, sees the request.
func (q *Requests) done(c *gin.Context) error {
	r, err := q.find(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	if r.State != Signed && r.State != Pending {
		c.Redirect(http.StatusSeeOther, address(v, r.ID, ""))
		return nil
	}
	words := q.wording(v, r)
	p := donePage{
		Request: r, Words: words, Track: q.track(v, r),
		Verdict: page.Verdict{Kind: page.Valid, Title: v.T("requests.done.title." + string(words)), Text: v.T("requests.done.text." + string(words)), Step: true},
		Reference: page.Reference{Label: v.T("requests.reference.label"), Number: r.Reference,
			Text: v.T("requests.done.asked", locale.A("date", locale.DateTime(v.Lang, r.SignedAt)))},
	}
	if OfPaper(r.Act.Kind()) {
		p.Verdict.Text = v.T("papers.done.text")
	}
	if r.State == Pending {
		p.Verdict = page.Verdict{Kind: page.Checking, Title: v.T("requests.done.pending.title"), Text: v.T("requests.done.pending.text"), Step: true}
	}
	v.Title, v.Section, v.Nav, v.NoHeading = p.Verdict.Title, v.T("requests.title"), "requests", true
	return page.Render(c, http.StatusOK, doneView(v, p))
}
