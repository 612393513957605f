package people

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// file is the page of staff, in a person's open file, on which a form that she signed by
// hand, or what she said at the desk, is noted.
func (p *People) file(c *gin.Context) error { return p.showFile(c, http.StatusOK, noteForm{}, nil) }

// noteForm is what the officer typed.
type noteForm struct {
	Holder, Choice string
	Paper          bool
}

// filePage shows who sees the person, and the form.
type filePage struct {
	Action  string
	Rows    []page.SummaryRow
	Holders []page.Option
	Typed   noteForm
}

func (p *People) showFile(c *gin.Context, status int, f noteForm, errs []page.FieldError) error {
	list, err := p.Store.FileAccess(c.Request.Context(), page.OfficerOf(c), c.Param("id"))
	if err != nil {
		return fmt.Errorf("reading who sees a person: %w", err)
	}
	v := page.From(c)
	v.Title, v.Section, v.Nav, v.Lead = v.T("people.file.title"), v.T("people.file.section"), "person", v.T("people.file.lead")
	v.Back = page.Link{URL: v.URL("office/files/" + c.Param("id")), Text: v.T("people.file.back")}
	v.Errors = errs
	if c.Query("done") != "" {
		v.Banner = &page.Banner{Kind: page.Valid, Title: v.T("people.file.done")}
	}
	shown := filePage{Action: v.URL("office/files/" + c.Param("id") + "/access"), Typed: f}
	for _, o := range list {
		row := page.SummaryRow{Label: o.Name, Value: v.T("people.file.state." + string(o.State))}
		if !o.At.IsZero() {
			row.Detail = locale.DateTime(v.Lang, o.At)
		}
		shown.Rows = append(shown.Rows, row)
		shown.Holders = append(shown.Holders, page.Option{Value: string(o.Holder), Text: o.Name})
	}
	if len(list) == 1 { // nothing to choose
		shown.Typed.Holder = string(list[0].Holder)
	}
	return page.Render(c, status, fileView(v, shown))
}

// noted records what the paper says.
func (p *People) noted(c *gin.Context) error {
	v := page.From(c)
	f := noteForm{Holder: c.PostForm("holder"), Choice: c.PostForm("choice"), Paper: c.PostForm("paper") == "1"}
	if page.Switched(c) {
		return p.showFile(c, http.StatusOK, f, nil)
	}
	var errs []page.FieldError
	if f.Holder == "" {
		errs = append(errs, page.FieldError{Field: "holder", Text: v.T("people.file.holder.missing")})
	}
	if f.Choice != "keep" && f.Choice != "stop" {
		errs = append(errs, page.FieldError{Field: "choice", Text: v.T("people.file.choice.missing")})
	}
	if !f.Paper {
		errs = append(errs, page.FieldError{Field: "paper", Text: v.T("people.file.paper.missing")})
	}
	if len(errs) > 0 {
		return p.showFile(c, http.StatusUnprocessableEntity, f, errs)
	}
	err := p.Store.NoteAccess(c.Request.Context(), page.OfficerOf(c), c.Param("id"), auth.MemberID(f.Holder), f.Choice == "keep", p.Rules)
	if isRefusal(err) {
		return p.showFile(c, http.StatusUnprocessableEntity, f, []page.FieldError{{Field: "choice", Text: v.T("people.file.young", year(p.Rules.BlockAge))}})
	}
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, v.URL("office/files/"+c.Param("id")+"/access?done=1"))
	return nil
}
