package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/documents"
	"guichet.example/portal/requests"
	"guichet.example/portal/signin"
	"guichet.example/portal/store"
	"guichet.example/signing/document"
)

func testMembers(t *testing.T, b *bed) {
	if _, err := b.MemberByNationalNumber(t.Context(), "141", number("93051822361")); !errors.Is(err, signin.ErrUnknownMember) {
		t.Errorf("unknown number: %v, want ErrUnknownMember", err)
	}
	if _, err := b.MemberByNationalNumber(t.Context(), "142", claire.NationalNumber); !errors.Is(err, signin.ErrUnknownMember) {
		t.Errorf("other mutuality: %v, want ErrUnknownMember", err)
	}
	got, err := b.MemberByNationalNumber(t.Context(), "141", claire.NationalNumber)
	if want := (signin.Member{ID: claire.ID, Name: "Claire Delcourt", Language: "fr"}); err != nil || got != want {
		t.Errorf("MemberByNationalNumber = %+v, %v, want %+v", got, err, want)
	}
	m, err := b.Member(t.Context(), b.claire)
	if err != nil || m != claire {
		t.Errorf("Member = %+v, %v, want %+v", m, err, claire)
	}
	if _, err := b.Member(t.Context(), auth.Login{Mutuality: "142", Member: claire.ID}); err == nil {
		t.Error("Member of another mutuality is found")
	}
	p, err := b.Person(t.Context(), b.claire)
	if want := (bank.Person{Name: "Claire Delcourt", Birth: claire.Birth, Affiliation: claire.Affiliation}); err != nil || p != want {
		t.Errorf("Person = %+v, %v, want %+v", p, err, want)
	}
	o, err := b.Orderer(t.Context(), b.bram)
	if err != nil || o.Name != "Bram Janssens" || o.Postal.Street != claire.Street || o.Postal.Country != claire.Country {
		t.Errorf("Orderer = %+v, %v", o, err)
	}
	if got := b.audited(audit.ReadMember); !slices.Equal(got, []string{"done", "failed  internal error"}) {
		t.Errorf("audit rows of reading: %q", got)
	}
}

func testNumberTaken(t *testing.T, b *bed) {
	m, a := bram()
	m.NationalNumber = claire.NationalNumber
	err := b.AddMember(t.Context(), m, []bank.Account{a})
	wantErr(t, "AddMember with another's number", err, store.ErrNumberTaken)
	m.ID = "dddddddddddddddddddddddddd"
	wantErr(t, "AddMember again", b.AddMember(t.Context(), m, nil), store.ErrNumberTaken)
	m.Mutuality = "142"
	if err := b.AddMember(t.Context(), m, nil); err != nil {
		t.Errorf("the same person in another mutuality: %v", err)
	}
	if err := b.AddMember(t.Context(), account.Member{Mutuality: "141", ID: "x"}, nil); err == nil {
		t.Error("a member without a number is added")
	}
}

