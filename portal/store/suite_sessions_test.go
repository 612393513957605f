package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/webeid"
	"guichet.example/portal/audit"
	"guichet.example/portal/signin"
)

func testChallenge(t *testing.T, b *bed) {
	_, err := b.Take(t.Context(), "browser")
	wantErr(t, "Take without Put", err, webeid.ErrChallengeNotFound)
	first := webeid.Challenge{Nonce: "first", Expires: noon.Add(5 * time.Minute)}
	second := webeid.Challenge{Nonce: "second", Expires: noon.Add(6 * time.Minute)}
	for _, c := range []webeid.Challenge{first, second} {
		if err := b.Put(t.Context(), "browser", c); err != nil {
			t.Fatal(err)
		}
	}
	_, err = b.Take(t.Context(), "another")
	wantErr(t, "Take of another browser", err, webeid.ErrChallengeNotFound)
	b.clock.add(time.Hour)
	if got, err := b.Take(t.Context(), "browser"); err != nil || got != second {
		t.Errorf("Take = %v, %v, want the newest, expired or not", got.Expires, err)
	}
	_, err = b.Take(t.Context(), "browser")
	wantErr(t, "Take twice", err, webeid.ErrChallengeNotFound)
	if err := b.Put(t.Context(), "browser", first); err != nil {
		t.Fatal(err)
	}
	b.reopen()
	if got, err := b.Take(t.Context(), "browser"); err != nil || got != first {
		t.Errorf("Take after a restart = %v, %v", got.Expires, err)
	}
	b.reopen()
	_, err = b.Take(t.Context(), "browser")
	wantErr(t, "Take of a taken one after a restart", err, webeid.ErrChallengeNotFound)
}

func testChallengeRace(t *testing.T, b *bed) {
	for range soak(50, 1000) {
		if err := b.Put(t.Context(), "browser", webeid.Challenge{Nonce: "n", Expires: noon}); err != nil {
			t.Fatal(err)
		}
		errs := together(4, func(int) error {
			_, err := b.Take(context.Background(), "browser")
			return err
		})
		if won := wins(t, errs, webeid.ErrChallengeNotFound); won != 1 {
			t.Fatalf("%d callers took the same challenge", won)
		}
	}
}

func testSessionEnds(t *testing.T, b *bed) {
	_, err := b.Session(t.Context(), [32]byte{1}, b.clock.Now())
	wantErr(t, "unknown session", err, signin.ErrNoSession)
	tests := []struct {
		name  string
		steps []time.Duration
		alive bool
	}{
		{"at once", []time.Duration{0}, true},
		{"at the end of idle", []time.Duration{15 * time.Minute}, true},
		{"idle too long", []time.Duration{15*time.Minute + time.Second}, false},
		{"used in time, then idle", []time.Duration{14 * time.Minute, 14 * time.Minute}, true},
		{"used often", slices.Repeat([]time.Duration{10 * time.Minute}, 48), true},
		{"past its end", append(slices.Repeat([]time.Duration{10 * time.Minute}, 48), time.Second), false},
		{"used every 20 seconds", slices.Repeat([]time.Duration{20 * time.Second}, 200), true},
	}
	for _, tt := range tests {
		hash := b.session(tt.name, b.claire)
		var s signin.Session
		for _, step := range tt.steps {
			b.clock.add(step)
			s, err = b.Session(t.Context(), hash, b.clock.Now())
		}
		if tt.alive && (err != nil || s.Login != b.claire) {
			t.Errorf("%s: %v, %v, want it alive", tt.name, s.Login, err)
		}
		if !tt.alive && !errors.Is(err, signin.ErrNoSession) {
			t.Errorf("%s: %v, want ErrNoSession", tt.name, err)
		}
	}
	hash := b.session("signed out", b.bram)
	for range 2 {
		if err := b.EndSession(t.Context(), hash, "signed out"); err != nil {
			t.Errorf("EndSession: %v", err)
		}
	}
	_, err = b.Session(t.Context(), hash, b.clock.Now())
	wantErr(t, "session after sign-out", err, signin.ErrNoSession)
}

