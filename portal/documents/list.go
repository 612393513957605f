package documents

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

const (
	perPage  = 20
	maxYears = 15 // years offered: more than a document is kept
)

// listPage is one page of the list, newest first, a table for each month.
type listPage struct {
	Filter Filter
	Kinds  []page.Tab
	Years  []page.Tab
	Months []page.Table
	Older  string // address of the next page; empty: none
	Newest string // address of the first page; empty: this is it
}

func (d *Documents) list(c *gin.Context) error {
	v := page.From(c)
	filter, before := readFilter(c, d.Now()), c.Query("before")
	// One more than shown says whether there is another page.
	found, err := d.find21(c, v, filter, before)
	if err != nil {
		return fmt.Errorf("listing documents: %w", err)
	}
	v.Title, v.Nav, v.Lead = v.T("documents.title"), "documents", v.T("documents.lead")
	shelves, err := d.shelves(c)
	if err != nil {
		return fmt.Errorf("listing shelves: %w", err)
	}
	p := listPage{Filter: filter, Kinds: kindTabs(v, filter, shelves), Years: yearTabs(v, filter, shelves, d.Now())}
	if before != "" {
		p.Newest = filter.address(v, "")
	}
	if len(found) > perPage {
		found = found[:perPage]
		p.Older = filter.address(v, found[perPage-1].ID)
	}
	p.Months = byMonth(v, found)
	return page.Render(c, http.StatusOK, listView(v, p))
}

// readFilter reads the filter from the address. What it does not know it leaves out.
func readFilter(c *gin.Context, now time.Time) Filter {
	var f Filter
	f.Received = c.Query("kind") == receivedTab
	if q := strings.Join(strings.Fields(c.Query("q")), " "); utf8.RuneCountInString(q) <= maxSearch && utf8.ValidString(q) {
		f.Search = q
	}
	if k := document.Kind(c.Query("kind")); slices.Contains(kindsOffered, k) {
		f.Kind = k
	}
	if year, err := strconv.Atoi(c.Query("year")); err == nil && year >= 2000 && year <= now.In(locale.Zone()).Year() {
		f.Year = year
	}
	return f
}

// address is the list with this filter, from the document before on.
func (f Filter) address(v page.View, before string) string {
	q := url.Values{}
	if f.Kind != "" {
		q.Set("kind", string(f.Kind))
	}
	if f.Received {
		q.Set("kind", receivedTab)
	}
	if f.Search != "" {
		q.Set("q", f.Search)
	}
	if f.Year != 0 {
		q.Set("year", strconv.Itoa(f.Year))
	}
	if before != "" {
		q.Set("before", before)
	}
	if len(q) == 0 {
		return v.URL(listPath)
	}
	return v.URL(listPath + "?" + q.Encode())
}

// kindsOffered have a tab of their own.
var kindsOffered = []document.Kind{
	document.KindBankChange, document.KindEHICOrder, document.KindRefundReceipt, document.KindIndemnities,
	document.KindPaper, document.KindOfficePaper,
}

// shelves are those of the vault that this login may see.
func (d *Documents) shelves(c *gin.Context) ([]Shelf, error) {
	list, err := d.Store.Shelves(c.Request.Context(), page.LoginOf(c))
	if err == nil && d.careFor(c) != nil {
		list = slices.DeleteFunc(list, func(s Shelf) bool { return Document{Kind: s.Kind, Method: s.Method}.care() })
	}
	return list, err
}

// kindTabs and yearTabs each change one half of the filter and keep the other. They offer
// what there is, and what is chosen; nil where there is nothing to choose.
func kindTabs(v page.View, f Filter, shelves []Shelf) []page.Tab {
	tab := func(k document.Kind, text string) page.Tab {
		to := f
		to.Kind, to.Received = k, false
		return page.Tab{Link: page.Link{URL: to.address(v, ""), Text: text}, Current: f.Kind == k && !f.Received}
	}
	tabs := []page.Tab{tab("", v.T("documents.filter.all"))}
	if f.Received || slices.ContainsFunc(shelves, func(s Shelf) bool { return s.Method == Received }) {
		received := f
		received.Kind, received.Received = "", true
		tabs = append(tabs, page.Tab{Link: page.Link{URL: received.address(v, ""), Text: v.T("documents.filter.received")}, Current: f.Received})
	}
	for _, k := range kindsOffered {
		if f.Kind == k || slices.ContainsFunc(shelves, func(s Shelf) bool { return s.Method != Received && shelfOf(s.Kind) == k }) {
			tabs = append(tabs, tab(k, v.T("documents.filter."+string(k))))
		}
	}
	return choice(tabs)
}

