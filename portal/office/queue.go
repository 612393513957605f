package office

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// perPage is how many items a page of the queue shows.
const perPage = 25

// queuePage is a page of the queue.
type queuePage struct {
	Filter Filter
	Rows   []page.TableRow
	More   string // address of the next page; empty: none
	First  string // address of the first page, where this is another; empty: this is it
}

func (o *Office) queue(c *gin.Context) error {
	f := filterOf(c.Request.URL.Query())
	found, err := o.Store.Queue(c.Request.Context(), page.OfficerOf(c), f, perPage+1)
	if err != nil {
		return err
	}
	v := view(c, "queue", "office.queue.title")
	if len(found) > 0 {
		v.Lead = v.T("office.queue.lead")
	}
	if c.Query("released") != "" {
		v.Banner = &page.Banner{Kind: page.Valid, Title: v.T("office.event.released")}
	}
	p := queuePage{Filter: f}
	if len(found) > perPage {
		found = found[:perPage]
		more := f
		more.After = Cursor(found[perPage-1])
		p.More = v.URL(queuePath) + more.query()
	}
	if f.After != "" {
		start := f
		start.After = ""
		p.First = v.URL(queuePath) + start.query()
	}
	for _, i := range found {
		p.Rows = append(p.Rows, o.row(v, i))
	}
	return page.Render(c, http.StatusOK, queueView(v, p))
}

// filterOf reads the filters of an address; what is none of them filters nothing.
func filterOf(q url.Values) Filter {
	f := Filter{Kind: Kind(q.Get("kind")), Language: q.Get("lang"), Who: q.Get("who"), Due: q.Get("due"), After: q.Get("after")}
	if !slices.Contains(kinds, f.Kind) {
		f.Kind = ""
	}
	if _, ok := locale.Parse(f.Language); !ok {
		f.Language = ""
	}
	if f.Who != "free" && f.Who != "mine" && f.Who != "member" {
		f.Who = ""
	}
	if f.Due != "overdue" && f.Due != "soon" {
		f.Due = ""
	}
	if n, err := strconv.Atoi(q.Get("age")); err == nil && n > 0 && n <= 365 {
		f.Age = n
	}
	if ref := strings.ToUpper(strings.TrimSpace(q.Get("ref"))); len(ref) <= 40 && isReference(ref) {
		f.Reference = ref
	}
	if _, _, ok := ParseCursor(f.After); !ok {
		f.After = ""
	}
	return f
}

// isReference accepts capital letters, digits and dashes.
func isReference(s string) bool {
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

// query is the filter as part of an address.
func (f Filter) query() string {
	q := url.Values{}
	for name, value := range map[string]string{
		"kind": string(f.Kind), "lang": f.Language, "who": f.Who, "due": f.Due, "ref": f.Reference, "after": f.After,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Age > 0 {
		q.Set("age", strconv.Itoa(f.Age))
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// narrows says that the filter leaves something out.
func (f Filter) narrows() bool {
	f.After = ""
	return f != Filter{}
}

// empty is what an empty list means, and what to do then.
func (f Filter) empty(v page.View) page.Empty {
	e := page.Empty{Title: v.T("office.queue.empty")}
	switch {
	case f.narrows():
		e.Text, e.Link = v.T("office.queue.empty.text"), page.Link{URL: v.URL(queuePath), Text: v.T("office.filter.none")}
	case f.After != "": // the link to the start stands under it
		e.Text = v.T("office.queue.empty.end")
	default:
		e.Text, e.Link = v.T("office.queue.empty.all"), page.Link{URL: v.URL(deskPath), Text: v.T("office.desk.title")}
	}
	return e
}

// age is the days of the filter as its list has them.
func (f Filter) age() string {
	if f.Age == 0 {
		return ""
	}
	return strconv.Itoa(f.Age)
}

// row is a line of the queue.
func (o *Office) row(v page.View, i Item) page.TableRow {
	lang, _ := locale.Parse(i.Language)
	return page.TableRow{
		page.TitleCell(page.Link{URL: v.URL(queuePath + "/" + i.ID), Text: v.T("office.kind." + string(i.Kind)), Hidden: i.Reference}, i.Reference),
		page.Text(lang.Name()),
		page.Text(locale.DateRecent(v.Lang, i.Created, v.Now)),
		o.due(v, i),
		page.Text(holder(v, i)),
	}
}

// due is until when an item is to be answered, and that it is late.
func (o *Office) due(v page.View, i Item) templ.Component {
	date := locale.DateRecent(v.Lang, i.Deadline, v.Now)
	switch {
	case !i.Closed.IsZero():
		return page.Badge(page.Neutral, v.T("office.closed"))
	case i.Overdue(o.Now()):
		return page.Badge(page.Changed, v.T("office.overdue", locale.A("date", date)))
	}
	return page.Text(date)
}

// holder is who has an item, in words.
func holder(v page.View, i Item) string {
	switch {
	case i.Hold.Staff == "" && i.Agreed.Staff != "":
		return v.T("office.second")
	case i.Hold.Staff == "":
		return v.T("office.free")
	case i.Hold.Staff == v.Officer.ID:
		return v.T("office.mine")
	}
	return i.Hold.Name
}
