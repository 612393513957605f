package store

import (
	"context"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/jobs"
	"guichet.example/portal/people"
)

var _ people.BirthdayStore = (*DB)(nil)

// LookAt implements people.BirthdayStore.
func (db *DB) LookAt(ctx context.Context, mutuality string, at time.Time) error {
	return db.write(ctx, audit.Entry{}, func(t *tx) error { return t.lookAt(db, mutuality, at) })
}

// LookAgain implements people.BirthdayStore.
func (db *DB) LookAgain(ctx context.Context, j jobs.Job, at time.Time) error {
	return db.write(ctx, audit.Entry{}, func(t *tx) error {
		if err := t.finish(j); err != nil {
			return err
		}
		return t.lookAt(db, j.Mutuality, at)
	})
}

func (t *tx) lookAt(db *DB, mutuality string, at time.Time) error {
	return t.enqueue(db, jobs.Job{Kind: people.JobKind, Mutuality: mutuality, Key: people.JobKind, Due: at})
}
