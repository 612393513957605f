package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/enrol"
	"guichet.example/portal/jobs"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/profile"
	"guichet.example/portal/recovery"
	"guichet.example/portal/store"
)

func TestRecoverySQLite(t *testing.T) { runRecovery(t, openSQLite) }

func TestRecoveryPostgreSQL(t *testing.T) {
	t.Parallel()
	runRecovery(t, openPostgreSQL)
}

func runRecovery(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"an ask is kept once and counted for its network", testAskRecovery},
		{"an answer ends its job once", testAnswer},
		{"what strangers can have sent is bounded", testAnswerBounds},
		{"a lost access code is one task", testLostCode},
		{"what is on file is the member's own", testOnFile},
		{"a right answer to her question is told everywhere", testPassQuestion},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBed(t, open)) })
	}
}

func (b *bed) ask() recovery.Ask {
	return recovery.Ask{Mutuality: b.claire.Mutuality, Way: profile.ByLink, Lang: "fr", At: b.clock.Now(),
		Handle: credentials.Handle{Kind: credentials.KindNational, Value: claireNumber}}
}

// asked keeps an ask and leases its job.
func (b *bed) asked() jobs.Job {
	b.t.Helper()
	if err := b.AskRecovery(b.t.Context(), b.ask(), "", "192.0.2."+itoa(b.next())); err != nil {
		b.t.Fatal(err)
	}
	return b.queued(recovery.JobKind)
}

