package papers

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// officePath is the paper in a member's open file, below the language. The opening is one
// officer's, for one reason, and holds one unsigned paper.
const officePath = "office/files/:id/paper"

// routeOffice mounts the form of an officer. What follows it is in package requests.
func (p *Papers) routeOffice(r page.Routes) {
	r.GET(officePath, auth.SignForMember, p.officeForm)
	r.POST(officePath, auth.SignForMember, p.officeSend)
}

// officeFile is the address of the open file.
func officeFile(c *gin.Context, of string) string {
	return page.From(c).URL("office/files/" + c.Param("id") + of)
}

func (p *Papers) officeForm(c *gin.Context) error {
	return p.showOfficeForm(c, http.StatusOK, formPage{}, nil)
}

func (p *Papers) showOfficeForm(c *gin.Context, status int, f formPage, errs []page.FieldError) error {
	at, err := p.Store.PaperAt(c.Request.Context(), page.OfficerOf(c), c.Param("id"))
	if err != nil {
		return err
	}
	v := page.From(c)
	v.Nav, v.Section, v.Title = "person", v.T("office.nav.person"), v.T("papers.office.form.title")
	v.Lead, v.Errors = v.T("papers.office.form.lead", locale.A("name", at.Person.Name), locale.A("time", locale.Time(v.Lang, at.Ends))), errs
	v.Step = page.Step{Task: v.T("papers.office.task"), N: 1, Of: steps}
	v.Back = page.Link{URL: officeFile(c, ""), Text: v.T("office.file.back")}
	f.Office = true
	if f.Lang == "" {
		f.Lang = string(v.Lang)
	}
	f.Kept, f.Action, f.Stop, f.Size = "office", officeFile(c, "/paper"), v.Back.URL, locale.Bytes(v.Lang, int64(p.MaxFile))
	if at.Waits {
		f.Waiting = page.Link{URL: officeFile(c, "/paper/read"), Text: v.T("papers.office.waiting")}
	}
	return page.Render(c, status, formView(v, f))
}

// officeSend takes the file, judges it and puts it into the opening.
func (p *Papers) officeSend(c *gin.Context) error {
	officer, opening := page.OfficerOf(c), c.Param("id")
	at, err := p.Store.PaperAt(c.Request.Context(), officer, opening)
	if err != nil {
		return err
	}
	_, f, refused, err := p.take(c, formPage{Office: true}, func(ctx context.Context, act document.Paper, file []byte, key string) (string, error) {
		act.Member, act.Officer = at.Person, officer.Name
		return p.Freezer.FreezeOfficePaper(ctx, officer, opening, act, file, key)
	})
	switch {
	case err != nil:
		return err
	case refused != nil:
		return p.showOfficeForm(c, refused.status, f, refused.errs)
	}
	c.Redirect(http.StatusSeeOther, officeFile(c, "/paper/read"))
	return nil
}
