package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/jobs"
	"guichet.example/portal/renewal"
	"guichet.example/portal/rescue"
	"guichet.example/portal/timeid"
)

var _ renewal.Store = (*DB)(nil)

// windowOf is the condition of documents in a window, after mutuality, and its arguments.
// Due is what holds no longer than the margin, and no longer than a third of the time that
// its newest timestamp held at all.
func windowOf(w renewal.Window) (string, []any) {
	member := []any{string(w.Member), string(w.Member)}
	if w.All {
		return `(? = '' OR member = ?) AND stamped_at <= ?`, append(member, micros(w.Now.Add(-24*time.Hour)))
	}
	return `(? = '' OR member = ?) AND stopped = '' AND holds_until <= ? AND holds_until - (holds_until - stamped_at) / 3 <= ?`,
		append(member, micros(w.Now.Add(w.Before)), micros(w.Now))
}

// DueRenewals implements renewal.Store.
func (db *DB) DueRenewals(ctx context.Context, mutuality string, w renewal.Window, after renewal.Name, limit int) ([]renewal.Name, error) {
	var list []renewal.Name
	err := db.read(ctx, func(c *conn) error {
		condition, args := windowOf(w)
		args = append([]any{mutuality}, args...)
		return c.each(`
			SELECT member, document FROM renewals
			WHERE mutuality = ? AND `+condition+` AND (member, document) > (?, ?) ORDER BY member, document LIMIT ?`,
			append(args, string(after.Member), after.Document, bounded(limit)), func(scan func(...any) error) error {
				var n renewal.Name
				err := scan(&n.Member, &n.Document)
				list = append(list, n)
				return err
			})
	})
	if err != nil {
		return nil, fmt.Errorf("listing documents to be renewed: %w", err)
	}
	return list, nil
}

// CountRenewals implements renewal.Store.
func (db *DB) CountRenewals(ctx context.Context, mutuality string, member auth.MemberID) (known, stopped int64, err error) {
	err = db.read(ctx, func(c *conn) error {
		return c.get(`
			SELECT count(*), coalesce(sum(CASE WHEN stopped = '' THEN 0 ELSE 1 END), 0) FROM renewals
			WHERE mutuality = ? AND (? = '' OR member = ?)`, []any{mutuality, string(member), string(member)}, &known, &stopped)
	})
	if err != nil {
		err = fmt.Errorf("counting documents to be renewed: %w", err)
	}
	return known, stopped, err
}

// QueueRenewals implements renewal.Store: a page at a time, so that no act waits long.
func (db *DB) QueueRenewals(ctx context.Context, mutuality string, w renewal.Window, gap time.Duration, limit int) (int, error) {
	made := 0
	var after renewal.Name
	for made < limit {
		list, err := db.DueRenewals(ctx, mutuality, w, after, 100)
		if err != nil || len(list) == 0 {
			return made, err
		}
		after = list[len(list)-1]
		list = list[:min(len(list), limit-made)]
		var n int
		err = db.write(ctx, audit.Entry{}, func(t *tx) (err error) {
			n, err = queueRenewals(t, db, mutuality, list, w.Now.Add(time.Duration(made)*gap), gap)
			return err
		})
		if err != nil {
			return made, fmt.Errorf("queueing renewals: %w", err)
		}
		made += n
	}
	return made, nil
}

func queueRenewals(t *tx, db *DB, mutuality string, list []renewal.Name, from time.Time, gap time.Duration) (made int, err error) {
	for _, n := range list {
		alive, err := jobOf(t.conn, mutuality, rescue.Renew, n.Document)
		if err != nil {
			return made, err
		}
		if alive {
			continue
		}
		err = t.enqueue(db, jobs.Job{Kind: rescue.Renew, Mutuality: mutuality, Member: n.Member, Key: n.Document,
			Due: from.Add(time.Duration(made) * gap)})
		if err != nil {
			return made, err
		}
		made++
	}
	return made, nil
}

// jobOf says whether a job of that name is there and not dead.
func jobOf(c *conn, mutuality, kind, name string) (bool, error) {
	var one int
	err := c.get(`SELECT 1 FROM jobs WHERE mutuality = ? AND kind = ? AND name = ? AND dead_at IS NULL`, []any{mutuality, kind, name}, &one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// LeaseRenewal implements renewal.Store.
func (db *DB) LeaseRenewal(ctx context.Context, mutuality string, w renewal.Window, n renewal.Name, life time.Duration) (jobs.Job, error) {
	j := jobs.Job{Kind: rescue.Renew, Mutuality: mutuality, Member: n.Member, Key: n.Document}
	if w.All {
		j = renewal.ByHand(j)
	}
	condition, args := windowOf(w)
	args = append(append([]any{mutuality}, args...), string(n.Member), n.Document)
	now := db.cfg.Now()
	lease, err := timeid.New(now, db.cfg.Rand)
	if err != nil {
		return jobs.Job{}, err
	}
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		var one int
		err := t.get(`SELECT 1 FROM renewals WHERE mutuality = ? AND `+condition+` AND member = ? AND document = ?`, args, &one)
		if errors.Is(err, sql.ErrNoRows) {
			return jobs.ErrNotFound
		}
		if err == nil {
			err = t.enqueue(db, j)
		}
		if err != nil {
			return err
		}
		err = t.leaseNamed(&j, now, life, lease)
		if errors.Is(err, jobs.ErrNotFound) {
			return jobs.ErrLeaseLost
		}
		return err
	})
	if err != nil {
		return jobs.Job{}, fmt.Errorf("leasing document to be renewed: %w", err)
	}
	return j, nil
}

