package soak

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestKill ends the counter with SIGKILL at random moments while members sign (F1).
// After each start they go on where they were: what they were told stands, what they
// were not told can be asked for again, and at the end everything is there once.
func TestKill(t *testing.T) {
	t.Parallel()
	p := newPlace(t, plan{people: 3})
	visitors := []*visitor{p.visitor(0), p.visitor(1), p.visitor(2)}
	var starts []time.Duration
	for round := range often(6, 200) {
		s := p.start(t)
		starts = append(starts, s.ready)
		p.noteHead(t)
		work(t, s, visitors, time.Duration(rand.IntN(600))*time.Millisecond)
		if t.Failed() {
			t.Fatalf("round %d failed", round)
		}
	}
	s := p.start(t)
	for _, v := range visitors {
		if err := v.finish(t.Context()); err != nil {
			t.Errorf("finishing after the last kill: %v", err)
		}
	}
	e := p.gather(t, visitors)
	e.check(false).report(t)
	s.stop(t)
	p.raiseAll(t)
	s = p.start(t)
	e = p.gather(t, visitors)
	e.check(true).report(t)
	s.stop(t)
	slices.Sort(starts)
	median := starts[len(starts)/2]
	if median > 2*time.Second {
		t.Errorf("half of the starts took more than %v, want 2 s", median)
	}
	if len(e.vault) == 0 {
		t.Error("nothing was signed before the kills")
	}
	t.Logf("%d kills, %d documents acknowledged, none lost; start: median %v, slowest %v", len(starts), len(e.vault),
		median.Round(time.Millisecond), starts[len(starts)-1].Round(time.Millisecond))
}

// work lets all visitors do errands until the counter is killed, after that time.
func work(t *testing.T, s *process, visitors []*visitor, after time.Duration) {
	t.Helper()
	done := make(chan error, len(visitors))
	for _, v := range visitors {
		go func() { done <- v.work(context.Background()) }()
	}
	select {
	case err := <-done: // before the kill nothing may fail
		done <- err
	case <-time.After(after):
	case <-s.ended:
	}
	s.kill()
	for range visitors {
		if err := <-done; !errors.Is(err, errLost) {
			t.Error(err)
		}
	}
}

// work does errands until something fails: with errLost when the counter is gone.
func (v *visitor) work(ctx context.Context) error {
	for n := 0; ; n++ {
		if v.errand == nil {
			v.begin([]string{"orders", "bank"}[n%2])
		}
		if err := v.finish(ctx); err != nil {
			return err
		}
	}
}

// noteHead notes the heads of the audit chains, as somebody elsewhere would each hour.
func (p *place) noteHead(t *testing.T) {
	t.Helper()
	out, err := p.run("audit", "verify", "-db", p.database(), "-heads", p.heads, "-keys", p.keys)
	if err != nil {
		t.Fatalf("guichet audit verify: %v: %s", err, out)
	}
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) == 4 && f[0] == "head" {
			if err := p.journal.write(record{Do: noted, Told: true, SHA256: f[3]}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
