package requests

import (
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// perPage is how many requests a list shows.
const perPage = 20

// listPage is one page of the list, newest first.
type listPage struct {
	Rows  []page.LedgerRow
	Older string // address of the next page; empty: none
	First bool   // this is the first page
}

func (q *Requests) list(c *gin.Context) error {
	before := c.Query("before")
	// One more than shown says whether there is another page.
	found, err := q.Store.Requests(c.Request.Context(), page.LoginOf(c), before, perPage+1)
	if err != nil {
		return fmt.Errorf("listing requests: %w", err)
	}
	v := page.From(c)
	v.Title, v.Nav, v.Lead = v.T("requests.title"), "requests", v.T("requests.lead")
	var written []Written
	if v.Leads("messages") {
		if written, err = q.Store.Written(c.Request.Context(), page.LoginOf(c), before, perPage+1); err != nil {
			return fmt.Errorf("listing messages: %w", err)
		}
	}
	p := listPage{First: before == ""}
	var last string
	for len(p.Rows) < perPage && len(found)+len(written) > 0 { // two lists, the newest first
		if len(found) == 0 || len(written) > 0 && written[0].ID > found[0].ID {
			last = written[0].ID
			p.Rows = append(p.Rows, writtenRow(v, written[0]))
			written = written[1:]
			continue
		}
		last = found[0].ID
		p.Rows = append(p.Rows, requestRow(v, found[0]))
		found = found[1:]
	}
	if len(found)+len(written) > 0 {
		p.Older = v.URL(listPath + "?before=" + last)
	}
	return page.Render(c, http.StatusOK, listView(v, p))
}

// toAsk is what one can ask for at this mutuality.
func toAsk(v page.View) (rows []page.FileRow) {
	for _, e := range []struct {
		icon      page.Icon
		path, key string
	}{
		{"pen", "bank/change", "requests.list.bank"}, {"envelope", "orders", "requests.list.order"},
		{"sheet", "papers", "requests.list.paper"}, {"envelope", "requests/contact", "messages.write"},
	} {
		if v.Leads(e.path) {
			rows = append(rows, page.FileRow{Icon: e.icon, Link: page.Link{URL: v.URL(e.path), Text: v.T(e.key)}})
		}
	}
	return rows
}

func requestRow(v page.View, r Request) page.LedgerRow {
	if r.Damaged {
		return damagedRow(v, r)
	}
	kind, words := badge(v, r.State)
	detail := listed(v, r)
	if r.New {
		detail = v.T("messages.listed.new") + ". " + detail
	}
	return page.LedgerRow{
		Date: locale.DateRecent(v.Lang, r.Created, v.Now), When: r.Created.In(locale.Zone()).Format(time.DateOnly),
		Title:  page.Link{URL: address(v, r.ID, ""), Text: kindName(v, r.Act.Kind()), Hidden: r.Reference},
		Detail: detail,
		End:    page.Badge(kind, words),
	}
}

// listed is what stands under the name of a request: its reference, and the title of a paper.
func listed(v page.View, r Request) string {
	text := v.T("requests.reference", locale.A("reference", r.Reference))
	if p, ok := r.Act.(document.Paper); ok {
		return v.T("papers.titled", locale.A("title", p.Title), locale.A("file", text))
	}
	return text
}

// damagedRow says that a request cannot be shown. It leads nowhere: each of its pages
// would fail.
func damagedRow(v page.View, r Request) page.LedgerRow {
	return page.LedgerRow{
		Date: locale.DateRecent(v.Lang, r.Created, v.Now), When: r.Created.In(locale.Zone()).Format(time.DateOnly),
		Title:  page.Link{Text: v.T("requests.damaged")},
		Detail: v.T("requests.damaged.text", locale.A("reference", r.Reference), locale.A("code", v.Support)),
	}
}
