package bank

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// checkPage shows the answers once more, and what will happen and when.
type checkPage struct {
	Draft    string
	Act      document.BankChange
	Continue string // what the button does: it depends on how the member signed in
	Known    facts
	Track    []page.TrackStep
	Until    string // how long a payment may still reach the old account
}

// take keeps what was typed and goes on to the check page, or back to the form where
// only the language was switched.
func (b *Bank) take(c *gin.Context) error {
	id, err := b.drafts().Keep(c, readForm(c))
	if err != nil {
		return err
	}
	to := checkPath
	if page.Switched(c) {
		to = changePath
	}
	c.Redirect(http.StatusSeeOther, page.DraftURL(page.From(c), to, id))
	return nil
}

// check shows the answers. Those that do not hold are shown in the form.
func (b *Bank) check(c *gin.Context) error {
	v, id := page.From(c), page.DraftID(c)
	if id == "" { // nothing to show
		c.Redirect(http.StatusSeeOther, v.URL(changePath))
		return nil
	}
	t, found, err := b.typed(c)
	if err != nil {
		return err
	}
	v.Banner = page.DraftNotice(c, found)
	switch {
	case !found:
		return b.showForm(c, v, t)
	case len(t.wrong) > 0:
		c.Redirect(http.StatusSeeOther, page.DraftURL(v, changePath, id))
		return nil
	}
	return b.showCheck(c, v, t)
}

// send freezes the answers, checked once more, and goes on to reading and signing.
func (b *Bank) send(c *gin.Context) error {
	t, found, err := b.typed(c)
	if err != nil {
		return err
	}
	sent := page.Sent{Form: changePath, Check: checkPath, Holds: found && len(t.wrong) == 0, Key: t.draft.Key}
	return sent.Freeze(c, func() (string, error) {
		request, err := b.Freezer.Freeze(c.Request.Context(), page.LoginOf(c), t.act, t.draft.Key)
		if err != nil {
			return "", fmt.Errorf("freezing a bank change: %w", err)
		}
		return request, nil
	})
}

func (b *Bank) showCheck(c *gin.Context, v page.View, t typed) error {
	how := b.Freezer.Method(page.LoginOf(c), t.act)
	v.Title, v.Section, v.Nav = v.T("bank.check.title"), v.T("bank.task"), "account"
	v.Lead, v.Key = v.T("bank.check.lead."+how), t.draft.Key
	v.Step = page.Step{Task: v.T("bank.task"), N: 2, Of: steps}
	act := t.act
	date := func(key, day string) string { return v.T(key, locale.A("date", day)) }
	answer := locale.DayMonth(v.Lang, act.Date.AddDate(0, 0, b.notice()))
	p := checkPage{
		Draft: page.DraftID(c), Act: act, Known: t.known, Continue: v.T("bank.check.continue." + how),
		Until: date("bank.check.keep.text", locale.DayMonth(v.Lang, act.From.AddDate(0, 0, onTheWay))),
		Track: []page.TrackStep{
			{State: page.Now, Text: v.T("bank.check.today"), Detail: v.T("bank.check.today.text." + how)},
			{State: page.Next, Text: date("bank.check.before", answer), Detail: v.T("bank.check.before.text")},
			{State: page.Next, Text: v.T("requests.track.delay"), Detail: v.T("bank.delay", locale.A("days", strconv.Itoa(b.delay())))},
			{State: page.Next, Text: date("bank.check.then", locale.DayMonth(v.Lang, act.From)), Detail: v.T("bank.check.then.text")},
		},
	}
	return page.Render(c, http.StatusOK, checkView(v, p))
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
