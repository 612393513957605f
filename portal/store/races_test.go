package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
)

// soak is how often to do a thing: few times in make test, often in make soak.
func soak(few, often int) int {
	if os.Getenv("GUICHET_SOAK") != "" {
		return often
	}
	return few
}

// together runs n calls at once and returns their errors.
func together(n int, call func(i int) error) []error {
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			errs[i] = call(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return errs
}

// wins counts those that succeeded; the others must have lost in one of the ways given.
func wins(t *testing.T, errs []error, lost ...error) int {
	t.Helper()
	won := 0
	for _, err := range errs {
		fair := err == nil
		for _, l := range lost {
			fair = fair || errors.Is(err, l)
		}
		if !fair {
			t.Errorf("lost with %v", err)
		}
		if err == nil {
			won++
		}
	}
	return won
}

// testRaces lets tabs fight over one request: exactly one wins, and what is
// stored is what the winner was told.
func testRaces(t *testing.T, b *bed) { raceOn(t, b, soak(100, 1000), b.DB, b.DB) }

// raceOn is testRaces with the tabs on two servers.
func raceOn(t *testing.T, b *bed, rounds int, one, two *store.DB) {
	ctx := context.Background()
	open := []requests.State{requests.ToSign}
	lost := []error{requests.ErrNotOpen, requests.ErrChanged, requests.ErrAnotherValue}
	for round := range rounds {
		id := b.frozen(b.claire)
		p1, p2 := b.prepared(b.claire, id), b.prepared(b.claire, id)
		c1, c2, c3 := b.completion(p1, "one"), b.completion(p2, "two"), b.completion(p1, "three")
		late := b.preparation(id)
		var prepared error
		errs := together(6, func(i int) (err error) {
			switch i {
			case 0:
				_, err = one.Complete(ctx, b.claire, c1)
			case 1:
				_, err = two.Complete(ctx, b.claire, c2)
			case 2:
				_, err = two.Complete(ctx, b.claire, c3)
			case 3:
				err = one.Move(ctx, b.claire, id, open, requests.Declined, "no")
			case 4:
				err = two.Move(ctx, b.claire, id, open, requests.Declined, "also no")
			case 5:
				prepared = two.Prepare(ctx, b.claire, late)
			}
			return err
		})
		if won := wins(t, errs[:5], lost...); won != 1 {
			t.Fatalf("round %d: %d winners: %v", round, won, errs)
		}
		wins(t, []error{prepared}, requests.ErrNotOpen)
		r, err := b.Request(ctx, b.claire, id)
		if err != nil {
			t.Fatal(err)
		}
		for i, doc := range []string{c1.Document, c2.Document, c3.Document} {
			_, err := b.Document(ctx, b.claire, doc)
			if won := errs[i] == nil; won != (err == nil) || won != (r.Document == doc) || !won && !errors.Is(err, documents.ErrNotFound) {
				t.Fatalf("round %d: completion %d won %v, document: %v, request: %+v", round, i, won, err, r)
			}
		}
		if declined := errs[3] == nil || errs[4] == nil; declined != (r.State == requests.Declined) || r.Revision != 2 {
			t.Fatalf("round %d: declined %v, request %+v", round, declined, r)
		}
	}
	ends := map[string]int{}
	for _, e := range b.rows() {
		if e.Outcome == audit.Done && (e.Action == audit.CompleteRequest || e.Action == audit.DeclineRequest) {
			ends[string(e.Action)]++
		}
	}
	if sum := ends[string(audit.CompleteRequest)] + ends[string(audit.DeclineRequest)]; sum != rounds {
		t.Errorf("%d ends in the audit trail: %v", sum, ends)
	}
	t.Log(fmt.Sprint(ends))
}
