package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/password"
	"guichet.example/portal"
	"guichet.example/portal/credentials"
	"guichet.example/portal/profile"
)

// cheap keeps a hash from costing what it costs in service.
func cheap(cfg *portal.Config) { cfg.PasswordCost = password.Params{Memory: 64, Time: 1, Threads: 1} }

const (
	right   = "trois hiboux mangent du fromage"
	other   = "deux renards boivent du café noir"
	nobody  = "72022911853" // right check digits, no member
	formURL = "application/x-www-form-urlencoded"
)

// member is the one member of the counter.
func (c *counter) member(t *testing.T) auth.MemberID {
	t.Helper()
	ids, err := c.store.MembersByHandle(t.Context(), "test", credentials.Handle{Kind: credentials.KindNational, Value: mathieu.NationalNumber})
	if err != nil || len(ids) != 1 {
		t.Fatalf("MembersByHandle = %v, %v", ids, err)
	}
	return ids[0]
}

// enrolled gives the member a password.
func (c *counter) enrolled(t *testing.T, change func(*credentials.Enrolment)) auth.MemberID {
	t.Helper()
	e := credentials.Enrolment{Member: c.member(t), State: credentials.Active}
	var err error
	e.Hash, err = c.Classic().Hash(t.Context(), e.Member, right)
	ok(t, err)
	if change != nil {
		change(&e)
	}
	ok(t, c.Classic().Enrol(t.Context(), e))
	return e.Member
}

// try signs in by password.
func (v *visitor) try(number, password string) (*http.Response, string) {
	v.t.Helper()
	return v.post("/fr/sign-in/password?next=documents", formURL, url.Values{"identifier": {number}, "password": {password}}.Encode())
}

func wantStatus(t *testing.T, what string, resp *http.Response, status int) {
	t.Helper()
	if resp.StatusCode != status {
		t.Errorf("%s: %s, want %d", what, resp.Status, status)
	}
}

func isIn(v *visitor) bool {
	resp, _ := v.get("/fr/account")
	return resp.StatusCode == http.StatusOK
}

// Of a number that nobody has the answer is the one of a number that somebody has,
// to the byte, and costs the same: hashes and commits are counted.
func TestPasswordTellsNothing(t *testing.T) {
	c := open(t, cheap)
	c.enrolled(t, nil)
	moving := regexp.MustCompile(`[A-Z0-9]{4}-[A-Z0-9]{4}|value="[a-z2-7]{26}"|85\.07\.30-033\.28|72\.02\.29-118\.53`)
	ask := func(number string) (*http.Response, string, int64) {
		before := c.Classic().Gate.Hashes()
		resp, body := c.visitor(t).try(number, "certainly not the password")
		return resp, moving.ReplaceAllString(body, "?"), c.Classic().Gate.Hashes() - before
	}
	for i := range 12 { // past the free tries, too: both wait alike
		known, knownBody, knownHashes := ask(mathieu.NationalNumber)
		unknown, unknownBody, unknownHashes := ask(nobody)
		if known.StatusCode != unknown.StatusCode || knownBody != unknownBody || knownHashes != unknownHashes {
			t.Fatalf("try %d: known %s with %d hashes, unknown %s with %d; bodies alike: %v",
				i, known.Status, knownHashes, unknown.Status, unknownHashes, knownBody == unknownBody)
		}
		if fmt.Sprint(headers(known)) != fmt.Sprint(headers(unknown)) {
			t.Errorf("headers differ: %v, %v", headers(known), headers(unknown))
		}
	}
}

func headers(resp *http.Response) map[string]string {
	found := map[string]string{}
	for name, values := range resp.Header {
		found[name] = strings.Join(values, "|")
	}
	return found
}

func TestPasswordOfAPendingAccountOpensNothing(t *testing.T) {
	c := open(t, cheap)
	c.enrolled(t, func(e *credentials.Enrolment) { e.State = credentials.Pending })
	v := c.visitor(t)
	resp, body := v.try(mathieu.NationalNumber, right)
	wantStatus(t, "pending", resp, http.StatusUnprocessableEntity)
	if isIn(v) || !strings.Contains(body, "incorrect") {
		t.Error("a pending account is let in, or told of")
	}
}

