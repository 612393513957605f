package office

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"guichet.example/portal/jobs"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/rescue"
)

const rescuePath = systemPath + "/rescue"

// rescuesShown is how many documents a page of them shows: an outage has many of one cause,
// and its count says how many.
const rescuesShown = 99

// rescues lists the signed documents that wait for a timestamp or for proof of a
// certificate's status, and those that were given up: by cause, the oldest first.
func (o *Office) rescues(c *gin.Context) error {
	list, err := o.Store.Rescues(c.Request.Context(), page.OfficerOf(c), c.Query("after"), rescuesShown+1)
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
	if len(list) > rescuesShown {
		list = list[:rescuesShown]
		more = v.URL(rescuePath + "?after=" + list[rescuesShown-1].Job)
	}
	return page.Render(c, http.StatusOK, rescueView(v, groupRescues(list), more))
}

// rescueGroup are the documents that wait for one reason, the oldest first.
type rescueGroup struct {
	Cause   rescue.Cause
	Untried bool // nothing was tried yet, and so no cause is known
	Items   []rescue.Item
}

// groupRescues puts documents that came oldest first under their causes, in the order of
// the oldest of each.
func groupRescues(list []rescue.Item) []rescueGroup {
	var groups []rescueGroup
	for _, i := range list {
		g := rescueGroup{Cause: i.Cause, Untried: untried(i)}
		if g.Untried {
			g.Cause = ""
		}
		at := slices.IndexFunc(groups, func(have rescueGroup) bool { return have.Cause == g.Cause && have.Untried == g.Untried })
		if at < 0 {
			groups, at = append(groups, g), len(groups)
		}
		groups[at].Items = append(groups[at].Items, i)
	}
	return groups
}

// rescueCause is the heading of a group, and rescueDo what to do about it.
func rescueCause(v page.View, g rescueGroup) string {
	if g.Untried {
		return v.T("office.rescue.untried")
	}
	return v.T("office.rescue.cause." + string(g.Cause))
}

func rescueDo(v page.View, g rescueGroup) string {
	if g.Untried {
		return ""
	}
	return v.T("office.rescue.do." + string(g.Cause))
}

// rescueCount says how many they are, and since when the oldest waits.
func rescueCount(v page.View, g rescueGroup) string {
	return v.TN("office.rescue.count", len(g.Items), locale.A("date", when(v, g.Items[0].Since)))
}

// rescueFew is how many documents of one cause are shown at once; more are folded away.
const rescueFew = 3

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
