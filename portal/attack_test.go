package portal_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/password"
	"guichet.example/portal"
	"guichet.example/reader/api"
)

// Two counters share a store. A session of one is none at the other's address, whatever
// the browser is made to send there, and ends nowhere by it.
func TestSessionOfAnotherCounter(t *testing.T) {
	c := open(t, cheap)
	cfg := c.cfg
	cfg.Mutuality.ID = "other"
	p, err := portal.New(cfg)
	ok(t, err)
	there := &counter{Portal: p, store: c.store, pki: c.pki, card: c.card, log: c.log, cfg: cfg}

	v := c.visitor(t).in()
	carried := there.visitor(t)
	carried.cookies["__Host-session"] = v.cookies["__Host-session"]
	for _, path := range []string{"/fr/home", "/fr/account", "/fr/bank", "/fr/documents"} {
		if resp, body := carried.get(path); resp.StatusCode == http.StatusOK || strings.Contains(body, "Delcourt") {
			t.Errorf("a session of another counter opens %s: %s", path, resp.Status)
		}
	}
	if !isIn(v) {
		t.Error("the session ended where it began")
	}

	o, _ := c.officer(t, auth.Advisor)
	office := there.visitor(t)
	office.cookies["__Host-office"] = o.cookies["__Host-office"]
	if resp, _ := office.get("/fr/office/queue"); resp.StatusCode == http.StatusOK {
		t.Error("a session of another counter's office opens the queue")
	}
	if resp, _ := o.get("/fr/office/queue"); resp.StatusCode != http.StatusOK {
		t.Errorf("the officer at her own counter: %s", resp.Status)
	}
}

// A thief signs in with the old password at the moment at which she sets a new one: he
// may be first, and is out then; he is never in after.
func TestOldPasswordRace(t *testing.T) {
	c := open(t, func(cfg *portal.Config) {
		cfg.PasswordCost = password.Params{Memory: 4 << 10, Time: 1, Threads: 1}
		cfg.PostsPerMinute = 1 << 20
	})
	c.enrolled(t, certified)
	old := right
	for round := range 8 {
		c.later(2 * time.Hour) // links and tries are bounded
		link, next := c.resetLink(t), fmt.Sprintf("deux renards boivent du café noir, %d fois", round)
		thieves := make([]*visitor, 3)
		var wg sync.WaitGroup
		for i := range thieves {
			thieves[i] = c.visitor(t)
			wg.Go(func() { thieves[i].try(mathieu.NationalNumber, old) })
		}
		wg.Go(func() {
			if resp, _ := c.visitor(t).redeem(link, next); resp.StatusCode != http.StatusSeeOther {
				t.Errorf("setting a new password: %s", resp.Status)
			}
		})
		wg.Wait()
		for i, v := range thieves {
			if isIn(v) {
				t.Fatalf("round %d: thief %d is in by the old password", round, i)
			}
		}
		c.mails(t)
		old = next
	}
}

// Mail for the address on file never goes to one that only looks like it.
func TestFactsToALookAlike(t *testing.T) {
	c, box := under(t, "webmut")
	c.onFile(t, "anna@strasse.example")
	for _, typed := range []string{"anna@straße.example", "anna@ſtrasse.example", "anna@strasse.example.", "anna@strasse.examplе"} {
		c.later(time.Hour)
		c.visitor(t).fill("/fr/enrol/facts", "mutuality", "700", "number", "305118422", "surname", "delcourt", "sure", typed,
			"birth-day", "30", "birth-month", "7", "birth-year", "1985", "postcode", "4000", "email", typed)
		c.settled(t)
	}
	for _, m := range box.all() {
		if !strings.Contains(fmt.Sprint(m.To), "anna@strasse.example") {
			t.Errorf("a mail left for %v", m.To)
		}
	}
}

// No address that is typed puts a line into a mail or a second person on it.
func TestTypedAddressIsOneAddress(t *testing.T) {
	c := open(t, cheap)
	c.enrolled(t, certified)
	in := c.visitor(t)
	in.try(mathieu.NationalNumber, right)
	for _, typed := range []string{
		"a@mail.example\r\nBcc: thief@mail.example", "a@mail.example\nSubject: x", "a@mail.example,thief@mail.example", "a@mail.example;thief@mail.example",
		"a@mail.example thief@mail.example", "<a@mail.example>", "Anna <a@mail.example>", "a@mail.example\x00", "a@mail.example%0d%0aBcc:thief@mail.example",
		"a\u2028@mail.example", "\"a\r\nBcc: b\"@mail.example", "a@mail.example(comment)", strings.Repeat("a", 65) + "@mail.example", "a@" + strings.Repeat("b.", 130) + "example",
	} {
		for path, values := range map[string]url.Values{
			"/fr/cannot-connect": {"name": {"Anna"}, "email": {typed}, "text": {"Bonjour"}},
			"/fr/account/email":  {"email": {typed}, "current": {right}, "sure": {typed}},
		} {
			v := c.visitor(t)
			if strings.HasPrefix(path, "/fr/account") {
				v = in
			}
			c.later(2 * time.Minute)
			if resp, _ := v.post(path, formURL, values.Encode()); resp.StatusCode != http.StatusUnprocessableEntity && resp.StatusCode != http.StatusBadRequest {
				t.Errorf("%s takes %q: %s", path, typed, resp.Status)
			}
		}
	}
	if mails := c.mails(t); len(mails) != 0 {
		t.Errorf("%d mails left", len(mails))
	}
}

