package refunds

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/people"
)

// listPage is a page of the list, with its filter.
type listPage struct {
	parsed
	Found     Found
	Listed    listed
	Totals    totals
	Seals     bool // receipts are offered
	Periods   []page.Tab
	Tabs      []page.Tab
	Labels    []page.Link // filters in use, each with the address without it
	Elsewhere int         // ticked on other pages
}

func (r *Refunds) list(c *gin.Context) error {
	p, found, err := r.ask(c, false)
	if err != nil {
		return err
	}
	v := page.From(c)
	if p.Form && len(p.Wrong) == 0 {
		c.Redirect(http.StatusSeeOther, p.address(v, listPath))
		return nil
	}
	v.Title, v.Nav = v.T("refunds.title"), "refunds"
	v.Lead = v.T("refunds.lead")
	for _, m := range p.Wrong {
		v.Errors = append(v.Errors, page.FieldError{Field: m.Field, Text: v.T(m.Key)})
	}
	shown := listPage{parsed: p, Found: found, Totals: totalsOf(found.Payments), Seals: r.Issue != nil && !p.Professionals && v.Kiosk == nil}
	shown.Listed = pageOf(found.Payments, p.Sort, p.After)
	shown.Elsewhere = len(shown.elsewhere())
	shown.tabs(v)
	shown.labels(v)
	return page.Render(c, page.FormStatus(v), listView(v, shown))
}

// elsewhere are the references that are ticked and not on this page.
func (p listPage) elsewhere() []string {
	return slices.DeleteFunc(slices.Clone(p.Ticks), func(reference string) bool {
		return slices.ContainsFunc(p.Listed.Rows, func(x Payment) bool { return x.Reference == reference })
	})
}

func (p *listPage) tabs(v page.View) {
	tab := func(text string, current bool, f filter) page.Tab {
		return page.Tab{Link: page.Link{URL: f.address(v, listPath), Text: text}, Current: current}
	}
	for _, professional := range []bool{false, true} {
		key := "refunds.tab.own"
		if professional {
			key = "refunds.tab.professionals"
		}
		p.Tabs = append(p.Tabs, tab(v.T(key), p.Professionals == professional, p.from(func(f *filter) { f.Professionals, f.Kinds = professional, nil })))
	}
	for _, months := range []int{1, 3, 12, wholeTime} {
		p.Periods = append(p.Periods, tab(sinceText(v, months), p.Since == months, p.from(func(f *filter) { f.since(months) })))
	}
}

// since asks for so many months back, in place of dates.
func (f *filter) since(months int) {
	f.Since = months
	*f.dateFields()[fromField], *f.dateFields()[toField] = time.Time{}, time.Time{}
}

func sinceText(v page.View, months int) string {
	if months == wholeTime {
		return v.T("refunds.since.all")
	}
	return v.TN("refunds.since", months)
}

// labels are the filters in use but the period of the tabs, each with a way to take it
// away.
func (p *listPage) labels(v page.View) {
	label := func(text string, f filter) {
		p.Labels = append(p.Labels, page.Link{URL: f.address(v, listPath), Text: text})
	}
	for _, id := range p.Persons {
		label(p.Found.named(v, id), p.from(func(f *filter) { f.Persons = without(f.Persons, id) }))
	}
	for _, k := range p.Kinds {
		label(v.T("refunds.kind."+string(k)), p.from(func(f *filter) { f.Kinds = without(f.Kinds, k) }))
	}
	for _, name := range []string{fromField, toField, careFromField, careToField} {
		at := *p.dateFields()[name]
		if at.IsZero() {
			continue
		}
		label(v.T("refunds.label."+name, locale.A("date", day(v, at))), p.from(func(f *filter) { *f.dateFields()[name] = time.Time{} }))
	}
}

func without[T comparable](list []T, x T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(y T) bool { return x == y })
}

// column is a head of the table that sorts it.
type column struct{ Name, Width string }

var columns = []column{{"reference", "25"}, {"received", "15"}, {"treated", "15"}, {"paid", "15"}, {"payee", ""}, {"amount", "15"}}

// sorted is the state of a column for screen readers.
func (p listPage) sorted(name string) string {
	switch p.Sort {
	case name:
		return "ascending"
	case "-" + name:
		return "descending"
	}
	return ""
}

// turn is the order that a click on a column asks for: newest and largest first, then
// the other way round.
func (p listPage) turn(name string) string {
	first, other := "-"+name, name
	if name == "payee" || name == "reference" {
		first, other = other, first
	}
	if p.Sort == first {
		return other
	}
	return first
}

