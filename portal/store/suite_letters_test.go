package store_test

import (
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
)

func TestLettersSQLite(t *testing.T) { runLetters(t, openSQLite) }

func TestLettersPostgreSQL(t *testing.T) {
	t.Parallel()
	runLetters(t, openPostgreSQL)
}

func runLetters(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"a letter that cannot be is not queued", testLetterRefused},
		{"a letter is printed, posted and used", testLetterLife},
		{"a letter is made again, comes back, or is put aside", testLetterAgain},
		{"a letter too late is swept", testLetterSwept},
		{"a mail that cannot be written is not queued", testMailRefused},
		{"a mailed code is of a session", testMailedCode},
		{"a request to reopen an account uses its ticket", testReactivation},
		{"one session of many is ended", testEndOther},
		{"what anybody may know of a member, and what no dump tells", testKnownWords},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBed(t, open)) })
	}
}

var mailroom = letters.By{Mutuality: "141"}

// letter queues one with a living code.
func (b *bed) letter(l auth.Login, secret string) string {
	b.t.Helper()
	now := b.clock.Now()
	code := credentials.Code{ID: "06h029gerwqtfcfprcxr1yn" + itoa(100+b.next()), Mutuality: l.Mutuality, Member: l.Member,
		Purpose: credentials.ActivateLetter, Created: now, Expires: now.Add(30 * 24 * time.Hour)}
	if err := b.PutCode(b.t.Context(), code, secret, ""); err != nil {
		b.t.Fatal(err)
	}
	id, err := b.QueueLetter(b.t.Context(), letters.Letter{Mutuality: l.Mutuality, Member: l.Member, Kind: letters.FirstCredentials, Lang: "fr",
		Code: code.ID, Secret: secret, UserNumber: "4017-2283-USER", Deadline: code.Expires})
	if err != nil {
		b.t.Fatal(err)
	}
	b.clock.add(time.Second)
	return id
}

// printed opens what waits and notes it as printed.
func (b *bed) printed(batch string) []letters.Addressed {
	b.t.Helper()
	open, err := b.OpenLetters(b.t.Context(), mailroom, 10)
	if err != nil {
		b.t.Fatal(err)
	}
	var locks []letters.Lock
	for _, l := range open {
		locks = append(locks, letters.Lock{Member: l.Member, Letter: l.ID})
	}
	if err := b.PrintLetters(b.t.Context(), mailroom, letters.Batch{ID: batch, Made: b.clock.Now(), Pages: 2}, locks); err != nil {
		b.t.Fatal(err)
	}
	return open
}

func testLetterRefused(t *testing.T, b *bed) {
	ctx := t.Context()
	good := letters.Letter{Mutuality: "141", Member: b.claire.Member, Kind: letters.NewPassword, Lang: "fr", Secret: "7KQ2-94MA-X0VT", Deadline: noon.Add(time.Hour)}
	for name, change := range map[string]func(*letters.Letter){
		"no secret":   func(l *letters.Letter) { l.Secret = "" },
		"no deadline": func(l *letters.Letter) { l.Deadline = time.Time{} },
		"no kind":     func(l *letters.Letter) { l.Kind = "poem" },
		"no language": func(l *letters.Letter) { l.Lang = "xx" },
	} {
		bad := good
		change(&bad)
		_, err := b.QueueLetter(ctx, bad)
		wantErr(t, name, err, letters.ErrLetter)
	}
	good.Mutuality = "319"
	if _, err := b.QueueLetter(ctx, good); err == nil {
		t.Error("a letter to a member of another mutuality is queued")
	}
	_, err := b.OpenLetters(ctx, mailroom, 10)
	wantErr(t, "OpenLetters", err, letters.ErrNothing)
	_, err = b.Letter(ctx, "141", "06h029gerwqtfcfprcxr1ynm77")
	wantErr(t, "a letter that is not there", err, letters.ErrNotFound)
	_, err = b.LetterNamed(ctx, "141", "L-7KQ2-94MA")
	wantErr(t, "a reference that is not there", err, letters.ErrNotFound)
	_, err = b.Batch(ctx, "141", "06h029gerwqtfcfprcxr1ynm77")
	wantErr(t, "a batch that is not there", err, letters.ErrNotFound)
	wantErr(t, "posting it", b.PostBatch(ctx, mailroom, "06h029gerwqtfcfprcxr1ynm77", 0), letters.ErrNotFound)
}

