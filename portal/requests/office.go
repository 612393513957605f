package requests

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// Paths of a paper that an officer signs in a member's open file. It has no address of its
// own: an opening holds one.
const (
	filePath          = "office/files/:id"
	officePaperPath   = filePath + "/paper" // the form, of package papers
	officeReadPath    = officePaperPath + "/read"
	officePDFPath     = officePaperPath + "/document.pdf"
	officeSignPath    = officePaperPath + "/sign"
	officePreparePath = officePaperPath + "/prepare"
	officeFinishPath  = officePaperPath + "/complete"
	officeDonePath    = officePaperPath + "/done"
)

// routeOffice mounts the way of an officer's paper: form ──▶ read ──tick──▶ sign ──▶ done.
func (q *Requests) routeOffice(r page.Routes) {
	r.GET(officeReadPath, auth.SignForMember, q.officeRead)
	r.POST(officeReadPath, auth.SignForMember, q.officeHasRead)
	r.GET(officePDFPath, auth.SignForMember, q.officePDF)
	r.GET(officeSignPath, auth.SignForMember, q.officeSign)
	r.POST(officePreparePath, auth.SignForMember, q.officePrepare)
	r.POST(officeFinishPath, auth.SignForMember, q.officeComplete)
	r.GET(officeDonePath, auth.SignForMember, q.officeDone)
}

// officePage is an officer's paper.
type officePage struct {
	sheetPage
	Paper  document.Paper
	Member string
	Pages  string // address of the paper's pages
}

// loginOfOfficer is the officer as the card step wants who signs. It is nobody's login: the
// store of the opening does not look at it.
func loginOfOfficer(o auth.Officer) auth.Login {
	return auth.Login{Mutuality: o.Mutuality, Name: o.Name, Language: o.Language, Holder: o.Holder, Method: auth.Card, Assurance: auth.High,
		At: o.At, Session: o.Session}
}

// desk is the store of the opening that the address names.
func (q *Requests) desk(c *gin.Context) SignStore {
	return q.Desks(page.OfficerOf(c), c.Param("id"))
}

// officePaper is the address of a page of the paper in the opening.
func officePaper(c *gin.Context, of string) string {
	return page.From(c).URL("office/files/" + c.Param("id") + "/paper" + of)
}

// atDesk reads the paper of the opening. ok is false where the answer is a redirect: there
// is none yet, or it is signed and the page is for one that is not.
func (q *Requests) atDesk(c *gin.Context, signed bool) (r Request, ok bool, err error) {
	r, err = q.desk(c).Request(c.Request.Context(), auth.Login{}, "")
	to := ""
	switch {
	case errors.Is(err, ErrNotFound):
		to = officePaper(c, "")
	case err != nil:
		return r, false, err
	case (r.State == ToSign) == signed:
		to = officePaper(c, map[bool]string{true: "/read", false: "/done"}[signed])
	}
	if to != "" {
		c.Redirect(http.StatusSeeOther, to)
		return r, false, nil
	}
	return r, true, nil
}

func (q *Requests) officeRead(c *gin.Context) error {
	r, ok, err := q.atDesk(c, false)
	if !ok {
		return err
	}
	return q.showOfficeRead(c, http.StatusOK, r, false)
}

// officeHasRead takes the tick and goes on to the card.
func (q *Requests) officeHasRead(c *gin.Context) error {
	r, ok, err := q.atDesk(c, false)
	if !ok {
		return err
	}
	ticked := c.PostForm(tickField) == "1"
	switch {
	case page.Switched(c):
		return q.showOfficeRead(c, http.StatusOK, r, ticked)
	case !ticked:
		return q.showOfficeRead(c, http.StatusUnprocessableEntity, r, false)
	}
	c.Redirect(http.StatusSeeOther, officePaper(c, "/sign"))
	return nil
}

// officeView begins a page of the paper in the opening.
func officeView(c *gin.Context, r Request, title string, step int) (page.View, officePage) {
	v := page.From(c)
	v.Nav, v.Section, v.Title = "person", v.T("office.nav.person"), v.T(title)
	v.Step = page.Step{Task: v.T("papers.office.task"), N: step, Of: steps - 1}
	paper, _ := r.Act.(document.Paper)
	p := officePage{sheetPage: newSheet(r, false), Paper: paper, Member: paper.Member.Name, Pages: officePaper(c, "")}
	return v, p
}

