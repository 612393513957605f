package breaker_test

import (
	"testing"
	"time"

	"guichet.example/certs/breaker"
)

func TestBreakerStates(t *testing.T) {
	now := time.Now()
	var b breaker.Breaker
	for i := range breaker.After {
		if err := b.Allow(now); err != nil {
			t.Fatalf("allow after %d failures = %v", i, err)
		}
		b.Report(now, breaker.Abandoned)
		if changed := b.Report(now, breaker.Failed); changed != (i == breaker.After-1) {
			t.Errorf("failure %d changed the state: %v", i+1, changed)
		}
	}
	if b.Allow(now) == nil || b.Allow(now.Add(breaker.CoolDown-1)) == nil {
		t.Error("an open breaker allows a request")
	}
	half := now.Add(breaker.CoolDown)
	if b.Allow(half) != nil || b.Allow(half) == nil {
		t.Error("a half-open breaker must allow one request and no more")
	}
	b.Report(half, breaker.Abandoned)
	if b.Allow(half) != nil {
		t.Error("after a caller who left, the next may try")
	}
	b.Report(half, breaker.Failed)
	if b.Allow(half) == nil {
		t.Error("after a failed try the breaker is not open")
	}
	if b.Allow(now.Add(-time.Hour)) != nil {
		t.Error("a clock set back keeps the breaker open")
	}
	if !b.Report(half, breaker.Answered) || b.Allow(half) != nil || b.Allow(half) != nil {
		t.Error("after an answer the breaker is not closed")
	}
}
