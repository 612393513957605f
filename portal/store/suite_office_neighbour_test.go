package store_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/office"
)

// beside is a second session of an officer, on another machine.
func (b *bed) beside(o auth.Officer, name string) (auth.Officer, [32]byte) {
	b.t.Helper()
	hash, now := sha256.Sum256([]byte(name)), b.clock.Now()
	o.Session = ""
	err := b.StartOfficeSession(b.t.Context(), hash, [32]byte{}, office.Session{Officer: o, Created: now, LastSeen: now, Idle: 10 * time.Minute, Ends: now.Add(8 * time.Hour)})
	if err != nil {
		b.t.Fatal(err)
	}
	s, err := b.OfficeSession(b.t.Context(), hash, now)
	if err != nil {
		b.t.Fatal(err)
	}
	return s.Officer, hash
}

// A file that is open is open in one session of one officer, and ends with that one alone.
func testOpeningOfSession(t *testing.T, b *bed) {
	ctx, ines, ada := t.Context(), b.ines(), b.ada()
	there, hash := b.beside(ines, "the machine beside")
	mine, theirs, adas := b.opened(ines), b.opened(there), b.opened(ada)
	look := func(what string, o auth.Officer, opening string, wanted error) {
		t.Helper()
		_, err := b.File(ctx, o, opening)
		want(t, what, err, wanted)
	}
	look("her own file in her other session", there, mine, office.ErrNoOpening)
	borrowed := ada
	borrowed.Session = ines.Session
	look("a colleague who says it is the same session", borrowed, mine, office.ErrNoOpening)
	want(t, "signing out there", b.EndOfficeSession(ctx, hash, "signed out"), nil)
	look("the file of the session that ended", there, theirs, office.ErrNoOpening)
	look("the file of the session that goes on", ines, mine, nil)
	look("the file of a colleague", ada, adas, nil)
}

// A session that is used keeps no other one alive.
func testOfficeSessionAlone(t *testing.T, b *bed) {
	ines := b.ines()
	_, idle := b.beside(ines, "idle")
	for range 3 {
		b.clock.add(4 * time.Minute)
		if _, err := b.OfficeSession(t.Context(), b.officeHash(ines), b.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	_, err := b.OfficeSession(t.Context(), idle, b.clock.Now())
	want(t, "the session nobody used for twelve minutes", err, office.ErrNoSession)
}

// Who was disabled begins no session, counts as no administrator, and leaves what
// colleagues hold to them.
func testDisabledStaff(t *testing.T, b *bed) {
	ctx, ines, ada := t.Context(), b.ines(), b.ada()
	eve := b.hire("Eve Ander", number("72022911853"), auth.Administrator)
	byAda := office.By{Mutuality: "141", Officer: &ada}
	hers, inesItem := b.task(office.Reactivation, claire.ID, "fr"), b.task(office.Reactivation, b.bram.Member, "nl")
	want(t, "take", b.TakeItem(ctx, ada, hers.ID, office.Hold{}, ""), nil)
	want(t, "take", b.TakeItem(ctx, ines, inesItem.ID, office.Hold{}, ""), nil)
	want(t, "Eve leaves", b.DisableStaff(ctx, byAda, eve.ID, true), nil)
	now := b.clock.Now()
	err := b.StartOfficeSession(ctx, [32]byte{9}, [32]byte{}, office.Session{Officer: eve, Created: now, LastSeen: now, Idle: time.Minute, Ends: now.Add(time.Hour)})
	want(t, "a session of who has left", err, office.ErrUnknownStaff)
	_, err = b.OfficeSession(ctx, [32]byte{9}, now)
	want(t, "and it is none", err, office.ErrNoSession)
	want(t, "the last administrator who is left", b.DisableStaff(ctx, house, ada.ID, true), office.ErrLastAdministrator)
	want(t, "Inès leaves", b.DisableStaff(ctx, byAda, ines.ID, true), nil)
	if i, err := b.Item(ctx, ada, hers.ID); err != nil || i.Hold.Staff != ada.ID {
		t.Errorf("what Ada holds = %+v, %v", i.Hold, err)
	}
	if i, err := b.Item(ctx, ada, inesItem.ID); err != nil || i.Hold.Staff != "" {
		t.Errorf("what Inès held = %+v, %v", i.Hold, err)
	}
}

// An account is opened and closed for one member, and the history of an item is its own.
func testOfficeOneMember(t *testing.T, b *bed) {
	ctx, ada := t.Context(), b.ada()
	b.enrolClassic(b.claire, nil)
	b.enrolClassic(b.bram, nil)
	his, err := b.OpenFile(ctx, ada, b.bram.Member, visit)
	if err != nil {
		t.Fatal(err)
	}
	hers := b.opened(ada)
	closing := office.AccountChange{To: office.AccountDisabled, Reason: "abuse", Words: "two people use it"}
	state := func(member auth.MemberID) credentials.State {
		a, err := b.Account(ctx, "141", member)
		if err != nil {
			t.Fatal(err)
		}
		return a.State
	}
	want(t, "hers closed", b.SetAccount(ctx, ada, hers, closing), nil)
	if state(b.bram.Member) != credentials.Active {
		t.Error("closing hers closes his")
	}
	want(t, "his closed", b.SetAccount(ctx, ada, his, closing), nil)
	want(t, "hers opened", b.SetAccount(ctx, ada, hers, office.AccountChange{To: office.AccountActive, Reason: "identity", Words: "came with her card"}), nil)
	if state(claire.ID) != credentials.Active || state(b.bram.Member) != credentials.Disabled {
		t.Errorf("hers is %s, his %s", state(claire.ID), state(b.bram.Member))
	}
	one := b.task(office.Reactivation, claire.ID, "fr")
	want(t, "take", b.TakeItem(ctx, ada, one.ID, office.Hold{}, ""), nil)
	alone, err := b.Item(ctx, ada, one.ID)
	if err != nil {
		t.Fatal(err)
	}
	two := b.task(office.Reactivation, b.bram.Member, "nl")
	want(t, "take", b.TakeItem(ctx, ada, two.ID, office.Hold{}, ""), nil)
	i, err := b.Item(ctx, ada, one.ID)
	j, err2 := b.Item(ctx, ada, two.ID)
	if err != nil || err2 != nil || i.Member != claire.ID || j.Member != b.bram.Member || len(i.History) != len(alone.History) || len(j.History) != len(i.History) {
		t.Errorf("items of %s and %s, %d and %d events, %v, %v", i.Member, j.Member, len(i.History), len(j.History), err, err2)
	}
	rows := b.rows()
	if last, before := rows[len(rows)-1], rows[len(rows)-2]; last.Member != string(b.bram.Member) || before.Member != string(claire.ID) {
		t.Errorf("the looks are of %s and %s", before.Member, last.Member)
	}
	want(t, "closing hers", b.CloseItem(ctx, ada, one.ID, office.Answer{What: office.EventClosed, Words: "came by"}), nil)
	want(t, "taking what is closed", b.TakeItem(ctx, ada, one.ID, office.Hold{}, ""), office.ErrState)
	if j, err = b.Item(ctx, ada, two.ID); err != nil || !j.Closed.IsZero() || j.Hold.Staff != ada.ID {
		t.Errorf("his item, when hers is closed: %+v, %v", j.Hold, err)
	}
}