// Check digits are judged before anything is counted or looked up.
func TestPasswordWrongCheckDigits(t *testing.T) {
	c := open(t, cheap)
	before := c.Classic().Gate.Hashes()
	for _, typed := range []string{"", "85073003329", "1234", "85.07.30-033.29", strings.Repeat("8", 300)} {
		resp, _ := c.visitor(t).try(typed, right)
		wantStatus(t, "number "+typed, resp, http.StatusUnprocessableEntity)
	}
	if c.Classic().Gate.Hashes() != before {
		t.Error("a number with wrong check digits cost a hash")
	}
}

func TestPasswordSignsIn(t *testing.T) {
	c := open(t, cheap)
	c.enrolled(t, nil)
	for _, spelling := range []string{"85073003328", "850730 033 28", "85.07.30-033.28", " 85.07.30 033-28 "} {
		v := c.visitor(t)
		resp, _ := v.try(spelling, right)
		if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/fr/documents" || !isIn(v) {
			t.Errorf("%q: %s to %q", spelling, resp.Status, resp.Header.Get("Location"))
		}
		if resp, _ := v.get("/fr/bank/change"); resp.StatusCode != http.StatusForbidden {
			t.Errorf("a password opens the bank account: %s", resp.Status)
		}
	}
}

// A hundred wrong tries from elsewhere slow nobody but the stranger: the browser that
// is known goes on, and the card was never asked to wait.
func TestStrangerLocksNobodyOut(t *testing.T) {
	c := open(t, cheap)
	c.enrolled(t, nil)
	hers := c.visitor(t)
	if hers.try(mathieu.NationalNumber, right); !isIn(hers) {
		t.Fatal("not signed in")
	}
	hers.post("/fr/sign-out", formURL, "")
	closed := 0
	for range 120 {
		stranger := c.visitor(t)
		r := strangerRequest(mathieu.NationalNumber)
		resp, body := stranger.ask(r)
		if resp.StatusCode == http.StatusTooManyRequests && strings.Contains(body, "Demandez un nouveau mot de passe") {
			closed++
			continue
		}
		c.later(credentials.MaxDelay)
	}
	if closed == 0 {
		t.Error("a stranger may try for ever")
	}
	if hers.try(mathieu.NationalNumber, right); !isIn(hers) {
		t.Error("the member's own browser is shut out by a stranger")
	}
	if !isIn(c.visitor(t).in()) {
		t.Error("the card is shut out by wrong passwords")
	}
}

