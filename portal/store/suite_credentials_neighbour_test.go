package store_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
)

// Whatever is done to the account of one member, that of another stays as it is: its
// password, its identifiers, its address, its codes, its sessions and their history.
func testAccountOfOne(t *testing.T, b *bed) {
	ctx, house := t.Context(), b.claire.Mutuality
	b.enrolClassic(b.bram, func(e *credentials.Enrolment) {
		e.UserNumber, e.AccessCode, e.Email, e.Certified = "85910212345", "br12am", "bram@example.org", noon
	})
	home := b.session("bram at home", b.bram)
	b.code(b.bram, credentials.ResetLink, otherSecret, "")
	before := b.whole(b.bram)
	b.enrolClassic(b.claire, nil)
	thief := b.claire
	thief.Session = "06h029gerwqtfcfprcxr1ynm00"
	b.session("thief", thief) // at the time from which his address is his
	hash := somePHC[:len(somePHC)-1] + "B"
	sets := credentials.NewPassword{Mutuality: house, Member: b.claire.Member, Hash: hash, At: noon.Add(time.Minute)}
	b.clock.add(time.Minute)
	for _, act := range []struct {
		name string
		do   func() error
	}{
		{"numbers and codes", func() error {
			return b.PutAccount(ctx, credentials.Enrolment{Mutuality: house, Member: b.claire.Member, State: credentials.Active,
				UserNumber: "79910212346", AccessCode: "cl12re", MustChange: true, At: b.clock.Now()})
		}},
		{"an address that is not certified", func() error {
			return b.PutAccount(ctx, credentials.Enrolment{Mutuality: house, Member: b.claire.Member, State: credentials.Active, Email: "claire@example.org", At: b.clock.Now()})
		}},
		{"a password", func() error { return b.SetPassword(ctx, sets) }},
		{"a hash of the same", func() error { return b.Rehash(ctx, house, b.claire.Member, hash, somePHC) }},
		{"a code", func() error { b.code(b.claire, credentials.ResetLink, linkSecret, ""); return nil }},
		{"the code used", func() error {
			_, err := b.UseCode(ctx, house, credentials.ResetLink, linkSecret, b.clock.Now())
			return err
		}},
		{"a sign-in denied", func() error { _, err := b.DenySignIn(ctx, b.claire, thief.Session); return err }},
		{"a password after it", func() error { return b.SetPassword(ctx, sets) }},
		{"a session that ends", func() error { return b.EndSession(ctx, b.session("claire", b.claire), "signed out") }},
	} {
		if err := act.do(); err != nil {
			t.Fatalf("%s: %v", act.name, err)
		}
		if now := b.whole(b.bram); !reflect.DeepEqual(now, before) {
			t.Errorf("%s of hers: his is\n%+v, was\n%+v", act.name, now, before)
		}
	}
	if _, err := b.Session(ctx, home, b.clock.Now()); err != nil {
		t.Errorf("his session: %v", err)
	}
	// The other way about: of one hash, that of the one who signed in is made anew.
	sets.Hash = somePHC
	if err := errors.Join(b.SetPassword(ctx, sets), b.Rehash(ctx, house, b.claire.Member, somePHC, hash)); err != nil {
		t.Fatal(err)
	}
	if his, err := b.PasswordHash(ctx, house, b.bram.Member); err != nil || his != somePHC {
		t.Errorf("his hash is %q, %v", his, err)
	}
}

// wholeAccount is all that is kept of a member's classic access.
type wholeAccount struct {
	Account credentials.Account
	Hash    string
	SignIns any
	Code    credentials.Code
	Numbers [3]int
}

func (b *bed) whole(l auth.Login) wholeAccount {
	b.t.Helper()
	ctx := b.t.Context()
	a, err := b.Account(ctx, l.Mutuality, l.Member)
	hash, err2 := b.PasswordHash(ctx, l.Mutuality, l.Member)
	signIns, err3 := b.SignIns(ctx, l, 10)
	code, err4 := b.FindCode(ctx, l.Mutuality, credentials.ResetLink, otherSecret, b.clock.Now())
	if err := errors.Join(err, err2, err3, err4); err != nil {
		b.t.Fatal(err)
	}
	w := wholeAccount{Account: a, Hash: hash, SignIns: signIns, Code: code}
	for i, h := range []credentials.Handle{{Kind: credentials.KindUser, Value: a.UserNumber}, {Kind: credentials.KindAccessCode, Value: a.AccessCode},
		{Kind: credentials.KindEmail, Value: a.Email}} {
		found, err := b.MembersByHandle(ctx, l.Mutuality, h)
		if err != nil {
			b.t.Fatal(err)
		}
		w.Numbers[i] = len(found)
	}
	return w
}
