package core

import (
	"fmt"
	"time"
)

// ShrinkWindow is how long complete deliveries are held against each other: what takes away
// a little each night is not the end of half a mutuality either.
const ShrinkWindow = 30 * 24 * time.Hour

// Held is a complete delivery of a kind that was taken in: how many rows it held, those that
// were refused too, and how many it took away.
type Held struct{ Rows, Gone int64 }

// Shrinks says why a delivery of so many rows is not believed after those of the
// ShrinkWindow before it, oldest first: rows went, no others came in their place, and what
// it would take away makes them more than twice most percent of the fullest delivery. A
// delivery before it of which that is true was let in on purpose: from there it counts anew.
func (g Gone) Shrinks(rows int64, before []Held, most int) error {
	var fullest, gone int64
	less := func(rows, gone int64) int64 { return min(fullest-rows, gone) }
	tooMany := func(less int64) bool { return less*100 > fullest*2*int64(most) }
	for _, d := range before {
		gone += d.Gone
		if fullest = max(fullest, d.Rows); tooMany(less(d.Rows, gone)) {
			fullest, gone = d.Rows, 0
		}
	}
	if n := less(rows, gone+g.Count()); g.Count() > 0 && tooMany(n) {
		return fmt.Errorf("with those of the last %d days takes away %d of %d rows, more than %d %%", ShrinkWindow/(24*time.Hour), n, fullest, 2*most)
	}
	return nil
}