// shelfOf is the tab under which a kind lies: all orders are under one.
func shelfOf(k document.Kind) document.Kind {
	switch k {
	case document.KindLabels, document.KindEnvelopes, document.KindTravelPapers, document.KindIncapacityForm:
		return document.KindEHICOrder
	}
	return k
}

// choice leaves out tabs of which there is but one beside all.
func choice(tabs []page.Tab) []page.Tab {
	if len(tabs) < 3 && tabs[0].Current {
		return nil
	}
	return tabs
}

func yearTabs(v page.View, f Filter, shelves []Shelf, now time.Time) []page.Tab {
	tab := func(year int, text string) page.Tab {
		to := f
		to.Year = year
		return page.Tab{Link: page.Link{URL: to.address(v, ""), Text: text}, Current: f.Year == year}
	}
	tabs := []page.Tab{tab(0, v.T("documents.filter.years"))}
	this := now.In(locale.Zone()).Year()
	first := this
	for _, s := range shelves {
		first = min(first, s.Since.In(locale.Zone()).Year())
	}
	for year := this; year >= max(first, this-maxYears+1); year-- {
		tabs = append(tabs, tab(year, strconv.Itoa(year)))
	}
	if f.Year != 0 && f.Year < first {
		tabs = append(tabs, tab(f.Year, strconv.Itoa(f.Year)))
	}
	return choice(tabs)
}

// byMonth cuts a list at the months of Belgium's calendar.
func byMonth(v page.View, list []Document) []page.Table {
	var months []page.Table
	for _, doc := range list {
		caption := locale.MonthYear(v.Lang, doc.Created)
		if n := len(months); n == 0 || months[n-1].Caption != caption {
			months = append(months, page.Table{Caption: caption, Columns: []page.Column{
				{Head: v.T("documents.head.document"), Width: 40},
				{Head: v.T("documents.head.date"), Width: 15},
				{Head: v.T("documents.head.state"), Width: 25},
				{Head: v.T("documents.head.action"), Width: 20, Hidden: true, End: true},
			}})
		}
		last := &months[len(months)-1]
		last.Rows = append(last.Rows, row(v, doc))
	}
	return months
}

func row(v page.View, doc Document) page.TableRow {
	if doc.Damaged { // each of its pages would fail: no link
		why := v.T("documents.damaged.text", locale.A("reference", doc.Reference), locale.A("code", v.Support))
		return page.TableRow{
			page.TitleCell(page.Link{Text: v.T("documents.damaged")}, why),
			page.Text(locale.DayMonth(v.Lang, doc.Created)), page.Text(""), page.Text(""),
		}
	}
	if doc.Method == Received {
		return receivedRow(v, doc)
	}
	name, date := page.KindName(v, doc.Kind), locale.DayMonth(v.Lang, doc.Created)
	kind, words := badge(v, doc)
	action := page.Link{URL: address(v, doc.ID, "file.pdf"), Text: v.T("documents.download"), Hidden: name + ", " + doc.Reference}
	if doc.Status == Invalid {
		action = page.Link{URL: address(v, doc.ID, ""), Text: v.T("documents.invalid.what"), Hidden: name + ", " + doc.Reference}
	}
	return page.TableRow{
		page.TitleCell(page.Link{URL: address(v, doc.ID, ""), Text: name, Hidden: doc.Reference}, listedText(v, doc)),
		page.Text(date), page.Badge(kind, words), page.TextLink(action),
	}
}

// fileText says what the file is: "PDF, 1 page, 118 ko".
func fileText(v page.View, doc Document) string {
	return v.TN("documents.what", doc.Pages, locale.A("size", locale.Bytes(v.Lang, int64(doc.Size))))
}

// listedText is fileText, behind the title of a paper.
func listedText(v page.View, doc Document) string {
	text := fileText(v, doc)
	if doc.Title != "" {
		text = v.T("papers.titled", locale.A("title", doc.Title), locale.A("file", text))
	}
	return text
}
