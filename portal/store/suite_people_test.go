package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/letters"
	"guichet.example/portal/people"
)

func TestPeopleSQLite(t *testing.T) { runPeople(t, openSQLite) }

func TestPeoplePostgreSQL(t *testing.T) {
	t.Parallel()
	runPeople(t, openPostgreSQL)
}

func runPeople(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"who sees whom", testVisible},
		{"majority comes at midnight in Belgium", testMajorityMidnight},
		{"who comes of age is asked, once", testComesOfAge},
		{"who comes of age answers", testAnswersAccess},
		{"who left and comes back decides again", testLeftAndBack},
		{"looks of others are listed", testLooks},
		{"a number given stands until it is delivered", testContacts},
		{"contact data change some times a day", testContactsBounded},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBed(t, open)) })
	}
}

// booklet is a household: claire holds the booklet.
type booklet struct {
	*bed
	count int
}

// add puts a person on claire's booklet who was born that day, and returns her login.
func (h *booklet) add(name, birth string, role core.Role) auth.Login {
	h.t.Helper()
	born, err := time.Parse(time.DateOnly, birth)
	if err != nil {
		h.t.Fatal(err)
	}
	h.count++
	m, a := claire, claireAccount
	m.ID = auth.MemberID(fmt.Sprintf("h%025d", h.count))
	m.Affiliation, m.GivenNames, m.Birth = fmt.Sprintf("00-77%05d", h.count), name, born
	m.NationalNumber, a.IBAN = numbered(h.t, born, h.count), bramIBAN
	m.Email, m.Phone = "", ""
	login := h.join(m, a)
	h.put(h.claire, login, role)
	return login
}

// put puts a person on a holder's booklet.
func (h *booklet) put(holder, person auth.Login, role core.Role) {
	h.t.Helper()
	h.act(fmt.Sprintf(`INSERT INTO households (mutuality, member, person, role) VALUES ('%s', '%s', '%s', '%s')`,
		holder.Mutuality, holder.Member, person.Member, role))
}

func (h *booklet) act(statement string) {
	h.t.Helper()
	if err := h.Act("", statement); err != nil {
		h.t.Fatal(err)
	}
}

// decide writes how far claire's access to a person is decided.
func (h *booklet) decide(person auth.Login, state people.State) {
	h.t.Helper()
	h.act(fmt.Sprintf(`INSERT INTO accesses (mutuality, member, person, state, decided_at, decided_by, reason, letter, request)
		VALUES ('141', '%s', '%s', '%s', 0, 'person', 'letter', '', '')
		ON CONFLICT (mutuality, member, person) DO UPDATE SET state = excluded.state`, h.claire.Member, person.Member, state))
}

// sees are the names that a member may read.
func (h *booklet) sees(login auth.Login) (names []string) {
	h.t.Helper()
	visible, err := h.Visible(h.t.Context(), login)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, p := range visible {
		names = append(names, p.Name)
	}
	return names
}

func (h *booklet) wantSees(what string, login auth.Login, want ...string) {
	h.t.Helper()
	for i, name := range want {
		want[i] = name + " Delcourt"
	}
	if got := h.sees(login); !slices.Equal(got, want) {
		h.t.Errorf("%s: %s sees %q, want %q", what, login.Name, got, want)
	}
}

// numbered is a national number of somebody born that day.
func numbered(t testing.TB, born time.Time, count int) nrn.Number {
	t.Helper()
	for last := range 97 {
		if n, err := nrn.Parse(fmt.Sprintf("%s%03d%02d", born.Format("060102"), count, last+1)); err == nil {
			if day, ok := n.Birth(); ok && day.Equal(born) {
				return n
			}
		}
	}
	t.Fatalf("no number for %v", born)
	return nrn.Number{}
}

