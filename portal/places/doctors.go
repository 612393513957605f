package places

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

const (
	perPage   = 20
	maxTyped  = 60 // characters of a search
	minLetter = 2  // of a name
)

// doctorsPage is the search with what it found.
type doctorsPage struct {
	Name, Place string
	Searched    bool
	Rows        []page.TableRow
	More        string // address of the next page; empty: none
	AsOf        string
}

func (p *Places) doctors(c *gin.Context) error {
	v, ctx := page.From(c), c.Request.Context()
	v.Title, v.Lead = v.T("places.doctors.title"), v.T("places.doctors.lead")
	typed := func(name string) string {
		return strings.Join(strings.Fields(strings.ToValidUTF8(c.Query(name), "")), " ")
	}
	shown := doctorsPage{Name: typed("name"), Place: typed("place")}
	q := Query{Name: core.Fold(shown.Name), Place: core.Fold(shown.Place), After: c.Query("after")}
	if shown.Name+shown.Place != "" {
		if !p.Spend(c) {
			return nil
		}
		switch {
		case utf8.RuneCountInString(shown.Name) > maxTyped:
			v.Errors = []page.FieldError{{Field: "name", Text: v.T("places.name.long")}}
		case utf8.RuneCountInString(q.Name) < minLetter:
			v.Errors = []page.FieldError{{Field: "name", Text: v.T("places.name.short")}}
		case utf8.RuneCountInString(shown.Place) > maxTyped:
			v.Errors = []page.FieldError{{Field: "place", Text: v.T("places.place.long")}}
		}
		shown.Searched = len(v.Errors) == 0
	}
	if shown.Searched {
		list, next, err := p.Store.Providers(ctx, p.Mutuality, q, perPage)
		if err != nil {
			return fmt.Errorf("searching professionals: %w", err)
		}
		for _, d := range list {
			shown.Rows = append(shown.Rows, doctorRow(v, d))
		}
		if next != "" {
			shown.More = v.URL(doctorsPath + "?" + url.Values{"name": {shown.Name}, "place": {shown.Place}, "after": {next}}.Encode())
		}
	}
	ages, err := p.Store.Ages(ctx, p.Mutuality)
	if err != nil {
		return fmt.Errorf("reading the age of data: %w", err)
	}
	if at := ages[core.KindProvider]; !at.IsZero() {
		shown.AsOf = v.T("places.asof", locale.A("date", locale.DateTime(v.Lang, at)))
	}
	return page.Render(c, page.FormStatus(v), doctorsView(v, shown))
}

// statuses are the agreements, with the badge of each.
var statuses = map[string]page.Kind{"full": page.Valid, "partial": page.Checking, "none": page.Changed}

func doctorRow(v page.View, d core.Provider) page.TableRow {
	status := d.Status
	if _, known := statuses[status]; !known {
		status = "none"
	}
	what := d.Profession
	if key := "places.profession." + d.Profession; locale.Has(key) {
		what = v.T(key)
	}
	meaning := v.T("places.status." + status + ".price")
	if hours := weekOf(d.Hours).lines(v); status == "partial" && len(hours) > 0 {
		meaning = v.T("places.status.partial.hours", locale.A("hours", strings.Join(hours, "; ")))
	}
	return page.TableRow{
		page.TitleCell(page.Link{Text: d.Name}, what),
		page.Text(d.Street + ", " + d.Postcode + " " + d.City),
		page.Badge(statuses[status], v.T("places.status."+status)),
		page.Text(meaning),
	}
}
