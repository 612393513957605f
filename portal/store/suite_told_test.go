package store_test

import (
	"testing"

	"guichet.example/portal/credentials"
	"guichet.example/portal/letters"
	"guichet.example/portal/office"
)

// Who asked to have her access back is told that it stays closed, who lost her code that
// staff have answered; without an address on file by post.
func testTold(t *testing.T, b *bed) {
	ctx, ines, ada := t.Context(), b.ines(), b.ada()
	sent := func(what string, mails int64, posted int, do func()) {
		t.Helper()
		count := func() (int64, int) {
			list, err := b.Letters(ctx, letters.By{Mutuality: "141"}, letters.Filter{Member: claire.ID}, "", 50)
			want(t, what, err, nil)
			return waiting(t, b), len(list)
		}
		m, l := count()
		do()
		if mails2, letters2 := count(); mails2-m != mails || letters2-l != posted {
			t.Errorf("%s: %d mails and %d letters, want %d and %d", what, mails2-m, letters2-l, mails, posted)
		}
	}
	answered := func(kind office.Kind, what string) func() {
		return func() {
			t.Helper()
			made := b.task(kind, claire.ID, "fr")
			want(t, "take", b.TakeItem(ctx, ines, made.ID, office.Hold{}, ""), nil)
			want(t, "close", b.CloseItem(ctx, ines, made.ID, office.Answer{What: what, Words: "Pas maintenant"}), nil)
		}
	}
	closing := office.AccountChange{To: office.AccountDisabled, Reason: "abuse", Words: "w"}
	opened := b.opened(ada)
	sent("closing", 1, 0, func() { want(t, "closing", b.SetAccount(ctx, ada, opened, closing), nil) })
	sent("a refusal", 1, 0, answered(office.Reactivation, office.EventAnswered))
	if r, err := b.Reactivation(ctx, "141", claire.ID); err != nil || r.Words != "Pas maintenant" {
		t.Errorf("what she reads: %+v, %v", r, err)
	}
	sent("a lost code", 1, 0, answered(office.LostCode, office.EventAnswered))
	sent("a lost code without an answer", 0, 0, answered(office.LostCode, office.EventClosed))

	m := claire
	m.Email = ""
	want(t, "no address on file", b.AddMember(ctx, m, nil), nil)
	opening := office.AccountChange{To: office.AccountActive, Reason: "mistake", Words: "w"}
	sent("opening, by post", 0, 1, func() { want(t, "opening", b.SetAccount(ctx, ada, opened, opening), nil) })
	sent("a lost code, by post", 0, 1, answered(office.LostCode, office.EventAnswered))
	want(t, "restored", b.AddMember(ctx, claire, nil), nil)
}

// The count of wrong answers to a secret question ends with a right one, and with a new
// password.
func testQuestionForgotten(t *testing.T, b *bed) {
	ctx := t.Context()
	number, err := credentials.ParseMemberNumber(claire.Affiliation)
	want(t, "number", err, nil)
	try := func() error {
		_, err := b.Try(ctx, credentials.Try{Mutuality: "141", Handle: credentials.Handle{Kind: credentials.KindQuestion, Value: number},
			Limits: credentials.Limits{Known: 4, Unknown: 4}, At: b.clock.Now(), Nobody: true})
		b.clock.add(credentials.MaxDelay)
		return err
	}
	full := func() {
		t.Helper()
		for range 4 {
			want(t, "a wrong answer", try(), nil)
		}
		want(t, "one too many", try(), credentials.ErrClosed)
	}
	full()
	want(t, "a new password", b.SetPassword(ctx, credentials.NewPassword{Mutuality: "141", Member: claire.ID, Hash: "h", At: b.clock.Now()}), nil)
	full()
	code := credentials.Code{Mutuality: "141", Member: claire.ID, Purpose: credentials.ResetLink, Created: b.clock.Now(), Expires: b.clock.Now().Add(credentials.MaxDelay)}
	want(t, "a right answer", b.PassQuestion(ctx, credentials.ByQuestion{Code: code, Secret: linkSecret, At: b.clock.Now()}), nil)
	want(t, "then", try(), nil)
}
