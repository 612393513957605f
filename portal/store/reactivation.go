package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
)

// Reactivation implements credentials.Store. Of the answer it reads the words to her.
func (db *DB) Reactivation(ctx context.Context, mutuality string, member auth.MemberID) (credentials.Reactivation, error) {
	var r credentials.Reactivation
	err := db.read(ctx, func(c *conn) error {
		var id, event string
		var created int64
		var closed sql.NullInt64
		var sealed []byte
		err := c.get(`
			SELECT t.task, t.reference, t.created_at, t.closed_at, coalesce(e.event, ''), e.sealed FROM tasks t
			LEFT JOIN task_events e ON e.mutuality = t.mutuality AND e.task = t.task AND e.what IN (?, ?)
			WHERE t.mutuality = ? AND t.member = ? AND t.member <> '' AND t.kind = ? ORDER BY t.task DESC, e.event DESC LIMIT 1`,
			[]any{office.EventAnswered, office.EventClosed, mutuality, string(member), string(office.Reactivation)},
			&id, &r.Reference, &created, &closed, &event, &sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		r.Asked, r.Answered = fromMicros(created), fromMaybe(closed)
		if sealed == nil {
			return nil
		}
		key, err := db.keyOf(c, mutuality, member)
		if err != nil {
			return err
		}
		text, err := key.open(sealedEvent, id+"/"+event, 1, sealed)
		r.Words = string(text)
		return err
	})
	if err != nil {
		return credentials.Reactivation{}, fmt.Errorf("reading reactivation: %w", err)
	}
	return r, nil
}

// tellClosed tells the member that her access stays closed. That it is open again she
// was told when it was opened.
func (db *DB) tellClosed(t *tx, mutuality string, i office.Item) error {
	a, _, err := db.account(t.conn, mutuality, i.Member)
	if err != nil || a.State != credentials.Disabled {
		return err
	}
	return db.tellReference(t, a, mail.StaysClosed, db.cfg.Now(), i.Reference)
}

// tellCode tells who lost her access code that staff have answered: at the address
// on file, else by post, and never where somebody typed.
func (db *DB) tellCode(t *tx, mutuality string, i office.Item) error {
	a, _, err := db.account(t.conn, mutuality, i.Member)
	if err != nil {
		return err
	}
	return db.tellOrWrite(t, a, mail.CodeAnswered, i.Reference, letters.LostCode)
}

// tellOrWrite tells the member by mail, or by post where no address of hers is known.
func (db *DB) tellOrWrite(t *tx, a credentials.Account, template mail.Template, reference string, kind letters.Kind) error {
	to, err := addressOf(t.conn, a)
	if err != nil {
		return err
	}
	if to != "" {
		return db.tellReference(t, a, template, db.cfg.Now(), reference)
	}
	_, err = t.letter(db, letters.Letter{Mutuality: a.Mutuality, Member: a.Member, Kind: kind, Lang: a.Language})
	return err
}
