package requests

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"guichet.example/auth/federation"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing"
)

// flowField carries the flow from the provider's answer to the button.
const flowField = "flow"

// approvePage is a document to approve: first with the providers at which the member can
// prove herself for it, then with what she proved.
type approvePage struct {
	sheetPage
	Choices []page.FileRow
	Flow    string // of the proof; empty: none yet
	Proved  []page.SummaryRow
}

// approve is the page before the provider, and after it, with "?flow=ID".
func (q *Requests) approve(c *gin.Context) error {
	r, err := q.find(c)
	if err != nil {
		return err
	}
	if r.State != ToSign || !q.seals(r) {
		c.Redirect(http.StatusSeeOther, address(page.From(c), r.ID, q.instead(r)))
		return nil
	}
	flow := c.Query(flowField)
	if flow == "" {
		return q.showApprove(c, http.StatusOK, r, nil, "", nil)
	}
	_, a, err := q.Sealing.Prove(c.Request.Context(), page.LoginOf(c), r.ID, flow)
	switch {
	case errors.Is(err, ErrNotOpen) || err == nil && a.Sealed != "":
		c.Redirect(http.StatusSeeOther, address(page.From(c), r.ID, ""))
		return nil
	case err != nil:
		return q.notApproved(c, r, err)
	}
	return q.showApprove(c, http.StatusOK, r, &a, flow, nil)
}

// seals says whether the mutuality seals such a request.
func (q *Requests) seals(r Request) bool { return q.Sealing != nil && !OfPaper(r.Act.Kind()) }

// instead is the page for a request that cannot be approved: as it stands, or to read,
// where it says why.
func (q *Requests) instead(r Request) string {
	if r.State == ToSign {
		return "read"
	}
	return ""
}

// prove sends the browser to a provider. It is a GET: a form that is redirected to
// another site would be stopped by the policy of the page.
func (q *Requests) prove(c *gin.Context) error {
	r, err := q.find(c)
	if err != nil {
		return err
	}
	login := page.LoginOf(c)
	if r.State != ToSign || !q.seals(r) {
		c.Redirect(http.StatusSeeOther, address(page.From(c), r.ID, q.instead(r)))
		return nil
	}
	for _, choice := range q.Sealing.Approvers(login) {
		if choice.ID != c.Query("provider") {
			continue
		}
		err := q.Sealing.StepUp.Begin(c, Ask{
			Provider: choice.ID, Login: login, Request: r.ID, Document: r.SHA256, Size: len(r.PDF),
			Return: listPath + "/" + r.ID + "/approve",
		})
		if errors.Is(err, federation.ErrUnavailable) {
			return q.notApproved(c, r, err)
		}
		return err
	}
	return ErrNotFound
}

// approved seals. Sent twice, it leads to the same place.
func (q *Requests) approved(c *gin.Context) error {
	r, err := q.find(c)
	if err != nil {
		return err
	}
	v, flow := page.From(c), c.PostForm(flowField)
	if !q.seals(r) {
		c.Redirect(http.StatusSeeOther, address(v, r.ID, q.instead(r)))
		return nil
	}
	if page.Switched(c) {
		c.Redirect(http.StatusSeeOther, address(v, r.ID, "approve")+"?"+url.Values{flowField: {flow}}.Encode())
		return nil
	}
	_, err = q.Sealing.Approve(c.Request.Context(), page.LoginOf(c), r.ID, flow)
	switch {
	case errors.Is(err, signing.ErrSealKey):
		return q.sealAway(c, r, flow)
	case errors.Is(err, ErrProof):
		return q.notApproved(c, r, err)
	case errors.Is(err, ErrNotOpen):
		c.Redirect(http.StatusSeeOther, address(v, r.ID, ""))
		return nil
	case err != nil:
		return err
	}
	c.Redirect(http.StatusSeeOther, address(v, r.ID, "done"))
	return nil
}

// refusals are what is said of a proof that does not serve. All reasons why an answer
// is not believed share one sentence.
var refusals = []struct {
	err    error
	status int
	key    string
}{
	{federation.ErrCancelled, http.StatusOK, "cancelled"},
	{federation.ErrUnavailable, http.StatusServiceUnavailable, "away"},
	{ErrWrongPerson, http.StatusForbidden, "person"},
	{ErrWeakProof, http.StatusForbidden, "weak"},
	{ErrProof, http.StatusConflict, "proof"},
	{federation.ErrRefused, http.StatusConflict, "proof"},
}

