package store_test

import (
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/letters"
	"guichet.example/portal/office"
)

// Another address counts only once its link was opened, is asked for by the officer who
// checked the identity, and where she was written to until now is told.
func testEmailAtCounter(t *testing.T, b *bed) {
	ctx, ines, ada := t.Context(), b.ines(), b.ada()
	opening := b.opened(ines)
	check, err := b.RecordCheck(ctx, ines, opening, office.Check{Place: "Liège", Proofs: []string{"eid", "photo"}})
	want(t, "RecordCheck", err, nil)
	ask := func(o auth.Officer, opening, check, secret, address string) error {
		now := b.clock.Now()
		code := credentials.Code{Purpose: credentials.ConfirmEmail, Created: now, Expires: now.Add(time.Hour), Payload: address}
		waits, err := b.EmailAtCounter(ctx, o, opening, check, code, secret, func(lang string) string { return "https://counter.example/" + lang + "/email/confirm/" + secret })
		if waits {
			t.Error("waits for a second officer, though no address was certified")
		}
		return err
	}
	want(t, "without a check", ask(ines, opening, "none", linkSecret, "new@example.org"), office.ErrState)
	want(t, "in no file of hers", ask(ada, opening, check, linkSecret, "new@example.org"), office.ErrNoOpening)
	before := waiting(t, b)
	want(t, "asked", ask(ines, opening, check, linkSecret, "new@example.org"), nil)
	a, err := b.Account(ctx, "141", claire.ID)
	if err != nil || a.Certified() || a.State != credentials.None {
		t.Errorf("before the link is opened: %+v, %v", a, err)
	}
	told := int64(2) // the new address, and the old one by mail or by letter
	if list, err := b.Letters(ctx, letters.By{Mutuality: "141"}, letters.Filter{Member: claire.ID}, "", 10); err != nil || len(list) > 1 {
		t.Errorf("letters: %v, %v", list, err)
	} else {
		told -= int64(len(list))
	}
	if mails := waiting(t, b) - before; mails != told {
		t.Errorf("%d mails, want %d", mails, told)
	}
	swap := credentials.Swap{Mutuality: "141", Purpose: credentials.ConfirmEmail, Secret: linkSecret, At: b.clock.Now(),
		Undo:       credentials.Code{Mutuality: "141", Purpose: credentials.UndoEmail, Created: b.clock.Now(), Expires: b.clock.Now().Add(72 * time.Hour)},
		UndoSecret: otherSecret, UndoLink: "https://counter.example/fr/email/undo/" + otherSecret}
	want(t, "opened", b.SwapEmail(ctx, swap), nil)
	if a, err = b.Account(ctx, "141", claire.ID); err != nil || !a.Certified() || a.Email != "new@example.org" {
		t.Errorf("after the link was opened: %+v, %v", a, err)
	}
	if f, err := b.File(ctx, ines, opening); err != nil || f.Email != "new@example.org" || !f.Account.Email {
		t.Errorf("file: %q, %v", f.Email, err)
	}
	want(t, "what is hers already", ask(ines, opening, check, strings.Repeat("C", 42)+"A", "New@example.org"), office.ErrState)
	b.clock.add(office.CheckLife + time.Minute)
	want(t, "after its time", ask(ines, opening, check, strings.Repeat("C", 42)+"A", "third@example.org"), office.ErrNoOpening)
	b.onceByOfficer(t, audit.AskEmail, ines)
}

