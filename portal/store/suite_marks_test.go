package store_test

import (
	"bytes"
	"database/sql"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"guichet.example/portal/audit"
	"guichet.example/portal/store"
	"guichet.example/portal/vault"
)

// Somebody writes into the database and has none of the keys. No head was noted elsewhere.
func TestMarksSQLite(t *testing.T) { runMarks(t, openSQLite) }

func TestMarksPostgreSQL(t *testing.T) {
	t.Parallel()
	runMarks(t, openPostgreSQL)
}

func runMarks(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, opener)
	}{
		{"what was forged is found", testForgedTrail},
		{"a server that begins covers nothing", testForgedBeforeStart},
		{"another installation's trail is not ours", testForeignTrail},
		{"a trail without marks begins anew, and heads tell", testStrippedTrail},
		{"all put back to what it was, heads tell", testTrailPutBack},
		{"an older program's trail stays and goes on", testOlderTrail},
		{"a trail that is being written holds", testLiveTrail},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open) })
	}
}

// trail is all that the database holds of it, as somebody sees and writes it behind the
// store's back.
type trail struct {
	t     *testing.T
	raw   *sql.DB
	post  bool
	rows  []audit.Entry
	marks map[string]mark // by chain; the roll under ""
}

type mark struct {
	seq int64
	mac []byte
}

// forger opens the trail of a bed. Triggers hold nobody back who owns the tables.
func (b *bed) forger(t *testing.T) *trail {
	t.Helper()
	address, post := databases.Load(b.cfg.Path)
	f := &trail{t: t, post: post}
	if post {
		f.raw = peekDatabase(t, address.(string))
		mustExec(t, f.raw, `ALTER TABLE audit DISABLE TRIGGER ALL`)
	} else {
		f.raw = peek(t, b.cfg.Path)
		mustExec(t, f.raw, `DROP TRIGGER IF EXISTS audit_no_update`)
		mustExec(t, f.raw, `DROP TRIGGER IF EXISTS audit_no_delete`)
	}
	f.read(b.DB)
	return f
}

func (f *trail) exec(query string, args ...any) {
	f.t.Helper()
	if f.post {
		query = store.Numbered(query)
	}
	if _, err := f.raw.Exec(query, args...); err != nil {
		f.t.Fatalf("%s: %v", query, err)
	}
}