func testAskRecovery(t *testing.T, b *bed) {
	ctx := t.Context()
	for range 3 { // one form, sent three times
		if err := b.AskRecovery(ctx, b.ask(), "06h029gerwqtfcfprcxr1ynm77", "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
	b.wantSealed(claireNumber)
	if j := b.queued(recovery.JobKind); j.Member != "" || len(j.Payload) == 0 {
		t.Errorf("job of an ask names %q", j.Member)
	}
	other := b.ask()
	other.Mutuality = "319"
	if err := b.AskRecovery(ctx, other, "06h029gerwqtfcfprcxr1ynm77", "192.0.2.1"); err != nil {
		t.Errorf("the same key at another mutuality: %v", err)
	}
	var wait *credentials.WaitError
	var err error
	for range 1000 {
		if err = b.AskRecovery(ctx, b.ask(), "", "192.0.2.1"); err != nil {
			break
		}
	}
	if !errors.As(err, &wait) {
		t.Fatalf("a network that asks without end: %v", err)
	}
	if err := b.AskRecovery(ctx, b.ask(), "", "192.0.2.2"); err != nil {
		t.Errorf("another network: %v", err)
	}
}

// byLink carries a link to Claire.
func (b *bed) byLink(secret string) recovery.Answer {
	now := b.clock.Now()
	code := credentials.Code{Mutuality: b.claire.Mutuality, Member: b.claire.Member, Purpose: credentials.ResetLink, Created: now, Expires: now.Add(time.Hour)}
	return recovery.Answer{Code: code, Secret: secret, Window: time.Hour, Most: 3, Mail: &mail.Message{
		Mutuality: code.Mutuality, Member: code.Member, To: "claire@example.org", Template: mail.ResetLink, Lang: "fr", Until: code.Expires,
		Values: map[string]string{string(mail.Link): "https://counter.example/fr/recover/link/" + secret, string(mail.Until): code.Expires.Format(time.RFC3339)}}}
}

func testAnswer(t *testing.T, b *bed) {
	ctx, m := t.Context(), b.claire.Mutuality
	j := b.asked()
	if err := b.Answer(ctx, j, recovery.Answer{}); err != nil {
		t.Errorf("nothing, for who is not known: %v", err)
	}
	wantErr(t, "an answer to a job that ended", b.Answer(ctx, j, b.byLink(linkSecret)), jobs.ErrLeaseLost)
	j = b.asked()
	stolen := j
	stolen.Lease = "another's"
	wantErr(t, "without the lease", b.Answer(ctx, stolen, b.byLink(linkSecret)), jobs.ErrLeaseLost)
	b.wantText("mails so far", b.mails(), "")
	if err := b.Answer(ctx, j, b.byLink(linkSecret)); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "the answer once more", b.Answer(ctx, j, b.byLink(otherSecret)), jobs.ErrLeaseLost)
	b.wantSealed(linkSecret, claireNumber)
	b.wantText("mails", b.mails(), "reset-link claire@example.org")
	if c, err := b.FindCode(ctx, m, credentials.ResetLink, linkSecret, noon); err != nil || c.Member != b.claire.Member {
		t.Errorf("the link = %v, %v", c.Member, err)
	}
	_, err := b.FindCode(ctx, m, credentials.ResetLink, otherSecret, noon)
	wantErr(t, "the link of an answer that came twice", err, credentials.ErrCode)
	if got := b.audited(audit.IssueCode); len(got) != 1 {
		t.Errorf("audit rows %q", got)
	}
}

func testAnswerBounds(t *testing.T, b *bed) {
	for n := range 5 {
		if err := b.Answer(t.Context(), b.asked(), b.byLink(link(n+1))); err != nil {
			t.Fatal(err)
		}
	}
	alive := 0
	for n := range 5 {
		_, err := b.FindCode(t.Context(), b.claire.Mutuality, credentials.ResetLink, link(n+1), noon)
		if err == nil {
			alive = n + 1
		}
	}
	if alive != 3 || len(b.audited(audit.IssueCode)) != 3 {
		t.Errorf("link %d is alive, want the third; rows %q", alive, b.audited(audit.IssueCode))
	}
	letter := func(secret string) recovery.Answer {
		a := b.byLink(secret)
		a.Mail, a.Window, a.Most = nil, 0, 0
		a.Code.Purpose, a.Code.Expires = credentials.ResetLetter, b.clock.Now().Add(30*24*time.Hour)
		a.Letter = &letters.Letter{Mutuality: a.Code.Mutuality, Member: a.Code.Member, Kind: letters.NewPassword, Lang: "fr",
			Secret: secret, Deadline: a.Code.Expires}
		a.Letters = letters.Bounds{OnItsWay: b.clock.Now().Add(-72 * time.Hour), Since: b.clock.Now().Add(-30 * 24 * time.Hour), Most: 3}
		return a
	}
	for _, secret := range []string{"7KQ2-94MA-X0VT", "2222-3333-4444"} {
		if err := b.Answer(t.Context(), b.asked(), letter(secret)); err != nil {
			t.Fatal(err)
		}
	}
	b.wantText("letters", b.letters(b.claire), "new-password requested")
	if _, err := b.FindCode(t.Context(), b.claire.Mutuality, credentials.ResetLetter, "7KQ2-94MA-X0VT", noon); err != nil {
		t.Errorf("the code of the letter on its way: %v", err)
	}
	b.wantSealed("7KQ2-94MA-X0VT", "7KQ294MAX0VT")
}

func testLostCode(t *testing.T, b *bed) {
	task := recovery.Task{Mutuality: b.claire.Mutuality, Member: b.claire.Member, Language: "fr", Number: "1234567", Email: "typed@example.org"}
	for range 2 { // one of hers waits already
		if err := b.Answer(t.Context(), b.asked(), recovery.Answer{Task: &task}); err != nil {
			t.Fatal(err)
		}
	}
	task.Member = "" // whose it is nobody knows: each is a task
	if err := b.Answer(t.Context(), b.asked(), recovery.Answer{Task: &task}); err != nil {
		t.Fatal(err)
	}
	if got := b.audited(audit.MakeTask); len(got) != 2 {
		t.Errorf("tasks %q, want two", got)
	}
	b.wantText("mails", b.mails(), "")
	b.wantSealed("typed@example.org")
}

func testOnFile(t *testing.T, b *bed) {
	ctx, m := t.Context(), b.claire.Mutuality
	if _, err := b.OnFile(ctx, "319", b.claire.Member); err == nil {
		t.Error("found at another mutuality")
	}
	p, err := b.OnFile(ctx, m, b.claire.Member)
	if err != nil || p.Surname != claire.Surname || p.Email != claire.Email || !p.Birth.Equal(claire.Birth) || p.Number != claire.Affiliation {
		t.Errorf("OnFile = %#v, %v", p, err)
	}
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.Email = "shown@example.org" })
	if p, err = b.OnFile(ctx, m, b.claire.Member); err != nil || p.Email != claire.Email {
		t.Errorf("an address that nobody has shown to be hers: %v, %v", p.Email, err)
	}
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.Email, e.Certified = "shown@example.org", noon })
	if p, err = b.OnFile(ctx, m, b.claire.Member); err != nil || p.Email != "shown@example.org" {
		t.Errorf("the address that is hers: %v, %v", p.Email, err)
	}
	if p, err = b.OnFile(ctx, m, b.bram.Member); err != nil || p.GivenNames != "Bram" {
		t.Errorf("another member: %v", err)
	}
}

