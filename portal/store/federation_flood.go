package store

import "sync/atomic"

// Journeys to providers are begun by links, so strangers can begin as many as their
// networks let them. These bound what is kept in total, some 60 MB: a member who is at
// her provider still finds her flow unless so many began after hers.
const (
	maxFlows = 100_000
	// boundEvery is how many are begun on one server between two looks at the bound; the
	// table may be that much longer.
	boundEvery = 1000
)

// flows bounds the flows that are kept.
type flows struct {
	begun atomic.Int64 // since Open
	max   int          // 0: maxFlows
	every int64        // 0: boundEvery
}

// bound removes the flows that end first where there are too many. It looks at the first
// and then now and again: counting is not free.
func (f *flows) bound(t *tx) error {
	most, every := f.max, f.every
	if most == 0 {
		most, every = maxFlows, boundEvery
	}
	if f.begun.Add(1)%every != 1%every {
		return nil
	}
	_, err := t.exec(`
		DELETE FROM federation_flows WHERE expires_at <=
			(SELECT expires_at FROM federation_flows ORDER BY expires_at DESC LIMIT 1 OFFSET ?)`, most)
	return err
}
