package store_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"guichet.example/portal/core"
	"guichet.example/portal/documents"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
)

// A delivery that puts a national number under another member's membership number moves
// nothing that hangs on either: sessions, accounts, documents and requests stay with who
// holds the number, and a change of account that was signed under the old number neither
// is agreed to, nor comes to be in force, nor goes to the insurance system under the new.
func testMovedNumber(t *testing.T, b *bed) {
	ctx, ines, bob := t.Context(), b.ines(), b.bob()
	_, doc := b.signed(b.bram)
	_, hers := b.signed(b.claire)
	wanted, err := b.Open(ctx, b.bram, doc, 0)
	if err != nil {
		t.Fatal(err)
	}
	hash := b.session("moved", b.bram)
	accepted, _ := b.signed(b.bram)
	waits, _ := b.signed(b.bram)
	want(t, "first", b.agreed(ines, b.bram, accepted), nil)
	want(t, "second", b.agreed(bob, b.bram, accepted), nil)
	accounts, err := b.Accounts(ctx, b.bram)
	if err != nil {
		t.Fatal(err)
	}

	me, err := b.Member(ctx, b.bram)
	if err != nil {
		t.Fatal(err)
	}
	she, err := b.Member(ctx, b.claire)
	if err != nil {
		t.Fatal(err)
	}
	his := core.Member{NationalNumber: me.NationalNumber, Affiliation: she.Affiliation, GivenNames: she.GivenNames, Surname: she.Surname, Birth: she.Birth, Language: "fr"}
	her := core.Member{NationalNumber: she.NationalNumber, Affiliation: me.Affiliation, GivenNames: me.GivenNames, Surname: me.Surname, Birth: me.Birth, Language: "fr"}
	other := core.Reject{Field: "affiliation", Reason: core.ReasonNumberTaken}
	b.wantLoad(outcome(0, 0, 0, other, core.Reject{Row: 1, Field: other.Field, Reason: other.Reason}), his, her)
	his.Affiliation = "77 000 7777 7" // nobody's yet; then hers can be what his was
	b.load(his, her)

	if s, err := b.Session(ctx, hash, b.clock.Now()); err != nil || s.Login.Member != b.bram.Member {
		t.Errorf("his session is of %v, %v", s.Login.Member, err)
	}
	if got, err := b.Open(ctx, b.bram, doc, 0); err != nil || !bytes.Equal(got, wanted) {
		t.Errorf("his document: %d bytes, %v", len(got), err)
	}
	for _, x := range []struct{ login, doc string }{{"his", hers}, {"hers", doc}} {
		login := b.bram
		if x.login == "hers" {
			login = b.claire
		}
		if _, err := b.Open(ctx, login, x.doc, 0); !errors.Is(err, documents.ErrNotFound) {
			t.Errorf("%s login opens the other's document: %v", x.login, err)
		}
	}
	if now, err := b.Accounts(ctx, b.bram); err != nil || now[0].IBAN != accounts[0].IBAN {
		t.Errorf("his account: %v", err)
	}
	want(t, "agreed to under another number", b.CloseItem(ctx, ines, b.taken(ines, b.bram, waits), office.Answer{What: office.EventAccepted}), office.ErrAccountChanged)
	b.clock.add(30 * 24 * time.Hour)
	b.apply()
	if s := b.state(b.bram, accepted); s != requests.Rejected {
		t.Errorf("what was agreed to before is %s", s)
	}
	if now, err := b.Accounts(ctx, b.bram); err != nil || now[0].IBAN != accounts[0].IBAN {
		t.Errorf("his account, after the day of the change: %v", err)
	}
	var lines int
	if err := raw(t, b).QueryRow(`SELECT count(*) FROM exports WHERE kind = 'bank-change'`).Scan(&lines); err != nil || lines != 0 {
		t.Errorf("the insurance system gets %d lines, %v", lines, err)
	}
	b.taskOf(ines, office.BankStopped)
}
