package indemnities

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/people"
)

// Desk is the page of the office from which people are received for the medical adviser:
// who comes on a day, where and when, and nothing else of anybody. All fields are required.
type Desk struct {
	Store DeskStore
	Now   func() time.Time
}

// Visit is an appointment as the desk sees it: by her name and her birth, which stand on
// her identity card, the person is told from another.
type Visit struct {
	VisitPlace
	Name  string
	Birth time.Time
	State string // set, moved, cancelled, done
}

// VisitPlace is the place of an appointment in the list of its day, which is in the order
// of these fields. The next page begins behind one, whatever became of the appointment.
type VisitPlace struct {
	Place     string // name of the place
	City      string
	At        time.Time
	Member    auth.MemberID // whose it is, as an opaque id, and which of hers: never shown
	Reference string
}

// Day is a page of the appointments of a day.
type Day struct {
	Visits []Visit
	More   bool      // others follow the last of them
	AsOf   time.Time // of the data; zero: never imported
}

// DeskStore reads what the desk sees.
type DeskStore interface {
	// AppointmentsOf lists those of a Belgian day (midnight UTC), at most limit, behind a
	// place in the list; the zero place is its start. The reading is audited, and each person
	// it shows has a row of her own.
	AppointmentsOf(ctx context.Context, o auth.Officer, day time.Time, after VisitPlace, limit int) (Day, error)
}

const (
	deskPath = "office/appointments"

	onField  = "on"
	perPage  = 50
	ahead    = 365   // days to come that the desk sees; Past is how many that were
	maxAfter = 2_000 // bytes of a VisitPlace in an address
)

// Route mounts the page.
func (d *Desk) Route(r page.Routes) { r.GET(deskPath, auth.ReadAppointments, d.day) }

// dayPage is what the page shows.
type dayPage struct {
	On          page.DateFields
	Days        []page.Link // other days, one step away
	Places      []page.Table
	None        page.Empty // where there are no places
	More, First string     // addresses; empty: none
	AsOf        string
}

// day shows the appointments of the day that was asked for, or of today.
func (d *Desk) day(c *gin.Context) error {
	v, today := page.From(c), people.Today(d.Now())
	v.Nav, v.Section, v.Lead = "appointments", v.T("office.nav.appointments"), v.T("indemnities.desk.lead")
	first, last := today.AddDate(0, 0, -Past), today.AddDate(0, 0, ahead)
	from, to := locale.A("from", locale.Date(v.Lang, first)), locale.A("to", locale.Date(v.Lang, last))
	p := dayPage{On: page.DateFields{Name: onField, Legend: v.T("indemnities.desk.day"), Hint: v.T("indemnities.desk.day.hint", from, to),
		Day: c.Query(onField + "-day"), Month: c.Query(onField + "-month"), Year: c.Query(onField + "-year")}}
	on := today
	if asked := [3]string{p.On.Day, p.On.Month, p.On.Year}; asked != [3]string{} {
		on, v.Errors = readDate(v, onField, asked)
		if len(v.Errors) == 0 && (on.Before(first) || on.After(last)) {
			v.Errors = []page.FieldError{{Field: onField, Text: v.T("indemnities.desk.day.range", from, to)}}
		}
	}
	if len(v.Errors) > 0 {
		v.Title = v.T("indemnities.appointments")
		return page.Render(c, http.StatusUnprocessableEntity, dayView(v, p))
	}
	after := parsePlace(c.Query("after"))
	found, err := d.Store.AppointmentsOf(c.Request.Context(), page.OfficerOf(c), on, after, perPage)
	if err != nil {
		return fmt.Errorf("reading the appointments of a day: %w", err)
	}
	// A heading breaks between the words of its date: in one piece it is wider than a telephone.
	v.Title = strings.ReplaceAll(v.T("indemnities.desk.title", locale.A("date", locale.Date(v.Lang, on))), "\u00a0", " ")
	p.On.Day, p.On.Month, p.On.Year = strconv.Itoa(on.Day()), strconv.Itoa(int(on.Month())), strconv.Itoa(on.Year())
	p.Days = otherDays(v, on, today, first, last)
	p.show(v, on, after, found)
	return page.Render(c, http.StatusOK, dayView(v, p))
}

