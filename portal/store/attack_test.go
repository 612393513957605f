package store_test

import (
	"crypto/sha256"
	"errors"
	"os"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/signin"
)

// Attacks that need two hands at once: what the first has proved, the second has undone
// before it counts.
func TestAttacksSQLite(t *testing.T) { runAttacks(t, openSQLite) }

func TestAttacksPostgreSQL(t *testing.T) {
	t.Parallel()
	runAttacks(t, openPostgreSQL)
}

func runAttacks(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"an old password opens no session", testOldPasswordInFlight},
		{"an old password gets no ticket", testOldPasswordTicket},
		{"a session that ended sets no password", testEndedSessionSetsPassword},
		{"a session that ended asks for no address", testEndedSessionAsksEmail},
		{"a first address is told where she was written to", testFirstAddress},
		{"who takes her address back leaves the thief no link", testTakenBack},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBed(t, open)) })
	}
}

// newHash is set while something is under way with the old one.
func (b *bed) newHash() {
	b.t.Helper()
	b.clock.add(time.Second)
	set := credentials.NewPassword{Mutuality: b.claire.Mutuality, Member: b.claire.Member, Hash: somePHC + "B", Activate: true, At: b.clock.Now()}
	if err := b.SetPassword(b.t.Context(), set); err != nil {
		b.t.Fatal(err)
	}
}

// A thief has typed the old password right; while it is hashed she sets a new one.
func testOldPasswordInFlight(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, nil)
	tried, err := b.Try(t.Context(), b.tryOf(claireNumber))
	if err != nil || tried.Hash == "" {
		t.Fatal(err)
	}
	b.newHash()
	passed := credentials.Passed{Mutuality: b.claire.Mutuality, Member: b.claire.Member, Handle: b.tryOf(claireNumber).Handle,
		Tried: tried, Browser: [32]byte{1}, Source: "192.0.2.7", At: b.clock.Now()}
	if err := b.Pass(t.Context(), passed); !errors.Is(err, credentials.ErrRefused) {
		t.Errorf("Pass with the old password: %v, want ErrRefused", err)
	}
	start := func(name string, set time.Time) error {
		l, now := b.claire, b.clock.Now()
		l.Session, l.Method, l.Assurance, l.PasswordSet = "", auth.Password, auth.Low, set
		return b.StartSession(t.Context(), sha256.Sum256([]byte(name)), [32]byte{}, signin.Session{
			Login: l, Created: now, LastSeen: now, Idle: time.Hour, Ends: now.Add(time.Hour)})
	}
	if err := start("old", tried.Account.PasswordSet); !errors.Is(err, signin.ErrClosed) {
		t.Errorf("session with the old password: %v, want ErrClosed", err)
	}
	if err := start("new", b.account().PasswordSet); err != nil {
		t.Errorf("session with the new password: %v", err)
	}
}

// The same where a right password asks for another one first.
func testOldPasswordTicket(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.MustChange = true })
	tried, err := b.Try(t.Context(), b.tryOf(claireNumber))
	if err != nil {
		t.Fatal(err)
	}
	b.newHash()
	now := b.clock.Now()
	passed := credentials.Passed{Mutuality: b.claire.Mutuality, Member: b.claire.Member, Handle: b.tryOf(claireNumber).Handle, Tried: tried, At: now,
		Ticket: credentials.Code{Mutuality: b.claire.Mutuality, Member: b.claire.Member, Purpose: credentials.Renew, Created: now, Expires: now.Add(time.Minute)},
		Secret: link(1)}
	if err := b.Pass(t.Context(), passed); !errors.Is(err, credentials.ErrRefused) {
		t.Errorf("Pass with the old password: %v, want ErrRefused", err)
	}
	b.wantDead(map[credentials.Purpose]string{credentials.Renew: link(1)})
	if passed.Tried, err = b.Try(t.Context(), b.tryOf(claireNumber)); err != nil {
		t.Fatal(err)
	}
	if err := b.Pass(t.Context(), passed); err != nil {
		t.Fatal(err)
	}
	if _, err := b.FindCode(t.Context(), b.claire.Mutuality, credentials.Renew, link(1), now); err != nil {
		t.Errorf("ticket of the new password: %v", err)
	}
}

// A thief at her open session has typed the current password right; meanwhile she sets
// another by a link, which ends his session.
func testEndedSessionSetsPassword(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, nil)
	thief := b.claire
	thief.Session = "06h029gerwqtfcfprcxr1ynm00"
	b.session("thief", thief)
	b.newHash()
	err := b.SetPassword(t.Context(), credentials.NewPassword{Mutuality: thief.Mutuality, Member: thief.Member, Hash: somePHC + "C",
		Activate: true, Keep: thief.Session, Login: &thief, At: b.clock.Now()})
	if !errors.Is(err, auth.ErrSignInRequired) {
		t.Errorf("SetPassword from a session that ended: %v, want ErrSignInRequired", err)
	}
	if hash, err := b.PasswordHash(t.Context(), thief.Mutuality, thief.Member); err != nil || hash != somePHC+"B" {
		t.Errorf("the password is the thief's: %v", err)
	}
}

