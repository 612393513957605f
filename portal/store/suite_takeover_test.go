package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/credentials"
	"guichet.example/portal/office"
	"guichet.example/portal/signin"
)

// link is the n-th secret of a link.
func link(n int) string { return fmt.Sprintf("%042dA", n) }

func testLetterPastStrangers(t *testing.T, b *bed) {
	ctx := t.Context()
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.State, e.Hash = credentials.Pending, "" })
	const secret = "7KQ2-94MA-X0VT"
	c := credentials.Code{Mutuality: b.claire.Mutuality, Member: b.claire.Member, Purpose: credentials.ActivateLetter, Created: noon, Expires: noon.Add(720 * time.Hour)}
	if err := b.PutCode(ctx, c, secret, ""); err != nil {
		t.Fatal(err)
	}
	try := func(typed string) (credentials.Tried, error) {
		one := b.tryOf(claireNumber)
		one.Typed = typed
		return b.Try(ctx, one)
	}
	for range 120 {
		if _, err := try("0000-0000-0000"); errors.Is(err, credentials.ErrClosed) {
			break
		}
		b.clock.add(credentials.MaxDelay)
	}
	if _, err := try("0000-0000-0000"); !errors.Is(err, credentials.ErrClosed) {
		t.Fatalf("another guess: %v, want ErrClosed", err)
	}
	tried, err := try(secret)
	if err != nil || tried.Code == "" || len(tried.Buckets) != 0 {
		t.Errorf("the right code after the strangers': %v, %v", err, tried.Code)
	}
	other := b.tryOf(bramNumber)
	other.Typed = secret
	if tried, err := b.Try(ctx, other); err != nil || tried.Code != "" {
		t.Errorf("her code opens another's account: %v, %v", err, tried.Code)
	}
}

func testForgetAddress(t *testing.T, b *bed) {
	ctx := t.Context()
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.Email, e.Certified = "Claire@Example.org", noon })
	try := func() error {
		one := b.tryOf("")
		one.Handle = credentials.Handle{Kind: credentials.KindEmail, Value: "claire@example.org"}
		_, err := b.Try(ctx, one)
		return err
	}
	for range 100 {
		if errors.Is(try(), credentials.ErrClosed) {
			break
		}
		b.clock.add(credentials.MaxDelay)
	}
	if err := try(); !errors.Is(err, credentials.ErrClosed) {
		t.Fatalf("after a hundred: %v, want ErrClosed", err)
	}
	set := credentials.NewPassword{Mutuality: b.claire.Mutuality, Member: b.claire.Member, Hash: somePHC, Activate: true, At: b.clock.Now()}
	if err := b.SetPassword(ctx, set); err != nil {
		t.Fatal(err)
	}
	if err := try(); err != nil {
		t.Errorf("with a new password: %v", err)
	}
}

// swap opens the link of a change of address; undo is the secret that undoes it.
func (b *bed) swap(p credentials.Purpose, secret, undo string) error {
	return b.SwapEmail(b.t.Context(), credentials.Swap{Mutuality: b.claire.Mutuality, Purpose: p, Secret: secret, At: b.clock.Now(),
		Undo:       credentials.Code{Mutuality: b.claire.Mutuality, Purpose: credentials.UndoEmail, Created: b.clock.Now(), Expires: b.clock.Now().Add(72 * time.Hour)},
		UndoSecret: undo, UndoLink: "https://counter.example/fr/email/undo/" + undo})
}

func (b *bed) account() credentials.Account {
	b.t.Helper()
	a, err := b.Account(b.t.Context(), b.claire.Mutuality, b.claire.Member)
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// wantDead fails if one of these codes opens anything.
func (b *bed) wantDead(secrets map[credentials.Purpose]string) {
	b.t.Helper()
	for p, secret := range secrets {
		if _, err := b.FindCode(b.t.Context(), b.claire.Mutuality, p, secret, b.clock.Now()); !errors.Is(err, credentials.ErrCode) {
			b.t.Errorf("%s: %v, want ErrCode", p, err)
		}
	}
}

// A thief with her password takes her address twice, so that the link in her mailbox
// should undo nothing, and keeps links at hand.
func testSwapTwice(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.Email, e.Certified = "hers@example.org", noon })
	b.code(b.claire, credentials.ConfirmEmail, link(1), "thief@example.org")
	if err := b.swap(credentials.ConfirmEmail, link(1), link(2)); err != nil {
		t.Fatal(err)
	}
	b.clock.add(time.Minute)
	b.code(b.claire, credentials.ConfirmEmail, link(3), "thief@example.net")
	if err := b.swap(credentials.ConfirmEmail, link(3), link(4)); err != nil {
		t.Fatal(err)
	}
	b.code(b.claire, credentials.ConfirmEmail, link(5), "thief@example.com")
	b.code(b.claire, credentials.ResetLink, link(6), "")
	b.code(b.claire, credentials.Renew, link(7), "")
	b.session("thief", b.claire)
	b.clock.add(time.Hour)
	if err := b.swap(credentials.UndoEmail, link(2), link(8)); err != nil {
		t.Fatalf("the link in her mailbox: %v", err)
	}
	a := b.account()
	if a.Email != "hers@example.org" || !a.Certified() || a.HasPassword {
		t.Errorf("undone: address %q, password %t", a.Email, a.HasPassword)
	}
	b.wantDead(map[credentials.Purpose]string{credentials.UndoEmail: link(4), credentials.ConfirmEmail: link(5),
		credentials.ResetLink: link(6), credentials.Renew: link(7)})
	if s, err := b.Stats(t.Context()); err != nil || s.Sessions != 0 {
		t.Errorf("%d sessions live on, %v", s.Sessions, err)
	}
}

