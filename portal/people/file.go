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
func (p *People) file(c *gin.Context) error { return p.showFile(c, http.StatusOK, nil) }

func (p *People) showFile(c *gin.Context, status int, errs []page.FieldError) error {
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
	options := make([]page.Option, len(list))
	rows := make([]page.SummaryRow, len(list))
	for i, o := range list {
		options[i] = page.Option{Value: string(o.Holder), Text: o.Name}
		rows[i] = page.SummaryRow{Label: o.Name, Value: v.T("people.file.state." + string(o.State))}
		if !o.At.IsZero() {
			rows[i].Detail = locale.DateTime(v.Lang, o.At)
		}
	}
	return page.Render(c, status, fileView(v, v.URL("office/files/"+c.Param("id")+"/access"), rows, options))
}

// noted records what the paper says.
func (p *People) noted(c *gin.Context) error {
	v, choice := page.From(c), c.PostForm("choice")
	if page.Switched(c) {
		return p.showFile(c, http.StatusOK, nil)
	}
	var errs []page.FieldError
	if c.PostForm("holder") == "" {
		errs = append(errs, page.FieldError{Field: "holder-1", Text: v.T("people.file.holder.missing")})
	}
	if choice != "keep" && choice != "stop" {
		errs = append(errs, page.FieldError{Field: "choice-1", Text: v.T("people.file.choice.missing")})
	}
	if c.PostForm("paper") != "1" {
		errs = append(errs, page.FieldError{Field: "paper", Text: v.T("people.file.paper.missing")})
	}
	if len(errs) > 0 {
		return p.showFile(c, http.StatusUnprocessableEntity, errs)
	}
	err := p.Store.NoteAccess(c.Request.Context(), page.OfficerOf(c), c.Param("id"), auth.MemberID(c.PostForm("holder")), choice == "keep", p.Rules)
	if isRefusal(err) {
		return p.showFile(c, http.StatusUnprocessableEntity, []page.FieldError{{Field: "choice-1", Text: v.T("people.file.young", year(p.Rules.BlockAge))}})
	}
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, v.URL("office/files/"+c.Param("id")+"/access?done=1"))
	return nil
}

// only is the value where there is nothing to choose.
func only(options []page.Option) string {
	if len(options) == 1 {
		return options[0].Value
	}
	return ""
}
