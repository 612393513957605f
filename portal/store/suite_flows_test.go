package store_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/federal"
	"guichet.example/portal/signin"
	"guichet.example/portal/store"
)

func TestFlows(t *testing.T) {
	for engine, open := range map[string]opener{"sqlite": openSQLite, "postgres": openPostgreSQL} {
		for name, test := range map[string]func(*testing.T, *bed){
			"without an open account nothing happens":       testUnsettled,
			"an answer begins one session":                  testAnswerOnce,
			"of answers at once one begins a session":       testAnswerRace,
			"a refused answer leaves all as it was":         testAnswerWhole,
			"a session of another door ends with an answer": testTwoTabs,
			"two journeys end in one session":               testTwoJourneys,
			"a flood is bounded":                            testFlood,
			"a sweep goes on past what fails":               testSweepGoesOn,
		} {
			t.Run(engine+" "+name, func(t *testing.T) {
				b := newBed(t, open)
				if name != "without an open account nothing happens" {
					b.withAccounts()
				}
				test(t, b)
			})
		}
	}
}

// withAccounts gives Claire and Bram accounts that are open.
func (b *bed) withAccounts() {
	b.t.Helper()
	for _, login := range []auth.Login{b.claire, b.bram} {
		err := b.PutAccount(b.t.Context(), credentials.Enrolment{Mutuality: login.Mutuality, Member: login.Member, State: credentials.Active, At: b.clock.Now()})
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

// Without an open account an answer does nothing at all.
func testUnsettled(t *testing.T, b *bed) {
	f := b.kept()
	before := len(b.rows())
	hash, err := b.entered("unsettled", b.claire, f, usedOf("1"))
	wantErr(t, "without an account", err, federal.ErrUnsettled)
	if n := len(b.rows()); n != before || b.alive(hash) != "-" {
		t.Errorf("it left %d rows", n-before)
	}
	for _, e := range []credentials.Enrolment{
		{Mutuality: b.bram.Mutuality, Member: b.bram.Member, State: credentials.Active, At: b.clock.Now()}, // another's is none of hers
		{Mutuality: b.claire.Mutuality, Member: b.claire.Member, State: credentials.Pending, At: b.clock.Now()},
	} {
		if err := b.PutAccount(b.t.Context(), e); err != nil {
			t.Fatal(err)
		}
		_, err := b.entered("unsettled", b.claire, f, usedOf("1"))
		wantErr(t, "with an account that is "+string(e.State)+" of "+string(e.Member), err, federal.ErrUnsettled)
	}
	b.withAccounts()
	if _, err = b.entered("settled", b.claire, f, usedOf("1")); err != nil {
		t.Errorf("with one: %v", err)
	}
}

// entered begins the session that an answer to the flow leads to.
func (b *bed) entered(name string, login auth.Login, f federation.Flow, u federal.Used) ([32]byte, error) {
	hash, now := sha256.Sum256([]byte(name)), b.clock.Now()
	login.Session, login.Method = name, auth.Federal
	k := logoutOf("csam", name, name)
	k.Answer = &federal.Answer{Flow: f, Used: u}
	return hash, b.StartFederalSession(context.Background(), hash, [32]byte{}, signin.Session{
		Login: login, Created: now, LastSeen: now, Idle: 15 * time.Minute, Ends: now.Add(8 * time.Hour), Bound: f.Browser}, k)
}

func testAnswerOnce(t *testing.T, b *bed) {
	ctx := t.Context()
	f, g := b.kept(), b.kept()
	before := b.Commits()
	first, err := b.entered("first", b.claire, f, usedOf("1"))
	wantErr(t, "the first answer", err, nil)
	if n := b.Commits() - before; n != 1 {
		t.Errorf("a sign-in took %d commits", n)
	}
	_, err = b.Flow(ctx, f.ID, hers)
	wantErr(t, "its flow", err, federal.ErrNoFlow)
	again, err := b.entered("again", b.claire, f, usedOf("2"))
	wantErr(t, "another answer to the same flow", err, federal.ErrNoFlow)
	b.reopen()
	replayed, err := b.entered("replayed", b.claire, g, usedOf("1"))
	wantErr(t, "the same answer after a restart", err, federal.ErrReplayed)
	foreign := g
	foreign.Browser = his
	stolen, err := b.entered("stolen", b.bram, foreign, usedOf("3"))
	wantErr(t, "an answer in another browser", err, federal.ErrNoFlow)
	if got := b.alive(first, again, replayed, stolen); got != "+---" {
		t.Errorf("alive are %s", got)
	}
	later, err := b.entered("later", b.claire, g, usedOf("4"))
	wantErr(t, "an answer after those that were refused", err, nil)
	if got := b.alive(later); got != "+" {
		t.Error("it began nothing")
	}
}

func testAnswerRace(t *testing.T, b *bed) {
	for i := range soak(3, 300) {
		f := b.kept()
		errs := together(4, func(n int) error {
			_, err := b.entered(fmt.Sprint("race ", i, " ", n), b.claire, f, usedOf(fmt.Sprint(i, " ", n)))
			return err
		})
		if won := wins(t, errs, federal.ErrNoFlow); won != 1 {
			t.Fatalf("%d sessions of one flow", won)
		}
	}
}

// Refused, nothing of it happened: the older sessions live, the flow is there until it is
// dropped, the answer was not used.
func testAnswerWhole(t *testing.T, b *bed) {
	ctx := t.Context()
	_, err := b.entered("used", b.bram, b.kept(), usedOf("1"))
	wantErr(t, "the first answer", err, nil)
	f := b.kept()
	older := b.sessionIn("older", b.claire, hers)
	_, err = b.entered("new", b.claire, f, usedOf("1"))
	wantErr(t, "a replay", err, federal.ErrReplayed)
	if got := b.alive(older); got != "+" {
		t.Error("a refused answer ended a session")
	}
	_, err = b.Flow(ctx, f.ID, hers)
	wantErr(t, "the flow of a refused answer", err, nil)
}

// sessionIn begins one by another door, in a browser that has journeys under way.
func (b *bed) sessionIn(name string, login auth.Login, browser [32]byte) [32]byte {
	b.t.Helper()
	login.Session = name
	hash, now := sha256.Sum256([]byte(name)), b.clock.Now()
	err := b.StartSession(b.t.Context(), hash, [32]byte{}, signin.Session{Login: login, Created: now, LastSeen: now,
		Idle: 15 * time.Minute, Ends: now.Add(8 * time.Hour), Bound: browser})
	if err != nil {
		b.t.Fatal(err)
	}
	return hash
}

// The answer brings no cookie of the session that began meanwhile.
func testTwoTabs(t *testing.T, b *bed) {
	for i, whose := range []auth.Login{b.claire, b.bram} {
		f, other := b.kept(), b.flow()
		other.Browser = his
		if err := b.PutFlow(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		name := strings.Repeat("x", i+1)
		before := b.sessionIn(name+" of another browser", b.claire, [32]byte{})
		older := b.sessionIn(name+" older", whose, hers)
		elsewhere := b.sessionIn(name+" his", b.bram, his)
		newer, err := b.entered(name+" newer", b.claire, f, usedOf(name))
		wantErr(t, "the answer", err, nil)
		if got := b.alive(before, older, elsewhere, newer); got != "+-++" {
			t.Errorf("alive are %s, want all but the older one of the same browser", got)
		}
		ended := b.rows()
		if row := ended[len(ended)-2]; row.Action != audit.SignOut || row.Reason != "replaced by a new sign-in" {
			t.Errorf("the row of it is %s %q", row.Action, row.Reason)
		}
		if err := b.EndSession(t.Context(), newer, "test"); err != nil {
			t.Fatal(err)
		}
	}
	// Who signed out meanwhile is not in the way.
	f := b.kept()
	gone := b.sessionIn("gone", b.claire, hers)
	if err := b.EndSession(t.Context(), gone, "test"); err != nil {
		t.Fatal(err)
	}
	newer, err := b.entered("after gone", b.claire, f, usedOf("after gone"))
	if wantErr(t, "the answer", err, nil); b.alive(newer) != "+" {
		t.Error("no session began")
	}
}

func testTwoJourneys(t *testing.T, b *bed) {
	f, g := b.kept(), b.kept()
	first, err := b.entered("first", b.claire, f, usedOf("1"))
	wantErr(t, "the first", err, nil)
	second, err := b.entered("second", b.claire, g, usedOf("2"))
	wantErr(t, "the second", err, nil)
	if got := b.alive(first, second); got != "-+" {
		t.Errorf("alive are %s, want the second alone", got)
	}
}

// Strangers begin more than is kept: what ends first goes, who began a while ago still
// gets in, and whoever begins next does too.
func testFlood(t *testing.T, b *bed) {
	const most, every = 400, 50
	b.BoundFlows(most, every)
	begin := func(n int) {
		for range n {
			b.clock.add(time.Millisecond)
			b.kept()
		}
	}
	early := b.kept()
	begin(most / 2)
	honest := b.kept()
	begin(most - every - 2)
	if _, err := b.Flow(t.Context(), honest.ID, hers); err != nil {
		t.Errorf("a member is turned away by the flood: %v", err)
	}
	if _, err := b.entered("honest", b.claire, honest, usedOf("honest")); err != nil {
		t.Errorf("a member does not get in: %v", err)
	}
	_, err := b.Flow(t.Context(), early.ID, hers)
	wantErr(t, "the oldest flow", err, federal.ErrNoFlow)
	begin(most)
	if n := b.Flows(); n > most+every {
		t.Errorf("%d flows are kept, want at most %d", n, most+every)
	}
}

// A hundred thousand strangers more than are kept.
func TestFlood(t *testing.T) {
	b := newBed(t, openSQLite)
	b.withAccounts()
	if err := b.FillFlows(store.MaxFlows, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.clock.add(time.Minute)
	honest := b.kept()
	b.clock.add(time.Minute)
	if err := b.FillFlows(store.MaxFlows-2000, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.reopen() // it looks at once
	b.clock.add(time.Second)
	b.kept()
	if n := b.Flows(); n > store.MaxFlows+2 {
		t.Errorf("%d flows are kept, want at most %d", n, store.MaxFlows)
	}
	if _, err := b.entered("honest", b.claire, honest, usedOf("honest")); err != nil {
		t.Errorf("a member does not get in: %v", err)
	}
}

func testSweepGoesOn(t *testing.T, b *bed) {
	f := b.kept()
	if err := b.Act("", "DROP TABLE challenges"); err != nil {
		t.Fatal(err)
	}
	if err := b.Act("", "ALTER TABLE signins RENAME TO elsewhere"); err != nil {
		t.Fatal(err)
	}
	b.clock.add(24 * time.Hour)
	err := b.Sweep(t.Context(), b.clock.Now())
	for _, part := range []string{"sweeping challenges: ", "sweeping sign-ins: "} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("the errors %v do not tell of %q", err, part)
		}
	}
	if n := b.Flows(); n != 0 {
		t.Errorf("%d flows are left, %s among them", n, f.Provider)
	}
	closed, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Sweep(closed, b.clock.Now()); err == nil || strings.Count(err.Error(), "sweeping") != 1 {
		t.Errorf("with nobody waiting: %v, want one error", err)
	}
}
