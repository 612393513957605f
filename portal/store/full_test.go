package store_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
)

// TestFull fills the disk: acts fail whole, reading goes on, its audit rows follow
// when there is room, and nothing needs a restart.
func TestFull(t *testing.T) {
	b := newBed(t, openSQLite)
	ctx := t.Context()
	request, doc := b.signed(b.claire)
	open := b.frozen(b.claire)
	c := b.completion(b.prepared(b.claire, open), "value")
	c.PDF = append(c.PDF, bytes.Repeat([]byte("x"), 1<<20)...)
	before := len(b.rows())

	fill(t, b)
	_, err := b.Complete(ctx, b.claire, c)
	wantErr(t, "Complete on a full disk", err, store.ErrFull)
	big := b.request()
	big.PDF = append(big.PDF, bytes.Repeat([]byte("x"), 1<<20)...)
	big.SHA256 = sum(big.PDF)
	_, err = b.PutRequest(ctx, b.claire, big, "")
	wantErr(t, "PutRequest on a full disk", err, store.ErrFull)

	eatRoom(t, b)
	if s := b.state(b.claire, open); s != requests.ToSign {
		t.Errorf("request is %s", s)
	}
	if _, err := b.Open(ctx, b.claire, doc, 0); err != nil {
		t.Errorf("reading on a full disk: %v", err)
	}
	if err := b.Ping(ctx); err != nil {
		t.Errorf("Ping on a full disk: %v", err)
	}
	if s, _ := b.Stats(ctx); s.Owed != 2 || s.Stopped {
		t.Errorf("%d rows owed, want 2; stopped %v", s.Owed, s.Stopped)
	}

	if _, err := b.MaxPages(1 << 30); err != nil {
		t.Fatal(err)
	}
	if r, err := b.Complete(ctx, b.claire, c); err != nil || r.State != requests.Signed {
		t.Errorf("after room came back: %s, %v", r.State, err)
	}
	if s, _ := b.Stats(ctx); s.Owed != 0 {
		t.Errorf("%d rows still owed", s.Owed)
	}
	late := 0
	for _, e := range b.rows()[before:] {
		if e.Reason == "written late, disk was full; " {
			late++
		}
	}
	if late != 2 {
		t.Errorf("%d rows written late, want 2", late)
	}
	if list, _ := b.Documents(ctx, b.claire, documents.Filter{}, "", 10); len(list) != 2 {
		t.Errorf("%d documents, want 2", len(list))
	}
	if got := b.audited(audit.CompleteRequest); len(got) != 2 {
		t.Errorf("audit rows of completions: %q, want 2", got)
	}
	_ = request
}

// fill leaves the database only the pages it has.
func fill(t *testing.T, b *bed) {
	t.Helper()
	pages, err := b.Pages()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.MaxPages(pages); err != nil || got != pages {
		t.Fatalf("bound is %d, %v, want %d", got, err, pages)
	}
}

// eatRoom writes audit rows until the last page is full.
func eatRoom(t *testing.T, b *bed) {
	t.Helper()
	for range 1000 {
		if err := b.Act(audit.Import); err != nil {
			wantErr(t, "Act", err, store.ErrFull)
			return
		}
	}
	t.Fatal("the disk does not fill")
}

// TestJoin: acts that wait together share a commit, and one that fails takes nobody
// with it.
func TestJoin(t *testing.T) {
	b := newBed(t, openSQLite)
	if err := b.Act("", table); err != nil {
		t.Fatal(err)
	}
	before := b.Commits()
	const acts = 400
	errs := together(acts, func(i int) error {
		switch {
		case i%10 == 3:
			return b.Act(audit.Import, insert(i), `INSERT INTO t VALUES (NULL)`)
		case i%10 == 7:
			return b.Act(audit.Import, insert(i), "panic")
		}
		return b.Act(audit.Import, insert(i))
	})
	for i, err := range errs {
		if bad := i%10 == 3 || i%10 == 7; bad != (err != nil) {
			t.Errorf("act %d: %v", i, err)
		}
	}
	raw := peek(t, b.cfg.Path)
	wantText(t, raw, `SELECT count(*) FROM t`, "320")
	wantText(t, raw, `SELECT count(*) FROM t WHERE n % 10 IN (3, 7)`, "0")
	outcomes := map[audit.Outcome]int{}
	for _, e := range b.rows() {
		if e.Action == audit.Import && e.Member == "" {
			outcomes[e.Outcome]++
		}
	}
	if outcomes[audit.Done] != 320 || outcomes[audit.Failed] != 80 {
		t.Errorf("audit rows: %v", outcomes)
	}
	if commits := b.Commits() - before; commits > acts/2 {
		t.Errorf("%d acts took %d commits", acts, commits)
	}
}

