package store

import (
	"context"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
)

// SetAccount implements office.Store. Who never had a classic account can be shut out
// too: the row says so for every door.
func (db *DB) SetAccount(ctx context.Context, o auth.Officer, opening string, a office.AccountChange) error {
	if err := a.Check(); err != nil {
		return err
	}
	action, template, letter := audit.EnableAccount, mail.AccountRestored, letters.AccountOpened
	if a.To == office.AccountDisabled {
		action, template, letter = audit.DisableAccount, mail.AccountDisabled, letters.AccountClosed
	}
	note := db.officerEntry(ctx, o, "", action, object("opening", opening))
	note.Reason = a.Reason
	err := db.inFile(ctx, o, opening, note, func(t *tx, open office.Opening, key memberKey) error {
		if err := db.switchAccount(t, key, a); err != nil {
			return err
		}
		if a.To == office.AccountDisabled {
			if err := db.endSessions(ctx, t, key.mutuality, open.Member, "", "account disabled"); err != nil {
				return err
			}
			if err := endLinks(t, key.mutuality, open.Member, db.cfg.Now()); err != nil {
				return err
			}
		}
		now, _, err := db.account(t.conn, key.mutuality, open.Member)
		if err != nil {
			return err
		}
		return db.tellOrWrite(t, now, template, "", letter)
	})
	if err != nil {
		return fmt.Errorf("setting account: %w", err)
	}
	return nil
}

// sealedDisabled is the reason of a state, as credentials keep it.
const sealedDisabled = "account-reason"

func (db *DB) switchAccount(t *tx, key memberKey, a office.AccountChange) error {
	now := micros(db.cfg.Now())
	reason := key.seal(sealedDisabled, "", 1, []byte(a.Reason+": "+a.Words))
	if a.To == office.AccountActive {
		n, err := t.exec(`
			UPDATE credentials SET state = 'active', reason_sealed = ?, changed_at = ?
			WHERE mutuality = ? AND member = ? AND state = 'disabled'`, reason, now, key.mutuality, key.member)
		if err == nil && n == 0 {
			err = office.ErrState
		}
		return err
	}
	n, err := t.exec(`
		INSERT INTO credentials (mutuality, member, state, hash, must_change, reason_sealed, created_at, changed_at)
		VALUES (?, ?, 'disabled', '', 0, ?, ?, ?)
		ON CONFLICT (mutuality, member) DO UPDATE SET state = 'disabled', reason_sealed = excluded.reason_sealed,
			changed_at = excluded.changed_at WHERE credentials.state <> 'disabled'`,
		key.mutuality, key.member, reason, now, now)
	if err == nil && n == 0 {
		err = office.ErrState
	}
	return err
}
