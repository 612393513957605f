package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/timeid"
)

const (
	// keepGone is how long an object stays that nothing refers to any more: a backup of the
	// database that is not older still finds it.
	keepGone = 7 * 24 * time.Hour
	// keepOrphans is how long an object stays whose transaction never came.
	keepOrphans = 24 * time.Hour
	// daysEvery is the time between two looks for days to be compared.
	daysEvery = time.Hour
)

// sweepObjects removes objects that nothing refers to, never the reverse: what was dropped
// keepGone ago, and what was put for an act that did not happen. An object of an act is
// known to be one by the audit trail: a row of its chain, written an hour after it was
// put, says that no reference can come any more, and that this is no older copy of the
// database that sweeps what a newer one refers to.
func (db *DB) sweepObjects(ctx context.Context, now time.Time) error {
	if db.cfg.Objects == nil {
		return nil
	}
	if err := db.sweepGone(ctx, now); err != nil {
		return fmt.Errorf("sweeping objects: %w", err)
	}
	next := db.nextDays.Load()
	if micros(now) < next || !db.nextDays.CompareAndSwap(next, micros(now.Add(daysEvery))) {
		return nil
	}
	if err := db.sweepDays(ctx, now); err != nil {
		return fmt.Errorf("sweeping objects that were left over: %w", err)
	}
	return nil
}

// sweepGone removes what was dropped long ago, and begins to count for what was dropped
// since it was last called.
func (db *DB) sweepGone(ctx context.Context, now time.Time) error {
	var fresh int64
	err := db.read(ctx, func(c *conn) error {
		return c.get(`SELECT count(*) FROM (SELECT 1 FROM gone_objects WHERE gone_at = 0 LIMIT 1) AS found`, nil, &fresh)
	})
	if err == nil && fresh > 0 {
		err = db.write(ctx, audit.Entry{}, func(t *tx) error {
			_, err := t.exec(`UPDATE gone_objects SET gone_at = ? WHERE gone_at = 0`, micros(now))
			return err
		})
	}
	for err == nil {
		var names []string
		if names, err = db.gone(ctx, now); err != nil || len(names) == 0 {
			return err
		}
		err = db.removeGone(ctx, names)
	}
	return err
}

func (db *DB) gone(ctx context.Context, now time.Time) (names []string, err error) {
	err = db.read(ctx, func(c *conn) error {
		names = names[:0]
		return c.each(`
			SELECT object FROM gone_objects WHERE gone_at > 0 AND gone_at < ?
				AND NOT EXISTS (SELECT 1 FROM blob_objects b WHERE b.object = gone_objects.object)
			ORDER BY gone_at LIMIT ?`, []any{micros(now.Add(-keepGone)), sweepRows}, func(scan func(...any) error) error {
			var name string
			err := scan(&name)
			names = append(names, name)
			return err
		})
	})
	return names, err
}

func (db *DB) removeGone(ctx context.Context, names []string) error {
	for _, name := range names {
		if err := db.cfg.Objects.Remove(ctx, name); err != nil {
			return outside(err)
		}
	}
	return db.write(ctx, audit.Entry{}, func(t *tx) error {
		for _, name := range names {
			if _, err := t.exec(`DELETE FROM gone_objects WHERE object = ?`, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// sweepDays compares each day that has ended with what is referred to, once.
func (db *DB) sweepDays(ctx context.Context, now time.Time) error {
	days, err := db.cfg.Objects.Days(ctx)
	if err != nil {
		return outside(err)
	}
	for _, day := range days {
		began, err := time.Parse(time.DateOnly, day)
		if err != nil || now.Before(began.Add(24*time.Hour+keepOrphans)) {
			continue // none of ours, or too fresh
		}
		swept := 0
		err = db.read(ctx, func(c *conn) error {
			return c.get(`SELECT count(*) FROM swept_days WHERE day = ?`, []any{day}, &swept)
		})
		if err == nil && swept == 0 {
			err = db.sweepDay(ctx, day, now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) sweepDay(ctx context.Context, day string, now time.Time) error {
	err := db.cfg.Objects.Each(ctx, day, func(name string, _ time.Time) error {
		orphan, err := db.isOrphan(ctx, name)
		if err != nil || !orphan {
			return err
		}
		db.cfg.Log.Info("an object of an act that did not happen is removed", "object", name)
		return db.cfg.Objects.Remove(ctx, name)
	})
	if err != nil {
		return outside(err)
	}
	return db.write(ctx, audit.Entry{}, func(t *tx) error {
		_, err := t.exec(`INSERT INTO swept_days (day, swept_at) VALUES (?, ?) ON CONFLICT (day) DO NOTHING`, day, micros(now))
		return err
	})
}

// isOrphan tells whether nothing refers to the object, or did, or ever will.
func (db *DB) isOrphan(ctx context.Context, name string) (orphan bool, err error) {
	parts := strings.Split(name, "/")
	if len(parts) != 3 || timeid.Time(parts[2]).IsZero() {
		return false, nil // none of ours
	}
	err = db.read(ctx, func(c *conn) error {
		orphan = false
		n := 0
		err := c.get(`
			SELECT (SELECT count(*) FROM blob_objects WHERE object = ?) + (SELECT count(*) FROM gone_objects WHERE object = ?)`,
			[]any{name, name}, &n)
		if err != nil || n > 0 {
			return err
		}
		var at int64
		err = c.get(`SELECT at FROM audit WHERE chain = ? ORDER BY seq DESC LIMIT 1`, []any{parts[1]}, &at)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		orphan = err == nil && at > micros(timeid.Time(parts[2]).Add(time.Hour))
		return err
	})
	return orphan, err
}
