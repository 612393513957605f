package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
)

// assertion is what a provider sent: it names the member, and must not be on the disk.
const assertion = "<Assertion>" + claireNumber + " Claire Delcourt</Assertion>"

// approval is a proof for the request by claire's session, good for a quarter of an hour.
func (b *bed) approval(request string) requests.Approval {
	b.t.Helper()
	r, err := b.RequestForCard(b.t.Context(), b.claire, request)
	if err != nil {
		b.t.Fatal(err)
	}
	id, err := b.NewID()
	if err != nil {
		b.t.Fatal(err)
	}
	now := b.clock.Now()
	return requests.Approval{
		ID: id, Request: request, Session: b.claire.Session, Size: len(r.PDF), Document: r.SHA256,
		Created: now, Expires: now.Add(requests.ApprovalLife), Provider: "fas", Issuer: "https://idp.test", Assertion: "_a" + id,
		AssertionSHA256: sha256.Sum256([]byte(assertion)), Level: 500, At: now.Add(-time.Minute),
	}
}

func (b *bed) approved(request string) requests.Approval {
	b.t.Helper()
	a := b.approval(request)
	if err := b.PutApproval(b.t.Context(), b.claire, a, number(claireNumber), []byte(assertion)); err != nil {
		b.t.Fatal(err)
	}
	return a
}

// sealed is what seals the request, by an approval or (empty) as a receipt.
func (b *bed) sealed(request, approval string) requests.Sealed {
	b.t.Helper()
	id, err := b.NewID()
	if err != nil {
		b.t.Fatal(err)
	}
	b.clock.add(time.Millisecond)
	s := requests.Sealed{
		Request: request, Revision: 1, Approval: approval, Method: requests.ByApproval, At: b.clock.Now(), Document: id,
		PDF: []byte("%PDF-1.7\n" + sentence + "\nsealed as " + id + "\n%%EOF\n"), Signer: [][]byte{{1}, {2}},
	}
	if approval == "" {
		s.Method = requests.ByReceipt
	}
	return s
}

func testApprovalRefused(t *testing.T, b *bed) {
	ctx := t.Context()
	id := b.frozen(b.claire)
	put := func(login auth.Login, a requests.Approval, n string, proof string) error {
		return b.PutApproval(ctx, login, a, number(n), []byte(proof))
	}
	a := b.approval(id)
	wantErr(t, "proof of another person", put(b.claire, a, bramNumber, assertion), requests.ErrWrongPerson)
	wantErr(t, "proof for another's request", put(b.bram, a, bramNumber, assertion), requests.ErrNotFound)
	for name, change := range map[string]func(*requests.Approval){
		"no id": func(a *requests.Approval) { a.ID = "" }, "no session": func(a *requests.Approval) { a.Session = "" },
		"no end": func(a *requests.Approval) { a.Expires = time.Time{} },
	} {
		bad := a
		change(&bad)
		if put(b.claire, bad, claireNumber, assertion) == nil {
			t.Errorf("%s: stored", name)
		}
	}
	if put(b.claire, a, claireNumber, "") == nil {
		t.Error("an approval without assertion was stored")
	}
	if put(b.claire, a, claireNumber, strings.Repeat("x", federation.MaxEvidence+1)) == nil {
		t.Error("an assertion without bounds was stored")
	}
	if err := put(b.claire, a, claireNumber, assertion); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "a flow used twice", put(b.claire, a, claireNumber, assertion), requests.ErrProof)
	_, err := b.Approval(ctx, b.bram, a.ID)
	wantErr(t, "another's approval", err, requests.ErrNotFound)
	_, err = b.ApprovalEvidence(ctx, b.bram, a.ID)
	wantErr(t, "another's evidence", err, requests.ErrNotFound)
	if err := b.Move(ctx, b.claire, id, []requests.State{requests.ToSign}, requests.Declined, "no"); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "proof for a declined request", put(b.claire, b.approval(id), claireNumber, assertion), requests.ErrNotOpen)
	if rows := b.audited(audit.ProveApproval); len(rows) != 5 || !strings.HasPrefix(rows[2], "done request/"+id) {
		t.Errorf("audit rows: %q", rows)
	}
}

