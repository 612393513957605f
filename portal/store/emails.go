package store

import (
	"context"
	"fmt"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/mail"
)

// PutMailedCode implements credentials.Store.
func (db *DB) PutMailedCode(ctx context.Context, c credentials.Code, secret string, m mail.Message) error {
	note := db.ownEntry(ctx, c.Mutuality, c.Member, audit.IssueCode, object("code", string(c.Purpose)))
	err := db.write(ctx, note, func(t *tx) error {
		if _, err := t.code(db, c, secret); err != nil {
			return err
		}
		return t.mail(db, m)
	})
	if err != nil {
		return fmt.Errorf("storing code: %w", err)
	}
	return nil
}

// SwapEmail implements credentials.Store.
func (db *DB) SwapEmail(ctx context.Context, s credentials.Swap) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error { return db.swapEmail(ctx, t, s) })
	if err != nil {
		return fmt.Errorf("swapping address: %w", err)
	}
	return nil
}

func (db *DB) swapEmail(ctx context.Context, t *tx, s credentials.Swap) error {
	code, err := db.useCode(ctx, t, s.Mutuality, s.Purpose, s.Secret, s.At)
	if err != nil {
		return err
	}
	before, _, err := db.account(t.conn, s.Mutuality, code.Member)
	if err != nil {
		return err
	}
	err = t.putAccount(db, credentials.Enrolment{Mutuality: s.Mutuality, Member: code.Member, Email: code.Payload, Certified: s.At, At: s.At})
	if err != nil {
		return err
	}
	if err := t.note(db.ownEntry(ctx, s.Mutuality, code.Member, audit.ChangeEmail, object("code", string(s.Purpose)))); err != nil {
		return err
	}
	after, _, err := db.account(t.conn, s.Mutuality, code.Member)
	if err != nil {
		return err
	}
	if s.Purpose == credentials.UndoEmail {
		if err := endUndos(t, code, s.At); err != nil {
			return err
		}
		if err := db.endSessions(ctx, t, s.Mutuality, code.Member, "", "change of address undone"); err != nil {
			return err
		}
		if err := db.distrust(t, s.Mutuality, code.Member, s.At); err != nil {
			return err
		}
	} else if before.Certified() && before.Email != after.Email {
		if err := db.offerUndo(t, before, s); err != nil {
			return err
		}
	}
	return db.tell(t, after, mail.EmailChangedNew, s.At)
}

// offerUndo tells the address that was, with a link that puts it back.
func (db *DB) offerUndo(t *tx, before credentials.Account, s credentials.Swap) error {
	s.Undo.Member, s.Undo.Payload = before.Member, before.Email
	if _, err := t.code(db, s.Undo, s.UndoSecret); err != nil {
		return err
	}
	return t.mail(db, mail.Message{
		Mutuality: s.Mutuality, Member: before.Member, To: before.Email, Template: mail.EmailChangedOld, Lang: before.Language,
		Until: s.Undo.Expires, Values: map[string]string{
			string(mail.At): s.At.UTC().Format(time.RFC3339), string(mail.Link): s.UndoLink,
			string(mail.Until): s.Undo.Expires.UTC().Format(time.RFC3339)},
	})
}
