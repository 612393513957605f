package portal_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"guichet.example/auth/federation"
	"guichet.example/certs/certstest"
	"guichet.example/portal"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/profile"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// servers are two of one counter, on one PostgreSQL.
func servers(t *testing.T, with ...func(*portal.Config)) [2]*counter {
	t.Helper()
	c := &counter{log: new(bytes.Buffer), pki: certstest.Start(t)}
	one, two := storetest.Pair(t, func(cfg *store.Config) { cfg.Now = c.now })
	c.store = one
	c.build(t, append(with, cheap)...)
	return [2]*counter{c, c.second(t, two)}
}

// A link that is opened on both servers at once sets one password.
func TestServersShareLink(t *testing.T) {
	both := servers(t)
	both[0].enrolled(t, certified)
	link := both[0].resetLink(t)
	resp, _ := both[1].visitor(t).get(link)
	wantStatus(t, "looking at a link of the other server", resp, http.StatusOK)
	answers := make([]int, 8)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() {
			resp, _ := both[i%2].visitor(t).redeem(link, other)
			answers[i] = resp.StatusCode
		})
	}
	group.Wait()
	set := 0
	for _, status := range answers {
		switch status {
		case http.StatusSeeOther:
			set++
		case http.StatusGone:
		default:
			t.Errorf("a link that another server used: %d", status)
		}
	}
	if set != 1 {
		t.Errorf("one link set %d passwords: %v", set, answers)
	}
	for i, c := range both {
		resp, _ := c.visitor(t).get(link)
		wantStatus(t, fmt.Sprintf("the used link on server %d", i), resp, http.StatusGone)
		v := c.visitor(t)
		if v.try(mathieu.NationalNumber, other); !isIn(v) {
			t.Errorf("the new password does not open on server %d", i)
		}
	}
}

// Guesses at a letter's code count together, on whichever server they are made.
func TestServersCountGuesses(t *testing.T) {
	both := servers(t)
	id := both[0].member(t)
	ok(t, both[0].Classic().Enrol(t.Context(), credentials.Enrolment{Member: id, State: credentials.Pending}))
	code, err := both[0].Classic().Issue(t.Context(), credentials.Grant{Member: id, Purpose: credentials.ActivateLetter})
	ok(t, err)
	judged := 0
	for i := range 100 {
		resp, _ := both[i%2].visitor(t).try(mathieu.NationalNumber, fmt.Sprintf("0000-0000-%04d", i))
		if resp.StatusCode == http.StatusUnprocessableEntity {
			judged++
		}
		both[0].later(credentials.MaxDelay)
	}
	for i, c := range both {
		resp, _ := c.visitor(t).try(mathieu.NationalNumber, "0000-0000-9999")
		wantStatus(t, fmt.Sprintf("after a hundred guesses, on server %d", i), resp, http.StatusTooManyRequests)
	}
	if judged == 0 || judged > 90 {
		t.Errorf("%d guesses of 100 were judged", judged)
	}
	resp, _ := both[1].visitor(t).try(mathieu.NationalNumber, code)
	if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || !strings.Contains(to, "sign-in/password/new") {
		t.Errorf("the right code, on the other server: %s to %q", resp.Status, to)
	}
}

// Who enrols by her card on both servers at once opens one account.
func TestServersShareEnrolment(t *testing.T) {
	p, err := profile.Load("emut")
	ok(t, err)
	both := servers(t, func(cfg *portal.Config) { cfg.Profile = p })
	first := make([]bool, 6)
	var group sync.WaitGroup
	for i := range first {
		group.Go(func() {
			_, body := both[i%2].visitor(t).signIn(both[0].card)
			first[i] = strings.Contains(body, "/fr/enrol/opened")
		})
	}
	group.Wait()
	opened, rows := 0, 0
	for _, yes := range first {
		if yes {
			opened++
		}
	}
	ok(t, both[1].store.AuditRows(t.Context(), func(e audit.Entry) error {
		if e.Action == audit.Enrol && e.Outcome == audit.Done {
			rows++
		}
		return nil
	}))
	if opened != 1 || rows != 1 {
		t.Errorf("%d sign-ins opened an account, with %d rows", opened, rows)
	}
}

// One nonce opens one session: a token that is sent to both servers at once, by the browser
// that asked for the nonce, counts on one of them, and on none later.
func TestServersShareNonce(t *testing.T) {
	both := servers(t)
	v := both[0].visitor(t)
	signed := token(t, both[0].card, origin, v.challenge())
	thief := func(server int) bool {
		w := both[server].visitor(t)
		w.cookies["__Host-browser"] = v.cookies["__Host-browser"]
		resp, _ := w.post("/fr/sign-in/card", "application/json", signed)
		return resp.StatusCode == http.StatusOK
	}
	if n := atOnceOn(thief); n != 1 {
		t.Errorf("one nonce opened %d sessions", n)
	}
	if thief(0) || thief(1) {
		t.Error("a used nonce opens a session")
	}
}

// One answer of a provider opens one session, whichever servers it is sent to at once.
func TestServersShareAnswer(t *testing.T) {
	saml, oidc := newIDP("csam", federation.SAML), newIDP("itsme", federation.OIDC)
	both := servers(t, with(saml, oidc))
	federatedOn(t, both[0])
	for i, door := range []*idp{saml, oidc} {
		fixed, err := person(door, mathieu.NationalNumber, 450)(federation.Flow{})
		ok(t, err)
		door.says["same"] = func(federation.Flow) (federation.Identity, error) { return fixed, nil }
		v := both[i].visitor(t)
		handle := v.begin("/fr/sign-in/federal/" + door.ID())
		opened := atOnceOn(func(server int) bool {
			w := both[server].visitor(t)
			w.cookies["__Host-federal"] = v.cookies["__Host-federal"]
			var resp *http.Response
			if door == saml {
				resp = w.acs(handle, "same")
			} else {
				resp = w.callback("itsme", handle, "same")
			}
			return resp.Header.Get("Location") == "/fr/home" && w.signedIn() == "mathieu"
		})
		if opened != 1 {
			t.Errorf("%s: one answer opened %d sessions", door.ID(), opened)
		}
	}
}

// atOnceOn does something on both servers at once, several times, and counts the successes.
func atOnceOn(do func(server int) bool) (n int) {
	var group sync.WaitGroup
	done := make([]bool, 12)
	for i := range done {
		group.Go(func() { done[i] = do(i % 2) })
	}
	group.Wait()
	for _, one := range done {
		if one {
			n++
		}
	}
	return n
}
