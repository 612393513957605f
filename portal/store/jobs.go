package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/jobs"
	"guichet.example/portal/timeid"
)

var _ jobs.Store = (*DB)(nil)

// enqueue adds a job to what the act writes: it is there exactly if the act is. A job
// whose kind and key wait already is the same job, and nothing happens; a dead letter
// of that name makes room for it.
func (t *tx) enqueue(db *DB, j jobs.Job) error {
	if err := db.fillJob(&j); err != nil {
		return err
	}
	sealed, err := db.sealJob(t.conn, j, sealedJob, j.Payload)
	if err != nil {
		return err
	}
	_, err = t.exec(`
		INSERT INTO jobs (mutuality, job, kind, name, member, sealed, created_at, set_at, due_at, attempts, lease, leased_until)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', 0)
		ON CONFLICT (mutuality, kind, name) DO UPDATE SET
			job = excluded.job, member = excluded.member, sealed = excluded.sealed, created_at = excluded.created_at,
			set_at = excluded.set_at, due_at = excluded.due_at, attempts = 0, lease = '', leased_until = 0,
			cause_sealed = NULL, dead_at = NULL, told_at = NULL
		WHERE jobs.dead_at IS NOT NULL`,
		j.Mutuality, j.ID, j.Kind, j.Key, string(j.Member), sealed,
		micros(j.Created), micros(db.cfg.Now()), micros(j.Due))
	if err != nil {
		return fmt.Errorf("queueing job %s: %w", j.Kind, err)
	}
	t.w.enqueued = t.w.enqueued || !j.Due.After(db.cfg.Now())
	return nil
}

// fillJob fills in what a new job leaves open, and refuses what cannot be one.
func (db *DB) fillJob(j *jobs.Job) (err error) {
	if j.Kind == "" || j.Mutuality == "" {
		return errors.New("a job needs kind and mutuality")
	}
	if len(j.Payload) > jobs.MaxPayload {
		return fmt.Errorf("job %s with %d bytes: %w", j.Kind, len(j.Payload), jobs.ErrTooLarge)
	}
	if j.Created.IsZero() {
		j.Created = db.cfg.Now()
	}
	if j.Due.IsZero() {
		j.Due = j.Created
	}
	if j.ID == "" {
		if j.ID, err = timeid.New(j.Created, db.cfg.Rand); err != nil {
			return err
		}
	}
	if j.Key == "" {
		j.Key = j.ID
	}
	if !isID(j.ID) {
		return errors.New("id of the job is not an id")
	}
	return nil
}

// finish ends a job that this process has leased, in the commit of the act: the work
// and its end are one. jobs.ErrLeaseLost, on which the act must not go on.
func (t *tx) finish(j jobs.Job) error {
	return t.held(j, `DELETE FROM jobs WHERE mutuality = ? AND job = ? AND lease = ? AND dead_at IS NULL`)
}

// held runs a statement on the row of a job that is leased; its last arguments are
// mutuality, id and lease. jobs.ErrLeaseLost if there is no such row.
func (t *tx) held(j jobs.Job, query string, args ...any) error {
	if j.Lease == "" {
		return jobs.ErrLeaseLost
	}
	n, err := t.exec(query, append(args, j.Mutuality, j.ID, j.Lease)...)
	if err == nil && n == 0 {
		return jobs.ErrLeaseLost
	}
	return err
}

// putOff gives a leased job back in the commit of the act, to be leased again at due.
func (t *tx) putOff(db *DB, j jobs.Job, due time.Time, cause string) error {
	sealed, err := db.sealJob(t.conn, j, sealedCause, cut(cause))
	if err != nil {
		return err
	}
	return t.held(j, `
		UPDATE jobs SET due_at = ?, set_at = ?, lease = '', leased_until = 0, cause_sealed = ?
		WHERE mutuality = ? AND job = ? AND lease = ? AND dead_at IS NULL`,
		micros(due), micros(db.cfg.Now()), sealed)
}

// jobKey is the key of the member whose job it is, or of the mutuality.
func (db *DB) jobKey(c *conn, mutuality string, member auth.MemberID) (memberKey, error) {
	if member != "" {
		return db.keyOf(c, mutuality, member)
	}
	key, err := db.cfg.Keys.MutualityKey(mutuality)
	return memberKey{key, mutuality, ""}, err
}

