package rights

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/people"
)

// Rights is the area. Fields without a default are required.
type Rights struct {
	Store Store
	Now   func() time.Time
	// Urgent and Soon are how many days before a medical file ends the page says so, first
	// quietly, then loudly. Zero: 30 and 60.
	Urgent, Soon int
	// Ending is how many days before an agreement ends it is marked. Zero: 30.
	Ending int
}

// Paths of the area and of the pages it leads to, below the language.
const (
	rightsPath     = "rights"
	filesPath      = "rights/dmg"
	mafPath        = "rights/maf"
	savingsPath    = "rights/savings"
	agreementsPath = "rights/agreements"

	askPath = "requests/contact?subject=rights"
)

// Route mounts the area. What tells of care needs a login that may read of it.
func (a *Rights) Route(r page.Routes) {
	r.GET(rightsPath, auth.ReadFile, a.list)
	r.GET(filesPath, auth.ReadHealth, a.files)
	r.GET(mafPath, auth.ReadHealth, a.maf)
	r.GET(savingsPath, auth.ReadFile, a.savings)
	r.GET(agreementsPath, auth.ReadHealth, a.agreements)
}

func orDefault(days, shipped int) int {
	if days == 0 {
		return shipped
	}
	return days
}

// today is the date in Belgium, as midnight UTC like every date of the data.
func (a *Rights) today() time.Time { return people.Today(a.Now()) }

// head fills in what the pages of the area share.
func head(c *gin.Context, title string) page.View {
	v := page.From(c)
	v.Title, v.Section, v.Nav = v.T("rights."+title+".title"), v.T("rights.title"), "refunds"
	v.Lead = v.T("rights." + title + ".lead")
	v.Back = page.Link{URL: v.URL(rightsPath), Text: v.T("rights.back")}
	return v
}

// list leads to the pages.
func (a *Rights) list(c *gin.Context) error {
	v := page.From(c)
	v.Title, v.Nav, v.Lead = v.T("rights.title"), "refunds", v.T("rights.lead")
	var rows []page.FileRow
	for _, e := range []struct{ path, key string }{
		{filesPath, "rights.dmg."}, {mafPath, "rights.maf."}, {agreementsPath, "rights.agreements."},
		{savingsPath, "rights.savings."}, {"indemnities", "indemnities."},
	} {
		if v.Leads(e.path) {
			rows = append(rows, page.FileRow{Link: page.Link{URL: v.URL(e.path), Text: v.T(e.key + "title")}, Detail: v.T(e.key + "what")})
		}
	}
	return page.Render(c, http.StatusOK, listView(v, rows))
}

// name is a person as the member calls her.
func name(v page.View, p people.Person) string {
	if p.Self {
		return v.T("rights.you", locale.A("name", p.Name))
	}
	return p.Name
}

// day is a date, in words also where there is none.
func day(v page.View, t time.Time, none string) string {
	if t.IsZero() {
		return v.T(none)
	}
	return locale.Date(v.Lang, t)
}

// asOf says how old the data are; empty if they never came.
func asOf(v page.View, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return v.T("rights.as-of", locale.A("at", locale.DateTime(v.Lang, at)))
}

// empty is the page without data: what would be here, and why it is not.
func empty(v page.View, title string, at time.Time) page.Empty {
	why := "rights.empty.none"
	if at.IsZero() {
		why = "rights.empty.never"
	}
	return page.Empty{Title: v.T("rights." + title + ".empty"), Text: v.T(why),
		Link: v.Way(askPath, v.T("rights.empty.link"), "")}
}
