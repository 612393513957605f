package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

func TestPapersSQLite(t *testing.T) { runPapers(t, openSQLite) }

func TestPapersPostgreSQL(t *testing.T) {
	t.Parallel()
	runPapers(t, openPostgreSQL)
}

func runPapers(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"a paper comes back as it came", testPaper},
		{"papers that wait are bounded", testPaperRoom},
		{"unsigned papers are deleted with all that was prepared", testPaperSwept},
		{"a refused paper goes with the next sweep", testPaperDeclined},
		{"a paper in an opening is the officer's alone", testOfficePaperRefused},
		{"an officer's paper comes into the vault and into no queue", testOfficePaper},
		{"an officer's paper waits for the card's status", testOfficePaperPending},
		{"a new paper makes room in its opening", testOfficePaperReplaced},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBed(t, open)) })
	}
}

// paper is a request of a file of that many bytes, which is not stored yet; officer signs
// it, or the member if empty.
func (b *bed) paper(size int, officer string) requests.Request {
	b.t.Helper()
	r := b.request()
	file := append([]byte(fmt.Sprintf("%%PDF-1.4\nnumber %d\n", b.next())), make([]byte, size)...)[:size]
	act := document.Paper{
		Reference: r.Reference, Language: document.FR, Mutuality: bankChange(1).Mutuality, Member: bankChange(1).Member, Date: noon.Truncate(24 * time.Hour),
		Officer: officer, Title: "Attestation de mon employeur", Pages: 3, Size: len(file), SHA256: sha256.Sum256(file),
		Inside: []string{document.InsideFiles}, Signers: []string{"Ann", ""},
	}
	r.Act, r.Sheet, r.PDF, r.SHA256, r.Mark, r.Pages = act, act.Sheet(), file, act.SHA256, document.Mark{}, act.Pages
	return r
}

