package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
)

const (
	// throttleIndex names the index of what was typed, existing or not.
	throttleIndex = "throttle"
	// keepThrottle is how long failures in a row are remembered: consecutive means
	// without a right sign-in between, however slowly somebody guesses.
	keepThrottle = 365 * 24 * time.Hour
	// knownFor is how long a network, and a browser, stay known after a sign-in.
	knownFor = 180 * 24 * time.Hour
	// clockBack is how far ahead of now a waiting time may lie before it is taken for
	// one that a clock set back has left behind.
	clockBack = credentials.MaxDelay + time.Minute
)

// Classes of buckets.
const (
	ofStrangers = "strangers"
	ofKnown     = "known"
	ofNear      = "near" // another browser, in a network from which she signed in
	ofSource    = "source"
	ofSearches  = "searches" // of an officer
)

func (db *DB) bucket(mutuality, class, value string) []byte {
	return db.cfg.Keys.Index(throttleIndex, mutuality, class+" "+value)
}

func handleText(h credentials.Handle) string { return string(h.Kind) + " " + h.Value }

// counter is a bucket as it is kept.
type counter struct {
	key      []byte
	failures int
	next     time.Time
	changed  time.Time
}

func (t *tx) counter(mutuality string, key []byte) (counter, error) {
	c := counter{key: key}
	var next, changed int64
	err := t.get(`SELECT failures, next_at, changed_at FROM throttle WHERE mutuality = ? AND bucket = ?`,
		[]any{mutuality, key}, &c.failures, &next, &changed)
	if errors.Is(err, sql.ErrNoRows) {
		return c, nil
	}
	c.next, c.changed = fromMicros(next), fromMicros(changed)
	return c, err
}

// wait is how long a try must still wait; none if the clock was set back behind it.
func (c counter) wait(now time.Time) time.Duration {
	if wait := c.next.Sub(now); wait > 0 && wait <= clockBack {
		return wait
	}
	return 0
}

// after is when the next try may come. Where there is no delay it is at once, also for a
// clock that is a little behind the one that the last try was counted by.
func after(at time.Time, delay time.Duration) time.Time {
	if delay == 0 {
		return time.UnixMicro(0)
	}
	return at.Add(delay)
}

// forgiven takes off what a network is forgiven with time.
func (c counter) forgiven(now time.Time) counter {
	if age := now.Sub(c.changed); age > 0 {
		c.failures = max(0, c.failures-int(age/credentials.SourceForgives))
	}
	return c
}

func (t *tx) putCounter(mutuality string, c counter, now time.Time) error {
	_, err := t.exec(`
		INSERT INTO throttle (mutuality, bucket, failures, next_at, changed_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (mutuality, bucket) DO UPDATE SET
			failures = excluded.failures, next_at = excluded.next_at, changed_at = excluded.changed_at`,
		mutuality, c.key, c.failures, micros(c.next), micros(now))
	return err
}

// Try implements credentials.Store. What it writes is the same whether the handle names
// somebody or not: one count for what was typed, one for the network.
func (db *DB) Try(ctx context.Context, try credentials.Try) (credentials.Tried, error) {
	var tried credentials.Tried
	err := db.write(ctx, audit.Entry{}, func(t *tx) (err error) {
		tried, err = db.try(t, try)
		return err
	})
	if err != nil {
		return credentials.Tried{}, fmt.Errorf("counting a try: %w", err)
	}
	return tried, nil
}

func (db *DB) try(t *tx, try credentials.Try) (credentials.Tried, error) {
	tried := credentials.Tried{Mutuality: try.Mutuality}
	member, class, err := db.whoTries(t, try)
	if err != nil {
		return tried, err
	}
	if tried.Code, err = db.codeTyped(t, try, member); err != nil {
		return tried, err
	}
	// A right code is no guess: whoever fills the count cannot keep her letter from her.
	if tried.Code == "" {
		if err := db.countTry(t, try, class, &tried); err != nil {
			return tried, err
		}
		if err := countCode(t, try, member); err != nil {
			return tried, err
		}
	}
	return tried, db.readTried(t, member, &tried)
}

// countTry counts the try for what was typed and for the network, or refuses it.
func (db *DB) countTry(t *tx, try credentials.Try, class string, tried *credentials.Tried) error {
	limit := try.Limits.Known
	if class == ofStrangers {
		limit = try.Limits.Unknown
	}
	own, err := t.counter(try.Mutuality, db.bucket(try.Mutuality, class, handleText(try.Handle)))
	if err != nil {
		return err
	}
	if own.failures >= limit {
		return credentials.ErrClosed
	}
	if wait := own.wait(try.At); wait > 0 {
		return &credentials.WaitError{Wait: wait}
	}
	if class == ofStrangers && try.Source != "" {
		if err := db.trySource(t, try, tried); err != nil {
			return err
		}
	}
	own.failures++
	own.next = after(try.At, credentials.Delay(own.failures))
	tried.Buckets = append(tried.Buckets, own.key)
	return t.putCounter(try.Mutuality, own, try.At)
}

