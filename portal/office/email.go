package office

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/mail"
	"guichet.example/portal/page"
)

// emailForm is the address as it was typed. Sure is what was typed before, when the page
// asked whether another was meant.
type emailForm struct{ Email, Sure string }

// email asks for another address, once the identity was checked. Of an item
// that proposes one, that one stands in the field.
func (o *Office) email(c *gin.Context) error {
	officer := page.OfficerOf(c)
	f, err := o.Store.File(c.Request.Context(), officer, c.Param("id"))
	if err != nil {
		return err
	}
	if _, ok := o.freshCheck(officer, f); !ok || o.Enrolments == nil {
		c.Redirect(http.StatusSeeOther, page.From(c).URL(filesPath+"/"+f.Opening.ID+"/identity?for=email"))
		return nil
	}
	var form emailForm
	if id := f.Opening.Why.Task; id != "" {
		i, err := o.Store.Item(c.Request.Context(), officer, id)
		if err != nil {
			return err
		}
		form.Email = i.Said["new-email"] // empty if a colleague took the item over
	}
	return o.showEmail(c, http.StatusOK, f, form, nil)
}

func (o *Office) showEmail(c *gin.Context, status int, f File, form emailForm, errs []page.FieldError) error {
	v := inFile(c, f, "office.email.title")
	v.Lead = v.T("office.email.lead", locale.A("name", f.Name))
	v.Back = page.Link{URL: v.URL(filesPath + "/" + f.Opening.ID), Text: v.T("office.file.back")}
	v.Keep, v.Errors = filesPath+"/"+f.Opening.ID+"/email", errs
	return page.Render(c, status, emailView(v, f, form))
}

// changeEmail sends the link that makes the address hers. Nothing changes before she
// opens it; the address that was is told at once.
func (o *Office) changeEmail(c *gin.Context) error {
	f, check, err := o.readyToEnrol(c)
	if err != nil {
		return err
	}
	form := emailForm{Email: typed(c, "email"), Sure: typed(c, "sure")}
	if page.Switched(c) {
		return o.showEmail(c, http.StatusOK, f, form, nil)
	}
	v := page.From(c)
	address, err := mail.ParseAddress(form.Email)
	wrong := ""
	switch {
	case err != nil:
		wrong = v.T("office.email.wrong")
	case f.Account.Email && strings.EqualFold(address.String(), f.Email):
		wrong = v.T("office.email.same")
	case address.Suggest() != "" && form.Sure != form.Email:
		wrong = v.T("office.email.meant", locale.A("address", address.Suggest()))
		form.Sure = form.Email
	}
	if wrong != "" {
		return o.showEmail(c, http.StatusUnprocessableEntity, f, form, []page.FieldError{{Field: "email", Text: wrong}})
	}
	waits, err := o.Enrolments.Email(c.Request.Context(), page.OfficerOf(c), f.Opening.ID, check.ID, address.String())
	if err != nil {
		return err
	}
	done := "email"
	if waits {
		done = "second"
	}
	c.Redirect(http.StatusSeeOther, v.URL(filesPath+"/"+f.Opening.ID+"?done="+done))
	return nil
}
