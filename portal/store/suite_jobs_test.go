package store_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/jobs"
	"guichet.example/portal/store"
)

// enqueue adds jobs in an act of their own.
func (b *bed) enqueue(list ...jobs.Job) {
	b.t.Helper()
	if err := b.Enqueue(list...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bed) lease(limit int) []jobs.Job {
	b.t.Helper()
	list, err := b.Lease(b.t.Context(), jobs.Order{Now: b.clock.Now(), Life: time.Minute, Kinds: []string{"test", "other"}, Limit: limit})
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

// leased is how many jobs somebody has.
func (b *bed) leased() int {
	n, err := b.Leased()
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// runner does jobs of kind "test" with the real clock's ticks.
func (b *bed) runner(db *store.DB, do jobs.Handler) *jobs.Runner {
	return &jobs.Runner{Store: db, Plans: map[string]jobs.Plan{"test": {Do: do}}, Every: 10 * time.Millisecond,
		Now: b.clock.Now, Log: slog.New(slog.DiscardHandler)}
}

// eventually waits for what another goroutine brings about.
func (b *bed) eventually(what string, true func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(time.Minute); !true(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("not within a minute: %s", what)
		}
	}
}

func testJobs(t *testing.T, b *bed) {
	ctx := t.Context()
	for name, j := range map[string]jobs.Job{
		"no kind":      {Mutuality: "141"},
		"no mutuality": {Kind: "test"},
		"too large":    {Kind: "test", Mutuality: "141", Payload: make([]byte, jobs.MaxPayload+1)},
		"no such id":   {ID: "a b", Kind: "test", Mutuality: "141"},
		"no member":    {Kind: "test", Mutuality: "141", Member: "nobody", Payload: []byte("x")},
	} {
		if err := b.Enqueue(j); err == nil {
			t.Errorf("%s: a job was queued", name)
		}
	}
	b.enqueue(
		jobs.Job{Kind: "test", Mutuality: "141", Member: b.claire.Member, Key: "k", Payload: []byte(sentence)},
		jobs.Job{Kind: "test", Mutuality: "141", Key: "k", Payload: []byte("the same job")},
		jobs.Job{Kind: "other", Mutuality: "141", Key: "k", Payload: []byte("of no member")},
		jobs.Job{Kind: "test", Mutuality: "141", Due: b.clock.Now().Add(time.Hour)},
		jobs.Job{Kind: "unknown", Mutuality: "141"},
	)
	if f, err := b.Waiting(ctx); err != nil || f.Waiting != 4 || f.Dead != 0 || !f.Oldest.Equal(b.clock.Now()) {
		t.Errorf("Waiting = %+v, %v", f, err)
	}
	list := b.lease(10)
	if len(list) != 2 {
		t.Fatalf("%d jobs leased, want 2: %+v", len(list), list)
	}
	for _, j := range list {
		want := map[string]string{"test": sentence, "other": "of no member"}[j.Kind]
		if string(j.Payload) != want || j.Key != "k" || j.Attempts != 1 || j.Lease == "" || !j.Created.Equal(b.clock.Now()) {
			t.Errorf("leased %+v", j)
		}
	}
	if again := b.lease(10); len(again) != 0 {
		t.Errorf("leased again: %+v", again)
	}
	b.clock.add(time.Hour)
	if list := b.lease(10); len(list) != 3 || list[2].Attempts != 1 {
		t.Errorf("an hour later: %+v", list)
	}
}

func testJobEnds(t *testing.T, b *bed) {
	ctx := t.Context()
	lease := func(attempt int) jobs.Job {
		t.Helper()
		list := b.lease(10)
		if len(list) != 1 || list[0].Attempts != attempt {
			t.Fatalf("leased %+v, want one job at attempt %d", list, attempt)
		}
		return list[0]
	}
	b.enqueue(jobs.Job{Kind: "test", Mutuality: "141", Member: b.claire.Member, Key: "k"})
	j := lease(1)
	due := b.clock.Now().Add(time.Minute)
	if err := b.Retry(ctx, j, due, sentence); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "Retry of what was given back", b.Retry(ctx, j, due, ""), jobs.ErrLeaseLost)
	wantErr(t, "Done of what was given back", b.Done(ctx, j), jobs.ErrLeaseLost)
	wantErr(t, "Bury without a lease", b.Bury(ctx, jobs.Job{ID: j.ID, Mutuality: "141"}, ""), jobs.ErrLeaseLost)
	if list := b.lease(10); len(list) != 0 {
		t.Errorf("leased before it is due: %+v", list)
	}
	b.clock.add(time.Minute)
	j = lease(2)
	if err := b.Bury(ctx, j, strings.Repeat("é", jobs.MaxCause)); err != nil {
		t.Fatal(err)
	}
	if list := b.lease(10); len(list) != 0 {
		t.Errorf("a dead letter was leased: %+v", list)
	}
	note := audit.Entry{Mutuality: "141", Actor: "officer", Session: "s"}
	dead, err := b.Dead(ctx, note, "", 10)
	if err != nil || len(dead) != 1 || dead[0].ID != j.ID || dead[0].Attempts != 2 || dead[0].Cause != strings.Repeat("é", jobs.MaxCause/2) {
		t.Fatalf("Dead = %+v, %v", dead, err)
	}
	if next, err := b.Dead(ctx, note, j.ID, 10); err != nil || len(next) != 0 {
		t.Errorf("Dead after the last = %+v, %v", next, err)
	}
	if others, err := b.Dead(ctx, audit.Entry{Mutuality: "142", Actor: "officer"}, "", 10); err != nil || len(others) != 0 {
		t.Errorf("Dead of another mutuality = %+v, %v", others, err)
	}
	wantErr(t, "Revive in another mutuality", b.Revive(ctx, audit.Entry{Mutuality: "142", Actor: "officer"}, j.ID), jobs.ErrNotFound)
	if err := b.Revive(ctx, note, j.ID); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "Revive of a living job", b.Revive(ctx, note, j.ID), jobs.ErrNotFound)
	j = lease(1)
	for range 2 { // the second time it is gone, which is as well
		if err := b.Done(ctx, j); err != nil {
			t.Errorf("Done = %v", err)
		}
	}
	if got := b.audited(audit.BuryJob); len(got) != 2 || got[1] != "done job/"+j.ID+" kind test" {
		t.Errorf("audit rows of dead letters: %q", got)
	}
	if got := b.audited(audit.ReviveJob); len(got) != 3 {
		t.Errorf("audit rows of revivals: %q", got)
	}
}