// In the place of a certified address the link waits for a second officer, who is not
// the first, and is not sent if the account is another one by then.
func testSecondOfficer(t *testing.T, b *bed) {
	ctx, ines, ada := t.Context(), b.ines(), b.ada()
	secrets := 0
	code := func(address string) (credentials.Code, string) {
		now := b.clock.Now()
		secrets++
		return credentials.Code{Purpose: credentials.ConfirmEmail, Created: now, Expires: now.Add(48 * time.Hour), Payload: address}, strings.Repeat(string(rune('a'+secrets)), 42) + "A"
	}
	link := func(secret string) func(string) string {
		return func(lang string) string { return "https://counter.example/" + lang + "/email/confirm/" + secret }
	}
	opened := func(secret string) error {
		return b.SwapEmail(ctx, credentials.Swap{Mutuality: "141", Purpose: credentials.ConfirmEmail, Secret: secret, At: b.clock.Now(),
			Undo:       credentials.Code{Mutuality: "141", Purpose: credentials.UndoEmail, Created: b.clock.Now(), Expires: b.clock.Now().Add(72 * time.Hour)},
			UndoSecret: strings.Repeat(string(rune('A'+secrets)), 42) + "A", UndoLink: "https://counter.example/fr/email/undo/x"})
	}
	opening := b.opened(ines)
	check, err := b.RecordCheck(ctx, ines, opening, office.Check{Place: "Liège", Proofs: []string{"eid", "photo"}})
	want(t, "RecordCheck", err, nil)
	ask := func(address string) (waits bool, secret string) {
		t.Helper()
		c, secret := code(address)
		waits, err := b.EmailAtCounter(ctx, ines, opening, check, c, secret, link(secret))
		want(t, "asked for "+address, err, nil)
		return waits, secret
	}
	second := func() string {
		t.Helper()
		list, err := b.Queue(ctx, ada, office.Filter{Kind: office.EmailSecond}, 10)
		if err != nil || len(list) != 1 {
			t.Fatalf("items for a second officer: %v, %v", list, err)
		}
		return list[0].ID
	}
	_, first := ask("first@example.org")
	want(t, "first opened", opened(first), nil)
	b.mails()
	waits, secret := ask("second@example.org")
	if !waits {
		t.Fatal("a certified address is replaced by one officer")
	}
	b.wantText("told at once", b.mails(), "email-asked first@example.org")
	if err := opened(secret); err == nil {
		t.Error("a link that was never sent opens")
	}
	one := second()
	want(t, "taken by who asked", b.TakeItem(ctx, ines, one, office.Hold{}, ""), office.ErrFirst)
	agree := func(o auth.Officer, id string) (string, error) {
		c, secret := code("forged@example.org")
		return secret, b.AgreeEmail(ctx, o, id, office.Answer{What: office.EventAccepted}, c, secret, link(secret))
	}
	_, err = agree(ada, one)
	want(t, "not taken", err, office.ErrState)
	_, again := ask("third@example.org") // spelled wrong the first time
	want(t, "the one that was replaced", b.TakeItem(ctx, ada, one, office.Hold{}, ""), office.ErrState)
	one = second()
	want(t, "take", b.TakeItem(ctx, ada, one, office.Hold{}, ""), nil)
	i, err := b.Item(ctx, ada, one)
	if err != nil || i.Said["old-email"] != "first@example.org" || i.Said["new-email"] != "third@example.org" || i.Said["cause"] != "eid photo" {
		t.Errorf("the second officer reads %v, %v", i.Said, err)
	}
	_, err = agree(ines, one)
	want(t, "agreed by who asked", err, office.ErrHeld)
	want(t, "past the code", b.CloseItem(ctx, ada, one, office.Answer{What: office.EventAccepted}), office.ErrState)
	b.mails()
	secret, err = agree(ada, one)
	want(t, "agreed", err, nil)
	b.wantText("the link", b.mails(), "confirm-email third@example.org")
	_, err = agree(ada, one)
	want(t, "agreed twice", err, office.ErrState)
	if err := opened(again); err == nil {
		t.Error("the link of the first officer opens")
	}
	want(t, "opened", opened(secret), nil)
	if a, err := b.Account(ctx, "141", claire.ID); err != nil || a.Email != "third@example.org" {
		t.Errorf("account %q, %v", a.Email, err)
	}
	ask("fourth@example.org")
	late := second()
	want(t, "disabled", b.SetAccount(ctx, ines, opening, office.AccountChange{To: office.AccountDisabled, Reason: "asked", Words: "x"}), nil)
	want(t, "take", b.TakeItem(ctx, ada, late, office.Hold{}, ""), nil)
	_, err = agree(ada, late)
	want(t, "the account is shut", err, office.ErrState)
	want(t, "closed", b.CloseItem(ctx, ada, late, office.Answer{What: office.EventClosed, Words: "shut"}), nil)
}

// onceByOfficer wants one done act by the officer on Claire's record.
func (b *bed) onceByOfficer(t *testing.T, action audit.Action, o auth.Officer) {
	t.Helper()
	done := 0
	err := b.AuditRows(t.Context(), func(e audit.Entry) error {
		if e.Action == action && e.Outcome == audit.Done {
			done++
			if e.Actor != string(o.ID) || e.Method != audit.Office || e.Member != string(claire.ID) {
				t.Errorf("row %+v", e)
			}
		}
		return nil
	})
	if err != nil || done != 1 {
		t.Errorf("%d rows of %s, %v", done, action, err)
	}
}

// An item goes from who holds it to a colleague who may work on it.
func testAssign(t *testing.T, b *bed) {
	ctx, ines, ada := t.Context(), b.ines(), b.ada()
	sofia := b.hire("Sofia Marchetti", number("95020310271"), auth.ContactPoint)
	own := b.hire("Claire Delcourt", claire.NationalNumber, auth.Advisor)
	room := b.hire("Post Room", number("72022911853"), auth.Mailroom)
	made := b.task(office.Reactivation, claire.ID, "fr")
	want(t, "what nobody took", b.AssignItem(ctx, ines, made.ID, sofia.ID, "hers"), office.ErrState)
	want(t, "take", b.TakeItem(ctx, ines, made.ID, office.Hold{}, ""), nil)
	want(t, "by another", b.AssignItem(ctx, ada, made.ID, sofia.ID, "hers"), office.ErrHeld)
	want(t, "without a word", b.AssignItem(ctx, ines, made.ID, sofia.ID, " "), office.ErrReason)
	want(t, "to herself", b.AssignItem(ctx, ines, made.ID, ines.ID, "x"), office.ErrNotFound)
	want(t, "to the mailroom", b.AssignItem(ctx, ines, made.ID, room.ID, "x"), office.ErrNotFound)
	want(t, "to nobody", b.AssignItem(ctx, ines, made.ID, "aaaaaaaaaaaaaaaaaaaaaaaaaa", "x"), office.ErrNotFound)
	want(t, "to whom it is about", b.AssignItem(ctx, ines, made.ID, own.ID, "x"), office.ErrOwn)
	want(t, "assigned", b.AssignItem(ctx, ines, made.ID, sofia.ID, "she knows her"), nil)
	want(t, "twice", b.AssignItem(ctx, ines, made.ID, sofia.ID, "she knows her"), office.ErrHeld)
	i, err := b.Item(ctx, sofia, made.ID)
	if err != nil || i.Hold.Staff != sofia.ID || i.Said["text"] != sentence {
		t.Fatalf("item = %+v, %v", i, err)
	}
	last := i.History[len(i.History)-1]
	if last.What != office.EventAssigned || last.Staff != ines.ID || last.Words != "Sofia Marchetti: she knows her" {
		t.Errorf("history ends with %+v", last)
	}
	want(t, "closed", b.CloseItem(ctx, sofia, made.ID, office.Answer{What: office.EventClosed, Words: "done"}), nil)
}

// waiting is how many jobs wait.
func waiting(t *testing.T, b *bed) int64 {
	t.Helper()
	figures, err := b.Waiting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return figures.Waiting
}
