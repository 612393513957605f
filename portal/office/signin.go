package office

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/door"
	"guichet.example/portal/page"
)

// door is the page on which an officer's card speaks.
func (o *Office) door(c *gin.Context) error {
	v := page.From(c)
	if v.Officer != nil {
		c.Redirect(http.StatusSeeOther, v.URL(next(c)))
		return nil
	}
	v.CardPage = true
	v.Title, v.Lead = v.T("office.door.title"), v.T("office.door.lead")
	switch {
	case c.Query("ended") == "1":
		v.Banner = &page.Banner{Kind: page.Neutral, Title: v.T("office.door.ended"), Text: v.T("office.door.ended.text")}
	case c.Query("out") == "1":
		v.Banner = &page.Banner{Kind: page.Neutral, Title: v.T("office.door.out"), Text: v.T("office.door.out.text")}
	}
	o.Sessions.Browser(c)
	return page.Render(c, http.StatusOK, doorView(v, page.CardStep{
		Challenge: v.URL(challengePath), Token: v.URL(doorPath + "?next=" + next(c)),
		Other: page.Link{URL: v.URL("sign-in"), Text: v.T("office.door.member")},
	}))
}

// enter takes the token of an officer's card.
func (o *Office) enter(c *gin.Context) error {
	holder, err := o.Card.Holder(c)
	if err != nil {
		return o.refuse(c, door.NewProblem(err))
	}
	found, err := o.Store.StaffByNumber(c.Request.Context(), o.Mutuality, holder.Number)
	if err == nil {
		err = o.Sessions.Begin(c, auth.Officer{
			Mutuality: o.Mutuality, ID: found.ID, Name: found.Name, Language: found.Language, Roles: found.Roles,
			Holder: holder.Holder, At: o.Now(),
		})
	}
	if errors.Is(err, ErrUnknownStaff) {
		p := door.NewProblem(err)
		p.State = "unknown_staff"
		return o.refuse(c, p)
	}
	if err != nil {
		return fmt.Errorf("starting an office session: %w", err)
	}
	c.JSON(http.StatusOK, gin.H{"next": page.From(c).URL(next(c))})
	return nil
}

// refuse writes the audit line of a refusal and returns what the officer sees.
func (o *Office) refuse(c *gin.Context, p *door.Problem) error {
	err := o.Store.RecordOfficeRefusal(c.Request.Context(), Refusal{
		Mutuality: o.Mutuality, Cause: p.State, Source: o.Sessions.Network(c),
	})
	if err != nil {
		return errors.Join(p, fmt.Errorf("recording a refusal: %w", err))
	}
	return p
}

// signOut ends the session; the door says so.
func (o *Office) signOut(c *gin.Context) error {
	if err := o.Sessions.End(c); err != nil {
		return fmt.Errorf("ending an office session: %w", err)
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(doorPath+"?out=1"))
	return nil
}

// stay is the answer to the script that warns of the end of a session: the request
// itself counted as activity.
func (o *Office) stay(c *gin.Context) error {
	v := page.From(c)
	c.JSON(http.StatusOK, gin.H{"seconds": int(v.IdleEnds.Sub(v.Now).Seconds())})
	return nil
}

// local matches the pages of the office that we may return to.
var local = regexp.MustCompile(`^office(/[A-Za-z0-9-]+)*$`)

// next is where to go after signing in: a page of the office or its desk.
func next(c *gin.Context) string {
	wished := c.Query("next")
	if len(wished) > 200 || !local.MatchString(wished) || wished == doorPath {
		return deskPath
	}
	return wished
}

// desk is the first page: what the officer's roles open.
func (o *Office) desk(c *gin.Context) error {
	v := page.From(c)
	v.Title, v.Lead = v.T("office.desk.title"), v.T("office.desk.lead")
	var rows []page.FileRow
	for _, e := range []struct {
		act       auth.Act
		icon      page.Icon
		path, nav string
	}{
		{auth.WorkQueue, "envelope", queuePath, "queue"}, {auth.OpenFile, "person", personPath, "person"},
		{auth.PrintLetters, "printer", lettersPath, "letters"},
		{auth.ReadAppointments, "clock", agendaPath, "appointments"},
		{auth.ManageStaff, "person", staffPath, "staff"}, {auth.ManageKiosks, "card", "office/kiosks", "kiosks"},
		{auth.ManageTemplates, "pen", templatesPath, "templates"},
		{auth.ManageJobs, "window", systemPath, "system"},
	} {
		if o.may(v, e.act) && v.Leads(e.path) {
			rows = append(rows, page.FileRow{Icon: e.icon, Link: page.Link{URL: v.URL(e.path), Text: v.T("office.nav." + e.nav)},
				Detail: v.T("office.desk." + e.nav)})
		}
	}
	return page.Render(c, http.StatusOK, deskView(v, rows))
}
