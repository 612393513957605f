package store_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/credentials"
)

func TestCredentialsSQLite(t *testing.T) { runCredentials(t, openSQLite) }

func TestCredentialsPostgreSQL(t *testing.T) {
	t.Parallel()
	runCredentials(t, openPostgreSQL)
}

func runCredentials(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"an identifier is one member's, an address may be shared", testIdentifiers},
		{"failures wait, close and are taken back", testThrottle},
		{"strangers do not count against the known", testKnown},
		{"a browser known to one is a stranger to others", testKnownToOne},
		{"who shares a network locks nobody out", testNear},
		{"the browsers seen last are known", testManyBrowsers},
		{"what is not active, or not yet, opens nothing", testPendingOpensNothing},
		{"a network waits, whatever its tries name", testSource},
		{"tries at once count as many", testTriesAtOnce},
		{"a code serves once, in its time", testCode},
		{"a new code kills the old one", testCodeReplaced},
		{"a typed code dies of wrong ones", testCodeDies},
		{"a password is set with all that follows", testSetPassword},
		{"an address is swapped and put back", testSwapEmail},
		{"a denied sign-in ends the others", testDenySignIn},
		{"old counts, codes and sign-ins are swept", testSweepCredentials},
		{"strangers keep nobody from her letter", testLetterPastStrangers},
		{"a new password forgets failures at an address", testForgetAddress},
		{"two changes of address are undone by the first link", testSwapTwice},
		{"a denied sign-in leaves the thief no link", testDenyEndsLinks},
		{"a disabled account has no link", testDisableEndsLinks},
		{"a new password leaves nothing of the old", testOldProofs},
		{"no session begins once the account is closed", testSessionAfterClosing},
		{"an account is one member's", testAccountOfOne},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBed(t, open)) })
	}
}

const somePHC = "$argon2id$v=19$m=64,t=1,p=1,keyid=AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func (b *bed) enrolClassic(l auth.Login, change func(*credentials.Enrolment)) {
	b.t.Helper()
	e := credentials.Enrolment{Mutuality: l.Mutuality, Member: l.Member, State: credentials.Active, Hash: somePHC, At: b.clock.Now()}
	if change != nil {
		change(&e)
	}
	if err := b.PutAccount(b.t.Context(), e); err != nil {
		b.t.Fatalf("PutAccount: %v", err)
	}
}

func (b *bed) tryOf(number string) credentials.Try {
	return credentials.Try{Mutuality: b.claire.Mutuality, Handle: credentials.Handle{Kind: credentials.KindNational, Value: number},
		Typed: "wrong", Source: "192.0.2.7", Limits: credentials.Limits{Known: 20, Unknown: 80}, At: b.clock.Now()}
}

func testIdentifiers(t *testing.T, b *bed) {
	ctx := t.Context()
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) {
		e.AccessCode, e.UserNumber, e.Email, e.Certified = "ab12cd", "85910212345", "Shared@Example.org", noon
	})
	err := b.PutAccount(ctx, credentials.Enrolment{Mutuality: b.bram.Mutuality, Member: b.bram.Member, State: credentials.Active, AccessCode: "ab12cd", At: noon})
	if !errors.Is(err, credentials.ErrTaken) {
		t.Errorf("another's access code: %v, want ErrTaken", err)
	}
	find := func(kind credentials.Kind, value string) int {
		ids, err := b.MembersByHandle(ctx, b.claire.Mutuality, credentials.Handle{Kind: kind, Value: value})
		if err != nil {
			t.Fatal(err)
		}
		return len(ids)
	}
	if find(credentials.KindAccessCode, "ab12cd") != 1 || find(credentials.KindUser, "85910212345") != 1 || find(credentials.KindEmail, "shared@example.org") != 1 ||
		find(credentials.KindNational, claireNumber) != 1 || find(credentials.KindAccessCode, "zz99zz") != 0 {
		t.Error("an identifier is not found, or one that nobody has is")
	}
	b.enrolClassic(b.bram, func(e *credentials.Enrolment) { e.Email, e.Certified = "shared@example.org", noon })
	if find(credentials.KindEmail, "shared@example.org") != 2 {
		t.Error("a shared address does not lead to both")
	}
	try := b.tryOf("")
	try.Handle = credentials.Handle{Kind: credentials.KindEmail, Value: "shared@example.org"}
	if tried, err := b.Try(ctx, try); err != nil || tried.Hash != "" || tried.Account.Member != "" {
		t.Errorf("a shared address signs in somebody: %v", err)
	}
	b.enrolClassic(b.bram, func(e *credentials.Enrolment) { e.Email, e.Certified = "bram@example.org", time.Time{} })
	if find(credentials.KindEmail, "shared@example.org") != 1 || find(credentials.KindEmail, "bram@example.org") != 0 {
		t.Error("an address that is not certified finds a member, or the one before still does")
	}
}

