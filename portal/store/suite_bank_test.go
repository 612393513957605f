package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/core"
	"guichet.example/portal/credentials"
	"guichet.example/portal/handover"
	"guichet.example/portal/jobs"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
	"guichet.example/signing/document"
)

// TestBankChanges holds the shield of a change of account, the two officers who agree, and
// what goes back to the insurance system.
func TestBankChanges(t *testing.T) {
	for engine, open := range map[string]opener{"sqlite": openSQLite, "postgres": openPostgreSQL} {
		for name, test := range map[string]func(*testing.T, *bed){
			"all old channels are told":                        testChannels,
			"the link stops it once":                           testStopLink,
			"in the counter it stops too":                      testStopInCounter,
			"two officers agree":                               testFourEyes,
			"restored, two officers agree again":               testRestoredChange,
			"not before its day":                               testInForce,
			"an account that changed meanwhile":                testOtherAccount,
			"a national number under another's name":           testMovedNumber,
			"accept, refuse and stop at once":                  testStopRaces,
			"two advisors on one request":                      testAdvisorsRace,
			"the member is asked and answers":                  testAskMember,
			"orders are posted":                                testOrders,
			"answer templates in versions":                     testTemplates,
			"each change is handed over once":                  testHandover,
			"an older delivery takes none back":                testDeliveredLate,
			"a member's own request, and another's":            testBankNeighbours,
			"an officer stops one for who calls":               testStoppedByCall,
			"who denies a sign-in stops what was signed since": testStoppedByDenial,
		} {
			t.Run(engine+" "+name, func(t *testing.T) { test(t, newBed(t, open)) })
		}
	}
}

// sentMails are those that wait, and are taken by this.
func (b *bed) sentMails() []mail.Message {
	b.t.Helper()
	list, err := b.Lease(b.t.Context(), jobs.Order{Now: b.clock.Now(), Life: time.Minute, Kinds: []string{mail.JobKind}, Limit: 50})
	if err != nil {
		b.t.Fatal(err)
	}
	var found []mail.Message
	for _, j := range list {
		m, err := mail.Unmarshal(j.Payload)
		if err != nil {
			b.t.Fatal(err)
		}
		found = append(found, m)
		if err := b.Done(b.t.Context(), j); err != nil {
			b.t.Fatal(err)
		}
	}
	return found
}

// secretOf is what the link of a notice of a change holds.
func (b *bed) secretOf() string {
	b.t.Helper()
	for _, m := range b.sentMails() {
		if m.Template == mail.BankAsked {
			return m.Values["link"][strings.LastIndex(m.Values["link"], "/")+1:]
		}
	}
	b.t.Fatal("no notice of a change of account")
	return ""
}

func (b *bed) item(login auth.Login, request string) string {
	return string(login.Member) + "-" + request
}

// taken has the officer take a request and returns its item's id.
func (b *bed) taken(o auth.Officer, login auth.Login, request string) string {
	b.t.Helper()
	id := b.item(login, request)
	wantErr(b.t, "take", b.TakeItem(b.t.Context(), o, id, office.Hold{}, ""), nil)
	return id
}

func (b *bed) agreed(o auth.Officer, login auth.Login, request string) error {
	b.t.Helper()
	return b.CloseItem(b.t.Context(), o, b.taken(o, login, request), office.Answer{What: office.EventAccepted})
}

func (b *bed) apply() int {
	b.t.Helper()
	list, err := b.Lease(b.t.Context(), jobs.Order{Now: b.clock.Now(), Life: time.Minute, Kinds: []string{bank.JobKind}, Limit: 50})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, j := range list {
		if err := b.ApplyChange(b.t.Context(), j); err != nil {
			b.t.Fatal(err)
		}
	}
	return len(list)
}

func (b *bed) bob() auth.Officer {
	return b.hire("Bob Leroy", adaNumber, auth.Advisor, auth.Administrator)
}