// strangerRequest comes from a network the member never used.
func strangerRequest(number string) *http.Request {
	body := url.Values{"identifier": {number}, "password": {"wrong again and again"}}.Encode()
	r, _ := http.NewRequest(http.MethodPost, origin+"/fr/sign-in/password", strings.NewReader(body))
	r.RequestURI, r.RemoteAddr = "/fr/sign-in/password", "198.51.100.7:4711"
	r.Header.Set("Content-Type", formURL)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// Guesses that come at once are counted before they are judged: no more than the free
// ones are.
func TestGuessesAtOnce(t *testing.T) {
	c := open(t, cheap, func(cfg *portal.Config) { cfg.PostsPerMinute = 100_000 })
	c.enrolled(t, nil)
	before := c.Classic().Gate.Hashes()
	var wait sync.WaitGroup
	for range 40 {
		wait.Go(func() { c.visitor(t).ask(strangerRequest(mathieu.NationalNumber)) })
	}
	wait.Wait()
	if n := c.Classic().Gate.Hashes() - before; n > 4 {
		t.Errorf("%d guesses of 40 at once were judged", n)
	}
}

// A member changes her password: the current one is asked for, her other sessions end,
// and what was closed opens again.
func TestPasswordChange(t *testing.T) {
	c := open(t, cheap)
	c.enrolled(t, nil)
	here, there := c.visitor(t), c.visitor(t)
	here.try(mathieu.NationalNumber, right)
	there.try(mathieu.NationalNumber, right)
	change := func(current, new, again string) *http.Response {
		resp, _ := here.post("/fr/account/password", formURL, url.Values{"current": {current}, "new": {new}, "again": {again}}.Encode())
		return resp
	}
	wantStatus(t, "wrong current", change("no", other, other), http.StatusUnprocessableEntity)
	wantStatus(t, "not twice the same", change(right, other, other+"!"), http.StatusUnprocessableEntity)
	wantStatus(t, "own name", change(right, "Delcourt et ses renards", "Delcourt et ses renards"), http.StatusUnprocessableEntity)
	wantStatus(t, "the same again", change(right, right, right), http.StatusUnprocessableEntity)
	if !isIn(there) {
		t.Fatal("a refused change ends a session")
	}
	wantStatus(t, "change", change(right, other, other), http.StatusSeeOther)
	if !isIn(here) || isIn(there) {
		t.Errorf("after the change: here %v, there %v", isIn(here), isIn(there))
	}
	if old := c.visitor(t); func() bool { old.try(mathieu.NationalNumber, right); return isIn(old) }() {
		t.Error("the old password still opens")
	}
	if fresh := c.visitor(t); func() bool { fresh.try(mathieu.NationalNumber, other); return !isIn(fresh) }() {
		t.Error("the new password does not open")
	}
}

// The code of a letter is typed as the first password, serves once, and asks for
// a password at once.
func TestLetterCode(t *testing.T) {
	c := open(t, cheap)
	id := c.member(t)
	ok(t, c.Classic().Enrol(t.Context(), credentials.Enrolment{Member: id, State: credentials.Pending}))
	code, err := c.Classic().Issue(t.Context(), credentials.Grant{Member: id, Purpose: credentials.ActivateLetter})
	ok(t, err)
	v := c.visitor(t)
	resp, _ := v.try(mathieu.NationalNumber, strings.ToLower(strings.ReplaceAll(code, "-", " ")))
	if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(resp.Header.Get("Location"), "/fr/sign-in/password/new") || isIn(v) {
		t.Fatalf("code: %s to %q", resp.Status, resp.Header.Get("Location"))
	}
	set := func(v *visitor, new string) *http.Response {
		resp, _ := v.post("/fr/sign-in/password/new?next=documents", formURL, url.Values{"new": {new}, "again": {new}}.Encode())
		return resp
	}
	wantStatus(t, "too short", set(v, "court"), http.StatusUnprocessableEntity)
	ticket := v.cookies["__Host-ticket"]
	wantStatus(t, "new password", set(v, right), http.StatusSeeOther)
	if !isIn(v) {
		t.Fatal("not signed in after the new password")
	}
	again := c.visitor(t)
	again.cookies["__Host-ticket"] = ticket
	if resp := set(again, other); !strings.Contains(resp.Header.Get("Location"), "told=expired") || isIn(again) {
		t.Errorf("the ticket serves twice: %s", resp.Status)
	}
	if resp, _ := c.visitor(t).try(mathieu.NationalNumber, code); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the letter's code serves twice: %s", resp.Status)
	}
}

// A stranger who guesses at a letter's code is shut out, and keeps nobody from using it.
func TestLetterCodeGuessed(t *testing.T) {
	c := open(t, cheap)
	id := c.member(t)
	ok(t, c.Classic().Enrol(t.Context(), credentials.Enrolment{Member: id, State: credentials.Pending}))
	code, err := c.Classic().Issue(t.Context(), credentials.Grant{Member: id, Purpose: credentials.ActivateLetter})
	ok(t, err)
	var last *http.Response
	for i := range 100 {
		last, _ = c.visitor(t).try(mathieu.NationalNumber, fmt.Sprintf("0000-0000-%04d", i))
		c.later(credentials.MaxDelay)
	}
	wantStatus(t, "the hundredth guess", last, http.StatusTooManyRequests)
	resp, _ := c.visitor(t).try(mathieu.NationalNumber, code)
	wantStatus(t, "the right code", resp, http.StatusSeeOther)
	if to := resp.Header.Get("Location"); !strings.Contains(to, "sign-in/password/new") {
		t.Errorf("the right code leads to %s", to)
	}
}

