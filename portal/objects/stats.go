package objects

import (
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of the buckets that calls are counted in, by how long they took.
var Bounds = [...]time.Duration{5 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond,
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 10 * time.Second}

// Calls are the calls of one kind since the start.
type Calls struct {
	Durations [len(Bounds) + 1]uint64 // the last: longer than all bounds
	Spent     time.Duration
	Failed    uint64
}

// Stats are the calls by kind ("put", "get", "remove", "reach") and how many were refused
// because others had just failed.
type Stats struct {
	Calls   map[string]Calls
	Refused uint64
}

type stats struct {
	mu      sync.Mutex
	calls   map[string]Calls
	refused atomic.Uint64
}

func (s *stats) count(what string, took time.Duration, failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		s.calls = map[string]Calls{}
	}
	c, i := s.calls[what], 0
	for i < len(Bounds) && took > Bounds[i] {
		i++
	}
	c.Durations[i]++
	c.Spent += took
	if failed {
		c.Failed++
	}
	s.calls[what] = c
}

// Stats returns the counts so far.
func (b *Bucket) Stats() Stats {
	b.stats.mu.Lock()
	defer b.stats.mu.Unlock()
	s := Stats{Calls: map[string]Calls{}, Refused: b.stats.refused.Load()}
	for what, calls := range b.stats.calls {
		s.Calls[what] = calls
	}
	return s
}