func testPassQuestion(t *testing.T, b *bed) {
	ctx := t.Context()
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.Email, e.Certified = "hers@example.org", noon })
	tried, err := b.Try(ctx, b.tryOf(claireNumber))
	if err != nil {
		t.Fatal(err)
	}
	a := b.byLink(linkSecret)
	if err := b.PassQuestion(ctx, credentials.ByQuestion{Tried: tried, Code: a.Code, Secret: "no secret", At: noon}); err == nil {
		t.Error("a secret of no shape is taken")
	}
	b.wantText("told of what failed", b.mails()+b.letters(b.claire), "")
	if err := b.PassQuestion(ctx, credentials.ByQuestion{Tried: tried, Code: a.Code, Secret: linkSecret, At: noon}); err != nil {
		t.Fatal(err)
	}
	b.wantText("mails", b.mails(), "question-used claire@example.org, question-used hers@example.org")
	b.wantText("letters", b.letters(b.claire), "question-used requested")
	if _, err := b.UseCode(ctx, b.claire.Mutuality, credentials.ResetLink, linkSecret, noon); err != nil {
		t.Errorf("UseCode = %v", err)
	}
	for n := range 3 { // the try was taken back
		if _, err := b.Try(ctx, b.tryOf(claireNumber)); err != nil {
			t.Errorf("try %d after it: %v", n, err)
		}
	}
}

// Servers answer one ask, open one link and count one code together.
func TestServersShareRecovery(t *testing.T) {
	t.Parallel()
	b, other := newPair(t)
	both := []*store.DB{b.DB, other}
	ctx, m := context.Background(), b.claire.Mutuality

	j := b.asked()
	won := wins(t, together(8, func(i int) error { return both[i%2].Answer(ctx, j, b.byLink(link(i+1))) }), jobs.ErrLeaseLost)
	if got := b.audited(audit.IssueCode); won != 1 || len(got) != 1 {
		t.Errorf("%d answers to one ask, rows %q", won, got)
	}
	b.wantText("mails", b.mails(), "reset-link claire@example.org")

	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.State = credentials.Pending })
	b.code(b.claire, credentials.ResetLink, linkSecret, "")
	code, err := other.FindCode(ctx, m, credentials.ResetLink, linkSecret, noon)
	if err != nil {
		t.Fatal(err)
	}
	set := credentials.NewPassword{Mutuality: m, Member: b.claire.Member, Hash: somePHC, Code: code.ID, Activate: true, At: noon}
	if won := wins(t, together(8, func(i int) error { return both[i%2].SetPassword(ctx, set) }), credentials.ErrCode); won != 1 {
		t.Errorf("one link set %d passwords", won)
	}

	ask := b.ask()
	kept := together(8, func(i int) error { return both[i%2].AskRecovery(ctx, ask, "06h029gerwqtfcfprcxr1ynm77", "192.0.2.200") })
	if won := wins(t, kept); won != 8 {
		t.Errorf("a form sent to both servers at once: %v", kept)
	}
	b.queued(recovery.JobKind) // one
}

