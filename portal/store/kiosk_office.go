package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/kiosk"
)

// Kiosks implements kiosk.Store.
func (db *DB) Kiosks(ctx context.Context, o auth.Officer) ([]kiosk.Kiosk, error) {
	var list []kiosk.Kiosk
	err := db.reveal(ctx, db.officerEntry(ctx, o, "", audit.ListKiosks, ""), func(c *conn) error {
		return c.each(`SELECT `+kioskColumns+` FROM kiosks WHERE mutuality = ?
			ORDER BY CASE state WHEN 'suspended' THEN 0 WHEN 'active' THEN 1 WHEN 'invited' THEN 2 ELSE 3 END, branch, name, kiosk`,
			[]any{o.Mutuality}, func(scan func(...any) error) error {
				k, err := scanKiosk(scan)
				list = append(list, k)
				return err
			})
	})
	if err != nil {
		return nil, fmt.Errorf("listing kiosks: %w", err)
	}
	return list, nil
}

// AddKiosk implements kiosk.Store.
func (db *DB) AddKiosk(ctx context.Context, o auth.Officer, k kiosk.Kiosk, code string) (string, error) {
	id, err := db.NewID()
	if err != nil {
		return "", err
	}
	if err := k.Check(); err != nil {
		return "", err
	}
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		note := db.officerEntry(ctx, o, "", audit.AddKiosk, object("kiosk", id))
		again, err := kioskOf(t.conn, `mutuality = ? AND name = ? AND branch = ? AND state = 'invited' AND key_id IS NULL`, o.Mutuality, k.Name, k.Branch)
		switch {
		case err == nil:
			id = again.ID
			note.Action, note.Object = audit.InviteKiosk, object("kiosk", id)
			err = db.giveCode(t, o.Mutuality, id, code, k.CodeEnds)
		case errors.Is(err, kiosk.ErrUnknown):
			err = db.insertKiosk(t, o.Mutuality, id, k, code)
		}
		if err != nil {
			return err
		}
		return t.note(note)
	})
	if err != nil {
		return "", fmt.Errorf("adding a kiosk: %w", err)
	}
	return id, nil
}

func (db *DB) insertKiosk(t *tx, mutuality, id string, k kiosk.Kiosk, code string) error {
	now := micros(db.cfg.Now())
	_, err := t.exec(`
		INSERT INTO kiosks (mutuality, kiosk, name, branch, state, why, code_index, code_ends_at, counter, nonce_at, lease,
			beat_at, card, fault, revision, created_at, changed_at)
		VALUES (?, ?, ?, ?, 'invited', '', ?, ?, 0, 0, '', 0, 0, '', 1, ?, ?)`,
		mutuality, id, k.Name, k.Branch, db.cfg.Keys.Index(kioskCode, mutuality, code), micros(k.CodeEnds), now, now)
	return err
}

// giveCode puts a code in the place of the one that a kiosk had.
func (db *DB) giveCode(t *tx, mutuality, id, code string, ends time.Time) error {
	_, err := t.exec(`UPDATE kiosks SET code_index = ?, code_ends_at = ? WHERE mutuality = ? AND kiosk = ?`,
		db.cfg.Keys.Index(kioskCode, mutuality, code), micros(ends), mutuality, id)
	return err
}

// ChangeKiosk implements kiosk.Store.
func (db *DB) ChangeKiosk(ctx context.Context, o auth.Officer, k kiosk.Kiosk) error {
	if err := k.Check(); err != nil {
		return err
	}
	err := db.write(ctx, db.officerEntry(ctx, o, "", audit.ChangeKiosk, object("kiosk", k.ID)), func(t *tx) error {
		changed, err := t.exec(`UPDATE kiosks SET name = ?, branch = ?, revision = revision + 1 WHERE mutuality = ? AND kiosk = ? AND revision = ?`,
			k.Name, k.Branch, o.Mutuality, k.ID, k.Revision)
		if err == nil && changed == 0 {
			return kiosk.ErrChanged
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("changing a kiosk: %w", err)
	}
	return nil
}

// InviteKiosk implements kiosk.Store.
func (db *DB) InviteKiosk(ctx context.Context, o auth.Officer, id, code string, ends time.Time) error {
	err := db.write(ctx, db.officerEntry(ctx, o, "", audit.InviteKiosk, object("kiosk", id)), func(t *tx) error {
		k, err := kioskOf(t.conn, `mutuality = ? AND kiosk = ?`, o.Mutuality, id)
		if err != nil {
			return err
		}
		if k.State == kiosk.Revoked {
			return kiosk.ErrRevoked
		}
		k.State, k.Why, k.Changed = kiosk.Invited, "", db.cfg.Now()
		if err := db.shutKiosk(ctx, t, k); err != nil {
			return err
		}
		return db.giveCode(t, o.Mutuality, id, code, ends)
	})
	if err != nil {
		return fmt.Errorf("inviting a kiosk: %w", err)
	}
	return nil
}

// StopKiosk implements kiosk.Store.
func (db *DB) StopKiosk(ctx context.Context, o auth.Officer, id string, to kiosk.State) error {
	action, why := audit.RevokeKiosk, ""
	if to == kiosk.Suspended {
		action, why = audit.SuspendKiosk, kiosk.WhyOffice
	} else if to != kiosk.Revoked {
		return kiosk.ErrKiosk
	}
	err := db.write(ctx, db.officerEntry(ctx, o, "", action, object("kiosk", id)), func(t *tx) error {
		k, err := kioskOf(t.conn, `mutuality = ? AND kiosk = ?`, o.Mutuality, id)
		if err != nil {
			return err
		}
		if k.State == kiosk.Revoked || k.State == to {
			return kiosk.ErrChanged
		}
		k.State, k.Why, k.Changed = to, why, db.cfg.Now()
		return db.shutKiosk(ctx, t, k)
	})
	if err != nil {
		return fmt.Errorf("stopping a kiosk: %w", err)
	}
	return nil
}
