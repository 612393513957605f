package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/orders"
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

// earlier reads orders that count: those that were not refused, nor taken back, without
// the one being made.
func earlier(c *conn, key memberKey, kind document.Kind, since time.Time, but string) ([]orders.Earlier, error) {
	list := []orders.Earlier{}
	err := c.each(`
		SELECT `+requestColumns+` FROM requests
		WHERE mutuality = ? AND member = ? AND kind = ? AND created_at >= ?
			AND state IN ('to-sign', 'signed', 'pending', 'accepted', 'done') AND request <> ?
		ORDER BY request DESC LIMIT ?`, []any{key.mutuality, key.member, string(kind), micros(since), but, maxPage},
		func(scan func(...any) error) error {
			r, _, err := scanRequest(scan, key)
			if act, ok := r.Act.(document.PostOrder); ok && err == nil {
				list = append(list, orders.Earlier{At: r.Created, Act: act})
			}
			return err
		})
	return list, err
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
		for _, name := range act.ForPersons {
			if act.What == document.KindLabels && slices.Contains(e.Act.ForPersons, name) {
				return requests.ErrOrdered
			}
		}
	}
	if ordered > orders.MaxEnvelopes {
		return requests.ErrOrdered
	}
	return nil
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
