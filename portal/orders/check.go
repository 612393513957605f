package orders

import (
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// checkPage shows the answers once more, and what will happen and when.
type checkPage struct {
	Draft string
	Act   document.EHICOrder
	Track []page.TrackStep
	Soon  bool // the post may come after the departure
	// Self says that the card is the member's own and nobody else's; Choice, that there is
	// somebody else whom she could have chosen.
	Self, Choice bool
	// Continue is what the button does: it depends on how the member signed in.
	Continue string
}

// take keeps what was typed and goes on to the check page, or back to the form where
// only the language was switched.
func (o *Orders) take(c *gin.Context) error {
	who, err := ticked(c, o.Store)
	if err != nil {
		return err
	}
	form := readForm(c)
	form.Who = who
	id, err := o.drafts().Keep(c, form)
	if err != nil {
		return err
	}
	to := checkPath
	if page.Switched(c) {
		to = ehicPath
	}
	c.Redirect(http.StatusSeeOther, page.DraftURL(page.From(c), to, id))
	return nil
}

// check shows the answers. Those that do not hold are shown in the form.
func (o *Orders) check(c *gin.Context) error {
	v, id := page.From(c), page.DraftID(c)
	if id == "" { // nothing to show
		c.Redirect(http.StatusSeeOther, v.URL(ehicPath))
		return nil
	}
	t, found, err := o.typed(c)
	if err != nil {
		return err
	}
	v.Banner = page.DraftNotice(c, found)
	switch {
	case !found:
		return o.showForm(c, v, t, false)
	case len(t.wrong) > 0:
		c.Redirect(http.StatusSeeOther, page.DraftURL(v, ehicPath, id))
		return nil
	}
	return o.showCheck(c, v, t)
}

// send freezes the answers, checked once more, and goes on to reading and signing.
func (o *Orders) send(c *gin.Context) error {
	t, found, err := o.typed(c)
	if err != nil {
		return err
	}
	sent := page.Sent{Form: ehicPath, Check: checkPath, Holds: found && len(t.wrong) == 0, Key: t.draft.Key}
	return o.freeze(c, sent, t.act, ids(t.travellers()))
}

// freeze freezes an order for the people that it is for.
func (o *Orders) freeze(c *gin.Context, sent page.Sent, act document.Act, whom []auth.MemberID) error {
	return sent.Freeze(c, func() (string, error) {
		request, err := o.Freezer.FreezeFor(c.Request.Context(), page.LoginOf(c), act, whom, sent.Key)
		if err != nil {
			return "", fmt.Errorf("freezing an order: %w", err)
		}
		return request, nil
	})
}

func (o *Orders) showCheck(c *gin.Context, v page.View, t typed) error {
	how := o.Freezer.Method(page.LoginOf(c), t.act)
	v.Title, v.Section, v.Nav = v.T("orders.check.title"), v.T("orders.task"), "requests"
	v.Lead, v.Key = v.T("orders.check.lead."+how), t.draft.Key
	v.Step = page.Step{Task: v.T("orders.task"), N: 2, Of: steps}
	act := t.act
	posted := act.Date.AddDate(0, 0, o.delivery())
	p := checkPage{
		Self: len(act.ForPersons) == 1 && t.travellers()[0].Self, Choice: len(t.people) > 1,
		Draft: page.DraftID(c), Act: act, Continue: v.T("orders.check.continue." + how), Soon: act.Departure != nil && act.Departure.Before(posted.AddDate(0, 0, 3)),
		Track: []page.TrackStep{
			{State: page.Now, Text: v.T("orders.check.today"), Detail: v.T("orders.check.today.text." + how)},
			{State: page.Next, Text: v.T("orders.check.before", locale.A("date", locale.DayMonth(v.Lang, posted))), Detail: v.TN("orders.check.before.text", len(act.ForPersons))},
		},
	}
	return page.Render(c, http.StatusOK, checkView(v, p))
}

// said is a date of the journey, or that it was not given.
func said(v page.View, date *time.Time) string {
	if date == nil {
		return v.T("orders.check.unsaid")
	}
	return locale.Date(v.Lang, *date)
}

func (p checkPage) country(v page.View) string {
	if p.Act.Country == "" {
		return v.T("orders.check.unsaid")
	}
	return p.Act.Country
}
