package store

import (
	"context"

	"guichet.example/portal/audit"
	"guichet.example/portal/office"
)

// MakeTask puts a task into the queue, in an act of its own.
func (db *DB) MakeTask(ctx context.Context, task office.Task) (office.Task, error) {
	err := db.write(ctx, audit.Entry{}, func(t *tx) (err error) {
		task, err = t.task(db, task)
		return err
	})
	return task, err
}
