package dialecttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/softcard"
)

// patience is how long any operation may take that waits for nobody. A loaded machine
// is slow, and a test that hangs is worse than one that waits.
const patience = 20 * time.Second

// Counts says how much of the table was run.
type Counts struct {
	Operations int
	Failures   int // without those that the rig cannot play
	Cells      int // operation under failure
	Struck     int // cells in which the n-th call of the module went wrong
}

func (c Counts) String() string {
	return fmt.Sprintf("%d operations, %d failures, %d cells, %d of them the n-th call", c.Operations, c.Failures, c.Cells, c.Struck)
}

// scene is one cell while it is played.
type scene struct {
	t       testing.TB
	rig     Rig
	traits  Traits
	module  *reader.Module
	card    *reader.Card // nil where the operation opens its own
	failure failure
	holder  *holder
}

// Run runs the table on the rig, and leaves it healed with its card in the reader.
func Run(t *testing.T, rig Rig) Counts {
	t.Helper()
	module, err := reader.Open(rig.Module())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := module.Close(); err != nil {
			t.Errorf("closing the module: %v", err)
		}
	}()
	counts := Counts{Operations: len(operations)}
	table := tables(rig)
	for _, f := range table {
		counts.Failures++
		for _, op := range operations {
			if f.only != nil && !f.only(op) {
				continue
			}
			s := &scene{t: t, rig: rig, traits: rig.Traits(), module: module}
			if f.nth == nil {
				s.play(f, op, 0)
				counts.Cells++
				continue
			}
			struck := s.playEach(f, op)
			counts.Cells += struck
			counts.Struck += struck
		}
	}
	return counts
}

// maxCalls bounds how many calls of the module one operation may make.
const maxCalls = 400

// playEach strikes the first call, the second, … until the operation makes no more.
func (s *scene) playEach(f failure, op operation) int {
	for n := 1; n <= maxCalls; n++ {
		if !s.play(f, op, n) {
			return n - 1
		}
	}
	s.t.Errorf("%s, %s: more than %d calls", op.name, f.name, maxCalls)
	return maxCalls
}

// play makes things go wrong, runs the operation, and judges. It reports whether a fault
// of the rig's module struck.
func (s *scene) play(f failure, op operation, n int) (struck bool) {
	s.t.Helper()
	outer := s.t
	defer func() { s.t = outer }()
	name := fmt.Sprintf("%s/%s", f.name, op.name)
	if n > 0 {
		name += fmt.Sprintf("/%d", n)
	}
	s.t, s.failure = named{outer, name}, f
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s.prepare(ctx, op, n)
	within, done := context.WithCancelCause(ctx)
	switch {
	case f.hangs:
		go s.timeOutOnceStruck(within, done)
	case f.limit > 0:
		timer := time.AfterFunc(f.limit, func() { done(reader.ErrTimedOut) })
		defer timer.Stop()
	}
	err := op.run(within, s)
	done(nil)
	struck = s.rig.Fired()
	s.judge(op, err)
	s.must(s.rig.Fail())
	if f.end != nil {
		s.must(f.end(ctx, s))
	}
	switch {
	case !struck || n == 0:
		s.recover(ctx)
	case s.card != nil && !f.steady:
		s.card.Close() // the next cell opens it again
		s.card = nil
	}
	return struck
}

