package bank

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// steps of a change: form, check, read, sign. The last two are in package requests.
const steps = 4

// changePage is the form with what was typed and the months to choose from.
type changePage struct {
	Form   changeForm
	Months []page.Option
}

// change shows the form, filled with what is likely.
func (b *Bank) change(c *gin.Context) error {
	known, err := b.facts(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return err
	}
	return b.showForm(c, http.StatusOK, changeForm{Holder: known.person.Name}, nil)
}

// changeAgain shows the form with what was typed: the member comes back from the
// check page to change an answer, or switches the language.
func (b *Bank) changeAgain(c *gin.Context) error {
	return b.showForm(c, http.StatusOK, readForm(c), nil)
}

func (b *Bank) showForm(c *gin.Context, status int, form changeForm, wrong []page.FieldError) error {
	v := page.From(c)
	v.Title, v.Section, v.Nav = v.T("bank.form.title"), v.T("bank.task"), "account"
	v.Path = changePath // where a switch of language sends the form
	v.Back = page.Link{URL: v.URL(accountsPath), Text: v.T("bank.back")}
	v.Step = page.Step{Task: v.T("bank.task"), N: 1, Of: steps}
	v.Errors = wrong
	p := changePage{Form: form}
	for _, m := range b.months() {
		p.Months = append(p.Months, page.Option{Value: m.Format(monthLayout), Text: locale.MonthYear(v.Lang, m)})
	}
	return page.Render(c, status, changeView(v, p))
}