// sealJob seals what belongs to a job; nothing stays nothing.
func (db *DB) sealJob(c *conn, j jobs.Job, what string, plain []byte) ([]byte, error) {
	if len(plain) == 0 {
		return nil, nil
	}
	key, err := db.jobKey(c, j.Mutuality, j.Member)
	if err != nil {
		return nil, err
	}
	return sealMaybe(key, what, j.ID, plain), nil
}

// cut shortens a cause to jobs.MaxCause bytes of whole letters.
func cut(cause string) []byte {
	if len(cause) <= jobs.MaxCause {
		return []byte(cause)
	}
	n := jobs.MaxCause
	for n > 0 && !utf8.RuneStart(cause[n]) {
		n--
	}
	return []byte(cause[:n])
}

// Enqueued implements jobs.Store.
func (db *DB) Enqueued() <-chan struct{} {
	if db.writer == nil {
		return nil
	}
	return db.writer.wake
}

// Lease implements jobs.Store. Where nothing is due it only reads.
func (db *DB) Lease(ctx context.Context, o jobs.Order) ([]jobs.Job, error) {
	if len(o.Kinds) == 0 || o.Limit <= 0 {
		return nil, nil
	}
	due, err := db.due(ctx, o)
	if err != nil || !due {
		return nil, err
	}
	lease, err := timeid.New(o.Now, db.cfg.Rand)
	if err != nil {
		return nil, err
	}
	var leased []sealedRow
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		leased, err = leaseDue(t, o, lease)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("leasing jobs: %w", err)
	}
	return db.openJobs(ctx, leased), nil
}

// dueOf is the condition of jobs that may be leased; its arguments are those of dueArgs.
func dueOf(o jobs.Order) string {
	return `dead_at IS NULL AND due_at <= ? AND leased_until <= ? AND kind IN (?` + strings.Repeat(", ?", len(o.Kinds)-1) + `)`
}

func dueArgs(o jobs.Order, more ...any) []any {
	args := []any{micros(o.Now), micros(o.Now)}
	for _, kind := range o.Kinds {
		args = append(args, kind)
	}
	return append(args, more...)
}

func (db *DB) due(ctx context.Context, o jobs.Order) (found bool, err error) {
	err = db.read(ctx, func(c *conn) error {
		var one int
		err := c.get(`SELECT 1 FROM jobs WHERE `+dueOf(o)+` LIMIT 1`, dueArgs(o), &one)
		found = err == nil
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("looking for jobs: %w", err)
	}
	return found, nil
}

// sealedRow is a job as it stands in its row.
type sealedRow struct {
	jobs.Job
	sealed []byte
}

func leaseDue(t *tx, o jobs.Order, lease string) ([]sealedRow, error) {
	var rows []sealedRow
	err := t.each(`SELECT mutuality, job FROM jobs WHERE `+dueOf(o)+` ORDER BY due_at LIMIT ?`,
		dueArgs(o, bounded(o.Limit)), func(scan func(...any) error) error {
			var r sealedRow
			err := scan(&r.Mutuality, &r.ID)
			rows = append(rows, r)
			return err
		})
	for i := range rows {
		if err != nil {
			return nil, err
		}
		err = leaseJob(t, &rows[i], o, lease)
	}
	return rows, err
}

// leaseJob marks the job and reads the rest of it. sql.ErrNoRows if there is none.
func leaseJob(t *tx, r *sealedRow, o jobs.Order, lease string) error {
	var created, due int64
	err := t.get(`
		UPDATE jobs SET lease = ?, leased_until = ?, set_at = ?, attempts = attempts + 1
		WHERE mutuality = ? AND job = ?
		RETURNING kind, name, member, sealed, created_at, due_at, attempts`,
		[]any{lease, micros(o.Now.Add(o.Life)), micros(o.Now), r.Mutuality, r.ID},
		&r.Kind, &r.Key, &r.Member, &r.sealed, &created, &due, &r.Attempts)
	r.Lease, r.Created, r.Due = lease, fromMicros(created), fromMicros(due)
	return err
}

// leaseNamed leases the job of j's mutuality, member, kind and key, due or not, and
// fills in the rest of it but for its payload. jobs.ErrNotFound if there is none that
// is alive and nobody's.
func (db *DB) leaseNamed(ctx context.Context, j *jobs.Job, life time.Duration) error {
	now := db.cfg.Now()
	lease, err := timeid.New(now, db.cfg.Rand)
	if err != nil {
		return err
	}
	return db.write(ctx, audit.Entry{}, func(t *tx) error { return t.leaseNamed(j, now, life, lease) })
}

func (t *tx) leaseNamed(j *jobs.Job, now time.Time, life time.Duration, lease string) error {
	r := sealedRow{Job: *j}
	err := t.get(`
		SELECT job FROM jobs
		WHERE mutuality = ? AND kind = ? AND name = ? AND member = ? AND dead_at IS NULL AND leased_until <= ?`,
		[]any{j.Mutuality, j.Kind, j.Key, string(j.Member), micros(now)}, &r.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return jobs.ErrNotFound
	}
	if err != nil {
		return err
	}
	if err := leaseJob(t, &r, jobs.Order{Now: now, Life: life}, lease); err != nil {
		return err
	}
	*j = r.Job
	return nil
}

// openJobs opens payloads. What does not open can never be done: it is a dead letter.
func (db *DB) openJobs(ctx context.Context, rows []sealedRow) []jobs.Job {
	var open []jobs.Job
	for _, r := range rows {
		err := db.read(ctx, func(c *conn) error {
			if len(r.sealed) == 0 {
				return nil
			}
			key, err := db.jobKey(c, r.Mutuality, r.Member)
			if err == nil {
				r.Payload, err = key.open(sealedJob, r.ID, 1, r.sealed)
			}
			return err
		})
		switch {
		case err == nil:
			open = append(open, r.Job)
		case errors.Is(err, ErrDamaged) || errors.Is(err, errNoMember):
			db.cfg.Log.Error("job cannot be read", "kind", r.Kind, "job", r.ID, "err", err)
			if err := db.Bury(ctx, r.Job, "its content does not open"); err != nil {
				db.cfg.Log.Error("burying a job", "kind", r.Kind, "job", r.ID, "err", err)
			}
		default: // it comes back when its lease ends
			db.cfg.Log.Warn("reading a job", "kind", r.Kind, "job", r.ID, "err", err)
		}
	}
	return open
}

// Done implements jobs.Store.
func (db *DB) Done(ctx context.Context, j jobs.Job) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		err := t.finish(j)
		if errors.Is(err, jobs.ErrLeaseLost) && gone(t, j) {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("ending job: %w", err)
	}
	return nil
}

