// Package breaker keeps members from waiting, one after the other, for a host that does
// not answer: after some failures in a row it is left alone for a while, then one request
// may try it.
package breaker

import (
	"fmt"
	"sync"
	"time"
)

// Limits: after so many failures in a row a host is left alone for a while; then one
// request may try it, and the others follow if that goes well.
const (
	After    = 5
	CoolDown = 5 * time.Second
)

// Breaker is of one host. The zero value is closed; it is safe for concurrent use.
type Breaker struct {
	mu       sync.Mutex
	failures int
	opened   time.Time // zero: closed
	probing  bool
}

// Allow reports whether the host may be asked at now.
func (b *Breaker) Allow(now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened.IsZero() {
		return nil
	}
	// A clock that was set back must not keep the breaker open.
	if waited := now.Sub(b.opened); waited >= 0 && waited < CoolDown || b.probing {
		return fmt.Errorf("failed %d times in a row and is left alone for %v", b.failures, CoolDown)
	}
	b.probing = true
	return nil
}

// Report enters how a request that was allowed went. It returns true if the host's state
// changed.
func (b *Breaker) Report(now time.Time, o Outcome) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	open := !b.opened.IsZero()
	b.probing = false
	switch o {
	case Answered:
		b.failures, b.opened = 0, time.Time{}
		return open
	case Failed:
		b.failures++
		if b.failures >= After {
			b.opened = now
			return !open
		}
	}
	return false
}

// Outcome of a request, as far as the host is concerned.
type Outcome int

const (
	Answered  Outcome = iota // whatever it said
	Failed                   // no answer, or none that can be used
	Abandoned                // the caller left: says nothing of the host
)
