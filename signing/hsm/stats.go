package hsm

import (
	"errors"
	"sync/atomic"
	"time"
)

// Stats are figures since Open, for metrics.
type Stats struct {
	Signatures uint64   // verified and handed out
	Failures   Failures // calls of Sign that gave none
	Starts     uint64   // of the module, the first one included
	Sessions   int      // size of the pool
	InUse      int      // sessions taken at this moment
	Lost       bool     // the sessions are gone: the next caller starts the module anew
	// Durations counts signatures by how long Sign took, the wait for a session included:
	// those that took at most [Bounds] of the same index and more than the one before; the
	// last are the rest. Spent is the sum of all.
	Durations [len(bounds) + 1]uint64
	Spent     time.Duration
}

// Failures are signatures that were not made, by kind.
type Failures struct {
	Unavailable  uint64 // ErrUnavailable: away, busy or hanging
	PIN          uint64 // ErrPIN
	Wrong        uint64 // ErrWrongSignature
	NotSupported uint64 // ErrNotSupported: asked for what the key cannot do
	Other        uint64 // ErrClosed, ErrMismatch after a restart and the like
}

// All is the sum.
func (f Failures) All() uint64 { return f.Unavailable + f.PIN + f.Wrong + f.NotSupported + f.Other }

// bounds are from a key in memory to a network that is far away.
var bounds = [...]time.Duration{
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second,
	2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
}

// Bounds returns the upper bounds of [Stats].Durations.
func Bounds() []time.Duration { return bounds[:] }

// counts are the figures as they grow.
type counts struct {
	signatures, starts, spent                    atomic.Uint64
	unavailable, pin, wrong, notSupported, other atomic.Uint64
	durations                                    [len(bounds) + 1]atomic.Uint64
	inUse                                        atomic.Int64
}

// signed counts one signature.
func (c *counts) signed(took time.Duration) {
	c.signatures.Add(1)
	c.spent.Add(uint64(max(took, 0)))
	i := 0
	for i < len(bounds) && took > bounds[i] {
		i++
	}
	c.durations[i].Add(1)
}

// refused counts one failure.
func (c *counts) refused(err error) {
	for _, kind := range []struct {
		err   error
		count *atomic.Uint64
	}{{ErrWrongSignature, &c.wrong}, {ErrPIN, &c.pin}, {ErrNotSupported, &c.notSupported}, {ErrUnavailable, &c.unavailable}} {
		if errors.Is(err, kind.err) {
			kind.count.Add(1)
			return
		}
	}
	c.other.Add(1)
}

// Stats returns the figures at this moment.
func (k *Key) Stats() Stats {
	c := &k.counts
	s := Stats{
		Signatures: c.signatures.Load(), Starts: c.starts.Load(), Sessions: k.cfg.Sessions, InUse: int(c.inUse.Load()),
		Spent: time.Duration(c.spent.Load()),
		Failures: Failures{Unavailable: c.unavailable.Load(), PIN: c.pin.Load(), Wrong: c.wrong.Load(),
			NotSupported: c.notSupported.Load(), Other: c.other.Load()},
	}
	for i := range c.durations {
		s.Durations[i] = c.durations[i].Load()
	}
	k.mu.Lock()
	s.Lost = k.lost
	k.mu.Unlock()
	return s
}