// A disabled account is told of after a right password only, and reactivation asked for.
func TestDisabledAccount(t *testing.T) {
	c := open(t, cheap)
	c.enrolled(t, func(e *credentials.Enrolment) { e.State = credentials.Disabled })
	v := c.visitor(t)
	wantStatus(t, "wrong password", first(v.try(mathieu.NationalNumber, "wrong")), http.StatusUnprocessableEntity)
	resp, _ := v.try(mathieu.NationalNumber, right)
	if resp.Header.Get("Location") != "/fr/sign-in/disabled" || isIn(v) {
		t.Fatalf("disabled: %s to %q", resp.Status, resp.Header.Get("Location"))
	}
	resp, _ = v.post("/fr/sign-in/disabled", formURL, url.Values{"said": {"Je voudrais revenir."}}.Encode())
	if !strings.Contains(resp.Header.Get("Location"), "reference=") {
		t.Fatalf("request: %s to %q", resp.Status, resp.Header.Get("Location"))
	}
	resp, _ = v.post("/fr/sign-in/disabled", formURL, "")
	if !strings.Contains(resp.Header.Get("Location"), "told=expired") {
		t.Errorf("asked twice: %s to %q", resp.Status, resp.Header.Get("Location"))
	}
}

func first(resp *http.Response, _ string) *http.Response { return resp }

// "That was not me" ends the other session, and the password with it.
func TestNotMe(t *testing.T) {
	c := open(t, cheap)
	c.enrolled(t, nil)
	thief, hers := c.visitor(t), c.visitor(t)
	thief.try(mathieu.NationalNumber, right)
	hers.in()
	_, body := hers.get("/fr/account/access")
	deny := regexp.MustCompile(`/fr/(account/sign-ins/[a-z0-9]+/deny)`).FindStringSubmatch(body)
	if deny == nil {
		t.Fatal("the page offers no way to say so")
	}
	resp, _ := hers.get("/fr/" + deny[1])
	wantStatus(t, "its page", resp, http.StatusOK)
	resp, _ = hers.post("/fr/"+deny[1], formURL, "")
	if !strings.Contains(resp.Header.Get("Location"), "done=denied&reference=T-") {
		t.Errorf("deny: %s to %q", resp.Status, resp.Header.Get("Location"))
	}
	if isIn(thief) || !isIn(hers) {
		t.Error("the thief's session lives on, or hers does not")
	}
	again := c.visitor(t)
	if again.try(mathieu.NationalNumber, right); isIn(again) {
		t.Error("the password still opens")
	}
	resp, _ = hers.post("/fr/"+deny[1], formURL, "")
	wantStatus(t, "deny again", resp, http.StatusNotFound)
}

// Who said so in a session by password has none to type: the page of another one leads
// where a link or a letter is asked for.
func TestNotMeByPassword(t *testing.T) {
	c := open(t, cheap)
	c.enrolled(t, nil)
	thief, hers := c.visitor(t), c.visitor(t)
	thief.try(mathieu.NationalNumber, right)
	hers.try(mathieu.NationalNumber, right)
	wantStatus(t, "page of another password", first(hers.get("/fr/account/password")), http.StatusOK)
	_, body := hers.get("/fr/account/access")
	deny := regexp.MustCompile(`/fr/account/sign-ins/[a-z0-9]+/deny`).FindString(body)
	wantStatus(t, "deny", first(hers.post(deny, formURL, "")), http.StatusSeeOther)
	resp, _ := hers.get("/fr/account/password")
	if at := resp.Header.Get("Location"); at != "/fr/recover/password" {
		t.Fatalf("page of another password: %s to %q", resp.Status, at)
	}
	wantStatus(t, "where it leads", first(hers.get("/fr/recover/password")), http.StatusOK)
}

func TestRemember(t *testing.T) {
	c := open(t, cheap)
	c.enrolled(t, nil)
	v := c.visitor(t)
	v.post("/fr/sign-in/password", formURL, url.Values{"identifier": {mathieu.NationalNumber}, "password": {right}, "remember": {"1"}}.Encode())
	kept := v.cookies["__Host-remember"]
	if kept == "" || strings.Contains(kept, mathieu.NationalNumber) {
		t.Fatalf("cookie %q", kept)
	}
	v.post("/fr/sign-out", formURL, "")
	if _, body := v.get("/fr/sign-in/password"); !strings.Contains(body, `value="85.07.30-033.28"`) {
		t.Error("the number is not prefilled")
	}
	v.post("/fr/sign-in/password/forget", formURL, "")
	if _, body := v.get("/fr/sign-in/password"); strings.Contains(body, "85.07.30") {
		t.Error("the number is not forgotten")
	}
	forged := c.visitor(t)
	forged.cookies["__Host-remember"] = kept[:len(kept)-4] + "AAAA"
	wantStatus(t, "forged", first(forged.get("/fr/sign-in/password")), http.StatusOK)
}