// born is the n-th number of the day.
func born(n int) nrn.Number {
	base := 850730100 + n
	return number(fmt.Sprintf("%09d%02d", base, 97-base%97))
}

// A person enrols in two ways at once, on two servers: one opens the account.
func TestServersShareEnrolment(t *testing.T) {
	t.Parallel()
	b, other := newPair(t)
	both := []*store.DB{b.DB, other}
	ctx := context.Background()
	for round := range soak(5, 300) {
		m := claire
		m.ID = auth.MemberID(strings.Repeat("e", 22) + itoa(1000+round))
		m.NationalNumber, m.Affiliation = born(round), "00-8"+itoa(100000+round)
		l := b.join(m, claireAccount)
		o := b.sentLink(l, link(round+1))
		opened := make([]bool, 8)
		errs := together(8, func(i int) (err error) {
			if i%4 < 2 {
				err = both[i%2].OpenByLink(ctx, o)
				opened[i] = err == nil
				return err
			}
			opened[i], err = both[i%2].OpenByProof(ctx, l, enrol.Proof{At: noon})
			return err
		})
		won := 0
		for i, ok := range opened {
			if ok {
				won++
			}
			if err := errs[i]; err != nil && !errors.Is(err, credentials.ErrCode) {
				t.Errorf("round %d: %v", round, err)
			}
		}
		if won != 1 || b.stateOf(l) != credentials.Active {
			t.Fatalf("round %d: %d ways opened one account: %v", round, won, opened)
		}
	}
	b.rows()
}

// A code of a letter dies of the wrong ones that are typed at either server.
func TestServersCountCodes(t *testing.T) {
	t.Parallel()
	b, other := newPair(t)
	both := []*store.DB{b.DB, other}
	ctx := context.Background()
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.State, e.Hash = credentials.Pending, "" })
	c := credentials.Code{Mutuality: b.claire.Mutuality, Member: b.claire.Member, Purpose: credentials.ActivateLetter, Created: noon, Expires: noon.Add(30 * 24 * time.Hour)}
	if err := b.PutCode(ctx, c, "7KQ2-94MA-X0VT", ""); err != nil {
		t.Fatal(err)
	}
	try := func(db *store.DB, typed string) (string, error) {
		one := b.tryOf(claireNumber)
		one.Typed, one.Source, one.Limits.Unknown, one.At = typed, "", 1000, b.clock.Now()
		tried, err := db.Try(ctx, one)
		return tried.Code, err
	}
	waited := 0
	for n := range 100 {
		_, err := try(both[n%2], "0000-0000-0000")
		var wait *credentials.WaitError
		switch {
		case errors.As(err, &wait):
			waited++
		case err != nil:
			t.Fatalf("try %d: %v", n, err)
		}
	}
	if waited < 100-credentials.MaxTries {
		t.Errorf("%d of 100 tries in a row had to wait", waited)
	}
	alive := func() bool {
		_, err := other.FindCode(ctx, c.Mutuality, c.Purpose, "7KQ2-94MA-X0VT", noon)
		return err == nil
	}
	if !alive() {
		t.Error("tries that had to wait killed the code")
	}
	counted := 100 - waited
	for n := 0; counted < credentials.MaxTries; n++ {
		b.clock.add(credentials.MaxDelay)
		if _, err := try(both[n%2], "0000-0000-0000"); err != nil {
			t.Fatalf("wrong code %d: %v", counted, err)
		}
		counted++
		if alive() != (counted < credentials.MaxTries) {
			t.Fatalf("after %d wrong codes over two servers the code lives: %v", counted, alive())
		}
	}
}
