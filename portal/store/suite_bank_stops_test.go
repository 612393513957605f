package store_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
)

func testStopLink(t *testing.T, b *bed) {
	ctx, ines, bob := t.Context(), b.ines(), b.bob()
	request, _ := b.signed(b.claire)
	secret := b.secretOf()
	for name, s := range map[string]string{"empty": "", "short": "abc", "another": linkSecret, "of another mutuality": ""} {
		want(t, name, b.StopLink(ctx, "141", s), bank.ErrLink)
		want(t, name, b.StopByLink(ctx, "141", s), bank.ErrLink)
	}
	want(t, "elsewhere", b.StopByLink(ctx, "142", secret), bank.ErrLink)
	want(t, "look", b.StopLink(ctx, "141", secret), nil)
	want(t, "look again", b.StopLink(ctx, "141", secret), nil)
	session := b.session("thief", b.claire)
	want(t, "first", b.agreed(ines, b.claire, request), nil)
	want(t, "second", b.agreed(bob, b.claire, request), nil)
	want(t, "stop", b.StopByLink(ctx, "141", secret), nil)
	want(t, "stop again", b.StopByLink(ctx, "141", secret), bank.ErrLink)
	if s := b.state(b.claire, request); s != requests.Rejected {
		t.Errorf("request is %s", s)
	}
	if _, err := b.Session(ctx, session, b.clock.Now()); err == nil {
		t.Error("a session lives on")
	}
	b.taskOf(ines, office.BankStopped)
	var stopped int
	for _, m := range b.sentMails() {
		if m.Template == mail.BankStopped {
			stopped++
		}
	}
	if stopped != 1 {
		t.Errorf("%d mails say that it stopped", stopped)
	}
	b.clock.add(60 * 24 * time.Hour)
	b.apply()
	if a, err := b.Accounts(ctx, b.claire); err != nil || a[0].IBAN != claireIBAN {
		t.Errorf("a change that was stopped is in force: %v", err)
	}
	if rows := b.audited(audit.StopBankChange); !slices.Equal(rows, []string{"done request/" + request + " link"}) {
		t.Errorf("rows %v", rows)
	}

	// Too late: the office is called, and nothing else happens.
	late, _ := b.signed(b.bram)
	secret = b.secretOf()
	want(t, "first", b.agreed(ines, b.bram, late), nil)
	want(t, "second", b.agreed(bob, b.bram, late), nil)
	b.clock.add(20 * 24 * time.Hour)
	if b.apply() != 1 {
		t.Fatal("not in force")
	}
	want(t, "too late", b.StopByLink(ctx, "141", secret), bank.ErrInForce)
	want(t, "too late in the counter too", b.StopChange(ctx, b.bram, late), bank.ErrInForce) // the office knows: no second call
	if s := b.state(b.bram, late); s != requests.Done {
		t.Errorf("request is %s", s)
	}
	if list, err := b.Queue(ctx, ines, office.Filter{Kind: office.BankStopped}, 10); err != nil || len(list) != 2 {
		t.Errorf("tasks %v, %v", list, err)
	}
	// A link that is old stops nothing.
	b.signed(b.claire)
	secret = b.secretOf()
	b.clock.add(90 * 24 * time.Hour)
	want(t, "old", b.StopLink(ctx, "141", secret), bank.ErrLink)
}

// What was stopped after a backup was made is not in force because the backup came back.
func testRestoredChange(t *testing.T, b *bed) {
	ctx, ines, bob := t.Context(), b.ines(), b.bob()
	request, _ := b.signed(b.claire)
	secret := b.secretOf()
	want(t, "first", b.agreed(ines, b.claire, request), nil)
	half, _ := b.signed(b.bram)
	want(t, "first of another", b.agreed(ines, b.bram, half), nil)
	want(t, "second", b.agreed(bob, b.claire, request), nil)
	dir := filepath.Join(t.TempDir(), "backup")
	if _, err := b.Backup(ctx, dir, quiet); err != nil {
		t.Fatal(err)
	}
	want(t, "stop", b.StopByLink(ctx, "141", secret), nil)
	cfg := emptyPlace(t, b)
	if _, err := store.Restore(ctx, cfg, store.From{Dir: dir}, quiet); err != nil {
		t.Fatal(err)
	}
	after := &bed{DB: openStore(t, cfg), t: t, open: openStore, cfg: cfg, clock: b.clock, claire: b.claire, bram: b.bram, count: b.count + 1000}
	for login, request := range map[auth.Login]string{b.claire: request, b.bram: half} {
		i, err := after.Item(ctx, ines, b.item(login, request))
		if err != nil || !i.Closed.IsZero() || i.Agreed.Staff != "" {
			t.Fatalf("restored: %+v, %v", i, err)
		}
		if n := len(i.History); i.History[n-1].What != office.EventRestored || !i.History[n-1].At.Equal(b.clock.Now()) {
			t.Errorf("history %+v", i.History)
		}
	}
	b.clock.add(20 * 24 * time.Hour)
	after.apply()
	if s := after.state(b.claire, request); s != requests.Signed {
		t.Fatalf("without officers it is %s", s)
	}
	want(t, "link", after.StopLink(ctx, "141", secret), nil)
	want(t, "one agrees", after.agreed(bob, b.claire, request), nil)
	if s := after.state(b.claire, request); s != requests.Signed {
		t.Errorf("one officer made it %s", s)
	}
	want(t, "another agrees", after.agreed(ines, b.claire, request), nil)
	if n := after.apply(); n != 1 || after.state(b.claire, request) != requests.Done {
		t.Errorf("agreed again: %d are due, it is %s", n, after.state(b.claire, request))
	}
	after.rows()
}

