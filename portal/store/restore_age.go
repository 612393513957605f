package store

import (
	"errors"
	"fmt"
	"time"

	"guichet.example/portal/audit"
)

// OldBackup is from when a backup is taken for one that was mistaken for the newest: its
// seal holds, and all that was done since is undone by it.
const OldBackup = 7 * 24 * time.Hour

// ErrOld means that a backup is older than OldBackup, or of a time that has not come by
// this machine's clock, which then says nothing.
var ErrOld = errors.New("the backup is old")

// checkAge refuses a backup whose age says that there must be a newer one.
func (m Manifest) checkAge(now time.Time) error {
	age := now.Sub(m.Began)
	switch {
	case age > OldBackup:
		return fmt.Errorf("it began on %s, %d days ago, and what was done since is not in it: %w", m.Began.Format(time.DateOnly), int(age.Hours())/24, ErrOld)
	case age < -time.Hour:
		return fmt.Errorf("it began at %s, and it is %s now by the clock of this machine: %w", m.Began.Format(time.RFC3339), now.UTC().Format(time.RFC3339), ErrOld)
	}
	return nil
}

// Missing says how many audit rows the anchors know at least that the backup has not, and
// from when the newest of these anchors is: 0 and the zero time if it reaches them all.
func (m Manifest) Missing(anchors []audit.Anchor) (rows int64, until time.Time) {
	reached, newest := map[string]int64{}, map[string]int64{}
	for _, h := range m.Heads {
		reached[h.Chain] = h.Seq
	}
	for _, a := range anchors {
		if a.Seq > max(reached[a.Chain], newest[a.Chain]) {
			newest[a.Chain] = a.Seq
			if a.At.After(until) {
				until = a.At
			}
		}
	}
	for chain, seq := range newest {
		rows += seq - reached[chain]
	}
	return rows, until
}
