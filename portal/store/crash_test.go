package store_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// TestKill ends a writing process at a random moment, again and again: what was
// acknowledged is there and whole, the rest is there whole or not at all.
func TestKill(t *testing.T) {
	for _, e := range storetest.Engines {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			testKill(t, folders(t, e))
		})
	}
}

func testKill(t *testing.T, newFolder func() string) {
	var dir string
	var j journal
	total := 0
	for round := range soak(8, 200) {
		if round%10 == 0 { // what is checked after each kill stays bounded
			dir, total, j = newFolder(), total+len(j.signed), journal{}
		}
		if round%4 == 3 { // while it starts and recovers, or a little later
			j.run(t, dir, 0, nil, "timeout", "-s", "KILL", fmt.Sprintf("0.%03d", 1+rand.IntN(150)))
		} else {
			j.run(t, dir, time.Millisecond+time.Duration(rand.IntN(300))*time.Millisecond, nil)
		}
		db := openFolder(t, dir)
		check(t, db, dir, &j)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if total += len(j.signed); total == 0 {
		t.Fatal("nothing was signed before the kills")
	}
	t.Logf("%d documents acknowledged", total)
}

// TestKillAtCommit ends the process right before and right after the commits of a
// signature. Either way the same completion works afterwards, once.
func TestKillAtCommit(t *testing.T) {
	for _, e := range storetest.Engines {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			testKillAtCommit(t, folders(t, e))
		})
	}
}

func testKillAtCommit(t *testing.T, newFolder func() string) {
	for _, action := range []audit.Action{audit.FreezeRequest, audit.PrepareRequest, audit.CompleteRequest} {
		for _, point := range []string{store.FaultCommit, store.FaultCommitted} {
			t.Run(point+" "+string(action), func(t *testing.T) {
				dir := newFolder()
				var j journal
				j.run(t, dir, 0, []string{childPoint + "=" + point + " " + string(action), childCount + "=1"})
				db := openFolder(t, dir)
				check(t, db, dir, &j)
				for name, prep := range j.prepared {
					resume(t, db, name, prep, point == store.FaultCommitted)
				}
				if action == audit.CompleteRequest && len(j.prepared) != 1 {
					t.Errorf("%d preparations before the kill, want 1", len(j.prepared))
				}
				check(t, db, dir, &j)
			})
		}
	}
}

// resume completes what the killed process had begun, twice.
func resume(t *testing.T, db *store.DB, name, prep string, wasDone bool) {
	t.Helper()
	p, err := db.Preparation(t.Context(), childLogin, prep)
	if err != nil || p.Done != wasDone {
		t.Fatalf("preparation done = %v, %v, want %v", p.Done, err, wasDone)
	}
	first, err := db.Complete(t.Context(), childLogin, completionOf(prep, name))
	if err != nil {
		t.Fatal(err)
	}
	again, err := db.Complete(t.Context(), childLogin, completionOf(prep, name))
	if err != nil || again.Document != first.Document {
		t.Errorf("completing again = %s, %v, want %s", again.Document, err, first.Document)
	}
	if list, err := db.Documents(t.Context(), childLogin, documents.Filter{}, "", 10); err != nil || len(list) != 1 {
		t.Errorf("%d documents, %v, want 1", len(list), err)
	}
}

