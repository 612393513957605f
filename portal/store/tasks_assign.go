package store

import (
	"context"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/office"
)

// AssignItem implements office.Store.
func (db *DB) AssignItem(ctx context.Context, o auth.Officer, id string, to auth.StaffID, words string) error {
	err := db.heldBy(ctx, o, id, audit.AssignTask, func(t *tx, i office.Item) error {
		if (office.Answer{What: office.EventAnswered, Words: words}).Check(office.CannotConnect) != nil {
			return office.ErrReason
		}
		k, err := colleague(t, o.Mutuality, to)
		if err != nil {
			return err
		}
		them := auth.Officer{Mutuality: o.Mutuality, ID: to, Roles: k.Roles}
		if to == o.ID || !k.Disabled.IsZero() || auth.DefaultPolicy().AllowOfficer(&them, auth.WorkQueue) != nil {
			return office.ErrNotFound
		}
		if err := notOwn(t.conn, them, i.Member); err != nil {
			return err
		}
		if err := notFirst(t, them, i); err != nil {
			return err
		}
		given, err := t.exec(`UPDATE task_holds SET staff = ?, taken_at = ? WHERE mutuality = ? AND task = ? AND staff = ?`,
			string(to), micros(db.cfg.Now()), o.Mutuality, i.ID, string(o.ID))
		if err == nil && given != 1 {
			err = errors.New("hold is gone")
		}
		if err != nil {
			return err
		}
		return t.event(db, o, i, office.EventAssigned, k.Name+": "+words)
	})
	if err != nil {
		return fmt.Errorf("assigning item: %w", err)
	}
	return nil
}
