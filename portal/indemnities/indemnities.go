package indemnities

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/people"
	"guichet.example/signing/document"
)

// Indemnities is the area. All fields but Years are required.
type Indemnities struct {
	Store     Store
	Issuer    Issuer
	Mutuality document.Mutuality // letterhead of the statements
	Now       func() time.Time
	// Years is how many calendar years before the present one a statement can be of. Zero: 9.
	Years int
}

// Paths of the area and of the pages it leads to, below the language.
const (
	listPath      = "indemnities"
	calendarPath  = "indemnities/appointments/:id/calendar.ics"
	statementPath = "indemnities/statement"

	askPath    = "requests/contact?subject=indemnity"
	mapAddress = "https://www.openstreetmap.org/search?query="
)

// Past is how many days an appointment stays on the page after it was.
const Past = 30

// Route mounts the area: all of it tells of health.
func (a *Indemnities) Route(r page.Routes) {
	r.GET(listPath, auth.ReadHealth, a.list)
	r.GET(calendarPath, auth.ReadHealth, a.calendar)
	r.GET(statementPath, auth.ReadHealth, a.form)
	r.POST(statementPath, auth.ReadHealth, a.state)
}

// listPage is what the page shows.
type listPage struct {
	Appointments []appointmentPart
	Periods      page.Table
	Payments     page.Table
	AsOf         string
}

// appointmentPart is one appointment, and what can be done with it.
type appointmentPart struct {
	Title     string
	Rows      []page.SummaryRow
	Map       string // address outside; empty: no longer of use
	Calendar  string
	Cancelled bool
}

func (a *Indemnities) list(c *gin.Context) error {
	o, err := a.Store.Indemnities(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return fmt.Errorf("reading indemnities: %w", err)
	}
	v, now := page.From(c), a.Now()
	v.Title, v.Section, v.Nav, v.Lead = v.T("indemnities.title"), v.T("rights.title"), "refunds", v.T("indemnities.lead")
	v.Back = page.Link{URL: v.URL("rights"), Text: v.T("rights.back")}
	p := listPage{Periods: periodsTable(v, o), Payments: paymentsTable(v, o)}
	for _, one := range o.Appointments {
		p.Appointments = append(p.Appointments, part(v, one, now))
		if v.Banner == nil {
			v.Banner = notice(v, one, now)
		}
	}
	if !o.AsOf.IsZero() {
		p.AsOf = v.T("rights.as-of", locale.A("at", locale.DateTime(v.Lang, o.AsOf)))
	}
	return page.Render(c, http.StatusOK, listView(v, p))
}

// notice tells of an appointment to come that is no longer what it was.
func notice(v page.View, a Appointment, now time.Time) *page.Banner {
	if a.At.Before(now) {
		return nil
	}
	at := locale.A("at", locale.DateTime(v.Lang, a.At))
	switch a.State {
	case "moved":
		return &page.Banner{Kind: page.Checking, Title: v.T("indemnities.moved"), Text: v.T("indemnities.moved.text", at)}
	case "cancelled":
		return &page.Banner{Kind: page.Changed, Title: v.T("indemnities.cancelled"), Text: v.T("indemnities.cancelled.text", at)}
	}
	return nil
}

// things are what one can be asked to bring, in the words of the insurance system.
var things = map[string]bool{"identity": true, "medical-file": true, "imaging": true, "medicines": true}

// bring is what to bring, in words; what is not known is left out.
func bring(v page.View, a Appointment) string {
	var list []string
	for _, one := range strings.Split(a.Bring, ",") {
		if one = strings.TrimSpace(one); things[one] {
			list = append(list, v.T("indemnities.bring."+one))
		}
	}
	return strings.Join(list, ", ")
}

func place(a Appointment) string {
	return strings.Trim(strings.Join([]string{a.Street, strings.TrimSpace(a.Postcode + " " + a.City)}, ", "), ", ")
}

func part(v page.View, a Appointment, now time.Time) appointmentPart {
	p := appointmentPart{Title: locale.DateTime(v.Lang, a.At), Cancelled: a.State == "cancelled"}
	kind, state := page.Neutral, "done"
	switch {
	case p.Cancelled:
		kind, state = page.Changed, "cancelled"
	case a.At.Before(now) || a.State == "done":
	case a.State == "moved":
		kind, state = page.Checking, "moved"
	default:
		kind, state = page.Valid, "set"
	}
	p.Rows = []page.SummaryRow{
		{Label: v.T("rights.head.person"), Value: name(v, a.Person)},
		{Label: v.T("rights.head.state"), Content: page.Badge(kind, v.T("indemnities.appointment."+state))},
		{Label: v.T("indemnities.where"), Value: a.Place, Detail: place(a)},
	}
	if state == "done" || p.Cancelled {
		return p
	}
	if what := bring(v, a); what != "" {
		p.Rows = append(p.Rows, page.SummaryRow{Label: v.T("indemnities.bring"), Value: what})
	}
	p.Map = mapAddress + url.QueryEscape(place(a)+", Belgium")
	p.Calendar = v.URL(strings.Replace(calendarPath, ":id", a.ID(), 1))
	return p
}