// timeOutOnceStruck ends an operation whose module hangs, and never before it does.
func (s *scene) timeOutOnceStruck(ctx context.Context, done context.CancelCauseFunc) {
	for ctx.Err() == nil {
		if s.rig.Fired() {
			done(reader.ErrTimedOut)
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// prepare is the world before the failure: the card is in, and open if need be.
func (s *scene) prepare(ctx context.Context, op operation, n int) {
	s.t.Helper()
	if !s.failure.steady || n < 2 {
		s.must(s.rig.Insert(s.traits.Card))
	}
	s.must(s.rig.Untype())
	if op.onCard && s.card == nil {
		card, err := s.module.Card(ctx)
		if err != nil {
			s.t.Fatalf("opening the card: %v", err)
		}
		s.card = card
	}
	s.must(s.rig.Forget())
	s.holder = &holder{pins: s.failure.answers(s.traits)}
	if op.signs() && s.traits.Place != reader.Typed {
		s.must(s.rig.Type(s.repeated(op)...))
		s.holder.pins = nil
	}
	if s.failure.arm != nil {
		s.must(s.failure.arm(s))
	}
	if n > 0 {
		s.must(s.rig.Fail(softcard.Fault{Function: "*", Nth: n, Once: true, Do: s.failure.nth(s.traits)}))
	}
}

// repeated are the answers as a keypad wants them: the right PIN again where a module
// that hides its keys wants a login to show them and another to use them.
func (s *scene) repeated(op operation) []string {
	var list []string
	for _, answer := range s.holder.pins {
		list = append(list, answer)
		if answer == s.traits.PIN && op.purpose == certs.Signature && s.traits.Presented > 1 {
			list = append(list, answer)
		}
	}
	return list
}

// judge compares what came of it with what may.
func (s *scene) judge(op operation, err error) {
	s.t.Helper()
	want := s.failure.want(op, s.traits)
	if !slices.ContainsFunc(want, func(w error) bool { return w == nil && err == nil || w != nil && errors.Is(err, w) }) {
		s.t.Errorf("%v, want one of %v", err, want)
	}
	if op.signs() {
		s.judgePINs(op, err)
	}
}

// judgePINs looks at what the card saw: no PIN twice, no window without an answer.
func (s *scene) judgePINs(op operation, err error) {
	s.t.Helper()
	seen, failed := s.rig.Seen()
	s.must(failed)
	answers := s.failure.answers(s.traits)
	wrong := 0
	for _, pin := range answers {
		if pin != s.traits.PIN && pin != softcard.Cancelled && pin != softcard.TimedOut {
			wrong++
		}
	}
	most := 1
	if op.purpose == certs.Signature {
		most = max(s.traits.Presented, 1)
	}
	if seen.Wrong > wrong || seen.Right > most {
		s.t.Errorf("the card saw %d wrong PINs and %d right ones; %d and %d were typed", seen.Wrong, seen.Right, wrong, most)
	}
	if seen.Prompts > max(len(answers), 1)*most {
		s.t.Errorf("%d windows or keypads for %d answers", seen.Prompts, len(answers))
	}
	if s.failure.unasked != nil && s.failure.unasked(s.traits) && s.holder.asked+s.holder.told+seen.Prompts > 0 {
		s.t.Errorf("the holder was asked %d times and told %d times where to type", s.holder.asked, s.holder.told)
	}
	if s.holder.asked > len(answers)+1 {
		s.t.Errorf("the holder was asked %d times for %d answers", s.holder.asked, len(answers))
	}
	if err == nil && seen.Signed != 1 || seen.Signed > 1 {
		s.t.Errorf("the card signed %d times", seen.Signed)
	}
	if tries, e := s.rig.Tries(s.traits.Card); e != nil || !slices.Contains(s.failure.tries(op, s.traits), tries) {
		s.t.Errorf("%d tries left, %v; want one of %v", tries, e, s.failure.tries(op, s.traits))
	}
	if s.traits.Other != "" {
		if tries, e := s.rig.Tries(s.traits.Other); e != nil || tries != softcard.MaxTries {
			s.t.Errorf("the other card has %d tries left, %v", tries, e)
		}
	}
}

// recover heals all and demands that a login works, with the module that was there.
func (s *scene) recover(ctx context.Context) {
	s.t.Helper()
	if s.card != nil {
		s.card.Close() // what it says was judged
	}
	s.must(s.rig.Fail())
	if err := s.rig.Plug(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		s.t.Fatal(err)
	}
	s.must(s.rig.SetTries(s.traits.Card, softcard.MaxTries))
	s.must(s.rig.Insert(s.traits.Card))
	s.must(s.rig.Untype())
	s.failure = failure{}
	card, err := s.module.Card(ctx)
	if err != nil {
		s.t.Errorf("opening the card afterwards: %v", err)
		return
	}
	s.card = card
	s.holder = &holder{pins: []string{s.traits.PIN}}
	if s.traits.Place != reader.Typed {
		s.must(s.rig.Type(s.traits.PIN))
	}
	login := operations[5]
	if err := login.run(ctx, s); !errors.Is(err, login.works(s.traits)) && err != login.works(s.traits) {
		s.t.Errorf("a login afterwards: %v", err)
	}
	if err := card.Close(); err != nil {
		s.t.Errorf("closing the card: %v", err)
	}
	s.card = nil
}

// must ends the test over what the rig cannot do; what it never can is left out before.
func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		s.t.Fatal(err)
	}
}

// named puts the cell's name before what is reported: thousands of subtests would be
// slower than what they test.
type named struct {
	testing.TB
	name string
}

func (n named) Errorf(format string, args ...any) {
	n.Helper()
	n.TB.Errorf("%s: "+format, append([]any{n.name}, args...)...)
}

func (n named) Error(args ...any) {
	n.Helper()
	n.TB.Error(append([]any{n.name + ":"}, args...)...)
}

func (n named) Fatalf(format string, args ...any) {
	n.Helper()
	n.TB.Fatalf("%s: "+format, append([]any{n.name}, args...)...)
}

func (n named) Fatal(args ...any) {
	n.Helper()
	n.TB.Fatal(append([]any{n.name + ":"}, args...)...)
}
