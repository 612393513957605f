package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/core"
	"guichet.example/portal/home"
	"guichet.example/portal/people"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// How much the first page shows, and how far it looks.
const (
	overviewRows    = 5
	overviewRefunds = 3
	refundDays      = 100 // back
	endingDays      = 60  // ahead
	endedDays       = 45  // back
)

// Overview implements home.Store. It is two statements, all on leading parts of primary
// keys: this page is the one that everybody opens.
func (db *DB) Overview(ctx context.Context, login auth.Login, care bool) (home.Overview, error) {
	var o home.Overview
	err := db.revealOf(ctx, login, audit.ReadOverview, func(c *conn) ([]auth.MemberID, error) {
		r := overviewReader{db: db, c: c, login: login, today: people.Today(db.cfg.Now()), care: care}
		err := r.read()
		o = r.o
		return r.shown, err
	})
	if err != nil {
		return home.Overview{}, fmt.Errorf("reading overview: %w", err)
	}
	return o, nil
}

// overviewReader fills an overview from the rows of two statements.
type overviewReader struct {
	db      *DB
	c       *conn
	login   auth.Login
	care    bool // she may see it
	visible visiblePeople
	today   time.Time
	o       home.Overview
	before  int64           // the visit before this one
	shown   []auth.MemberID // others of whom something is shown
	// refunded are the refunds among the newest payments, and since the day of the last
	// that the page has room for: no care before it need be read.
	refunded int
	since    string
}

func (r *overviewReader) read() error {
	if err := r.own(); err != nil {
		return err
	}
	if r.care {
		if err := r.household(); err != nil {
			return err
		}
	}
	r.finish()
	if r.o.ToSign == nil || r.o.ToSign.Kind != document.KindBankChange {
		return nil
	}
	var err error
	r.o.Last4, err = r.db.last4(r.c, r.login)
	return err
}

// Parts of the page that are filed under the member herself.
const (
	partOpen = iota // requests that wait for her, or of which she has not read what is new
	partRequest
	partDocument
	partReceived
	partUnread
	partPaid
	partBefore
	partAge
	partMaf
	partWritten
)

// ownQuery is what is filed under the member herself. ?1 and ?2 are mutuality and member.
// The state is spelled out: SQLite plans a statement anew for each value of an argument
// that may decide on a partial index (requests_open).
var ownQuery = `
	SELECT ` + partColumns(partOpen, "request", "kind", "reference", "state", "method", "created_at", "pages",
	"coalesce(asked_at, 0)", "coalesce(news, '')", "coalesce(news_at, 0)") + ` FROM (
		SELECT request, kind, reference, state, method, created_at, pages, asked_at, news, news_at FROM requests
			WHERE mutuality = ?1 AND member = ?2 AND (state = 'to-sign' OR asked_at IS NOT NULL OR news_at IS NOT NULL) AND ` + asked + `
			ORDER BY request DESC LIMIT 100) AS a
	UNION ALL
	SELECT ` + partColumns(partRequest, "request", "kind", "reference", "state", "method", "created_at", "pages") + ` FROM (
		SELECT request, kind, reference, state, method, created_at, pages FROM requests
			WHERE mutuality = ?1 AND member = ?2 AND ` + asked + ` ORDER BY request DESC LIMIT ?3) AS b
	UNION ALL
	SELECT ` + partColumns(partDocument, "document", "kind", "reference", "status", "method", "created_at", "pages") + ` FROM (
		SELECT document, kind, reference, status, method, created_at, pages FROM documents
			WHERE mutuality = ?1 AND member = ?2 ORDER BY document DESC LIMIT ?3) AS c
	UNION ALL
	SELECT ` + partColumns(partReceived, "document", "title", "language", "issued", "pages", "CASE WHEN read_at IS NULL THEN 1 ELSE 0 END") + ` FROM (
		SELECT document, title, language, issued, pages, read_at FROM received_documents
			WHERE mutuality = ?1 AND member = ?2 ORDER BY document DESC LIMIT ?3) AS d
	UNION ALL
	SELECT ` + partColumns(partUnread, "count(*)") + ` FROM received_documents WHERE mutuality = ?1 AND member = ?2 AND read_at IS NULL
	UNION ALL
	SELECT ` + partColumns(partPaid, "payment", "kind", "last4", "coalesce(paid, '')", "treated", "cents") + ` FROM (
		SELECT payment, kind, last4, paid, treated, cents FROM payments
			WHERE mutuality = ?1 AND member = ?2 AND (kind = 'refund' OR kind = 'maf' OR kind = 'indemnity')
			ORDER BY treated DESC, payment DESC LIMIT ?3) AS e
	UNION ALL
	SELECT ` + partColumns(partBefore, "at") + ` FROM (
		SELECT at FROM signins WHERE mutuality = ?1 AND member = ?2 AND session < ?4 ORDER BY session DESC LIMIT 1) AS f
	UNION ALL
	SELECT ` + partColumns(partAge, "as_of") + ` FROM import_ages WHERE mutuality = ?1 AND kind = 'payment'
	UNION ALL
	SELECT ` + partColumns(partMaf, "ceiling", "counted") + ` FROM mafs WHERE mutuality = ?1 AND member = ?2 AND year = ?5
	UNION ALL
	SELECT ` + partColumns(partWritten, "message", "subject", "reference", "state", "changed_at") + ` FROM (
		SELECT message, subject, reference, state, changed_at FROM messages
			WHERE mutuality = ?1 AND member = ?2 AND seen_at < changed_at ORDER BY message DESC LIMIT ?3) AS g`

