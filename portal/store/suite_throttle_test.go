package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"guichet.example/portal/credentials"
	"guichet.example/portal/signin"
)

// strangers close the strangers' count of a number.
func (b *bed) strangers(number string) {
	b.t.Helper()
	for range 200 {
		if _, err := b.Try(b.t.Context(), b.tryOf(number)); errors.Is(err, credentials.ErrClosed) {
			return
		}
		b.clock.add(credentials.MaxDelay)
	}
	b.t.Fatal("two hundred wrong tries close nothing")
}

func testKnownToOne(t *testing.T, b *bed) {
	ctx := t.Context()
	b.enrolClassic(b.claire, nil)
	b.enrolClassic(b.bram, nil)
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
	b.strangers(bramNumber)
	his := b.tryOf(bramNumber)
	his.Browser = hers.Browser
	if _, err := b.Try(ctx, his); !errors.Is(err, credentials.ErrClosed) {
		t.Errorf("his number from her browser: %v, want ErrClosed", err)
	}
	// What came before from a network that nobody knows makes nobody known.
	thief := b.claire
	thief.Session = "06h029gerwqtfcfprcxr1ynm00"
	b.session("thief", thief)
	if _, err := b.DenySignIn(ctx, b.claire, thief.Session); err != nil {
		t.Fatal(err)
	}
	b.strangers(claireNumber)
	for name, try := range map[string]func(*credentials.Try){
		"her browser, after she denied a sign-in": func(try *credentials.Try) { try.Browser = hers.Browser },
		"no network": func(try *credentials.Try) { try.Source = "" },
	} {
		one := b.tryOf(claireNumber)
		try(&one)
		if _, err := b.Try(ctx, one); !errors.Is(err, credentials.ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
}

// testNear: who shares a member's network locks her browser out as little as a stranger.
func testNear(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, nil)
	hers := b.tryOf(claireNumber)
	hers.Browser = [32]byte{1}
	now := b.clock.Now()
	err := b.StartSession(t.Context(), [32]byte{9}, [32]byte{}, signin.Session{Login: b.claire, Created: now, LastSeen: now,
		Idle: time.Hour, Ends: now.Add(time.Hour), Source: hers.Source})
	if err != nil {
		t.Fatal(err)
	}
	pass := credentials.Passed{Mutuality: hers.Mutuality, Member: b.claire.Member, Handle: hers.Handle, Browser: hers.Browser, At: now}
	if err := b.Pass(t.Context(), pass); err != nil {
		t.Fatal(err)
	}
	b.strangers(claireNumber) // from her network
	hers.At = b.clock.Now()
	if _, err := b.Try(t.Context(), hers); err != nil {
		t.Errorf("her browser, after another in her network: %v", err)
	}
	away := b.tryOf(claireNumber)
	away.Source = "203.0.113.9"
	if _, err := b.Try(t.Context(), away); err != nil {
		t.Errorf("another network, after hers was closed: %v", err)
	}
}

// testManyBrowsers: the twenty seen last are known, at a kiosk of old or a thief's.
func testManyBrowsers(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, nil)
	from := func(n byte) credentials.Try {
		one := b.tryOf(claireNumber)
		one.Browser = [32]byte{n}
		return one
	}
	for n := range byte(21) {
		b.clock.add(time.Second)
		one := from(n + 1)
		pass := credentials.Passed{Mutuality: one.Mutuality, Member: b.claire.Member, Handle: one.Handle, Browser: one.Browser, At: one.At}
		if err := b.Pass(t.Context(), pass); err != nil {
			t.Fatal(err)
		}
	}
	b.strangers(claireNumber)
	for n, want := range map[byte]error{1: credentials.ErrClosed, 2: nil, 21: nil} {
		if _, err := b.Try(t.Context(), from(n)); !errors.Is(err, want) {
			t.Errorf("browser %d of 21: %v, want %v", n, err, want)
		}
	}
}

// testPendingOpensNothing: a password that waits for its letter, and the codes of a clock
// that was set back.
func testPendingOpensNothing(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.State = credentials.Pending })
	if tried, err := b.Try(t.Context(), b.tryOf(claireNumber)); err != nil || tried.Hash != "" {
		t.Errorf("an account that is not active has hash %q, %v", tried.Hash, err)
	}
	b.code(b.claire, credentials.ResetLink, linkSecret, "")
	b.clock.add(-24 * time.Hour)
	_, err := b.FindCode(t.Context(), b.claire.Mutuality, credentials.ResetLink, linkSecret, b.clock.Now())
	if !errors.Is(err, credentials.ErrCodeExpired) {
		t.Errorf("a code of tomorrow: %v, want ErrCodeExpired", err)
	}
	c := credentials.Code{Mutuality: b.claire.Mutuality, Member: b.claire.Member, Purpose: credentials.ActivateLetter, Created: noon, Expires: noon.Add(time.Hour)}
	if err := b.PutCode(t.Context(), c, "7KQ2-94MA-X0VT", ""); err != nil {
		t.Fatal(err)
	}
	for what, at := range map[string]time.Time{"a day early": noon.Add(-24 * time.Hour), "a second late": noon.Add(time.Hour + time.Second)} {
		one := b.tryOf(claireNumber)
		one.Typed, one.At = "7KQ2-94MA-X0VT", at
		if tried, err := b.Try(t.Context(), one); err != nil || tried.Code != "" {
			t.Errorf("a letter's code %s: %v, %q", what, err, tried.Code)
		}
	}
}

func testSource(t *testing.T, b *bed) {
	n := 0
	try := func(source string) error {
		n++
		one := b.tryOf("")
		one.Handle, one.Source = credentials.Handle{Kind: credentials.KindAccessCode, Value: fmt.Sprintf("code%d", n)}, source
		_, err := b.Try(t.Context(), one)
		return err
	}
	var wait *credentials.WaitError
	for n < 100 && wait == nil {
		if err := try("192.0.2.7"); err != nil && !errors.As(err, &wait) {
			t.Fatal(err)
		}
	}
	if wait == nil || wait.Wait > credentials.SourceMaxDelay || n < 10 {
		t.Fatalf("after %d tries at as many numbers: %v, want to wait at most %v", n, wait, credentials.SourceMaxDelay)
	}
	if err := try("192.0.2.8"); err != nil {
		t.Errorf("from another network: %v", err)
	}
	b.clock.add(credentials.SourceMaxDelay)
	if err := try("192.0.2.7"); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	b.clock.add(10 * credentials.SourceForgives)
	for i := range 9 {
		if err := try("192.0.2.7"); err != nil {
			t.Fatalf("try %d after ten were forgiven: %v", i, err)
		}
	}
}
