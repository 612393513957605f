package store_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"guichet.example/portal/audit"
	papers "guichet.example/portal/check"
	"guichet.example/portal/credentials"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

func TestChecksSQLite(t *testing.T) { runChecks(t, openSQLite) }

func TestChecksPostgreSQL(t *testing.T) {
	t.Parallel()
	runChecks(t, openPostgreSQL)
}

func runChecks(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"what is printed is found with its code alone", testCheckedDocument},
		{"wrong codes are counted", testWrongCodes},
		{"who guesses keeps nobody out who has the paper", testGuessedAt},
		{"what is printed on another request is refused", testPrintedElsewhere},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBed(t, open)) })
	}
}

// printed is a request with what is printed on it, which is not stored yet.
func (b *bed) drawnWith(code document.CheckCode) requests.Request {
	b.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.t.Fatal(err)
	}
	r := b.request()
	c, err := document.NewCheck(r.Act, "https://counter.example/check", "141", code)
	if err == nil {
		c.Payload, err = c.Payload.Sign(key)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	drawn, err := document.DrawChecked(r.Act, r.Created, &c)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Sheet, r.PDF, r.SHA256 = drawn.Sheet, drawn.PDF, drawn.SHA256
	return r
}

func (b *bed) question(reference string, code document.CheckCode) papers.Question {
	return papers.Question{Mutuality: b.claire.Mutuality, Reference: reference, Code: code, How: papers.ByCode, Source: "192.0.2.1", At: b.clock.Now()}
}

func testCheckedDocument(t *testing.T, b *bed) {
	ctx := t.Context()
	r := b.drawnWith(4711)
	id, err := b.PutRequest(ctx, b.claire, r, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.CheckedDocument(ctx, b.question(r.Reference, 4711)); !errors.Is(err, papers.ErrUnknown) {
		t.Errorf("before it is signed: %v", err)
	}
	c := b.completion(b.prepared(b.claire, id), "value")
	if _, err := b.Complete(ctx, b.claire, c); err != nil {
		t.Fatal(err)
	}
	elsewhere := b.question(r.Reference, 4711)
	elsewhere.Mutuality = "319"
	for name, q := range map[string]papers.Question{
		"another code": b.question(r.Reference, 4712), "another reference": b.question("GC-2026-TEST-99999", 4711), "another mutuality": elsewhere,
	} {
		if _, err := b.CheckedDocument(ctx, q); !errors.Is(err, papers.ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 3 {
		issued, err := b.CheckedDocument(ctx, b.question(r.Reference, 4711))
		if err != nil || issued.Reference != r.Reference || string(issued.PDF) != string(c.PDF) || issued.Kind != document.KindBankChange {
			t.Fatalf("CheckedDocument = %v, %v", issued.Reference, err)
		}
	}
	if rows := b.audited(audit.CheckDocument); len(rows) != 1 {
		t.Errorf("three checks in a row leave %d rows", len(rows))
	}
	b.clock.add(11 * time.Minute)
	if err := b.NoteFile(ctx, b.claire.Mutuality, sha256.Sum256([]byte("another file")), b.clock.Now()); err != nil {
		t.Errorf("a file that is none: %v", err)
	}
	if err := b.NoteFile(ctx, b.claire.Mutuality, sha256.Sum256(c.PDF), b.clock.Now()); err != nil {
		t.Error(err)
	}
	if rows := b.audited(audit.CheckDocument); len(rows) != 2 {
		t.Errorf("a check later leaves %d rows", len(rows))
	}
	d, err := b.Document(ctx, b.claire, c.Document)
	if err != nil || d.Checked != 4 || d.CheckedHow != string(papers.ByFile) || !d.CheckedAt.Equal(b.clock.Now().Truncate(time.Microsecond)) {
		t.Errorf("the document was checked %d times, %q at %v: %v", d.Checked, d.CheckedHow, d.CheckedAt, err)
	}
	again, err := b.Request(ctx, b.claire, id)
	if err != nil || again.Sheet.Check == nil || again.Sheet.Check.Address != r.Sheet.Check.Address || len(again.Sheet.Check.Rows) != 2 {
		t.Errorf("what was printed does not come back: %v", err)
	}
}

func testWrongCodes(t *testing.T, b *bed) {
	ctx := t.Context()
	var wait *credentials.WaitError
	var err error
	tries := 0
	for ; !errors.As(err, &wait) && tries < 100; tries++ {
		_, err = b.CheckedDocument(ctx, b.question("GC-2026-TEST-99999", 1))
	}
	if tries < 10 || tries == 100 {
		t.Errorf("a network waits after %d tries", tries)
	}
	other := b.question("GC-2026-TEST-99999", 1)
	other.Source = "192.0.2.2"
	if _, err := b.CheckedDocument(ctx, other); !errors.As(err, &wait) {
		t.Errorf("the same reference from another network: %v", err)
	}
	other.Reference = "GC-2026-TEST-99998"
	if _, err := b.CheckedDocument(ctx, other); !errors.Is(err, papers.ErrUnknown) {
		t.Errorf("another reference from another network: %v", err)
	}
	b.clock.add(2 * time.Minute)
	if _, err := b.CheckedDocument(ctx, b.question("GC-2026-TEST-99999", 1)); !errors.Is(err, papers.ErrUnknown) {
		t.Errorf("two minutes later: %v", err)
	}
}

// A stranger guesses at a reference that he knows, from many networks, until wrong codes of
// it have to wait: who holds the paper has her answer all the same, from where nobody guessed.
func testGuessedAt(t *testing.T, b *bed) {
	ctx := t.Context()
	r := b.drawnWith(4711)
	id, err := b.PutRequest(ctx, b.claire, r, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Complete(ctx, b.claire, b.completion(b.prepared(b.claire, id), "value")); err != nil {
		t.Fatal(err)
	}
	var wait *credentials.WaitError
	guess := b.question(r.Reference, 4712)
	for n := range 100 {
		guess.Source = fmt.Sprintf("192.0.2.%d", 10+n/3)
		if _, err = b.CheckedDocument(ctx, guess); errors.As(err, &wait) {
			break
		}
	}
	if wait == nil {
		t.Fatalf("a hundred wrong codes: %v", err)
	}
	if issued, err := b.CheckedDocument(ctx, b.question(r.Reference, 4711)); err != nil || issued.Reference != r.Reference {
		t.Errorf("the right code: %v, %v", issued.Reference, err)
	}
	fresh := b.question(r.Reference, 4713)
	if _, err := b.CheckedDocument(ctx, fresh); !errors.As(err, &wait) {
		t.Errorf("a wrong code of the same reference: %v", err)
	}
	// A network that guessed waits, with the right code too.
	for n := range 40 {
		other := b.question(fmt.Sprintf("GC-2026-TEST-%05d", n), 1)
		other.Source = "192.0.2.2"
		for range 3 {
			_, err = b.CheckedDocument(ctx, other)
		}
	}
	if !errors.As(err, &wait) {
		t.Fatalf("wrong codes from one network: %v", err)
	}
	mine := b.question(r.Reference, 4711)
	mine.Source = "192.0.2.2"
	if _, err := b.CheckedDocument(ctx, mine); !errors.As(err, &wait) {
		t.Errorf("the right code from a network that guessed: %v", err)
	}
}

func testPrintedElsewhere(t *testing.T, b *bed) {
	r, other := b.drawnWith(4711), b.drawnWith(4712)
	r.Sheet.Check = other.Sheet.Check
	if _, err := b.PutRequest(t.Context(), b.claire, r, ""); err == nil {
		t.Error("a request with the print of another is stored")
	}
}
