package revocation

import (
	"container/list"
	"sync"
	"time"
)

// cache keeps at most max values, the least recently used going first, each until its own
// time. Safe for concurrent use.
type cache[K comparable, V any] struct {
	mu    sync.Mutex
	max   int
	order *list.List // of *cached[K, V], most recently used first
	byKey map[K]*list.Element
}

type cached[K comparable, V any] struct {
	key    K
	value  V
	stored time.Time
	until  time.Time
}

func newCache[K comparable, V any](max int) *cache[K, V] {
	return &cache[K, V]{max: max, order: list.New(), byKey: map[K]*list.Element{}}
}

// get returns the value kept under k and when it was stored, if it still holds at now. A
// value stored after now is dropped: the clock was set back, and its age is unknown.
func (c *cache[K, V]) get(k K, now time.Time) (value V, stored time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, found := c.byKey[k]
	if !found {
		return value, stored, false
	}
	v := e.Value.(*cached[K, V])
	if now.After(v.until) || now.Before(v.stored) {
		c.order.Remove(e)
		delete(c.byKey, k)
		return value, stored, false
	}
	c.order.MoveToFront(e)
	return v.value, v.stored, true
}

func (c *cache[K, V]) put(k K, v V, now, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, found := c.byKey[k]; found {
		c.order.Remove(e)
	}
	c.byKey[k] = c.order.PushFront(&cached[K, V]{k, v, now, until})
	for c.order.Len() > c.max {
		last := c.order.Back()
		c.order.Remove(last)
		delete(c.byKey, last.Value.(*cached[K, V]).key)
	}
}
