package oidc

import (
	"fmt"
	"sync"
	"time"
)

// Limits of the breaker: after so many failures in a row the provider is left alone for a
// while; then one request may try it, and the others follow if that goes well.
const (
	breakAfter = 5
	coolDown   = 5 * time.Second
)

// breaker keeps members from waiting, one after the other, for a provider that does not
// answer.
type breaker struct {
	mu       sync.Mutex
	failures int
	opened   time.Time // zero: closed
	probing  bool
}

// allow reports whether the provider may be asked at now.
func (b *breaker) allow(now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened.IsZero() {
		return nil
	}
	// A clock that was set back must not keep the breaker open.
	if waited := now.Sub(b.opened); waited >= 0 && waited < coolDown || b.probing {
		return fmt.Errorf("failed %d times in a row and is left alone for %v", b.failures, coolDown)
	}
	b.probing = true
	return nil
}

// report enters how a request that was allowed went. It returns true if the state changed.
func (b *breaker) report(now time.Time, o outcome) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	open := !b.opened.IsZero()
	b.probing = false
	switch o {
	case answered:
		b.failures, b.opened = 0, time.Time{}
		return open
	case failed:
		b.failures++
		if b.failures >= breakAfter {
			b.opened = now
			return !open
		}
	}
	return false
}

// outcome of an exchange, as far as the provider is concerned.
type outcome int

const (
	answered  outcome = iota
	failed            // no answer, or none that can be used
	abandoned         // the caller left: says nothing of the provider
)
