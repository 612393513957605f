package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"guichet.example/auth/webeid"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/documents"
	"guichet.example/portal/signin"
	"guichet.example/portal/store"
)

func TestDamage(t *testing.T) {
	b := newBed(t, openSQLite)
	ctx := t.Context()
	request, doc := b.signed(b.claire)
	bobs, bobsDoc := b.signed(b.bram)
	open := b.frozen(b.claire)
	prep := b.prepared(b.claire, open)
	hash := b.session("a", b.claire)
	b.session("b", b.bram)
	if err := b.Put(ctx, "browser", webeid.Challenge{Nonce: "n", Expires: noon}); err != nil {
		t.Fatal(err)
	}
	who := fmt.Sprintf("mutuality = '141' AND member = '%s'", claire.ID)
	other := strings.Replace(who, string(claire.ID), string(b.bram.Member), 1)
	blobOf := `(SELECT address FROM document_versions WHERE ` + who + `)`
	read := map[string]func() error{
		"document":    func() error { _, err := b.Open(ctx, b.claire, doc, 0); return err },
		"request":     func() error { _, err := b.Request(ctx, b.claire, request); return err },
		"preparation": func() error { _, err := b.Preparation(ctx, b.claire, prep); return err },
		"account":     func() error { _, err := b.Reveal(ctx, b.claire, bank.Benefits); return err },
		"member":      func() error { _, err := b.Member(ctx, b.claire); return err },
		"session":     func() error { _, err := b.Session(ctx, hash, b.clock.Now()); return err },
		"challenge":   func() error { _, err := b.Take(ctx, "browser"); return err },
	}
	for _, tt := range []struct{ name, reads, names, change string }{
		{"bit of a document", "document", doc, `UPDATE blobs SET sealed = ` + flip("sealed", 60) + ` WHERE address = ` + blobOf},
		{"document removed", "document", doc, `DELETE FROM blobs WHERE address = ` + blobOf},
		{"another's document", "document", doc, `UPDATE blobs SET sealed = (SELECT sealed FROM blobs WHERE ` + other + ` LIMIT 1) WHERE address = ` + blobOf},
		{"hash of a document", "document", doc, `UPDATE document_versions SET sha256 = ` + flip("sha256", 3) + ` WHERE ` + who},
		{"bit of a drawn PDF", "request", request, `UPDATE blobs SET sealed = ` + flip("sealed", 60) + ` WHERE address = (SELECT pdf FROM requests WHERE request = '` + request + `')`},
		{"bit of a sheet", "request", request, `UPDATE requests SET sheet_sealed = ` + flip("sheet_sealed", 90) + ` WHERE request = '` + request + `'`},
		{"another's sheet", "request", request, `UPDATE requests SET sheet_sealed = (SELECT sheet_sealed FROM requests WHERE request = '` + bobs + `') WHERE request = '` + request + `'`},
		{"bit of an act", "request", request, `UPDATE requests SET frozen_sealed = ` + flip("frozen_sealed", 90) + ` WHERE request = '` + request + `'`},
		{"another's act", "request", request, `UPDATE requests SET frozen_sealed = (SELECT frozen_sealed FROM requests WHERE request = '` + bobs + `') WHERE request = '` + request + `'`},
		{"bit of a preparation", "preparation", prep, `UPDATE blobs SET sealed = ` + flip("sealed", 60) + ` WHERE address = (SELECT prepared FROM preparations WHERE preparation = '` + prep + `')`},
		{"another's account", "account", "iban", `UPDATE accounts SET iban_sealed = (SELECT iban_sealed FROM accounts WHERE ` + other + `) WHERE ` + who},
		{"an older account", "account", "iban", `UPDATE accounts SET version = version + 1 WHERE ` + who},
		{"another's number", "member", "national-number", `UPDATE members SET number_sealed = (SELECT number_sealed FROM members WHERE ` + other + `) WHERE ` + who},
		{"another's key", "member", "data key", `UPDATE member_keys SET wrapped = (SELECT wrapped FROM member_keys WHERE ` + other + `) WHERE ` + who},
		{"another's login", "session", "login", `UPDATE sessions SET login_sealed = (SELECT login_sealed FROM sessions WHERE ` + other + `) WHERE ` + who},
		{"session given to another", "session", "login", `UPDATE sessions SET member = '` + string(b.bram.Member) + `' WHERE ` + who},
		{"bit of a challenge", "challenge", "challenge", `UPDATE challenges SET sealed = ` + flip("sealed", 30)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			undo := tamper(t, b.cfg.Path, tt.change)
			err := read[tt.reads]()
			if !errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), tt.names) {
				t.Errorf("reading %s: %v, want ErrDamaged naming %q", tt.reads, err, tt.names)
			}
			undo()
			if err := read[tt.reads](); tt.reads != "challenge" && err != nil {
				t.Errorf("after the change was undone: %v", err)
			}
		})
	}
	if _, err := b.Open(ctx, b.bram, bobsDoc, 0); err != nil {
		t.Errorf("the other member's document: %v", err)
	}
	failed := 0
	for _, e := range b.rows() {
		if e.Outcome == audit.Failed && e.Reason == store.ErrDamaged.Error() {
			failed++
		}
	}
	if failed < 9 {
		t.Errorf("%d audit rows of damage", failed)
	}
}

