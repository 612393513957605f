package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/requests"
)

const (
	// keepPrepared is how long prepared bytes are kept after the preparation expired: a
	// second call of Complete may want them.
	keepPrepared = 24 * time.Hour
	// sweepRows is how many rows of a kind go in one transaction, so that no act waits
	// long behind them.
	sweepRows = 200
)

// Sweep removes challenges, sessions, drafts and prepared bytes whose time has ended, expires
// requests that nobody signed, and writes audit rows that are owed, those of refusals
// that were only counted among them. What fails does not keep the rest from being swept;
// the errors are joined. The store does so every minute by itself.
func (db *DB) Sweep(ctx context.Context, now time.Time) error {
	err := db.flushRefusals(ctx, func(_ tallyKey, t *tally) bool { return t.over(now) })
	if err != nil {
		err = fmt.Errorf("sweeping refusals: %w", err)
	}
	for _, part := range db.sweeps() {
		if failed := db.sweep(ctx, now, part.sweep); failed != nil {
			err = errors.Join(err, fmt.Errorf("sweeping %s: %w", part.what, failed))
			if ctx.Err() != nil || isAnyOf(failed, ErrClosed, ErrStopped, ErrUnavailable, ErrReadOnly) {
				break // all that follow would wait for the same
			}
		}
	}
	return errors.Join(err, db.sweepObjects(ctx, now))
}

// sweepPart removes at most sweepRows rows and says how many.
type sweepPart struct {
	what  string
	sweep func(*tx, time.Time) (int64, error)
}

func (db *DB) sweeps() []sweepPart {
	return []sweepPart{
		{"challenges", sweepChallenges}, {"throttle", sweepThrottle}, {"codes", sweepCodes}, {"contacts", sweepContacts},
		{"sign-ins", sweepSignins}, {"sessions", sweepSessions}, {"kiosks", db.sweepKiosks}, {"office sessions", sweepOfficeSessions},
		{"drafts", sweepDrafts}, {"prepared bytes", sweepPrepared}, {"approvals", sweepApprovals}, {"federation", sweepFederation},
		{"requests", db.expireRequests}, {"papers", db.sweepPapers}, {"letters", db.sweepLetters}, {"enrolments", sweepEnrolments}, {"links", sweepLinked},
		{"jobs", sweepJobs}, {"message files", sweepMessageFiles},
	}
}

func isAnyOf(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}

// sweep repeats one part until little is left.
func (db *DB) sweep(ctx context.Context, now time.Time, part func(*tx, time.Time) (int64, error)) error {
	for swept := int64(sweepRows); swept >= sweepRows; {
		err := db.write(ctx, audit.Entry{}, func(t *tx) (err error) {
			swept, err = part(t, now)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func sweepChallenges(t *tx, now time.Time) (int64, error) {
	return t.exec(`
		DELETE FROM challenges WHERE browser IN
			(SELECT browser FROM challenges WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`,
		micros(now.Add(-time.Hour)), sweepRows)
}

func sweepSessions(t *tx, now time.Time) (int64, error) {
	return t.exec(`
		DELETE FROM sessions WHERE token_hash IN
			(SELECT token_hash FROM sessions WHERE ends_at < ? ORDER BY ends_at LIMIT ?)`,
		micros(now), sweepRows)
}

// sweepDrafts removes what a session left: it ended, or nobody came back to it in time.
func sweepDrafts(t *tx, now time.Time) (int64, error) {
	return t.exec(`
		DELETE FROM drafts WHERE (mutuality, member, session, form, draft) IN
			(SELECT mutuality, member, session, form, draft FROM drafts WHERE ends_at < ? ORDER BY ends_at LIMIT ?)`,
		micros(now), sweepRows)
}

func sweepPrepared(t *tx, now time.Time) (int64, error) {
	var found [][3]string
	err := t.each(`
		SELECT mutuality, member, preparation FROM preparations
		WHERE prepared IS NOT NULL AND expires_at < ? ORDER BY expires_at LIMIT ?`,
		[]any{micros(now.Add(-keepPrepared)), sweepRows}, func(scan func(...any) error) error {
			var p [3]string
			err := scan(&p[0], &p[1], &p[2])
			found = append(found, p)
			return err
		})
	for _, p := range found {
		err = errors.Join(err, emptyPreparation(t, p[0], p[1], p[2]))
	}
	return int64(len(found)), err
}

// expireRequests ends requests that waited for their signature too long, each with its
// audit row.
func (db *DB) expireRequests(t *tx, now time.Time) (int64, error) {
	type row struct{ mutuality, member, request string }
	var found []row
	err := t.each(`
		SELECT mutuality, member, request FROM requests
		WHERE state = 'to-sign' AND created_at < ? ORDER BY created_at LIMIT ?`,
		[]any{micros(now.Add(-db.cfg.RequestLife)), sweepRows}, func(scan func(...any) error) error {
			var r row
			err := scan(&r.mutuality, &r.member, &r.request)
			found = append(found, r)
			return err
		})
	if err != nil {
		return 0, err
	}
	for _, r := range found {
		_, err := t.exec(`
			UPDATE requests SET state = ?, revision = revision + 1
			WHERE mutuality = ? AND member = ? AND request = ?`,
			string(requests.Expired), r.mutuality, r.member, r.request)
		if err != nil {
			return 0, err
		}
		note := db.ownEntry(context.Background(), r.mutuality, auth.MemberID(r.member), audit.ExpireRequest, object("request", r.request))
		if err := t.note(note); err != nil {
			return 0, err
		}
	}
	return int64(len(found)), nil
}
