package store_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/portal/audit"
	"guichet.example/portal/federal"
	"guichet.example/portal/signin"
)

func TestFederation(t *testing.T) {
	for engine, open := range map[string]opener{"sqlite": openSQLite, "postgres": openPostgreSQL} {
		for name, test := range map[string]func(*testing.T, *bed){
			"a flow comes back as it went in":            testFlow,
			"a flow is of its browser and of its time":   testFlowOfBrowser,
			"a flow and an answer count once":            testFinishOnce,
			"one of many finishes a flow":                testFinishRace,
			"a refused proof leaves nothing":             testFinishWhole,
			"a proof is taken once by its session":       testProof,
			"a proof waits ten minutes":                  testProofLife,
			"a provider ends what it names":              testEndSessions,
			"a provider's word counts once":              testEndOnce,
			"a federal session replaces the one she had": testFederalReplaces,
			"what federation left is swept":              testFederationSwept,
		} {
			t.Run(engine+" "+name, func(t *testing.T) { test(t, newBed(t, open)) })
		}
	}
}

var (
	hers = sha256.Sum256([]byte("her browser"))
	his  = sha256.Sum256([]byte("his browser"))
)

// flow is one for an approval by Claire, with every field set.
func (b *bed) flow() federation.Flow {
	b.t.Helper()
	f, err := federation.NewFlow(rand.Reader, b.clock.Now(), "csam", federation.Approve)
	if err != nil {
		b.t.Fatal(err)
	}
	f.Asked, f.Force, f.Browser, f.Return, f.Lang = 400, true, hers, "requests/x/approve", "nl"
	f.RequestID, f.Nonce, f.Verifier = "_id-of-the-question", "nonce-secret", "verifier-secret"
	f.Mutuality, f.Member, f.Session = b.claire.Mutuality, b.claire.Member, b.claire.Session
	f.Request, f.Document, f.Size = "x", sha256.Sum256([]byte("document")), 8
	return f
}

// kept is a flow that the store has.
func (b *bed) kept() federation.Flow {
	b.t.Helper()
	f := b.flow()
	if err := b.PutFlow(b.t.Context(), f); err != nil {
		b.t.Fatal(err)
	}
	return f
}

func usedOf(id string) federal.Used {
	return federal.Used{Issuer: "https://idp.example", ID: id, Until: noon.Add(time.Hour)}
}

func (b *bed) proof(f federation.Flow) *federal.Proof {
	return &federal.Proof{
		Identity: federation.Identity{Provider: "csam", Issuer: "https://idp.example", Subject: "transient",
			Number: number(claireNumber), HasNumber: true, Level: 450, Assurance: auth.High, At: b.clock.Now(),
			Assertion: "_a", Until: noon.Add(time.Hour), Evidence: []byte("<evidence-of-claire/>")},
		Request: f.Request, Document: f.Document, Size: f.Size, Began: f.Created,
	}
}