func testApproval(t *testing.T, b *bed) {
	a := b.approved(b.frozen(b.claire))
	b.reopen()
	got, err := b.Approval(t.Context(), b.claire, a.ID)
	if err != nil || got != a {
		t.Errorf("Approval = %+v, %v\nwant %+v", got, err, a)
	}
	whole, err := b.ApprovalEvidence(t.Context(), b.claire, a.ID)
	if err != nil || string(whole) != assertion {
		t.Errorf("ApprovalEvidence = %q, %v", whole, err)
	}
	other := b.approval(a.Request)
	other.AssertionSHA256 = sha256.Sum256([]byte("another"))
	if err := b.PutApproval(t.Context(), b.claire, other, number(claireNumber), []byte(assertion)); err != nil {
		t.Fatal(err)
	}
	if got, err := b.ApprovalEvidence(t.Context(), b.claire, other.ID); !errors.Is(err, store.ErrDamaged) || got != nil {
		t.Errorf("evidence that is not what was approved by = %q, %v", got, err)
	}
	if rows := b.audited(audit.OpenApproval); len(rows) != 2 || rows[0] != "done approval/"+a.ID {
		t.Errorf("audit rows: %q", rows)
	}
}

func testSealRefused(t *testing.T, b *bed) {
	ctx := t.Context()
	id := b.frozen(b.claire)
	a := b.approved(id)
	seal := func(login auth.Login, s requests.Sealed) error {
		_, err := b.Seal(ctx, login, s)
		return err
	}
	other := b.claire
	other.Session = "s-another"
	wantErr(t, "in another session", seal(other, b.sealed(id, a.ID)), requests.ErrProof)
	wantErr(t, "of another member", seal(b.bram, b.sealed(id, a.ID)), requests.ErrNotFound)
	wantErr(t, "no such approval", seal(b.claire, b.sealed(id, "nothing")), requests.ErrProof)
	wantErr(t, "for another request", seal(b.claire, b.sealed(b.frozen(b.claire), a.ID)), requests.ErrProof)
	// Each of the two alone refuses: the request it is for, and the bytes it is for.
	for what, change := range map[string]func(own, of *requests.Approval){
		"the same bytes of another request": func(own, of *requests.Approval) { own.Document, own.Size = of.Document, of.Size },
		"other bytes of this request":       func(own, of *requests.Approval) { own.Request = of.Request },
	} {
		crossed, of := b.approval(b.frozen(b.claire)), b.approval(id)
		change(&crossed, &of)
		if err := b.PutApproval(ctx, b.claire, crossed, number(claireNumber), []byte(assertion)); err != nil {
			t.Fatal(err)
		}
		wantErr(t, what, seal(b.claire, b.sealed(id, crossed.ID)), requests.ErrProof)
	}
	late := b.sealed(id, a.ID)
	late.At = a.Expires
	wantErr(t, "too late", seal(b.claire, late), requests.ErrProof)
	stale := b.sealed(id, a.ID)
	stale.Revision = 2
	wantErr(t, "another revision", seal(b.claire, stale), requests.ErrChanged)
	for name, change := range map[string]func(*requests.Sealed){
		"no PDF": func(s *requests.Sealed) { s.PDF = nil }, "a card": func(s *requests.Sealed) { s.Method = requests.ByCard },
		"a receipt with an approval": func(s *requests.Sealed) { s.Method = requests.ByReceipt },
		"an approval without one":    func(s *requests.Sealed) { s.Approval = "" },
		"a card without one":         func(s *requests.Sealed) { s.Approval, s.Method = "", requests.ByCard },
	} {
		s := b.sealed(id, a.ID)
		change(&s)
		if seal(b.claire, s) == nil {
			t.Errorf("%s: sealed", name)
		}
	}
	changed := claireAccount
	changed.IBAN = newIBAN
	if err := b.ChangeAccount(ctx, "141", claire.ID, changed); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "account changed meanwhile", seal(b.claire, b.sealed(id, a.ID)), requests.ErrChanged)
	if list, _ := b.Documents(ctx, b.claire, documents.Filter{}, "", 10); len(list) != 0 || b.state(b.claire, id) != requests.ToSign {
		t.Errorf("%d documents after refusals alone", len(list))
	}
}

