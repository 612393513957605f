package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/password"
	"guichet.example/portal"
	"guichet.example/portal/credentials"
	"guichet.example/portal/jobs"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
	"guichet.example/portal/profile"
	"guichet.example/portal/recovery"
	"guichet.example/portal/store"
)

const herAddress = "mathieu.delcourt@mail.example"

// certified gives the member a password and an address that was shown to be hers.
func certified(e *credentials.Enrolment) { e.Email, e.Certified = herAddress, time.Now() }

// leased takes the jobs of a kind that wait.
func (c *counter) leased(t *testing.T, kind string) []jobs.Job {
	t.Helper()
	list, err := c.store.Lease(t.Context(), jobs.Order{Now: c.now(), Life: time.Minute, Kinds: []string{kind}, Limit: 100})
	ok(t, err)
	return list
}

// recovers does what was asked for and returns the mails that leave.
func (c *counter) recovers(t *testing.T) []mail.Message {
	t.Helper()
	work := &recovery.Work{Store: c.store, Classic: c.Classic(), House: portal.LettersOf(c.cfg.Mutuality, origin), Now: c.now}
	runner := &jobs.Runner{Store: c.store, Plans: map[string]jobs.Plan{recovery.JobKind: work.Plan()}, Now: c.now, Log: c.cfg.Log}
	for _, j := range c.leased(t, recovery.JobKind) {
		runner.Do(t.Context(), j)
	}
	return c.mails(t)
}

func (c *counter) mails(t *testing.T) []mail.Message {
	t.Helper()
	var list []mail.Message
	for _, j := range c.leased(t, mail.JobKind) {
		m, err := mail.Unmarshal(j.Payload)
		ok(t, err)
		ok(t, c.store.Done(t.Context(), j))
		list = append(list, m)
	}
	return list
}

// forget fills the page of a forgotten password.
func (v *visitor) forget(number, way string) (*http.Response, string) {
	v.t.Helper()
	return v.post("/fr/recover/password", formURL, url.Values{"identifier": {number}, "way": {way}}.Encode())
}

// resetLink asks for a link and returns its path.
func (c *counter) resetLink(t *testing.T) string {
	t.Helper()
	resp, _ := c.visitor(t).forget(mathieu.NationalNumber, "link")
	wantStatus(t, "asking for a link", resp, http.StatusSeeOther)
	list := c.recovers(t)
	if len(list) != 1 || list[0].Template != mail.ResetLink || list[0].To != herAddress {
		t.Fatalf("mails after asking for a link: %d", len(list))
	}
	return strings.TrimPrefix(list[0].Values["link"], origin)
}

// redeem sets a password with a link.
func (v *visitor) redeem(link, password string) (*http.Response, string) {
	v.t.Helper()
	return v.post(link, formURL, url.Values{"new": {password}, "again": {password}}.Encode())
}

// moves are what differs between two copies of one page.
var moves = regexp.MustCompile(`[A-Z0-9]{4}-[A-Z0-9]{4}|value="[a-z2-7]{26}"`)

// What a page says and does is the same for a number that nobody has: no hash, one job.
// What the job makes for nobody is nothing.
func TestRecoveryTellsNothing(t *testing.T) {
	c := open(t, cheap)
	c.enrolled(t, certified)
	for _, way := range []string{"link", "letter"} {
		var pages [2]string
		for i, number := range []string{mathieu.NationalNumber, nobody} {
			v, hashes := c.visitor(t), c.Classic().Gate.Hashes()
			resp, body := v.forget(number, way)
			_, sent := v.get(resp.Header.Get("Location"))
			pages[i] = fmt.Sprintln(resp.StatusCode, headers(resp), body, sent)
			if c.Classic().Gate.Hashes() != hashes {
				t.Errorf("%s: asking costs a hash", way)
			}
			waiting, err := c.store.Waiting(t.Context())
			ok(t, err)
			if waiting.Waiting != 1 {
				t.Errorf("%s of %s: %d jobs wait, want 1", way, number, waiting.Waiting)
			}
			if mails := len(c.recovers(t)); (mails == 1) != (i == 0) {
				t.Errorf("%s of %s: %d mails leave", way, number, mails)
			}
		}
		if a, b := moves.ReplaceAllString(pages[0], "?"), moves.ReplaceAllString(pages[1], "?"); a != b {
			t.Errorf("%s: pages differ between a number that somebody has and one that nobody has", way)
		}
	}
}

