package soak

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestKillAtEachMoment ends the counter at the moments between two steps of a
// signature, and at the syncs within them (F1, F15). The next process must do the step
// again, with what the member has, and do it once.
func TestKillAtEachMoment(t *testing.T) {
	t.Parallel()
	p := newPlace(t, plan{people: 3})
	v := p.visitor(0)
	s := p.start(t)
	kinds := []string{"orders", "bank"}
	for round := range often(1, 10) {
		for _, d := range []deed{signIn, freeze, prepare, complete} {
			v = p.visitor((round + len(d)) % 3)
			s = p.walkTo(t, s, v, d, kinds[round%2])
			t.Run(fmt.Sprintf("answer of %s lost", d), func(t *testing.T) { s = p.killAtAnswer(t, s, v) })
			for n := 1; n <= syncs[d]; n++ {
				s = p.walkTo(t, s, v, d, kinds[round%2])
				t.Run(fmt.Sprintf("at sync %d of %s", n, d), func(t *testing.T) { s = p.killAtSync(t, s, v, n) })
			}
			s = p.walkTo(t, s, v, d, kinds[round%2])
			t.Run(fmt.Sprintf("before %s", d), func(t *testing.T) { s = p.killBefore(t, s, v) })
		}
	}
	e := p.gather(t, []*visitor{p.visitor(0), p.visitor(1), p.visitor(2)})
	e.check(false).report(t)
	s.stop(t)
	rounds := often(1, 10)
	if want := rounds * (3*4 + 1 + 2); len(e.vault) != want {
		t.Errorf("%d documents, want %d", len(e.vault), want)
	}
}

// TestRestart stops the counter in order, as an upgrade does, or kills it, while the
// card signs (F15). What the member was shown is what comes out signed.
func TestRestart(t *testing.T) {
	t.Parallel()
	p := newPlace(t, plan{people: 3})
	visitors := []*visitor{p.visitor(0), p.visitor(1), p.visitor(2)}
	s := p.start(t)
	for round := range often(3, 100) {
		v := visitors[round%3]
		s = p.walkTo(t, s, v, complete, []string{"bank", "orders"}[round/3%2])
		if round%2 == 0 {
			s.stop(t)
		} else {
			s.kill()
		}
		s = p.goOn(t, v)
	}
	e := p.gather(t, visitors)
	e.check(false).report(t)
	s.stop(t)
	if len(e.vault) != often(3, 100) {
		t.Errorf("%d documents, want %d", len(e.vault), often(3, 100))
	}
}

// syncs of a step that are worth a kill each. Completing looks at the request first,
// which is a row in the trail and so a sync.
var syncs = map[deed]int{signIn: 2, freeze: 1, prepare: 1, complete: 3}

// walkTo brings a new errand to the point where the deed is next.
func (p *place) walkTo(t *testing.T, s *process, v *visitor, d deed, kind string) *process {
	t.Helper()
	before := map[deed]deed{freeze: "", prepare: read, complete: prepare}
	v.begin(kind)
	if d == signIn {
		clear(v.cookies)
		return s
	}
	if err := v.filled(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := v.until(t.Context(), before[d]); err != nil {
		t.Fatal(err)
	}
	return s
}

// goOn finishes the errand on a new process, completes it once more, and expects the
// first answer.
func (p *place) goOn(t *testing.T, v *visitor) *process {
	t.Helper()
	s := p.start(t)
	e := v.errand
	if err := v.finish(t.Context()); err != nil {
		t.Fatalf("after the kill: %v", err)
	}
	first := e.next
	if err := v.complete(t.Context(), e); err != nil || e.next != first {
		t.Errorf("completing again led to %q, %v, want %q", e.next, err, first)
	}
	return s
}

func (p *place) killBefore(t *testing.T, s *process, v *visitor) *process {
	s.kill()
	return p.goOn(t, v)
}

// killAtAnswer does the next step; the counter ends when it has begun to answer, and
// its answer is lost: after the commit, before the member knows.
func (p *place) killAtAnswer(t *testing.T, s *process, v *visitor) *process {
	v.skipTo(t)
	v.onAnswer = s.kill
	if err := v.step(t.Context()); !errors.Is(err, errLost) {
		t.Fatalf("step whose answer is lost: %v", err)
	}
	return p.goOn(t, v)
}

// skipTo asks for the challenge beforehand, so that the next answer is that of the
// step itself and not one on the way to it.
func (v *visitor) skipTo(t *testing.T) {
	t.Helper()
	if v.signedIn() {
		return
	}
	token, err := v.challenge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v.pocket = token
}

// killAtSync does the next step; the counter ends as it asks the disk for the n-th time
// to keep what it wrote. A step with fewer syncs, or on several threads, passes: strace
// counts by thread.
func (p *place) killAtSync(t *testing.T, s *process, v *visitor, n int) *process {
	v.skipTo(t)
	p.inject(t, s, "signal=SIGKILL", n, "")
	err := v.step(t.Context())
	if err != nil && !errors.Is(err, errLost) || err == nil && n == 1 {
		t.Fatalf("step during which the counter ended: %v", err)
	}
	s.kill()
	return p.goOn(t, v)
}

// inject lets the n-th sync of each thread of the process go wrong, with "+" all later
// ones too. It returns once strace holds the process: the file that strace writes.
func (p *place) inject(t *testing.T, s *process, fault string, n int, andLater string) (trace string) {
	t.Helper()
	trace = filepath.Join(t.TempDir(), "strace")
	strace := exec.Command("strace", "-f", "-q", "-y", "-o", trace, "-e", "trace=fsync,fdatasync",
		"-e", "inject=fsync,fdatasync:"+fault+":when="+strconv.Itoa(n)+andLater, "-p", strconv.Itoa(s.cmd.Process.Pid))
	var said strings.Builder
	strace.Stderr = &said
	if err := begin(strace); err != nil {
		t.Fatal("strace is needed: ", err)
	}
	t.Cleanup(func() { strace.Process.Kill(); strace.Wait() })
	await(t, "strace holds the process", time.Minute, func() bool { return s.traced() })
	return trace
}