// testDeadMakesRoom queues a job whose name a dead letter has.
func testDeadMakesRoom(t *testing.T, b *bed) {
	b.enqueue(jobs.Job{Kind: "test", Mutuality: "141", Key: "k", Payload: []byte("old")})
	if err := b.Bury(t.Context(), b.lease(1)[0], "no use"); err != nil {
		t.Fatal(err)
	}
	b.enqueue(jobs.Job{Kind: "test", Mutuality: "141", Key: "k", Payload: []byte("new")})
	if list := b.lease(10); len(list) != 1 || string(list[0].Payload) != "new" || list[0].Attempts != 1 {
		t.Errorf("leased %+v", list)
	}
	if f, err := b.Waiting(t.Context()); err != nil || f.Waiting != 1 || f.Dead != 0 {
		t.Errorf("Waiting = %+v, %v", f, err)
	}
}

// testJobClock: a clock that was ahead for a while leaves no job waiting for days, nor a
// lease held by nobody.
func testJobClock(t *testing.T, b *bed) {
	b.clock.add(48 * time.Hour)
	b.enqueue(jobs.Job{Kind: "test", Mutuality: "141", Key: "put off"}, jobs.Job{Kind: "test", Mutuality: "141", Key: "leased"},
		jobs.Job{Kind: "test", Mutuality: "141", Key: "later", Due: b.clock.Now().Add(time.Hour)})
	for _, j := range b.lease(10) {
		if j.Key == "put off" {
			if err := b.Retry(t.Context(), j, b.clock.Now().Add(time.Minute), "x"); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.clock.add(-48 * time.Hour)
	if err := b.Sweep(t.Context(), b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if list := b.lease(10); len(list) != 0 {
		t.Errorf("due at once: %+v", list)
	}
	b.clock.add(time.Minute)
	if list := b.lease(10); len(list) != 2 {
		t.Errorf("%d jobs a minute after the clock was set back, want 2: %+v", len(list), list)
	}
	b.clock.add(time.Hour - 2*time.Minute)
	if list := b.lease(10); len(list) != 2 { // those of before, whose leases ended
		t.Errorf("%d jobs before the hour, want 2: %+v", len(list), list)
	}
	b.clock.add(time.Minute)
	if list := b.lease(10); len(list) != 3 {
		t.Errorf("%d jobs after the hour, want 3: %+v", len(list), list)
	}
}

// testJobOfTheAct: a job is there exactly if its act is, and an act ends its job or does
// nothing.
func testJobOfTheAct(t *testing.T, b *bed) {
	planted := errors.New("planted")
	wantErr(t, "the act", b.EnqueueAndFail(planted, jobs.Job{Kind: "test", Mutuality: "141"}), planted)
	if list := b.lease(10); len(list) != 0 {
		t.Errorf("a job of an act that failed: %+v", list)
	}
	b.enqueue(jobs.Job{Kind: "test", Mutuality: "141"})
	select {
	case <-b.Enqueued():
	case <-time.After(time.Minute):
		t.Fatal("nobody was told of the job")
	}
	j := b.lease(1)[0]
	stale := j
	stale.Lease = "another"
	wantErr(t, "an act with a lost lease", b.FinishIn(stale), jobs.ErrLeaseLost)
	if err := b.FinishIn(j); err != nil {
		t.Errorf("an act with the lease: %v", err)
	}
	wantErr(t, "the act once more", b.FinishIn(j), jobs.ErrLeaseLost)
}