func testVisible(t *testing.T, b *bed) {
	h := &booklet{bed: b}
	if _, err := b.Visible(t.Context(), auth.Login{Mutuality: "141", Member: "nobody"}); err == nil {
		t.Error("who is no member sees somebody")
	}
	h.wantSees("alone", b.claire, "Claire")
	tom := h.add("Tom", "1984-02-01", core.RolePartner)
	nora := h.add("Nora", "2006-05-01", core.RoleChild)
	emma := h.add("Emma", "2012-05-01", core.RoleChild)
	h.add("Ada", "1950-05-01", core.RoleOther)
	h.wantSees("a child, no adult", b.claire, "Claire", "Emma")
	h.wantSees("the child", emma, "Emma")
	h.wantSees("the partner", tom, "Tom")
	if p, err := b.Visible(t.Context(), emma); err != nil || p[0].Role != core.RoleChild || !p[0].Self || p[0].Language != "fr" {
		t.Errorf("the child of herself: %+v, %v", p, err)
	}
	if got, err := b.Visible(t.Context(), auth.Login{Mutuality: "142", Member: b.claire.Member}); err == nil {
		t.Errorf("in another mutuality: %+v", got)
	}
	for _, state := range []people.State{people.Asked, people.Stopped, people.Blocked, people.Automatic} {
		h.decide(nora, state)
		h.wantSees(string(state), b.claire, "Claire", "Emma")
	}
	h.decide(nora, people.Kept)
	h.decide(tom, people.Kept)
	h.wantSees("kept", b.claire, "Claire", "Tom", "Nora", "Emma")
	h.decide(emma, people.Blocked)
	h.wantSees("a minor who blocked", b.claire, "Claire", "Tom", "Nora")
	h.decide(emma, people.Automatic)
	h.act(fmt.Sprintf(`UPDATE households SET until = '2026-11-19' WHERE person = '%s'`, nora.Member))
	h.act(fmt.Sprintf(`UPDATE households SET since = '2026-11-21' WHERE person = '%s'`, emma.Member))
	h.wantSees("left, and not there yet", b.claire, "Claire", "Tom")
	b.clock.add(24 * time.Hour)
	h.wantSees("the day after", b.claire, "Claire", "Tom", "Emma")
}

// The day is the Belgian one, whatever the clock of the machine: at midnight in Brussels
// a child is of age, on the nights of summer time too.
func testMajorityMidnight(t *testing.T, b *bed) {
	for _, c := range []struct{ name, birth, before, at string }{
		{"in winter", "2008-11-22", "2026-11-21T22:59:59Z", "2026-11-21T23:00:00Z"},
		{"in summer", "2009-07-01", "2027-06-30T21:59:59Z", "2027-06-30T22:00:00Z"},
		{"on the day summer time begins", "2009-03-28", "2027-03-27T22:59:59Z", "2027-03-27T23:00:00Z"},
		{"on the day after", "2009-03-29", "2027-03-28T21:59:59Z", "2027-03-28T22:00:00Z"},
		{"on the day summer time ends", "2009-10-31", "2027-10-30T21:59:59Z", "2027-10-30T22:00:00Z"},
		{"on the day after that", "2009-11-01", "2027-10-31T22:59:59Z", "2027-10-31T23:00:00Z"},
		{"born on 29 February", "2012-02-29", "2030-02-28T22:59:59Z", "2030-02-28T23:00:00Z"},
	} {
		h := &booklet{bed: newBed(t, b.open)}
		h.count = 10
		child := h.add("Emma", c.birth, core.RoleChild)
		for at, want := range map[string][]string{c.before: {"Claire", "Emma"}, c.at: {"Claire"}} {
			moment, err := time.Parse(time.RFC3339, at)
			if err != nil {
				t.Fatal(err)
			}
			h.clock.add(moment.Sub(h.clock.Now()))
			h.wantSees(c.name+" at "+at, h.claire, want...)
			h.wantSees(c.name+" at "+at, child, "Emma")
		}
	}
}

var rules = people.Rules{MajorityAge: 18, BlockAge: 18, Silence: people.Stopped, Answer: 30 * 24 * time.Hour}

// ageAll runs the job of the birthdays until nothing is left.
func (h *booklet) ageAll(r people.Rules) (n int) {
	h.t.Helper()
	for {
		some, err := h.ComeOfAge(h.t.Context(), "141", r, 2)
		if err != nil {
			h.t.Fatal(err)
		}
		if n += some; some == 0 {
			return n
		}
	}
}

