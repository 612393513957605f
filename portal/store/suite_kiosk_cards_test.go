package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/enrol"
	"guichet.example/portal/jobs"
	"guichet.example/portal/kiosk"
	"guichet.example/portal/letters"
	"guichet.example/portal/office"
	"guichet.example/portal/signin"
	"guichet.example/reader/api"
)

// openingProof is what goes with an account that is opened now, with a letter.
func (b *bed) openingProof() enrol.Proof {
	now := b.clock.Now()
	return enrol.Proof{At: now, Letter: &enrol.LetterOrder{
		Code:   credentials.Code{Purpose: credentials.ActivateLetter, Created: now, Expires: now.AddDate(0, 0, 30)},
		Secret: "7KQ2-94MA-X0VT", By: "2026-11-27", At: now, Bounds: letters.Bounds{OnItsWay: now.AddDate(0, 0, -5), Since: now.AddDate(0, 0, -30), Most: 3},
	}}
}

// cardIn takes the card out and puts one in whose files say so.
func (m *machine) cardIn(card kiosk.Card) {
	m.b.t.Helper()
	m.card = card
	if err := errors.Join(m.say(api.KioskCardOut), m.say(api.KioskCardIn)); err != nil {
		m.b.t.Fatal(err)
	}
}

func (m *machine) enrol() (bool, error) {
	login := m.b.claire
	login.Kiosk, login.Session = m.id, ""
	return m.db.OpenByProof(m.b.t.Context(), login, m.b.openingProof())
}

func (b *bed) accountState() credentials.State {
	b.t.Helper()
	a, err := b.Account(b.t.Context(), b.claire.Mutuality, b.claire.Member)
	if err != nil {
		b.t.Fatal(err)
	}
	return a.State
}

// lettersOf are those made for Claire.
func (b *bed) lettersOf() int {
	b.t.Helper()
	list, err := b.Letters(b.t.Context(), letters.By{Mutuality: b.claire.Mutuality}, letters.Filter{Member: b.claire.Member}, "", 20)
	if err != nil {
		b.t.Fatal(err)
	}
	return len(list)
}

func testKioskCardRefused(t *testing.T, b *bed) {
	o := b.admin()
	m := b.paired(o, "one")
	for _, tt := range []struct {
		name string
		card kiosk.Card
		want error
	}{
		{"no files", kiosk.Card{Fault: kiosk.FaultMissing}, kiosk.ErrCardMissing},
		{"an agent that tells none", kiosk.Card{}, kiosk.ErrCardMissing},
		{"not signed by the registry", kiosk.Card{Fault: kiosk.FaultForged}, kiosk.ErrCardForged},
		{"a fault of which nobody knows", kiosk.Card{Number: number(claireNumber), Fault: "odd"}, kiosk.ErrCardForged},
		{"files of somebody else", kiosk.Card{Number: number(bramNumber)}, kiosk.ErrCardOther},
		{"over since yesterday", kiosk.Card{Number: number(claireNumber), Until: noon.Add(-time.Hour)}, kiosk.ErrCardExpired},
		{"over at this moment", kiosk.Card{Number: number(claireNumber), Until: noon}, kiosk.ErrCardExpired},
	} {
		m.cardIn(tt.card)
		if opened, err := m.enrol(); opened || !errors.Is(err, tt.want) {
			t.Errorf("%s: opened %v, %v, want %v", tt.name, opened, err, tt.want)
		}
		rows := b.rows()
		last := rows[len(rows)-1]
		if last.Action != audit.Enrol || last.Outcome != audit.Refused || last.Object != "way/kiosk" || last.Reason != tt.want.Error() ||
			last.Member != string(b.claire.Member) {
			t.Errorf("%s: last row %+v", tt.name, last)
		}
	}
	m.cardIn(kiosk.Card{Number: number(claireNumber)})
	if err := m.say(api.KioskCardOut); err != nil {
		t.Fatal(err)
	}
	_, err := m.enrol()
	wantErr(t, "card out", err, kiosk.ErrNoCard)
	if err := m.say(api.KioskCardIn); err != nil {
		t.Fatal(err)
	}
	if err := b.StopKiosk(t.Context(), o, m.id, kiosk.Suspended); err != nil {
		t.Fatal(err)
	}
	_, err = m.enrol()
	wantErr(t, "kiosk suspended", err, kiosk.ErrSuspended)
	login := b.claire
	login.Kiosk = "06h029gerwqtfcfprcxr1ynme4"
	_, err = b.OpenByProof(t.Context(), login, b.openingProof())
	wantErr(t, "no such kiosk", err, kiosk.ErrUnknown)
	if s := b.accountState(); s != credentials.None || b.lettersOf() > 0 {
		t.Errorf("after refusals the account is %q, with %d letters", s, b.lettersOf())
	}
}

