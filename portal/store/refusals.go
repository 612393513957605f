package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/signin"
)

// Anybody can be refused as often as the limits on requests allow, and no session is
// needed for it. So that nobody fills the trail, refusals are written one by one up to
// a bound for each source and for all of them, and counted from there on: one row says
// at once that the bound was passed, one row at the end of the window how often.
const (
	refusalWindow  = 10 * time.Minute
	refusalRows    = 20  // rows of one source in a window
	refusalRowsAll = 400 // rows of all sources of a mutuality in a window
	refusalCauses  = 8   // causes told apart in a count
)

// sourceIndex names the index under which a source stands in the trail: whoever knows
// a network can look for it, and nobody reads it there.
const sourceIndex = "refusal-source"

// refusals counts refusals in memory. What a crash takes from it is a number: that the
// bound was passed is on the disk by then.
type refusals struct {
	mu      sync.Mutex
	tallies map[tallyKey]*tally
}

type tallyKey struct{ mutuality, source string } // source empty: all of them

type tally struct {
	began  time.Time
	rows   int            // written one by one
	more   int            // counted
	causes map[string]int // of those counted
}

// over says whether the window of the tally has passed, or began in a future that the
// clock went back from.
func (t *tally) over(now time.Time) bool {
	age := now.Sub(t.began)
	return age >= refusalWindow || age < 0
}

// RecordRefusal implements signin.Store.
func (db *DB) RecordRefusal(ctx context.Context, r signin.Refusal) error {
	now := db.cfg.Now()
	key := tallyKey{r.Mutuality, db.sourceOf(r)}
	if err := db.flushRefusals(ctx, func(k tallyKey, t *tally) bool {
		return t.over(now) && (k == key || k == tallyKey{mutuality: key.mutuality})
	}); err != nil {
		return fmt.Errorf("recording refusal: %w", err)
	}
	note := refusalEntry(now, key)
	note.Member, note.Method, note.Reason, note.RequestID = string(r.Member), string(r.Method), r.Cause, r.RequestID
	if r.Member != "" {
		note.Actor = string(r.Member)
	}
	if note.RequestID == "" {
		note.RequestID = audit.RequestID(ctx)
	}
	row, passed := db.refusals.count(now, key, r.Cause)
	switch {
	case passed != nil:
		note = refusalEntry(now, *passed)
		note.Reason = fmt.Sprintf("refused too often: the rest of %.0f minutes is counted", refusalWindow.Minutes())
	case !row:
		return nil
	}
	if err := db.write(ctx, note, nil); err != nil {
		return fmt.Errorf("recording refusal: %w", err)
	}
	return nil
}

func refusalEntry(at time.Time, key tallyKey) audit.Entry {
	e := audit.Entry{At: at, Mutuality: key.mutuality, Actor: "unknown", Action: audit.SignIn, Outcome: audit.Refused}
	if key.source != "" {
		e.Object = object("source", key.source)
	}
	return e
}

// sourceOf is the opaque name of where a refusal came from.
func (db *DB) sourceOf(r signin.Refusal) string {
	if r.Source == "" || db.cfg.Keys == nil {
		return ""
	}
	name := db.cfg.Keys.Index(sourceIndex, r.Mutuality, r.Source)[:8]
	return strings.Map(func(c rune) rune { // letters alone: digits might be taken for a person's number
		if c >= '0' && c <= '9' {
			return c - '0' + 'g'
		}
		return c
	}, hex.EncodeToString(name))
}

// count says whether a refusal gets a row of its own. One that is counted instead, and
// is the first of its tally, returns the key of the bound that was passed.
func (r *refusals) count(now time.Time, key tallyKey, cause string) (row bool, passed *tallyKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := tallyKey{mutuality: key.mutuality}
	total := r.of(now, all)
	if total.rows >= refusalRowsAll {
		return false, total.add(all, cause)
	}
	own := r.of(now, key) // at most refusalRowsAll of them: each has a row
	if key != all && own.rows >= refusalRows {
		return false, own.add(key, cause)
	}
	own.rows++
	if key != all {
		total.rows++
	}
	return true, nil
}

func (r *refusals) of(now time.Time, key tallyKey) *tally {
	t := r.tallies[key]
	if t == nil {
		if r.tallies == nil {
			r.tallies = map[tallyKey]*tally{}
		}
		t = &tally{began: now, causes: map[string]int{}}
		r.tallies[key] = t
	}
	return t
}

func (t *tally) add(key tallyKey, cause string) *tallyKey {
	if _, known := t.causes[cause]; !known && len(t.causes) >= refusalCauses {
		cause = "other"
	}
	t.causes[cause]++
	if t.more++; t.more == 1 {
		return &key
	}
	return nil
}

// summary is the reason of the row that ends a tally: "31 more refused: 30 refused, 1 timeout".
func (t *tally) summary() string {
	var causes []string
	for _, cause := range slices.Sorted(maps.Keys(t.causes)) {
		causes = append(causes, fmt.Sprintf("%d %s", t.causes[cause], cause))
	}
	return fmt.Sprintf("%d more refused: %s", t.more, strings.Join(causes, ", "))
}

// flushRefusals ends tallies, each that counted something with its row.
func (db *DB) flushRefusals(ctx context.Context, which func(tallyKey, *tally) bool) error {
	ended := map[tallyKey]*tally{}
	db.refusals.mu.Lock()
	for key, t := range db.refusals.tallies {
		if which(key, t) {
			ended[key] = t
			delete(db.refusals.tallies, key)
		}
	}
	db.refusals.mu.Unlock()
	for key, t := range ended {
		if t.more == 0 {
			continue
		}
		note := refusalEntry(db.cfg.Now(), key)
		note.Reason = t.summary()
		if err := db.write(ctx, note, nil); err != nil {
			db.cfg.Log.Error("counted refusals have no row", "count", t.more, "err", err)
			return err
		}
	}
	return nil
}