// trySource counts the try for its network.
func (db *DB) trySource(t *tx, try credentials.Try, tried *credentials.Tried) error {
	source, err := t.counter(try.Mutuality, db.bucket(try.Mutuality, ofSource, try.Source))
	if err != nil {
		return err
	}
	if wait := source.wait(try.At); wait > 0 {
		return &credentials.WaitError{Wait: wait}
	}
	source = source.forgiven(try.At)
	source.failures++
	source.next = after(try.At, credentials.SourceDelay(source.failures))
	tried.Buckets = append(tried.Buckets, source.key)
	return t.putCounter(try.Mutuality, source, try.At)
}

// Release implements credentials.Store.
func (db *DB) Release(ctx context.Context, tried credentials.Tried) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error { return releaseBuckets(t, tried.Mutuality, tried.Buckets) })
	if err != nil {
		return fmt.Errorf("taking a try back: %w", err)
	}
	return nil
}

func releaseBuckets(t *tx, mutuality string, buckets [][]byte) error {
	for _, key := range buckets {
		_, err := t.exec(`
			UPDATE throttle SET failures = failures - 1, next_at = 0
			WHERE mutuality = ? AND bucket = ? AND failures > 0`, mutuality, key)
		if err != nil {
			return err
		}
	}
	return nil
}

// forget drops the counts of handles: the member has shown who she is.
func (db *DB) forget(t *tx, mutuality string, handles ...credentials.Handle) error {
	for _, h := range handles {
		for _, class := range []string{ofStrangers, ofNear, ofKnown} {
			_, err := t.exec(`DELETE FROM throttle WHERE mutuality = ? AND bucket = ?`,
				mutuality, db.bucket(mutuality, class, handleText(h)))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// maxBrowsers is how many browsers of a member are known; the one not seen for longest
// goes first.
const maxBrowsers = 20

// Pass implements credentials.Store.
func (db *DB) Pass(ctx context.Context, p credentials.Passed) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error { return db.pass(ctx, t, p) })
	if err != nil {
		return fmt.Errorf("taking failures back: %w", err)
	}
	return nil
}

func (db *DB) pass(ctx context.Context, t *tx, p credentials.Passed) error {
	if set := p.Tried.Account.PasswordSet; !set.IsZero() {
		if same, err := samePassword(t, p.Mutuality, p.Member, set); err != nil || !same {
			return errors.Join(err, credentials.ErrRefused)
		}
	}
	if err := releaseBuckets(t, p.Mutuality, p.Tried.Buckets); err != nil {
		return err
	}
	if err := db.forget(t, p.Mutuality, p.Handle); err != nil {
		return err
	}
	if p.Ticket.Member != "" {
		if _, err := t.code(db, p.Ticket, p.Secret); err != nil {
			return err
		}
		if err := t.note(db.ownEntry(ctx, p.Mutuality, p.Member, audit.IssueCode, object("code", string(p.Ticket.Purpose)))); err != nil {
			return err
		}
	}
	if p.Browser == [32]byte{} {
		return nil
	}
	return knowBrowser(t, p)
}

// samePassword says whether the password that a member typed right is still hers: hashing
// takes a while, in which another may be set, or this one denied.
func samePassword(t *tx, mutuality string, member auth.MemberID, set time.Time) (bool, error) {
	var n int
	err := t.get(`SELECT count(*) FROM credentials WHERE mutuality = ? AND member = ? AND hash <> '' AND password_at = ?`,
		[]any{mutuality, string(member), micros(set)}, &n)
	return n == 1, err
}

func knowBrowser(t *tx, p credentials.Passed) error {
	_, err := t.exec(`
		INSERT INTO browsers (mutuality, member, browser, seen_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (mutuality, member, browser) DO UPDATE SET seen_at = excluded.seen_at`,
		p.Mutuality, string(p.Member), p.Browser[:], micros(p.At))
	if err != nil {
		return err
	}
	_, err = t.exec(`
		DELETE FROM browsers WHERE mutuality = ? AND member = ? AND browser IN
			(SELECT browser FROM browsers WHERE mutuality = ? AND member = ? ORDER BY seen_at DESC, browser LIMIT 1000 OFFSET ?)`,
		p.Mutuality, string(p.Member), p.Mutuality, string(p.Member), maxBrowsers)
	return err
}

// classOf says whether the member signed in before from this browser, or from another in
// this network: who shares her network cannot use up what is her browser's. From nowhere
// in particular come those of sign-ins that she denied, too.
func (db *DB) classOf(t *tx, member string, try credentials.Try) (class string, err error) {
	var browsers, networks int
	since := micros(try.At.Add(-knownFor))
	err = t.get(`
		SELECT (SELECT count(*) FROM browsers WHERE mutuality = ? AND member = ? AND browser = ? AND seen_at > ?),
			(SELECT count(*) FROM signins WHERE mutuality = ? AND member = ? AND source_index = ? AND at > ? AND ? <> '')`,
		[]any{try.Mutuality, member, try.Browser[:], since, try.Mutuality, member, db.signinSource(try.Mutuality, try.Source), since, try.Source},
		&browsers, &networks)
	switch {
	case browsers > 0:
		return ofKnown, err
	case networks > 0:
		return ofNear, err
	}
	return ofStrangers, err
}

func sweepThrottle(t *tx, now time.Time) (int64, error) {
	return t.exec(`
		DELETE FROM throttle WHERE (mutuality, bucket) IN
			(SELECT mutuality, bucket FROM throttle WHERE changed_at < ? ORDER BY changed_at LIMIT ?)`,
		micros(now.Add(-keepThrottle)), sweepRows)
}