func testSeal(t *testing.T, b *bed) {
	ctx := t.Context()
	id := b.frozen(b.claire)
	a := b.approved(id)
	first, err := b.Seal(ctx, b.claire, b.sealed(id, a.ID))
	if err != nil || first.State != requests.Signed || first.Method != requests.ByApproval || first.Revision != 2 {
		t.Fatalf("Seal = %+v, %v", first, err)
	}
	b.clock.add(time.Hour)
	again, err := b.Seal(ctx, b.claire, b.sealed(id, a.ID))
	if err != nil || again.Document != first.Document || again.Method != requests.ByApproval {
		t.Errorf("Seal again = %+v, %v", again, err)
	}
	used, err := b.Approval(ctx, b.claire, a.ID)
	if err != nil || used.Sealed != first.Document {
		t.Errorf("Approval = %+v, %v; want it used", used, err)
	}
	b.reopen()
	r, err := b.Request(ctx, b.claire, id)
	if err != nil || r.Method != requests.ByApproval || r.Document != first.Document || !r.SignedAt.Equal(first.SignedAt) {
		t.Errorf("Request = %+v, %v", r, err)
	}
	d, err := b.Document(ctx, b.claire, first.Document)
	if err != nil || d.Method != documents.ByApproval || d.Status != documents.Valid || d.Request != id {
		t.Errorf("Document = %+v, %v", d, err)
	}
	if list, err := b.Requests(ctx, b.claire, "", 10); err != nil || len(list) != 1 || list[0].Method != requests.ByApproval {
		t.Errorf("Requests = %+v, %v", list, err)
	}
	pdf, err := b.Open(ctx, b.claire, d.ID, 0)
	if err != nil || !bytes.Contains(pdf, []byte("sealed as "+d.ID)) {
		t.Errorf("Open = %q, %v", pdf, err)
	}
	if raise, err := b.DueDocument(ctx, b.claire, d.ID); err != nil || raise.Pending || len(raise.Signer) != 2 {
		t.Errorf("DueDocument = %+v, %v", raise, err)
	}
	if rows := b.audited(audit.ApproveRequest); !slices.Equal(rows, []string{"done request/" + id}) {
		t.Errorf("audit rows: %q", rows)
	}
}

func testReceipt(t *testing.T, b *bed) {
	ctx := t.Context()
	id := b.frozen(b.claire)
	first, err := b.Seal(ctx, b.claire, b.sealed(id, ""))
	if err != nil || first.Method != requests.ByReceipt {
		t.Fatalf("Seal = %+v, %v", first, err)
	}
	again, err := b.Seal(ctx, b.claire, b.sealed(id, ""))
	if err != nil || again.Document != first.Document {
		t.Errorf("Seal again = %+v, %v", again, err)
	}
	if d, err := b.Document(ctx, b.claire, first.Document); err != nil || d.Method != documents.ByReceipt {
		t.Errorf("Document = %+v, %v", d, err)
	}
	signed, doc := b.signed(b.claire)
	_, err = b.Seal(ctx, b.claire, b.sealed(signed, ""))
	wantErr(t, "receipt of a signed request", err, requests.ErrNotOpen)
	if d, err := b.Document(ctx, b.claire, doc); err != nil || d.Method != documents.ByCard {
		t.Errorf("Document signed by card = %+v, %v", d, err)
	}
	if r, err := b.Request(ctx, b.claire, signed); err != nil || r.Method != requests.ByCard {
		t.Errorf("Request signed by card = %s, %v", r.Method, err)
	}
	if err := b.RefuseApproval(ctx, b.claire, id, "not_receivable"); err != nil {
		t.Fatal(err)
	}
	if rows := b.audited(audit.ReceiveRequest); len(rows) != 2 || rows[0] != "done request/"+id || !strings.HasPrefix(rows[1], "refused") {
		t.Errorf("audit rows: %q", rows)
	}
	if rows := b.audited(audit.ApproveRequest); !slices.Equal(rows, []string{"refused request/" + id + " not_receivable"}) {
		t.Errorf("audit rows of the refusal: %q", rows)
	}
}

