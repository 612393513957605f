package store

import (
	"cmp"
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

// Ordered implements orders.Store.
func (db *DB) Ordered(ctx context.Context, login auth.Login, kind document.Kind, since time.Time) ([]orders.Earlier, error) {
	var list []orders.Earlier
	err := db.reveal(ctx, db.entry(ctx, login, audit.ListRequests, ""), func(c *conn) error {
		key, err := db.keyOf(c, login.Mutuality, login.Member)
		if err == nil {
			list, err = earlier(c, key, kind, since, "")
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading earlier orders: %w", err)
	}
	return list, nil
}

// earlier reads orders that count: those that were not refused, nor taken back, nor brought
// back by the post for good, without the one being made.
func earlier(c *conn, key memberKey, kind document.Kind, since time.Time, but string) ([]orders.Earlier, error) {
	list, made := []orders.Earlier{}, []string{}
	err := c.each(`
		SELECT `+requestColumns+` FROM requests
		WHERE mutuality = ? AND member = ? AND kind = ? AND created_at >= ?
			AND state IN ('to-sign', 'signed', 'pending', 'accepted', 'done') AND request <> ?
			AND NOT EXISTS (SELECT 1 FROM shipments s WHERE s.mutuality = requests.mutuality AND s.reference = requests.reference AND s.state = 'returned'
				AND NOT EXISTS (SELECT 1 FROM shipments p WHERE p.mutuality = s.mutuality AND p.reference = s.reference AND p.state = 'posted' AND p.at > s.at))
		ORDER BY request DESC LIMIT ?`, []any{key.mutuality, key.member, string(kind), micros(since), but, maxPage},
		func(scan func(...any) error) error {
			r, _, err := scanRequest(scan, key)
			if act, ok := r.Act.(document.PostOrder); ok && err == nil {
				list, made = append(list, orders.Earlier{At: r.Created, Act: act}), append(made, r.ID)
			}
			return err
		})
	for i := range list {
		if err != nil {
			break
		}
		list[i].People, err = orderedFor(c, key.mutuality, key.member, made[i])
	}
	return list, err
}

// orderedFor are whom a request is for, by who they are; none for what was ordered before
// they were kept.
func orderedFor(c *conn, mutuality, member, request string) (list []auth.MemberID, err error) {
	err = c.each(`SELECT person FROM request_people WHERE mutuality = ? AND member = ? AND request = ? ORDER BY person`,
		[]any{mutuality, member, request}, func(scan func(...any) error) error {
			var one auth.MemberID
			err := scan(&one)
			list = append(list, one)
			return err
		})
	return list, err
}

// insertPeople keeps whom an order is for. The errors of stillMay.
func (db *DB) insertPeople(t *tx, key memberKey, login auth.Login, r requests.Request) error {
	for _, one := range r.People {
		_, err := t.exec(`INSERT INTO request_people (mutuality, member, request, person) VALUES (?, ?, ?, ?)`,
			key.mutuality, key.member, r.ID, string(one))
		if err != nil {
			return err
		}
	}
	return db.stillMay(t, login, r.ID)
}

// stillMay refuses what a former member orders or changes, and an order for somebody whom its
// member does not see at this moment.
func (db *DB) stillMay(t *tx, login auth.Login, request string) error {
	var kind document.Kind
	err := t.get(`SELECT kind FROM requests WHERE mutuality = ? AND member = ? AND request = ?`,
		[]any{login.Mutuality, string(login.Member), request}, &kind)
	if err != nil {
		return err
	}
	if kind == document.KindBankChange || requests.Ordered(kind) {
		if ended, err := db.ended(t.conn, login); err != nil || !ended.IsZero() {
			return cmp.Or(err, requests.ErrFormer)
		}
	}
	list, err := orderedFor(t.conn, login.Mutuality, string(login.Member), request)
	if err != nil || len(list) == 0 {
		return err
	}
	visible, err := db.visible(t.conn, login)
	if err != nil {
		return err
	}
	for _, one := range list {
		if _, seen := people.Find(visible, one); !seen {
			return requests.ErrNoAccess
		}
	}
	return nil
}

// Ended is the last day of somebody who is a member no more; zero for who is.
func (db *DB) Ended(ctx context.Context, login auth.Login) (ended time.Time, err error) {
	err = db.read(ctx, func(c *conn) error {
		ended, err = db.ended(c, login)
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the end of a membership: %w", err)
	}
	return ended, nil
}

func (db *DB) ended(c *conn, login auth.Login) (time.Time, error) {
	var until sql.NullString
	err := c.get(`SELECT until FROM members WHERE mutuality = ? AND member = ? AND until < ?`,
		[]any{login.Mutuality, string(login.Member), belgianDay(db.cfg.Now()).Format(time.DateOnly)}, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return fromDate(until)
}

// orderRoom refuses labels for who has some, and more envelopes than anybody fills.
func orderRoom(t *tx, key memberKey, r requests.Request, now time.Time) error {
	act, ok := r.Act.(document.PostOrder)
	if !ok || act.What != document.KindLabels && act.What != document.KindEnvelopes {
		return nil
	}
	list, err := earlier(t.conn, key, act.What, now.Add(-orders.Period), r.ID)
	if err != nil {
		return err
	}
	ordered := act.Quantity
	for _, e := range list {
		ordered += e.Act.Quantity
		if act.What == document.KindLabels && sameFor(e, r, act.ForPersons) {
			return requests.ErrOrdered
		}
	}
	if ordered > orders.MaxEnvelopes {
		return requests.ErrOrdered
	}
	return nil
}

// sameFor says that an earlier order is for somebody of this one: by who they are where
// both say it, else by name.
func sameFor(e orders.Earlier, r requests.Request, names []string) bool {
	if len(e.People) > 0 && len(r.People) > 0 {
		return slices.ContainsFunc(r.People, func(one auth.MemberID) bool { return slices.Contains(e.People, one) })
	}
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(e.Act.ForPersons, name) })
}

// shipments are the steps of an order on its way, oldest first.
func shipments(c *conn, mutuality string, r requests.Request) ([]requests.Shipment, error) {
	if r.Act == nil || !requests.Ordered(r.Act.Kind()) {
		return nil, nil
	}
	list := []requests.Shipment{}
	err := c.each(`SELECT state, at FROM shipments WHERE mutuality = ? AND reference = ? ORDER BY at, state LIMIT ?`, []any{mutuality, r.Reference, maxPage},
		func(scan func(...any) error) error {
			var s requests.Shipment
			var at int64
			err := scan(&s.State, &at)
			s.At = fromMicros(at)
			list = append(list, s)
			return err
		})
	return list, err
}