// Whoever writes in somebody's name sends her no more than some mails, however her
// address is spelled.
func TestContactIsNoBomb(t *testing.T) {
	c := open(t, func(cfg *portal.Config) { cfg.PostsPerMinute = 1 << 20 })
	sent := 0
	for i := range 16 {
		c.later(20 * time.Minute)
		domain := []byte("mail")
		spelled := "anna@"
		for bit, letter := range domain { // fullwidth letters are the same domain
			if i>>bit&1 == 1 {
				spelled += string(rune(letter) - 'a' + 'ａ')
			} else {
				spelled += string(rune(letter))
			}
		}
		resp, _ := c.visitor(t).send("/fr/cannot-connect", url.Values{"name": {"Anna"}, "email": {spelled + ".example"}, "text": {"Bonjour"}})
		wantStatus(t, spelled, resp, http.StatusSeeOther)
		sent += len(c.mails(t))
	}
	if sent > 5 {
		t.Errorf("%d mails to one mailbox, want 5 at most", sent)
	}
}

// What a browser says of where it comes from is not believed: a network that guesses is
// slowed down under any name.
func TestForwardedForIsNotBelieved(t *testing.T) {
	c := open(t, cheap, func(cfg *portal.Config) { cfg.PostsPerMinute = 1 << 20 })
	slowed := 0
	for i := range 40 {
		r := httptest.NewRequest(http.MethodPost, origin+"/fr/sign-in/password",
			strings.NewReader(url.Values{"identifier": {number(i)}, "password": {"guess"}}.Encode()))
		r.Header.Set("Content-Type", formURL)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "True-Client-Ip", "Cf-Connecting-Ip"} {
			r.Header.Set(name, fmt.Sprintf("203.0.113.%d", i))
		}
		if resp, _ := c.visitor(t).ask(r); resp.StatusCode == http.StatusTooManyRequests {
			slowed++
		}
	}
	if slowed < 10 {
		t.Errorf("40 guesses under 40 names: %d were slowed down", slowed)
	}
}

// A thief who knows her number and code types her address and a password of his, and
// waits until she presses the link in her mailbox. What she opens is hers.
func TestLinkOpenedElsewhere(t *testing.T) {
	c, box := under(t, "unimutuelles")
	c.code(t)
	c.pair(t).sends(t)
	link, she := box.links(t, 1)[0], c.visitor(t)
	if _, body := she.get(link); !strings.Contains(body, `name="new"`) {
		t.Error("the page of the link asks her for no password")
	}
	if resp, _ := she.fill(link); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("pressed without a password: %s", resp.Status)
	}
	const hers = "Quatre loutres, 2 saumons"
	if resp, _ := she.fill(link, "new", hers, "again", hers); resp.Header.Get("Location") != "/fr/enrol/done" {
		t.Fatalf("with one of hers: %s", resp.Status)
	}
	thief := c.visitor(t)
	if thief.try("ab12cd", goodForAll); isIn(thief) {
		t.Error("the thief is in by the password that he typed")
	}
	if she.try("ab12cd", hers); !isIn(she) {
		t.Error("she is not in by hers")
	}
	if question, _, err := c.store.Question(t.Context(), "test", c.member(t)); err != nil || question != 0 {
		t.Errorf("his secret question is kept: %d, %v", question, err)
	}
}

// The message that a card came out was lost. The next card ends whoever was there.
func TestCardInEndsWhoWasThere(t *testing.T) {
	c := open(t)
	b, v := c.atBooth(t)
	v.in()
	files := filesOf(c.card)
	b.says(api.KioskCardIn, func(m *api.KioskMessage) { m.Files = &files })
	if resp, _ := v.get("/fr/home"); resp.StatusCode == http.StatusOK {
		t.Error("the next person sees who was there before")
	}
}

// The same card told of again, now that its files are read, ends nothing.
func TestCardInAgainEndsNothing(t *testing.T) {
	c := open(t)
	b, v := c.atBooth(t)
	v.in()
	files := filesOf(c.card)
	b.says(api.KioskCardIn, func(m *api.KioskMessage) { m.Files, m.Again = &files, true })
	if resp, _ := v.get("/fr/home"); resp.StatusCode != http.StatusOK {
		t.Errorf("signed out while her card was read: %d", resp.StatusCode)
	}
}