// ownCareQuery is also who may be seen, on ?6 and ?7.
var ownCareQuery = ownQuery + " UNION ALL " + visibleParts("?6", "?7")

func (r *overviewReader) own() error {
	query, args := ownQuery, []any{
		r.login.Mutuality, string(r.login.Member), overviewRows,
		r.login.Session, r.today.Year(),
	}
	if r.care {
		query, args = ownCareQuery, append(args, r.db.visibleOn(r.today)...)
	}
	if err := r.c.eachPart(query, args, r.ownRow); err != nil {
		return err
	}
	if !r.care {
		return nil
	}
	return r.visible.settle()
}

func (r *overviewReader) ownRow(part int, x partRow) error {
	switch part {
	case partOpen:
		return r.open(x)
	case partRequest, partDocument:
		return r.item(part, x)
	case partWritten:
		return r.written(x)
	case partSelf, partOther:
		return r.visible.row(part, x)
	case partReceived:
		var pages, unread int64
		item := home.Item{State: "received"}
		err := x.into(&item.ID, &item.Title, &item.Language, &item.Date, &pages, &unread)
		item.Pages, item.New = int(pages), unread == 1
		r.o.Documents = append(r.o.Documents, item)
		return err
	case partPaid:
		return r.paid(x)
	case partMaf:
		r.o.Maf = new(home.Maf)
		return x.into(&r.o.Maf.Ceiling, &r.o.Maf.Counted)
	}
	var n int64
	err := x.into(&n)
	switch part {
	case partUnread:
		r.o.Unread = int(n)
	case partBefore:
		r.before = n
	case partAge:
		r.o.AsOf = fromMicros(n)
	}
	return err
}

// item is one of her newest requests, or a document that she signed.
func (r *overviewReader) item(part int, x partRow) error {
	var item home.Item
	var kind string
	var at, pages int64
	err := x.into(&item.ID, &kind, &item.Reference, &item.State, &item.Method, &at, &pages)
	item.Kind, item.Date, item.Pages = document.Kind(kind), fromMicros(at), int(pages)
	if part == partRequest {
		r.o.Requests = append(r.o.Requests, item)
	} else {
		r.o.Documents = append(r.o.Documents, item)
	}
	return err
}

// open is a request that waits for her or has news, the newest first: of those that wait
// for the same, the oldest comes last and stays.
func (r *overviewReader) open(x partRow) error {
	var item home.Item
	var kind, news string
	var at, pages, asked, newsAt int64
	err := x.into(&item.ID, &kind, &item.Reference, &item.State, &item.Method, &at, &pages, &asked, &news, &newsAt)
	item.Kind, item.Date, item.Pages = document.Kind(kind), fromMicros(at), int(pages)
	switch {
	case requests.State(item.State) == requests.ToSign:
		r.o.ToSign = &item
	case requests.State(item.State) == requests.Signed && asked != 0:
		r.o.Asked = &item
	}
	if newsAt != 0 {
		r.o.Changes = append(r.o.Changes, home.Change{ID: item.ID, About: kind, Reference: item.Reference, State: news, At: fromMicros(newsAt)})
	}
	return err
}

// written is a message of hers with something that she has not read.
func (r *overviewReader) written(x partRow) error {
	change := home.Change{Message: true}
	var at int64
	err := x.into(&change.ID, &change.About, &change.Reference, &change.State, &at)
	change.At = fromMicros(at)
	r.o.Changes = append(r.o.Changes, change)
	return err
}

// paid takes the newest payment as the page's figure, and notes since when there are
// refunds enough for the page.
func (r *overviewReader) paid(x partRow) error {
	var p home.Paid
	var kind, treated string
	if err := x.into(&p.Reference, &kind, &p.Last4, &p.Paid, &treated, &p.Cents); err != nil {
		return err
	}
	p.Kind = core.PaymentKind(kind)
	if p.Kind == core.Refund {
		if r.refunded++; r.refunded == overviewRefunds {
			r.since = treated
		}
	}
	if r.o.Paid != nil {
		return nil
	}
	r.o.Paid = &p
	var err error
	p.Treated, err = dateOf(treated)
	return err
}

// finish puts in order what came from several tables, and marks what is new.
func (r *overviewReader) finish() {
	if r.before != 0 {
		r.o.Since = fromMicros(r.before)
	}
	slices.SortStableFunc(r.o.Documents, func(a, b home.Item) int { return b.Date.Compare(a.Date) })
	r.o.Documents = r.o.Documents[:min(len(r.o.Documents), overviewRows)]
	slices.SortStableFunc(r.o.Changes, func(a, b home.Change) int { return b.At.Compare(a.At) })
	r.o.Changes = r.o.Changes[:min(len(r.o.Changes), overviewRows)]
	slices.SortStableFunc(r.o.Coming, func(a, b home.Coming) int { return a.Day.Compare(b.Day) })
	// What was treated on the day of her last visit came to us in the night after.
	last := people.Today(r.o.Since)
	for i := range r.o.Refunds {
		r.o.Refunds[i].New = !r.o.Since.IsZero() && !r.o.Refunds[i].Treated.Before(last)
	}
}

// last4 are the last digits of the account for benefits; empty if there is none.
func (db *DB) last4(c *conn, login auth.Login) (string, error) {
	list, err := db.accounts(c, login)
	for _, a := range list {
		if a.Purpose == bank.Benefits {
			return a.IBAN.Last4(), err
		}
	}
	return "", err
}