func testChannels(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.Email, e.Certified = "claire.new@example.org", b.clock.Now() })
	b.code(b.claire, credentials.UndoEmail, linkSecret, "claire.before@example.org")
	b.sentMails()
	b.signed(b.claire)
	var to []string
	for _, m := range b.sentMails() {
		if m.Template == mail.BankAsked {
			to = append(to, m.To)
			if !strings.HasPrefix(m.Values["link"], "/fr/bank/stop/") || strings.Contains(fmt.Sprint(m), newIBAN) || strings.Contains(fmt.Sprint(m), "7061") {
				t.Errorf("notice %+v", m.Values)
			}
		}
	}
	slices.Sort(to)
	if !slices.Equal(to, []string{"claire.before@example.org", "claire.new@example.org", "claire@example.org"}) {
		t.Errorf("told %v", to)
	}
	list, err := b.Letters(t.Context(), letters.By{Mutuality: "141"}, letters.Filter{Member: claire.ID}, "", 50)
	if err != nil || len(list) != 1 || list[0].Kind != letters.BankAsked {
		t.Fatalf("letters %v, %v", list, err)
	}
	b.signed(b.claire) // a second change is told of in a letter of its own
	opened, err := b.OpenLetters(t.Context(), letters.By{Mutuality: "141"}, 50)
	if err != nil || len(opened) != 2 || opened[0].Matter == nil || opened[0].Matter.Reference == opened[1].Matter.Reference {
		t.Fatalf("letters to print %v, %v", opened, err)
	}
	a, err := b.Asked(t.Context(), b.claire)
	if err != nil || a == nil || a.Accepted || a.InForce.IsZero() || a.Reference != opened[1].Matter.Reference {
		t.Errorf("Asked = %+v, %v", a, err)
	}
}

// Signed on Friday 20 November: the fifth working day is Friday 27, so Saturday 28 is the
// first day; the change asks for 4 December.
func testInForce(t *testing.T, b *bed) {
	ines, bob := b.ines(), b.bob()
	request, _ := b.signed(b.claire)
	want(t, "first", b.agreed(ines, b.claire, request), nil)
	want(t, "second", b.agreed(bob, b.claire, request), nil)
	day := time.Date(2026, 12, 3, 23, 0, 0, 0, time.UTC) // midnight in Belgium
	if a, err := b.Asked(t.Context(), b.claire); err != nil || a == nil || !a.Accepted || !a.InForce.Equal(day) {
		t.Errorf("Asked = %+v, %v", a, err)
	}
	b.clock.add(day.Sub(b.clock.Now()) - time.Second)
	if n := b.apply(); n != 0 {
		t.Fatalf("%d changes are due a second too early", n)
	}
	if _, err := b.OpenBatch(t.Context(), "141", 10); !errors.Is(err, handover.ErrNothing) {
		t.Errorf("a change that is not in force is handed over: %v", err)
	}
	b.sentMails()
	b.clock.add(time.Second)
	if n := b.apply(); n != 1 {
		t.Fatalf("%d changes are due", n)
	}
	accounts, err := b.Accounts(t.Context(), b.claire)
	if err != nil || len(accounts) != 1 || accounts[0].IBAN != newIBAN || accounts[0].Version != 2 || accounts[0].Since.Format(time.DateOnly) != "2026-12-04" {
		t.Errorf("Accounts = %+v, %v", accounts, err)
	}
	if s := b.state(b.claire, request); s != requests.Done {
		t.Errorf("request is %s", s)
	}
	if m := b.sentMails(); len(m) != 1 || m[0].Template != mail.BankChanged {
		t.Errorf("mails %v", m)
	}
	if a, err := b.Asked(t.Context(), b.claire); err != nil || a != nil {
		t.Errorf("Asked = %+v, %v", a, err)
	}
	if n := b.apply(); n != 0 {
		t.Errorf("%d changes are applied twice", n)
	}
}

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