func testKioskCardOpens(t *testing.T, b *bed) {
	m := b.paired(b.admin(), "one")
	m.cardIn(kiosk.Card{Number: number(claireNumber), Until: noon.Add(time.Second)})
	for i, want := range []bool{true, false, false} { // done again, it changes nothing
		if opened, err := m.enrol(); opened != want || err != nil {
			t.Fatalf("time %d: opened %v, %v", i+1, opened, err)
		}
	}
	if s := b.accountState(); s != credentials.Active || b.lettersOf() != 1 {
		t.Errorf("account is %q, with %d letters", s, b.lettersOf())
	}
	if rows := b.audited(audit.Enrol); len(rows) != 1 {
		t.Errorf("rows of enrolling: %v", rows)
	}
	// Who has an account signs in whatever the files say: her certificate proves her.
	m.cardIn(kiosk.Card{Fault: kiosk.FaultMissing})
	if opened, err := m.enrol(); opened || err != nil {
		t.Errorf("an account that is open: opened %v, %v", opened, err)
	}
}

func testKioskAndOthers(t *testing.T, b *bed) {
	m := b.paired(b.admin(), "one")
	m.cardIn(kiosk.Card{Number: number(claireNumber)})
	order := *b.openingProof().Letter
	order.Handle = credentials.Handle{Kind: credentials.KindNational, Value: claireNumber}
	b.enqueue(jobs.Job{Kind: "test", Mutuality: b.claire.Mutuality})
	leased := b.lease(1)
	if len(leased) != 1 {
		t.Fatalf("%d jobs", len(leased))
	}
	var opened [4]bool
	var errs [5]error
	var all sync.WaitGroup
	for i := range opened {
		all.Go(func() {
			if i%2 == 0 {
				opened[i], errs[i] = m.enrol()
			} else {
				opened[i], errs[i] = b.OpenByProof(t.Context(), b.claire, b.openingProof())
			}
		})
	}
	all.Go(func() { errs[4] = b.SendFirstLetter(t.Context(), leased[0], order) })
	all.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, o := range opened {
		if o {
			n++
		}
	}
	if s := b.accountState(); n != 1 || s != credentials.Active || b.lettersOf() != 1 {
		t.Errorf("opened %d times, account %q, %d letters; want once each", n, s, b.lettersOf())
	}
}

func testKioskCardForgotten(t *testing.T, b *bed) {
	m := b.paired(b.admin(), "one")
	good := kiosk.Card{Number: number(claireNumber)}
	for _, kind := range []api.KioskKind{api.KioskCardOut, api.KioskStart, api.KioskStop} {
		m.cardIn(good)
		if err := m.say(kind); err != nil {
			t.Fatal(err)
		}
		m.card = kiosk.Card{} // the next one is not read
		if err := errors.Join(m.say(api.KioskStart), m.say(api.KioskCardIn)); err != nil {
			t.Fatal(err)
		}
		_, err := m.enrol()
		wantErr(t, "after "+string(kind), err, kiosk.ErrCardMissing)
	}
}

func testKioskOtherCard(t *testing.T, b *bed) {
	m := b.paired(b.admin(), "one")
	m.cardIn(kiosk.Card{Number: number(claireNumber)})
	hash := m.mustEnter("a")
	m.card = kiosk.Card{Number: number(bramNumber)}
	if err := m.say(api.KioskCardIn); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "another's card", m.open(hash), signin.ErrNoSession)
}

