package store_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"guichet.example/auth/webeid"
	"guichet.example/portal/jobs"
	"guichet.example/portal/requests"
	"guichet.example/portal/signin"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// newPair is a bed on one server, and a second server on the same database.
func newPair(t *testing.T) (*bed, *store.DB) {
	t.Helper()
	c := &clock{now: noon}
	cfg := newConfig(t, c)
	cfg.Database = storetest.Database(t)
	b := bedOf(t, openStore, cfg, c)
	cfg.Anchors += "-b"
	return b, openStore(t, cfg)
}

// What one server took, ended or decided, the other refuses at once.
func TestRefusedOnAnotherServer(t *testing.T) {
	t.Parallel()
	b, other := newPair(t)
	ctx := t.Context()
	if err := b.Put(ctx, "browser", webeid.Challenge{Nonce: "n", Expires: noon.Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Take(ctx, "browser"); err != nil {
		t.Errorf("a challenge of A on B: %v", err)
	}
	_, err := b.Take(ctx, "browser")
	wantErr(t, "a challenge that B took, on A", err, webeid.ErrChallengeNotFound)

	hash := b.session("a", b.claire)
	if _, err := other.Session(ctx, hash, b.clock.Now()); err != nil {
		t.Errorf("a session of A on B: %v", err)
	}
	if err := b.EndSession(ctx, hash, ""); err != nil {
		t.Fatal(err)
	}
	_, err = other.Session(ctx, hash, b.clock.Now())
	wantErr(t, "a session that A ended, on B", err, signin.ErrNoSession)

	id := b.frozen(b.claire)
	c := b.completion(b.prepared(b.claire, id), "value")
	done, err := other.Complete(ctx, b.claire, c)
	if err != nil || done.State != requests.Signed {
		t.Fatalf("completing on B what A prepared: %s, %v", done.State, err)
	}
	again, err := b.Complete(ctx, b.claire, c)
	if err != nil || again.Document != done.Document {
		t.Errorf("completing once more, on A: %s, %v, want %s", again.Document, err, done.Document)
	}
	c.ValueSHA256[0]++
	_, err = b.Complete(ctx, b.claire, c)
	wantErr(t, "completing with another value on A", err, requests.ErrAnotherValue)
	err = b.Move(ctx, b.claire, id, []requests.State{requests.ToSign}, requests.Declined, "")
	wantErr(t, "declining on A what B completed", err, requests.ErrNotOpen)
	b.rows() // the chains of both hold
}

// Tabs on two servers fight over one request.
func TestServersRace(t *testing.T) {
	t.Parallel()
	b, other := newPair(t)
	raceOn(t, b, soak(30, 1000), b.DB, other)
}

// Many tabs on two servers take one challenge.
func TestServersRaceForChallenge(t *testing.T) {
	t.Parallel()
	b, other := newPair(t)
	for range soak(20, 1000) {
		if err := b.Put(t.Context(), "browser", webeid.Challenge{Nonce: "n", Expires: noon.Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		errs := together(6, func(i int) error {
			db := []*store.DB{b.DB, other}[i%2]
			_, err := db.Take(context.Background(), "browser")
			return err
		})
		if won := wins(t, errs, webeid.ErrChallengeNotFound); won != 1 {
			t.Fatalf("%d took the challenge: %v", won, errs)
		}
	}
}

// Each job is leased to one of two servers; who has lost the lease changes nothing.
func TestServersShareJobs(t *testing.T) {
	t.Parallel()
	b, other := newPair(t)
	ctx := t.Context()
	const count = 20
	for range count {
		b.enqueue(jobs.Job{Kind: "test", Mutuality: "141", Member: b.claire.Member, Payload: []byte(sentence)})
	}
	order := jobs.Order{Now: b.clock.Now(), Life: time.Minute, Kinds: []string{"test"}, Limit: 3}
	leased := make([][]jobs.Job, 2)
	together(2, func(i int) error {
		for {
			list, err := []*store.DB{b.DB, other}[i].Lease(context.Background(), order)
			if err != nil || len(list) == 0 {
				return err
			}
			leased[i] = append(leased[i], list...)
		}
	})
	seen := map[string]bool{}
	for _, j := range slices.Concat(leased...) {
		if seen[j.ID] || string(j.Payload) != sentence || j.Attempts != 1 {
			t.Errorf("leased %+v, before: %v", j, seen[j.ID])
		}
		seen[j.ID] = true
	}
	if len(seen) != count {
		t.Fatalf("%d jobs were leased, want %d", len(seen), count)
	}
	mine := slices.Concat(leased...)[0]
	b.clock.add(time.Minute)
	order.Now, order.Limit = b.clock.Now(), count
	theirs, err := other.Lease(ctx, order)
	if err != nil || len(theirs) != count || theirs[0].Attempts != 2 {
		t.Fatalf("after the lease: %d jobs, %v", len(theirs), err)
	}
	for name, call := range map[string]func() error{
		"Done":  func() error { return b.Done(ctx, mine) },
		"Retry": func() error { return b.Retry(ctx, mine, noon, "x") },
		"Bury":  func() error { return b.Bury(ctx, mine, "x") },
	} {
		wantErr(t, name+" without the lease", call(), jobs.ErrLeaseLost)
	}
	for _, j := range theirs {
		if err := other.Done(ctx, j); err != nil {
			t.Errorf("Done = %v", err)
		}
	}
	if f, err := b.Waiting(ctx); err != nil || f.Waiting != 0 {
		t.Errorf("%d jobs are left, %v", f.Waiting, err)
	}
}

// Runners on two servers do each job once, and one that stops leaves its jobs to the
// other.
func TestRunnersShareJobs(t *testing.T) {
	t.Parallel()
	b, other := newPair(t)
	var done atomic.Int64
	finished := make(chan struct{})
	const count = 30
	do := func(_ context.Context, j jobs.Job) error {
		if done.Add(1) == count {
			close(finished)
		}
		return nil
	}
	hold := make(chan struct{})
	first, stop := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() {
		ended <- b.runner(b.DB, func(ctx context.Context, _ jobs.Job) error {
			<-hold
			<-ctx.Done()
			return errors.New("the process stops")
		}).Run(first)
	}()
	for range count {
		b.enqueue(jobs.Job{Kind: "test", Mutuality: "141"})
	}
	b.eventually("jobs are leased", func() bool { return b.leased() > 0 })
	close(hold)
	stop()
	<-ended
	second, stop := context.WithCancel(context.Background())
	defer stop()
	go func() { ended <- b.runner(other, do).Run(second) }()
	select {
	case <-finished:
	case <-time.After(time.Minute):
		t.Fatalf("%d of %d jobs done in a minute", done.Load(), count)
	}
	b.eventually("no job waits", func() bool {
		f, err := b.Waiting(t.Context())
		return err == nil && f.Waiting == 0
	})
	stop()
	<-ended
	if done.Load() != count {
		t.Errorf("%d jobs were done, want %d", done.Load(), count)
	}
}
