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
		return b.EmailAtCounter(ctx, o, opening, check, code, secret, func(lang string) string { return "https://counter.example/" + lang + "/email/confirm/" + secret })
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
