package store_test

import (
	"testing"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/requests"
)

func TestFormer(t *testing.T) {
	for name, open := range map[string]opener{"SQLite": openSQLite, "PostgreSQL": openPostgreSQL} {
		t.Run(name, func(t *testing.T) { testFormer(t, newBed(t, open)) })
	}
}

// Who is a member no more orders nothing and changes no account, also where she began before;
// what is hers she reads, and who comes back goes on.
func testFormer(t *testing.T, b *bed) {
	ctx := t.Context()
	_, doc := b.signed(b.claire)
	asked := b.frozen(b.claire)
	begun := b.prepared(b.claire, asked)
	late := b.frozen(b.claire)
	sealed := b.approved(late)
	if ended, err := b.Ended(ctx, b.claire); err != nil || !ended.IsZero() {
		t.Errorf("a member: ended %s, %v", ended, err)
	}
	b.takeAway(core.KindMember, b.delivered(core.KindMember, []string{bramNumber}))

	if ended, err := b.Ended(ctx, b.claire); err != nil || !ended.Equal(day("2026-11-19")) {
		t.Errorf("Ended = %s, %v", ended, err)
	}
	_, err := b.PutRequest(ctx, b.claire, b.request(), "")
	wantErr(t, "a change of account", err, requests.ErrFormer)
	order := b.cards()
	order.People = []auth.MemberID{b.claire.Member}
	_, err = b.PutRequest(ctx, b.claire, order, "")
	wantErr(t, "an order", err, requests.ErrFormer)
	_, err = b.PutRequest(ctx, b.claire, b.cards(), "") // as before it was kept whom it is for
	wantErr(t, "an order for nobody named", err, requests.ErrFormer)
	wantErr(t, "preparing what was frozen before", b.Prepare(ctx, b.claire, b.preparation(late)), requests.ErrFormer)
	_, err = b.Complete(ctx, b.claire, b.completion(begun, "value"))
	wantErr(t, "signing what was prepared before", err, requests.ErrFormer)
	_, err = b.Seal(ctx, b.claire, b.sealed(late, sealed.ID))
	wantErr(t, "approving what was frozen before", err, requests.ErrFormer)

	if _, err := b.Document(ctx, b.claire, doc); err != nil {
		t.Errorf("her document: %v", err)
	}
	if _, err := b.Open(ctx, b.claire, doc, 0); err != nil {
		t.Errorf("its file: %v", err)
	}
	if err := b.Move(ctx, b.claire, late, []requests.State{requests.ToSign}, requests.Declined, ""); err != nil {
		t.Errorf("declining: %v", err)
	}
	if _, err := b.PutRequest(ctx, b.bram, b.request(), ""); err != nil {
		t.Errorf("who is still a member: %v", err)
	}

	b.load(core.Member{NationalNumber: number(claireNumber), Affiliation: ofClaire, GivenNames: "Claire", Surname: "Delcourt", Language: "fr"})
	if _, err := b.Complete(ctx, b.claire, b.completion(begun, "value")); err != nil {
		t.Errorf("who came back: %v", err)
	}
}
