package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/enrol"
	"guichet.example/portal/jobs"
	"guichet.example/portal/letters"
	"guichet.example/portal/store"
)

func TestEnrolmentsSQLite(t *testing.T) { runEnrolments(t, openSQLite) }

func TestEnrolmentsPostgreSQL(t *testing.T) {
	t.Parallel()
	runEnrolments(t, openPostgreSQL)
}

func runEnrolments(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"a draft is of its browser and its mutuality", testEnrolmentDraft},
		{"a first letter goes to who may have one", testFirstLetter},
		{"a first letter is bounded", testFirstLetterBounds},
		{"a proof opens an account once", testOpenByProof},
		{"a link is refused", testLinkRefused},
		{"a link opens an account once", testOpenByLink},
		{"a link that came too late is sent anew", testLinkRenewed},
		{"an address is passed on of who agreed", testPartners},
		{"facts that are not on file send nothing", testFactsRefused},
		{"facts on file send a link", testFacts},
		{"an access code is one member's", testAccessCode},
		{"what is under way rests sealed and is swept", testEnrolmentAtRest},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBed(t, open)) })
	}
}

func testEnrolmentDraft(t *testing.T, b *bed) {
	ctx, one, two := t.Context(), [32]byte{1}, [32]byte{2}
	m := b.claire.Mutuality
	find := func(mutuality string, browser [32]byte) error {
		_, err := b.Enrolment(ctx, mutuality, browser, b.clock.Now())
		return err
	}
	wantErr(t, "a browser that has none", find(m, one), enrol.ErrNoDraft)
	d := enrol.Draft{Way: enrol.ByFacts, Member: b.claire.Member, Name: "Claire D.", Email: "first@example.org"}
	for _, email := range []string{"first@example.org", "claire@example.org"} { // the last one counts
		d.Email = email
		if err := b.PutEnrolment(ctx, m, one, d, noon.Add(30*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, "another browser", find(m, two), enrol.ErrNoDraft)
	wantErr(t, "another mutuality", find("319", one), enrol.ErrNoDraft)
	if got, err := b.Enrolment(ctx, m, one, b.clock.Now()); err != nil || got != d {
		t.Errorf("Enrolment = %#v, %v", got, err)
	}
	b.clock.add(30*time.Minute + time.Second)
	wantErr(t, "too late", find(m, one), enrol.ErrNoDraft)
	b.clock.add(-time.Hour)
	if err := b.DropEnrolment(ctx, "319", one); err != nil {
		t.Error(err)
	}
	if err := find(m, one); err != nil {
		t.Errorf("dropped by another mutuality: %v", err)
	}
	for range 2 {
		if err := b.DropEnrolment(ctx, m, one); err != nil {
			t.Error(err)
		}
	}
	wantErr(t, "dropped", find(m, one), enrol.ErrNoDraft)
}

// letterOrder asks for a letter to whom the number names.
func (b *bed) letterOrder(number, secret string) (jobs.Job, enrol.LetterOrder) {
	b.t.Helper()
	now := b.clock.Now()
	err := b.QueueEnrolment(b.t.Context(), jobs.Job{Kind: enrol.JobKind, Mutuality: b.claire.Mutuality, Payload: []byte("{}"), Created: now})
	if err != nil {
		b.t.Fatal(err)
	}
	return b.queued(enrol.JobKind), enrol.LetterOrder{
		Handle: credentials.Handle{Kind: credentials.KindNational, Value: number},
		Code:   credentials.Code{Created: now, Expires: now.Add(30 * 24 * time.Hour)}, Secret: secret, By: "2026-11-25", At: now,
		Bounds: letters.Bounds{OnItsWay: now.Add(-5 * 24 * time.Hour), Since: now.Add(-30 * 24 * time.Hour), Most: letters.MostLetters},
	}
}

func testFirstLetter(t *testing.T, b *bed) {
	ctx := t.Context()
	j, o := b.letterOrder("68060199961", "7KQ2-94MA-X0VT")
	if err := b.SendFirstLetter(ctx, j, o); err != nil {
		t.Errorf("a number that nobody has: %v", err)
	}
	j, o = b.letterOrder(claireNumber, "7KQ2-94MA-X0VT")
	stolen := j
	stolen.Lease = "another's"
	wantErr(t, "without the lease", b.SendFirstLetter(ctx, stolen, o), jobs.ErrLeaseLost)
	b.wantText("letters so far", b.letters(b.claire)+b.mails(), "")
	if err := b.SendFirstLetter(ctx, j, o); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "the job once more", b.SendFirstLetter(ctx, j, o), jobs.ErrLeaseLost)
	b.wantText("letters", b.letters(b.claire), "first-credentials requested")
	b.wantText("mails", b.mails(), "letter claire@example.org")
	if s := b.stateOf(b.claire); s != credentials.Pending {
		t.Errorf("account is %q", s)
	}
	if got := b.audited(audit.Enrol); len(got) != 1 {
		t.Errorf("audit rows %q", got)
	}
	b.wantSealed(claireNumber, "7KQ2", "94MA")

	b.enrolClassic(b.bram, nil) // who has a password gets the code for another
	j, o = b.letterOrder(bramNumber, "2222-3333-4444")
	if err := b.SendFirstLetter(ctx, j, o); err != nil {
		t.Fatal(err)
	}
	b.wantText("letters of who has a password", b.letters(b.bram), "new-password requested")
}

func testFirstLetterBounds(t *testing.T, b *bed) {
	for n := range 6 {
		j, o := b.letterOrder(claireNumber, "7KQ2-94MA-X0V"+string(rune('0'+n)))
		if err := b.SendFirstLetter(t.Context(), j, o); err != nil {
			t.Fatal(err)
		}
		b.clock.add(3 * 24 * time.Hour)
	}
	if got := strings.Count(b.letters(b.claire), "first-credentials"); got != letters.MostLetters {
		t.Errorf("%d letters within a month, want %d", got, letters.MostLetters)
	}
}

func testOpenByProof(t *testing.T, b *bed) {
	stranger := b.claire
	stranger.Member = "zzzzzzzzzzzzzzzzzzzzzzzzzz"
	if opened, err := b.OpenByProof(t.Context(), stranger, enrol.Proof{At: noon}); opened || err == nil {
		t.Errorf("for who is no member: %v, %v", opened, err)
	}
	won := make(chan bool, 6)
	errs := together(6, func(int) error {
		opened, err := b.OpenByProof(t.Context(), b.claire, enrol.Proof{At: noon})
		won <- opened
		return err
	})
	opened := 0
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
		if <-won {
			opened++
		}
	}
	if opened != 1 || b.stateOf(b.claire) != credentials.Active || len(b.audited(audit.Enrol)) != 1 {
		t.Errorf("%d of six opened the account, which is %s", opened, b.stateOf(b.claire))
	}
	b.wantText("mails", b.mails(), "enrolled claire@example.org")
}