// Renewal implements renewal.Store.
func (db *DB) Renewal(ctx context.Context, j jobs.Job) (renewal.Document, error) {
	d := renewal.Document{Job: j, Mutuality: j.Mutuality, Member: j.Member, ID: j.Key}
	err := db.snapshot(ctx, func(c *conn) error {
		key, err := db.keyOf(c, j.Mutuality, j.Member)
		if errors.Is(err, errNoMember) {
			return jobs.ErrNotFound
		}
		if err != nil {
			return err
		}
		var holds, stamped int64
		err = c.get(`
			SELECT version, holds_until, stamped_at FROM renewals JOIN documents USING (mutuality, member, document)
			WHERE mutuality = ? AND member = ? AND document = ?`,
			[]any{j.Mutuality, string(j.Member), j.Key}, &d.Version, &holds, &stamped)
		if errors.Is(err, sql.ErrNoRows) {
			return jobs.ErrNotFound
		}
		if err != nil {
			return err
		}
		if holds > 0 {
			d.Holds, d.Stamped = fromMicros(holds), fromMicros(stamped)
		}
		d.PDF, err = openVersion(c, key, j.Key, d.Version)
		return err
	})
	if err != nil {
		return renewal.Document{}, fmt.Errorf("reading document to be renewed: %w", err)
	}
	return d, nil
}

// Renewed implements renewal.Store.
func (db *DB) Renewed(ctx context.Context, o renewal.Outcome) error {
	note := db.ownEntry(ctx, o.Mutuality, o.Member, audit.RenewDocument, object("document", o.ID))
	note.Reason = o.Cause
	switch {
	case o.PDF == nil && o.Cause == "":
		note = audit.Entry{} // a look that changed nothing
	case o.PDF == nil:
		note.Outcome = audit.Failed
	}
	a := attempted{Login: auth.Login{Mutuality: o.Mutuality, Member: o.Member}, Document: o.ID, From: o.Version, PDF: o.PDF, Level: o.Level}
	err := db.attempted(ctx, a, note, jobs.ErrLeaseLost, func(t *tx, _ memberKey, d documents.Document) error {
		return db.settleRenewal(t, o, d)
	})
	if err != nil {
		return fmt.Errorf("renewing document: %w", err)
	}
	return nil
}

// settleRenewal notes until when the document holds, and ends the job, puts it off or
// gives it up.
func (db *DB) settleRenewal(t *tx, o renewal.Outcome, d documents.Document) error {
	stopped := ""
	if o.GivenUp {
		cause, _ := rescue.Split(o.Cause)
		stopped = string(cause)
	}
	if err := noteHolds(t, o, db.cfg.Now(), stopped); err != nil {
		return err
	}
	switch {
	case o.GivenUp:
		return db.giveUp(t, o.Job, o.Cause, d)
	case o.NextTry.IsZero():
		return t.finish(o.Job)
	}
	if o.Tell {
		if err := db.tellOffice(t, o.Job, o.Cause, d); err != nil {
			return err
		}
	}
	return t.putOff(db, o.Job, o.NextTry, o.Cause)
}

// noteHolds notes until when a document holds, where that was learnt.
func noteHolds(t *tx, o renewal.Outcome, now time.Time, stopped string) error {
	holds, stamped := o.Holds, o.Document.Stamped
	if !o.Stamped.IsZero() {
		stamped = o.Stamped
	}
	if !holds.IsZero() && stamped.IsZero() { // it was stamped before anybody noted when
		stamped = now
	}
	_, err := t.exec(`
		UPDATE renewals SET holds_until = ?, stamped_at = ?, stopped = ? WHERE mutuality = ? AND member = ? AND document = ?`,
		zeroMicros(holds), zeroMicros(stamped), stopped, o.Mutuality, string(o.Member), o.ID)
	return err
}

// keepRenewing gives a document that is raised as far as it goes its place in the line.
func keepRenewing(t *tx, key memberKey, document string, holds, stamped time.Time) error {
	if holds.IsZero() {
		stamped = time.Time{}
	}
	_, err := t.exec(`
		INSERT INTO renewals (mutuality, member, document, holds_until, stamped_at, stopped) VALUES (?, ?, ?, ?, ?, '')
		ON CONFLICT (mutuality, member, document) DO UPDATE SET holds_until = excluded.holds_until,
			stamped_at = excluded.stamped_at, stopped = ''`,
		key.mutuality, key.member, document, zeroMicros(holds), zeroMicros(stamped))
	return err
}

// zeroMicros is 0 for the zero time.
func zeroMicros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return micros(t)
}