// access is claire's access to a person, as that person is told.
func (h *booklet) access(person auth.Login) people.Access {
	h.t.Helper()
	house, err := h.Household(h.t.Context(), person)
	if err != nil || len(house.Holders) != 1 {
		h.t.Fatalf("household of %s: %+v, %v", person.Name, house, err)
	}
	return house.Holders[0].Access
}

func testComesOfAge(t *testing.T, b *bed) {
	h := &booklet{bed: b}
	nora := h.add("Nora", "2008-11-20", core.RoleChild) // of age today
	emma := h.add("Emma", "2008-11-21", core.RoleChild) // tomorrow
	old := h.add("Bert", "2005-01-01", core.RoleChild)  // long ago, before we knew her
	tom := h.add("Tom", "2008-11-20", core.RolePartner) // no dependant
	if n := h.ageAll(rules); n != 1 {
		t.Errorf("%d asked on the day, want 1", n)
	}
	if n := h.ageAll(rules); n != 0 {
		t.Errorf("%d asked twice", n)
	}
	for _, login := range []auth.Login{emma, old, tom} {
		if a := h.access(login); a.State != people.Automatic {
			t.Errorf("%s is asked: %+v", login.Name, a)
		}
	}
	a := h.access(nora)
	if want := time.Date(2026, 12, 20, 22, 59, 59, 0, time.UTC); a.State != people.Asked || !a.AnswerBy.Equal(want) || a.By != people.BySystem || a.Letter == "" {
		t.Errorf("asked: %+v, want an answer by %v", a, want)
	}
	if l, err := b.Letter(t.Context(), "141", a.Letter); err != nil || l.Kind != letters.Majority || l.Member != nora.Member || l.Lang != "fr" || !l.Deadline.Equal(a.AnswerBy) {
		t.Errorf("letter: %v, %v", l, err)
	}
	h.wantSees("asked", b.claire, "Claire", "Emma")
	b.clock.add(200 * 24 * time.Hour) // the server was down
	if n := h.ageAll(rules); n != 2 { // Emma is asked, Nora was silent
		t.Errorf("%d after downtime, want 2", n)
	}
	if a := h.access(emma); a.State != people.Asked {
		t.Errorf("after downtime: %+v", a)
	}
	if a := h.access(nora); a.State != people.Stopped || a.Ground != people.Silence || !a.At.Equal(b.clock.Now()) {
		t.Errorf("after silence: %+v", a)
	}
	keep := rules
	keep.Silence = people.Kept
	b.clock.add(31 * 24 * time.Hour)
	if n := h.ageAll(keep); n != 1 {
		t.Errorf("%d after more silence, want 1", n)
	}
	h.wantSees("silence keeps", b.claire, "Claire", "Emma")
	if n := h.ageAll(rules); n != 0 {
		t.Errorf("%d once all is decided", n)
	}
	if got := b.audited(audit.AskAccess); len(got) != 2 || got[0] != "done holder/"+string(b.claire.Member) {
		t.Errorf("audit rows: %q", got)
	}
	if got := b.audited(audit.ChangeAccess); !slices.Equal(got, []string{
		"done holder/" + string(b.claire.Member) + " stopped silence", "done holder/" + string(b.claire.Member) + " kept silence"}) {
		t.Errorf("audit rows: %q", got)
	}
}