// sentLink sends an activation link from a browser and returns what opens it.
func (b *bed) sentLink(l auth.Login, secret string) enrol.Opening {
	b.t.Helper()
	browser, now := [32]byte{7}, b.clock.Now()
	d := enrol.Draft{Way: "access-code", Member: l.Member, Email: "new@example.org", Hash: somePHC, Question: 2, Answer: "blue bicycle", Terms: "v3"}
	if err := b.PutEnrolment(b.t.Context(), l.Mutuality, browser, d, now.Add(time.Hour)); err != nil {
		b.t.Fatal(err)
	}
	payload, err := enrol.Linked{Way: d.Way, Email: d.Email, Hash: d.Hash, AccessCode: "ab12cd", Question: d.Question, Answer: d.Answer,
		Terms: d.Terms, Browser: browser[:]}.Payload()
	if err != nil {
		b.t.Fatal(err)
	}
	code := credentials.Code{Mutuality: l.Mutuality, Member: l.Member, Purpose: credentials.ActivateLink, Created: now, Expires: now.Add(time.Hour), Payload: payload}
	d.Sent, d.Until, d.Mails = code.Created, code.Expires, 1
	for range 2 { // pressed twice, it is one mail
		err := b.SendLink(b.t.Context(), browser, d, code, secret, enrol.ActivationMail(code, d.Email, "fr", "https://counter.example/fr/enrol/open/"+secret))
		if err != nil {
			b.t.Fatalf("SendLink: %v", err)
		}
	}
	return enrol.Opening{Mutuality: l.Mutuality, Secret: secret, At: now}
}

