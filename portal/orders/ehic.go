package orders

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/page"
)

// steps of an order: form, check, read, sign. The last two are in package requests.
const steps = 4

// ehicPage is the form with what was typed, and for whom and where to.
type ehicPage struct {
	Form ehicForm
	Who  Person
}

// ehic shows the empty form.
func (o *Orders) ehic(c *gin.Context) error { return o.showForm(c, http.StatusOK, ehicForm{}, nil) }

// ehicAgain shows the form with what was typed: the member comes back from the check
// page to change an answer, or switches the language.
func (o *Orders) ehicAgain(c *gin.Context) error {
	return o.showForm(c, http.StatusOK, readForm(c), nil)
}

func (o *Orders) showForm(c *gin.Context, status int, form ehicForm, wrong []page.FieldError) error {
	who, err := o.Store.Orderer(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return fmt.Errorf("reading who orders: %w", err)
	}
	v := page.From(c)
	v.Title, v.Section, v.Nav = v.T("orders.form.title"), v.T("orders.task"), "requests"
	v.Path = ehicPath // where a switch of language sends the form
	v.Back = page.Link{URL: v.URL(ordersPath), Text: v.T("orders.back")}
	v.Step = page.Step{Task: v.T("orders.task"), N: 1, Of: steps}
	v.Errors = wrong
	return page.Render(c, status, ehicView(v, ehicPage{Form: form, Who: who}))
}
