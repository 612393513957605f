package store

import (
	"context"
	"database/sql"
	"fmt"

	"guichet.example/portal/audit"
	"guichet.example/portal/jobs"
)

// Dead lists the dead letters of note.Mutuality, newest first, those made before the
// job with that id (empty: from the newest). The note says who looks: actor, session,
// method, assurance, reason; action and object are filled in here.
func (db *DB) Dead(ctx context.Context, note audit.Entry, before string, limit int) ([]jobs.Dead, error) {
	note.At, note.Action, note.Object = db.cfg.Now(), audit.ListDead, ""
	var list []jobs.Dead
	err := db.reveal(ctx, note, func(c *conn) (err error) {
		list, err = db.dead(c, note.Mutuality, before, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing dead letters: %w", err)
	}
	return list, nil
}

func (db *DB) dead(c *conn, mutuality, before string, limit int) ([]jobs.Dead, error) {
	if before == "" {
		before = "~" // after every id
	}
	var list []jobs.Dead
	var sealed [][]byte
	err := c.each(`
		SELECT job, kind, name, member, created_at, dead_at, attempts, cause_sealed FROM jobs
		WHERE mutuality = ? AND job < ? AND dead_at IS NOT NULL ORDER BY job DESC LIMIT ?`,
		[]any{mutuality, before, bounded(limit)}, func(scan func(...any) error) error {
			d := jobs.Dead{Mutuality: mutuality}
			var created, died int64
			var cause []byte
			err := scan(&d.ID, &d.Kind, &d.Key, &d.Member, &created, &died, &d.Attempts, &cause)
			d.Created, d.Died = fromMicros(created), fromMicros(died)
			list, sealed = append(list, d), append(sealed, cause)
			return err
		})
	if err != nil {
		return nil, err
	}
	for i := range list {
		if len(sealed[i]) == 0 {
			continue
		}
		key, err := db.jobKey(c, mutuality, list[i].Member)
		var cause []byte
		if err == nil {
			cause, err = key.open(sealedCause, list[i].ID, 1, sealed[i])
		}
		if err != nil { // listed all the same
			cause = []byte(ErrDamaged.Error())
		}
		list[i].Cause = string(cause)
	}
	return list, nil
}

// Revive gives a dead letter of note.Mutuality its tries back, at once. The note says
// who asked for it, as for Dead. jobs.ErrNotFound.
func (db *DB) Revive(ctx context.Context, note audit.Entry, id string) error {
	now := db.cfg.Now()
	note.At, note.Action, note.Object = now, audit.ReviveJob, object("job", id)
	err := db.write(ctx, note, func(t *tx) error {
		n, err := t.exec(`
			UPDATE jobs SET dead_at = NULL, due_at = ?, set_at = ?, attempts = 0
			WHERE mutuality = ? AND job = ? AND dead_at IS NOT NULL`, micros(now), micros(now), note.Mutuality, id)
		if err == nil && n == 0 {
			return jobs.ErrNotFound
		}
		t.w.enqueued = true
		return err
	})
	if err != nil {
		return fmt.Errorf("reviving job: %w", err)
	}
	return nil
}

// Waiting counts the jobs of all mutualities.
func (db *DB) Waiting(ctx context.Context) (jobs.Figures, error) {
	var f jobs.Figures
	var oldest sql.NullInt64
	err := db.snapshot(ctx, func(c *conn) error {
		err := c.get(`SELECT count(*) FROM jobs WHERE dead_at IS NULL`, nil, &f.Waiting)
		if err == nil {
			err = c.get(`SELECT count(*) FROM jobs WHERE dead_at IS NOT NULL`, nil, &f.Dead)
		}
		if err == nil {
			err = c.get(`SELECT min(due_at) FROM jobs WHERE dead_at IS NULL AND due_at <= ?`, []any{micros(db.cfg.Now())}, &oldest)
		}
		return err
	})
	if err != nil {
		return jobs.Figures{}, fmt.Errorf("counting jobs: %w", err)
	}
	f.Oldest = fromMaybe(oldest)
	return f, nil
}
