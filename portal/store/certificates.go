package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/orders"
	"guichet.example/portal/people"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// Certificates implements orders.Store.
func (db *DB) Certificates(ctx context.Context, login auth.Login) ([]orders.Certificate, error) {
	var list []orders.Certificate
	err := db.revealOf(ctx, login, audit.ReadEuropeanCard, func(c *conn) (of []auth.MemberID, err error) {
		list, err = db.certificates(c, login)
		for _, one := range list {
			of = append(of, one.Member)
		}
		return of, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading European cards: %w", err)
	}
	return list, nil
}

// Certificate implements orders.Store.
func (db *DB) Certificate(ctx context.Context, login auth.Login, person auth.MemberID) (orders.Certificate, error) {
	var found orders.Certificate
	err := db.revealOf(ctx, login, audit.ReadEuropeanCard, func(c *conn) ([]auth.MemberID, error) {
		list, err := db.certificates(c, login)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(list, func(one orders.Certificate) bool { return one.Member == person })
		if i < 0 {
			return nil, people.ErrNotVisible
		}
		m, err := db.member(c, auth.Login{Mutuality: login.Mutuality, Member: person})
		if err != nil {
			return nil, err
		}
		found = list[i]
		found.Surname, found.GivenNames, found.Birth, found.Number = m.Surname, m.GivenNames, m.Birth, m.NationalNumber
		return []auth.MemberID{person}, nil
	})
	if err != nil {
		return orders.Certificate{}, fmt.Errorf("reading a European card: %w", err)
	}
	return found, nil
}

// certificates are what the insurance system lets the counter make on this day, of persons
// whom the member sees and has ordered a card for.
func (db *DB) certificates(c *conn, login auth.Login) ([]orders.Certificate, error) {
	ordered := map[auth.MemberID]bool{}
	err := c.each(`
		SELECT DISTINCT p.person FROM requests r
			JOIN request_people p ON p.mutuality = r.mutuality AND p.member = r.member AND p.request = r.request
		WHERE r.mutuality = ? AND r.member = ? AND r.kind = ? AND r.state IN ('signed', 'accepted', 'done') AND r.created_at >= ? LIMIT ?`,
		[]any{login.Mutuality, string(login.Member), string(document.KindEHICOrder), micros(db.cfg.Now().Add(-orders.Period)), maxPage},
		func(scan func(...any) error) error {
			var person auth.MemberID
			err := scan(&person)
			ordered[person] = true
			return err
		})
	if err != nil || len(ordered) == 0 {
		return nil, err
	}
	visible, err := db.visible(c, login)
	if err != nil {
		return nil, err
	}
	var list []orders.Certificate
	today := people.Today(db.cfg.Now())
	for _, p := range visible {
		if !ordered[p.Member] {
			continue
		}
		one, ok, err := certificate(c, login.Mutuality, p, today)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, one)
		}
	}
	return list, nil
}

// certificate is what may be made for a person; ok is false where nothing may.
func certificate(c *conn, mutuality string, of people.Person, today time.Time) (one orders.Certificate, ok bool, err error) {
	one.Person = of
	var d dates
	day := today.Format(dateLayout)
	err = c.get(`
		SELECT e.institution, e.number, e.until, e.certificate FROM european_cards e
			JOIN members m ON m.mutuality = e.mutuality AND m.member = e.member
		WHERE e.mutuality = ? AND e.member = ? AND e.certificate >= ? AND e.until >= ? AND (m.until IS NULL OR m.until >= ?)`,
		[]any{mutuality, string(of.Member), day, day, day}, &one.Institution, &one.Card, d.at(&one.Expiry), d.at(&one.Until))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return one, false, nil
	case err != nil:
		return one, false, err
	}
	return one, true, d.read()
}

// certified says whether there is somebody in an order of cards who may have a certificate
// at once.
func (db *DB) certified(c *conn, login auth.Login, r requests.Request) (bool, error) {
	if r.Act == nil || r.Act.Kind() != document.KindEHICOrder || r.State != requests.Signed && r.State != requests.Accepted {
		return false, nil
	}
	list, err := db.certificates(c, login)
	if err != nil || len(list) == 0 {
		return false, err
	}
	ordered, err := orderedFor(c, login.Mutuality, string(login.Member), r.ID)
	return slices.ContainsFunc(list, func(one orders.Certificate) bool { return slices.Contains(ordered, one.Member) }), err
}
