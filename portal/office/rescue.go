package office

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"guichet.example/portal/jobs"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/rescue"
)

const rescuePath = systemPath + "/rescue"

// rescues lists the signed documents that wait for a timestamp or for proof of a
// certificate's status, and those that were given up.
func (o *Office) rescues(c *gin.Context) error {
	list, err := o.Store.Rescues(c.Request.Context(), page.OfficerOf(c), c.Query("before"), perPage+1)
	if err != nil {
		return err
	}
	v := view(c, "system", "office.rescue.title")
	v.Lead = v.T("office.rescue.lead")
	v.Back = page.Link{URL: v.URL(systemPath), Text: v.T("office.system.back")}
	if c.Query("tried") != "" {
		v.Banner = &page.Banner{Kind: page.Checking, Title: v.T("office.rescue.tried.title"), Text: v.T("office.rescue.tried.text")}
		landed(&v)
	}
	more := ""
	if len(list) > perPage {
		list = list[:perPage]
		more = v.URL(rescuePath + "?before=" + list[perPage-1].Job)
	}
	return page.Render(c, http.StatusOK, rescueView(v, list, more))
}

// retry has a document tried again now.
func (o *Office) retry(c *gin.Context) error {
	err := o.Store.RetryRescue(c.Request.Context(), page.OfficerOf(c), c.Param("id"))
	if err != nil && !errors.Is(err, jobs.ErrNotFound) { // done meanwhile, or just being tried
		return err
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(rescuePath)+"?tried=1")
	return nil
}

// rescueTitle is the reference of the document, or that it is gone.
func rescueTitle(v page.View, i rescue.Item) string {
	if i.Reference == "" {
		return v.T("office.rescue.gone")
	}
	return i.Reference
}

// rescueBadge is whether it is tried again.
func rescueBadge(v page.View, i rescue.Item) templ.Component {
	if i.Next.IsZero() {
		return page.Badge(page.Changed, v.T("office.rescue.state.givenup"))
	}
	return page.Badge(page.Checking, v.T("office.rescue.state.waits"))
}

// untried is a document that should have had its first attempt by now.
func untried(i rescue.Item) bool { return i.Detail == "" && !i.Next.IsZero() }

// rescueRows are the facts of a document that waits.
func rescueRows(v page.View, i rescue.Item) []page.SummaryRow {
	next, told := v.T("office.rescue.givenup"), v.T("office.rescue.told.not")
	if i.Cause == rescue.Short {
		told = v.T("office.rescue.told.short")
	}
	if !i.Next.IsZero() {
		next = locale.DateTime(v.Lang, i.Next)
	}
	if !i.Told.IsZero() {
		told = locale.DateTime(v.Lang, i.Told)
	}
	rows := []page.SummaryRow{
		{Label: v.T("office.rescue.what"), Value: word(v, "office.job.", i.Kind)},
		{Label: v.T("office.rescue.since"), Value: when(v, i.Since)},
		{Label: v.T("office.job.attempts"), Value: strconv.Itoa(i.Tries)},
		{Label: v.T("office.rescue.next"), Value: next},
		{Label: v.T("office.rescue.told"), Value: told},
	}
	if !i.Holds.IsZero() {
		rows = append(rows, page.SummaryRow{Label: v.T("office.rescue.holds"), Value: locale.Date(v.Lang, i.Holds)})
	}
	for n := range rows {
		rows[n].Quiet = rows[n].Value != next
	}
	return rows
}