func testFourEyes(t *testing.T, b *bed) {
	ctx, ines, bob := t.Context(), b.ines(), b.bob()
	request, _ := b.signed(b.claire)
	want(t, "first", b.agreed(ines, b.claire, request), nil)
	if s := b.state(b.claire, request); s != requests.Signed {
		t.Fatalf("one officer made it %s", s)
	}
	id := b.item(b.claire, request)
	want(t, "first again", b.TakeItem(ctx, ines, id, office.Hold{}, ""), office.ErrFirst)
	list, err := b.Queue(ctx, bob, office.Filter{}, 10)
	if err != nil || len(list) != 1 || list[0].Agreed.Name != ines.Name {
		t.Fatalf("queue %+v, %v", list, err)
	}
	want(t, "take", b.TakeItem(ctx, bob, id, office.Hold{}, ""), nil)
	want(t, "given back to the first", b.AssignItem(ctx, bob, id, ines.ID, "please"), office.ErrFirst)
	want(t, "a reason of no list", b.CloseItem(ctx, bob, id, office.Answer{What: office.EventRejected, Reason: "mood", Words: "w"}), office.ErrReason)
	i, err := b.Item(ctx, bob, id)
	if now := (office.Present{Country: "BE", Last4: claireIBAN[len(claireIBAN)-4:], Since: claireAccount.Since}); err != nil || i.Request.Present == nil || *i.Request.Present != now {
		t.Errorf("the account in use: %+v, %v", i.Request.Present, err)
	}
	want(t, "second", b.CloseItem(ctx, bob, id, office.Answer{What: office.EventAccepted}), nil)
	if s := b.state(b.claire, request); s != requests.Accepted {
		t.Errorf("two officers made it %s", s)
	}
	want(t, "third", b.TakeItem(ctx, bob, id, office.Hold{}, ""), office.ErrState)
	for action, who := range map[audit.Action]auth.Officer{audit.AgreeBankChange: ines, audit.AcceptRequest: bob} {
		b.onceByOfficer(t, action, who)
	}

	other, _ := b.signed(b.claire)
	want(t, "first", b.agreed(ines, b.claire, other), nil)
	want(t, "the second refuses", b.CloseItem(ctx, bob, b.taken(bob, b.claire, other), office.Answer{What: office.EventRejected, Reason: "doubt", Told: "Nous doutons.", Words: ""}), nil)
	if r, err := b.Request(ctx, b.claire, other); err != nil || r.State != requests.Rejected || r.Reason != "Nous doutons." {
		t.Errorf("refused: %s, %q, %v", r.State, r.Reason, err)
	}
}

