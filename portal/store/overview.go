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

// Overview implements home.Store. It is two statements besides who may be seen, all on
// leading parts of primary keys: this page is the one that everybody opens.
func (db *DB) Overview(ctx context.Context, login auth.Login, care bool) (home.Overview, error) {
	var o home.Overview
	err := db.revealOf(ctx, login, audit.ReadOverview, func(c *conn) ([]auth.MemberID, error) {
		r := overviewReader{db: db, c: c, login: login, today: people.Today(db.cfg.Now())}
		var err error
		if care {
			if r.visible, err = db.visible(c, login); err != nil {
				return nil, err
			}
		}
		err = r.read()
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
	visible []people.Person
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
	if len(r.visible) > 0 {
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

// row is what the statements return, whatever the table.
type overviewRow struct {
	part                int
	id, a, b, c, d, day string
	at, n, m            int64
}

func (r *overviewReader) each(query string, args []any, row func(overviewRow) error) error {
	return r.c.each(query, args, func(scan func(...any) error) error {
		var x overviewRow
		if err := scan(&x.part, &x.id, &x.a, &x.b, &x.c, &x.d, &x.day, &x.at, &x.n, &x.m); err != nil {
			return err
		}
		return row(x)
	})
}

// ownQuery is what is filed under the member herself. ?1 and ?2 are mutuality and member.
// The state is spelled out: SQLite plans a statement anew for each value of an argument
// that may decide on a partial index (requests_open).
var ownQuery = `
	SELECT 1, request, kind, reference, state, method, '', created_at, pages, 0 FROM (
		SELECT request, kind, reference, state, method, created_at, pages FROM requests
			WHERE mutuality = ?1 AND member = ?2 AND state = 'to-sign' AND ` + asked + ` ORDER BY request LIMIT 1) AS a
	UNION ALL
	SELECT 2, request, kind, reference, state, method, '', created_at, pages, 0 FROM (
		SELECT request, kind, reference, state, method, created_at, pages FROM requests
			WHERE mutuality = ?1 AND member = ?2 AND ` + asked + ` ORDER BY request DESC LIMIT ?3) AS b
	UNION ALL
	SELECT 3, document, kind, reference, status, method, '', created_at, pages, 0 FROM (
		SELECT document, kind, reference, status, method, created_at, pages FROM documents
			WHERE mutuality = ?1 AND member = ?2 ORDER BY document DESC LIMIT ?3) AS c
	UNION ALL
	SELECT 4, document, kind, title, '', '', issued, added_at, pages, CASE WHEN read_at IS NULL THEN 1 ELSE 0 END FROM (
		SELECT document, kind, title, issued, added_at, pages, read_at FROM received_documents
			WHERE mutuality = ?1 AND member = ?2 ORDER BY document DESC LIMIT ?3) AS d
	UNION ALL
	SELECT 5, '', '', '', '', '', '', 0, count(*), 0 FROM received_documents WHERE mutuality = ?1 AND member = ?2 AND read_at IS NULL
	UNION ALL
	SELECT 6, payment, kind, last4, coalesce(paid, ''), '', treated, 0, cents, 0 FROM (
		SELECT payment, kind, last4, paid, treated, cents FROM payments
			WHERE mutuality = ?1 AND member = ?2 AND (kind = 'refund' OR kind = 'maf' OR kind = 'indemnity')
			ORDER BY treated DESC, payment DESC LIMIT ?3) AS e
	UNION ALL
	SELECT 7, '', '', '', '', '', '', at, 0, 0 FROM (
		SELECT at FROM signins WHERE mutuality = ?1 AND member = ?2 AND session < ?4 ORDER BY session DESC LIMIT 1) AS f
	UNION ALL
	SELECT 8, '', '', '', '', '', '', as_of, 0, 0 FROM import_ages WHERE mutuality = ?1 AND kind = 'payment'
	UNION ALL
	SELECT 9, '', '', '', '', '', '', year, ceiling, counted FROM mafs WHERE mutuality = ?1 AND member = ?2 AND year = ?5
	UNION ALL
	SELECT 10, request, kind, reference, state, method, '', created_at, pages, 0 FROM (
		SELECT request, kind, reference, state, method, created_at, pages FROM requests
			WHERE mutuality = ?1 AND member = ?2 AND state = 'signed' AND asked_at IS NOT NULL ORDER BY request LIMIT 1) AS g`

func (r *overviewReader) own() error {
	return r.each(ownQuery, []any{
		r.login.Mutuality, string(r.login.Member), overviewRows,
		r.login.Session, r.today.Year(),
	}, func(x overviewRow) error {
		item := home.Item{ID: x.id, Kind: document.Kind(x.a), Reference: x.b, State: x.c, Method: x.d, Date: fromMicros(x.at), Pages: int(x.n)}
		var err error
		switch x.part {
		case 1:
			r.o.ToSign = &item
		case 2:
			r.o.Requests = append(r.o.Requests, item)
		case 3:
			r.o.Documents = append(r.o.Documents, item)
		case 4:
			item.Kind, item.Reference, item.Title, item.State, item.New = "", "", x.b, "received", x.m == 1
			item.Date, err = dateOf(x.day)
			r.o.Documents = append(r.o.Documents, item)
		case 5:
			r.o.Unread = int(x.n)
		case 6:
			err = r.paid(x)
		case 7:
			r.before = x.at
		case 8:
			r.o.AsOf = fromMicros(x.at)
		case 9:
			r.o.Maf = &home.Maf{Ceiling: x.n, Counted: x.m}
		case 10:
			r.o.Asked = &item
		}
		return err
	})
}

// paid takes the newest payment as the page's figure, and notes since when there are
// refunds enough for the page.
func (r *overviewReader) paid(x overviewRow) error {
	if core.PaymentKind(x.a) == core.Refund {
		if r.refunded++; r.refunded == overviewRefunds {
			r.since = x.day
		}
	}
	if r.o.Paid != nil {
		return nil
	}
	p := &home.Paid{Reference: x.id, Kind: core.PaymentKind(x.a), Last4: x.b, Cents: x.n}
	var err error
	if p.Treated, err = dateOf(x.day); err != nil {
		return err
	}
	p.Paid, err = dateOf(x.c)
	r.o.Paid = p
	return err
}

// finish puts in order what came from several tables, and marks what is new.
func (r *overviewReader) finish() {
	if r.before != 0 {
		r.o.Since = fromMicros(r.before)
	}
	slices.SortStableFunc(r.o.Documents, func(a, b home.Item) int { return b.Date.Compare(a.Date) })
	r.o.Documents = r.o.Documents[:min(len(r.o.Documents), overviewRows)]
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