func gone(t *tx, j jobs.Job) bool {
	var one int
	err := t.get(`SELECT 1 FROM jobs WHERE mutuality = ? AND job = ?`, []any{j.Mutuality, j.ID}, &one)
	return errors.Is(err, sql.ErrNoRows)
}

// Retry implements jobs.Store.
func (db *DB) Retry(ctx context.Context, j jobs.Job, due time.Time, cause string) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error { return t.putOff(db, j, due, cause) })
	if err != nil {
		return fmt.Errorf("putting off job: %w", err)
	}
	return nil
}

// Bury implements jobs.Store.
func (db *DB) Bury(ctx context.Context, j jobs.Job, cause string) error {
	note := db.ownEntry(ctx, j.Mutuality, j.Member, audit.BuryJob, object("job", j.ID))
	note.Reason = "kind " + j.Kind
	err := db.write(ctx, note, func(t *tx) error {
		sealed, err := db.sealJob(t.conn, j, sealedCause, cut(cause))
		if err != nil && !errors.Is(err, errNoMember) && !errors.Is(err, ErrDamaged) {
			return err // a member whose key is lost has dead letters too, without a cause
		}
		return t.held(j, `
			UPDATE jobs SET dead_at = ?, lease = '', leased_until = 0, cause_sealed = ?
			WHERE mutuality = ? AND job = ? AND lease = ? AND dead_at IS NULL`, micros(db.cfg.Now()), sealed)
	})
	if err != nil {
		return fmt.Errorf("burying job: %w", err)
	}
	return nil
}

// clocksApart is how far the clocks of servers may be apart.
const clocksApart = time.Minute

// sweepJobs brings back what was put off, or leased, by a clock that was ahead and has
// been set back since: it keeps its distance from the moment it was written.
func sweepJobs(t *tx, now time.Time) (int64, error) {
	return t.exec(`
		UPDATE jobs SET due_at = due_at - (set_at - ?1), leased_until = leased_until - (set_at - ?1), set_at = ?1
		WHERE dead_at IS NULL AND set_at > ?2`, micros(now), micros(now.Add(clocksApart)))
}
