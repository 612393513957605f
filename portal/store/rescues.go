package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/jobs"
	"guichet.example/portal/office"
	"guichet.example/portal/renewal"
	"guichet.example/portal/rescue"
)

// overdue is how long a fresh document may wait for its first attempt before it is listed
// with those that failed.
const overdue = 10 * time.Minute

// giveUp makes a leased job a dead letter, in the commit of the act that found that nothing
// helps, with its row and a task for the office.
func (db *DB) giveUp(t *tx, j jobs.Job, cause string, d documents.Document) error {
	if err := db.tellOffice(t, j, cause, d); err != nil {
		return err
	}
	sealed, err := db.sealJob(t.conn, j, sealedCause, cut(cause))
	if err != nil {
		return err
	}
	err = t.held(j, `
		UPDATE jobs SET dead_at = ?, lease = '', leased_until = 0, cause_sealed = ?
		WHERE mutuality = ? AND job = ? AND lease = ? AND dead_at IS NULL`, micros(db.cfg.Now()), sealed)
	if err != nil {
		return err
	}
	note := db.ownEntry(context.Background(), j.Mutuality, j.Member, audit.BuryJob, object("job", j.ID))
	note.Reason = "kind " + j.Kind
	return t.note(note)
}

// tellOffice makes the task about a document that waits, once for each job.
func (db *DB) tellOffice(t *tx, j jobs.Job, cause string, d documents.Document) error {
	told, err := t.exec(`UPDATE jobs SET told_at = ? WHERE mutuality = ? AND job = ? AND lease = ? AND told_at IS NULL`,
		micros(db.cfg.Now()), j.Mutuality, j.ID, j.Lease)
	if err != nil || told == 0 {
		return err
	}
	why, _ := rescue.Split(cause)
	_, err = t.task(db, office.Task{
		Mutuality: j.Mutuality, Kind: office.StuckDocument, Member: j.Member, Language: string(d.Language),
		Said: map[string]string{"document": d.Reference, "cause": string(why), "text": string(why)},
	})
	return err
}

// Rescues implements office.Store.
func (db *DB) Rescues(ctx context.Context, o auth.Officer, after string, limit int) ([]rescue.Item, error) {
	var list []rescue.Item
	err := db.reveal(ctx, db.officerEntry(ctx, o, "", audit.ListDead, ""), func(c *conn) (err error) {
		list, err = db.rescues(c, o.Mutuality, after, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing documents that wait: %w", err)
	}
	return list, nil
}

func (db *DB) rescues(c *conn, mutuality, after string, limit int) ([]rescue.Item, error) {
	var list []rescue.Item
	var sealed [][]byte
	err := c.each(`
		SELECT j.job, j.kind, j.member, coalesce(d.reference, ''), j.created_at, j.due_at, j.dead_at, j.attempts, j.cause_sealed,
			j.told_at, coalesce(r.holds_until, 0)
		FROM jobs j
			LEFT JOIN documents d ON d.mutuality = j.mutuality AND d.member = j.member AND d.document = j.name
			LEFT JOIN renewals r ON r.mutuality = j.mutuality AND r.member = j.member AND r.document = j.name
		WHERE j.mutuality = ? AND j.kind IN ('raise', 'renew') AND j.job > ?
			AND (j.cause_sealed IS NOT NULL OR j.dead_at IS NOT NULL OR j.kind = 'raise' AND j.due_at <= ?)
		ORDER BY j.job LIMIT ?`,
		[]any{mutuality, after, micros(db.cfg.Now().Add(-overdue)), bounded(limit)}, func(scan func(...any) error) error {
			i := rescue.Item{Mutuality: mutuality}
			var created, due, holds int64
			var died, told sql.NullInt64
			var cause []byte
			err := scan(&i.Job, &i.Kind, &i.Member, &i.Reference, &created, &due, &died, &i.Tries, &cause, &told, &holds)
			i.Since, i.Told = fromMicros(created), fromMaybe(told)
			if holds > 0 {
				i.Holds = fromMicros(holds)
			}
			if !died.Valid {
				i.Next = fromMicros(due)
			}
			list, sealed = append(list, i), append(sealed, cause)
			return err
		})
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Cause = rescue.Other
		if len(sealed[i]) == 0 {
			continue
		}
		key, err := db.jobKey(c, mutuality, list[i].Member)
		var cause []byte
		if err == nil {
			cause, err = key.open(sealedCause, list[i].Job, 1, sealed[i])
		}
		if err != nil { // listed all the same
			cause = []byte(ErrDamaged.Error())
		}
		list[i].Cause, list[i].Detail = rescue.Split(string(cause))
	}
	return list, nil
}

// RetryRescue implements office.Store.
func (db *DB) RetryRescue(ctx context.Context, o auth.Officer, id string) error {
	now := micros(db.cfg.Now())
	err := db.write(ctx, db.officerEntry(ctx, o, "", audit.ReviveJob, object("job", id)), func(t *tx) error {
		n, err := t.exec(`
			UPDATE jobs SET due_at = ?, set_at = ?, dead_at = NULL
			WHERE mutuality = ? AND job = ? AND kind IN ('raise', 'renew') AND (dead_at IS NOT NULL OR leased_until <= ?)`,
			now, now, o.Mutuality, id, now)
		if err == nil && n == 0 {
			return jobs.ErrNotFound
		}
		t.w.enqueued = true
		return err
	})
	if err != nil {
		return fmt.Errorf("trying a document again: %w", err)
	}
	return nil
}

// RescueFigures implements rescue.Counter.
func (db *DB) RescueFigures(ctx context.Context, mutuality string, now time.Time, before time.Duration) (rescue.Figures, error) {
	var f rescue.Figures
	var oldest, soonest sql.NullInt64
	err := db.snapshot(ctx, func(c *conn) error {
		const these = ` FROM jobs WHERE mutuality = ? AND kind IN ('raise', 'renew') AND `
		err := c.get(`SELECT count(*), min(created_at)`+these+`dead_at IS NULL AND cause_sealed IS NOT NULL`, []any{mutuality}, &f.Waiting, &oldest)
		if err == nil {
			err = c.get(`SELECT count(*)`+these+`dead_at IS NOT NULL`, []any{mutuality}, &f.GivenUp)
		}
		if err == nil {
			err = c.get(`SELECT min(holds_until) FROM renewals WHERE mutuality = ? AND holds_until > 0 AND stopped = ''`, []any{mutuality}, &soonest)
		}
		if err == nil {
			condition, args := windowOf(renewal.Window{Now: now, Before: before})
			err = c.get(`SELECT count(*) FROM renewals WHERE mutuality = ? AND `+condition, append([]any{mutuality}, args...), &f.Due)
		}
		return err
	})
	if err != nil {
		return rescue.Figures{}, fmt.Errorf("counting documents that wait: %w", err)
	}
	f.Oldest, f.Soonest = fromMaybe(oldest), fromMaybe(soonest)
	return f, nil
}