// show fills in what was found.
func (p *dayPage) show(v page.View, on time.Time, after VisitPlace, found Day) {
	p.Places = placeTables(v, found.Visits)
	p.None = page.Empty{Title: v.T("indemnities.desk.none"), Text: v.T("indemnities.desk.none.text", locale.A("date", locale.Date(v.Lang, on)))}
	if after != (VisitPlace{}) {
		p.First = dayAddress(v, on)
		p.None = page.Empty{Title: v.T("indemnities.desk.end"), Text: v.T("indemnities.desk.end.text")}
	}
	if n := len(found.Visits); found.More && n > 0 {
		p.More = dayAddress(v, on) + "&after=" + found.Visits[n-1].VisitPlace.String()
	}
	if !found.AsOf.IsZero() {
		p.AsOf = v.T("rights.as-of", locale.A("at", locale.DateTime(v.Lang, found.AsOf)))
	}
}

func dayAddress(v page.View, on time.Time) string {
	return v.URL(deskPath) + on.Format("?on-day=2&on-month=1&on-year=2006")
}

// otherDays lead to the day before, today and the day after, as far as the desk sees.
func otherDays(v page.View, on, today, first, last time.Time) (list []page.Link) {
	step := func(key string, to time.Time) {
		list = append(list, page.Link{URL: dayAddress(v, to), Text: v.T(key, locale.A("date", locale.Date(v.Lang, to)))})
	}
	if on.After(first) {
		step("indemnities.desk.before", on.AddDate(0, 0, -1))
	}
	if !on.Equal(today) {
		list = append(list, page.Link{URL: v.URL(deskPath), Text: v.T("indemnities.desk.today")})
	}
	if on.Before(last) {
		step("indemnities.desk.after", on.AddDate(0, 0, 1))
	}
	return list
}

// placeTables are the visits, a table for each place, in the order in which they come.
func placeTables(v page.View, visits []Visit) (tables []page.Table) {
	for i, one := range visits {
		if i == 0 || one.Place != visits[i-1].Place || one.City != visits[i-1].City {
			tables = append(tables, page.Table{Caption: placeName(one), Columns: []page.Column{
				{Head: v.T("indemnities.desk.time"), Width: 15}, {Head: v.T("rights.head.person"), Width: 40},
				{Head: v.T("indemnities.desk.birth"), Width: 25}, {Head: v.T("rights.head.state"), Width: 20}}})
		}
		here := &tables[len(tables)-1]
		birth := ""
		if !one.Birth.IsZero() {
			birth = locale.Date(v.Lang, one.Birth)
		}
		kind, known := visitStates[one.State]
		state := page.Text(one.State)
		if known {
			state = page.Badge(kind, v.T("indemnities.appointment."+one.State))
		}
		here.Rows = append(here.Rows, page.TableRow{page.Text(locale.Time(v.Lang, one.At)), page.Text(one.Name), page.Text(birth), state})
	}
	return tables
}

// visitStates are the states as the insurance system has them, whatever the hour.
var visitStates = map[string]page.Kind{"set": page.Valid, "moved": page.Checking, "cancelled": page.Changed, "done": page.Neutral}

// placeName is the place, and where it is if its name does not say so.
func placeName(one Visit) string {
	if one.City == "" || strings.Contains(one.Place, one.City) {
		return one.Place
	}
	return one.Place + ", " + one.City
}

// String is the place as it stands in an address.
func (p VisitPlace) String() string {
	text, err := json.Marshal([5]string{p.Place, p.City, strconv.FormatInt(p.At.UnixMicro(), 10), string(p.Member), p.Reference})
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// parsePlace reads what String wrote; anything else is the zero place. No text of a row
// holds a zero byte, and PostgreSQL takes none.
func parsePlace(s string) VisitPlace {
	text, err := base64.RawURLEncoding.DecodeString(s)
	var parts [5]string
	if err != nil || len(s) > maxAfter || json.Unmarshal(text, &parts) != nil || strings.ContainsRune(strings.Join(parts[:], ""), 0) {
		return VisitPlace{}
	}
	at, err := strconv.ParseInt(parts[2], 10, 64)
	member, wrong := auth.ParseMemberID(parts[3])
	if err != nil || wrong != nil {
		return VisitPlace{}
	}
	return VisitPlace{Place: parts[0], City: parts[1], At: time.UnixMicro(at).UTC(), Member: member, Reference: parts[4]}
}