// Each profile's own form signs in, and no other's identifier does.
func TestProfileSignsIn(t *testing.T) {
	for _, tt := range []struct{ id, number, identifier, wrong string }{
		{"emut", "", "85.07.30-033.28", "mathieu@mail.example"},
		{"webmut", "700", "Mathieu@Mail.example ", "85.07.30-033.28"},
		{"unimutuelles", "", "AB12CD", "85.07.30-033.28"},
		{"unimutuelles", "", "mathieu@mail.example", "zz99zz"},
		{"mutame-marseille", "", "mathieu@mail.example", "ab12cd"},
		{"mutame-plus", "", "ab12cd", "ab12ce"},
	} {
		p, err := profile.Load(tt.id)
		ok(t, err)
		c := open(t, cheap, func(cfg *portal.Config) { cfg.Profile = p })
		e := credentials.Enrolment{Member: c.member(t), State: credentials.Active, AccessCode: "ab12cd", Email: "mathieu@mail.example", Certified: time.Now()}
		e.Hash, err = c.Classic().Hash(t.Context(), e.Member, "Trois hiboux, 1 fromage")
		ok(t, err)
		ok(t, c.Classic().Enrol(t.Context(), e))
		sign := func(number, identifier string) bool {
			v := c.visitor(t)
			v.post("/fr/sign-in/password", formURL, url.Values{"mutuality": {number}, "identifier": {identifier}, "password": {"Trois hiboux, 1 fromage"}}.Encode())
			return isIn(v)
		}
		if sign(tt.number, tt.wrong) || tt.number != "" && sign("701", tt.identifier) {
			t.Errorf("%s: a wrong identifier signs in", tt.id)
		}
		if !sign(tt.number, tt.identifier) || tt.number != "" && !sign("0"+tt.number, tt.identifier) {
			t.Errorf("%s: %q does not sign in", tt.id, tt.identifier)
		}
		if resp, body := c.visitor(t).get("/fr/sign-in/password"); resp.StatusCode != http.StatusOK || !strings.Contains(body, `autocomplete="username"`) {
			t.Errorf("%s: form %s", tt.id, resp.Status)
		}
	}
}

// A stricter rule asks at the next sign-in and locks nobody out.
func TestStricterRule(t *testing.T) {
	um, err := profile.Load("unimutuelles")
	ok(t, err)
	um.Password = password.Policy{MinLength: 8}
	c := open(t, cheap, func(cfg *portal.Config) { cfg.Profile = um })
	e := credentials.Enrolment{Member: c.member(t), State: credentials.Active, AccessCode: "ab12cd"}
	e.Hash, err = c.Classic().Hash(t.Context(), e.Member, "hiboux fromage x")
	ok(t, err)
	ok(t, c.Classic().Enrol(t.Context(), e))
	c.Classic().Profile.Password = password.Policy{MinLength: 20}
	v := c.visitor(t)
	resp, _ := v.post("/fr/sign-in/password", formURL, url.Values{"identifier": {"ab12cd"}, "password": {"hiboux fromage x"}}.Encode())
	if resp.Header.Get("Location") != "/fr/account/password?stricter=1" || !isIn(v) {
		t.Errorf("stricter rule: %s to %q", resp.Status, resp.Header.Get("Location"))
	}
	wantStatus(t, "the page", first(v.get("/fr/account/password?stricter=1")), http.StatusOK)
}

// Who must wait is told how long, in the header too.
func TestWait(t *testing.T) {
	c := open(t, cheap)
	var resp *http.Response
	for range 5 {
		resp, _ = c.visitor(t).try(nobody, "wrong")
	}
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if resp.StatusCode != http.StatusTooManyRequests || err != nil || seconds < 1 || seconds > 16 {
		t.Errorf("after five: %s, Retry-After %q", resp.Status, resp.Header.Get("Retry-After"))
	}
}
