package revocation

import (
	"testing"
	"time"
)

func TestCache(t *testing.T) {
	now := time.Now()
	c := newCache[int, string](3)
	for i, v := range []string{"a", "b", "c"} {
		c.put(i, v, now, now.Add(time.Minute))
	}
	c.get(0, now) // used: b goes first
	c.put(3, "d", now, now.Add(time.Minute))
	c.put(3, "D", now, now.Add(time.Minute))
	for _, want := range []struct {
		name  string
		key   int
		at    time.Time
		value string
	}{
		{"used lately", 0, now, "a"}, {"least recently used", 1, now, ""}, {"last second", 2, now.Add(time.Minute), "c"},
		{"replaced", 3, now, "D"}, {"past its time", 3, now.Add(time.Minute + 1), ""}, {"dropped by that", 3, now, ""},
		{"clock set back", 2, now.Add(-1), ""}, {"never put", 9, now, ""},
	} {
		if got, _, ok := c.get(want.key, want.at); got != want.value || ok != (want.value != "") {
			t.Errorf("get(%s) = %q, %v, want %q", want.name, got, ok, want.value)
		}
	}
	if len(c.byKey) != c.order.Len() || len(c.byKey) > 3 {
		t.Errorf("%d keys, %d values, want the same and at most 3", len(c.byKey), c.order.Len())
	}
}

func TestBreakerStates(t *testing.T) {
	now := time.Now()
	var b breaker
	for i := range breakAfter {
		if err := b.allow(now); err != nil {
			t.Fatalf("allow after %d failures = %v", i, err)
		}
		b.report(now, abandoned)
		if changed := b.report(now, failed); changed != (i == breakAfter-1) {
			t.Errorf("failure %d changed the state: %v", i+1, changed)
		}
	}
	if b.allow(now) == nil || b.allow(now.Add(coolDown-1)) == nil {
		t.Error("an open breaker allows a request")
	}
	half := now.Add(coolDown)
	if b.allow(half) != nil || b.allow(half) == nil {
		t.Error("a half-open breaker must allow one request and no more")
	}
	b.report(half, abandoned)
	if b.allow(half) != nil {
		t.Error("after a caller who left, the next may try")
	}
	b.report(half, failed)
	if b.allow(half) == nil {
		t.Error("after a failed try the breaker is not open")
	}
	if b.allow(now.Add(-time.Hour)) != nil {
		t.Error("a clock set back keeps the breaker open")
	}
	if !b.report(half, answered) || b.allow(half) != nil || b.allow(half) != nil {
		t.Error("after an answer the breaker is not closed")
	}
}
