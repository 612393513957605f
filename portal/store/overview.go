package store

import (
	"context"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/home"
	"guichet.example/portal/requests"
)

// overviewRows is how many requests and documents the first page shows.
const overviewRows = 5

// Overview implements home.Store.
func (db *DB) Overview(ctx context.Context, login auth.Login) (home.Overview, error) {
	var o home.Overview
	note := db.entry(ctx, login, audit.ReadOverview, "")
	err := db.reveal(ctx, note, func(c *conn) error {
		return onSnapshot(c, func(c *conn) (err error) {
			o, err = db.overview(c, login)
			return err
		})
	})
	if err != nil {
		return home.Overview{}, fmt.Errorf("reading overview: %w", err)
	}
	return o, nil
}

func (db *DB) overview(c *conn, login auth.Login) (o home.Overview, err error) {
	who := []any{login.Mutuality, string(login.Member)}
	open, err := items(c, `
		SELECT request, kind, reference, state, created_at, pages, method FROM requests
		WHERE mutuality = ? AND member = ? AND state = ? AND `+asked+` ORDER BY request LIMIT 1`,
		append(who[:2:2], string(requests.ToSign)))
	if err != nil {
		return o, err
	}
	if len(open) > 0 {
		o.ToSign = &open[0]
	}
	o.Requests, err = items(c, `
		SELECT request, kind, reference, state, created_at, pages, method FROM requests
		WHERE mutuality = ? AND member = ? AND `+asked+` ORDER BY request DESC LIMIT ?`, append(who[:2:2], overviewRows))
	if err != nil {
		return o, err
	}
	o.Documents, err = items(c, `
		SELECT document, kind, reference, status, created_at, pages, method FROM documents
		WHERE mutuality = ? AND member = ? ORDER BY document DESC LIMIT ?`, append(who[:2:2], overviewRows))
	if err != nil {
		return o, err
	}
	o.Last4, err = db.last4(c, login)
	return o, err
}

func items(c *conn, query string, args []any) ([]home.Item, error) {
	var list []home.Item
	err := c.each(query, args, func(scan func(...any) error) error {
		var i home.Item
		var created int64
		err := scan(&i.ID, &i.Kind, &i.Reference, &i.State, &created, &i.Pages, &i.Method)
		i.Date = fromMicros(created)
		list = append(list, i)
		return err
	})
	return list, err
}

func (db *DB) last4(c *conn, login auth.Login) (string, error) {
	list, err := db.accounts(c, login)
	if errors.Is(err, errNoMember) {
		return "", nil
	}
	for _, a := range list {
		if a.Purpose == bank.Benefits {
			return a.IBAN.Last4(), err
		}
	}
	return "", err
}