// notApproved shows the page before the provider again, and why.
func (q *Requests) notApproved(c *gin.Context, r Request, err error) error {
	for _, known := range refusals {
		if !errors.Is(err, known.err) {
			continue
		}
		v := page.From(c)
		return q.showApprove(c, known.status, r, nil, "", &page.Banner{Kind: page.Changed,
			Title: v.T("requests.approve." + known.key + ".title"), Text: v.T("requests.approve." + known.key + ".text")})
	}
	return err
}

// sealAway says that the seal's key does not answer: the approval waits.
func (q *Requests) sealAway(c *gin.Context, r Request, flow string) error {
	v := page.From(c)
	a, err := q.Sealing.Seals.Approval(c.Request.Context(), page.LoginOf(c), approvalID(flow))
	if err != nil {
		return err
	}
	return q.showApprove(c, http.StatusServiceUnavailable, r, &a, flow, q.sealNotice(v))
}

func (q *Requests) sealNotice(v page.View) *page.Banner {
	return &page.Banner{Kind: page.Checking, Title: v.T("requests.seal.away.title"), Text: v.T("requests.seal.away.text")}
}

func (q *Requests) showApprove(c *gin.Context, status int, r Request, a *Approval, flow string, notice *page.Banner) error {
	v := page.From(c)
	v.Title, v.Section, v.Nav, v.Banner = v.T("requests.approve.title"), v.T("requests.title"), "requests", notice
	v.Lead = v.T("requests.approve.lead")
	v.Step = page.Step{Task: kindName(v, r.Act.Kind()), N: signStep, Of: steps}
	v.Back = page.Link{URL: address(v, r.ID, "read"), Text: v.T("requests.sign.back")}
	p := approvePage{sheetPage: newSheet(r, true)}
	p.Mark, p.Words = sealBox(r), ByApproval
	for _, choice := range q.Sealing.Approvers(page.LoginOf(c)) {
		p.Choices = append(p.Choices, page.FileRow{Icon: "key", Link: page.Link{
			URL:  address(v, r.ID, "prove") + "?" + url.Values{"provider": {choice.ID}}.Encode(),
			Text: nameIn(choice, v.Lang)}})
	}
	if a != nil {
		v.Title, v.Lead = v.T("requests.approve.now.title"), v.T("requests.approve.now.lead")
		v.Keep = listPath + "/" + r.ID + "/approve"
		p.Flow, p.Proved = flow, q.proved(v, r, *a)
	}
	return page.Render(c, status, approveView(v, p))
}

// proved is what is approved, by whom and with which key.
func (q *Requests) proved(v page.View, r Request, a Approval) []page.SummaryRow {
	provider := a.Provider
	for _, choice := range q.Sealing.Approvers(*v.Login) {
		if choice.ID == a.Provider {
			provider = nameIn(choice, v.Lang)
		}
	}
	return []page.SummaryRow{
		{Label: v.T("requests.approve.what"), Value: kindName(v, r.Act.Kind()),
			Detail: v.T("requests.approve.digest", locale.A("reference", r.Reference), locale.A("digest", shortDigest(r.SHA256)))},
		{Label: v.T("requests.approve.who"), Value: v.Login.Name},
		{Label: v.T("requests.approve.key"), Value: provider, Detail: v.T("requests.approve.level", locale.A("level", strconv.Itoa(a.Level)))},
		{Label: v.T("requests.approve.when"), Value: locale.DateTime(v.Lang, a.At)},
		{Label: v.T("requests.approve.seals"), Value: q.Sealing.Sealer.Name(), Detail: v.T("requests.method.note.approval")},
	}
}

// nameIn is the provider's name in a language.
func nameIn(c Choice, l locale.Language) string {
	if name := c.Names[string(l)]; name != "" {
		return name
	}
	return c.ID
}

// sealBox says what will stand where a signature would, in the language of the document.
func sealBox(r Request) page.Mark {
	l := locale.Language(r.Sheet.Language)
	return page.Mark{Lines: []string{locale.T(l, "requests.seal.box"), locale.T(l, "requests.seal.box.note")}}
}