func testEndedSessionAsksEmail(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, nil)
	thief := b.claire
	thief.Session = "06h029gerwqtfcfprcxr1ynm00"
	b.session("thief", thief)
	b.newHash()
	now := b.clock.Now()
	ask := func(l auth.Login, secret string) error {
		return b.PutMailedCode(t.Context(), l, credentials.Code{Mutuality: l.Mutuality, Member: l.Member, Purpose: credentials.ConfirmEmail,
			Created: now, Expires: now.Add(time.Hour), Payload: "thief@example.org"}, secret,
			mail.Message{Mutuality: l.Mutuality, Member: l.Member, To: "thief@example.org", Template: mail.ConfirmEmail, Lang: "fr", Until: now.Add(time.Hour),
				Values: map[string]string{string(mail.Link): "https://counter.example/fr/email/confirm/" + secret, string(mail.Until): now.Format(time.RFC3339)}})
	}
	if err := ask(thief, link(1)); !errors.Is(err, auth.ErrSignInRequired) {
		t.Errorf("PutMailedCode from a session that ended: %v, want ErrSignInRequired", err)
	}
	b.wantDead(map[credentials.Purpose]string{credentials.ConfirmEmail: link(1)})
	b.session("hers", b.claire)
	if err := ask(b.claire, link(2)); err != nil {
		t.Errorf("from a session that lives: %v", err)
	}
}

// A thief takes her address; she signs in by card and puts her own back, by the page
// instead of the link that undoes. The thief's mailbox gets no link that undoes hers.
func testTakenBack(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.Email, e.Certified = "Hers@example.org", noon })
	b.code(b.claire, credentials.ConfirmEmail, link(1), "thief@example.org")
	if err := b.swap(credentials.ConfirmEmail, link(1), link(2)); err != nil {
		t.Fatal(err)
	}
	b.clock.add(time.Hour)
	b.code(b.claire, credentials.ConfirmEmail, link(3), "hers@example.org")
	if err := b.swap(credentials.ConfirmEmail, link(3), link(4)); err != nil {
		t.Fatal(err)
	}
	b.wantDead(map[credentials.Purpose]string{credentials.UndoEmail: link(4)})
	if a := b.account(); a.Email != "hers@example.org" || !a.Certified() {
		t.Errorf("her address: %q", a.Email)
	}
}

// A thief with her password gives her account its first address. The address on file
// hears of it, with a link that undoes it; who has none on file hears of it by post.
func testFirstAddress(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, nil)
	b.code(b.claire, credentials.ConfirmEmail, link(1), "thief@example.org")
	if err := b.swap(credentials.ConfirmEmail, link(1), link(2)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.FindCode(t.Context(), b.claire.Mutuality, credentials.UndoEmail, link(2), b.clock.Now()); err != nil {
		t.Errorf("link to the address on file: %v", err)
	}
	if err := b.swap(credentials.UndoEmail, link(2), link(3)); err != nil {
		t.Fatal(err)
	}
	if a := b.account(); a.Email != claire.Email || a.HasPassword {
		t.Errorf("undone: address %q, password %t", a.Email, a.HasPassword)
	}

	lone := b.bram
	other, _ := bram()
	other.Email = ""
	if err := b.AddMember(t.Context(), other, nil); err != nil {
		t.Fatal(err)
	}
	b.enrolClassic(lone, nil)
	b.code(lone, credentials.ConfirmEmail, link(4), "thief@example.net")
	if err := b.swap(credentials.ConfirmEmail, link(4), link(5)); err != nil {
		t.Fatal(err)
	}
	b.wantDead(map[credentials.Purpose]string{credentials.UndoEmail: link(5)})
	list, err := b.LettersOf(t.Context(), lone, 10)
	if err != nil || len(list) != 1 || list[0].Kind != letters.NewEmail {
		t.Errorf("letters: %v, %v", list, err)
	}
}

// An older copy of the database is put back. What was used or ended since is not alive
// again; the letter that is on its way is.
func TestOlderCopyRevivesNothing(t *testing.T) {
	b := newBed(t, openSQLite)
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.Email, e.Certified = "hers@example.org", noon })
	hash := b.session("hers", b.claire)
	b.code(b.claire, credentials.ResetLink, link(1), "")
	b.code(b.claire, credentials.ConfirmEmail, link(2), "new@example.org")
	b.code(b.claire, credentials.ResetLetter, "7KQ2-94MA-X0VT", "")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	copied, err := os.ReadFile(b.cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	b.reopen()
	if _, err := b.Session(t.Context(), hash, b.clock.Now()); err != nil {
		t.Fatalf("a restart ended the session: %v", err)
	}
	if err := b.EndSession(t.Context(), hash, "signed out"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.UseCode(t.Context(), b.claire.Mutuality, credentials.ResetLink, link(1), b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b.cfg.Path, copied, 0o600); err != nil {
		t.Fatal(err)
	}
	b.DB = openSQLite(t, b.cfg)
	if _, err := b.Session(t.Context(), hash, b.clock.Now()); !errors.Is(err, signin.ErrNoSession) {
		t.Errorf("a session that was signed out: %v, want ErrNoSession", err)
	}
	b.wantDead(map[credentials.Purpose]string{credentials.ResetLink: link(1), credentials.ConfirmEmail: link(2)})
	try := b.tryOf(claireNumber)
	try.Typed = "7KQ2-94MA-X0VT"
	if tried, err := b.Try(t.Context(), try); err != nil || tried.Code == "" {
		t.Errorf("the code of a letter on its way: %v", err)
	}
}
