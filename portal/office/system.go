package office

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/jobs"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// system lists what could not be done in the background.
func (o *Office) system(c *gin.Context) error {
	dead, err := o.Store.DeadJobs(c.Request.Context(), page.OfficerOf(c), c.Query("before"), perPage+1)
	if err != nil {
		return err
	}
	v := view(c, "system", "office.system.title")
	v.Lead = v.T("office.system.lead")
	more := ""
	if len(dead) > perPage {
		dead = dead[:perPage]
		more = v.URL(systemPath + "?before=" + dead[perPage-1].ID)
	}
	return page.Render(c, http.StatusOK, systemView(v, dead, more, o.may(v, auth.ReadAuditOfStaff)))
}

// systemLinks lead to the pages of the system.
func systemLinks(v page.View, acts bool) []page.FileRow {
	rows := []page.FileRow{
		{Icon: "window", Link: page.Link{URL: v.URL(rescuePath), Text: v.T("office.rescue.title")}, Detail: v.T("office.rescue.detail")},
		{Icon: "sheet", Link: page.Link{URL: v.URL(systemPath + "/imports"), Text: v.T("imports.title")}, Detail: v.T("imports.detail")},
	}
	if acts {
		rows = append(rows, page.FileRow{Icon: "eye", Link: page.Link{URL: v.URL(actsPath), Text: v.T("office.acts.title")}, Detail: v.T("office.acts.detail")})
	}
	return rows
}

// revive has a job tried again.
func (o *Office) revive(c *gin.Context) error {
	err := o.Store.ReviveJob(c.Request.Context(), page.OfficerOf(c), c.Param("id"))
	if err != nil && !errors.Is(err, jobs.ErrNotFound) { // a colleague was faster
		return err
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(systemPath))
	return nil
}

// actsPage is a page of what staff did.
type actsPage struct {
	Day, Month, Year string
	Rows             []page.TableRow
	More             string // address of the next page; empty: none
}

// acts lists what staff did on a day, today if none is given.
func (o *Office) acts(c *gin.Context) error {
	p := actsPage{Day: c.Query("day-day"), Month: c.Query("day-month"), Year: c.Query("day-year")}
	v := view(c, "system", "office.acts.title")
	v.Lead = v.T("office.acts.lead")
	v.Back = page.Link{URL: v.URL(systemPath), Text: v.T("office.system.back")}
	day, ok := dateOf(p.Day, p.Month, p.Year)
	if !ok {
		if p.Day+p.Month+p.Year != "" {
			v.Errors = []page.FieldError{{Field: "day", Text: v.T("office.acts.day.wrong")}}
			return page.Render(c, http.StatusUnprocessableEntity, actsView(v, p))
		}
		now := o.Now().In(locale.Zone())
		day = now
		p.Day, p.Month, p.Year = now.Format("2"), now.Format("1"), now.Format("2006")
	}
	from := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, locale.Zone())
	found, err := o.Store.ActsOfStaff(c.Request.Context(), page.OfficerOf(c), from, from.AddDate(0, 0, 1), c.Query("before"), perPage)
	if err != nil {
		return err
	}
	for _, e := range found.Rows {
		p.Rows = append(p.Rows, actRow(v, e, found.Names))
	}
	if found.Next != "" {
		q := url.Values{"day-day": {p.Day}, "day-month": {p.Month}, "day-year": {p.Year}, "before": {found.Next}}
		p.More = v.URL(actsPath) + "?" + q.Encode()
	}
	return page.Render(c, http.StatusOK, actsView(v, p))
}

// actRow is one act: when, who, what, how it ended. Whose record it touched is not shown:
// that is for who may open files.
func actRow(v page.View, e audit.Entry, names map[auth.StaffID]string) page.TableRow {
	name := names[auth.StaffID(e.Actor)]
	if name == "" {
		name = word(v, "office.acts.actor.", e.Actor)
	}
	kind := page.Valid
	if e.Outcome != audit.Done {
		kind = page.Changed
	}
	return page.TableRow{
		page.TitleCell(page.Link{Text: locale.DateTime(v.Lang, e.At)}, e.RequestID), page.Text(name),
		page.Text(word(v, "office.act.", string(e.Action))), page.Badge(kind, v.T("office.outcome."+string(e.Outcome))),
	}
}

// deadRows are what a line says of a job that was given up.
func deadRows(v page.View, d jobs.Dead) []page.SummaryRow {
	return []page.SummaryRow{
		{Label: v.T("office.job.died"), Value: when(v, d.Died)},
		{Label: v.T("office.job.attempts"), Value: strconv.Itoa(d.Attempts)},
		{Label: v.T("office.job.cause"), Value: d.Cause},
	}
}
