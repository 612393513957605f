package soak

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// TestFailedSync lets the n-th sync fail with EIO in the middle of each step (F5). The
// member is told nothing good, the counter writes no more and ends, and the next one
// has everything that was acknowledged.
func TestFailedSync(t *testing.T) {
	t.Parallel()
	p := newPlace(t, plan{people: 1})
	v := p.visitor(0)
	ended, passed := 0, 0
	for _, d := range []deed{signIn, freeze, prepare, complete} {
		for n := 1; n <= often(2, 12); n++ {
			s := p.start(t)
			s = p.walkTo(t, s, v, d, "orders")
			v.skipTo(t)
			// Odd rounds: all syncs from that one on fail. Even rounds: that one alone, as
			// Linux reports a lost write once and then says that all is well.
			trace := p.inject(t, s, "error=EIO", (n+1)/2, []string{"", "+"}[n%2])
			err := v.step(t.Context())
			var r *refusal
			switch {
			case err == nil && n <= 2:
				t.Errorf("%s was acknowledged, and its sync failed", d)
			case errors.As(err, &r):
				faultPage(r).report(t)
			case err != nil && !errors.Is(err, errLost):
				t.Error(err)
			}
			if err == nil {
				passed++
				s.kill()
			} else {
				ended++
				p.endsBySelf(t, s)
				text, err := os.ReadFile(trace)
				if err != nil {
					t.Fatal(err)
				}
				syncsAfter(string(text)).report(t)
			}
			s = p.goOn(t, v)
			s.stop(t)
		}
	}
	s := p.start(t)
	p.gather(t, []*visitor{v}).check(false).report(t)
	s.stop(t)
	t.Logf("a failed sync ended the counter %d times; %d steps had fewer syncs", ended, passed)
}

// endsBySelf waits for the counter to give up, with a reason that helps.
func (p *place) endsBySelf(t *testing.T, s *process) {
	t.Helper()
	select {
	case <-s.ended:
	case <-time.After(20 * time.Second):
		t.Fatal("the counter goes on after a failed sync")
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("after a failed sync the counter left with %d, want 1", code)
	}
	log, err := os.ReadFile(p.log)
	if err != nil {
		t.Fatal(err)
	}
	// A request that was under way may have the last word.
	if last := lastLines(string(log), 4); !strings.Contains(last, "guichet serve: ") || !strings.Contains(last, "start again") {
		t.Errorf("after a failed sync the last lines are %q", last)
	}
}

// syncsAfter lists the syncs after the one that failed, of which there should be none:
// asked again, a disk says yes and means nothing by it. The trace is strace's.
func syncsAfter(trace string) (f findings) {
	_, after, failed := strings.Cut(trace, "(INJECTED)")
	if !failed {
		f.add("no sync failed")
	}
	for line := range strings.Lines(after) {
		if strings.Contains(line, "sync(") {
			f.add("after a failed sync: %s", strings.TrimSpace(line))
		}
	}
	return f
}
