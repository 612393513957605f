package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/credentials"
	"guichet.example/portal/federal"
	"guichet.example/portal/office"
	"guichet.example/portal/signin"
)

var visit = office.Why{Key: "visit", Words: "at the counter"}

func (b *bed) opened(o auth.Officer) string {
	b.t.Helper()
	id, err := b.OpenFile(b.t.Context(), o, claire.ID, visit)
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func testOpening(t *testing.T, b *bed) {
	ctx, ines, ada := t.Context(), b.ines(), b.ada()
	for _, w := range []office.Why{{}, {Key: "visit"}, {Key: "else", Words: "x"}} {
		_, err := b.OpenFile(ctx, ines, claire.ID, w)
		want(t, "without a reason", err, office.ErrReason)
	}
	_, err := b.OpenFile(ctx, ines, "nobody", visit)
	want(t, "nobody's file", err, office.ErrNotFound)
	_, err = b.OpenFile(ctx, ines, claire.ID, office.Why{Key: "task", Words: "x", Task: b.task(office.Reactivation, claire.ID, "fr").ID})
	want(t, "for an item of nobody", err, office.ErrHeld)
	request, _ := b.signed(b.claire)
	id := b.opened(ines)
	f, err := b.File(ctx, ines, id)
	if err != nil || f.Name != "Claire Delcourt" || f.Opening.Why != visit || f.Number != claire.NationalNumber || len(f.Looks) != 1 {
		t.Errorf("File = %+v, %v", f.Opening, err)
	}
	if len(f.Requests) != 1 || f.Requests[0].Item != b.item(b.claire, request) {
		t.Errorf("requests of the file: %+v", f.Requests)
	}
	if f.Paid != (office.Paid{}) {
		t.Errorf("last payment of nobody's: %+v", f.Paid)
	}
	first, last, third, ahead := payment("P1", 2640, core.Refund), payment("P2", -9000, core.Contribution), payment("P3", 5000, core.ThirdParty), payment("P4", 700, core.Refund)
	first.Treated, first.Paid = day("2026-11-05"), day("2026-11-06") // treated later, paid earlier
	last.Paid, third.Paid = day("2026-11-09"), day("2026-11-10")     // the last is not hers
	neighbour := payment("P5", 100, core.Refund)
	neighbour.Member, neighbour.Paid = bramAffiliation, day("2026-11-11")
	b.load(first, last, third, ahead, neighbour) // P4 is not carried out yet
	if f, err = b.File(ctx, ines, id); err != nil || f.Paid != (office.Paid{At: day("2026-11-09"), Cents: -9000, Last4: "7034"}) {
		t.Errorf("last payment: %+v, %v", f.Paid, err)
	}
	if !f.Until.IsZero() {
		t.Errorf("a member until %v", f.Until)
	}
	b.takeAway(core.KindMember, b.delivered(core.KindMember, []string{bramNumber}))
	if f, err = b.File(ctx, ines, id); err != nil || !f.Until.Equal(day("2026-11-19")) {
		t.Errorf("the file of a former member: until %v, %v", f.Until, err)
	}
	_, err = b.File(ctx, ada, id)
	want(t, "a colleague's look", err, office.ErrNoOpening)
	other := b.atWork(auth.Officer{Mutuality: "141", ID: ines.ID, Roles: ines.Roles, Holder: ines.Holder})
	_, err = b.File(ctx, other, id)
	want(t, "another session's look", err, office.ErrNoOpening)
	b.clock.add(30*time.Minute + time.Second)
	_, err = b.File(ctx, ines, id)
	want(t, "after its time", err, office.ErrNoOpening)
	looks := 0
	for _, e := range b.rows() {
		if e.Action == audit.ReadFile && e.Outcome == audit.Done && e.Reason == "visit" && e.Member == string(claire.ID) && e.Actor == string(ines.ID) {
			looks++
		}
	}
	if looks != 3 {
		t.Errorf("%d rows of three looks", looks)
	}
}

// That her card opened the file stays with opening, looks and trail, to the person too.
func testOpeningByCard(t *testing.T, b *bed) {
	ctx, ines := t.Context(), b.ines()
	if found, err := b.SearchPerson(ctx, ines, office.Search{Number: number("72022911853"), Card: true}); err != nil || len(found) != 0 {
		t.Errorf("card of nobody: %+v, %v", found, err)
	}
	b.opened(ines)
	b.clock.add(time.Minute)
	byCard := visit
	byCard.Card = true
	id, err := b.OpenFile(ctx, ines, claire.ID, byCard)
	if err != nil {
		t.Fatal(err)
	}
	f, err := b.File(ctx, ines, id)
	if err != nil || f.Opening.Why != byCard || len(f.Looks) != 2 || f.Looks[0].Why != (office.Why{Key: "visit", Card: true}) || f.Looks[1].Why != (office.Why{Key: "visit"}) {
		t.Errorf("File = %+v, %+v, %v", f.Opening.Why, f.Looks, err)
	}
	looks, err := b.Looks(ctx, b.claire, account.LookPlace{}, 10)
	if err != nil || len(looks) != 1 || looks[0].Reason != "visit by card" {
		t.Errorf("looks: %+v, %v", looks, err)
	}
	var reasons []string
	for _, e := range b.rows() {
		if e.Action == audit.SearchFile || e.Action == audit.OpenFile {
			reasons = append(reasons, e.Reason)
		}
	}
	if want := []string{"by card: 0 found", "visit", "visit by card"}; !slices.Equal(reasons, want) {
		t.Errorf("reasons in the trail: %q, want %q", reasons, want)
	}
}

func testPeople(t *testing.T, b *bed) {
	ines := b.ines()
	for name, s := range map[string]office.Search{
		"number":   {Number: claire.NationalNumber},
		"card":     {Number: claire.NationalNumber, Card: true},
		"name":     {Surname: "délcourt", Birth: claire.Birth},
		"backward": {Surname: "Claire DELCOURT", Birth: claire.Birth},
	} {
		found, err := b.SearchPerson(t.Context(), ines, s)
		if err != nil || len(found) != 1 || found[0].Member != claire.ID || found[0].Name != "Claire Delcourt" {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
	b.twin()
	for _, typed := range []string{"001234567", " 00.123-4567 "} { // a number that both have
		if found, err := b.SearchPerson(t.Context(), ines, office.Search{User: typed}); err != nil || len(found) != 2 {
			t.Errorf("%q: %+v, %v", typed, found, err)
		}
	}
	user, err := credentials.NewUserNumber(strings.NewReader("a seed of eight bytes, and more"))
	if err != nil {
		t.Fatal(err)
	}
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.UserNumber = user })
	for _, typed := range []string{user, credentials.Handle{Kind: credentials.KindUser, Value: user}.Shown()} {
		found, err := b.SearchPerson(t.Context(), ines, office.Search{User: typed})
		if err != nil || len(found) != 1 || found[0].Member != claire.ID {
			t.Errorf("user number %q: %+v, %v", typed, found, err)
		}
	}
	for name, s := range map[string]office.Search{
		"number": {Number: number("72022911853")}, "user": {User: "1234568"}, "birth": {Surname: "Delcourt", Birth: claire.Birth.AddDate(0, 0, 1)},
		"name": {Surname: "Del", Birth: claire.Birth}, "no name": {Surname: "-", Birth: claire.Birth},
	} {
		if found, err := b.SearchPerson(t.Context(), ines, s); err != nil || len(found) != 0 {
			t.Errorf("other %s: %+v, %v", name, found, err)
		}
	}
}

func testCounter(t *testing.T, b *bed) {
	ctx, ada := t.Context(), b.ada()
	opening := b.opened(ada)
	for _, k := range []office.Check{{}, {Place: "Liège", Proofs: []string{"known", "photo"}}, {Proofs: []string{"eid", "photo"}}, {Place: "Liège", Proofs: []string{"eid", "photo", "x"}}} {
		_, err := b.RecordCheck(ctx, ada, opening, k)
		want(t, "RecordCheck", err, office.ErrProofs)
	}
	papers := office.Check{Place: "Liège", Proofs: []string{"eid", "photo"}, Words: "card of 2022"}
	_, err := b.RecordCheck(ctx, ada, "06h029gerwqtfcfprcxr1ynme4", papers)
	want(t, "RecordCheck in no file", err, office.ErrNoOpening)
	check, err := b.RecordCheck(ctx, ada, opening, papers)
	want(t, "RecordCheck", err, nil)
	now := b.clock.Now()
	code := credentials.Code{Mutuality: "141", Member: claire.ID, Purpose: credentials.Counter, Created: now, Expires: now.Add(24 * time.Hour)}
	_, err = b.CodeAtCounter(ctx, ada, claire.ID, "none", code, "ABCD-EFGH-JKMN")
	want(t, "code without a check", err, office.ErrState)
	_, err = b.CodeAtCounter(ctx, ada, b.bram.Member, check, code, "ABCD-EFGH-JKMN")
	want(t, "code for another", err, office.ErrState)
	want(t, "card of another", b.CardAtCounter(ctx, ada, b.bram.Member, check), office.ErrState)
	want(t, "card", b.CardAtCounter(ctx, ada, claire.ID, check), nil)
	f, err := b.File(ctx, ada, opening)
	if err != nil || f.Account.State != office.AccountActive || len(f.Checks) != 1 || f.Checks[0].Words != "card of 2022" || f.Checks[0].Staff != ada.ID {
		t.Errorf("file = %+v, %+v, %v", f.Account, f.Checks, err)
	}
	closing := office.AccountChange{To: office.AccountDisabled, Reason: "abuse", Words: "two people use it"}
	b.session("hers", b.claire)
	want(t, "opened twice", b.SetAccount(ctx, ada, opening, office.AccountChange{To: office.AccountActive, Reason: "mistake", Words: "x"}), office.ErrState)
	want(t, "no reason", b.SetAccount(ctx, ada, opening, office.AccountChange{To: office.AccountDisabled, Reason: "mistake", Words: "x"}), office.ErrReason)
	want(t, "closed", b.SetAccount(ctx, ada, opening, closing), nil)
	want(t, "closed twice", b.SetAccount(ctx, ada, opening, closing), office.ErrState)
	// Who was let in by a look at the account before, and comes to the session after.
	late := signin.Session{Login: b.claire, Created: now, LastSeen: now, Idle: time.Minute, Ends: now.Add(time.Hour)}
	want(t, "federal session when closed", b.StartFederalSession(ctx, [32]byte{1}, [32]byte{}, late, federal.Kept{}), signin.ErrClosed)
	want(t, "card when closed", b.CardAtCounter(ctx, ada, claire.ID, check), office.ErrState)
	if f, err = b.File(ctx, ada, opening); err != nil || f.Account.Sessions != 0 || f.Account.Reason != "abuse: two people use it" {
		t.Errorf("account = %+v, %v", f.Account, err)
	}
	b.clock.add(31 * time.Minute)
	want(t, "after its time", b.CardAtCounter(ctx, ada, claire.ID, check), office.ErrState)
}

func testOwn(t *testing.T, b *bed) {
	ctx := t.Context()
	self := b.hire("Claire Delcourt", claire.NationalNumber, auth.Advisor)
	_, err := b.OpenFile(ctx, self, claire.ID, visit)
	want(t, "own file", err, office.ErrOwn)
	want(t, "own task", b.TakeItem(ctx, self, b.task(office.Reactivation, claire.ID, "fr").ID, office.Hold{}, ""), office.ErrOwn)
	request, _ := b.signed(b.claire)
	want(t, "own request", b.TakeItem(ctx, self, string(claire.ID)+"-"+request, office.Hold{}, ""), office.ErrOwn)
	want(t, "another's task", b.TakeItem(ctx, self, b.task(office.Reactivation, b.bram.Member, "nl").ID, office.Hold{}, ""), nil)
}

func testActs(t *testing.T, b *bed) {
	ctx, ada := t.Context(), b.ada()
	for range 5 {
		if _, err := b.Queue(ctx, ada, office.Filter{}, 1); err != nil {
			t.Fatal(err)
		}
	}
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	seen, before := 0, ""
	for range 10 {
		acts, err := b.ActsOfStaff(ctx, ada, day, day.AddDate(0, 0, 1), before, 3)
		if err != nil {
			t.Fatal(err)
		}
		seen += len(acts.Rows)
		for _, e := range acts.Rows {
			if e.Method != audit.Office || e.Actor != audit.Command && acts.Names[auth.StaffID(e.Actor)] != "Ada Min" {
				t.Errorf("row %+v among acts of staff", e)
			}
		}
		if before = acts.Next; before == "" {
			break
		}
	}
	if seen < 7 { // added, signed in, five looks at the queue, and looks at this list as they come
		t.Errorf("%d acts", seen)
	}
	if acts, err := b.ActsOfStaff(ctx, ada, day.AddDate(0, 0, 1), day.AddDate(0, 0, 2), "", 3); err != nil || len(acts.Rows) != 0 {
		t.Errorf("acts of tomorrow: %d, %v", len(acts.Rows), err)
	}
	var none nrn.Number
	if _, err := b.AddStaff(ctx, house, office.NewColleague{Colleague: office.Colleague{Name: "X", Language: "fr"}, Number: none}); !errors.Is(err, office.ErrColleague) {
		t.Errorf("AddStaff without a number = %v", err)
	}
	if dead, err := b.DeadJobs(ctx, ada, "", 10); err != nil || len(dead) != 0 {
		t.Errorf("DeadJobs = %v, %v", dead, err)
	}
	if err := b.ReviveJob(ctx, ada, "06h029gerwqtfcfprcxr1ynme4"); err == nil {
		t.Error("a job that is none is revived")
	}
}

// An officer searches so often in an hour, in all her sessions; a card in the reader counts
// for nothing, and colleagues are not kept waiting.
func testSearchesBounded(t *testing.T, b *bed) {
	ctx, ines, ada := t.Context(), b.ines(), b.ada()
	there, _ := b.beside(ines, "the machine beside")
	const allowed = 60 // as shipped
	search := func(o auth.Officer, card bool) error {
		found, err := b.SearchPerson(ctx, o, office.Search{Number: claire.NationalNumber, Card: card})
		if err != nil && found != nil {
			t.Errorf("a refused search found %+v", found)
		}
		return err
	}
	for n := range allowed {
		o := []auth.Officer{ines, there}[n%2]
		want(t, "a search within the bound", search(o, false), nil)
		want(t, "a search by card", search(o, true), nil)
	}
	want(t, "one more", search(ines, false), office.ErrSearches)
	want(t, "one more on another machine", search(there, false), office.ErrSearches)
	want(t, "a card", search(ines, true), nil)
	want(t, "a colleague", search(ada, false), nil)
	refused := 0
	for _, e := range b.rows() {
		if e.Action == audit.SearchFile && e.Outcome == audit.Refused && e.Actor == string(ines.ID) && e.Reason == office.ErrSearches.Error() {
			refused++
		}
	}
	if refused != 2 {
		t.Errorf("%d rows of two refused searches", refused)
	}
	b.clock.add(59 * time.Minute)
	want(t, "before the hour is over", search(ines, false), office.ErrSearches)
	b.clock.add(time.Minute)
	want(t, "after an hour", search(ines, false), nil)
	b.clock.add(-5 * time.Hour)
	want(t, "by a clock set back", search(ines, false), nil)
}
