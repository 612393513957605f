package connections

import (
	"slices"
	"time"
)

// drain ends requests that take long of networks that hold a crowd when the server stops: who
// holds connections to shut others out does not keep it from stopping in time.
func (b *Bound) drain() {
	var crowds []*client
	b.mu.Lock()
	for _, from := range b.of {
		if b.crowded(from) {
			crowds = append(crowds, from)
		}
	}
	b.mu.Unlock()
	for len(crowds) > 0 {
		time.Sleep(look)
		b.mu.Lock()
		var slow []*connection
		until := b.since()
		crowds = slices.DeleteFunc(crowds, func(from *client) bool { return from.open == 0 })
		for _, from := range crowds {
			for oldest := from.serving.Front(); oldest != nil; oldest = from.serving.Front() {
				c, _ := oldest.Value.(*connection)
				if !c.since.Before(until) {
					break
				}
				b.forget(c)
				b.figures.Cut++
				slow = append(slow, c)
			}
		}
		b.mu.Unlock()
		for _, c := range slow {
			c.Conn.Close()
		}
	}
}