func TestRecoveryRefuses(t *testing.T) {
	for name, change := range map[string]func(*credentials.Enrolment){
		"a pending account":          func(e *credentials.Enrolment) { certified(e); e.State = credentials.Pending },
		"an address never confirmed": func(e *credentials.Enrolment) { e.Email = herAddress },
		"no address":                 func(*credentials.Enrolment) {},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t, cheap)
			c.enrolled(t, change)
			c.visitor(t).forget(mathieu.NationalNumber, "link")
			if list := c.recovers(t); len(list) != 0 {
				t.Errorf("%d mails leave", len(list))
			}
		})
	}
	c := open(t, cheap)
	c.enrolled(t, certified)
	for name, form := range map[string][2]string{
		"wrong check digits": {"85073003329", "link"}, "no number": {"", "link"}, "no way": {mathieu.NationalNumber, ""},
		"a way this mutuality has not": {mathieu.NationalNumber, "question"},
	} {
		resp, _ := c.visitor(t).forget(form[0], form[1])
		wantStatus(t, name, resp, http.StatusUnprocessableEntity)
	}
	if waiting, err := c.store.Waiting(t.Context()); err != nil || waiting.Waiting != 0 {
		t.Errorf("%d jobs wait, %v", waiting.Waiting, err)
	}
}

// Once, in its hour, in any browser; the newest only; not by looking.
func TestResetLink(t *testing.T) {
	c := open(t, cheap)
	c.enrolled(t, certified)
	elsewhere := c.visitor(t)
	if elsewhere.try(mathieu.NationalNumber, right); !isIn(elsewhere) {
		t.Fatal("not signed in")
	}
	old, link := c.resetLink(t), c.resetLink(t)
	v := c.visitor(t)
	resp, _ := v.get(old)
	wantStatus(t, "a link that was replaced", resp, http.StatusGone)
	for range 3 { // a scanner of mails looks first
		resp, _ = v.get(link)
		wantStatus(t, "looking at the link", resp, http.StatusOK)
		if resp.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Error("the page tells others its address")
		}
	}
	resp, _ = v.redeem(link, "kort")
	wantStatus(t, "a short password", resp, http.StatusUnprocessableEntity)
	if !isIn(elsewhere) {
		t.Error("a session ended before the password was set")
	}
	resp, _ = v.redeem(link, other)
	wantStatus(t, "a new password", resp, http.StatusSeeOther)
	if isIn(v) {
		t.Error("the link itself signs in")
	}
	if isIn(elsewhere) {
		t.Error("a session outlives the new password")
	}
	if list := c.mails(t); len(list) != 1 || list[0].Template != mail.PasswordChanged {
		t.Errorf("notices of the change: %d", len(list))
	}
	for name, again := range map[string]func() (*http.Response, string){
		"opened twice": func() (*http.Response, string) { return v.get(link) },
		"used twice":   func() (*http.Response, string) { return v.redeem(link, right) },
		"of nobody":    func() (*http.Response, string) { return v.redeem(link[:len(link)-3]+"AAA", right) },
	} {
		resp, _ = again()
		wantStatus(t, "a link "+name, resp, http.StatusGone)
	}
	if v.try(mathieu.NationalNumber, other); !isIn(v) {
		t.Error("the new password does not open")
	}
	if resp, _ := v.get("/fr/bank/change"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("recovery raised the level: %s", resp.Status)
	}
	if !isIn(c.visitor(t).in()) {
		t.Error("the card does not open")
	}
}

func TestResetLinkInItsHour(t *testing.T) {
	for _, test := range []struct {
		after time.Duration
		want  int
	}{{time.Hour - time.Second, http.StatusOK}, {time.Hour + time.Second, http.StatusGone}, {-time.Hour, http.StatusGone}} {
		c := open(t, cheap)
		c.enrolled(t, certified)
		link := c.resetLink(t)
		c.later(test.after)
		resp, _ := c.visitor(t).get(link)
		wantStatus(t, fmt.Sprintf("%v after", test.after), resp, test.want)
	}
}

