package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/documents"
	"guichet.example/portal/jobs"
	"guichet.example/portal/requests"
	"guichet.example/portal/rescue"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

func testCompleteRefuses(t *testing.T, b *bed) {
	ctx := t.Context()
	_, err := b.Complete(ctx, b.claire, b.completion("none", "v"))
	wantErr(t, "Complete of nothing", err, requests.ErrNotFound)

	late := b.prepared(b.claire, b.frozen(b.claire))
	c := b.completion(late, "v")
	c.At = c.At.Add(requests.PreparationLife)
	_, err = b.Complete(ctx, b.claire, c)
	wantErr(t, "Complete too late", err, requests.ErrPreparationExpired)

	id := b.frozen(b.claire)
	declined := b.prepared(b.claire, id)
	if err := b.Move(ctx, b.claire, id, []requests.State{requests.ToSign}, requests.Declined, "no"); err != nil {
		t.Fatal(err)
	}
	_, err = b.Complete(ctx, b.claire, b.completion(declined, "v"))
	wantErr(t, "Complete of a declined request", err, requests.ErrNotOpen)

	for name, change := range map[string]func(*requests.Completion){
		"no PDF":      func(c *requests.Completion) { c.PDF = nil },
		"huge PDF":    func(c *requests.Completion) { c.PDF = make([]byte, rescue.MaxPDF+1) },
		"other state": func(c *requests.Completion) { c.State = requests.Accepted },
		"bad id":      func(c *requests.Completion) { c.Document = "a b" },
	} {
		c := b.completion(late, "v")
		change(&c)
		if _, err := b.Complete(ctx, b.claire, c); err == nil {
			t.Errorf("%s: completed", name)
		}
	}

	changed := b.prepared(b.claire, b.frozen(b.claire))
	other := claireAccount
	other.IBAN = newIBAN
	if err := b.ChangeAccount(ctx, "141", claire.ID, other); err != nil {
		t.Fatal(err)
	}
	_, err = b.Complete(ctx, b.claire, b.completion(changed, "v"))
	wantErr(t, "Complete after the account changed", err, requests.ErrChanged)

	if list, _ := b.Documents(ctx, b.claire, documents.Filter{}, "", 10); len(list) != 0 {
		t.Errorf("%d documents after refusals alone", len(list))
	}
	if got := b.audited(audit.CompleteRequest); len(got) != 4 || got[1] != "refused preparation/"+late+" preparation expired" {
		t.Errorf("audit rows: %q", got)
	}
}

