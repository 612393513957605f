package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/jobs"
	"guichet.example/portal/office"
)

// DeadJobs implements office.Store.
func (db *DB) DeadJobs(ctx context.Context, o auth.Officer, before string, limit int) ([]jobs.Dead, error) {
	return db.Dead(ctx, db.officerEntry(ctx, o, "", "", ""), before, limit)
}

// ReviveJob implements office.Store.
func (db *DB) ReviveJob(ctx context.Context, o auth.Officer, id string) error {
	return db.Revive(ctx, db.officerEntry(ctx, o, "", "", ""), id)
}

// ActsOfStaff implements office.Store. Whose records they touched stands there as an
// opaque id, which the list does not show: a day of appointments is one act, whoever comes.
func (db *DB) ActsOfStaff(ctx context.Context, o auth.Officer, from, to time.Time, before string, limit int) (office.Acts, error) {
	acts := office.Acts{Names: map[auth.StaffID]string{}}
	at, chain, seq := actsCursor(before, to)
	limit = bounded(limit)
	err := db.reveal(ctx, db.officerEntry(ctx, o, "", audit.ReadActs, ""), func(c *conn) error {
		err := c.each(`SELECT staff, name FROM staff WHERE mutuality = ?`, []any{o.Mutuality}, func(scan func(...any) error) error {
			var id auth.StaffID
			var name string
			err := scan(&id, &name)
			acts.Names[id] = name
			return err
		})
		if err != nil {
			return err
		}
		return c.each(`
			SELECT chain, seq, at, mutuality, member, actor, session, method, assurance,
				action, object, outcome, request_id, reason, prev, hash
			FROM audit WHERE mutuality = ? AND method = 'office' AND (member = '' OR action <> ?) AND at >= ? AND (at, chain, seq) < (?, ?, ?)
			ORDER BY at DESC, chain DESC, seq DESC LIMIT ?`,
			[]any{o.Mutuality, string(audit.ListAppointments), micros(from), at, chain, seq, limit + 1}, func(scan func(...any) error) error {
				e, err := scanAudit(scan)
				acts.Rows = append(acts.Rows, e)
				return err
			})
	})
	if err != nil {
		return office.Acts{}, fmt.Errorf("listing acts of staff: %w", err)
	}
	if len(acts.Rows) > limit {
		acts.Rows = acts.Rows[:limit]
		last := acts.Rows[limit-1]
		acts.Next = fmt.Sprintf("%d.%s.%d", micros(last.At), last.Chain, last.Seq)
	}
	return acts, nil
}

// actsCursor reads the end of the page before; without one, all before to.
func actsCursor(s string, to time.Time) (at int64, chain string, seq int64) {
	parts := strings.Split(s, ".")
	if len(parts) == 3 && isID(parts[1]) {
		at, err := strconv.ParseInt(parts[0], 10, 64)
		seq, bad := strconv.ParseInt(parts[2], 10, 64)
		if err == nil && bad == nil && at <= micros(to) {
			return at, parts[1], seq
		}
	}
	return micros(to), "", 0
}