// A stranger who asks without end sends her five mails in an hour and one letter, and
// makes neither useless.
func TestRecoveryIsBounded(t *testing.T) {
	c := open(t, cheap)
	id := c.enrolled(t, certified)
	mails := 0
	for range 20 {
		c.visitor(t).forget(mathieu.NationalNumber, "link")
		mails += len(c.recovers(t))
		c.later(2 * time.Minute)
	}
	if mails != 5 {
		t.Errorf("%d links in 40 minutes, want 5", mails)
	}
	c.later(time.Hour)
	for range 10 {
		c.visitor(t).forget(mathieu.NationalNumber, "letter")
		c.recovers(t)
		c.later(2 * time.Minute)
	}
	list, err := c.store.Letters(t.Context(), letters.By{Mutuality: "test"}, letters.Filter{Member: id}, "", 50)
	ok(t, err)
	if len(list) != 1 {
		t.Errorf("%d letters, want 1", len(list))
	}
	waited := 0
	for range 60 {
		resp, _ := c.visitor(t).forget(nobody, "letter")
		if resp.StatusCode == http.StatusTooManyRequests {
			waited++
		}
	}
	if waited == 0 {
		t.Error("a network may ask without end")
	}
}

// A closed account can have another password and stays closed.
func TestRecoveryOpensNoClosedAccount(t *testing.T) {
	c := open(t, cheap)
	c.enrolled(t, func(e *credentials.Enrolment) { certified(e); e.State = credentials.Disabled })
	v := c.visitor(t)
	resp, _ := v.redeem(c.resetLink(t), other)
	wantStatus(t, "a new password", resp, http.StatusSeeOther)
	if v.try(mathieu.NationalNumber, other); isIn(v) {
		t.Error("a closed account is open")
	}
}

// french is the counter of a profile, with the member and her code, address and answer.
func french(t *testing.T, id string, change func(*credentials.Enrolment)) *counter {
	t.Helper()
	p, err := profile.Load(id)
	ok(t, err)
	p.Password = password.Policy{} // not what is tested here
	c := open(t, cheap, func(cfg *portal.Config) { cfg.Profile = p })
	c.enrolled(t, func(e *credentials.Enrolment) {
		e.AccessCode = "ab12cd"
		if change != nil {
			change(e)
		}
	})
	return c
}

// waiting are the kinds of tasks that staff have to do.
func (c *counter) waiting(t *testing.T) []office.Item {
	t.Helper()
	list, err := c.store.Queue(t.Context(), auth.Officer{Mutuality: "test", ID: "06h029gerwqtfcfprcxr1ynme4"}, office.Filter{}, 50)
	ok(t, err)
	return list
}

func sixFields(change func(url.Values)) string {
	f := url.Values{"mutuality": {"700"}, "number": {"305.118.422"}, "name": {"DELCOURT"}, "birth-day": {"30"}, "birth-month": {"7"},
		"birth-year": {"1985"}, "postcode": {"4000"}, "email": {"Mathieu.Delcourt@MAIL.example"}}
	if change != nil {
		change(f)
	}
	return f.Encode()
}

// All six, or nothing leaves; the page is the same whichever is wrong.
func TestSixFields(t *testing.T) {
	c := french(t, "webmut", certified)
	want := ""
	for _, test := range []struct {
		name  string
		field string
		value string
		mails int
	}{
		{"all six", "name", "delcourt", 1}, {"another mutuality", "mutuality", "0701", 0}, {"another number", "number", "305118423", 0},
		{"another name", "name", "Delcour", 0}, {"another birth date", "birth-day", "29", 0}, {"another postcode", "postcode", "4020", 0},
		{"another address", "email", "thief@mail.example", 0},
	} {
		v := c.visitor(t)
		resp, _ := v.post("/fr/recover/identity", formURL, sixFields(func(f url.Values) { f.Set(test.field, test.value) }))
		wantStatus(t, test.name, resp, http.StatusSeeOther)
		_, body := v.get(resp.Header.Get("Location"))
		body = moves.ReplaceAllString(body, "?")
		if want == "" {
			want = body
		}
		if body != want {
			t.Errorf("%s: the page tells", test.name)
		}
		list := c.recovers(t)
		if len(list) != test.mails {
			t.Errorf("%s: %d mails, want %d", test.name, len(list), test.mails)
		}
		for _, m := range list {
			if m.To != herAddress || m.Template != mail.ResetLink {
				t.Errorf("%s: %s goes elsewhere", test.name, m.Template)
			}
		}
	}
	resp, _ := c.visitor(t).post("/fr/recover/identity", formURL, sixFields(func(f url.Values) { f.Set("birth-day", "31"); f.Set("birth-month", "2") }))
	wantStatus(t, "no such day", resp, http.StatusUnprocessableEntity)
}