// also are the period as a file, and the pages beside.
func (p listPage) also(v page.View) []page.Link {
	var links []page.Link
	period := func(path, key string) {
		links = append(links, page.Link{URL: p.from(func(f *filter) { f.Ticks = nil }).address(v, path), Text: v.T(key)})
	}
	if len(p.Listed.Rows) > 0 {
		period(printPath, "refunds.print.link")
		if v.Kiosk == nil {
			period(filePath, "refunds.pdf.link")
			period(tablePath, "refunds.csv.link")
		}
	}
	return append(links, page.Ways(v.Way(receiptsPath, v.T("refunds.receipts.link"), ""),
		v.Way(statementsPath, v.T("refunds.statements.link"), ""), v.Way("rights", v.T("rights.title"), ""))...)
}

// tickable says whether a receipt can be made of a payment: one with care that she sees.
func (p listPage) tickable(x Payment) bool { return p.Seals && receiptable(x) && len(x.Persons) > 0 }

// unread says that a receipt could be made, but for care that she may not see.
func (p listPage) unread(x Payment) bool { return p.Seals && receiptable(x) && len(x.Persons) == 0 }

func (p listPage) ticked(reference string) bool { return slices.Contains(p.Ticks, reference) }

// payee is who got the money; nobody of the holder's is named to a dependant.
func payee(v page.View, p Payment) string {
	if !p.Open {
		return v.T("refunds.holder")
	}
	return p.Payee
}

// rowText is what stands under the kind of a payment: for whom.
func (p listPage) rowText(x Payment) string {
	return strings.Join(p.Found.names(x), ", ")
}

// partText says of how much an amount is a part.
func partText(v page.View, p Payment) string {
	if !p.Open || p.Cents == p.Whole {
		return ""
	}
	return v.T("refunds.part", locale.A("amount", v.Money(p.Whole)))
}

func paymentAddress(v page.View, reference string) string {
	return v.URL(listPath + "/payments/" + reference)
}

// place says which rows of how many a page shows.
func (p listPage) place(v page.View) string {
	return v.TN("refunds.place", p.Listed.N, locale.A("first", p.Listed.First), locale.A("last", p.Listed.First+len(p.Listed.Rows)-1))
}

// narrowed says that more than the period is asked for.
func (p listPage) narrowed() bool { return len(p.Labels) > 0 || p.Professionals }

// hidden are the parts of the filter that the form of the table carries along.
func (p listPage) hidden() [][2]string {
	q := p.values()
	q.Del("after")
	q.Set("t", strings.Join(p.elsewhere(), "."))
	if len(p.elsewhere()) == 0 {
		q.Del("t")
	}
	var fields [][2]string
	for name := range q {
		fields = append(fields, [2]string{name, q.Get(name)})
	}
	slices.SortFunc(fields, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return fields
}

// kept are the parts of the filter that the filter's form does not show.
func (p listPage) kept() [][2]string {
	f := filter{Professionals: p.Professionals, Sort: p.Sort, Ticks: p.Ticks, Since: 0}
	var fields [][2]string
	for name, values := range f.values() {
		fields = append(fields, [2]string{name, values[0]})
	}
	slices.SortFunc(fields, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return fields
}

// dateInput is one of the dates of the filter's form.
func (p listPage) dateInput(v page.View, name string) page.DateFields {
	typed, sent := p.Typed[name]
	if at := *p.dateFields()[name]; !sent && !at.IsZero() {
		typed = dateParts{strconv.Itoa(at.Day()), strconv.Itoa(int(at.Month())), strconv.Itoa(at.Year())}
	}
	return page.DateFields{Name: name, Legend: v.T("refunds.form." + name), Day: typed.Day, Month: typed.Month, Year: typed.Year}
}

// sinceSelect is the period of the filter's form.
func (p listPage) sinceSelect(v page.View) page.Select {
	s := page.Select{Name: "since", Label: v.T("refunds.form.since"), Hint: v.T("refunds.form.since.hint")}
	for _, months := range []int{1, 3, 12, wholeTime} {
		value := strconv.Itoa(months)
		if months == wholeTime {
			value = "all"
		}
		if p.Since == months {
			s.Value = value
		}
		s.Options = append(s.Options, page.Option{Value: value, Text: sinceText(v, months)})
	}
	return s
}

// named is the name of a person of the filter, told apart from others of that name.
func (f Found) named(v page.View, id auth.MemberID) string {
	one, ok := people.Find(f.People, id)
	if !ok {
		return f.nameOf(id)
	}
	return people.Named(v.Lang, []people.Person{one}, f.People)[0]
}

func (p listPage) hasPerson(id auth.MemberID) bool { return slices.Contains(p.Persons, id) }

func contains[T comparable](list []T, x T) bool { return slices.Contains(list, x) }
