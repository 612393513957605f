package office

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// accountPage asks for the reason of a change of an account.
type accountPage struct {
	File   File
	Change AccountChange
}

// change is what can be done with the account: closed if it is open, opened if closed.
func change(f File) string {
	if f.Account.State == AccountDisabled {
		return AccountActive
	}
	return AccountDisabled
}

func (o *Office) account(c *gin.Context) error {
	return o.showAccount(c, http.StatusOK, AccountChange{}, nil)
}

func (o *Office) showAccount(c *gin.Context, status int, a AccountChange, errs []page.FieldError) error {
	f, err := o.Store.File(c.Request.Context(), page.OfficerOf(c), c.Param("id"))
	if err != nil {
		return err
	}
	if a.To == "" {
		a.To = change(f)
	}
	v := inFile(c, f, "office.account."+a.To+".title")
	v.Lead = v.T("office.account."+a.To+".lead", locale.A("name", f.Name))
	v.Back = page.Link{URL: v.URL(filesPath + "/" + f.Opening.ID), Text: v.T("office.file.back")}
	v.Keep, v.Errors = filesPath+"/"+f.Opening.ID+"/account", errs
	return page.Render(c, status, accountView(v, accountPage{f, a}))
}

// setAccount disables an account or opens it again.
func (o *Office) setAccount(c *gin.Context) error {
	a := AccountChange{To: c.PostForm("to"), Reason: typed(c, "reason"), Words: typed(c, "words")}
	if a.To != AccountActive && a.To != AccountDisabled {
		return ErrState
	}
	if page.Switched(c) {
		return o.showAccount(c, http.StatusOK, a, nil)
	}
	v := page.From(c)
	var errs []page.FieldError
	if (AccountChange{To: a.To, Reason: a.Reason, Words: "x"}).Check() != nil {
		errs = append(errs, page.FieldError{Field: "reason", Text: v.T("office.why.wrong")})
	}
	switch {
	case a.Words == "":
		errs = append(errs, page.FieldError{Field: "words", Text: v.T("office.why.empty")})
	case len([]rune(a.Words)) > MaxWords:
		errs = append(errs, page.FieldError{Field: "words", Text: v.T("office.words.long")})
	}
	if len(errs) > 0 {
		return o.showAccount(c, http.StatusUnprocessableEntity, a, errs)
	}
	if err := o.Store.SetAccount(c.Request.Context(), page.OfficerOf(c), c.Param("id"), a); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, v.URL(filesPath+"/"+c.Param("id")+"?done="+a.To))
	return nil
}