func testLinkRefused(t *testing.T, b *bed) {
	ctx := t.Context()
	o := b.sentLink(b.claire, linkSecret)
	for name, change := range map[string]func(*enrol.Opening){
		"another secret":    func(o *enrol.Opening) { o.Secret = otherSecret },
		"no secret":         func(o *enrol.Opening) { o.Secret = "" },
		"another mutuality": func(o *enrol.Opening) { o.Mutuality = "319" },
	} {
		bad := o
		change(&bad)
		wantErr(t, name, b.OpenByLink(ctx, bad), credentials.ErrCode)
	}
	late := o
	late.At = noon.Add(time.Hour + time.Second)
	wantErr(t, "a second late", b.OpenByLink(ctx, late), credentials.ErrCodeExpired)
	if _, err := b.OpenByProof(ctx, b.claire, enrol.Proof{At: noon}); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "opened by her card since", b.OpenByLink(ctx, o), credentials.ErrCode)
	if hash, err := b.PasswordHash(ctx, b.claire.Mutuality, b.claire.Member); err != nil || hash != "" {
		t.Errorf("the password of a refused link is in place: %q, %v", hash, err)
	}
}

func testOpenByLink(t *testing.T, b *bed) {
	ctx, m, l := t.Context(), b.claire.Mutuality, b.claire
	if shares, err := b.SharesEmail(ctx, m, l.Member); shares || err != nil {
		t.Errorf("who was not asked shares her address: %v, %v", shares, err)
	}
	o := b.sentLink(l, linkSecret)
	b.wantText("mails", b.mails(), "activation-link new@example.org")
	b.wantSealed("new@example.org", "blue bicycle", "ab12cd", linkSecret)
	if won := wins(t, together(6, func(int) error { return b.OpenByLink(ctx, o) }), credentials.ErrCode); won != 1 {
		t.Errorf("a link opened %d times", won)
	}
	a, err := b.Account(ctx, m, l.Member)
	if err != nil || a.State != credentials.Active || a.Email != "new@example.org" || !a.Certified() || !a.HasPassword {
		t.Errorf("Account = %+v, %v", a, err)
	}
	if q, hash, err := b.Question(ctx, m, l.Member); err != nil || q != 2 || hash != "blue bicycle" {
		t.Errorf("Question = %d, %q, %v", q, hash, err)
	}
	if q, hash, err := b.Question(ctx, m, b.bram.Member); err != nil || q != 0 || hash != "" {
		t.Errorf("another's question = %d, %q, %v", q, hash, err)
	}
	if shares, err := b.SharesEmail(ctx, m, l.Member); !shares || err != nil {
		t.Errorf("SharesEmail = %v, %v", shares, err)
	}
	_, err = b.Enrolment(ctx, m, [32]byte{7}, noon)
	wantErr(t, "the draft of an account that is open", err, enrol.ErrNoDraft)
	b.wantText("mails", b.mails(), "enrolled claire@example.org, enrolled new@example.org")
	if got := b.audited(audit.Enrol); len(got) != 1 || got[0] != "done way/access-code" {
		t.Errorf("audit rows %q", got)
	}
}

// factsOrder is what is on file of Claire, but for what change does to it.
func (b *bed) factsOrder(change func(*credentials.Person)) (jobs.Job, enrol.FactsOrder) {
	b.t.Helper()
	j, letter := b.letterOrder(claireNumber, "")
	typed := credentials.Person{Number: claire.Affiliation, Surname: claire.Surname, Birth: claire.Birth, Postcode: claire.Postcode, Email: claire.Email}
	if change != nil {
		change(&typed)
	}
	typed.Number, _ = credentials.ParseMemberNumber(typed.Number)
	secret := link(b.next())
	code := letter.Code
	code.Purpose, code.Expires = credentials.ActivateLink, code.Created.Add(time.Hour)
	return j, enrol.FactsOrder{Typed: typed, Code: code, Secret: secret, Link: "https://counter.example/fr/enrol/open/" + secret, Lang: "fr", At: b.clock.Now()}
}

// twin has somebody come on file with Claire's number.
func (b *bed) twin() {
	b.t.Helper()
	m := claire
	m.ID, m.NationalNumber = "dddddddddddddddddddddddddd", number("68060105329")
	b.join(m, claireAccount)
}