const table = `CREATE TABLE t (n INTEGER NOT NULL UNIQUE)`

// TestJoinOneBroken: 256 acts share one commit, and each kind of failure of one among them
// is that one's alone.
func TestJoinOneBroken(t *testing.T) {
	for engine, open := range map[string]opener{"sqlite": openSQLite, "postgres": openPostgreSQL} {
		for name, statement := range map[string]string{
			"breaks a rule": `INSERT INTO t VALUES (NULL)`, "is no statement": `SELECT FROM WHERE`, "panics": "panic",
		} {
			t.Run(engine+" "+name, func(t *testing.T) {
				t.Parallel()
				c := &clock{now: noon}
				cfg := newConfig(t, c)
				entered, leave := make(chan bool), make(chan bool)
				cfg.Fault = func(point string) {
					if point == store.FaultCommit+" "+string(audit.Share) {
						entered <- true
						<-leave
					}
				}
				joinOneBroken(t, bedOf(t, open, cfg, c), statement, entered, leave)
			})
		}
	}
}

func joinOneBroken(t *testing.T, b *bed, statement string, entered, leave chan bool) {
	const acts, broken = 256, 100
	if err := b.Act("", table); err != nil {
		t.Fatal(err)
	}
	held := make(chan error)
	go func() { held <- b.Act(audit.Share) }() // the writer is busy with it until all others wait
	<-entered
	before, rows := b.Commits(), 0
	go func() {
		b.eventually("all acts wait", func() bool { return b.Waits() == acts })
		leave <- true
	}()
	errs := together(acts, func(i int) error {
		for {
			err := b.Act(audit.Import, append([]string{insert(i)}, []string{statement}[:count(i == broken)]...)...)
			if !errors.Is(err, store.ErrUnavailable) { // who waited too long for its turn: nothing was done
				return err
			}
		}
	})
	if err := <-held; err != nil {
		t.Fatal(err)
	}
	for i, err := range errs {
		if (i == broken) != (err != nil) {
			t.Errorf("act %d: %v", i, err)
		}
	}
	if err := b.Act("", `DELETE FROM t WHERE n = `+itoa(broken)); err != nil { // there is none
		t.Error(err)
	}
	for _, e := range b.rows() {
		if e.Action == audit.Import && e.Member == "" && e.Outcome == audit.Done {
			rows++
		}
	}
	if rows != acts-1 || b.Count("t") != acts-1 {
		t.Errorf("%d rows of the audit trail, %d of the table, want %d of both", rows, b.Count("t"), acts-1)
	}
	if commits := b.Commits() - before; commits > 20 {
		t.Errorf("%d acts that waited together took %d commits", acts, commits)
	}
}

// count is 1 or 0.
func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func insert(i int) string { return "INSERT INTO t VALUES (" + itoa(i) + ")" }

// TestCommitFails: a commit that fails fails all who shared it, and the next one works.
func TestCommitFails(t *testing.T) {
	b := newBed(t, openSQLite)
	before := len(b.rows())
	planted := []string{
		`PRAGMA defer_foreign_keys = ON`,
		`INSERT INTO blobs (mutuality, member, address, sealed) VALUES ('141', 'nobody', x'00', x'00')`,
	}
	errs := together(20, func(i int) error {
		if i == 0 {
			return b.Act(audit.Import, planted...)
		}
		return b.Act(audit.Import)
	})
	if errs[0] == nil {
		t.Error("a commit that breaks a rule is acknowledged")
	}
	done := len(slices.DeleteFunc(errs, func(err error) bool { return err != nil }))
	if got := len(b.rows()) - before; got != done {
		t.Errorf("%d acts acknowledged, %d rows", done, got)
	}
	if err := b.Act(audit.Import); err != nil {
		t.Errorf("the next act: %v", err)
	}
}