func testStopInCounter(t *testing.T, b *bed) {
	ctx, ines := t.Context(), b.ines()
	open := b.frozen(b.claire)
	want(t, "unsigned", b.StopChange(ctx, b.claire, open), nil)
	if s := b.state(b.claire, open); s != requests.ToSign {
		t.Errorf("a request that is not signed is %s", s)
	}
	request, _ := b.signed(b.claire)
	b.frozen(b.claire) // whoever asks for another one does not hide what can be stopped
	if a, err := b.Asked(ctx, b.claire); err != nil || a == nil || a.Request != request || !a.Signed {
		t.Errorf("Asked = %+v, %v", a, err)
	}
	want(t, "another's", b.StopChange(ctx, b.bram, request), requests.ErrNotFound)
	id := b.taken(ines, b.claire, request)
	want(t, "stop", b.StopChange(ctx, b.claire, request), nil)
	want(t, "again", b.StopChange(ctx, b.claire, request), nil)
	want(t, "accept what was stopped", b.CloseItem(ctx, ines, id, office.Answer{What: office.EventAccepted}), office.ErrState)
	b.taskOf(ines, office.BankStopped)
	r, err := b.Request(ctx, b.claire, request)
	if err != nil || r.State != requests.Rejected || r.Reason != "Arrêté au guichet." {
		t.Errorf("request %s, %q, %v", r.State, r.Reason, err)
	}
}

// testStopRaces: an officer accepts, another refuses, the link and the member stop: one of
// them is what happened, and all are told the same afterwards.
func testStopRaces(t *testing.T, b *bed) { stopRaces(t, b, soak(100, 300), b.DB, b.DB) }

func stopRaces(t *testing.T, b *bed, rounds int, one, two *store.DB) {
	ctx, ines, bob := context.Background(), b.ines(), b.bob()
	lost := []error{office.ErrState, office.ErrHeld, requests.ErrNotFound, requests.ErrChanged, bank.ErrLink}
	counts := map[requests.State]int{}
	for round := range rounds {
		b.sentMails()
		request, _ := b.signed(b.claire)
		secret := b.secretOf()
		want(t, "first", b.agreed(ines, b.claire, request), nil)
		id := b.taken(bob, b.claire, request)
		errs := together(4, func(i int) error {
			switch i {
			case 0:
				return one.CloseItem(ctx, bob, id, office.Answer{What: office.EventAccepted})
			case 1:
				return two.CloseItem(ctx, bob, id, office.Answer{What: office.EventRejected, Reason: "doubt"})
			case 2:
				return two.StopByLink(ctx, "141", secret)
			}
			return one.StopChange(ctx, b.claire, request)
		})
		wins(t, errs, lost...)
		if errs[0] == nil && errs[1] == nil {
			t.Fatalf("round %d: accepted and refused", round)
		}
		// The member stops what was accepted a moment before; what was refused stays so.
		if s := b.state(b.claire, request); s != requests.Rejected {
			t.Fatalf("round %d: %s after %v", round, s, errs)
		}
		counts[b.state(b.claire, request)]++
		if a, err := b.Asked(ctx, b.claire); err != nil || a != nil {
			t.Fatalf("round %d: still asked %+v, %v", round, a, err)
		}
	}
	b.clock.add(60 * 24 * time.Hour)
	b.apply()
	if a, err := b.Accounts(ctx, b.claire); err != nil || a[0].IBAN != claireIBAN {
		t.Errorf("a change that was stopped is in force: %v", err)
	}
	ends := 0
	for _, e := range b.rows() {
		if e.Outcome == audit.Done && (e.Action == audit.RejectRequest || e.Action == audit.StopBankChange) {
			ends++
		}
	}
	if ends != rounds || counts[requests.Rejected] != rounds {
		t.Errorf("%d ends in the audit trail of %d rounds, %v", ends, rounds, counts)
	}
}