// TestDamagedRowInAList: a row that does not open is a line of its own and hides no
// other; reading it alone fails still.
func TestDamagedRowInAList(t *testing.T) {
	var log bytes.Buffer
	c := &clock{now: noon}
	cfg := newConfig(t, c)
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	b := bedOf(t, openSQLite, cfg, c)
	ctx := audit.WithRequestID(t.Context(), "K7-042")
	first, firstDoc := b.signed(b.claire)
	broken, brokenDoc := b.signed(b.claire)
	last, lastDoc := b.signed(b.claire)
	tamper(t, b.cfg.Path, `UPDATE requests SET frozen_sealed = `+flip("frozen_sealed", 90)+` WHERE request = '`+broken+`'`)
	list, err := b.Requests(ctx, b.claire, "", 10)
	if err != nil || len(list) != 3 || list[0].ID != last || list[1].ID != broken || list[2].ID != first {
		t.Fatalf("Requests = %d, %v, want all three", len(list), err)
	}
	for i, r := range list {
		if r.Damaged != (i == 1) || r.Damaged != (r.Act == nil) || r.Reference == "" || r.Created.IsZero() {
			t.Errorf("request %d: damaged %t, act %v, reference %q", i, r.Damaged, r.Act, r.Reference)
		}
	}
	tamper(t, b.cfg.Path, `UPDATE documents SET sha256 = x'00' WHERE document = '`+brokenDoc+`'`)
	docs, err := b.Documents(ctx, b.claire, documents.Filter{}, "", 10)
	if err != nil || len(docs) != 3 || docs[0].ID != lastDoc || docs[2].ID != firstDoc || !docs[1].Damaged || docs[0].Damaged || docs[1].Reference == "" {
		t.Errorf("Documents = %+v, %v, want all three, the second damaged", docs, err)
	}
	for _, id := range []string{broken, brokenDoc} {
		if got := log.String(); !strings.Contains(got, id) || !strings.Contains(got, "ref=K7-042") {
			t.Errorf("the log does not tell of %s: %s", id, got)
		}
	}
	_, err = b.Request(ctx, b.claire, broken)
	wantErr(t, "Request of the damaged one", err, store.ErrDamaged)
	_, err = b.Document(ctx, b.claire, brokenDoc)
	wantErr(t, "Document of the damaged one", err, store.ErrDamaged)
}

// Who can write to the database, and has no keys, makes no other member of herself: the
// index of her own number in another's row opens nothing, alone or with her sealed number.
func TestMovedNumberOpensNothing(t *testing.T) {
	b := newBed(t, openSQLite)
	find := func() error {
		m, err := b.MemberByNationalNumber(t.Context(), b.claire.Mutuality, claire.NationalNumber)
		if err != nil && m != (signin.Member{}) {
			t.Errorf("a refusal finds %+v", m)
		}
		return err
	}
	if err := find(); err != nil {
		t.Fatal(err)
	}
	raw := peek(t, b.cfg.Path)
	hers, his := ` WHERE member = '`+string(claire.ID)+`'`, ` WHERE member = '`+string(b.bram.Member)+`'`
	mustExec(t, raw, `CREATE TABLE kept AS SELECT * FROM members`)
	mustExec(t, raw, `UPDATE members SET number_index = randomblob(32)`+hers)
	mustExec(t, raw, `UPDATE members SET number_index = (SELECT number_index FROM kept`+hers+`)`+his)
	wantErr(t, "her index in his row", find(), store.ErrDamaged)
	mustExec(t, raw, `UPDATE members SET number_sealed = (SELECT number_sealed FROM kept`+hers+`)`+his)
	wantErr(t, "her sealed number with it", find(), store.ErrDamaged)
}

func flip(column string, at int) string {
	return fmt.Sprintf(`CAST(substr(%[1]s, 1, %[2]d)
		|| CASE WHEN substr(%[1]s, %[3]d, 1) = x'5a' THEN x'5b' ELSE x'5a' END || substr(%[1]s, %[4]d) AS BLOB)`,
		column, at, at+1, at+2)
}

