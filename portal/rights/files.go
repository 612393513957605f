package rights

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// filesPage is the medical file of each person, and the refunds it makes better.
type filesPage struct {
	Persons page.Table
	Tariffs []page.Table // of the normal status, then of the increased one
	AsOf    string
}

func (a *Rights) files(c *gin.Context) error {
	f, err := a.Store.MedicalFiles(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return fmt.Errorf("reading medical files: %w", err)
	}
	v, today := head(c, "dmg"), a.today()
	p := filesPage{AsOf: asOf(v, f.AsOf), Persons: page.Table{Caption: v.T("rights.dmg.persons"), Columns: []page.Column{
		{Head: v.T("rights.head.person"), Width: 25}, {Head: v.T("rights.dmg.head.doctor"), Width: 25},
		{Head: v.T("rights.dmg.head.dates"), Width: 25}, {Head: v.T("rights.head.state"), Width: 25},
	}}}
	worst := FileHolds
	for _, person := range f.Persons {
		state := StateOf(person.File, today, orDefault(a.Urgent, 30), orDefault(a.Soon, 60))
		p.Persons.Rows = append(p.Persons.Rows, fileRow(v, person, state))
		if state == FileNow || state == FileSoon && worst != FileNow {
			worst = state
			v.Banner = warning(v, person, state)
		}
	}
	for _, increased := range []bool{false, true} {
		if t, ok := tariffTable(v, f, increased); ok {
			p.Tariffs = append(p.Tariffs, t)
		}
	}
	return page.Render(c, http.StatusOK, filesView(v, p))
}

// warning says of the file that ends first, by weight, what to do.
func warning(v page.View, p PersonFile, state FileState) *page.Banner {
	kind := page.Checking
	if state == FileNow {
		kind = page.Changed
	}
	return &page.Banner{Kind: kind,
		Title: v.T("rights.dmg.warning", locale.A("name", p.Name), locale.A("date", locale.Date(v.Lang, p.File.Until))),
		Text:  v.T("rights.dmg.warning.text", locale.A("doctor", p.File.Doctor))}
}

var fileKinds = map[FileState]page.Kind{FileHolds: page.Valid, FileSoon: page.Checking, FileNow: page.Changed, FileLater: page.Checking,
	FileExpired: page.Changed, NoFile: page.Neutral}

func fileRow(v page.View, p PersonFile, state FileState) page.TableRow {
	doctor, dates := v.T("rights.dmg.nobody"), "–"
	if p.File != nil {
		doctor, dates = p.File.Doctor, span(v, p.File.Since, p.File.Until)
	}
	return page.TableRow{page.Text(name(v, p.Person)), page.Text(doctor), page.Text(dates),
		page.Badge(fileKinds[state], v.T("rights.dmg.state."+string(state)))}
}

// span is from when until when.
func span(v page.View, from, to time.Time) string {
	switch {
	case from.IsZero() && to.IsZero():
		return v.T("rights.unknown")
	case to.IsZero():
		return v.T("rights.since", locale.A("from", locale.Date(v.Lang, from)))
	case from.IsZero():
		return v.T("rights.until", locale.A("to", locale.Date(v.Lang, to)))
	}
	return v.T("rights.span", locale.A("from", locale.Date(v.Lang, from)), locale.A("to", locale.Date(v.Lang, to)))
}

// tariffTable is what those of the status get back with the file and without; false if
// nobody has that status, or nothing is better.
func tariffTable(v page.View, f MedicalFiles, increased bool) (page.Table, bool) {
	var names []string
	for _, p := range f.Persons {
		if p.Increased == increased {
			names = append(names, p.Name)
		}
	}
	key := "rights.dmg.tariffs.normal"
	if increased {
		key = "rights.dmg.tariffs.increased"
	}
	t := page.Table{Caption: v.T(key, locale.A("names", strings.Join(names, ", "))), Columns: []page.Column{
		{Head: v.T("rights.dmg.head.care"), Width: 40}, {Head: v.T("rights.dmg.head.fee"), Width: 20, End: true},
		{Head: v.T("rights.dmg.head.with"), Width: 20, End: true}, {Head: v.T("rights.dmg.head.without"), Width: 20, End: true},
	}}
	for _, one := range Better(f.Tariffs, increased) {
		t.Rows = append(t.Rows, page.TableRow{
			page.TitleCell(page.Link{Text: nature(v, one)}, v.T("rights.dmg.tariff-of", locale.A("code", one.Code), locale.A("date", locale.Date(v.Lang, one.From)))),
			page.Amount(v, one.Fee), page.Amount(v, one.With), page.Amount(v, one.Without),
		})
	}
	return t, len(names) > 0 && len(t.Rows) > 0
}

// nature is the kind of care in words; a kind we have no words for is called by its code.
func nature(v page.View, t core.Tariff) string {
	if key := "rights.care." + t.Nature; locale.Has(key) {
		return v.T(key)
	}
	return v.T("rights.care.other", locale.A("code", t.Code))
}