func testFactsRefused(t *testing.T, b *bed) {
	ctx := t.Context()
	for name, change := range map[string]func(*credentials.Person){
		"nobody's number":  func(p *credentials.Person) { p.Number = "00-9999999" },
		"another name":     func(p *credentials.Person) { p.Surname = "Janssens" },
		"another birthday": func(p *credentials.Person) { p.Birth = p.Birth.AddDate(0, 0, 1) },
		"another town":     func(p *credentials.Person) { p.Postcode = "1000" },
		"no address":       func(p *credentials.Person) { p.Email = "nobody" },
	} {
		j, o := b.factsOrder(change)
		if err := b.SendFactsLink(ctx, j, o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		b.wantText(name, b.mails(), "")
	}
	if got := b.audited(audit.MakeTask); len(got) != 0 {
		t.Errorf("tasks: %q", got)
	}
	j, o := b.factsOrder(func(p *credentials.Person) { p.Email = "thief@example.org" })
	if err := b.SendFactsLink(ctx, j, o); err != nil {
		t.Fatal(err)
	}
	b.wantText("another address than the one on file gets a mail", b.mails(), "")
	if got := b.audited(audit.MakeTask); len(got) != 1 {
		t.Errorf("tasks for another address: %q, want one", got)
	}
	b.twin()
	j, o = b.factsOrder(nil)
	if err := b.SendFactsLink(ctx, j, o); err != nil {
		t.Errorf("a number that two have: %v", err)
	}
	b.wantText("a number that two have", b.mails(), "")
}

func testFacts(t *testing.T, b *bed) {
	j, o := b.factsOrder(func(p *credentials.Person) { p.Number = "001234567" })
	if err := b.SendFactsLink(t.Context(), j, o); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "the job once more", b.SendFactsLink(t.Context(), j, o), jobs.ErrLeaseLost)
	b.wantText("mails", b.mails(), "activation-link claire@example.org")
	wantErr(t, "without a password", openWithout(b, o), nil)
	if s := b.stateOf(b.claire); s != credentials.Active {
		t.Errorf("account is %q", s)
	}
	j, o = b.factsOrder(func(p *credentials.Person) { p.Number = "001234567" })
	if err := b.SendFactsLink(t.Context(), j, o); err != nil {
		t.Error(err)
	}
	b.mails()
	_, err := b.FindCode(t.Context(), b.claire.Mutuality, credentials.ActivateLink, o.Secret, noon)
	wantErr(t, "a link for who has an account", err, credentials.ErrCode)
}

// openWithout opens by the link of an order with the password chosen on its page.
func openWithout(b *bed, o enrol.FactsOrder) error {
	return b.OpenByLink(b.t.Context(), enrol.Opening{Mutuality: b.claire.Mutuality, Secret: o.Secret, Hash: somePHC, At: noon})
}

func testAccessCode(t *testing.T, b *bed) {
	ctx, m := t.Context(), b.claire.Mutuality
	if err := b.AddAccessCode(ctx, m, b.claire.Member, "no"); err == nil {
		t.Error("a code of no shape is taken")
	}
	for range 2 { // again is the same
		if err := b.AddAccessCode(ctx, m, b.claire.Member, "ab12cd"); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, "another's code", b.AddAccessCode(ctx, m, b.bram.Member, "AB12CD"), credentials.ErrTaken)
	ids, err := b.MembersByHandle(ctx, m, credentials.Handle{Kind: credentials.KindAccessCode, Value: "ab12cd"})
	if err != nil || len(ids) != 1 || ids[0] != b.claire.Member {
		t.Errorf("the code names %q, %v", ids, err)
	}
	if ids, err := b.MembersByHandle(ctx, "319", credentials.Handle{Kind: credentials.KindAccessCode, Value: "ab12cd"}); err != nil || len(ids) != 0 {
		t.Errorf("at another mutuality it names %q, %v", ids, err)
	}
	if s := b.stateOf(b.claire); s != credentials.None {
		t.Errorf("the code alone made an account: %q", s)
	}
	b.wantSealed("ab12cd", "AB12CD")
}