func testDenyEndsLinks(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.Email, e.Certified = "hers@example.org", noon })
	thief := b.claire
	thief.Session = "06h029gerwqtfcfprcxr1ynm00"
	b.session("thief", thief)
	b.session("hers", b.claire)
	b.clock.add(time.Minute)
	b.code(b.claire, credentials.ConfirmEmail, link(1), "thief@example.org")
	if err := b.swap(credentials.ConfirmEmail, link(1), link(2)); err != nil {
		t.Fatal(err)
	}
	b.code(b.claire, credentials.ConfirmEmail, link(3), "thief@example.net")
	b.code(b.claire, credentials.ResetLink, link(4), "")
	b.code(b.claire, credentials.Renew, link(5), "")
	if _, err := b.DenySignIn(t.Context(), b.claire, thief.Session); err != nil {
		t.Fatal(err)
	}
	b.wantDead(map[credentials.Purpose]string{credentials.ConfirmEmail: link(3), credentials.ResetLink: link(4), credentials.Renew: link(5)})
	if a := b.account(); a.Certified() {
		t.Errorf("the address put in place since, %q, still counts as hers", a.Email)
	}
	ids, err := b.MembersByHandle(t.Context(), b.claire.Mutuality, credentials.Handle{Kind: credentials.KindEmail, Value: "thief@example.org"})
	if err != nil || len(ids) != 0 {
		t.Errorf("the thief's address finds %v, %v", ids, err)
	}
	if err := b.swap(credentials.UndoEmail, link(2), link(6)); err != nil || b.account().Email != "hers@example.org" {
		t.Errorf("the link that puts her address back: %v", err)
	}
}

// testOldProofs: what a new password leaves of the old one, and what nobody denies.
func testOldProofs(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, nil)
	b.session("hers", b.claire)
	if _, err := b.DenySignIn(t.Context(), b.claire, b.claire.Session); !errors.Is(err, account.ErrNoSession) {
		t.Errorf("denying the session she is in: %v, want ErrNoSession", err)
	}
	b.code(b.claire, credentials.ConfirmEmail, link(3), "thief@example.net")
	b.code(b.claire, credentials.ResetLink, link(4), "")
	b.code(b.claire, credentials.Renew, link(5), "")
	set := credentials.NewPassword{Mutuality: b.claire.Mutuality, Member: b.claire.Member, Hash: somePHC + "B", Activate: true, At: noon}
	if err := b.SetPassword(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	b.wantDead(map[credentials.Purpose]string{credentials.ConfirmEmail: link(3), credentials.ResetLink: link(4), credentials.Renew: link(5)})
	if err := b.Rehash(t.Context(), b.claire.Mutuality, b.claire.Member, somePHC, somePHC+"C"); err != nil {
		t.Fatal(err)
	}
	if hash, err := b.PasswordHash(t.Context(), b.claire.Mutuality, b.claire.Member); err != nil || hash != somePHC+"B" {
		t.Errorf("a late rehash of the old password leaves %q, %v", hash, err)
	}
}

// closings are what ends a member's classic access.
var closings = map[string]func(*testing.T, *bed){
	"disabled": func(t *testing.T, b *bed) {
		o := b.ines()
		err := b.SetAccount(t.Context(), o, b.opened(o), office.AccountChange{To: office.AccountDisabled, Reason: "abuse", Words: "w"})
		if err != nil {
			t.Fatal(err)
		}
	},
	"denied": func(t *testing.T, b *bed) {
		thief := b.claire
		thief.Session = "06h029gerwqtfcfprcxr1ynm00"
		b.session("another", thief)
		if _, err := b.DenySignIn(t.Context(), b.claire, thief.Session); err != nil {
			t.Fatal(err)
		}
	},
}

func testDisableEndsLinks(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, nil)
	b.code(b.claire, credentials.ConfirmEmail, link(3), "thief@example.net")
	b.code(b.claire, credentials.ResetLink, link(4), "")
	b.code(b.claire, credentials.Renew, link(5), "")
	closings["disabled"](t, b)
	b.wantDead(map[credentials.Purpose]string{credentials.ConfirmEmail: link(3), credentials.ResetLink: link(4), credentials.Renew: link(5)})
}

// The password was found right before the account was closed, the session begins after.
func testSessionAfterClosing(t *testing.T, b *bed) {
	start := func(l auth.Login) error {
		now := b.clock.Now()
		hash := [32]byte([]byte(strings.Repeat("h", 32)))
		return b.StartSession(t.Context(), hash, [32]byte{}, signin.Session{Login: l, Created: now, LastSeen: now, Idle: time.Hour, Ends: now.Add(time.Hour)})
	}
	slow := b.claire
	slow.Session, slow.Method, slow.Assurance = "", auth.Password, auth.Low
	b.enrolClassic(b.claire, nil)
	closings["denied"](t, b)
	if err := start(slow); !errors.Is(err, signin.ErrClosed) {
		t.Errorf("by a password that was denied meanwhile: %v, want ErrClosed", err)
	}
	card := b.claire
	card.Session = ""
	if err := start(card); err != nil {
		t.Errorf("by card, her password denied: %v", err)
	}
	closings["disabled"](t, b)
	for name, l := range map[string]auth.Login{"password": slow, "card": card} {
		if err := start(l); !errors.Is(err, signin.ErrClosed) {
			t.Errorf("by %s, disabled meanwhile: %v, want ErrClosed", name, err)
		}
	}
}