func testSessionClock(t *testing.T, b *bed) {
	hash := b.session("clock", b.claire)
	b.clock.add(time.Minute)
	if _, err := b.Session(t.Context(), hash, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.clock.add(-2 * time.Hour)
	lived := time.Minute
	for ; lived < 20*time.Hour; lived += 10 * time.Minute {
		if _, err := b.Session(t.Context(), hash, b.clock.Now()); err != nil {
			break
		}
		b.clock.add(10 * time.Minute)
	}
	if lived > 8*time.Hour+10*time.Minute {
		t.Errorf("a session of 8 hours lived %v across a clock set back by 2 hours", lived)
	}
	hash = b.session("jitter", b.claire)
	if _, err := b.Session(t.Context(), hash, b.clock.Now().Add(-time.Second)); err != nil {
		t.Errorf("server whose clock is a second behind: %v", err)
	}
}

func testSessionReplaces(t *testing.T, b *bed) {
	old := b.session("old", b.claire)
	now := b.clock.Now()
	s := signin.Session{Login: b.claire, Created: now, LastSeen: now, Idle: time.Minute, Ends: now.Add(time.Hour)}
	s.Login.Session = ""
	if err := b.StartSession(t.Context(), [32]byte{7}, old, s); err != nil {
		t.Fatal(err)
	}
	_, err := b.Session(t.Context(), old, now)
	wantErr(t, "the old session", err, signin.ErrNoSession)
	got, err := b.Session(t.Context(), [32]byte{7}, now)
	if err != nil || got.Login.Session == "" || got.Login.Holder != b.claire.Holder {
		t.Errorf("the new session: %v, %v", got.Login, err)
	}
	if err := b.StartSession(t.Context(), [32]byte{7}, [32]byte{}, s); err == nil {
		t.Error("two sessions under one token")
	}
	s.Login.Member = "nobody"
	if err := b.StartSession(t.Context(), [32]byte{8}, [32]byte{}, s); err == nil {
		t.Error("a session of nobody")
	}
}

func testSignInAudit(t *testing.T, b *bed) {
	ctx := audit.WithRequestID(t.Context(), "K7-042")
	hash := b.session("a", b.claire)
	if err := b.EndSession(ctx, hash, "signed out"); err != nil {
		t.Fatal(err)
	}
	err := b.RecordRefusal(ctx, signin.Refusal{Mutuality: "141", Method: auth.Card, Cause: "certificate is revoked: 85.07.30-033.28"})
	if err != nil {
		t.Fatal(err)
	}
	var got []audit.Entry
	for _, e := range b.rows() {
		if e.Action == audit.SignIn || e.Action == audit.SignOut {
			got = append(got, e)
		}
	}
	if len(got) != 3 {
		t.Fatalf("%d rows, want 3", len(got))
	}
	in, out, refused := got[0], got[1], got[2]
	if in.Actor != string(claire.ID) || in.Method != "card" || in.Assurance != "high" || in.Session != b.claire.Session || in.Outcome != audit.Done {
		t.Errorf("sign-in: %+v", in)
	}
	if out.Reason != "signed out" || out.RequestID != "K7-042" || out.Session != b.claire.Session {
		t.Errorf("sign-out: %+v", out)
	}
	if refused.Outcome != audit.Refused || refused.Actor != "unknown" || refused.Reason != "certificate is revoked: ###############" {
		t.Errorf("refusal: %+v", refused)
	}
}

// A signature that is refused before the store is asked has its row all the same.
func testRefusedSignature(t *testing.T, b *bed) {
	ctx := audit.WithRequestID(t.Context(), "K7-042")
	if err := b.RefuseSignature(ctx, b.claire, "06h029gerwqtfcfprcxr1ynme4", "wrong_person"); err != nil {
		t.Fatal(err)
	}
	rows := b.rows()
	last := rows[len(rows)-1]
	if last.Action != audit.SignRequest || last.Outcome != audit.Refused || last.Reason != "wrong_person" ||
		last.Actor != string(claire.ID) || last.RequestID != "K7-042" {
		t.Errorf("last row: %+v", last)
	}
}