func tamper(t *testing.T, path, change string) (undo func()) {
	t.Helper()
	raw := peek(t, path)
	tables := []string{"blobs", "documents", "document_versions", "requests", "accounts", "members", "member_keys", "sessions", "challenges"}
	for _, table := range tables {
		mustExec(t, raw, `DROP TABLE IF EXISTS kept_`+table)
		mustExec(t, raw, `CREATE TABLE kept_`+table+` AS SELECT * FROM `+table)
	}
	result, err := raw.Exec(change)
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := result.RowsAffected(); n == 0 {
		t.Fatalf("nothing changed by %s", change)
	}
	return func() {
		for _, table := range tables {
			mustExec(t, raw, `DELETE FROM `+table)
			mustExec(t, raw, `INSERT INTO `+table+` SELECT * FROM kept_`+table)
			mustExec(t, raw, `DROP TABLE kept_`+table)
		}
	}
}

func mustExec(t *testing.T, raw *sql.DB, query string) {
	t.Helper()
	if _, err := raw.Exec(query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func TestAuditDamage(t *testing.T) {
	for _, tt := range []struct {
		name, change string
		seq          int64
		problem      audit.Problem
	}{
		{"content", `UPDATE audit SET actor = 'somebody' WHERE seq = 4`, 4, audit.Changed},
		{"time by a microsecond", `UPDATE audit SET at = at + 1 WHERE seq = 4`, 4, audit.Changed},
		{"hash", `UPDATE audit SET hash = ` + flip("hash", 5) + ` WHERE seq = 4`, 4, audit.Changed},
		{"short hash", `UPDATE audit SET hash = x'00' WHERE seq = 4`, 4, audit.Changed},
		{"removed", `DELETE FROM audit WHERE seq = 4`, 4, audit.Missing},
		{"first removed", `DELETE FROM audit WHERE seq = 1`, 1, audit.Missing},
		{"cut off", `DELETE FROM audit WHERE seq >= 4`, 4, audit.Truncated},
		{"chain removed", `DELETE FROM audit`, 0, audit.Missing},
		{"two swapped", `UPDATE audit SET seq = CASE seq WHEN 4 THEN 5 ELSE 4 END WHERE seq IN (4, 5)`, 4, audit.Changed},
		{"moved to another chain", `UPDATE audit SET chain = 'zz' WHERE seq = 4`, 4, audit.Missing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBed(t, openSQLite)
			b.signed(b.claire)
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			raw := peek(t, b.cfg.Path)
			mustExec(t, raw, `DROP TRIGGER audit_no_update`)
			mustExec(t, raw, `DROP TRIGGER audit_no_delete`)
			if tt.name == "two swapped" {
				mustExec(t, raw, `UPDATE audit SET seq = -seq WHERE seq IN (4, 5)`)
				mustExec(t, raw, `UPDATE audit SET seq = CASE seq WHEN -4 THEN 5 ELSE 4 END WHERE seq < 0`)
			} else {
				mustExec(t, raw, tt.change)
			}
			cfg := b.cfg
			cfg.ReadOnly, cfg.Keys = true, nil
			db := openSQLite(t, cfg)
			anchors, err := audit.ReadAnchors(cfg.Anchors)
			if err != nil || len(anchors) == 0 {
				t.Fatalf("%d anchors, %v", len(anchors), err)
			}
			report, err := audit.Verify(t.Context(), db.AuditRows, anchors)
			if err != nil {
				t.Fatal(err)
			}
			first, bad := report.First()
			if !bad || first.Problem != tt.problem || tt.seq != 0 && first.Seq != tt.seq {
				t.Errorf("first fault: %v, want row %d %s; all: %v", first, tt.seq, tt.problem, report.Faults)
			}
		})
	}
	b := newBed(t, openSQLite)
	raw := peek(t, b.cfg.Path)
	for _, change := range []string{`UPDATE audit SET actor = 'x'`, `DELETE FROM audit`} {
		if _, err := raw.Exec(change); err == nil {
			t.Errorf("%s is let through", change)
		}
	}
}

func TestOlderCopy(t *testing.T) {
	b := newBed(t, openSQLite)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	copied, err := os.ReadFile(b.cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	b.reopen()
	b.signed(b.claire)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b.cfg.Path, copied, 0o600); err != nil {
		t.Fatal(err)
	}
	db := openSQLite(t, b.cfg)
	var starts []string
	err = db.AuditRows(t.Context(), func(e audit.Entry) error {
		if e.Action == audit.Start {
			starts = append(starts, e.Reason)
		}
		return nil
	})
	if err != nil || len(starts) != 2 || !strings.Contains(starts[1], "not there") {
		t.Errorf("reasons of the start rows: %q, %v", starts, err)
	}
	anchors, err := audit.ReadAnchors(b.cfg.Anchors)
	if err != nil {
		t.Fatal(err)
	}
	report, err := audit.Verify(t.Context(), db.AuditRows, anchors)
	if err != nil || report.Valid() {
		t.Errorf("Verify = %+v, %v", report, err)
	}
}