func (q *Requests) showOfficeRead(c *gin.Context, status int, r Request, ticked bool) error {
	v, p := officeView(c, r, "requests.read.title", readStep-1)
	p.Ticked = ticked
	v.Lead = v.T("papers.office.read.lead", locale.A("name", p.Member))
	v.Keep = "office/files/" + c.Param("id") + "/paper/read"
	v.Back = page.Link{URL: p.Pages, Text: v.T("papers.office.another")}
	if status == http.StatusUnprocessableEntity {
		v.Errors = []page.FieldError{{Field: tickField, Text: v.T("requests.read.tick.error")}}
	}
	return page.Render(c, status, officeReadView(v, p))
}

func (q *Requests) officePDF(c *gin.Context) error {
	r, err := q.desk(c).Request(c.Request.Context(), auth.Login{}, "")
	if errors.Is(err, ErrNotFound) {
		c.Redirect(http.StatusSeeOther, officePaper(c, ""))
		return nil
	}
	if err != nil {
		return err
	}
	sendPDF(c, r)
	return nil
}

func (q *Requests) officeSign(c *gin.Context) error {
	r, ok, err := q.atDesk(c, false)
	if !ok {
		return err
	}
	v, p := officeView(c, r, "requests.sign.title", signStep-1)
	v.Lead = v.T("requests.sign.lead", locale.A("name", v.Officer.Name))
	v.Back = page.Link{URL: p.Pages + "/read", Text: v.T("requests.sign.back")}
	v.CardPage = true
	return page.Render(c, http.StatusOK, officeSignView(v, p))
}

// cardStep is what the panel of the card page calls.
func (p officePage) cardStep(v page.View) page.CardStep {
	return page.CardStep{Sign: true, Prepare: p.Pages + "/prepare", Complete: p.Pages + "/complete", Kept: v.T("papers.office.kept"),
		Other: page.Link{URL: p.Pages, Text: v.T("papers.office.another")}}
}

// officeCard is the card step of the paper in the opening. A *Problem where there is none.
func (q *Requests) officeCard(c *gin.Context) (cardStep, error) {
	store := q.desk(c)
	r, err := store.Request(c.Request.Context(), auth.Login{}, "")
	if errors.Is(err, ErrNotFound) {
		err = problem(fmt.Errorf("%w: no paper", ErrNotOpen), "")
	}
	return cardStep{q.Signing.With(store), loginOfOfficer(page.OfficerOf(c)), r.ID, officePaper(c, "/done")}, err
}

func (q *Requests) officePrepare(c *gin.Context) error {
	step, err := q.officeCard(c)
	if err != nil {
		return err
	}
	return step.prepare(c)
}

func (q *Requests) officeComplete(c *gin.Context) error {
	step, err := q.officeCard(c)
	if err != nil {
		return err
	}
	return step.complete(c)
}

func (q *Requests) officeDone(c *gin.Context) error {
	r, ok, err := q.atDesk(c, true)
	if !ok {
		return err
	}
	v, p := officeView(c, r, "papers.office.done.title", steps-1)
	verdict := page.Verdict{Kind: page.Valid, Title: v.Title, Text: v.T("papers.office.done.text", locale.A("name", p.Member)), Step: true}
	switch r.State {
	case Pending:
		verdict = page.Verdict{Kind: page.Checking, Title: v.T("requests.done.pending.title"), Text: v.T("papers.office.done.pending"), Step: true}
	case Rejected:
		verdict = page.Verdict{Kind: page.Changed, Title: v.T("papers.office.done.rejected"), Text: v.T("papers.office.done.rejected.text"), Step: true}
	}
	v.Step, v.Title, v.NoHeading = page.Step{}, verdict.Title, true
	return page.Render(c, http.StatusOK, officeDoneView(v, p, verdict, page.Reference{
		Label: v.T("requests.reference.label"), Number: r.Reference, Text: locale.DateTime(v.Lang, r.SignedAt)}))
}

// officeFilePage is the open file around the paper.
func officeFilePage(p officePage) string { return strings.TrimSuffix(p.Pages, "/paper") }