func (b *bed) sent(login auth.Login, size int) string {
	b.t.Helper()
	id, err := b.PutRequest(b.t.Context(), login, b.paper(size, ""), "")
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func testPaper(t *testing.T, b *bed) {
	who, err := b.Sender(t.Context(), b.claire)
	if err != nil || who.Name != "Claire Delcourt" || !who.Birth.Equal(claire.Birth) || who.Affiliation != claire.Affiliation {
		t.Errorf("Sender = %+v, %v", who, err)
	}
	want := b.paper(5000, "")
	id, err := b.PutRequest(t.Context(), b.claire, want, "form")
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Request(t.Context(), b.claire, id)
	if err != nil || !bytes.Equal(got.PDF, want.PDF) || !reflect.DeepEqual(got.Act, want.Act) || !reflect.DeepEqual(got.Sheet, want.Sheet) || got.Pages != 3 {
		t.Errorf("Request = %+v, %v", got.Act, err)
	}
	if again, err := b.PutRequest(t.Context(), b.claire, b.paper(5000, ""), "form"); err != nil || again != id {
		t.Errorf("the same form again = %s, %v", again, err)
	}
	_, err = b.Request(t.Context(), b.bram, id)
	wantErr(t, "another's paper", err, requests.ErrNotFound)
	c := b.completion(b.prepared(b.claire, id), "value")
	r, err := b.Complete(t.Context(), b.claire, c)
	if err != nil || r.State != requests.Signed {
		t.Fatalf("Complete = %+v, %v", r, err)
	}
	d, err := b.Document(t.Context(), b.claire, c.Document)
	if err != nil || d.Kind != document.KindPaper || d.Language != document.FR || d.Pages != 3 {
		t.Errorf("Document = %+v, %v", d, err)
	}
	waits, err := b.Queue(t.Context(), b.ines(), office.Filter{Kind: office.Paper}, 10)
	if err != nil || len(waits) != 1 || waits[0].Reference != r.Reference {
		t.Errorf("Queue = %+v, %v", waits, err)
	}
	b.clock.add(requests.PaperLife + time.Hour)
	if err := b.Sweep(t.Context(), b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if b.state(b.claire, id) != requests.Signed {
		t.Error("a signed paper was swept")
	}
}

func testPaperRoom(t *testing.T, b *bed) {
	for range requests.MaxPapers {
		b.sent(b.claire, 1000)
	}
	_, err := b.PutRequest(t.Context(), b.claire, b.paper(1000, ""), "")
	wantErr(t, "one more", err, requests.ErrTooManyPapers)
	b.frozen(b.claire) // what we draw is not counted
	b.sent(b.bram, requests.MaxPaperBytes/2)
	b.sent(b.bram, requests.MaxPaperBytes/2-10)
	_, err = b.PutRequest(t.Context(), b.bram, b.paper(11, ""), "")
	wantErr(t, "a byte too many", err, requests.ErrTooManyPapers)
	id := b.sent(b.bram, 10)
	if _, err := b.Complete(t.Context(), b.bram, b.completion(b.prepared(b.bram, id), "value")); err != nil {
		t.Fatal(err)
	}
	b.sent(b.bram, 10) // a signed one waits no more
	errs := together(8, func(i int) error {
		b := *b
		b.count = 1000 * (i + 1)
		_, err := b.PutRequest(context.Background(), b.claire, b.paper(10, ""), "")
		return err
	})
	for _, err := range errs {
		wantErr(t, "at once", err, requests.ErrTooManyPapers)
	}
}

// blobs counts what rests sealed.
func (b *bed) blobs() int64 {
	b.t.Helper()
	n, err := b.CountBlobs(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func testPaperSwept(t *testing.T, b *bed) {
	before := b.blobs()
	id := b.sent(b.claire, 1000)
	prep := b.prepared(b.claire, id)
	b.prepared(b.claire, id)
	key, err := b.PutRequest(t.Context(), b.claire, b.paper(10, ""), "form")
	if err != nil {
		t.Fatal(err)
	}
	kept := b.frozen(b.claire)
	b.clock.add(requests.PaperLife - time.Minute)
	if err := b.Sweep(t.Context(), b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if b.state(b.claire, id) != requests.ToSign {
		t.Error("swept before its time")
	}
	b.clock.add(2 * time.Minute)
	if err := b.Sweep(t.Context(), b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{id, key} {
		_, err := b.Request(t.Context(), b.claire, gone)
		wantErr(t, "a swept paper", err, requests.ErrNotFound)
	}
	_, err = b.Preparation(t.Context(), b.claire, prep)
	wantErr(t, "what was prepared of it", err, requests.ErrNotFound)
	_, err = b.Complete(t.Context(), b.claire, b.completion(prep, "value"))
	wantErr(t, "completing it", err, requests.ErrNotFound)
	wantErr(t, "preparing it", b.Prepare(t.Context(), b.claire, b.preparation(id)), requests.ErrNotFound)
	if b.state(b.claire, kept) != requests.ToSign {
		t.Error("what we drew was swept too")
	}
	if n := b.blobs(); n != before+1 {
		t.Errorf("%d blobs after the sweep, want one more than %d", n, before)
	}
	if rows := b.audited(audit.DeletePaper); len(rows) != 2 || !slices.Contains(rows, "done request/"+id) {
		t.Errorf("rows of what was deleted: %q", rows)
	}
}

func testPaperDeclined(t *testing.T, b *bed) {
	id := b.sent(b.claire, 1000)
	if err := b.Move(t.Context(), b.claire, id, []requests.State{requests.ToSign}, requests.Declined, ""); err != nil {
		t.Fatal(err)
	}
	if err := b.Sweep(t.Context(), b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	_, err := b.Request(t.Context(), b.claire, id)
	wantErr(t, "a paper that was refused", err, requests.ErrNotFound)
}

// inOpening puts a paper into an open file.
func (b *bed) inOpening(o auth.Officer, opening string) string {
	b.t.Helper()
	id, err := b.PapersAt(o, opening).PutRequest(b.t.Context(), auth.Login{}, b.paper(1000, o.Name), "form")
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func testOfficePaperRefused(t *testing.T, b *bed) {
	ctx, ines, ada := t.Context(), b.ines(), b.ada()
	opening := b.opened(ines)
	desk := b.PapersAt(ines, opening)
	if _, err := desk.PutRequest(ctx, auth.Login{}, b.paper(10, ""), ""); err == nil {
		t.Error("a member's paper is taken from an officer")
	}
	if _, err := desk.PutRequest(ctx, auth.Login{}, b.request(), ""); err == nil {
		t.Error("a bank change is taken from an officer")
	}
	id := b.inOpening(ines, opening)
	prep := b.preparation(id)
	if err := desk.Prepare(ctx, auth.Login{}, prep); err != nil {
		t.Fatal(err)
	}
	// The member does not have it: not to see, to sign, to refuse, to complete.
	_, err := b.Request(ctx, b.claire, id)
	wantErr(t, "her request", err, requests.ErrNotFound)
	_, err = b.RequestForCard(ctx, b.claire, id)
	wantErr(t, "her request, for the card", err, requests.ErrNotFound)
	wantErr(t, "her preparation", b.Prepare(ctx, b.claire, b.preparation(id)), requests.ErrNotFound)
	_, err = b.Complete(ctx, b.claire, b.completion(prep.ID, "value"))
	wantErr(t, "her completion", err, requests.ErrNotFound)
	wantErr(t, "her refusal", b.Move(ctx, b.claire, id, []requests.State{requests.ToSign}, requests.Declined, ""), requests.ErrNotFound)
	if list, err := b.Requests(ctx, b.claire, "", 10); err != nil || len(list) != 0 {
		t.Errorf("her requests = %+v, %v", list, err)
	}
	if o, err := b.Overview(ctx, b.claire, true); err != nil || o.ToSign != nil || len(o.Requests) != 0 {
		t.Errorf("her overview = %+v, %v", o, err)
	}
	// Nor has a colleague, another opening, another session, or one in which nothing lies.
	second := b.opened(ines)
	for what, other := range map[string]requests.SignStore{
		"a colleague": b.PapersAt(ada, opening), "another opening": b.PapersAt(ines, second), "no opening": b.PapersAt(ines, "x"),
		"another session": b.PapersAt(b.atWork(ines), opening),
	} {
		refused := func(act string, err error) {
			if !errors.Is(err, requests.ErrNotFound) && !errors.Is(err, office.ErrNoOpening) {
				t.Errorf("%s: %s = %v", what, act, err)
			}
		}
		_, err := other.Request(ctx, auth.Login{}, id)
		refused("Request", err)
		refused("Prepare", other.Prepare(ctx, auth.Login{}, b.preparation(id)))
		_, err = other.Preparation(ctx, auth.Login{}, prep.ID)
		refused("Preparation", err)
		_, err = other.Complete(ctx, auth.Login{}, b.completion(prep.ID, "value"))
		refused("Complete", err)
	}
	_, err = b.PaperAt(ctx, ada, opening)
	wantErr(t, "a colleague's look", err, office.ErrNoOpening)
	b.clock.add(31 * time.Minute)
	if err := b.Sweep(ctx, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	_, err = desk.Complete(ctx, auth.Login{}, b.completion(prep.ID, "value"))
	wantErr(t, "after the opening", err, office.ErrNoOpening)
	if rows := b.audited(audit.DeletePaper); len(rows) != 1 {
		t.Errorf("rows of what was deleted: %q", rows)
	}
}

func testOfficePaper(t *testing.T, b *bed) {
	ctx, ines := t.Context(), b.ines()
	opening := b.opened(ines)
	at, err := b.PaperAt(ctx, ines, opening)
	if err != nil || at.Person.Name != "Claire Delcourt" || at.Waits || !at.Ends.Equal(b.clock.Now().Add(office.OpeningLife)) {
		t.Errorf("PaperAt = %+v, %v", at, err)
	}
	desk, id := b.PapersAt(ines, opening), b.inOpening(ines, opening)
	if again := b.inOpening(ines, opening); again != id {
		t.Errorf("the same form again = %s, want %s", again, id)
	}
	if at, err = b.PaperAt(ctx, ines, opening); err != nil || !at.Waits {
		t.Errorf("PaperAt = %+v, %v", at, err)
	}
	r, err := desk.RequestForCard(ctx, auth.Login{}, id)
	if err != nil || r.State != requests.ToSign || r.Act.Kind() != document.KindOfficePaper {
		t.Fatalf("RequestForCard = %+v, %v", r, err)
	}
	p := b.preparation(id)
	if err := desk.Prepare(ctx, auth.Login{}, p); err != nil {
		t.Fatal(err)
	}
	if got, err := desk.Preparation(ctx, auth.Login{}, p.ID); err != nil || got.Request != id {
		t.Errorf("Preparation = %+v, %v", got, err)
	}
	if err := desk.RefuseSignature(ctx, auth.Login{}, id, requests.StateWrongPerson); err != nil {
		t.Fatal(err)
	}
	told := waiting(t, b)
	c := b.completion(p.ID, "value")
	for range 2 {
		if r, err = desk.Complete(ctx, auth.Login{}, c); err != nil || r.State != requests.Accepted || r.Document != c.Document {
			t.Fatalf("Complete = %+v, %v", r, err)
		}
	}
	if jobs := waiting(t, b) - told; jobs != 2 {
		t.Errorf("%d jobs, want a mail to the member, and one to raise the document", jobs)
	}
	d, err := b.Document(ctx, b.claire, c.Document)
	if err != nil || d.Kind != document.KindOfficePaper || d.Status != documents.Valid {
		t.Errorf("her document = %+v, %v", d, err)
	}
	if waits, err := b.Queue(ctx, ines, office.Filter{}, 10); err != nil || len(waits) != 0 {
		t.Errorf("Queue = %+v, %v", waits, err)
	}
	if _, err := desk.DueDocument(ctx, auth.Login{}, c.Document); err != nil {
		t.Errorf("DueDocument = %v", err)
	}
	for _, e := range b.rows() {
		if (e.Action == audit.CompleteRequest || e.Action == audit.PrepareRequest || e.Action == audit.SignRequest) &&
			(e.Actor != string(ines.ID) || e.Member != string(claire.ID)) {
			t.Errorf("row of %s: actor %s, member %s", e.Action, e.Actor, e.Member)
		}
	}
}

func testOfficePaperPending(t *testing.T, b *bed) {
	ctx, ines := t.Context(), b.ines()
	opening := b.opened(ines)
	desk, id := b.PapersAt(ines, opening), b.inOpening(ines, opening)
	p := b.preparation(id)
	if err := desk.Prepare(ctx, auth.Login{}, p); err != nil {
		t.Fatal(err)
	}
	c := b.completion(p.ID, "value")
	c.State = requests.Pending
	told := waiting(t, b)
	if r, err := desk.Complete(ctx, auth.Login{}, c); err != nil || r.State != requests.Pending {
		t.Fatalf("Complete = %+v, %v", r, err)
	}
	due, err := desk.DueDocument(ctx, auth.Login{}, c.Document)
	if err != nil || !due.Pending {
		t.Fatalf("DueDocument = %+v, %v", due, err)
	}
	if jobs := waiting(t, b) - told; jobs != 1 {
		t.Errorf("%d jobs before the signature holds, want one to raise the document", jobs)
	}
	if err := b.Raised(ctx, requests.Raised{Raise: due, State: requests.Signed}); err != nil {
		t.Fatal(err)
	}
	if jobs := waiting(t, b) - told; jobs != 1 {
		t.Errorf("%d jobs once it holds, want a mail to the member", jobs)
	}
	r, err := desk.Request(ctx, auth.Login{}, id)
	if err != nil || r.State != requests.Accepted {
		t.Errorf("Request = %+v, %v", r, err)
	}
}

func testOfficePaperReplaced(t *testing.T, b *bed) {
	ctx, ines := t.Context(), b.ines()
	opening := b.opened(ines)
	before := b.blobs()
	first := b.inOpening(ines, opening)
	second, err := b.PapersAt(ines, opening).PutRequest(ctx, auth.Login{}, b.paper(20, ines.Name), "another form")
	if err != nil || second == first {
		t.Fatalf("PutRequest = %s, %v", second, err)
	}
	if r, err := b.PapersAt(ines, opening).Request(ctx, auth.Login{}, ""); err != nil || r.ID != second {
		t.Errorf("the paper of the opening = %+v, %v", r, err)
	}
	_, err = b.PapersAt(ines, opening).Request(ctx, auth.Login{}, first)
	wantErr(t, "the first", err, requests.ErrNotFound)
	if n := b.blobs(); n != before+1 {
		t.Errorf("%d blobs, want one more than %d", n, before)
	}
}
