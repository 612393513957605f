package office

import (
	"errors"
	"net/http"
	"strconv"

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

// rescueRows are what a line says of a document that waits: the words for people first,
// what the service answered last.
func rescueRows(v page.View, i rescue.Item) []page.SummaryRow {
	next := page.SummaryRow{Label: v.T("office.rescue.next"), Value: v.T("office.rescue.givenup")}
	if !i.Next.IsZero() {
		next.Value = locale.DateTime(v.Lang, i.Next)
	}
	rows := []page.SummaryRow{
		{Label: v.T("office.rescue.what"), Value: word(v, "office.job.", i.Kind)},
		{Label: v.T("office.rescue.cause"), Value: v.T("office.rescue.cause." + string(i.Cause)), Detail: i.Detail},
		{Label: v.T("office.rescue.do"), Value: v.T("office.rescue.do." + string(i.Cause))},
		{Label: v.T("office.rescue.since"), Value: when(v, i.Since)},
		next,
		{Label: v.T("office.job.attempts"), Value: strconv.Itoa(i.Tries)},
	}
	if i.Detail == "" && !i.Next.IsZero() {
		rows[1].Value = v.T("office.rescue.untried")
		return append(rows[:2], rows[3:]...)
	}
	return rows
}
