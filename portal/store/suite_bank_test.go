package store_test

import (
	"errors"
	"fmt"
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