func testCompleteAgain(t *testing.T, b *bed) {
	ctx := t.Context()
	id := b.frozen(b.claire)
	one, two := b.prepared(b.claire, id), b.prepared(b.claire, id)
	first, err := b.Complete(ctx, b.claire, b.completion(one, "value"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		b.clock.add(time.Hour)
		again, err := b.Complete(ctx, b.claire, b.completion(one, "value"))
		if err != nil || again.Document != first.Document || again.ID != id || again.State != requests.Signed || !again.SignedAt.Equal(first.SignedAt) {
			t.Errorf("the same value again = %+v, %v, want %+v", again, err, first)
		}
		_, err = b.Complete(ctx, b.claire, b.completion(one, "another value"))
		wantErr(t, "another value", err, requests.ErrAnotherValue)
		_, err = b.Complete(ctx, b.claire, b.completion(two, "value"))
		wantErr(t, "the other tab's preparation", err, requests.ErrNotOpen)
		b.reopen()
	}
	p, err := b.Preparation(ctx, b.claire, one)
	if err != nil || !p.Done || p.Document != first.Document || p.Prepared == nil {
		t.Errorf("Preparation = %+v, %v", p, err)
	}
	if list, _ := b.Documents(ctx, b.claire, documents.Filter{}, "", 10); len(list) != 1 {
		t.Errorf("%d documents, want 1", len(list))
	}
	done := 0
	for _, row := range b.audited(audit.CompleteRequest) {
		if row[:4] == "done" {
			done++
		}
	}
	if done != 1 {
		t.Errorf("%d audit rows of completion, want 1", done)
	}
}

func testComplete(t *testing.T, b *bed) {
	ctx := t.Context()
	id := b.frozen(b.claire)
	c := b.completion(b.prepared(b.claire, id), "value")
	r, err := b.Complete(ctx, b.claire, c)
	if err != nil {
		t.Fatal(err)
	}
	if r.State != requests.Signed || r.Document != c.Document || r.Revision != 2 || !r.SignedAt.Equal(c.At) {
		t.Errorf("Complete = %+v", r)
	}
	d, err := b.Document(ctx, b.claire, c.Document)
	if err != nil || d.Request != id || d.Version != 1 || d.Level != signing.LevelB || d.Status != documents.Valid ||
		d.Kind != document.KindBankChange || d.Language != document.FR || d.Size != len(c.PDF) || d.Reference != r.Reference {
		t.Errorf("Document = %+v, %v", d, err)
	}
	for _, version := range []int{0, 1} {
		if pdf, err := b.Open(ctx, b.claire, c.Document, version); err != nil || string(pdf) != string(c.PDF) {
			t.Errorf("Open(%d) = %d bytes, %v", version, len(pdf), err)
		}
	}
	for _, version := range []int{2, -1} {
		_, err := b.Open(ctx, b.claire, c.Document, version)
		wantErr(t, "Open of a version there is not", err, documents.ErrNotFound)
	}
	if got, _ := b.Reveal(ctx, b.claire, bank.Benefits); got != claireAccount {
		t.Errorf("the account is %v before anybody accepted", got)
	}
}

func testPending(t *testing.T, b *bed) {
	for _, tt := range []struct {
		learnt requests.State
		status documents.Status
	}{{requests.Signed, documents.Valid}, {requests.Rejected, documents.Invalid}} {
		id := b.frozen(b.claire)
		c := b.completion(b.prepared(b.claire, id), "value")
		c.State = requests.Pending
		if r, err := b.Complete(t.Context(), b.claire, c); err != nil || r.State != requests.Pending {
			t.Fatalf("Complete = %s, %v", r.State, err)
		}
		if d, _ := b.Document(t.Context(), b.claire, c.Document); d.Status != documents.Checking {
			t.Errorf("status is %s while pending", d.Status)
		}
		due, err := b.DueDocument(t.Context(), b.claire, c.Document)
		if err != nil || !due.Pending || len(due.Signer) != 2 || due.Attempts != 0 {
			t.Fatalf("DueDocument = %+v, %v", due, err)
		}
		if err := b.Raised(t.Context(), requests.Raised{Raise: due, State: tt.learnt, Cause: "card was revoked"}); err != nil {
			t.Fatal(err)
		}
		if got := b.state(b.claire, id); got != tt.learnt {
			t.Errorf("state = %s, want %s", got, tt.learnt)
		}
		if d, _ := b.Document(t.Context(), b.claire, c.Document); d.Status != tt.status || d.Version != 1 {
			t.Errorf("document is %s, version %d, want %s", d.Status, d.Version, tt.status)
		}
		_, err = b.DueDocument(t.Context(), b.claire, c.Document)
		wantErr(t, "DueDocument after the last attempt", err, requests.ErrNotFound)
	}
}

func testDocuments(t *testing.T, b *bed) {
	ctx := t.Context()
	b.signed(b.claire)
	b.clock.add(time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC).Sub(b.clock.Now())) // 2027 in Brussels
	b.signed(b.claire)
	count := func(f documents.Filter) int {
		list, err := b.Documents(ctx, b.claire, f, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	for _, tt := range []struct {
		filter documents.Filter
		want   int
	}{
		{documents.Filter{}, 2},
		{documents.Filter{Year: 2026}, 1},
		{documents.Filter{Year: 2027}, 1},
		{documents.Filter{Year: 2025}, 0},
		{documents.Filter{Kind: document.KindBankChange}, 2},
		{documents.Filter{Kind: document.KindBankChange, Year: 2027}, 1},
		{documents.Filter{Kind: document.KindEHICOrder}, 0},
	} {
		if got := count(tt.filter); got != tt.want {
			t.Errorf("Documents(%+v) = %d rows, want %d", tt.filter, got, tt.want)
		}
	}
	first, err := b.Documents(ctx, b.claire, documents.Filter{Year: 2026}, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	want := []documents.Shelf{{Kind: document.KindBankChange, Method: documents.ByCard, Since: first[0].Created}}
	if got, err := b.Shelves(ctx, b.claire); err != nil || !slices.Equal(got, want) {
		t.Errorf("Shelves = %v, %v, want %v", got, err, want)
	}
	if got, err := b.Shelves(ctx, b.bram); err != nil || len(got) != 0 {
		t.Errorf("Shelves of somebody else = %v, %v", got, err)
	}
}

// due leases the documents whose level is to be raised now, as the runner does.
func (b *bed) due(limit int) ([]requests.Raise, error) {
	ctx := context.Background()
	list, err := b.Lease(ctx, jobs.Order{Now: b.clock.Now(), Life: time.Minute, Kinds: []string{requests.RaiseKind}, Limit: limit})
	var due []requests.Raise
	for _, j := range list {
		r, failed := b.Raise(ctx, j)
		if err = errors.Join(err, failed); failed == nil {
			due = append(due, r)
		}
	}
	return due, err
}

func testRaised(t *testing.T, b *bed) {
	ctx := t.Context()
	_, doc := b.signed(b.claire)
	first, err := b.Open(ctx, b.claire, doc, 0)
	if err != nil {
		t.Fatal(err)
	}
	due, err := b.DueDocument(ctx, b.claire, doc)
	if err != nil || string(due.PDF) != string(first) || due.Version != 1 || due.Pending {
		t.Fatalf("DueDocument = %+v, %v", due, err)
	}
	second := append(slices.Clone(first), "timestamp"...)
	raised := requests.Raised{Raise: due, PDF: second, Level: signing.LevelT, NextTry: b.clock.Now().Add(time.Minute), Cause: "no answer"}
	if err := b.Raised(ctx, raised); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "Raised from the old version", b.Raised(ctx, raised), requests.ErrChanged)
	if list, err := b.due(10); err != nil || len(list) != 0 {
		t.Errorf("due before its time: %d, %v", len(list), err)
	}
	b.clock.add(time.Minute)
	list, err := b.due(10)
	if err != nil || len(list) != 1 || list[0].Attempts != 1 || list[0].Version != 2 || string(list[0].PDF) != string(second) || list[0].Request == "" {
		t.Fatalf("Due = %d, %v", len(list), err)
	}
	third := append(slices.Clone(second), "evidence"...)
	if err := b.Raised(ctx, requests.Raised{Raise: list[0], PDF: third, Level: signing.LevelLT}); err != nil {
		t.Fatal(err)
	}
	d, err := b.Document(ctx, b.claire, doc)
	if err != nil || d.Version != 3 || d.Level != signing.LevelLT || d.Size != len(third) {
		t.Errorf("Document = %+v, %v", d, err)
	}
	for version, want := range map[int][]byte{0: third, 1: first, 2: second, 3: third} {
		if got, err := b.Open(ctx, b.claire, doc, version); err != nil || string(got) != string(want) {
			t.Errorf("Open(%d) = %d bytes, %v, want %d", version, len(got), err, len(want))
		}
	}
	b.clock.add(24 * time.Hour)
	if list, err := b.due(10); err != nil || len(list) != 0 {
		t.Errorf("due with nothing left to do: %d, %v", len(list), err)
	}
}

func testLease(t *testing.T, b *bed) {
	ctx := t.Context()
	_, doc := b.signed(b.claire)
	if list, err := b.due(10); err != nil || len(list) != 0 {
		t.Errorf("a fresh document is taken from who completes it: %d, %v", len(list), err)
	}
	if _, err := b.DueDocument(ctx, b.claire, doc); err != nil {
		t.Fatal(err)
	}
	_, err := b.DueDocument(ctx, b.claire, doc)
	wantErr(t, "DueDocument of a leased one", err, requests.ErrNotFound)
	b.clock.add(59 * time.Second)
	if list, _ := b.due(10); len(list) != 0 {
		t.Error("a leased document is leased again")
	}
	b.clock.add(time.Second)
	got := make([]int, 4)
	together(4, func(i int) error {
		list, err := b.due(10)
		got[i] = len(list)
		return err
	})
	if sum := got[0] + got[1] + got[2] + got[3]; sum != 1 {
		t.Errorf("leased %d times at the end of a lease, want once", sum)
	}
}
