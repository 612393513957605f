package store_test

import (
	"crypto/sha256"
	"testing"

	"guichet.example/portal/core"
	"guichet.example/portal/store"
)

func TestBroughtSQLite(t *testing.T) { runBroughtSuite(t, openSQLite) }

func TestBroughtPostgreSQL(t *testing.T) {
	t.Parallel()
	runBroughtSuite(t, openPostgreSQL)
}

func runBroughtSuite(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"a payment that went has no lines", testBroughtGone},
		{"a payment that was not stored has no lines", testBroughtUndone},
		{"lines belong to a payment as it became", testBroughtChanged},
		{"lines add up with those before them", testBroughtLines},
		{"rows that were laid out ahead are loaded as they are", testDrafts},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBed(t, open)) })
	}
}

var noPayment = core.Reject{Field: "payment", Reason: core.ReasonNoPayment}

func testBroughtGone(t *testing.T, b *bed) {
	b.load(payment("P1", 100, core.Refund))
	b.takeAway(core.KindPayment, b.delivered(core.KindPayment))
	b.wantLoad(outcome(0, 0, 0, noPayment), line("P1", 1, ofClaire, 100))
}

func testBroughtUndone(t *testing.T, b *bed) {
	ctx := t.Context()
	i, err := b.BeginImport(ctx, "141", core.Import{Kind: core.KindPayment, File: "payments", SHA256: sha256.Sum256(nil), AsOf: b.clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.EndImport(ctx, "141", i.ID, core.ImportRefused); err != nil {
		t.Fatal(err)
	}
	part := core.Part{Batch: core.Batch{Kind: core.KindPayment, Rows: []core.Row{payment("P1", 100, core.Refund)}}, LineOf: []int64{1}, Lines: 1, Bytes: 10}
	if _, err := b.LoadPart(ctx, "141", i.ID, part); err == nil {
		t.Fatal("a part of a file that was refused is taken in")
	}
	b.wantLoad(outcome(0, 0, 0, noPayment), line("P1", 1, ofClaire, 100))
}

func testBroughtChanged(t *testing.T, b *bed) {
	b.load(payment("P1", 100, core.Refund), payment("P2", 100, core.Refund))
	b.load(payment("P1", 200, core.Refund))
	sum := core.Reject{Field: "refund", Reason: core.ReasonPaymentSum}
	b.wantLoad(outcome(0, 0, 0, sum), line("P1", 1, ofClaire, 100))
	b.wantLoad(outcome(1, 0, 0), line("P1", 1, ofClaire, 200))
	moved := payment("P2", 100, core.Refund)
	moved.Member, moved.Treated = ofBram, day("2026-11-05")
	b.load(moved)
	b.wantLoad(outcome(1, 0, 0), line("P2", 1, ofBram, 100))
	if gone := b.takeAway(core.KindPayment, b.delivered(core.KindPayment, []string{"P1"})); gone.Removed != 1 {
		t.Errorf("%d payments went", gone.Removed)
	}
	b.wantLoad(outcome(1, 0, 0), moved)
	b.wantLoad(outcome(1, 0, 0), line("P2", 1, ofBram, 100)) // its line had gone with it
}

func testBroughtLines(t *testing.T, b *bed) {
	b.load(payment("P1", 300, core.Refund))
	b.wantLoad(outcome(2, 0, 0), line("P1", 1, ofClaire, 100), line("P1", 2, ofBram, 200))
	b.wantLoad(outcome(0, 0, 2), line("P1", 1, ofClaire, 100), line("P1", 2, ofBram, 200))
	b.wantLoad(outcome(0, 0, 0, core.Reject{Field: "refund", Reason: core.ReasonPaymentSum}), line("P1", 3, ofClaire, 300))
	b.wantLoad(outcome(0, 2, 0), line("P1", 1, ofClaire, 50), line("P1", 2, ofBram, 250))
}

// testDrafts: a draft is loaded as often as its rows are, and is not taken for other rows.
func testDrafts(t *testing.T, b *bed) {
	rows, changed := oneOfEach()
	for _, kind := range core.Kinds() {
		batch := core.Batch{Kind: kind, Rows: rows[kind]}
		batch.Draft = store.Draft(batch)
		if batch.Draft.Of() != kind {
			t.Errorf("a draft of %s is one of %s", kind, batch.Draft.Of())
		}
		load := func(want core.Outcome) {
			t.Helper()
			got, err := b.Load(t.Context(), "141", batch)
			if err != nil || got.Added != want.Added || got.Unchanged != want.Unchanged || got.Changed != want.Changed || len(got.Rejects) != 0 {
				t.Errorf("%s: %+v, %v, want %+v", kind, got, err, want)
			}
		}
		load(outcome(len(batch.Rows), 0, 0))
		load(outcome(0, 0, len(batch.Rows)))
		batch.Rows = changed[kind] // of other rows now
		load(outcome(0, len(batch.Rows), 0))
		b.load(rows[kind]...)
	}
}

// What another server did to payments is seen by the one that brought them.
func TestBroughtIsChangedElsewhere(t *testing.T) {
	t.Parallel()
	b, other := newPair(t)
	elsewhere := *b
	elsewhere.DB = other
	b.load(payment("P1", 100, core.Refund), payment("P2", 100, core.Refund), payment("P3", 100, core.Refund))
	elsewhere.load(payment("P1", 200, core.Refund))
	elsewhere.load(line("P2", 1, ofClaire, 100))
	sum := core.Reject{Field: "refund", Reason: core.ReasonPaymentSum}
	b.wantLoad(outcome(0, 0, 0, sum), line("P1", 1, ofClaire, 100))
	b.load(payment("P4", 100, core.Refund))
	b.wantLoad(outcome(0, 0, 1), line("P2", 1, ofClaire, 100))
	b.load(payment("P5", 100, core.Refund))
	elsewhere.takeAway(core.KindPayment, b.delivered(core.KindPayment, []string{"P1"}, []string{"P2"}))
	b.wantLoad(outcome(0, 0, 0, noPayment), line("P5", 1, ofClaire, 100))
}
