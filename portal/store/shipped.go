package store

import (
	"database/sql"
	"errors"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
)

// tellPosted tells a member that her order is on its way, the first time that one of its
// letters is: what came back and is posted again is told by nothing but her request.
func (db *DB) tellPosted(t *tx, mutuality string, member auth.MemberID, letter string) error {
	var reference string
	err := t.get(`
		SELECT r.reference FROM letters l
			JOIN letter_matters m ON m.mutuality = l.mutuality AND m.member = l.member AND m.letter = l.letter
			JOIN requests r ON r.mutuality = m.mutuality AND r.member = m.member AND r.request = m.request
		WHERE l.mutuality = ? AND l.member = ? AND l.letter = ? AND l.kind = ?`,
		[]any{mutuality, string(member), letter, string(letters.Order)}, &reference)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // no order
	}
	if err != nil {
		return err
	}
	var before int
	err = t.get(`SELECT count(*) FROM shipments WHERE mutuality = ? AND reference = ? AND state = 'posted'`, []any{mutuality, reference}, &before)
	if err != nil || before > 0 {
		return err
	}
	return db.notice(t, mutuality, member, mail.RequestChanged, map[mail.Value]string{mail.Reference: reference})
}

// shipmentNews is how old a delivered shipment may be that its member is told of.
const shipmentNews = 14 * 24 * time.Hour

// tellShipment is tellPosted for a row that the insurance system delivered for the first
// time: reference, state and time. Orders that no request asked for are told by nothing.
func tellShipment(l *load, values []any) error {
	at, _ := values[2].(int64)
	if values[1] != "posted" || at < micros(l.db.cfg.Now().Add(-shipmentNews)) {
		return nil
	}
	reference, _ := values[0].(string)
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
