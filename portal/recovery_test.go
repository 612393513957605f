package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"guichet.example/portal"
	"guichet.example/portal/credentials"
	"guichet.example/portal/jobs"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/recovery"
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

// F48: once, in its hour, in any browser; the newest only; not by looking.
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