func testLetterLife(t *testing.T, b *bed) {
	ctx := t.Context()
	const secret = "7KQ2-94MA-X0VT"
	id := b.letter(b.claire, secret)
	b.wantSealed(secret, "7KQ294MAX0VT", "4017-2283-USER")
	if w, err := b.WaitingLetters(ctx, "141"); err != nil || w.Letters != 1 {
		t.Errorf("WaitingLetters = %+v, %v", w, err)
	}
	if w, err := b.WaitingLetters(ctx, "319"); err != nil || w.Letters != 0 {
		t.Errorf("at another mutuality %+v, %v", w, err)
	}
	open := b.printed("06h029gerwqtfcfprcxr1ynmb1")
	if len(open) != 1 || open[0].Secret != secret || open[0].UserNumber != "4017-2283-USER" || open[0].Street != claire.Street {
		t.Fatalf("opened %v", open)
	}
	lock := []letters.Lock{{Member: b.claire.Member, Letter: id}}
	wantErr(t, "printing twice", b.PrintLetters(ctx, mailroom, letters.Batch{ID: "06h029gerwqtfcfprcxr1ynmb2", Made: noon}, lock), letters.ErrState)
	wantErr(t, "a wrong count", b.PostBatch(ctx, mailroom, "06h029gerwqtfcfprcxr1ynmb1", 2), letters.ErrCount)
	wantErr(t, "another mutuality", b.PostBatch(ctx, letters.By{Mutuality: "319"}, "06h029gerwqtfcfprcxr1ynmb1", 1), letters.ErrNotFound)
	if err := b.PostBatch(ctx, mailroom, "06h029gerwqtfcfprcxr1ynmb1", 1); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "posting twice", b.PostBatch(ctx, mailroom, "06h029gerwqtfcfprcxr1ynmb1", 1), letters.ErrState)
	l, err := b.Letter(ctx, "141", id)
	if err != nil || l.State != letters.Posted {
		t.Fatalf("Letter = %v, %v", l, err)
	}
	if named, err := b.LetterNamed(ctx, "141", l.Reference); err != nil || named.ID != id {
		t.Errorf("LetterNamed = %v, %v", named, err)
	}
	_, err = b.LetterNamed(ctx, "319", l.Reference)
	wantErr(t, "named at another mutuality", err, letters.ErrNotFound)
	if list, err := b.Batches(ctx, "141", "", 10); err != nil || len(list) != 1 || list[0].Letters != 1 || list[0].Posted.IsZero() {
		t.Errorf("Batches = %+v, %v", list, err)
	}
	if list, err := b.Letters(ctx, mailroom, letters.Filter{State: letters.Posted}, "", 10); err != nil || len(list) != 1 || list[0].Secret != "" {
		t.Errorf("Letters = %v, %v", list, err)
	}
	if _, err := b.UseCode(ctx, "141", credentials.ActivateLetter, secret, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.wantText("hers", b.letters(b.claire), "first-credentials used")
	b.wantText("another's", b.letters(b.bram), "")
	if got := b.audited(audit.UseLetter); len(got) != 1 {
		t.Errorf("audit rows %q", got)
	}
}