// Who reads no e-mail and has no way in calls: an officer stops the change that waits for
// its day, for good; not one of her own household, and none that does not wait.
func testStoppedByCall(t *testing.T, b *bed) {
	ctx, ines, bob := t.Context(), b.ines(), b.bob()
	own := b.hire("Claire Delcourt", number(claireNumber), auth.Advisor)
	request, _ := b.signed(b.claire)
	id := b.item(b.claire, request)
	hash := b.session("thief", b.claire)
	stop := func(o auth.Officer, id, words string) error { return b.StopForMember(ctx, o, id, words) }
	want(t, "signed", stop(ines, id, "she called"), office.ErrState)
	want(t, "first", b.agreed(ines, b.claire, request), nil)
	want(t, "agreed once", stop(ines, id, "she called"), office.ErrState)
	want(t, "second", b.agreed(bob, b.claire, request), nil)
	if i, err := b.Item(ctx, ines, id); err != nil || !i.Stoppable || i.Member != "" {
		t.Errorf("a change that waits = %+v, %v", i, err)
	}
	elsewhere := ines
	elsewhere.Mutuality = "142"
	want(t, "another mutuality's", stop(elsewhere, id, "she called"), office.ErrNotFound)
	want(t, "her own", stop(own, id, "it was I"), office.ErrOwn)
	want(t, "without a word", stop(ines, id, " "), office.ErrReason)
	want(t, "no item", stop(ines, "06h029gerwqtfcfprcxr1ynme4-06h029gerwqtfcfprcxr1ynme4", "x"), office.ErrNotFound)
	want(t, "no request", stop(ines, b.task(office.LostCode, claire.ID, "fr").ID, "x"), office.ErrState)
	b.sentMails()
	want(t, "stopped", stop(ines, id, "she called, it was not she"), nil)
	want(t, "stopped twice", stop(bob, id, "again"), office.ErrState)
	b.clock.add(30 * 24 * time.Hour)
	b.apply()
	if a, err := b.Accounts(ctx, b.claire); err != nil || len(a) != 1 || a[0].IBAN == newIBAN {
		t.Errorf("accounts after the day: %+v, %v", a, err)
	}
	if r, err := b.Request(ctx, b.claire, request); err != nil || r.State != requests.Rejected || r.Reason == "" || strings.HasPrefix(r.Reason, "bank.") {
		t.Errorf("request = %s, %q, %v", r.State, r.Reason, err)
	}
	if _, err := b.Session(ctx, hash, noon); err == nil {
		t.Error("the session in which it was asked for goes on")
	}
	if list := b.sentMails(); len(list) == 0 || list[0].Template != mail.BankStopped {
		t.Errorf("mails: %+v", list)
	}
	i, err := b.Item(ctx, bob, id)
	if n := len(i.History); err != nil || i.Stoppable || i.History[n-1].Staff != ines.ID || i.History[n-1].Words != "she called, it was not she" {
		t.Errorf("item = %+v, %v", i, err)
	}
	b.taskOf(ines, office.BankStopped)
	if got := b.audited(audit.StopBankChange); len(got) == 0 {
		t.Error("no row of the stop")
	}
}

// Who says that a sign-in was not hers stops what was signed since, whoever agreed, and
// nothing before it.
func testStoppedByDenial(t *testing.T, b *bed) {
	ctx, ines, bob := t.Context(), b.ines(), b.bob()
	earlier, _ := b.signed(b.claire)
	b.clock.add(time.Hour)
	his := b.claire
	his.Session, his.At = "hishishishishishishishishi", b.clock.Now()
	b.session("his", his)
	b.clock.add(time.Minute)
	agreed, _ := b.signed(b.claire)
	want(t, "first", b.agreed(ines, b.claire, agreed), nil)
	want(t, "second", b.agreed(bob, b.claire, agreed), nil)
	signed, _ := b.signed(b.claire)
	order, _ := b.order(b.claire)
	another, _ := b.signed(b.bram)
	if _, err := b.DenySignIn(ctx, b.claire, his.Session); err != nil {
		t.Fatal(err)
	}
	for request, state := range map[string]requests.State{
		agreed: requests.Rejected, signed: requests.Rejected, earlier: requests.Signed, order: requests.Signed,
	} {
		r, err := b.Request(ctx, b.claire, request)
		if err != nil || r.State != state || (state == requests.Rejected) == (r.Reason == "") {
			t.Errorf("request = %s, %q, %v, want %s", r.State, r.Reason, err, state)
		}
	}
	if r, err := b.Request(ctx, b.bram, another); err != nil || r.State != requests.Signed {
		t.Errorf("another member's: %s, %v", r.State, err)
	}
	b.clock.add(30 * 24 * time.Hour)
	b.apply()
	if a, err := b.Accounts(ctx, b.claire); err != nil || len(a) != 1 || a[0].IBAN == newIBAN {
		t.Errorf("accounts after the day: %+v, %v", a, err)
	}
	if got := b.audited(audit.StopBankChange); len(got) != 2 {
		t.Errorf("rows of the stop: %q", got)
	}
}