// questioned is a store in which the member chose the second question.
type questioned struct {
	*store.DB
	member auth.MemberID
	hash   string
}

func (q questioned) Question(_ context.Context, _ string, member auth.MemberID) (int, string, error) {
	if member != q.member {
		return 0, "", nil
	}
	return 2, q.hash, nil
}

// Number, access code and question, all three; never beside a confirmed address;
// few tries; told by every channel.
func TestSecretQuestion(t *testing.T) {
	ask := func(c *counter, number, code, question, answer string) (*http.Response, string) {
		return c.visitor(t).post("/fr/recover/question", formURL,
			url.Values{"number": {number}, "code": {code}, "question": {question}, "answer": {answer}}.Encode())
	}
	asked := func(t *testing.T, change func(*credentials.Enrolment)) *counter {
		c := french(t, "unimutuelles", change)
		hash, err := c.Classic().Gate.Hash(t.Context(), credentials.FoldAnswer("École du Centre"))
		ok(t, err)
		cfg := c.cfg
		cfg.Store = questioned{c.store, c.member(t), hash}
		c.Portal, err = portal.New(cfg)
		ok(t, err)
		return c
	}
	c := asked(t, func(e *credentials.Enrolment) { e.Email = herAddress })
	for name, typed := range map[string][4]string{
		"a wrong answer": {"305118422", "ab12cd", "2", "elsewhere"}, "another question": {"305118422", "ab12cd", "1", "ecole du centre"},
		"a wrong code": {"305118422", "ab12ce", "2", "ecole du centre"}, "nobody's number": {"305118423", "ab12cd", "2", "ecole du centre"},
	} {
		hashes := c.Classic().Gate.Hashes()
		resp, _ := ask(c, typed[0], typed[1], typed[2], typed[3])
		wantStatus(t, name, resp, http.StatusUnprocessableEntity)
		if n := c.Classic().Gate.Hashes() - hashes; n != 1 {
			t.Errorf("%s costs %d hashes, want 1", name, n)
		}
		c.later(time.Minute)
	}
	resp, _ := ask(c, "0305 118 422", "AB12CD", "2", "ecole du centre")
	wantStatus(t, "all three right", resp, http.StatusSeeOther)
	link := resp.Header.Get("Location")
	if list := c.mails(t); len(list) != 1 || list[0].Template != mail.QuestionUsed {
		t.Errorf("%d mails tell of it", len(list))
	}
	if posted, err := c.store.WaitingLetters(t.Context(), "test"); err != nil || posted.Letters != 1 {
		t.Errorf("%d letters tell of it, %v", posted.Letters, err)
	}
	v := c.visitor(t)
	resp, _ = v.redeem(link, "Deux renards boivent 1 café.")
	wantStatus(t, "a new password", resp, http.StatusSeeOther)
	if v.try("ab12cd", "Deux renards boivent 1 café."); !isIn(v) {
		t.Error("the new password does not open")
	}
	beside := asked(t, certified)
	resp, _ = ask(beside, "305118422", "ab12cd", "2", "ecole du centre")
	wantStatus(t, "beside a confirmed address", resp, http.StatusUnprocessableEntity)
	closed := 0
	for range 60 {
		resp, body := ask(beside, "305118422", "ab12cd", "2", "guess")
		if resp.StatusCode == http.StatusTooManyRequests && strings.Contains(body, "Trop de réponses") {
			closed++
		}
		beside.later(credentials.MaxDelay)
	}
	if closed == 0 {
		t.Error("answers may be guessed for ever")
	}
	if resp, _ := c.visitor(t).get("/fr/recover/access-code"); resp.StatusCode != http.StatusOK {
		t.Errorf("where the code is: %s", resp.Status)
	}
	emut := open(t, cheap)
	resp, _ = emut.visitor(t).get("/fr/recover/question")
	wantStatus(t, "a question where the profile has none", resp, http.StatusNotFound)
}

