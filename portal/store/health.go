package store

import (
	"context"
	"fmt"
	"time"
)

// Health are figures that cost little: for a monitor that asks every few seconds.
type Health struct {
	Commits               int64 // since it was opened
	Owed                  int   // audit rows that wait for room on the disk
	Bytes                 int64 // of the database, without its log
	JobsWaiting, JobsDead int64
	JobsLate              time.Duration // for how long the oldest one has been due; 0: none is
	ObjectsGone           int64         // objects to be removed
	Ages                  map[string]time.Duration
}

// Health counts, by indexes. ErrStopped, ErrUnavailable.
func (db *DB) Health(ctx context.Context, mutuality string) (Health, error) {
	if err := db.Ping(ctx); err != nil {
		return Health{}, err
	}
	now := db.cfg.Now()
	h := Health{Ages: map[string]time.Duration{}}
	err := db.read(ctx, func(c *conn) error {
		var due int64
		for _, q := range []struct {
			query string
			into  *int64
		}{
			{`SELECT count(*) FROM jobs WHERE dead_at IS NULL`, &h.JobsWaiting},
			{`SELECT count(*) FROM jobs WHERE dead_at IS NOT NULL`, &h.JobsDead},
			{`SELECT coalesce(min(due_at), 0) FROM jobs WHERE dead_at IS NULL`, &due},
			{`SELECT count(*) FROM gone_objects`, &h.ObjectsGone},
			{db.engine.size(), &h.Bytes},
		} {
			if err := c.get(q.query, nil, q.into); err != nil {
				return err
			}
		}
		if due > 0 && now.After(fromMicros(due)) {
			h.JobsLate = now.Sub(fromMicros(due))
		}
		return nil
	})
	if err != nil {
		return Health{}, fmt.Errorf("counting: %w", err)
	}
	ages, err := db.Ages(ctx, mutuality)
	if err != nil {
		return Health{}, err
	}
	for kind, at := range ages {
		h.Ages[string(kind)] = now.Sub(at)
	}
	if db.writer != nil {
		h.Owed, h.Commits = len(db.writer.owed.list()), db.writer.commits.Load()
	}
	return h, nil
}