// Approve, approve again, sign by card, send and refuse, all at once: one wins.
func testSealRaces(t *testing.T, b *bed) {
	ctx := context.Background()
	for round := range soak(20, 500) {
		id := b.frozen(b.claire)
		one, two, card := b.approved(id), b.approved(id), b.prepared(b.claire, id)
		s := []requests.Sealed{b.sealed(id, one.ID), b.sealed(id, two.ID), b.sealed(id, "")}
		c := b.completion(card, "card")
		errs := together(5, func(i int) (err error) {
			switch i {
			case 3:
				_, err = b.Complete(ctx, b.claire, c)
			case 4:
				err = b.Move(ctx, b.claire, id, []requests.State{requests.ToSign}, requests.Declined, "no")
			default:
				_, err = b.Seal(ctx, b.claire, s[i])
			}
			return err
		})
		if won := wins(t, errs, requests.ErrNotOpen, requests.ErrChanged); won != 1 {
			t.Fatalf("round %d: %d winners: %v", round, won, errs)
		}
		r, err := b.Request(ctx, b.claire, id)
		if err != nil {
			t.Fatal(err)
		}
		want := []requests.Method{requests.ByApproval, requests.ByApproval, requests.ByReceipt, requests.ByCard, ""}
		if at := slices.IndexFunc(errs, func(err error) bool { return err == nil }); r.Method != want[at] {
			t.Fatalf("round %d: %d won, request is by %q", round, at, r.Method)
		}
	}
}

func testSweepApprovals(t *testing.T, b *bed) {
	ctx := t.Context()
	unused, usedFor := b.approved(b.frozen(b.claire)), b.frozen(b.claire)
	used := b.approved(usedFor)
	if _, err := b.Seal(ctx, b.claire, b.sealed(usedFor, used.ID)); err != nil {
		t.Fatal(err)
	}
	b.clock.add(24 * time.Hour)
	if err := b.Sweep(ctx, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Approval(ctx, b.claire, unused.ID); err != nil {
		t.Errorf("swept before its day was over: %v", err)
	}
	b.clock.add(time.Hour)
	if err := b.Sweep(ctx, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	_, err := b.Approval(ctx, b.claire, unused.ID)
	wantErr(t, "unused approval", err, requests.ErrNotFound)
	if whole, err := b.ApprovalEvidence(ctx, b.claire, used.ID); err != nil || string(whole) != assertion {
		t.Errorf("evidence of a sealed document: %q, %v", whole, err)
	}
}

// A seal that fails to commit leaves nothing: the document's id is taken by another.
func testSealAllOrNothing(t *testing.T, b *bed) {
	ctx := t.Context()
	_, taken := b.signed(b.claire)
	id := b.frozen(b.claire)
	a := b.approved(id)
	s := b.sealed(id, a.ID)
	s.Document = taken
	if _, err := b.Seal(ctx, b.claire, s); err == nil {
		t.Fatal("two documents with one id")
	}
	r, err := b.Request(ctx, b.claire, id)
	if err != nil || r.State != requests.ToSign || r.Document != "" || r.Method != "" {
		t.Errorf("Request = %+v, %v", r, err)
	}
	if again, err := b.Approval(ctx, b.claire, a.ID); err != nil || again.Sealed != "" {
		t.Errorf("Approval = %+v, %v", again, err)
	}
	if _, err := b.Seal(ctx, b.claire, b.sealed(id, a.ID)); err != nil {
		t.Errorf("Seal afterwards: %v", err)
	}
}
