package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
)

// PutMailedCode implements credentials.Store.
func (db *DB) PutMailedCode(ctx context.Context, login auth.Login, c credentials.Code, secret string, m mail.Message) error {
	note := db.ownEntry(ctx, c.Mutuality, c.Member, audit.IssueCode, object("code", string(c.Purpose)))
	err := db.write(ctx, note, func(t *tx) error {
		if err := stillIn(t, login); err != nil {
			return err
		}
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
	if err := db.emailChanged(t, before, after); err != nil {
		return err
	}
	back, err := db.takenBack(t, after, s.At)
	if err != nil {
		return err
	}
	if back != nil && s.Purpose == credentials.ConfirmEmail {
		return errors.Join(endUndos(t, *back, s.At), db.tell(t, after, mail.EmailChangedNew, s.At))
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
	} else if err := db.tellBefore(t, before, code, s); err != nil {
		return err
	}
	return db.tell(t, after, mail.EmailChangedNew, s.At)
}

// takenBack is the living link that would put the member's address back where she has
// just put it herself; nil if there is none. Then whoever had her write to another
// address gets no link that undoes what she did, and no link of that time lives on.
func (db *DB) takenBack(t *tx, a credentials.Account, now time.Time) (*credentials.Code, error) {
	key, err := db.keyOf(t.conn, a.Mutuality, a.Member)
	if err != nil {
		return nil, err
	}
	address, err := credentials.FoldEmail(a.Email)
	if err != nil {
		return nil, err
	}
	var found *credentials.Code
	err = t.each(`SELECT code, created_at, payload_sealed FROM credential_codes
		WHERE mutuality = ? AND member = ? AND purpose = ? AND outcome = '' AND expires_at >= ? ORDER BY created_at DESC`,
		[]any{a.Mutuality, string(a.Member), string(credentials.UndoEmail), micros(now)}, func(scan func(...any) error) error {
			c := credentials.Code{Mutuality: a.Mutuality, Member: a.Member, Purpose: credentials.UndoEmail}
			var created int64
			var sealed []byte
			if err := scan(&c.ID, &created, &sealed); err != nil {
				return err
			}
			payload, err := key.open(sealedPayload, c.ID, 1, sealed)
			if before, bad := credentials.FoldEmail(string(payload)); bad == nil && before == address {
				c.Created, c.Payload = fromMicros(created), string(payload)
				found = &c // the oldest, in the end: all after it die with it
			}
			return err
		})
	return found, err
}

// tellBefore tells where she was written to until now, with a link that puts that address
// back: the one she showed to be hers, else the one on file, else her letter box. Whoever
// gives an account its first address is not the only one who hears of it.
func (db *DB) tellBefore(t *tx, before credentials.Account, code credentials.Code, s credentials.Swap) error {
	old, err := addressOf(t.conn, before)
	if err != nil || sameAddress(old, code.Payload) {
		return err
	}
	if old != "" {
		before.Email = old
		return db.offerUndo(t, before, s)
	}
	var told int // by the counter, when the address was asked for
	err = t.get(`SELECT count(*) FROM letters WHERE mutuality = ? AND member = ? AND kind = ? AND requested_at >= ?`,
		[]any{before.Mutuality, string(before.Member), string(letters.NewEmail), micros(code.Created)}, &told)
	if err != nil || told > 0 {
		return err
	}
	_, err = t.letter(db, letters.Letter{Mutuality: before.Mutuality, Member: before.Member, Kind: letters.NewEmail, Lang: before.Language})
	return err
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