func testLetterAgain(t *testing.T, b *bed) {
	ctx := t.Context()
	code := func(l auth.Login) credentials.Code {
		return credentials.Code{Mutuality: "141", Member: l.Member, Purpose: credentials.ActivateLetter, Created: b.clock.Now(), Expires: b.clock.Now().Add(time.Hour)}
	}
	spoilt := b.letter(b.claire, "7KQ2-94MA-X0VT")
	_, err := b.RemakeLetter(ctx, mailroom, spoilt, "jam", code(b.claire), "2222-3333-4444")
	wantErr(t, "again before it is printed", err, letters.ErrState)
	_, err = b.ReturnLetter(ctx, mailroom, spoilt, "address")
	wantErr(t, "back before it is posted", err, letters.ErrState)
	b.printed("06h029gerwqtfcfprcxr1ynmb1")
	again, err := b.RemakeLetter(ctx, mailroom, spoilt, "jam", code(b.claire), "2222-3333-4444")
	if err != nil || again.Replaces != spoilt {
		t.Fatalf("RemakeLetter = %v, %v", again, err)
	}
	_, err = b.FindCode(ctx, "141", credentials.ActivateLetter, "7KQ2-94MA-X0VT", b.clock.Now())
	wantErr(t, "the code of a spoilt letter", err, credentials.ErrCode)
	if batch, err := b.Batch(ctx, "141", "06h029gerwqtfcfprcxr1ynmb1"); err != nil || batch.Envelopes() != 0 || batch.Spoilt != 1 {
		t.Errorf("Batch = %+v, %v", batch, err)
	}
	b.printed("06h029gerwqtfcfprcxr1ynmb2")
	if err := b.PostBatch(ctx, mailroom, "06h029gerwqtfcfprcxr1ynmb2", 1); err != nil {
		t.Fatal(err)
	}
	if l, err := b.ReturnLetter(ctx, mailroom, again.ID, "address"); err != nil || l.State != letters.Returned {
		t.Errorf("ReturnLetter = %v, %v", l, err)
	}
	_, err = b.FindCode(ctx, "141", credentials.ActivateLetter, "2222-3333-4444", b.clock.Now())
	wantErr(t, "the code of a letter that came back", err, credentials.ErrCode)
	if got := b.audited(audit.MakeTask); len(got) != 1 {
		t.Errorf("tasks %q", got)
	}

	id := b.letter(b.bram, "5555-6666-7777")
	lock := letters.Lock{Member: b.bram.Member, Letter: id, Cause: letters.AsideGlyph}
	wantErr(t, "from aside where it is not", b.TakeFromAside(ctx, mailroom, id), letters.ErrState)
	for range 2 {
		if err := b.PutAside(ctx, mailroom, []letters.Lock{lock}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = b.OpenLetters(ctx, mailroom, 10)
	wantErr(t, "a letter put aside is opened", err, letters.ErrNothing)
	if err := b.TakeFromAside(ctx, mailroom, id); err != nil {
		t.Fatal(err)
	}
	if open, err := b.OpenLetters(ctx, mailroom, 10); err != nil || len(open) != 1 {
		t.Errorf("taken from aside: %v, %v", open, err)
	}
}

func testLetterSwept(t *testing.T, b *bed) {
	b.letter(b.claire, "7KQ2-94MA-X0VT")
	b.clock.add(31 * 24 * time.Hour)
	_, err := b.OpenLetters(t.Context(), mailroom, 10)
	wantErr(t, "a letter too late", err, letters.ErrNothing)
	if err := b.Sweep(t.Context(), b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.wantText("letters", b.letters(b.claire), "first-credentials expired")
	if got := b.audited(audit.ExpireLetter); len(got) != 1 {
		t.Errorf("audit rows %q", got)
	}
}

func testMailRefused(t *testing.T, b *bed) {
	ctx := t.Context()
	good := mail.Message{Mutuality: "141", Member: b.claire.Member, To: "claire@example.org", Template: mail.MessageInSpace, Lang: "fr", Key: "one"}
	for name, change := range map[string]func(*mail.Message){
		"to nobody":   func(m *mail.Message) { m.To = "nobody" },
		"no template": func(m *mail.Message) { m.Template = "poem" },
		"a value":     func(m *mail.Message) { m.Values = map[string]string{"at": "x"} },
	} {
		bad := good
		change(&bad)
		wantErr(t, name, b.QueueMail(ctx, bad), mail.ErrMessage)
	}
	for range 2 { // one key is one mail
		if err := b.QueueMail(ctx, good); err != nil {
			t.Fatal(err)
		}
	}
	b.wantText("mails", b.mails(), "message claire@example.org")
}

func testMailedCode(t *testing.T, b *bed) {
	ctx := t.Context()
	b.enrolClassic(b.claire, nil)
	hash := b.session("hers", b.claire)
	code := credentials.Code{Mutuality: "141", Member: b.claire.Member, Purpose: credentials.ConfirmEmail, Created: noon, Expires: noon.Add(time.Hour), Payload: "new@example.org"}
	m := mail.Message{Mutuality: "141", Member: b.claire.Member, To: "new@example.org", Template: mail.ConfirmEmail, Lang: "fr", Until: code.Expires,
		Values: map[string]string{"link": "https://counter.example/fr/email/" + link(7), "until": code.Expires.Format(time.RFC3339)}}
	bad := m
	bad.Values = nil
	wantErr(t, "a mail that cannot be written", b.PutMailedCode(ctx, b.claire, code, link(7), bad), mail.ErrMessage)
	_, err := b.FindCode(ctx, "141", credentials.ConfirmEmail, link(7), noon)
	wantErr(t, "the code of no mail", err, credentials.ErrCode)
	if err := b.PutMailedCode(ctx, b.claire, code, link(7), m); err != nil {
		t.Fatal(err)
	}
	b.wantSealed("new@example.org", link(7))
	b.wantText("mails", b.mails(), "confirm-email new@example.org")
	if err := b.EndSession(ctx, hash, ""); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "after her session", b.PutMailedCode(ctx, b.claire, code, link(8), m), auth.ErrSignInRequired)
	if c, err := b.FindCode(ctx, "141", credentials.ConfirmEmail, link(7), noon); err != nil || c.Payload != "new@example.org" {
		t.Errorf("the code that was mailed: %v", err)
	}
}

func testReactivation(t *testing.T, b *bed) {
	ctx := t.Context()
	if r, err := b.Reactivation(ctx, "141", b.claire.Member); err != nil || r.Reference != "" {
		t.Errorf("nothing was asked: %+v, %v", r, err)
	}
	b.enrolClassic(b.claire, nil)
	b.code(b.claire, credentials.Reactivate, linkSecret, "")
	for name, secret := range map[string]string{"another ticket": otherSecret, "no ticket": ""} {
		_, err := b.AskReactivation(ctx, "141", secret, "please", noon)
		wantErr(t, name, err, credentials.ErrCode)
	}
	_, err := b.AskReactivation(ctx, "319", linkSecret, "please", noon)
	wantErr(t, "at another mutuality", err, credentials.ErrCode)
	reference, err := b.AskReactivation(ctx, "141", linkSecret, sentence, noon)
	if err != nil || reference == "" {
		t.Fatalf("AskReactivation = %q, %v", reference, err)
	}
	_, err = b.AskReactivation(ctx, "141", linkSecret, "please", noon)
	wantErr(t, "the ticket twice", err, credentials.ErrCode)
	if r, err := b.Reactivation(ctx, "141", b.claire.Member); err != nil || r.Reference != reference || !r.Answered.IsZero() {
		t.Errorf("Reactivation = %+v, %v", r, err)
	}
	if r, err := b.Reactivation(ctx, "141", b.bram.Member); err != nil || r.Reference != "" {
		t.Errorf("another's: %+v, %v", r, err)
	}
	b.wantSealed(sentence[:30])
}

func testEndOther(t *testing.T, b *bed) {
	ctx := t.Context()
	thief := b.claire
	thief.Session = "06h029gerwqtfcfprcxr1ynm00"
	hers, theirs := b.session("hers", b.claire), b.session("thief", thief)
	wantErr(t, "another member's", b.EndOtherSession(ctx, b.bram, thief.Session), account.ErrNoSession)
	wantErr(t, "nobody's", b.EndOtherSession(ctx, b.claire, "06h029gerwqtfcfprcxr1ynm99"), account.ErrNoSession)
	if err := b.EndOtherSession(ctx, b.claire, thief.Session); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "twice", b.EndOtherSession(ctx, b.claire, thief.Session), account.ErrNoSession)
	if _, err := b.Session(ctx, hers, noon); err != nil {
		t.Errorf("her own: %v", err)
	}
	if _, err := b.Session(ctx, theirs, noon); err == nil {
		t.Error("the session that was ended lives on")
	}
}

func testKnownWords(t *testing.T, b *bed) {
	ctx := t.Context()
	if _, err := b.Known(ctx, "319", b.claire.Member); err == nil {
		t.Error("known at another mutuality")
	}
	words, err := b.Known(ctx, "141", b.claire.Member)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, word := range words {
		found[word] = true
	}
	if !found["Claire Delcourt"] || !found[claireNumber] {
		t.Error("a password may hold her name or number")
	}
	key := b.ServerKey("cookie")
	if len(key) != 32 || string(key) != string(b.ServerKey("cookie")) || string(key) == string(b.ServerKey("password")) {
		t.Error("keys of two purposes are one, or those of one are two")
	}
	b.wantSealed(string(key))
	before := len(b.rows())
	if err := b.Anchor(); err != nil {
		t.Error(err)
	}
	if len(b.rows()) != before { // which checks the anchors, too
		t.Error("an anchor is a row")
	}
	if err := b.RecordOfficeRefusal(ctx, office.Refusal{Mutuality: "141", Cause: "unknown", Source: "192.0.2.1"}); err != nil {
		t.Error(err)
	}
}