// check holds what the store promises, and SQLite's own invariants.
func check(t *testing.T, db *store.DB, dir string, j *journal) {
	t.Helper()
	for name, want := range j.signed {
		pdf, err := db.Open(context.Background(), childLogin, want[0], 0)
		if sum := sha256.Sum256(pdf); err != nil || hex.EncodeToString(sum[:]) != want[1] {
			t.Errorf("acknowledged document of %s: %d bytes, %v", name, len(pdf), err)
		}
	}
	raw := peekFolder(t, dir)
	defer raw.Close()
	for _, invariant := range []string{
		`SELECT count(*) FROM requests WHERE (state = 'signed') <> (document IS NOT NULL)`,
		`SELECT count(*) FROM requests r WHERE document IS NOT NULL AND NOT EXISTS
			(SELECT 1 FROM documents d WHERE d.document = r.document AND d.request = r.request)`,
		`SELECT count(*) FROM documents d WHERE NOT EXISTS (SELECT 1 FROM requests r WHERE r.document = d.document)`,
		`SELECT count(*) FROM preparations WHERE (value_sha256 IS NULL) <> (document IS NULL)`,
		`SELECT (SELECT count(*) FROM documents) - (SELECT count(*) FROM audit WHERE action = 'request.complete' AND outcome = 'done')`,
		`SELECT (SELECT count(*) FROM requests) - (SELECT count(*) FROM audit WHERE action = 'request.freeze' AND outcome = 'done')`,
		`SELECT (SELECT count(*) FROM preparations) - (SELECT count(*) FROM audit WHERE action = 'request.prepare' AND outcome = 'done')`,
		`SELECT (SELECT count(*) FROM requests) - (SELECT count(*) FROM request_keys)`,
		`SELECT (SELECT count(*) FROM blobs) - (SELECT count(*) FROM requests) - (SELECT count(*) FROM document_versions)
			- (SELECT count(*) FROM preparations WHERE prepared IS NOT NULL)`,
	} {
		wantText(t, raw, invariant, "0")
	}
	byRequest := map[string]bool{}
	err := db.AuditRows(context.Background(), func(e audit.Entry) error {
		if e.Action == audit.CompleteRequest && e.Outcome == audit.Done {
			byRequest[e.RequestID] = true
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for name := range j.signed {
		if !byRequest[name] {
			t.Errorf("signature of %s has no audit row", name)
		}
	}
	checkAudit(t, db, dir)
}

func checkAudit(t *testing.T, db *store.DB, dir string) {
	t.Helper()
	anchors, err := audit.ReadAnchors(filepath.Join(dir, "anchors"))
	if err != nil {
		t.Error(err)
	}
	report, marked, err := db.VerifyAudit(context.Background(), anchors)
	if err != nil || !report.Valid() || !marked {
		t.Errorf("audit chain: %v, %v", report.Faults, err)
	}
}

// peekFolder opens the store of a folder behind its back, and asks SQLite what it thinks
// of the file.
func peekFolder(t *testing.T, dir string) *sql.DB {
	t.Helper()
	cfg, err := childConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Database == "" {
		raw := peek(t, cfg.Path)
		wantText(t, raw, `PRAGMA integrity_check`, "ok")
		wantText(t, raw, `SELECT count(*) FROM pragma_foreign_key_check`, "0")
		return raw
	}
	return peekDatabase(t, cfg.Database)
}

func peekDatabase(t testing.TB, address string) *sql.DB {
	t.Helper()
	raw, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	return raw
}

// peek opens the file behind the store's back.
func peek(t *testing.T, path string) *sql.DB {
	t.Helper()
	raw, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	return raw
}

func wantText(t *testing.T, raw *sql.DB, query, want string) {
	t.Helper()
	var got string
	if err := raw.QueryRow(query).Scan(&got); err != nil || got != want {
		t.Errorf("%s = %q, %v, want %q", strings.Join(strings.Fields(query), " "), got, err, want)
	}
}

// TestDiskFails lets the n-th call of a kind fail, for n = 1, 2, 3, …: nothing
// that was not written is acknowledged, and opening the store again finds it whole.
func TestDiskFails(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("strace is needed: ", err)
	}
	for _, tt := range []struct {
		call, failure string
		acts          int // of the child
		to, step      int // it makes about that many calls; strace counts by thread
		stops         bool
	}{
		// Opening syncs too, and syncs move between threads: enough acts, that one thread
		// comes to its n-th after opening.
		{"fsync,fdatasync", "EIO", 60, 16, soak(3, 1), true},
		{"pwrite64", "ENOSPC", 4, 60, soak(7, 1), false},
		{"pwrite64", "EIO", 4, 60, soak(7, 1), true},
	} {
		t.Run(tt.call+" "+tt.failure, func(t *testing.T) {
			stopped := 0
			for n := 1; n <= tt.to; n += tt.step {
				dir := newFolder(t)
				var j journal
				inject := "inject=" + tt.call + ":error=" + tt.failure + ":when=" + strconv.Itoa(n)
				exit := j.run(t, dir, 0, []string{childCount + "=" + strconv.Itoa(tt.acts)},
					strace, "-f", "-q", "-o", "/dev/null", "-e", "trace="+tt.call, "-e", inject)
				if exit == 3 {
					stopped++
				}
				if exit == 3 && !tt.stops {
					t.Errorf("call %d: store stopped on a full disk: %v", n, j.errors)
				}
				db := openFolder(t, dir)
				check(t, db, dir, &j)
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if tt.stops && stopped == 0 {
				t.Error("the store never stopped")
			}
		})
	}
}

// TestStopped: after a disk failure nothing is written, and reading does not pretend.
func TestStopped(t *testing.T) {
	b := newBed(t, openSQLite)
	id := b.frozen(b.claire)
	b.Stop(errors.New("planted"))
	select {
	case <-b.Stopped():
	default:
		t.Error("Stopped is open")
	}
	_, err := b.PutRequest(t.Context(), b.claire, b.request(), "")
	wantErr(t, "PutRequest", err, store.ErrStopped)
	_, err = b.Request(t.Context(), b.claire, id)
	wantErr(t, "Request, whose audit row cannot be written,", err, store.ErrStopped)
	wantErr(t, "Ping", b.Ping(t.Context()), store.ErrStopped)
	if s, err := b.Stats(t.Context()); err != nil || !s.Stopped {
		t.Errorf("Stats = %+v, %v", s, err)
	}
	b.reopen()
	if s := b.state(b.claire, id); s != requests.ToSign {
		t.Errorf("after reopening the request is %s", s)
	}
}