func testEnrolmentAtRest(t *testing.T, b *bed) {
	ctx := t.Context()
	o := b.sentLink(b.claire, linkSecret)
	err := b.QueueEnrolment(ctx, jobs.Job{Kind: enrol.JobKind, Mutuality: b.claire.Mutuality, Payload: []byte("number of somebody " + claireNumber), Created: noon})
	if err != nil {
		t.Fatal(err)
	}
	b.wantSealed(claireNumber, "new@example.org", "blue bicycle", "ab12cd", linkSecret, "number of somebody")
	b.clock.add(400 * 24 * time.Hour)
	if err := b.Sweep(ctx, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	_, err = b.Enrolment(ctx, b.claire.Mutuality, [32]byte{7}, noon)
	wantErr(t, "a draft that was swept", err, enrol.ErrNoDraft)
	o.At = b.clock.Now()
	if err := b.OpenByLink(ctx, o); !errors.Is(err, credentials.ErrCode) && !errors.Is(err, credentials.ErrCodeExpired) {
		t.Errorf("a link opens what was swept: %v", err)
	}
}

// testPartners: an address is passed on of who was asked and did not refuse.
func testPartners(t *testing.T, b *bed) {
	list := func(mutuality string) (found []store.Partner) {
		err := b.EachPartner(t.Context(), mutuality, func(p store.Partner) error {
			found = append(found, p)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if got := list("319"); len(got) != 0 {
		t.Errorf("another mutuality has %d", len(got))
	}
	for _, p := range list(b.claire.Mutuality) {
		if p.Email != "" {
			t.Errorf("the address of %s, who was not asked", p.GivenNames)
		}
	}
	if err := b.OpenByLink(t.Context(), b.sentLink(b.claire, link(1))); err != nil {
		t.Fatal(err)
	}
	for _, p := range list(b.claire.Mutuality) {
		if (p.Email != "") != (p.GivenNames == "Claire") {
			t.Errorf("the address of %s: %q", p.GivenNames, p.Email)
		}
	}
	failed := errors.New("the receiver is full")
	err := b.EachPartner(t.Context(), b.claire.Mutuality, func(store.Partner) error { return failed })
	wantErr(t, "a receiver that fails", err, failed)
	if got := b.audited(audit.Share); len(got) < 4 {
		t.Errorf("audit rows %q", got)
	}
}

func testLinkRenewed(t *testing.T, b *bed) {
	ctx, m := t.Context(), b.claire.Mutuality
	b.sentLink(b.claire, link(1))
	renewal := func(old, secret string) enrol.Renewal {
		now := b.clock.Now()
		return enrol.Renewal{Mutuality: m, Old: old, Secret: secret, Link: "https://counter.example/fr/enrol/open/" + secret, Lang: "fr", At: now,
			Code: credentials.Code{Purpose: credentials.ActivateLink, Created: now, Expires: now.Add(time.Hour)}}
	}
	wantErr(t, "a link that still works", b.RenewLink(ctx, renewal(link(1), link(2))), credentials.ErrCode)
	b.clock.add(2 * time.Hour)
	wantErr(t, "a link that never was", b.RenewLink(ctx, renewal(link(9), link(2))), credentials.ErrCode)
	elsewhere := renewal(link(1), link(2))
	elsewhere.Mutuality = "319"
	wantErr(t, "a link at another mutuality", b.RenewLink(ctx, elsewhere), credentials.ErrCode)
	b.mails()
	for range 2 { // pressed twice, it is one mail
		if err := b.RenewLink(ctx, renewal(link(1), link(2))); err != nil {
			t.Fatal(err)
		}
	}
	b.wantText("mails", b.mails(), "activation-link new@example.org")
	opened := func(mutuality, secret string, since time.Time) bool {
		yes, err := b.JustOpened(ctx, mutuality, secret, since)
		if err != nil {
			t.Error(err)
		}
		return yes
	}
	now := b.clock.Now()
	if opened(m, link(2), now) {
		t.Error("opened before it was")
	}
	if err := b.OpenByLink(ctx, enrol.Opening{Mutuality: m, Secret: link(2), At: now}); err != nil {
		t.Fatal(err)
	}
	if !opened(m, link(2), now) || opened(m, link(2), now.Add(time.Second)) || opened(m, link(1), now) || opened("319", link(2), now) || opened(m, "", now) {
		t.Error("JustOpened tells of another link, or not of this one")
	}
	b.clock.add(2 * time.Hour)
	wantErr(t, "a link that was used", b.RenewLink(ctx, renewal(link(2), link(3))), credentials.ErrCode)
}