func testImport(t *testing.T, b *bed) {
	m, a := claire, claireAccount
	m.Email, a.Holder = "new@example.org", "C. Delcourt"
	for range 3 {
		if err := b.AddMember(t.Context(), m, []bank.Account{a}); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := b.Member(t.Context(), b.claire); got != m {
		t.Errorf("after import: %+v, want %+v", got, m)
	}
	if got, _ := b.Reveal(t.Context(), b.claire, bank.Benefits); got != a {
		t.Errorf("account with the same number: %+v, want %+v", got, a)
	}
	a.IBAN = newIBAN
	if err := b.AddMember(t.Context(), m, []bank.Account{a}); err != nil {
		t.Fatal(err)
	}
	if got, _ := b.Reveal(t.Context(), b.claire, bank.Benefits); got.IBAN != newIBAN || got.Version != 2 {
		t.Errorf("account with another number: %s, version %d, want version 2", got.IBAN.Last4(), got.Version)
	}
	m.NationalNumber = number("93051822361")
	if err := b.AddMember(t.Context(), m, nil); err != nil {
		t.Fatal(err)
	}
	if got, _ := b.Member(t.Context(), b.claire); got.NationalNumber != m.NationalNumber {
		t.Error("a corrected national number is not taken over")
	}
	if _, err := b.MemberByNationalNumber(t.Context(), "141", claire.NationalNumber); !errors.Is(err, signin.ErrUnknownMember) {
		t.Errorf("the old number still finds her: %v", err)
	}
}

func testAccounts(t *testing.T, b *bed) {
	_, err := b.Reveal(t.Context(), b.claire, "pension")
	wantErr(t, "Reveal of no account", err, bank.ErrNoAccount)
	list, err := b.Accounts(t.Context(), b.claire)
	if err != nil || !slices.Equal(list, []bank.Account{claireAccount}) {
		t.Errorf("Accounts = %v, %v", list, err)
	}
	other := claireAccount
	other.IBAN, other.Version = newIBAN, 77
	if err := b.ChangeAccount(t.Context(), "141", claire.ID, other); err != nil {
		t.Fatal(err)
	}
	got, err := b.Reveal(t.Context(), b.claire, bank.Benefits)
	if err != nil || got.IBAN != newIBAN || got.Version != 2 {
		t.Errorf("after a change: %v version %d, %v, want version 2", got.IBAN, got.Version, err)
	}
	if err := b.ChangeAccount(t.Context(), "141", "nobody", other); err == nil {
		t.Error("account of nobody changed")
	}
	want := []string{"refused account/pension no such bank account", "done account/benefits"}
	if got := b.audited(audit.RevealAccount); !slices.Equal(got, want) {
		t.Errorf("audit rows: %q, want %q", got, want)
	}
}

func testOthers(t *testing.T, b *bed) {
	ctx := t.Context()
	open := b.frozen(b.claire)
	prep := b.prepared(b.claire, open)
	request, doc := b.signed(b.claire)
	for _, login := range []auth.Login{b.bram, {Mutuality: "142", Member: claire.ID}, {Mutuality: "141", Member: "nobody"}, {}} {
		for _, id := range []string{request, "01hzzzzzzzzzzzzzzzzzzzzzzz", "", "../etc/passwd", "' OR 1=1 --"} {
			_, err := b.Request(ctx, login, id)
			wantErr(t, "Request of another", err, requests.ErrNotFound)
			if login == b.bram {
				wantErr(t, "Move of another's", b.Move(ctx, login, id, []requests.State{requests.Signed}, requests.Withdrawn, ""), requests.ErrNotFound)
			}
		}
		for _, id := range []string{doc, "01hzzzzzzzzzzzzzzzzzzzzzzz", ""} {
			_, err := b.Document(ctx, login, id)
			wantErr(t, "Document of another", err, documents.ErrNotFound)
			_, err = b.Open(ctx, login, id, 0)
			wantErr(t, "Open of another's", err, documents.ErrNotFound)
			_, err = b.DueDocument(ctx, login, id)
			wantErr(t, "DueDocument of another's", err, requests.ErrNotFound)
		}
		_, err := b.Preparation(ctx, login, prep)
		wantErr(t, "Preparation of another", err, requests.ErrNotFound)
		_, err = b.Complete(ctx, login, b.completion(prep, "value"))
		wantErr(t, "Complete of another's", err, requests.ErrNotFound)
		list, _ := b.Documents(ctx, login, documents.Filter{}, "", 10)
		if len(list) != 0 {
			t.Errorf("%v lists %d documents of another", login, len(list))
		}
	}
	wantErr(t, "Prepare of another's", b.Prepare(ctx, b.bram, b.preparation(open)), requests.ErrNotFound)
	if s := b.state(b.claire, open); s != requests.ToSign {
		t.Errorf("request is %s after all that", s)
	}
}

func testAsked(t *testing.T, b *bed) {
	ctx := t.Context()
	if got, err := b.Asked(ctx, b.claire); err != nil || got != nil {
		t.Errorf("Asked = %v, %v, want nil", got, err)
	}
	shows := func(what, request string, signed bool) {
		t.Helper()
		if got, err := b.Asked(ctx, b.claire); err != nil || got == nil || got.Request != request || got.Signed != signed {
			t.Errorf("%s: Asked = %+v, %v", what, got, err)
		}
	}
	older, _ := b.signed(b.claire)
	shows("signed", older, true)
	b.clock.add(time.Second)
	newer, _ := b.signed(b.claire)
	shows("another that is signed", newer, true)
	waits := b.frozen(b.claire)
	shows("one that waits for her signature hides none that is signed", newer, true)
	ends := func(id string, from, to requests.State) {
		t.Helper()
		if err := b.Move(ctx, b.claire, id, []requests.State{from}, to, ""); err != nil {
			t.Fatal(err)
		}
	}
	ends(newer, requests.Signed, requests.Withdrawn)
	shows("the newest ended", older, true)
	ends(older, requests.Signed, requests.Withdrawn)
	shows("none is signed", waits, false)
	ends(waits, requests.ToSign, requests.Declined)
	if got, err := b.Asked(ctx, b.claire); err != nil || got != nil {
		t.Errorf("Asked = %v, %v, want nil", got, err)
	}
}

func testOverview(t *testing.T, b *bed) {
	o, err := b.Overview(t.Context(), b.bram, true)
	if err != nil || o.ToSign != nil || len(o.Requests) != 0 || len(o.Documents) != 0 || o.Last4 != "" {
		t.Errorf("Overview of one who did nothing = %+v, %v", o, err)
	}
	oldest := b.frozen(b.claire)
	b.frozen(b.claire)
	for range 6 {
		b.signed(b.claire)
	}
	o, err = b.Overview(t.Context(), b.claire, true)
	if err != nil || o.ToSign == nil || o.ToSign.ID != oldest || len(o.Requests) != 5 || len(o.Documents) != 5 || o.Last4 != "7034" {
		t.Errorf("Overview = %+v, %v", o, err)
	}
	if i := o.Documents[0]; i.State != string(documents.Valid) || i.Kind != document.KindBankChange || i.Pages != 1 || i.Date.IsZero() {
		t.Errorf("document of the overview = %+v", i)
	}
}