func testKioskHealth(t *testing.T, b *bed) {
	m := b.paired(b.admin(), "one")
	tell := func(h api.KioskHealth) {
		t.Helper()
		if err := m.say(api.KioskBeat, func(m *api.KioskMessage) { m.Health = &h }); err != nil {
			t.Fatal(err)
		}
	}
	o := b.hire("Bram", bramStaff, auth.Advisor)
	calls := func() int {
		t.Helper()
		list, err := b.Queue(t.Context(), o, office.Filter{Kind: office.KioskTrouble}, 20)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	tell(api.KioskHealth{Readers: 1, Printer: api.PrinterReady, Jobs: 3, Sheets: 7})
	if k := m.state(); k.Health.Sheets != 7 || k.Health.Readers != 1 || calls() != 0 {
		t.Errorf("health %+v, %d calls", k.Health, calls())
	}
	empty := api.KioskHealth{Troubles: []api.KioskTrouble{api.NoPaper}, Readers: 1, Printer: api.PrinterEmpty}
	tell(empty)
	tell(empty)
	if err := m.say(api.KioskFault, func(m *api.KioskMessage) { m.Fault = api.NoPaper }); err != nil {
		t.Fatal(err)
	}
	if n := calls(); n != 1 {
		t.Errorf("%d calls for one printer without paper", n)
	}
	tell(api.KioskHealth{Readers: 1, Printer: api.PrinterReady})
	tell(empty) // nobody has come yet
	if n := calls(); n != 1 {
		t.Errorf("%d calls while the first waits", n)
	}
	tell(api.KioskHealth{Troubles: []api.KioskTrouble{api.ReaderGone, api.CardStuck}, Printer: api.PrinterStopped})
	if n := calls(); n != 4 {
		t.Errorf("%d calls, want three more", n)
	}
	if err := m.say(api.KioskBeat); err != nil { // a beat without a word of it changes nothing
		t.Fatal(err)
	}
	if k := m.state(); k.Health.Printer != api.PrinterStopped {
		t.Errorf("health %+v", k.Health)
	}
}

func testKioskSilence(t *testing.T, b *bed) {
	o := b.admin()
	m, ended := b.paired(o, "one"), b.paired(o, "two")
	if err := ended.say(api.KioskStop); err != nil {
		t.Fatal(err)
	}
	bram := b.hire("Bram", bramStaff, auth.Advisor)
	sweep := func(after time.Duration, want int) {
		t.Helper()
		b.clock.add(after)
		if err := b.Sweep(t.Context(), b.clock.Now()); err != nil {
			t.Fatal(err)
		}
		if list, err := b.Queue(t.Context(), bram, office.Filter{Kind: office.KioskTrouble}, 20); err != nil || len(list) != want {
			t.Errorf("%d calls, %v, want %d", len(list), err, want)
		}
	}
	sweep(kiosk.CallAfter, 0)
	sweep(time.Second, 1)
	sweep(time.Hour, 1) // told once
	if k := m.state(); !k.Told {
		t.Error("nobody knows that it was told")
	}
	if err := m.say(api.KioskBeat); err != nil {
		t.Fatal(err)
	}
	if k := m.state(); k.Told {
		t.Error("it speaks again")
	}
	sweep(kiosk.CallAfter+time.Second, 1) // the first call waits still
}

func testKioskSweep(t *testing.T, b *bed) {
	o, ctx := b.admin(), t.Context()
	m := b.paired(o, "one")
	hash := m.mustEnter("a")
	if err := b.InviteKiosk(ctx, o, b.paired(o, "two").id, "CODE00000009", b.clock.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := b.EndSession(ctx, hash, "signed out"); err != nil {
		t.Fatal(err)
	}
	b.clock.add(2 * time.Hour)
	if err := b.Sweep(ctx, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := b.ExtendKioskSession(ctx, hash, b.clock.Now().Add(time.Hour), 10); !errors.Is(err, kiosk.ErrNoMore) {
		t.Errorf("a session that was swept: %v", err)
	}
	if k := m.state(); k.Card {
		t.Error("a card in a machine of which nothing was heard for two hours")
	}
	_, err := b.PairKiosk(ctx, "141", kiosk.Heard{At: b.clock.Now(), NonceAt: b.clock.Now(), Message: api.KioskMessage{
		Kind: api.KioskPair, Key: "late", Code: "CODE00000009", PublicKey: []byte("late"), Counter: 1}})
	wantErr(t, "a code that was swept", err, kiosk.ErrUnknown)
}

// Once a revocation has returned, no heartbeat is taken, however many are on their way.
func testKioskRevokedMeanwhile(t *testing.T, b *bed) {
	o, ctx := b.admin(), t.Context()
	m := b.paired(o, "one")
	var mu sync.Mutex
	revoked, late := false, 0
	stop := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() {
		for {
			mu.Lock()
			after := revoked
			mu.Unlock()
			err := m.say(api.KioskBeat)
			if after && err == nil {
				late++
			}
			if errors.Is(err, kiosk.ErrRevoked) {
				return
			}
			if err != nil {
				t.Errorf("heartbeat: %v", err)
				return
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	if err := b.StopKiosk(ctx, o, m.id, kiosk.Revoked); err != nil {
		t.Error(err)
		close(stop)
	}
	mu.Lock()
	revoked = true
	mu.Unlock()
	beating.Wait()
	if late > 0 {
		t.Errorf("%d heartbeats taken after the revocation", late)
	}
	if k := m.state(); k.State != kiosk.Revoked || k.Lease != "" {
		t.Errorf("kiosk is %s with lease %q", k.State, k.Lease)
	}
}

// Two machines with one key begin at the same moment: one has the lease, the other makes
// the key nobody's.
func testKioskTwoLeases(t *testing.T, b *bed) {
	m := b.paired(b.admin(), "one")
	b.clock.add(time.Minute) // the lease is over
	machines := [2]machine{*m, *m}
	machines[0].lease, machines[1].lease, machines[1].counter = "lease-a", "lease-b", m.counter+10
	var errs [2]error
	var both sync.WaitGroup
	for i := range machines {
		both.Go(func() { errs[i] = machines[i].say(api.KioskStart) })
	}
	both.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs[:]...), kiosk.ErrSuspended) {
		t.Errorf("two leases at once: %v", errs)
	}
	if k := m.state(); k.State != kiosk.Suspended {
		t.Errorf("kiosk is %s", k.State)
	}
}

func testKioskChange(t *testing.T, b *bed) {
	o, ctx := b.admin(), t.Context()
	m := b.paired(o, "one")
	k := m.state()
	k.Name, k.Branch = "Borne 2", "Namur"
	if err := b.ChangeKiosk(ctx, o, k); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "as it stood before", b.ChangeKiosk(ctx, o, k), kiosk.ErrChanged)
	k = m.state()
	if k.Name != "Borne 2" || k.Branch != "Namur" || k.State != kiosk.Active {
		t.Errorf("kiosk %+v", k)
	}
	k.Name = "a\nb"
	wantErr(t, "two lines", b.ChangeKiosk(ctx, o, k), kiosk.ErrKiosk)
	elsewhere := o
	elsewhere.Mutuality = "142"
	k.Name = "Borne 3"
	wantErr(t, "of another mutuality", b.ChangeKiosk(ctx, elsewhere, k), kiosk.ErrChanged)
	wantErr(t, "a code for it", b.InviteKiosk(ctx, elsewhere, k.ID, "X", noon.Add(time.Hour)), kiosk.ErrUnknown)
	wantErr(t, "its end", b.StopKiosk(ctx, elsewhere, k.ID, kiosk.Revoked), kiosk.ErrUnknown)
	wantErr(t, "back to work", b.StopKiosk(ctx, o, k.ID, kiosk.Active), kiosk.ErrKiosk)
	for range 2 {
		if err := b.CallStaff(ctx, kiosk.Call{Kiosk: k, Language: "nl", Cause: kiosk.CallHelp}); err != nil {
			t.Fatal(err)
		}
	}
	b.oneTask(office.KioskHelp)
	if _, err := b.KioskOfKey(ctx, "142", m.key); !errors.Is(err, kiosk.ErrUnknown) {
		t.Errorf("its key elsewhere: %v", err)
	}
}

func testKioskPrints(t *testing.T, b *bed) {
	ctx := t.Context()
	m := b.paired(b.admin(), "one")
	hash, home := m.mustEnter("a"), b.session("home", b.claire)
	hers, his := b.frozen(b.claire), b.frozen(b.bram)
	_, doc := b.signed(b.claire)
	_, his2 := b.signed(b.bram)
	for name, p := range map[string]kiosk.Print{
		"somebody else's document": {Kind: "document", ID: his2},
		"somebody else's request":  {Kind: "request", ID: his}, "a request as a document": {Kind: "document", ID: hers},
		"a receipt with an id": {Kind: "receipt", ID: hers}, "what is nothing": {Kind: "page", ID: hers}, "no id": {Kind: "document"},
	} {
		_, err := b.PrintAtKiosk(ctx, b.claire, hash, p, 3)
		wantErr(t, name, err, kiosk.ErrNoPrint)
	}
	_, err := b.PrintAtKiosk(ctx, b.claire, home, kiosk.Print{Kind: "receipt"}, 3)
	wantErr(t, "a session at home", err, kiosk.ErrNoPrint)
	var mu sync.Mutex
	done, enough := 0, 0
	var all sync.WaitGroup
	for _, p := range []kiosk.Print{{Kind: "receipt"}, {Kind: "request", ID: hers}, {Kind: "document", ID: doc}, {Kind: "receipt"}, {Kind: "receipt"}} {
		all.Go(func() {
			_, err := b.PrintAtKiosk(ctx, b.claire, hash, p, 3)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				done++
			case errors.Is(err, kiosk.ErrPrinted):
				enough++
			default:
				t.Errorf("%v: %v", p, err)
			}
		})
	}
	all.Wait()
	if done != 3 || enough != 2 {
		t.Errorf("printed %d, refused %d, want 3 and 2", done, enough)
	}
	if rows := b.audited(audit.PrintAtKiosk); len(rows) != 12 {
		t.Errorf("%d rows, want 12: %v", len(rows), rows)
	}
}