func testAnswersAccess(t *testing.T, b *bed) {
	h := &booklet{bed: b}
	nora := h.add("Nora", "2008-11-20", core.RoleChild)
	emma := h.add("Emma", "2010-11-19", core.RoleChild) // 16
	h.ageAll(rules)
	ctx := t.Context()
	wantErr(t, "a minor answers", b.AnswerAccess(ctx, emma, b.claire.Member, false, rules), people.ErrMinor)
	wantErr(t, "of another booklet", b.AnswerAccess(ctx, nora, b.bram.Member, true, rules), people.ErrNotOnBooklet)
	wantErr(t, "the holder answers", b.AnswerAccess(ctx, b.claire, b.claire.Member, true, rules), people.ErrNotOnBooklet)
	wantErr(t, "of nobody", b.AnswerAccess(ctx, nora, "nobody", true, rules), people.ErrNotOnBooklet)
	h.wantSees("refused", b.claire, "Claire", "Emma")
	if got := b.audited(audit.ChangeAccess); len(got) != 4 || got[0] != "refused holder/"+string(b.claire.Member)+" too young to decide who sees the data" {
		t.Errorf("audit rows of refusals: %q", got)
	}
	for _, c := range []struct {
		keep  bool
		state people.State
		sees  []string
	}{{true, people.Kept, []string{"Claire", "Nora", "Emma"}}, {false, people.Stopped, []string{"Claire", "Emma"}}} {
		if err := b.AnswerAccess(ctx, nora, b.claire.Member, c.keep, rules); err != nil {
			t.Fatal(err)
		}
		a := h.access(nora)
		if a.State != c.state || a.By != people.ByPerson || a.Ground != people.Answer || !a.At.Equal(b.clock.Now()) || !a.AnswerBy.IsZero() {
			t.Errorf("answered %v: %+v", c.keep, a)
		}
		if l, err := b.Letter(ctx, "141", a.Letter); err != nil || l.State != letters.Used {
			t.Errorf("letter of an answer: %v, %v", l, err)
		}
		h.wantSees("answered", b.claire, c.sees...)
	}
	b.clock.add(40 * 24 * time.Hour)
	if n := h.ageAll(rules); n != 0 {
		t.Errorf("%d decided by silence after an answer", n)
	}
	young := rules
	young.BlockAge = 16
	if err := b.AnswerAccess(ctx, emma, b.claire.Member, false, young); err != nil {
		t.Errorf("at 16, where the setting says so: %v", err)
	}
	h.wantSees("stopped at 16", b.claire, "Claire")
	if err := b.AnswerAccess(ctx, emma, b.claire.Member, true, young); err != nil {
		t.Error(err)
	}
	if a := h.access(emma); a.State != people.Automatic {
		t.Errorf("given back at 16: %+v, want the rule until majority", a)
	}
}