func testFlow(t *testing.T, b *bed) {
	f := b.kept()
	b.reopen()
	got, err := b.Flow(t.Context(), f.ID, hers)
	if err != nil || !reflect.DeepEqual(got, f) {
		t.Errorf("the flow came back as %#v, %v", got, err)
	}
	if again, err := b.Flow(t.Context(), f.ID, hers); err != nil || again.ID != f.ID {
		t.Errorf("looking at a flow took it: %v", err)
	}
	if err := b.DropFlow(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	_, err = b.Flow(t.Context(), f.ID, hers)
	wantErr(t, "a dropped flow", err, federal.ErrNoFlow)
	wantErr(t, "dropping it twice", b.DropFlow(t.Context(), f), nil)
}

func testFlowOfBrowser(t *testing.T, b *bed) {
	ctx := t.Context()
	f := b.kept()
	for name, ask := range map[string]struct {
		id      string
		browser [32]byte
	}{
		"another browser": {f.ID, his}, "no browser": {f.ID, [32]byte{}},
		"another handle": {strings.Repeat("A", 43), hers}, "no handle": {"", hers},
	} {
		_, err := b.Flow(ctx, ask.id, ask.browser)
		wantErr(t, name, err, federal.ErrNoFlow)
	}
	foreign := f
	foreign.Browser = his
	wantErr(t, "finishing it from another browser", b.FinishFlow(ctx, foreign, usedOf("1"), nil), federal.ErrNoFlow)
	b.clock.add(federation.FlowLife - time.Second)
	_, err := b.Flow(ctx, f.ID, hers)
	wantErr(t, "a second before its end", err, nil)
	b.clock.add(time.Second)
	_, err = b.Flow(ctx, f.ID, hers)
	wantErr(t, "at its end", err, federal.ErrNoFlow)
	b.clock.add(-2 * federation.FlowLife)
	_, err = b.Flow(ctx, f.ID, hers)
	wantErr(t, "before its beginning", err, federal.ErrNoFlow)
}

func testFinishOnce(t *testing.T, b *bed) {
	ctx := t.Context()
	f, g := b.kept(), b.kept()
	wantErr(t, "the first answer", b.FinishFlow(ctx, f, usedOf("1"), nil), nil)
	wantErr(t, "the same flow", b.FinishFlow(ctx, f, usedOf("2"), nil), federal.ErrNoFlow)
	b.reopen()
	wantErr(t, "the same answer after a restart", b.FinishFlow(ctx, g, usedOf("1"), nil), federal.ErrReplayed)
	_, err := b.Flow(ctx, g.ID, hers)
	wantErr(t, "a flow whose answer was refused, until it is dropped", err, nil)
	other := usedOf("1")
	other.Issuer = "https://other.example"
	wantErr(t, "the same id of another issuer", b.FinishFlow(ctx, g, other, nil), nil)
}

func testFinishRace(t *testing.T, b *bed) {
	for range soak(3, 300) {
		f := b.kept()
		errs := together(4, func(int) error { return b.FinishFlow(context.Background(), f, usedOf(f.ID), nil) })
		if won := wins(t, errs, federal.ErrNoFlow, federal.ErrReplayed); won != 1 {
			t.Fatalf("%d answers finished a flow", won)
		}
		g, h := b.kept(), b.kept()
		errs = together(2, func(i int) error {
			return b.FinishFlow(context.Background(), []federation.Flow{g, h}[i], usedOf("race"+g.ID), nil)
		})
		if won := wins(t, errs, federal.ErrReplayed); won != 1 {
			t.Fatalf("one answer finished %d flows", won)
		}
	}
}

// A replay with a proof parks none: flow, answer and proof are one.
func testFinishWhole(t *testing.T, b *bed) {
	ctx := t.Context()
	f, g := b.kept(), b.kept()
	wantErr(t, "a proof", b.FinishFlow(ctx, f, usedOf("1"), b.proof(f)), nil)
	wantErr(t, "the same answer", b.FinishFlow(ctx, g, usedOf("1"), b.proof(g)), federal.ErrReplayed)
	_, err := b.TakeProof(ctx, b.claire, g.ID)
	wantErr(t, "the proof of the second", err, federal.ErrNoProof)
	if got := b.audited(audit.StepUp); len(got) != 2 {
		t.Errorf("step-ups in the trail: %v, want one done and one refused", got)
	}
}

func testProof(t *testing.T, b *bed) {
	ctx := t.Context()
	f := b.kept()
	p := b.proof(f)
	wantErr(t, "parking", b.FinishFlow(ctx, f, usedOf("1"), p), nil)
	b.reopen()
	another := b.claire
	another.Session = "another of hers"
	for name, login := range map[string]auth.Login{"another session": another, "another member": b.bram} {
		_, err := b.TakeProof(ctx, login, f.ID)
		wantErr(t, name, err, federal.ErrNoProof)
	}
	got, err := b.TakeProof(ctx, b.claire, f.ID)
	if err != nil || !reflect.DeepEqual(&got, p) {
		t.Errorf("the proof came back as %#v, %v", got, err)
	}
	_, err = b.TakeProof(ctx, b.claire, f.ID)
	wantErr(t, "taking it twice", err, federal.ErrNoProof)
}

func testProofLife(t *testing.T, b *bed) {
	ctx := t.Context()
	f, g := b.kept(), b.kept()
	wantErr(t, "parking", b.FinishFlow(ctx, f, usedOf("1"), b.proof(f)), nil)
	wantErr(t, "parking", b.FinishFlow(ctx, g, usedOf("2"), b.proof(g)), nil)
	b.clock.add(federal.ProofLife)
	_, err := b.TakeProof(ctx, b.claire, f.ID)
	wantErr(t, "at its end", err, nil)
	b.clock.add(time.Second)
	_, err = b.TakeProof(ctx, b.claire, g.ID)
	wantErr(t, "past its end", err, federal.ErrNoProof)
}

// federalSession begins one at a provider, under a hash made of the name.
func (b *bed) federalSession(name string, login auth.Login, k federal.Kept) ([32]byte, auth.Login) {
	b.t.Helper()
	login.Session, login.Method, login.Provider, login.Level, login.Everywhere = name, auth.Federal, k.Logout.Provider, 450, true
	hash, now := sha256.Sum256([]byte(name)), b.clock.Now()
	err := b.StartFederalSession(b.t.Context(), hash, [32]byte{}, signin.Session{
		Login: login, Created: now, LastSeen: now, Idle: 15 * time.Minute, Ends: now.Add(8 * time.Hour)}, k)
	if err != nil {
		b.t.Fatal(err)
	}
	return hash, login
}

func logoutOf(provider, name, index string) federal.Kept {
	return federal.Kept{Logout: federation.Logout{Provider: provider, NameID: name, Format: "transient", SessionIndex: index}}
}

func (b *bed) alive(hashes ...[32]byte) string {
	b.t.Helper()
	var alive strings.Builder
	for _, hash := range hashes {
		if _, err := b.Session(b.t.Context(), hash, b.clock.Now()); err == nil {
			alive.WriteByte('+')
		} else {
			alive.WriteByte('-')
		}
	}
	return alive.String()
}

func testEndSessions(t *testing.T, b *bed) {
	ctx := t.Context()
	begin := func() (all [][32]byte, first auth.Login) {
		for i, s := range []struct {
			login auth.Login
			kept  federal.Kept
		}{
			{b.claire, logoutOf("csam", "claire", "1")}, {b.claire, logoutOf("csam", "claire", "2")},
			{b.claire, logoutOf("itsme", "claire", "1")}, {b.bram, logoutOf("csam", "bram", "3")}, {b.bram, logoutOf("csam", "bram", "")},
		} {
			hash, login := b.federalSession(strings.Repeat("s", i+1), s.login, s.kept)
			all = append(all, hash)
			if i == 0 {
				first = login
			}
		}
		return all, first
	}
	for i, test := range []struct {
		subject  string
		sessions []string
		mutual   string
		want     string
		ended    int
	}{
		{"claire", nil, "141", "--+++", 2},
		{"claire", []string{"2"}, "141", "+-+++", 1},
		{"", []string{"1", "3"}, "141", "-++-+", 2},
		{"bram", []string{"1"}, "141", "+++++", 0},
		{"nobody", nil, "141", "+++++", 0},
		{"", nil, "141", "+++++", 0},
		{"", []string{""}, "141", "+++++", 0},
		{"claire", nil, "306", "+++++", 0},
	} {
		all, login := begin()
		l, err := b.Logout(ctx, login)
		if err != nil || l != logoutOf("csam", "claire", "1").Logout {
			t.Fatalf("logout %#v, %v", l, err)
		}
		n, err := b.EndSessions(ctx, federal.Ending{Mutuality: test.mutual, Provider: "csam", Subject: test.subject,
			Sessions: test.sessions, Used: usedOf(strings.Repeat("e", i+1))})
		if got := b.alive(all...); err != nil || n != test.ended || got != test.want {
			t.Errorf("%q %q of %s: %d ended, %s, want %d, %s, %v", test.subject, test.sessions, test.mutual, n, got, test.ended, test.want, err)
		}
		for _, hash := range all {
			if err := b.EndSession(ctx, hash, "test"); err != nil {
				t.Fatal(err)
			}
		}
		_, err = b.Logout(ctx, login)
		wantErr(t, "the logout of a session that ended", err, federal.ErrNoLogout)
	}
}

func testEndOnce(t *testing.T, b *bed) {
	ctx := t.Context()
	e := federal.Ending{Mutuality: "141", Provider: "csam", Subject: "claire", Used: usedOf("logout")}
	if _, err := b.EndSessions(ctx, e); err != nil {
		t.Fatal(err)
	}
	hash, _ := b.federalSession("later", b.claire, logoutOf("csam", "claire", "1"))
	_, err := b.EndSessions(ctx, e)
	wantErr(t, "the same word again", err, federal.ErrReplayed)
	if b.alive(hash) != "+" {
		t.Error("a replayed word ended a session")
	}
}

func testFederalReplaces(t *testing.T, b *bed) {
	weak, weakLogin := b.federalSession("weak", b.claire, logoutOf("csam", "claire", "1"))
	hisOwn, _ := b.federalSession("his", b.bram, logoutOf("csam", "bram", "1"))
	k := logoutOf("csam", "claire", "2")
	k.Replaces = "weak"
	strong, login := b.federalSession("strong", b.claire, k)
	l, err := b.Logout(t.Context(), auth.Login{Mutuality: b.bram.Mutuality, Member: b.bram.Member, Session: "his"})
	if err != nil || l != logoutOf("csam", "bram", "1").Logout {
		t.Errorf("his logout, after her step-up, is %#v, %v", l, err)
	}
	k.Replaces = "his"
	b.federalSession("more", b.claire, k)
	if got := b.alive(weak, strong, hisOwn); got != "-++" {
		t.Errorf("after the step-up: %s, want her weaker session gone and his untouched", got)
	}
	_, err = b.Logout(t.Context(), weakLogin)
	wantErr(t, "the logout of the weaker one", err, federal.ErrNoLogout)
	s, err := b.Session(t.Context(), strong, b.clock.Now())
	if err != nil || s.Login.Provider != "csam" || s.Login.Level != 450 || !s.Login.Everywhere || s.Login.Member != login.Member {
		t.Errorf("the session came back as %+v, %v", s.Login, err)
	}
}

func testFederationSwept(t *testing.T, b *bed) {
	ctx := t.Context()
	f, g := b.kept(), b.kept()
	wantErr(t, "parking", b.FinishFlow(ctx, g, usedOf("1"), b.proof(g)), nil)
	_, login := b.federalSession("s", b.claire, logoutOf("csam", "claire", "1"))
	if err := b.Sweep(ctx, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	_, err := b.Flow(ctx, f.ID, hers)
	wantErr(t, "a flow that waits", err, nil)
	_, err = b.Logout(ctx, login)
	wantErr(t, "the logout of a session that goes on", err, nil)
	waiting := b.kept()
	wantErr(t, "parking", b.FinishFlow(ctx, waiting, usedOf("2"), b.proof(waiting)), nil)
	if err := b.Sweep(ctx, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	_, err = b.TakeProof(ctx, b.claire, waiting.ID)
	wantErr(t, "a proof that waits", err, nil)
	b.clock.add(2 * time.Hour)
	if err := b.Sweep(ctx, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "an answer used before, as long as it may be told again", b.FinishFlow(ctx, b.kept(), usedOf("1"), nil), federal.ErrReplayed)
	b.clock.add(24 * time.Hour)
	if err := b.Sweep(ctx, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.clock.add(-26 * time.Hour) // as if it were there still
	_, err = b.Flow(ctx, f.ID, hers)
	wantErr(t, "a flow that was swept", err, federal.ErrNoFlow)
	_, err = b.TakeProof(ctx, b.claire, g.ID)
	wantErr(t, "a proof that was swept", err, federal.ErrNoProof)
}

// Nothing of a flow, a proof or a logout can be read on the disk.
func TestFederationAtRest(t *testing.T) {
	b := newBed(t, openSQLite)
	f, g := b.kept(), b.kept()
	wantErr(t, "parking", b.FinishFlow(t.Context(), g, usedOf("_the-assertion"), b.proof(g)), nil)
	b.federalSession("s", b.claire, logoutOf("csam", "the-name-id", "the-index"))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(b.cfg.Path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal("no file of the store", err)
	}
	var disk []byte
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		disk = append(disk, data...)
	}
	for _, secret := range []string{f.ID, g.ID, f.Nonce, f.Verifier, f.RequestID, "_the-assertion", "evidence-of-claire", "the-name-id", "the-index"} {
		if bytes.Contains(disk, []byte(secret)) {
			t.Errorf("%q stands on the disk", secret)
		}
	}
}
