package store_test

import (
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/requests"
	"guichet.example/portal/rescue"
	"guichet.example/signing"
)

// A member's signature that is complete is in line to be renewed, although the job goes on
// for others in the file, and when it was given up for them.
func TestReached(t *testing.T) {
	for name, open := range map[string]opener{"SQLite": openSQLite, "PostgreSQL": openPostgreSQL} {
		t.Run(name, func(t *testing.T) { testReached(t, newBed(t, open)) })
	}
}

func testReached(t *testing.T, b *bed) {
	ctx := t.Context()
	administrator := auth.Officer{Mutuality: "141", ID: "officer", Session: "s"}
	known := func(want int64) {
		t.Helper()
		f, err := b.RescueFigures(ctx, "141", b.clock.Now(), time.Hour)
		if n, _, err := b.CountRenewals(ctx, "141", ""); err != nil || int64(n) != want {
			t.Errorf("%d documents in line, %v, want %d", n, err, want)
		}
		if err != nil || want > 0 && f.Soonest.IsZero() {
			t.Errorf("RescueFigures = %+v, %v", f, err)
		}
	}
	_, doc := b.signed(b.claire)
	attempt := func(r requests.Raised) {
		t.Helper()
		due, err := b.DueDocument(ctx, b.claire, doc)
		if err != nil {
			t.Fatal(err)
		}
		r.Raise = due
		if err := b.Raised(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	now := b.clock.Now()
	attempt(requests.Raised{NextTry: now.Add(time.Hour), Cause: "status: no answer"})
	known(0)
	attempt(requests.Raised{PDF: []byte("%PDF-1.7\narchived\n%%EOF\n"), Level: signing.LevelLTA, Holds: now.Add(5 * year), Stamped: now,
		Reached: true, NextTry: now.Add(time.Hour), Cause: "others: Somebody (Signature2): no answer"})
	known(1)
	attempt(requests.Raised{NextTry: now.Add(time.Hour), Cause: "others: Somebody (Signature2): no answer"})
	known(1) // a second attempt in vain takes nothing away
	items, err := b.Rescues(ctx, administrator, "", 10)
	if err != nil || len(items) != 1 || items[0].Cause != rescue.Others || items[0].Detail != "Somebody (Signature2): no answer" || items[0].Holds.IsZero() {
		t.Fatalf("it waits as %+v, %v", items, err)
	}
	b.clock.add(31 * 24 * time.Hour)
	attempt(requests.Raised{GivenUp: true, Reached: true, Holds: now.Add(5 * year), Stamped: now, Cause: "others: Somebody (Signature2): no answer"})
	known(1)
	if items, err = b.Rescues(ctx, administrator, "", 10); err != nil || len(items) != 1 || !items[0].Next.IsZero() || items[0].Told.IsZero() {
		t.Errorf("given up, it is %+v, %v", items, err)
	}
}