// Looks are those of others alone, newest first, in pages that hold whatever is added.
func testLooks(t *testing.T, b *bed) {
	h := &booklet{bed: b}
	emma := h.add("Emma", "2012-05-01", core.RoleChild)
	ctx := t.Context()
	if list, err := b.Looks(ctx, emma, account.LookPlace{}, 10); err != nil || len(list) != 0 {
		t.Fatalf("looks of nobody: %+v, %v", list, err)
	}
	for range 5 {
		if _, err := b.Cover(ctx, b.claire); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Cover(ctx, emma); err != nil { // her own
			t.Fatal(err)
		}
		b.clock.add(time.Minute)
	}
	var seen []account.LookPlace
	var from account.LookPlace
	for range 4 {
		list, err := b.Looks(ctx, emma, from, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range list {
			if !l.Holder || l.By != string(b.claire.Member) || l.What != "cover" || l.Roles != "" || slices.Contains(seen, l.Place) {
				t.Errorf("look: %+v", l)
			}
			seen, from = append(seen, l.Place), l.Place
		}
		if _, err := b.Cover(ctx, b.claire); err != nil { // while she turns the pages
			t.Fatal(err)
		}
	}
	if len(seen) != 5 || !slices.IsSortedFunc(seen, func(a, b account.LookPlace) int { return int(b.At - a.At) }) {
		t.Errorf("%d looks, want 5 in order: %v", len(seen), seen)
	}
	if list, err := b.Looks(ctx, b.claire, account.LookPlace{}, 10); err != nil || len(list) != 0 {
		t.Errorf("the holder's own looks: %+v, %v", list, err)
	}
	if list, err := b.Looks(ctx, auth.Login{Mutuality: "142", Member: emma.Member}, account.LookPlace{}, 10); err != nil || len(list) != 0 {
		t.Errorf("in another mutuality: %+v, %v", list, err)
	}
}

// Contact data are changed some times a day: who sits in another's session buries the notice
// of a change of account in no flood of others.
func testContactsBounded(t *testing.T, b *bed) {
	ctx := t.Context()
	change := func(n int) error {
		b.clock.add(time.Minute)
		return b.ChangePhone(ctx, b.claire, account.Home, fmt.Sprintf("+324322120%d", n%2))
	}
	for n := range account.MaxChanges {
		wantErr(t, "a change", change(n), nil)
	}
	sent := len(b.sentMails())
	wantErr(t, "one more", change(account.MaxChanges), account.ErrTooMany)
	wantErr(t, "another field", b.ChangeWorkAddress(ctx, b.claire, account.WorkAddress{Company: "x", Street: "y", Postcode: "4000", City: "z"}), account.ErrTooMany)
	wantErr(t, "what is so already", change(account.MaxChanges-1), nil)
	if n := len(b.sentMails()); n != 0 || sent != account.MaxChanges {
		t.Errorf("%d mails for %d changes, then %d", sent, account.MaxChanges, n)
	}
	wantErr(t, "another member", b.ChangePhone(ctx, b.bram, account.Home, "+3243221200"), nil)
	b.clock.add(24 * time.Hour)
	wantErr(t, "a day later", change(account.MaxChanges), nil)
}

// A number that the member gave stands before what is delivered, until it was delivered too.
func testContacts(t *testing.T, b *bed) {
	ctx := t.Context()
	known := func() account.Contacts {
		t.Helper()
		c, err := b.Contacts(ctx, b.claire)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	want := account.Contacts{Email: claire.Email, Home: claire.Phone}
	if got := known(); got != want {
		t.Fatalf("as delivered: %+v, want %+v", got, want)
	}
	if err := b.ChangePhone(ctx, b.claire, "fax", "+3243221101"); err == nil {
		t.Error("a kind that is none is taken")
	}
	for range 2 { // a form sent twice
		if err := b.ChangePhone(ctx, b.claire, account.Home, "+3243221101"); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.ChangePhone(ctx, b.claire, account.Work, "+3225551234"); err != nil {
		t.Fatal(err)
	}
	want.Home, want.Work = "+3243221101", "+3225551234"
	if got := known(); got != want {
		t.Errorf("changed: %+v, want %+v", got, want)
	}
	deliver := func(phone string) {
		t.Helper()
		b.clock.add(time.Hour)
		m := claire
		m.Phone = phone
		if err := b.AddMember(ctx, m, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct{ delivered, home string }{
		{claire.Phone, "+3243221101"},   // an older one does not come back
		{"+3243221199", "+3243221101"},  // nor another that does not know of hers
		{"+3243221101", "+3243221101"},  // confirmed
		{"+3243221102", "+3243221102"},  // and since then the newer one counts
		{"+32470000142", "+3243221102"}, // checked below
	} {
		deliver(step.delivered)
		if step.delivered == "+32470000142" {
			want.Home, want.Mobile = "", step.delivered
		} else {
			want.Home = step.home
		}
		if got := known(); got != want {
			t.Errorf("after %s was delivered: %+v, want %+v", step.delivered, got, want)
		}
	}
	if err := b.ChangePhone(ctx, b.claire, account.Mobile, ""); err != nil {
		t.Fatal(err)
	}
	if want.Mobile = ""; known() != want {
		t.Errorf("taken out: %+v, want %+v", known(), want)
	}
	work := account.WorkAddress{Company: "Imprimerie du Pont", Street: "Quai de l'Ourthe 3", Postcode: "4020", City: "Liège"}
	for range 2 {
		if err := b.ChangeWorkAddress(ctx, b.claire, work); err != nil {
			t.Fatal(err)
		}
	}
	deliver("+3243221103")
	want.Home, want.Workplace = "+3243221103", work
	if known() != want {
		t.Errorf("with an address of work: %+v, want %+v", known(), want)
	}
	b.wantSealed("Imprimerie du Pont", "Ourthe 3")
	if err := b.ChangeWorkAddress(ctx, b.claire, account.WorkAddress{}); err != nil {
		t.Fatal(err)
	}
	if want.Workplace = (account.WorkAddress{}); known() != want {
		t.Errorf("address of work taken out: %+v", known())
	}
	if got := b.audited(audit.ChangeContact); !slices.Equal(got, []string{"done field/home", "done field/work", "done field/mobile", "done field/work-address", "done field/work-address"}) {
		t.Errorf("audit rows: %q", got)
	}
	if got, err := b.Contacts(ctx, b.bram); err != nil || got.Home != claire.Phone {
		t.Errorf("another member's: %+v, %v", got, err)
	}
}
