package store_test

import (
	"slices"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/jobs"
	"guichet.example/portal/office"
	"guichet.example/portal/renewal"
	"guichet.example/portal/requests"
	"guichet.example/portal/rescue"
	"guichet.example/signing"
)

func TestRenewals(t *testing.T) {
	for name, open := range map[string]opener{"SQLite": openSQLite, "PostgreSQL": openPostgreSQL} {
		t.Run(name+"/renewed when due", func(t *testing.T) { testRenewal(t, newBed(t, open)) })
		t.Run(name+"/a wait that ends badly", func(t *testing.T) { testEndedWait(t, newBed(t, open)) })
		t.Run(name+"/waits are listed", func(t *testing.T) { testRescues(t, newBed(t, open)) })
	}
}

const year = 365 * 24 * time.Hour

// raisedTo brings a fresh document to B-LTA, whose timestamp holds so long.
func (b *bed) raisedTo(login auth.Login, holds time.Duration) (doc string) {
	b.t.Helper()
	_, doc = b.signed(login)
	due, err := b.DueDocument(b.t.Context(), login, doc)
	if err != nil {
		b.t.Fatal(err)
	}
	now := b.clock.Now()
	err = b.Raised(b.t.Context(), requests.Raised{Raise: due, PDF: append(slices.Clone(due.PDF), "archive"...), Level: signing.LevelLTA,
		Holds: now.Add(holds), Stamped: now})
	if err != nil {
		b.t.Fatal(err)
	}
	return doc
}

func (b *bed) window() renewal.Window {
	return renewal.Window{Now: b.clock.Now(), Before: 180 * 24 * time.Hour}
}

func testRenewal(t *testing.T, b *bed) {
	ctx := t.Context()
	doc := b.raisedTo(b.claire, 5*year)
	b.raisedTo(b.bram, 20*year)
	short := b.raisedTo(b.bram, 90*24*time.Hour) // shorter than the margin
	queue := func(want int) {
		t.Helper()
		if n, err := b.QueueRenewals(ctx, "141", b.window(), time.Second, 100); err != nil || n != want {
			t.Fatalf("QueueRenewals = %d, %v, want %d", n, err, want)
		}
	}
	queue(0)
	b.clock.add(61 * 24 * time.Hour)
	queue(1) // two thirds of the short one are over
	queue(0) // it has its job
	if list, err := b.DueRenewals(ctx, "141", b.window(), renewal.Name{}, 10); err != nil || len(list) != 1 || list[0].Document != short {
		t.Fatalf("DueRenewals = %v, %v", list, err)
	}
	b.clock.add(5*year - 61*24*time.Hour - 100*24*time.Hour)
	queue(1)
	if known, stopped, err := b.CountRenewals(ctx, "141", ""); err != nil || known != 3 || stopped != 0 {
		t.Errorf("CountRenewals = %d, %d, %v", known, stopped, err)
	}
	_, err := b.LeaseRenewal(ctx, "141", b.window(), renewal.Name{Member: b.claire.Member, Document: "no such"}, time.Minute)
	wantErr(t, "LeaseRenewal of nothing", err, jobs.ErrNotFound)
	early := b.window()
	early.Before = 0
	_, err = b.LeaseRenewal(ctx, "141", early, renewal.Name{Member: b.claire.Member, Document: doc}, time.Minute)
	wantErr(t, "LeaseRenewal of what is not due", err, jobs.ErrNotFound)
	name := renewal.Name{Member: b.claire.Member, Document: doc}
	j, err := b.LeaseRenewal(ctx, "141", b.window(), name, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.LeaseRenewal(ctx, "141", b.window(), name, time.Minute)
	wantErr(t, "LeaseRenewal twice", err, jobs.ErrLeaseLost)
	d, err := b.Renewal(ctx, j)
	if err != nil || d.Version != 2 || d.Holds.IsZero() || d.Stamped.IsZero() {
		t.Fatalf("Renewal = version %d, holds %v, %v", d.Version, d.Holds, err)
	}
	now := b.clock.Now()
	o := renewal.Outcome{Document: d, PDF: append(slices.Clone(d.PDF), "renewed"...), Level: signing.LevelLTA, Holds: now.Add(5 * year), Stamped: now}
	// Whoever lost the lease writes nothing.
	lost := o
	lost.Job.Lease = "another"
	wantErr(t, "Renewed without the lease", b.Renewed(ctx, lost), jobs.ErrLeaseLost)
	if got, _ := b.Open(ctx, b.claire, doc, 0); string(got) != string(d.PDF) {
		t.Error("a lost lease wrote a version")
	}
	if err := b.Renewed(ctx, o); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "Renewed twice", b.Renewed(ctx, o), jobs.ErrLeaseLost)
	// Another process had it on its list before it was renewed.
	_, err = b.LeaseRenewal(ctx, "141", b.window(), name, time.Minute)
	wantErr(t, "LeaseRenewal of what was renewed", err, jobs.ErrNotFound)
	for version, want := range map[int][]byte{0: o.PDF, 2: d.PDF, 3: o.PDF} {
		if got, err := b.Open(ctx, b.claire, doc, version); err != nil || string(got) != string(want) {
			t.Errorf("version %d has %d bytes, %v, want %d", version, len(got), err, len(want))
		}
	}
	if rows := b.audited(audit.RenewDocument); len(rows) != 3 { // one for each refusal
		t.Errorf("audit rows: %v", rows)
	}
	w := b.window()
	if w.All = true; true {
		list, err := b.DueRenewals(ctx, "141", w, renewal.Name{}, 10)
		if err != nil || len(list) != 2 {
			t.Errorf("all but what was stamped today: %v, %v", list, err)
		}
	}
}

