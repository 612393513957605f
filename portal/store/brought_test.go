package store

import (
	"fmt"
	"testing"
)

// What is noted of payments is believed by the very next act, and by no other.
func TestBroughtIsOfTheActBefore(t *testing.T) {
	var b brought
	is := func(mutuality string, turn int64, want ...string) {
		t.Helper()
		got := b.known(mutuality, turn, []string{"P1", "P2", "P3"})
		if len(got) != len(want) {
			t.Errorf("in turn %d of %s %d payments are known, want %q", turn, mutuality, len(got), want)
		}
		for _, reference := range want {
			if got[reference] == nil {
				t.Errorf("in turn %d of %s %s is not known", turn, mutuality, reference)
			}
		}
	}
	is("141", 1)
	b.committed("141", 4, map[string]paid{"P1": {cents: 1}, "P2": {cents: 2}}, nil)
	is("142", 5)
	is("141", 4)
	is("141", 6) // another came between
	is("141", 5, "P1", "P2")
	b.committed("141", 5, map[string]paid{"P3": {cents: 3}}, []string{"P1"})
	is("141", 6, "P2", "P3")
	b.committed("141", 7, map[string]paid{"P1": {cents: 1}}, nil) // the act of turn 6 is noted later
	is("141", 8, "P1")
	b.committed("141", 6, map[string]paid{"P2": {cents: 2}}, nil)
	is("141", 8)
	p := b.known("141", 7, []string{"P2"})["P2"]
	p.cents, p.lines = 9, true
	if p = b.known("141", 7, []string{"P2"})["P2"]; p.cents != 2 || p.lines {
		t.Errorf("what an act made of a payment is known before it is on disk: %+v", p)
	}
}

func TestBroughtIsBounded(t *testing.T) {
	var b brought
	for turn := range int64(3) {
		added := make(map[string]paid, maxBrought/2)
		for i := range maxBrought / 2 {
			added[fmt.Sprint(turn, " ", i)] = paid{}
		}
		b.committed("141", turn+1, added, nil)
	}
	if n := len(b.last["141"].payments); n != maxBrought {
		t.Errorf("%d payments are kept", n)
	}
}
