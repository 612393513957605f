package cover

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/people"
)

// Cover is the area. All fields are required.
type Cover struct {
	Store Store
	Now   func() time.Time
}

// Paths of the area and of the pages it leads to, below the language.
const (
	coverPath  = "cover"
	reportPath = "requests/contact?subject=my-data"
	wrongPath  = "requests/contact?subject=cover"
	rightsPath = "rights"
	peoplePath = "account/people"
)

// Route mounts the area.
func (a *Cover) Route(r page.Routes) {
	r.GET(coverPath, auth.ReadFile, a.show)
}

// coverPage is what the page shows.
type coverPage struct {
	Own     []page.SummaryRow
	Booklet *page.Table // nil: nobody but herself
	Persons []page.Table
	AsOf    string // of the covers; empty: never imported
}

func (a *Cover) show(c *gin.Context) error {
	f, err := a.Store.Cover(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return fmt.Errorf("reading the cover: %w", err)
	}
	v := page.From(c)
	v.Title, v.Nav, v.Lead = v.T("cover.title"), "cover", v.T("cover.lead")
	today := people.Today(a.Now())
	p := coverPage{Own: ownRows(v, f), Booklet: booklet(v, f)}
	for _, person := range f.Persons {
		if t, ok := positions(v, person, today); ok {
			p.Persons = append(p.Persons, t)
		}
	}
	if !f.CoverAs.IsZero() {
		p.AsOf = v.T("cover.as-of", locale.A("at", locale.DateTime(v.Lang, f.CoverAs)))
	}
	return page.Render(c, http.StatusOK, coverView(v, p))
}

func ownRows(v page.View, f File) []page.SummaryRow {
	return []page.SummaryRow{
		{Label: v.T("cover.affiliation"), Content: affiliation(v, f.Affiliation), Detail: source(v, f.Imported)},
		addressRow(v, f),
	}
}

// addressRow is where the post reaches her, or that it is not known.
func addressRow(v page.View, f File) page.SummaryRow {
	row := page.SummaryRow{Label: v.T("cover.address"), Detail: source(v, f.Imported)}
	lines := page.Postal{Street: f.Street, Postcode: f.Postcode, City: f.City, Country: f.Country}.Lines(v)
	if row.Value = strings.Join(lines, ", "); lines == nil {
		row.Value, row.Quiet = v.T("account.missing"), true
	}
	return row
}

// source says where a value comes from and how old it is.
func source(v page.View, at time.Time) string {
	if at.IsZero() {
		return v.T("cover.source")
	}
	return v.T("cover.source.at", locale.A("at", locale.DateTime(v.Lang, at)))
}

// affiliation is the number as it is printed on the card; masked where it is a national
// number, and on a machine that others stand behind.
func affiliation(v page.View, number string) templ.Component {
	if n, err := nrn.Parse(number); err == nil {
		digits := n.Digits()
		return page.MaskedNumber(v, digits[len(digits)-2:])
	}
	return page.Private(v, number)
}

// booklet lists who else is on the booklet, of those whose data she may read.
func booklet(v page.View, f File) *page.Table {
	t := &page.Table{Caption: v.T("cover.booklet"), Columns: []page.Column{
		{Head: v.T("cover.head.person"), Width: 30}, {Head: v.T("cover.head.role"), Width: 20},
		{Head: v.T("cover.affiliation"), Width: 25}, {Head: v.T("cover.head.since"), Width: 25},
	}}
	for _, p := range f.Persons {
		if p.Self {
			continue
		}
		t.Rows = append(t.Rows, page.TableRow{
			page.TitleCell(page.Link{Text: p.Name}, born(v, p.Birth)), page.Text(v.T("cover.role." + string(p.Role))),
			affiliation(v, p.Affiliation), page.Text(day(v, p.Since)),
		})
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

func born(v page.View, birth time.Time) string {
	if birth.IsZero() {
		return ""
	}
	return v.T("cover.born", locale.A("date", locale.Date(v.Lang, birth)))
}

func day(v page.View, t time.Time) string {
	if t.IsZero() {
		return v.T("cover.unknown")
	}
	return short(v, t)
}

// short is a date that a narrow column holds.
func short(v page.View, t time.Time) string {
	return locale.DateShort(v.Lang, t) + " " + strconv.Itoa(t.Year())
}

// positions is the table of one person; false if nothing is known of her cover.
func positions(v page.View, p Person, today time.Time) (page.Table, bool) {
	name := p.Name
	if p.Self {
		name = v.T("cover.you", locale.A("name", p.Name))
	}
	t := page.Table{Caption: name, Columns: []page.Column{
		{Head: v.T("cover.head.insurance"), Width: 30}, {Head: v.T("cover.head.status"), Width: 45}, {Head: v.T("cover.head.from"), Width: 25},
	}}
	for _, c := range Shown(p.Covers, today) {
		at := PositionOf(c, today)
		detail := ""
		if c.Code != "" {
			detail = v.T("cover.code", locale.A("code", c.Code))
		}
		t.Rows = append(t.Rows, page.TableRow{
			page.TitleCell(page.Link{URL: v.TermURL(string(c.Cover)), Text: v.T("cover.insurance." + string(c.Cover)), Hidden: name}, detail),
			status(v, at, c.Cover, name), page.Text(dates(v, c)),
		})
	}
	return t, len(t.Rows) > 0
}

// rightsLinks lead to what there is beside the cover.
func rightsLinks(v page.View) []page.Link {
	return page.Ways(
		v.Way(rightsPath+"/dmg", v.T("rights.dmg.title"), ""), v.Way(rightsPath+"/maf", v.T("rights.maf.title"), ""),
		v.Way(rightsPath+"/savings", v.T("rights.savings.title"), ""), v.Way(rightsPath+"/agreements", v.T("rights.agreements.title"), ""),
		v.Way("indemnities", v.T("indemnities.title"), ""))
}

// terms are the entries of the glossary that explain a position.
var terms = map[Position]string{Increased: "increased-reimbursement", Waiting: "waiting-time", Suspended: "suspended", Ended: "ended-cover"}

// kinds are the badges of positions.
var kinds = map[Position]page.Kind{InForce: page.Valid, Increased: page.Valid, Waiting: page.Checking, Later: page.Checking, Suspended: page.Changed}

func kindOf(at Position) page.Kind {
	if k, ok := kinds[at]; ok {
		return k
	}
	return page.Neutral
}

func dates(v page.View, c core.Cover) string {
	if c.Until.IsZero() {
		return short(v, c.Since)
	}
	return v.T("cover.from-to", locale.A("from", short(v, c.Since)), locale.A("to", short(v, c.Until)))
}
