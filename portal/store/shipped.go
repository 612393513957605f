package store

import (
	"database/sql"
	"errors"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/mail"
)

// tellPosted tells a member that her order is on its way, the first time that one of its
// letters is: of what came back and is posted again she reads in the counter alone.
func (db *DB) tellPosted(t *tx, mutuality string, member auth.MemberID, reference string) error {
	var before int
	err := t.get(`SELECT count(*) FROM shipments WHERE mutuality = ? AND reference = ? AND state = 'posted'`, []any{mutuality, reference}, &before)
	if err != nil || before > 0 {
		return err
	}
	return db.notice(t, mutuality, member, mail.RequestChanged, map[mail.Value]string{mail.Reference: reference})
}

// shipmentAge is how old a delivered shipment may be that its member is told of.
const shipmentAge = 14 * 24 * time.Hour

// tellShipment is tellPosted and orderNews for a row that the insurance system delivered for
// the first time: reference, state and time. Orders that no request asked for are told by
// nothing.
func tellShipment(l *load, values []any) error {
	at, _ := values[2].(int64)
	reference, _ := values[0].(string)
	state, _ := values[1].(string)
	if at < micros(l.db.cfg.Now().Add(-shipmentAge)) {
		return nil
	}
	if err := l.t.orderNews(l.mutuality, reference, state, fromMicros(at)); err != nil || state != "posted" {
		return err
	}
	var member string
	err := l.t.get(`SELECT member FROM requests WHERE mutuality = ? AND reference = ?`, []any{l.mutuality, reference}, &member)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return l.db.notice(l.t, l.mutuality, auth.MemberID(member), mail.RequestChanged, map[mail.Value]string{mail.Reference: reference})
}