func name(v page.View, p people.Person) string {
	if p.Self {
		return v.T("rights.you", locale.A("name", p.Name))
	}
	return p.Name
}

// periodKinds and periodStates are those we have words for.
var (
	periodKinds  = map[string]bool{"primary": true, "invalidity": true, "maternity": true, "birth-leave": true, "accident": true}
	periodStates = map[string]page.Kind{"asked": page.Checking, "accepted": page.Valid, "refused": page.Changed, "ended": page.Neutral}
)

func periodsTable(v page.View, o Overview) page.Table {
	t := page.Table{Caption: v.T("indemnities.periods"), Columns: []page.Column{
		{Head: v.T("indemnities.head.start"), Width: 25}, {Head: v.T("indemnities.head.end"), Width: 25},
		{Head: v.T("indemnities.head.kind"), Width: 15}, {Head: v.T("rights.head.person"), Width: 20}, {Head: v.T("rights.head.state"), Width: 15},
	}}
	for _, p := range o.Periods {
		kind := "other"
		if periodKinds[p.Kind] {
			kind = p.Kind
		}
		end := v.T("indemnities.goes-on")
		if !p.Until.IsZero() {
			end = locale.Date(v.Lang, p.Until)
		}
		var state templ.Component = page.Text(p.State)
		if badge, known := periodStates[p.State]; known {
			state = page.Badge(badge, v.T("indemnities.state."+p.State))
		}
		t.Rows = append(t.Rows, page.TableRow{page.Text(locale.Date(v.Lang, p.Since)), page.Text(end),
			page.Text(v.T("indemnities.kind." + kind)), page.Text(name(v, p.Person)), state})
	}
	return t
}

func paymentsTable(v page.View, o Overview) page.Table {
	t := page.Table{Caption: v.T("indemnities.payments"), Columns: []page.Column{
		{Head: v.T("indemnities.head.paid"), Width: 20}, {Head: v.T("rights.head.person"), Width: 15},
		{Head: v.T("indemnities.head.for"), Width: 25}, {Head: v.T("indemnities.head.gross"), Width: 20, End: true},
		{Head: v.T("indemnities.head.net"), Width: 20, End: true},
	}}
	for _, p := range o.Payments {
		account := ""
		if p.Last4 != "" {
			account = v.T("indemnities.account", locale.A("last", p.Last4))
		}
		t.Rows = append(t.Rows, page.TableRow{page.TitleCell(page.Link{Text: locale.Date(v.Lang, p.Paid)}, account), page.Text(name(v, p.Person)),
			page.TitleCell(page.Link{Text: v.T("rights.span", locale.A("from", locale.Date(v.Lang, p.From)), locale.A("to", locale.Date(v.Lang, p.To)))},
				v.TN("indemnities.days", p.Days, locale.A("daily", v.Money(p.Daily)))),
			page.Amount(v, p.Gross), page.Amount(v, p.Net)})
	}
	return t
}

// calendar sends an appointment as a file for a calendar.
func (a *Indemnities) calendar(c *gin.Context) error {
	one, err := a.Store.Appointment(c.Request.Context(), page.LoginOf(c), c.Param("id"))
	if err != nil {
		return fmt.Errorf("reading an appointment: %w", err)
	}
	v := page.From(c)
	e := Event{
		Key: page.LoginOf(c).Mutuality + " " + one.ID(), Stamp: a.Now(), Start: one.At, Length: 30 * time.Minute,
		Summary:  v.T("indemnities.calendar.summary", locale.A("mutuality", a.Mutuality.Name)),
		Location: strings.Trim(one.Place+", "+place(one), ", "), Cancelled: one.State == "cancelled",
	}
	switch one.State {
	case "moved":
		e.Sequence = 1
	case "cancelled":
		e.Sequence = 2
	}
	if what := bring(v, one); what != "" {
		e.Description = v.T("indemnities.calendar.bring", locale.A("what", what))
	}
	c.Header("Content-Disposition", `attachment; filename="appointment.ics"`)
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "text/calendar; charset=utf-8", e.Calendar())
	return nil
}
