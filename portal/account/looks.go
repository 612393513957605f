package account

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

const (
	looksPath = "account/looks"
	writePath = "requests/contact?subject=my-data"
	looksRows = 25 // of a page, and those of the same minutes
	looksRead = 99 // looks at most for a page; the store gives no list of more than 100
)

// Look is one look of somebody else at the member's file, from the audit trail. It names
// nobody of the staff: who is behind it, the mutuality's own check finds in the trail.
type Look struct {
	At     time.Time
	Holder bool   // the holder of her booklet looked; else somebody of the staff
	Roles  string // of staff, as of today: "advisor contact-point"; empty: not known any more
	What   string // word of what was seen: file, identity, request, access, care …
	Reason string // key of the reason, with audit.ByCard behind it or not; empty: none was asked for
	By     string // who, to know her again: never shown
	// Place is where the next page begins.
	Place LookPlace
}

// LookPlace is the place of a look in the list: newest first, by time and then by row.
type LookPlace struct {
	At    int64 // microseconds
	Chain string
	Seq   int64
}

// String is the place as it stands in an address.
func (p LookPlace) String() string {
	if p == (LookPlace{}) {
		return ""
	}
	return strconv.FormatInt(p.At, 36) + "." + p.Chain + "." + strconv.FormatInt(p.Seq, 36)
}

// parsePlace reads what String wrote; anything else is the newest place.
func parsePlace(text string) LookPlace {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || len(parts[1]) > 64 {
		return LookPlace{}
	}
	at, err := strconv.ParseInt(parts[0], 36, 64)
	seq, bad := strconv.ParseInt(parts[2], 36, 64)
	if err != nil || bad != nil || at <= 0 || seq < 0 {
		return LookPlace{}
	}
	return LookPlace{at, parts[1], seq}
}

// looks is the page of who looked at the file, when, in which role and why.
func (a *Account) looks(c *gin.Context) error {
	v := page.From(c)
	from := parsePlace(c.Query("before"))
	list, err := a.Store.Looks(c.Request.Context(), page.LoginOf(c), from, looksRead+1)
	if err != nil {
		return fmt.Errorf("reading looks: %w", err)
	}
	v.Title, v.Nav, v.Lead = v.T("people.looks"), "account", v.T("people.looks.lead")
	v.Back = page.Link{URL: v.URL("account"), Text: v.T("people.back")}
	p := looksPage{}
	if from != (LookPlace{}) {
		p.Newest = v.URL(looksPath)
	}
	rows, used := fold(list[:min(len(list), looksRead)], looksRows, len(list) > looksRead)
	if used < len(list) {
		p.Older = v.URL(looksPath) + "?before=" + list[used-1].Place.String()
	}
	p.Table = looksTable(v, rows)
	return page.Render(c, http.StatusOK, looksView(v, p))
}

// looksPage is a page of the list.
type looksPage struct {
	Table         page.Table
	Newest, Older string
}

func looksTable(v page.View, rows []visit) page.Table {
	table := page.Table{Caption: v.T("people.looks.table"), Columns: []page.Column{
		{Head: v.T("people.looks.when"), Width: 25}, {Head: v.T("people.looks.who"), Width: 20},
		{Head: v.T("people.looks.what"), Width: 25}, {Head: v.T("people.looks.why"), Width: 30}}}
	for _, r := range rows {
		often := ""
		if r.times > 1 {
			often = v.TN("people.looks.times", r.times)
		}
		table.Rows = append(table.Rows, page.TableRow{page.TitleCell(page.Link{Text: r.when(v)}, often), page.Text(r.who(v)),
			seen(v, r.things), page.Text(r.why(v))})
	}
	return table
}

// when is the time of the visit: of its only minute, or from the first to the last.
func (r visit) when(v page.View) string {
	first, last := locale.DateTime(v.Lang, r.first), locale.DateTime(v.Lang, r.At)
	switch day := locale.Date(v.Lang, r.At); {
	case first == last:
		return last
	case day == locale.Date(v.Lang, r.first):
		return v.T("people.looks.hours", locale.A("date", day), locale.A("from", locale.Time(v.Lang, r.first)), locale.A("to", locale.Time(v.Lang, r.At)))
	}
	return v.T("people.looks.days", locale.A("from", first), locale.A("to", last))
}

// who is the role of who looked.
func (l Look) who(v page.View) string {
	if l.Holder {
		return v.T("people.looks.holder")
	}
	for _, role := range []auth.Role{auth.Advisor, auth.ContactPoint, auth.Mailroom, auth.MedicalDesk, auth.Administrator} {
		if slices.Contains(strings.Fields(l.Roles), string(role)) {
			return v.T("people.looks.role." + string(role))
		}
	}
	return v.T("people.looks.staff")
}

// reason is the key of the reason in words.
func (l Look) reason() string {
	switch {
	case l.Holder:
		return "holder"
	case slices.Contains(lookReasons, strings.TrimSuffix(l.Reason, audit.ByCard)):
		return l.Reason
	}
	return "work"
}

// why is the reason in words, and whether her own card opened the file.
func (l Look) why(v page.View) string {
	key, card := strings.CutSuffix(l.reason(), audit.ByCard)
	text := v.T("people.looks.why." + key)
	if card {
		return v.T("people.looks.bycard", locale.A("why", text))
	}
	return text
}

// lookReasons are the reasons that staff give when they open a file.
var lookReasons = []string{"visit", "call", "letter", "task", "complaint", "fraud"}