func testOtherAccount(t *testing.T, b *bed) {
	ctx, ines, bob := t.Context(), b.ines(), b.bob()
	before, _ := b.signed(b.claire)
	accepted, _ := b.signed(b.claire)
	want(t, "first", b.agreed(ines, b.claire, accepted), nil)
	want(t, "second", b.agreed(bob, b.claire, accepted), nil)
	moved := claireAccount
	moved.IBAN = "BE43068999999501"
	want(t, "by letter", b.ChangeAccount(ctx, "141", claire.ID, moved), nil)
	want(t, "agree to an older version", b.CloseItem(ctx, ines, b.taken(ines, b.claire, before), office.Answer{What: office.EventAccepted}), office.ErrAccountChanged)
	b.clock.add(30 * 24 * time.Hour)
	if b.apply() != 1 {
		t.Fatal("not due")
	}
	if a, err := b.Accounts(ctx, b.claire); err != nil || a[0].IBAN != moved.IBAN {
		t.Errorf("an older version is in force: %v", err)
	}
	if s := b.state(b.claire, accepted); s != requests.Rejected {
		t.Errorf("request is %s", s)
	}
	b.taskOf(ines, office.BankStopped)
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

// testAdvisorsRace: two advisors want one request and say different things; one wins, and
// the other reads who has it, or how it ended.
func testAdvisorsRace(t *testing.T, b *bed) {
	ctx, ines, bob := context.Background(), b.ines(), b.bob()
	for round := range soak(100, 300) {
		request, _ := b.signed(b.claire)
		id := b.item(b.claire, request)
		errs := together(2, func(i int) error {
			o, a := ines, office.Answer{What: office.EventAccepted}
			if i == 1 {
				o, a = bob, office.Answer{What: office.EventRejected, Reason: "doubt"}
			}
			if err := b.TakeItem(ctx, o, id, office.Hold{}, ""); err != nil {
				return err
			}
			return b.CloseItem(ctx, o, id, a)
		})
		wins(t, errs, office.ErrHeld, office.ErrState)
		i, err := b.Item(ctx, ines, id)
		if err != nil {
			t.Fatal(err)
		}
		s := b.state(b.claire, request)
		refused := errs[1] == nil
		if refused != (s == requests.Rejected) || refused != !i.Closed.IsZero() || !refused && errs[0] == nil && i.Agreed.Staff != ines.ID {
			t.Fatalf("round %d: %v, request %s, item %+v", round, errs, s, i)
		}
	}
}

func testAskMember(t *testing.T, b *bed) {
	ctx, ines := t.Context(), b.ines()
	request, _ := b.signed(b.claire)
	answer := requests.Answer{Text: sentence, Files: []requests.AnswerFile{{Media: "pdf", Content: []byte("%PDF-1.7 " + sentence)}}}
	want(t, "not asked", b.AnswerOffice(ctx, b.claire, request, answer), requests.ErrNotOpen)
	id := b.taken(ines, b.claire, request)
	want(t, "asking nothing", b.CloseItem(ctx, ines, id, office.Answer{What: office.EventAsked}), office.ErrReason)
	want(t, "ask", b.CloseItem(ctx, ines, id, office.Answer{What: office.EventAsked, Words: "Une copie ?"}), nil)
	if list, err := b.Queue(ctx, ines, office.Filter{}, 10); err != nil || len(list) != 0 {
		t.Errorf("the queue has what waits for the member: %v, %v", list, err)
	}
	if list, err := b.Queue(ctx, ines, office.Filter{Who: "member"}, 10); err != nil || len(list) != 1 || list[0].Asked.IsZero() {
		t.Errorf("what waits for the member: %v, %v", list, err)
	}
	if r, err := b.Request(ctx, b.claire, request); err != nil || r.Asked.IsZero() || r.State != requests.Signed {
		t.Errorf("request %+v, %v", r.State, err)
	}
	want(t, "another's", b.AnswerOffice(ctx, b.bram, request, answer), requests.ErrNotFound)
	want(t, "empty", b.AnswerOffice(ctx, b.claire, request, requests.Answer{}), requests.ErrNotOpen)
	want(t, "answer", b.AnswerOffice(ctx, b.claire, request, answer), nil)
	want(t, "answer twice", b.AnswerOffice(ctx, b.claire, request, answer), requests.ErrNotOpen)
	thread, err := b.Thread(ctx, b.claire, request)
	if err != nil || len(thread) != 2 || thread[0].Mine || thread[0].Text != "Une copie ?" || !thread[1].Mine || thread[1].Text != sentence {
		t.Errorf("Thread = %+v, %v", thread, err)
	}
	if thread, err := b.Thread(ctx, b.bram, request); err != nil || len(thread) != 0 {
		t.Errorf("another reads %v, %v", thread, err)
	}
	_, _, err = b.ItemAttachment(ctx, ines, id, 1)
	want(t, "without holding it", err, office.ErrState)
	b.taken(ines, b.claire, request)
	i, err := b.Item(ctx, ines, id)
	if err != nil || len(i.Enclosed) != 1 || i.Request == nil {
		t.Fatalf("item %+v, %v", i, err)
	}
	f, content, err := b.ItemAttachment(ctx, ines, id, 1)
	if err != nil || f.Media != "pdf" || string(content) != "%PDF-1.7 "+sentence {
		t.Errorf("file %+v, %v", f, err)
	}
	for _, n := range []int{0, 2, -1} {
		_, _, err = b.ItemAttachment(ctx, ines, id, n)
		want(t, "no such file", err, office.ErrState)
	}
}

// cards is an order of a European card, frozen but not stored.
func (b *bed) cards() requests.Request {
	b.t.Helper()
	r := b.request()
	change := bankChange(1)
	order := document.EHICOrder{Reference: r.Reference, Language: document.FR, Mutuality: change.Mutuality, Member: change.Member,
		Date: change.Date, ForPersons: []string{"Claire Delcourt"}, DeliverTo: []string{"Claire Delcourt", "Rue Neuve 1", "4000 Liège"}}
	r.Act, r.Sheet = order, order.Sheet()
	return r
}

// order signs an order of the member.
func (b *bed) order(login auth.Login) (string, requests.Request) {
	b.t.Helper()
	r := b.cards()
	id, err := b.PutRequest(b.t.Context(), login, r, "")
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.Complete(b.t.Context(), login, b.completion(b.prepared(login, id), "value")); err != nil {
		b.t.Fatal(err)
	}
	return id, r
}

func testOrders(t *testing.T, b *bed) {
	ctx, ines := t.Context(), b.ines()
	room := letters.By{Mutuality: "141", Orders: true}
	first, r := b.order(b.claire)
	second, _ := b.order(b.claire)
	_, err := b.OpenLetters(ctx, room, 10)
	want(t, "not accepted", err, letters.ErrNothing)
	for _, id := range []string{first, second} {
		want(t, "accept", b.agreed(ines, b.claire, id), nil)
		b.clock.add(time.Second) // so that letters sort
	}
	_, err = b.OpenLetters(ctx, letters.By{Mutuality: "141"}, 10)
	want(t, "among the other letters", err, letters.ErrNothing)
	w, err := b.WaitingLetters(ctx, "141")
	if err != nil || w.Letters != 0 || w.Orders["ehic-order"] != 2 {
		t.Errorf("waiting %+v, %v", w, err)
	}
	open, err := b.OpenLetters(ctx, room, 10)
	if err != nil || len(open) != 2 || open[0].Matter == nil || open[0].Matter.Reference != r.Reference || len(open[0].Matter.Rows) == 0 {
		t.Fatalf("OpenLetters = %+v, %v", open, err)
	}
	batch := letters.Batch{Mutuality: "141", ID: "batch1", Made: b.clock.Now(), Letters: 2, Pages: 4}
	locks := []letters.Lock{{Member: claire.ID, Letter: open[0].ID}, {Member: claire.ID, Letter: open[1].ID}}
	want(t, "print", b.PrintLetters(ctx, room, batch, locks), nil)
	batch.ID = "batch2"
	want(t, "print twice", b.PrintLetters(ctx, room, batch, locks), letters.ErrState)
	again, err := b.RemakeLetter(ctx, room, open[1].ID, "torn", credentials.Code{}, "")
	if err != nil || again.Kind != letters.Order {
		t.Fatalf("RemakeLetter = %v, %v", again, err)
	}
	want(t, "wrong count", b.PostBatch(ctx, room, "batch1", 2), letters.ErrCount)
	b.mails()
	want(t, "post", b.PostBatch(ctx, room, "batch1", 1), nil)
	b.wantText("told that it was posted", b.mails(), "request-changed claire@example.org")
	_, err = b.ReturnLetter(ctx, room, open[0].ID, "address")
	want(t, "came back", err, nil)
	b.taskOf(ines, office.ReturnedLetter)
	if got := b.shipped(r.Reference); !slices.Equal(got, []string{"posted", "prepared", "returned"}) {
		t.Errorf("shipped %v", got)
	}
	if open, err := b.OpenLetters(ctx, room, 10); err != nil || len(open) != 1 || len(open[0].Matter.Rows) == 0 {
		t.Errorf("made again: %v, %v", open, err)
	}
}

func (b *bed) shipped(reference string) []string {
	b.t.Helper()
	list, err := b.Shipped("141", reference)
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

func testTemplates(t *testing.T, b *bed) {
	ctx, bob := t.Context(), b.bob()
	texts := map[string]string{"fr": "Bonjour {name}", "nl": "Dag {name}", "de": "Guten Tag {name}", "en": "Hello {name}"}
	for name, bad := range map[string]office.Template{
		"no name": {Texts: texts}, "no kind": {Name: "n", Kind: "other", Texts: texts},
		"one language": {Name: "n", Texts: map[string]string{"fr": "Bonjour"}},
		"other value":  {Name: "n", Texts: map[string]string{"fr": "{iban}", "nl": "x", "de": "x", "en": "x"}},
	} {
		_, err := b.PutTemplate(ctx, bob, bad)
		want(t, name, err, office.ErrTemplate)
	}
	id, err := b.PutTemplate(ctx, bob, office.Template{Name: "Copie", Kind: office.BankChange, Texts: texts})
	want(t, "put", err, nil)
	offered := func(k office.Kind) int {
		list, err := b.OfferedTemplates(ctx, bob, k)
		want(t, "offered", err, nil)
		return len(list)
	}
	if offered(office.BankChange) != 0 {
		t.Error("a draft is offered")
	}
	want(t, "use an older version", b.SetTemplate(ctx, bob, id, 0, office.TemplateUsed), office.ErrChanged)
	want(t, "use nothing", b.SetTemplate(ctx, bob, "none", 1, office.TemplateUsed), office.ErrNotFound)
	want(t, "use", b.SetTemplate(ctx, bob, id, 1, office.TemplateUsed), nil)
	if offered(office.BankChange) != 1 || offered(office.Order) != 0 {
		t.Error("it is not offered where it is for")
	}
	_, err = b.PutTemplate(ctx, bob, office.Template{ID: id, Version: 0, Name: "n", Texts: texts})
	want(t, "over another's change", err, office.ErrChanged)
	_, err = b.PutTemplate(ctx, bob, office.Template{ID: id, Version: 1, Name: "n", Texts: texts})
	want(t, "change", err, nil)
	if offered(office.BankChange) != 1 {
		t.Error("a draft takes the version before out of use")
	}
	want(t, "use the second", b.SetTemplate(ctx, bob, id, 2, office.TemplateUsed), nil)
	list, err := b.Templates(ctx, bob, id)
	if err != nil || len(list) != 2 || list[0].State != office.TemplateUsed || list[1].State != office.TemplateRetired || list[1].By != bob.Name {
		t.Errorf("versions %+v, %v", list, err)
	}
	if got := list[0].Fill("nl", map[string]string{"name": "{reference}"}); got != "Dag {reference}" {
		t.Errorf("Fill = %q", got)
	}
	elsewhere := bob
	elsewhere.Mutuality = "142"
	_, err = b.Templates(ctx, elsewhere, id)
	want(t, "elsewhere", err, office.ErrNotFound)
}

func testHandover(t *testing.T, b *bed) {
	ctx, ines, bob := t.Context(), b.ines(), b.bob()
	dir := t.TempDir()
	_, err := handover.Give(ctx, b, "141", dir)
	want(t, "nothing", err, handover.ErrNothing)
	want(t, "no batch", b.AckBatch(ctx, "141", 1), handover.ErrNoBatch)
	stopped, _ := b.signed(b.claire)
	want(t, "stop", b.StopChange(ctx, b.claire, stopped), nil)
	change, _ := b.signed(b.claire)
	want(t, "first", b.agreed(ines, b.claire, change), nil)
	want(t, "second", b.agreed(bob, b.claire, change), nil)
	order, _ := b.order(b.bram)
	want(t, "order", b.agreed(ines, b.bram, order), nil)
	b.clock.add(30 * 24 * time.Hour)
	b.apply()
	first, err := handover.Give(ctx, b, "141", dir)
	if err != nil || first.Batch.Batch != 1 || first.Batch.Items != 2 || first.Batch.Counts["bank-change"] != 1 || first.Batch.Counts["order"] != 1 || len(first.Batch.Files) != 3 {
		t.Fatalf("Give = %+v, %v", first, err)
	}
	// Not acknowledged: the same again, wherever it goes, though more waits by now.
	more, _ := b.order(b.claire)
	want(t, "order", b.agreed(ines, b.claire, more), nil)
	for _, to := range []string{dir, t.TempDir()} {
		again, err := handover.Give(ctx, b, "141", to)
		if err != nil || again.Manifest != first.Manifest || again.Again != (to == dir) {
			t.Fatalf("again: %+v, %v", again, err)
		}
	}
	want(t, "ack", b.AckBatch(ctx, "141", 1), nil)
	want(t, "ack twice", b.AckBatch(ctx, "141", 1), nil)
	next, err := handover.Give(ctx, b, "141", dir)
	if err != nil || next.Batch.Batch != 2 || next.Batch.Items != 1 {
		t.Fatalf("Give = %+v, %v", next, err)
	}
	b.reopen()
	same, err := handover.Give(ctx, b, "141", t.TempDir())
	if err != nil || same.Manifest != next.Manifest {
		t.Errorf("after a start: %+v, %v", same, err)
	}
	want(t, "ack", b.AckBatch(ctx, "141", 2), nil)
	_, err = handover.Give(ctx, b, "141", dir)
	want(t, "all given", err, handover.ErrNothing)
	_, err = handover.Give(ctx, b, "142", dir)
	want(t, "another mutuality", err, handover.ErrNothing)
}

// testDeliveredLate delivers the member with the account that a change at the counter has
// replaced: the insurance system may not know of it yet.
func testDeliveredLate(t *testing.T, b *bed) {
	ctx, ines, bob := t.Context(), b.ines(), b.bob()
	before, err := b.Accounts(ctx, b.claire)
	if err != nil || len(before) != 1 {
		t.Fatalf("Accounts = %v, %v", before, err)
	}
	row := core.Member{NationalNumber: number(claireNumber), Affiliation: ofClaire, GivenNames: "Claire", Surname: "Delcourt", Language: "fr",
		IBAN: string(before[0].IBAN), AccountHolder: before[0].Holder, AccountSince: before[0].Since}
	deliver := func(r core.Member, asOf time.Time) core.Outcome {
		out, err := b.Load(ctx, "141", core.Batch{Kind: core.KindMember, Rows: []core.Row{r}, AsOf: asOf})
		if err != nil || len(out.Rejects) != 0 {
			t.Fatalf("Load = %+v, %v", out, err)
		}
		return out
	}
	holds := func(when string, iban bank.IBAN, version int) {
		t.Helper()
		a, err := b.Accounts(ctx, b.claire)
		if err != nil || len(a) != 1 || a[0].IBAN != iban || a[0].Version != version {
			t.Errorf("%s: Accounts = %+v, %v", when, a, err)
		}
	}
	deliver(row, b.clock.Now())
	request, _ := b.signed(b.claire)
	want(t, "first", b.agreed(ines, b.claire, request), nil)
	want(t, "second", b.agreed(bob, b.claire, request), nil)
	b.clock.add(30 * 24 * time.Hour)
	old := b.clock.Now().Add(-time.Hour)
	b.apply()
	holds("in force", newIBAN, 2)

	for when, asOf := range map[string]time.Time{"before": old, "after": b.clock.Now().Add(time.Hour), "undated": {}} {
		if out := deliver(row, asOf); out.Unchanged != 1 {
			t.Errorf("not handed over, %s: %+v", when, out)
		}
		holds("not handed over, "+when, newIBAN, 2)
	}
	preview, err := b.Preview(ctx, "141", core.Batch{Kind: core.KindMember, Rows: []core.Row{row}, AsOf: b.clock.Now()}, nil)
	if err != nil || preview.Unchanged != 1 {
		t.Errorf("Preview = %+v, %v", preview, err)
	}
	moved := row
	moved.Street = "Rue Neuve 1"
	if out := deliver(moved, b.clock.Now()); out.Changed != 1 {
		t.Errorf("the rest of the member: %+v", out)
	}
	if m, err := b.Member(ctx, b.claire); err != nil || m.Street != moved.Street {
		t.Errorf("Member = %+v, %v", m, err)
	}
	holds("the rest is taken", newIBAN, 2)
	wantErr(t, "AddMember", b.AddMember(ctx, claire, before), nil)
	holds("AddMember", newIBAN, 2)

	b.clock.add(time.Hour)
	between := b.clock.Now()
	b.clock.add(time.Hour)
	if _, err := handover.Give(ctx, b, "141", t.TempDir()); err != nil {
		t.Fatal(err)
	}
	deliver(row, b.clock.Now())
	holds("given, not acknowledged", newIBAN, 2)
	want(t, "ack", b.AckBatch(ctx, "141", 1), nil)
	for when, asOf := range map[string]time.Time{"before it was in force": old, "before it was acknowledged": between, "undated": {}} {
		deliver(row, asOf)
		holds("acknowledged, "+when, newIBAN, 2)
	}
	own := row
	own.IBAN, own.AccountHolder = newIBAN, "Claire Delcourt"
	deliver(own, b.clock.Now())
	holds("what we have", newIBAN, 2)
	b.clock.add(24 * time.Hour)
	deliver(row, b.clock.Now())
	holds("newer than the acknowledgement", before[0].IBAN, 3)
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

func testBankNeighbours(t *testing.T, b *bed) {
	ctx := t.Context()
	own := b.hire("Claire Delcourt", number(claireNumber), auth.Advisor)
	ines := b.ines()
	request, _ := b.signed(b.claire)
	id := b.item(b.claire, request)
	want(t, "her own", b.TakeItem(ctx, own, id, office.Hold{}, ""), office.ErrOwn)
	b.taken(ines, b.claire, request)
	want(t, "given to her", b.AssignItem(ctx, ines, id, own.ID, "please"), office.ErrOwn)
	want(t, "not hers to close", b.CloseItem(ctx, own, id, office.Answer{What: office.EventAccepted}), office.ErrHeld)
	want(t, "first", b.CloseItem(ctx, ines, id, office.Answer{What: office.EventAccepted}), nil)
	want(t, "the second eye is her own", b.TakeItem(ctx, own, id, office.Hold{}, ""), office.ErrOwn)
	elsewhere := ines
	elsewhere.Mutuality = "142"
	want(t, "another mutuality's", b.TakeItem(ctx, elsewhere, id, office.Hold{}, ""), office.ErrNotFound)
}

// taskOf wants one task of the kind.
func (b *bed) taskOf(o auth.Officer, kind office.Kind) {
	b.t.Helper()
	if list, err := b.Queue(b.t.Context(), o, office.Filter{Kind: kind}, 10); err != nil || len(list) != 1 {
		b.t.Errorf("tasks of %s: %v, %v", kind, list, err)
	}
}
