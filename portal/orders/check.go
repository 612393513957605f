package orders

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// checkPage shows the answers once more, and what will happen and when.
type checkPage struct {
	Form  ehicForm
	Act   document.EHICOrder
	Track []page.TrackStep
	Soon  bool // the card may arrive after the departure
}

// checkAddress has nothing to show without answers: the form is where they are given.
func (o *Orders) checkAddress(c *gin.Context) error {
	c.Redirect(http.StatusSeeOther, page.From(c).URL(ehicPath))
	return nil
}

// check shows the answers, or the form with what is wrong.
func (o *Orders) check(c *gin.Context) error {
	form, act, ok, err := o.submitted(c)
	if err != nil || !ok {
		return err
	}
	return o.showCheck(c, http.StatusOK, form, act)
}

// send freezes the answers, checked once more, and goes on to reading and signing.
func (o *Orders) send(c *gin.Context) error {
	form, act, ok, err := o.submitted(c)
	if err != nil || !ok {
		return err
	}
	key := page.Key(c)
	if key == "" { // not from our page: show it, with a key
		return o.showCheck(c, http.StatusUnprocessableEntity, form, act)
	}
	id, err := o.Freezer.Freeze(c.Request.Context(), page.LoginOf(c), act, key)
	if err != nil {
		return fmt.Errorf("freezing an order: %w", err)
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL("requests/"+id+"/read"))
	return nil
}

// submitted reads and checks the answers. When they do not hold it has answered with
// the form, and ok is false.
func (o *Orders) submitted(c *gin.Context) (form ehicForm, act document.EHICOrder, ok bool, err error) {
	form = readForm(c)
	who, err := o.Store.Orderer(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return form, act, false, fmt.Errorf("reading who orders: %w", err)
	}
	act, wrong, err := o.answers(page.From(c), form, who)
	switch {
	case err != nil || len(wrong) == 0:
		return form, act, err == nil, err
	case page.Switched(c):
		return form, act, false, o.showForm(c, http.StatusOK, form, nil)
	}
	return form, act, false, o.showForm(c, http.StatusUnprocessableEntity, form, wrong)
}

func (o *Orders) showCheck(c *gin.Context, status int, form ehicForm, act document.EHICOrder) error {
	v := page.From(c)
	v.Title, v.Section, v.Nav = v.T("orders.check.title"), v.T("orders.task"), "requests"
	v.Path, v.Lead = checkPath, v.T("orders.check.lead")
	v.Step = page.Step{Task: v.T("orders.task"), N: 2, Of: steps}
	posted := act.Date.AddDate(0, 0, o.delivery())
	p := checkPage{
		Form: form, Act: act, Soon: act.Departure != nil && act.Departure.Before(posted.AddDate(0, 0, 3)),
		Track: []page.TrackStep{
			{State: page.Now, Text: v.T("orders.check.today"), Detail: v.T("orders.check.today.text")},
			{State: page.Next, Text: v.T("orders.check.before", locale.A("date", locale.DayMonth(v.Lang, posted))), Detail: v.T("orders.check.before.text")},
		},
	}
	return page.Render(c, status, checkView(v, p))
}

func (p checkPage) departure(v page.View) string {
	if p.Act.Departure == nil {
		return v.T("orders.check.unsaid")
	}
	return locale.Date(v.Lang, *p.Act.Departure)
}

func (p checkPage) country(v page.View) string {
	if p.Act.Country == "" {
		return v.T("orders.check.unsaid")
	}
	return p.Act.Country
}