// A task either way; her file is in it only if number and address are hers; nothing
// is sent to an address that was typed.
func TestLostAccessCode(t *testing.T) {
	c := french(t, "unimutuelles", certified)
	for i, test := range []struct{ number, email string }{
		{"0305118422", herAddress}, {"305118422", herAddress}, {"305118422", "thief@mail.example"}, {"305118499", herAddress},
	} {
		v := c.visitor(t)
		resp, _ := v.post("/fr/recover/access-code/lost", formURL, url.Values{"number": {test.number}, "email": {test.email}}.Encode())
		wantStatus(t, "telling of a lost code", resp, http.StatusSeeOther)
		if list := c.recovers(t); len(list) != 0 {
			t.Errorf("%d: %d mails leave", i, len(list))
		}
	}
	if list := c.waiting(t); len(list) != 3 { // the second is the first, again
		t.Errorf("%d tasks, want 3", len(list))
	}
}

// A task with a number, whoever writes; sent twice it is one.
func TestCannotConnect(t *testing.T) {
	c := open(t, cheap)
	form := func(change func(url.Values)) string {
		f := url.Values{"name": {"Nora"}, "phone": {"04 322 11 00"}, "text": {"Rien ne va"}}
		if change != nil {
			change(f)
		}
		return f.Encode()
	}
	for name, change := range map[string]func(url.Values){
		"no way to be reached": func(f url.Values) { f.Del("phone") }, "no name": func(f url.Values) { f.Del("name") },
		"no number to call": func(f url.Values) { f.Set("phone", "appelez-moi") }, "no address": func(f url.Values) { f.Set("email", "nora") },
		"nothing said": func(f url.Values) { f.Set("text", " ") }, "a book": func(f url.Values) { f.Set("text", strings.Repeat("a", 2001)) },
	} {
		resp, _ := c.visitor(t).post("/fr/cannot-connect", formURL, form(change))
		wantStatus(t, name, resp, http.StatusUnprocessableEntity)
	}
	v := c.visitor(t)
	_, body := v.get("/fr/cannot-connect")
	key := regexp.MustCompile(`name="key" value="([a-z2-7]{26})"`).FindStringSubmatch(body)[1]
	var to [2]string
	for i := range to {
		resp, _ := v.post("/fr/cannot-connect", formURL, form(func(f url.Values) { f.Set("key", key); f.Set("email", "nora@mail.example") }))
		wantStatus(t, "a message", resp, http.StatusSeeOther)
		to[i] = resp.Header.Get("Location")
	}
	if list := c.waiting(t); to[0] != to[1] || len(list) != 1 || list[0].Kind != office.CannotConnect || !strings.Contains(to[0], list[0].Reference) {
		t.Errorf("sent twice: %s and %s, %d tasks", to[0], to[1], len(list))
	}
	if list := c.mails(t); len(list) != 1 || list[0].Template != mail.ContactReceived {
		t.Errorf("%d mails", len(list))
	}
	if _, body := v.get(to[0]); !strings.Contains(body, c.waiting(t)[0].Reference) {
		t.Error("the page does not show the number")
	}
	mails := 0
	for range 20 {
		v.post("/fr/cannot-connect", formURL, form(func(f url.Values) { f.Set("email", "victim@mail.example") }))
		mails += len(c.mails(t))
		c.later(20 * time.Minute)
	}
	if mails != 5 {
		t.Errorf("%d mails to an address that anybody typed, want 5", mails)
	}
}

// What was asked is shown as long as staff look at it, after a right sign-in only.
func TestReactivationWaits(t *testing.T) {
	c := open(t, cheap)
	c.enrolled(t, func(e *credentials.Enrolment) { certified(e); e.State = credentials.Disabled })
	v := c.visitor(t)
	resp, _ := v.try(mathieu.NationalNumber, right)
	resp, _ = v.post(resp.Header.Get("Location"), formURL, url.Values{"said": {"S'il vous plaît"}}.Encode())
	wantStatus(t, "asking", resp, http.StatusSeeOther)
	again := c.visitor(t)
	resp, _ = again.try(mathieu.NationalNumber, right)
	_, body := again.get(resp.Header.Get("Location"))
	if !strings.Contains(body, "Vous avez demandé la réouverture") || !strings.Contains(body, c.waiting(t)[0].Reference) {
		t.Error("the page does not say that it was asked")
	}
}