func testThrottle(t *testing.T, b *bed) {
	ctx := t.Context()
	var wait *credentials.WaitError
	for n := range 3 {
		try := b.tryOf(bramNumber)
		if n == 1 { // at the same moment, by the clock of another server
			try.At = try.At.Add(-5 * time.Millisecond)
		}
		if _, err := b.Try(ctx, try); err != nil {
			t.Fatalf("try %d: %v", n, err)
		}
	}
	if _, err := b.Try(ctx, b.tryOf(bramNumber)); !errors.As(err, &wait) || wait.Wait != credentials.Delay(3) {
		t.Errorf("fourth try at once: %v, want to wait %v", err, credentials.Delay(3))
	}
	b.clock.add(-time.Hour) // a clock that goes back keeps nobody waiting for hours
	if _, err := b.Try(ctx, b.tryOf(bramNumber)); err != nil {
		t.Errorf("after the clock went back: %v", err)
	}
	b.clock.add(time.Hour)
	for n := 4; n < 80; n++ {
		b.clock.add(credentials.MaxDelay)
		if _, err := b.Try(ctx, b.tryOf(bramNumber)); err != nil {
			t.Fatalf("try %d: %v", n, err)
		}
	}
	b.clock.add(24 * time.Hour)
	if _, err := b.Try(ctx, b.tryOf(bramNumber)); !errors.Is(err, credentials.ErrClosed) {
		t.Errorf("after eighty: %v, want ErrClosed", err)
	}
	if err := b.SetPassword(ctx, credentials.NewPassword{Mutuality: b.bram.Mutuality, Member: b.bram.Member, Hash: somePHC, Activate: true, At: b.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	tried, err := b.Try(ctx, b.tryOf(bramNumber))
	if err != nil || tried.Hash != somePHC {
		t.Errorf("after a new password: %v", err)
	}
	for range 5 { // given back, it never was
		if err := b.Release(ctx, tried); err != nil {
			t.Fatal(err)
		}
		again := b.tryOf(bramNumber)
		again.At = again.At.Add(-5 * time.Millisecond)
		if tried, err = b.Try(ctx, again); err != nil {
			t.Fatalf("after a release: %v", err)
		}
	}
}

func testKnown(t *testing.T, b *bed) {
	ctx := t.Context()
	b.enrolClassic(b.claire, nil)
	hers := b.tryOf(claireNumber)
	hers.Browser, hers.Source = [32]byte{1}, "198.51.100.1"
	tried, err := b.Try(ctx, hers)
	if err != nil {
		t.Fatal(err)
	}
	pass := credentials.Passed{Mutuality: hers.Mutuality, Member: b.claire.Member, Handle: hers.Handle, Tried: tried, Browser: hers.Browser, At: hers.At}
	if err := b.Pass(ctx, pass); err != nil {
		t.Fatal(err)
	}
	for range 90 {
		b.clock.add(credentials.MaxDelay)
		_, err = b.Try(ctx, b.tryOf(claireNumber))
	}
	if !errors.Is(err, credentials.ErrClosed) {
		t.Fatalf("a stranger's ninetieth: %v", err)
	}
	hers.At = b.clock.Now()
	if tried, err := b.Try(ctx, hers); err != nil || tried.Hash == "" {
		t.Errorf("her own browser: %v", err)
	}
	other := hers
	other.Handle.Value = bramNumber
	b.enrolClassic(b.bram, nil)
	for range 4 {
		_, err = b.Try(ctx, other)
	}
	if err == nil {
		t.Error("a browser known to one member is known to another")
	}
}

func testTriesAtOnce(t *testing.T, b *bed) {
	var mu sync.Mutex
	var passed int
	var group sync.WaitGroup
	for range 30 {
		group.Go(func() {
			if _, err := b.Try(t.Context(), b.tryOf(claireNumber)); err == nil {
				mu.Lock()
				passed++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if passed != 3 {
		t.Errorf("%d of 30 tries at once passed, want 3", passed)
	}
}

// secrets of codes, made by hand.
var linkSecret, otherSecret = strings.Repeat("A", 43), strings.Repeat("B", 42) + "A"

func (b *bed) code(l auth.Login, p credentials.Purpose, secret, payload string) {
	b.t.Helper()
	c := credentials.Code{Mutuality: l.Mutuality, Member: l.Member, Purpose: p, Created: b.clock.Now(), Expires: b.clock.Now().Add(time.Hour), Payload: payload}
	if err := b.PutCode(b.t.Context(), c, secret, ""); err != nil {
		b.t.Fatalf("PutCode: %v", err)
	}
}

func testCode(t *testing.T, b *bed) {
	ctx := t.Context()
	b.code(b.claire, credentials.ResetLink, linkSecret, "payload")
	m := b.claire.Mutuality
	for name, try := range map[string]func() error{
		"another secret":    func() error { _, err := b.UseCode(ctx, m, credentials.ResetLink, otherSecret, noon); return err },
		"another purpose":   func() error { _, err := b.UseCode(ctx, m, credentials.ActivateLink, linkSecret, noon); return err },
		"another mutuality": func() error { _, err := b.UseCode(ctx, "319", credentials.ResetLink, linkSecret, noon); return err },
		"no secret":         func() error { _, err := b.UseCode(ctx, m, credentials.ResetLink, "", noon); return err },
	} {
		if err := try(); !errors.Is(err, credentials.ErrCode) {
			t.Errorf("%s: %v, want ErrCode", name, err)
		}
	}
	if _, err := b.UseCode(ctx, m, credentials.ResetLink, linkSecret, noon.Add(time.Hour+time.Second)); !errors.Is(err, credentials.ErrCodeExpired) {
		t.Errorf("a second late: %v, want ErrCodeExpired", err)
	}
	if c, err := b.FindCode(ctx, m, credentials.ResetLink, linkSecret, noon.Add(time.Hour)); err != nil || c.Member != b.claire.Member || c.Payload != "payload" {
		t.Errorf("FindCode = %+v, %v", c, err)
	}
	var group sync.WaitGroup
	used := make(chan error, 10)
	for range 10 {
		group.Go(func() {
			_, err := b.UseCode(t.Context(), m, credentials.ResetLink, linkSecret, noon)
			used <- err
		})
	}
	group.Wait()
	good := 0
	for range 10 {
		if err := <-used; err == nil {
			good++
		} else if !errors.Is(err, credentials.ErrCode) {
			t.Errorf("used again: %v", err)
		}
	}
	if good != 1 {
		t.Errorf("a code served %d times", good)
	}
}

func testCodeReplaced(t *testing.T, b *bed) {
	b.code(b.claire, credentials.ActivateLink, linkSecret, "")
	b.code(b.bram, credentials.ResetLink, linkSecret, "")
	b.code(b.claire, credentials.ActivateLink, otherSecret, "")
	if _, err := b.FindCode(t.Context(), b.claire.Mutuality, credentials.ActivateLink, linkSecret, noon); !errors.Is(err, credentials.ErrCode) {
		t.Errorf("the older link: %v, want ErrCode", err)
	}
	for secret, p := range map[string]credentials.Purpose{otherSecret: credentials.ActivateLink, linkSecret: credentials.ResetLink} {
		if _, err := b.FindCode(t.Context(), b.claire.Mutuality, p, secret, noon); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
}

func testCodeDies(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.State, e.Hash = credentials.Pending, "" })
	c := credentials.Code{Mutuality: b.claire.Mutuality, Member: b.claire.Member, Purpose: credentials.ActivateLetter, Created: noon, Expires: noon.Add(720 * time.Hour)}
	if err := b.PutCode(t.Context(), c, "7KQ2-94MA-X0VT", ""); err != nil {
		t.Fatal(err)
	}
	try := func(typed string) string {
		one := b.tryOf(claireNumber)
		one.Typed, one.Source = typed, ""
		one.Limits.Unknown = 1000
		tried, err := b.Try(t.Context(), one)
		var wait *credentials.WaitError
		for errors.As(err, &wait) {
			b.clock.add(wait.Wait)
			one.At = b.clock.Now()
			tried, err = b.Try(t.Context(), one)
		}
		if err != nil {
			t.Fatal(err)
		}
		return tried.Code
	}
	if try("7kq2 94ma xovt") == "" {
		t.Fatal("the code is not recognised")
	}
	for range 5 {
		try("not the shape of a code")
	}
	for range credentials.MaxTries - 1 {
		try("0000-0000-0000")
	}
	if try("7KQ294MAX0VT") == "" {
		t.Fatal("the code died too early")
	}
	try("0000-0000-0000")
	if try("7KQ2-94MA-X0VT") != "" {
		t.Error("the code outlives its tries")
	}
}

func testSetPassword(t *testing.T, b *bed) {
	ctx := t.Context()
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.State = credentials.Pending })
	b.session("other", b.claire)
	b.code(b.claire, credentials.ResetLink, linkSecret, "")
	code, err := b.FindCode(ctx, b.claire.Mutuality, credentials.ResetLink, linkSecret, noon)
	if err != nil {
		t.Fatal(err)
	}
	set := credentials.NewPassword{Mutuality: b.claire.Mutuality, Member: b.claire.Member, Hash: somePHC, Code: code.ID, Activate: true, At: noon}
	if err := b.SetPassword(ctx, set); err != nil {
		t.Fatal(err)
	}
	if err := b.SetPassword(ctx, set); !errors.Is(err, credentials.ErrCode) {
		t.Errorf("with the same code again: %v, want ErrCode", err)
	}
	a, err := b.Account(ctx, b.claire.Mutuality, b.claire.Member)
	if err != nil || a.State != credentials.Active || !a.HasPassword || !a.PasswordSet.Equal(noon) {
		t.Errorf("Account = %+v, %v", a, err)
	}
	s, err := b.Stats(ctx)
	if err != nil || s.Sessions != 0 {
		t.Errorf("%d sessions live on, %v", s.Sessions, err)
	}
}

func testSwapEmail(t *testing.T, b *bed) {
	ctx := t.Context()
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.Email, e.Certified = "old@example.org", noon })
	b.code(b.claire, credentials.ConfirmEmail, linkSecret, "new@example.org")
	swap := credentials.Swap{Mutuality: b.claire.Mutuality, Purpose: credentials.ConfirmEmail, Secret: linkSecret, At: noon,
		Undo:       credentials.Code{Mutuality: b.claire.Mutuality, Purpose: credentials.UndoEmail, Created: noon, Expires: noon.Add(72 * time.Hour)},
		UndoSecret: otherSecret, UndoLink: "https://counter.example/fr/email/undo/" + otherSecret}
	if err := b.SwapEmail(ctx, swap); err != nil {
		t.Fatal(err)
	}
	if err := b.SwapEmail(ctx, swap); !errors.Is(err, credentials.ErrCode) {
		t.Errorf("opened twice: %v, want ErrCode", err)
	}
	email := func() string {
		a, err := b.Account(ctx, b.claire.Mutuality, b.claire.Member)
		if err != nil || !a.Certified() {
			t.Fatalf("Account = %+v, %v", a, err)
		}
		return a.Email
	}
	if email() != "new@example.org" {
		t.Errorf("address %q", email())
	}
	swap.Purpose, swap.Secret, swap.UndoSecret = credentials.UndoEmail, otherSecret, strings.Repeat("C", 42)+"A"
	if err := b.SwapEmail(ctx, swap); err != nil || email() != "old@example.org" {
		t.Errorf("undone: %v, address %q", err, email())
	}
}

func testDenySignIn(t *testing.T, b *bed) {
	ctx := t.Context()
	b.enrolClassic(b.claire, nil)
	for name, session := range map[string]string{"her own": b.claire.Session, "nobody's": "06h029gerwqtfcfprcxr1ynme4", "no id": "'; --"} {
		if _, err := b.DenySignIn(ctx, b.claire, session); !errors.Is(err, account.ErrNoSession) {
			t.Errorf("%s: %v, want ErrNoSession", name, err)
		}
	}
	thief := b.claire
	thief.Session = "06h029gerwqtfcfprcxr1ynm00"
	b.session("thief", thief)
	b.session("hers", b.claire)
	if _, err := b.DenySignIn(ctx, b.claire, b.claire.Session); !errors.Is(err, account.ErrNoSession) {
		t.Errorf("the session she is in: %v, want ErrNoSession", err)
	}
	if _, err := b.DenySignIn(ctx, b.bram, thief.Session); !errors.Is(err, account.ErrNoSession) {
		t.Errorf("another member's: %v, want ErrNoSession", err)
	}
	reference, err := b.DenySignIn(ctx, b.claire, thief.Session)
	if err != nil || !strings.HasPrefix(reference, "T-") {
		t.Fatalf("DenySignIn = %q, %v", reference, err)
	}
	list, err := b.SignIns(ctx, b.claire, 10)
	if err != nil || len(list) != 2 {
		t.Fatalf("SignIns = %+v, %v", list, err)
	}
	for _, s := range list {
		if s.Current != s.Open || s.Denied.IsZero() == (s.Session == thief.Session) {
			t.Errorf("after the denial: %+v", s)
		}
	}
	if a, _ := b.Account(ctx, b.claire.Mutuality, b.claire.Member); a.HasPassword {
		t.Error("the password still opens")
	}
}

func testSweepCredentials(t *testing.T, b *bed) {
	ctx := t.Context()
	b.code(b.claire, credentials.ResetLink, linkSecret, "")
	for range 3 {
		if _, err := b.Try(ctx, b.tryOf(bramNumber)); err != nil {
			t.Fatal(err)
		}
	}
	b.clock.add(500 * 24 * time.Hour)
	if err := b.Sweep(ctx, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.FindCode(ctx, b.claire.Mutuality, credentials.ResetLink, linkSecret, noon); !errors.Is(err, credentials.ErrCode) {
		t.Errorf("a code of last year: %v", err)
	}
	for n := range 3 {
		if _, err := b.Try(ctx, b.tryOf(bramNumber)); err != nil {
			t.Errorf("try %d a year later: %v", n, err)
		}
	}
}