// A card that ran out before its status was had: the request ends with its cause, the office
// has a task, and nothing of it waits any more.
func testEndedWait(t *testing.T, b *bed) {
	ctx := t.Context()
	administrator := auth.Officer{Mutuality: "141", ID: "officer", Session: "s"}
	id := b.frozen(b.claire)
	c := b.completion(b.prepared(b.claire, id), "value")
	c.State = requests.Pending
	if _, err := b.Complete(ctx, b.claire, c); err != nil {
		t.Fatal(err)
	}
	due, err := b.DueDocument(ctx, b.claire, c.Document)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Raised(ctx, requests.Raised{Raise: due, State: requests.Rejected, Cause: "status: certificate expired", Tell: true}); err != nil {
		t.Fatal(err)
	}
	r, err := b.Request(ctx, b.claire, id)
	if err != nil || r.State != requests.Rejected || r.Reason != "status: certificate expired" {
		t.Errorf("the request is %s because of %q, %v", r.State, r.Reason, err)
	}
	if tasks, err := b.Queue(ctx, administrator, office.Filter{Kind: office.StuckDocument}, 10); err != nil || len(tasks) != 1 {
		t.Errorf("%d tasks, %v", len(tasks), err)
	}
	if waits, err := b.Rescues(ctx, administrator, "", 10); err != nil || len(waits) != 0 {
		t.Errorf("it still waits: %+v, %v", waits, err)
	}
	_, err = b.DueDocument(ctx, b.claire, c.Document)
	wantErr(t, "DueDocument after the end", err, requests.ErrNotFound)
}

func testRescues(t *testing.T, b *bed) {
	ctx := t.Context()
	administrator := auth.Officer{Mutuality: "141", ID: "officer", Session: "s"}
	_, doc := b.signed(b.claire)
	list := func(want int) []rescue.Item {
		t.Helper()
		items, err := b.Rescues(ctx, administrator, "", 10)
		if err != nil || len(items) != want {
			t.Fatalf("Rescues = %+v, %v, want %d", items, err, want)
		}
		return items
	}
	tasks := func(want int) {
		t.Helper()
		items, err := b.Queue(ctx, administrator, office.Filter{Kind: office.StuckDocument}, 10)
		if err != nil || len(items) != want {
			t.Fatalf("%d tasks, %v, want %d", len(items), err, want)
		}
	}
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
	list(0)
	attempt(requests.Raised{NextTry: b.clock.Now().Add(time.Hour), Cause: "timestamp: no answer"})
	i := list(1)[0]
	if i.Kind != rescue.Raise || i.Reference == "" || i.Cause != rescue.Timestamp || i.Detail != "no answer" || i.Tries != 1 ||
		!i.Next.Equal(b.clock.Now().Add(time.Hour)) || i.Since.IsZero() {
		t.Errorf("it waits as %+v", i)
	}
	tasks(0)
	for range 2 { // the office is told once
		attempt(requests.Raised{NextTry: b.clock.Now().Add(time.Hour), Cause: "timestamp: no answer", Tell: true})
		tasks(1)
	}
	wantErr(t, "RetryRescue in another mutuality", b.RetryRescue(ctx, auth.Officer{Mutuality: "142", ID: "o"}, i.Job), jobs.ErrNotFound)
	if err := b.RetryRescue(ctx, administrator, i.Job); err != nil {
		t.Fatal(err)
	}
	if i := list(1)[0]; !i.Next.Equal(b.clock.Now()) {
		t.Errorf("next try is %v after the button", i.Next)
	}
	attempt(requests.Raised{GivenUp: true, Cause: "unfit: broken"})
	if i := list(1)[0]; !i.Next.IsZero() || i.Cause != rescue.Unfit {
		t.Errorf("given up, it is %+v", i)
	}
	f, err := b.RescueFigures(ctx, "141", b.clock.Now(), time.Hour)
	if err != nil || f.GivenUp != 1 || f.Waiting != 0 {
		t.Errorf("RescueFigures = %+v, %v", f, err)
	}
	_, younger := b.signed(b.claire)
	due, err := b.DueDocument(ctx, b.claire, younger)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Raised(ctx, requests.Raised{Raise: due, GivenUp: true, Cause: "unfit: broken"}); err != nil {
		t.Fatal(err)
	}
	both := list(2) // the oldest first, and on from there
	if both[0].Job != i.Job {
		t.Errorf("the oldest is %s, want %s", both[0].Job, i.Job)
	}
	if rest, err := b.Rescues(ctx, administrator, i.Job, 10); err != nil || len(rest) != 1 || rest[0].Job != both[1].Job {
		t.Errorf("after the oldest: %+v, %v", rest, err)
	}
	if err := b.RetryRescue(ctx, administrator, i.Job); err != nil {
		t.Fatal(err)
	}
	attempt(requests.Raised{Level: signing.LevelLT})
	list(1)
	wantErr(t, "RetryRescue of what is done", b.RetryRescue(ctx, administrator, i.Job), jobs.ErrNotFound)
}
