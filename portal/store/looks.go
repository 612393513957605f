package store

import (
	"context"
	"errors"

	"guichet.example/auth"
	"guichet.example/portal/audit"
)

// revealOf is revealEach for what a member reads.
func (db *DB) revealOf(ctx context.Context, login auth.Login, action audit.Action, read func(*conn) ([]auth.MemberID, error)) error {
	return db.revealEach(ctx, db.entry(ctx, login, action, ""), read)
}

// revealEach is reveal, on one snapshot, of what may tell of others than the member of the
// note: read returns of whom, and each of them has a row of her own in the trail, by whom
// she was looked at.
func (db *DB) revealEach(ctx context.Context, note audit.Entry, read func(*conn) ([]auth.MemberID, error)) error {
	var rows []audit.Entry
	err := db.look(ctx, func(c *conn) error {
		return onSnapshot(c, func(c *conn) error {
			persons, err := read(c)
			rows = rows[:0]
			for _, person := range persons {
				if err == nil && string(person) != note.Member {
					row := note
					row.Member = string(person)
					rows = append(rows, row)
				}
			}
			return err
		})
	})
	if err != nil {
		return db.reveal(ctx, note, func(*conn) error { return err })
	}
	if db.writer == nil {
		return ErrReadOnly
	}
	noting := db.writer.rows(ctx, note, rows)
	if !errors.Is(noting, ErrFull) {
		return noting
	}
	for _, row := range append(rows, note) {
		if !db.writer.owed.add(row) {
			return noting
		}
	}
	db.cfg.Log.Warn("disk is full, audit rows will follow", "action", note.Action, "member", note.Member,
		"session", note.Session, "others", len(rows), "ref", note.RequestID)
	return nil
}
