package bank

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
	Form  changeForm
	Act   document.BankChange
	Known facts
	Track []page.TrackStep
	Until string // how long a payment may still reach the old account
}

// checkAddress has nothing to show without answers: the form is where they are given.
func (b *Bank) checkAddress(c *gin.Context) error {
	c.Redirect(http.StatusSeeOther, page.From(c).URL(changePath))
	return nil
}

// check shows the answers, or the form with what is wrong.
func (b *Bank) check(c *gin.Context) error {
	form, known, act, ok, err := b.submitted(c)
	if err != nil || !ok {
		return err
	}
	return b.showCheck(c, http.StatusOK, form, known, act)
}

// send freezes the answers, checked once more, and goes on to reading and signing.
func (b *Bank) send(c *gin.Context) error {
	form, known, act, ok, err := b.submitted(c)
	if err != nil || !ok {
		return err
	}
	key := page.Key(c)
	if key == "" { // not from our page: show it, with a key
		return b.showCheck(c, http.StatusUnprocessableEntity, form, known, act)
	}
	id, err := b.Freezer.Freeze(c.Request.Context(), page.LoginOf(c), act, key)
	if err != nil {
		return fmt.Errorf("freezing a bank change: %w", err)
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL("requests/"+id+"/read"))
	return nil
}

// submitted reads and checks the answers. When they do not hold it has answered with
// the form, and ok is false.
func (b *Bank) submitted(c *gin.Context) (form changeForm, known facts, act document.BankChange, ok bool, err error) {
	form = readForm(c)
	if known, err = b.facts(c.Request.Context(), page.LoginOf(c)); err != nil {
		return
	}
	act, wrong, err := b.answers(page.From(c), form, known)
	switch {
	case err != nil || len(wrong) == 0:
		return form, known, act, err == nil, err
	case page.Switched(c):
		return form, known, act, false, b.showForm(c, http.StatusOK, form, nil)
	}
	return form, known, act, false, b.showForm(c, http.StatusUnprocessableEntity, form, wrong)
}

func (b *Bank) showCheck(c *gin.Context, status int, form changeForm, known facts, act document.BankChange) error {
	v := page.From(c)
	v.Title, v.Section, v.Nav = v.T("bank.check.title"), v.T("bank.task"), "account"
	v.Path, v.Lead = checkPath, v.T("bank.check.lead")
	v.Step = page.Step{Task: v.T("bank.task"), N: 2, Of: steps}
	date := func(key string, t string) string { return v.T(key, locale.A("date", t)) }
	answer := locale.DayMonth(v.Lang, act.Date.AddDate(0, 0, b.notice()))
	p := checkPage{
		Form: form, Act: act, Known: known,
		Until: date("bank.check.keep.text", locale.DayMonth(v.Lang, act.From.AddDate(0, 0, onTheWay))),
		Track: []page.TrackStep{
			{State: page.Now, Text: v.T("bank.check.today"), Detail: v.T("bank.check.today.text")},
			{State: page.Next, Text: date("bank.check.before", answer), Detail: v.T("bank.check.before.text")},
			{State: page.Next, Text: date("bank.check.then", locale.DayMonth(v.Lang, act.From)), Detail: v.T("bank.check.then.text")},
		},
	}
	return page.Render(c, status, checkView(v, p))
}

// from is the date of the change; unlike elsewhere it may be cut before the year, since
// a link stands beside it.
func (p checkPage) from(v page.View) string {
	return locale.DayMonth(v.Lang, p.Act.From) + p.Act.From.Format(" 2006")
}

// bankOfNew is the line under the new number: bank and BIC where they are known.
func (p checkPage) bankOfNew(v page.View) string {
	if p.Act.BIC == "" {
		return ""
	}
	return p.Act.Bank + ", " + v.T("bank.bic", locale.A("bic", p.Act.BIC))
}
