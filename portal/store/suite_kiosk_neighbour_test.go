package store_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"reflect"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/kiosk"
	"guichet.example/portal/office"
	"guichet.example/portal/signin"
	"guichet.example/reader/api"
)

// Whatever is done at one kiosk, or to it, nothing changes at the one beside it: neither
// its row, nor its browser, nor the card in it, nor who is signed in there.
func testKioskNeighbour(t *testing.T, b *bed) {
	o, ctx := b.admin(), t.Context()
	one, two := b.paired(o, "one"), b.paired(o, "two")
	bind := func(name string) func(*api.KioskMessage) {
		mark := sha256.Sum256([]byte(name))
		return func(m *api.KioskMessage) { m.Browser = base64.RawURLEncoding.EncodeToString(mark[:]) }
	}
	two.cardIn(kiosk.Card{Number: number(bramNumber)})
	if err := two.say(api.KioskBind, bind("two")); err != nil {
		t.Fatal(err)
	}
	hash, printed := two.mustEnter("two"), 0
	before := two.state()
	one.cardIn(kiosk.Card{Number: number(claireNumber)})
	here := one.mustEnter("one")
	say := func(kind api.KioskKind, change ...func(*api.KioskMessage)) func() error {
		return func() error { return one.say(kind, change...) }
	}
	for _, act := range []struct {
		name string
		do   func() error
	}{
		{"heartbeat", say(api.KioskBeat)},
		{"its health", say(api.KioskBeat, func(m *api.KioskMessage) { m.Health = &api.KioskHealth{Readers: 1, Printer: api.PrinterReady} })},
		{"its browser", say(api.KioskBind, bind("one"))},
		{"a print", func() error {
			_, err := b.PrintAtKiosk(ctx, b.claire, here, kiosk.Print{Kind: "receipt"}, 3)
			return err
		}},
		{"a longer session", func() error { return b.ExtendKioskSession(ctx, here, b.clock.Now().Add(time.Hour), 1) }},
		{"card out", say(api.KioskCardOut)},
		{"card in", say(api.KioskCardIn)},
		{"start", func() error {
			left := one.mustEnter("left behind")
			b.clock.add(silence + time.Second) // the other one is heard of all the while
			if err := two.say(api.KioskBeat); err != nil {
				return err
			}
			wantErr(t, "a session at the silent one", one.open(left), signin.ErrNoSession)
			wantErr(t, "a session at the other one", two.open(hash), nil)
			before, one.lease = two.state(), "lease-next"
			return one.say(api.KioskStart)
		}},
		{"another name", func() error { k := one.state(); k.Name = "renamed"; return b.ChangeKiosk(ctx, o, k) }},
		{"a code", func() error { return b.InviteKiosk(ctx, o, one.id, "CODE00000001", b.clock.Now().Add(time.Minute)) }},
		{"another key", func() error {
			_, err := b.PairKiosk(ctx, "141", kiosk.Heard{At: b.clock.Now(), NonceAt: b.clock.Now(),
				Message: api.KioskMessage{Kind: api.KioskPair, Key: "next", Code: "CODE00000001", PublicKey: []byte("next"), Counter: 1}})
			return err
		}},
		{"revoked", func() error { return b.StopKiosk(ctx, o, one.id, kiosk.Revoked) }},
	} {
		if err := act.do(); err != nil {
			t.Fatalf("%s: %v", act.name, err)
		}
		if err := two.open(hash); err != nil {
			t.Fatalf("%s: the session at the other kiosk: %v", act.name, err)
		}
		if now := two.state(); !reflect.DeepEqual(now, before) {
			t.Errorf("%s: the other kiosk is %+v, was %+v", act.name, now, before)
		}
		if k, err := b.KioskOfBrowser(ctx, "141", sha256.Sum256([]byte("two"))); err != nil || k.ID != two.id {
			t.Errorf("%s: the other's browser is of %s, %v", act.name, k.ID, err)
		}
		_, err := two.enrol()
		wantErr(t, act.name+": Bram's card is in the other kiosk", err, kiosk.ErrCardOther)
		if _, err := two.db.PrintAtKiosk(ctx, b.claire, hash, kiosk.Print{Kind: "receipt"}, printed+1); err != nil {
			t.Errorf("%s: printing at the other kiosk: %v", act.name, err)
		}
		printed++
	}
	wantErr(t, "the session at the one that was stopped", one.open(here), signin.ErrNoSession)
}

// An officer of one mutuality, and a message to it, reach no kiosk of another.
func testKioskOfAnother(t *testing.T, b *bed) {
	o, ctx := b.admin(), t.Context()
	m := b.paired(o, "one")
	mark := sha256.Sum256([]byte("cookie"))
	if err := m.say(api.KioskBind, func(m *api.KioskMessage) { m.Browser = base64.RawURLEncoding.EncodeToString(mark[:]) }); err != nil {
		t.Fatal(err)
	}
	before, other := m.state(), o
	other.Mutuality = "142"
	changed := before
	changed.Name = "taken over"
	_, heard := b.Hear(ctx, "142", kiosk.Heard{At: b.clock.Now(), NonceAt: b.clock.Now(), Silence: silence,
		Message: api.KioskMessage{Kind: api.KioskStart, Key: m.key, Lease: "elsewhere", Counter: 99}})
	_, byKey := b.KioskOfKey(ctx, "142", m.key)
	_, byBrowser := b.KioskOfBrowser(ctx, "142", mark)
	for name, err := range map[string]error{
		"revoking": b.StopKiosk(ctx, other, m.id, kiosk.Revoked), "inviting": b.InviteKiosk(ctx, other, m.id, "CODE00000009", b.clock.Now()),
		"hearing": heard, "finding by key": byKey, "finding by browser": byBrowser,
	} {
		wantErr(t, name, err, kiosk.ErrUnknown)
	}
	wantErr(t, "renaming", b.ChangeKiosk(ctx, other, changed), kiosk.ErrChanged)
	if now := m.state(); !reflect.DeepEqual(now, before) {
		t.Errorf("it is %+v, was %+v", now, before)
	}
	wantErr(t, "stopping it", b.StopKiosk(ctx, o, m.id, kiosk.Suspended), nil)
	wantErr(t, "stopping it as it is stopped", b.StopKiosk(ctx, o, m.id, kiosk.Suspended), kiosk.ErrChanged)
}

// A call waits for its own kiosk alone, and once somebody has been there the next one is
// heard.
func testKioskCalls(t *testing.T, b *bed) {
	o, ctx := b.admin(), t.Context()
	one, two := b.paired(o, "one"), b.paired(o, "two")
	bram := b.hire("Bram", bramStaff, auth.Advisor)
	call := func(m *machine, want int) []office.Item {
		t.Helper()
		if err := b.CallStaff(ctx, kiosk.Call{Kiosk: m.state(), Cause: kiosk.CallHelp, Language: "fr"}); err != nil {
			t.Fatal(err)
		}
		list, err := b.Queue(ctx, bram, office.Filter{Kind: office.KioskHelp}, 10)
		if err != nil || len(list) != want {
			t.Fatalf("%d calls wait, %v, want %d", len(list), err, want)
		}
		return list
	}
	first := call(one, 1)
	call(one, 1)
	call(two, 2)
	if err := errors.Join(b.TakeItem(ctx, bram, first[0].ID, office.Hold{}, ""), b.CloseItem(ctx, bram, first[0].ID, office.Answer{What: office.EventClosed, Words: "seen to"})); err != nil {
		t.Fatal(err)
	}
	call(two, 1)
	call(one, 2)
}
