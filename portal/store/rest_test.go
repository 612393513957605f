package store_test

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"guichet.example/auth/webeid"
	"guichet.example/portal/bank"
	"guichet.example/portal/jobs"
	"guichet.example/portal/requests"
	"guichet.example/portal/vault"
	"guichet.example/signing"
)

func sum(b []byte) [32]byte { return sha256.Sum256(b) }
func itoa(i int) string     { return strconv.Itoa(i) }

// fillEverything leaves something in every table.
func fillEverything(t *testing.T, b *bed) {
	t.Helper()
	ctx := t.Context()
	b.session("token of a session"+itoa(b.next()), b.claire)
	if err := b.Put(ctx, "cookie of a browser"+itoa(b.next()), webeid.Challenge{Nonce: "nonce of a challenge", Expires: noon}); err != nil {
		t.Fatal(err)
	}
	_, doc := b.signed(b.claire)
	due, err := b.DueDocument(ctx, b.claire, doc)
	if err != nil {
		t.Fatal(err)
	}
	raised := requests.Raised{Raise: due, PDF: append(due.PDF, sentence...), Level: signing.LevelT, NextTry: noon.Add(time.Hour)}
	raised.Cause = "certificate SERIALNUMBER=" + claireNumber + " expired"
	if err := b.Raised(ctx, raised); err != nil {
		t.Fatal(err)
	}
	b.enqueue(jobs.Job{Kind: "test", Mutuality: "141", Member: b.claire.Member, Payload: []byte(sentence + newIBAN)},
		jobs.Job{Kind: "test", Mutuality: "141", Payload: []byte(sentence)})
	id := b.frozen(b.claire)
	b.prepared(b.claire, id)
	b.approved(id)
	open := []requests.State{requests.ToSign}
	if err := b.Move(ctx, b.claire, id, open, requests.Declined, sentence+" "+newIBAN); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Reveal(ctx, b.claire, bank.Benefits); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Overview(ctx, b.claire, true); err != nil {
		t.Fatal(err)
	}
}

// TestRest looks for planted numbers and texts in every file of the store, with
// the log and after it was written into the file. The surname, which may rest there,
// shows that the search finds what is there.
func TestRest(t *testing.T) {
	b := newBed(t, openSQLite)
	fillEverything(t, b)
	dir := filepath.Dir(b.cfg.Path)
	found := scan(t, dir)
	if !found["Delcourt"] {
		t.Error("the search does not find a name that is there")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	scan(t, dir)
}

func scan(t *testing.T, dir string) map[string]bool {
	t.Helper()
	markers := []string{
		claireNumber, number(claireNumber).String(), "8507303328", bramNumber, claireIBAN, bramIBAN, newIBAN,
		bank.IBAN(claireIBAN).Grouped(), bank.IBAN(newIBAN).Grouped(), "%PDF-", sentence, sentence[6:40],
		"nonce of a challenge", "cookie of a browser", "token of a session", "certificate of ", "signed with",
	}
	found := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if filepath.Base(file) == "keys" {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range append(markers, "Delcourt") {
			if !contains(data, m) {
				continue
			}
			found[m] = true
			if m != "Delcourt" {
				t.Errorf("%s holds %q in clear", filepath.Base(file), m)
			}
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", filepath.Base(file), info.Mode().Perm())
		}
	}
	return found
}

// TestNonces collects everything sealed: no key uses a nonce twice (ASVS 11.3.4).
func TestNonces(t *testing.T) {
	b := newBed(t, openSQLite)
	for range soak(3, 300) {
		fillEverything(t, b)
	}
	raw := peek(t, b.cfg.Path)
	seen, total := map[string]string{}, 0
	for _, column := range sealedColumns {
		rows, err := raw.Query(column)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var sealed []byte
			if err := rows.Scan(&sealed); err != nil {
				t.Fatal(err)
			}
			keyAndNonce := string(sealed[:vault.NonceAt+12])
			if where, twice := seen[keyAndNonce]; twice {
				t.Errorf("nonce of %q was used in %q", column, where)
			}
			seen[keyAndNonce] = column
			total++
		}
		rows.Close()
	}
	if total < 10*soak(3, 300) {
		t.Errorf("only %d sealed values found", total)
	}
}

var sealedColumns = []string{
	`SELECT wrapped FROM member_keys`, `SELECT number_sealed FROM members`, `SELECT iban_sealed FROM accounts`,
	`SELECT sealed FROM challenges`, `SELECT login_sealed FROM sessions`, `SELECT sealed FROM blobs`,
	`SELECT frozen_sealed FROM requests`, `SELECT reason_sealed FROM requests WHERE reason_sealed IS NOT NULL`,
	`SELECT signer_sealed FROM raises`, `SELECT sealed FROM jobs WHERE sealed IS NOT NULL`,
	`SELECT cause_sealed FROM jobs WHERE cause_sealed IS NOT NULL`,
}

// TestDamage changes rows behind the store's back: each is noticed on reading,
// and named, and never served.
// flip is SQL for a column with one byte changed.
// tamper changes the file as somebody would who has it, and returns how to undo that.
// TestAuditDamage changes audit rows: Verify names the first bad one.
// TestOlderCopy puts an older copy of the file back: the store opens, says so in its
// first row and log, and Verify misses the rows in between.
// TestMigrationFails lets each statement of the schema fail in turn: the database
// stays as it was, and the whole migration works afterwards.
// TestAnchors: heads are written at open, at each tick and at close.
// TestLogStaysShort: the log is written into the file while the store is at work, and
// is gone once it is closed.
