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