func (f *trail) read(db *store.DB) {
	f.t.Helper()
	f.rows, f.marks = nil, map[string]mark{}
	err := db.AuditRows(f.t.Context(), func(e audit.Entry) error {
		f.rows = append(f.rows, e)
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	rows, err := f.raw.Query(`SELECT chain, seq, mac FROM audit_marks UNION ALL SELECT '', chains, mac FROM audit_roll`)
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var chain string
		var m mark
		if err := rows.Scan(&chain, &m.seq, &m.mac); err != nil {
			f.t.Fatal(err)
		}
		f.marks[chain] = m
	}
	if err := rows.Err(); err != nil {
		f.t.Fatal(err)
	}
}

// copy is the trail as it is now, to be put back.
func (f *trail) copy() trail {
	c := *f
	c.rows, c.marks = slices.Clone(f.rows), maps.Clone(f.marks)
	return c
}

// write puts the trail into the database in place of what is there.
func (f *trail) write() {
	f.t.Helper()
	for _, table := range []string{"audit", "audit_marks", "audit_roll"} {
		f.exec(`DELETE FROM ` + table)
	}
	for _, e := range f.rows {
		f.exec(`INSERT INTO audit (chain, seq, at, mutuality, member, actor, session, method, assurance, action, object, outcome, request_id, reason, prev, hash)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, e.Chain, e.Seq, e.At.UnixMicro(), e.Mutuality, e.Member, e.Actor, e.Session,
			e.Method, e.Assurance, string(e.Action), e.Object, string(e.Outcome), e.RequestID, e.Reason, e.Prev[:], e.Hash[:])
	}
	for chain, m := range f.marks {
		if chain == "" {
			f.exec(`INSERT INTO audit_roll (one, chains, mac) VALUES (1, ?, ?)`, m.seq, m.mac)
		} else {
			f.exec(`INSERT INTO audit_marks (chain, seq, mac) VALUES (?, ?, ?)`, chain, m.seq, m.mac)
		}
	}
}

// rehash builds all chains anew, with the links between them: it takes no key.
func (f *trail) rehash() {
	heads, fresh := map[string]audit.Head{}, map[[32]byte][32]byte{}
	for i, e := range f.rows {
		before, begun := heads[e.Chain]
		if !begun {
			before = audit.Head{Chain: e.Chain, Hash: e.Prev}
			if hash, linked := fresh[e.Prev]; linked {
				before.Hash = hash
			}
		}
		f.rows[i], heads[e.Chain] = before.Next(e)
		fresh[e.Hash] = f.rows[i].Hash
	}
}

// chains are the ids, oldest first.
func (f *trail) chains() []string {
	var ids []string
	for _, e := range f.rows {
		if e.Seq == 1 {
			ids = append(ids, e.Chain)
		}
	}
	return ids
}

// keep leaves the rows for which it says so.
func (f *trail) keep(which func(audit.Entry) bool) {
	f.rows = slices.DeleteFunc(f.rows, func(e audit.Entry) bool { return !which(e) })
}

// older makes all rows those of a program that knows of no marks.
func (f *trail) older() {
	clear(f.marks)
	for i := range f.rows {
		if f.rows[i].Action == audit.Start {
			f.rows[i].Method = ""
		}
	}
	f.rehash()
}

// verdict is what VerifyAudit says.
func (b *bed) verdict(anchors []audit.Anchor) audit.Report {
	b.t.Helper()
	report, marked, err := b.VerifyAudit(b.t.Context(), anchors)
	if err != nil || !marked {
		b.t.Fatalf("VerifyAudit = %t, %v", marked, err)
	}
	return report
}

// lived is a bed whose store was closed in order, killed and opened again: three chains.
func lived(t *testing.T, open opener) *bed {
	t.Helper()
	b := newBed(t, open)
	b.cfg.Anchors = ""
	b.signed(b.claire)
	b.reopen()
	b.signed(b.claire)
	b.reopen()
	b.signed(b.bram)
	if report := b.verdict(nil); !report.Valid() || report.Vouched.Chains != 3 {
		t.Fatalf("before: %+v", report)
	}
	return b
}

func testForgedTrail(t *testing.T, open opener) {
	b := lived(t, open)
	f := b.forger(t)
	ids := f.chains()
	first, newest := ids[0], ids[2]
	blame := func(chain string, seq int64) {
		i := slices.IndexFunc(f.rows, func(e audit.Entry) bool { return e.Chain == chain && e.Seq == seq })
		f.rows[i].Actor = "somebody"
		f.rehash()
	}
	last := f.marks[newest].seq
	as := f.copy()
	for name, change := range map[string]func(){
		"the tail rewritten":             func() { blame(newest, last-2) },
		"the last row rewritten":         func() { blame(newest, last) },
		"all rewritten":                  func() { blame(first, 2) },
		"a start row rewritten":          func() { blame(newest, 1) },
		"rewritten, the mark taken away": func() { blame(newest, last); delete(f.marks, newest) },
		"rewritten, no marks":            func() { blame(newest, last); clear(f.marks) },
		"rewritten, as an older program": func() { blame(newest, last); f.older() },
		"rewritten, the roll alone left": func() { f.older(); f.marks[""] = as.marks[""] },
		"cut off":                        func() { f.keep(func(e audit.Entry) bool { return e.Chain != newest || e.Seq < last-1 }) },
		"cut off, the mark told so": func() {
			f.keep(func(e audit.Entry) bool { return e.Chain != newest || e.Seq < last })
			f.marks[newest] = mark{last - 1, f.marks[newest].mac}
		},
		"the newest chain taken out": func() {
			f.keep(func(e audit.Entry) bool { return e.Chain != newest })
			delete(f.marks, newest)
		},
		"the newest chain taken out, the roll told so": func() {
			f.keep(func(e audit.Entry) bool { return e.Chain != newest })
			delete(f.marks, newest)
			f.marks[""] = mark{2, f.marks[""].mac}
		},
		"the newest mark taken away, the roll told so": func() {
			delete(f.marks, newest)
			f.marks[""] = mark{2, f.marks[""].mac}
		},
		"the oldest chain taken out": func() {
			f.keep(func(e audit.Entry) bool { return e.Chain != first })
			delete(f.marks, first)
			f.marks[""] = mark{2, f.marks[""].mac}
			f.rehash()
		},
		"no roll":                   func() { delete(f.marks, "") },
		"a mark for another":        func() { f.marks[newest] = f.marks[ids[1]] },
		"marks change places":       func() { f.marks[newest], f.marks[ids[1]] = f.marks[ids[1]], f.marks[newest] },
		"a mark no longer than one": func() { f.marks[newest] = mark{last, []byte{1}} },
		"a row added": func() {
			e, _ := audit.Head{Chain: newest, Seq: last, Hash: f.rows[len(f.rows)-1].Hash}.Next(f.rows[len(f.rows)-1])
			f.rows = append(f.rows, e)
		},
		"a row added, the mark told so": func() {
			e, _ := audit.Head{Chain: newest, Seq: last, Hash: f.rows[len(f.rows)-1].Hash}.Next(f.rows[len(f.rows)-1])
			f.rows, f.marks[newest] = append(f.rows, e), mark{last + 1, f.marks[newest].mac}
		},
		"a chain added": func() {
			tail := f.rows[len(f.rows)-1]
			e, _ := audit.Begin(newest+"z", audit.Head{Chain: newest, Seq: last, Hash: tail.Hash}, tail.At, "")
			e.Method = ""
			f.rows = append(f.rows, e)
			f.rehash()
		},
	} {
		change()
		f.write()
		if report := b.verdict(nil); report.Valid() {
			t.Errorf("%s: not found", name)
		}
		*f = as.copy()
	}
	f.write()
	if report := b.verdict(nil); !report.Valid() {
		t.Errorf("all undone: %v", report.Faults)
	}
}

// testForgedBeforeStart: a server begins on a trail that was forged while none ran. It says
// so in its first row, and what was done is found after it as before.
func testForgedBeforeStart(t *testing.T, open opener) {
	for name, forge := range map[string]func(f *trail, newest string){
		"rewritten": func(f *trail, newest string) {
			f.rows[len(f.rows)-2].Actor = audit.System
			f.rehash()
		},
		"cut off": func(f *trail, newest string) { f.rows = f.rows[:len(f.rows)-3] },
		"taken out": func(f *trail, newest string) {
			f.keep(func(e audit.Entry) bool { return e.Chain != newest })
			delete(f.marks, newest)
		},
		"taken out, the roll told so": func(f *trail, newest string) {
			f.keep(func(e audit.Entry) bool { return e.Chain != newest })
			delete(f.marks, newest)
			f.marks[""] = mark{2, f.marks[""].mac}
		},
		"no roll": func(f *trail, newest string) { delete(f.marks, "") },
	} {
		var log bytes.Buffer
		b := lived(t, open)
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		b.cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
		b.DB = open(t, readOnly(b.cfg))
		f := b.forger(t)
		forge(f, f.chains()[2])
		f.write()
		b.DB = open(t, b.cfg)
		for range 2 { // the next one covers nothing either
			if report := b.verdict(nil); report.Valid() {
				t.Errorf("%s: not found after a start", name)
			}
			b.signed(b.claire)
			b.DB.Close()
			b.DB = open(t, b.cfg)
		}
		starts := 0
		f.read(b.DB)
		for _, e := range f.rows {
			if e.Action == audit.Start && strings.HasPrefix(e.Reason, "mark: ") {
				starts++
			}
		}
		if starts == 0 || !strings.Contains(log.String(), "not as it was marked") {
			t.Errorf("%s: %d first rows tell of it; log: %s", name, starts, log.String())
		}
	}
}

func readOnly(cfg store.Config) store.Config {
	cfg.ReadOnly = true
	return cfg
}

// testForeignTrail puts all that another installation wrote, under keys of its own, in
// place of ours.
func testForeignTrail(t *testing.T, open opener) {
	b, other := lived(t, open), lived(t, open)
	f, theirs := b.forger(t), other.forger(t)
	f.rows, f.marks = theirs.rows, theirs.marks
	f.write()
	if report := b.verdict(nil); report.Valid() {
		t.Error("another installation's trail is taken for ours")
	}
	keys, err := vault.NewKeys(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := readOnly(other.cfg)
	cfg.Keys = keys
	other.DB = open(t, cfg)
	if report := other.verdict(nil); report.Valid() {
		t.Error("a trail holds under other keys")
	}
	cfg.Keys = nil
	other.DB = open(t, cfg)
	if report, marked, err := other.VerifyAudit(t.Context(), nil); err != nil || marked || !report.Valid() {
		t.Errorf("without keys: %+v, %t, %v", report, marked, err)
	}
}

// testStrippedTrail: with all marks gone and every row as an older program would have
// written it, a server begins anew; the trail is bound from there on and says so, and a head
// noted before tells the rest.
func testStrippedTrail(t *testing.T, open opener) {
	b := lived(t, open)
	f := b.forger(t)
	newest := f.rows[len(f.rows)-1]
	noted := []audit.Anchor{{At: noon, Head: audit.Head{Chain: newest.Chain, Seq: newest.Seq, Hash: newest.Hash}}}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	f.older()
	f.write()
	b.DB = open(t, b.cfg)
	report := b.verdict(nil)
	if from := report.Vouched; from.Chains != 1 || from.From <= newest.Chain || from.Since.IsZero() {
		t.Errorf("bound to the key: %+v, want the newest chain alone", from)
	}
	if report := b.verdict(noted); report.Valid() {
		t.Error("the head that was noted finds nothing")
	}
}

// testTrailPutBack is what marks do not find: an older state, whole.
func testTrailPutBack(t *testing.T, open opener) {
	b := lived(t, open)
	f := b.forger(t)
	as := f.copy()
	b.signed(b.claire)
	f.read(b.DB)
	newest := f.rows[len(f.rows)-1]
	noted := []audit.Anchor{{At: noon, Head: audit.Head{Chain: newest.Chain, Seq: newest.Seq, Hash: newest.Hash}}}
	as.write()
	if report := b.verdict(nil); !report.Valid() {
		t.Errorf("an older state does not hold in itself: %v", report.Faults)
	}
	if report := b.verdict(noted); report.Valid() {
		t.Error("the head that was noted finds nothing")
	}
	b.signed(b.claire) // by the server that runs, and knows better
	if report := b.verdict(nil); report.Valid() {
		t.Error("put back under a server that runs: not found")
	}
}

// testOlderTrail: what an older program wrote verifies as before, also what it adds while
// newer ones run; one that it begins later is named by its head, or is nobody's.
func testOlderTrail(t *testing.T, open opener) {
	b := lived(t, open)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b.DB = open(t, readOnly(b.cfg))
	f := b.forger(t)
	f.older()
	last := f.rows[len(f.rows)-1]
	if last.Action == audit.Stop { // it runs still
		f.rows = f.rows[:len(f.rows)-1]
	}
	f.write()
	tail := f.rows[len(f.rows)-1]
	head := audit.Head{Chain: tail.Chain, Seq: tail.Seq, Hash: tail.Hash}
	old := len(f.rows)

	b.DB = open(t, b.cfg)
	b.signed(b.claire)
	f.read(b.DB)
	next, head := head.Next(audit.Entry{At: noon, Actor: audit.System, Action: audit.Import, Outcome: audit.Done})
	f.rows = slices.Insert(f.rows, old, next)
	f.write()
	report := b.verdict([]audit.Anchor{{At: noon, Head: head}})
	if !report.Valid() || report.Vouched.Chains != 1 || report.Vouched.From <= tail.Chain {
		t.Errorf("an older program's chain goes on: %v, %+v", report.Faults, report.Vouched)
	}
	b.reopen()
	f.read(b.DB)
	tail = f.rows[len(f.rows)-1]
	late, _ := audit.Begin(tail.Chain+"z", audit.Head{Chain: tail.Chain, Seq: tail.Seq, Hash: tail.Hash}, noon, "an older program")
	late.Method = ""
	f.rows = append(f.rows, late)
	f.rehash()
	f.write()
	if report := b.verdict(nil); report.Valid() {
		t.Error("a chain without a mark that no head names holds")
	}
	late = f.rows[len(f.rows)-1]
	report = b.verdict([]audit.Anchor{{At: noon, Head: audit.Head{Chain: late.Chain, Seq: 1, Hash: late.Hash}}})
	if !report.Valid() || !slices.Equal(report.Vouched.Unmarked, []string{late.Chain}) {
		t.Errorf("with its head: %v, %+v", report.Faults, report.Vouched)
	}
	b.reopen()
	if report := b.verdict(nil); report.Vouched.Chains != 3 {
		t.Errorf("a newer program after it: %+v", report.Vouched)
	}
}

// testLiveTrail looks again and again while acts are written: what comes meanwhile is no
// fault.
func testLiveTrail(t *testing.T, open opener) {
	b := newBed(t, open)
	var writing sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		writing.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := b.Act(audit.Import); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	var seen int64
	for n := 0; (n < 20 || seen < 50) && !t.Failed(); n++ {
		report := b.verdict(nil)
		if !report.Valid() || report.Vouched.Chains != 1 {
			t.Errorf("while rows are written: %v, %+v", report.Faults, report.Vouched)
		}
		seen = report.Rows
	}
	close(stop)
	writing.Wait()
	if report := b.verdict(nil); !report.Valid() || report.Rows < seen {
		t.Errorf("at the end: %v, %d rows after %d", report.Faults, report.Rows, seen)
	}
}
