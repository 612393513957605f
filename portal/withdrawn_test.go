package portal_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/office"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// twoServers are two counters on one PostgreSQL, as behind a load balancer.
func twoServers(t *testing.T) (w *town, b *counter) {
	t.Helper()
	cfg := storetest.Config(t, storetest.PostgreSQL)
	w = openTown(t, cfg)
	cfg.Anchors += "-b"
	return w, w.second(t, storetest.OpenConfig(t, cfg, func(cfg *store.Config) { cfg.Now = w.now }))
}

// at is the same browser, whose next requests another server answers.
func (v *visitor) at(c *counter) *visitor {
	return &visitor{t: v.t, c: c, cookies: maps.Clone(v.cookies)}
}

func (v *visitor) reads(path string) bool {
	v.t.Helper()
	resp, _ := v.get(path)
	return resp.StatusCode == http.StatusOK
}

// What is taken away at one server is gone at the other with the next request.
func TestWithdrawnAtOneServerIsOutAtTheOther(t *testing.T) {
	w, b := twoServers(t)
	withdrawals(t, t, w, b)
}

func withdrawals(t *testing.T, found told, w *town, b *counter) {
	t.Helper()
	me := w.members[0]
	staffID, card := w.colleague(t, bea, auth.Advisor)
	officer := func() *visitor {
		v := w.visitor(t)
		v.atOffice(card)
		return v
	}
	file := func() string { return "/fr/office/files/" + w.opening("all", me) }
	account := func(to, reason string) {
		w.desks["all"].wants("POST", file()+"/account", url.Values{"to": {to}, "reason": {reason}, "words": {"x"}}, http.StatusSeeOther)
	}
	command := office.By{Mutuality: "test"}
	in := func(way string) *visitor {
		v := w.visitor(t)
		w.comesIn(v, me, way)
		return v
	}
	for _, withdrawal := range []struct {
		what string
		who  func() *visitor
		page string
		act  func(v *visitor)
		undo func()
	}{
		{"signing out", func() *visitor { return in("card") }, "/fr/account", func(v *visitor) { v.send("/fr/sign-out", nil) }, nil},
		{"signing out of a federal session", func() *visitor { return in("csam500") }, "/fr/account", func(v *visitor) { v.send("/fr/sign-out", nil) }, nil},
		{"another session, ended from the list", func() *visitor { return in("password") }, "/fr/account", func(*visitor) {
			list, err := w.store.SignIns(t.Context(), auth.Login{Mutuality: "test", Member: me.id}, 1)
			ok(t, err)
			in("card").send("/fr/account/sessions/"+list[0].Session+"/end", nil)
		}, nil},
		{"a sign-in that was not hers", func() *visitor { return in("password") }, "/fr/account", func(*visitor) {
			list, err := w.store.SignIns(t.Context(), auth.Login{Mutuality: "test", Member: me.id}, 1)
			ok(t, err)
			in("card").send("/fr/account/sign-ins/"+list[0].Session+"/deny", nil)
		}, nil},
		{"a closed account, by card", func() *visitor { return in("card") }, "/fr/account",
			func(*visitor) { account("disabled", "security") }, func() { account("active", "cleared") }},
		{"a closed account, by password", func() *visitor { return in("password") }, "/fr/account",
			func(*visitor) { account("disabled", "security") }, func() { account("active", "cleared") }},
		{"a session at the other server's word", func() *visitor { return in("card") }, "/fr/account", func(v *visitor) { v.at(b).send("/fr/sign-out", nil) }, nil},
		{"an officer who signs out", officer, "/fr/office/queue", func(v *visitor) { v.send("/fr/office/sign-out", nil) }, nil},
		{"a role", officer, "/fr/office/queue", func(*visitor) {
			ok(t, w.store.ChangeStaff(t.Context(), command, office.Colleague{ID: staffID, Name: "Bea Bis", Language: "fr", Revision: 1, Roles: []auth.Role{auth.Mailroom}}))
		}, func() {
			ok(t, w.store.ChangeStaff(t.Context(), command, office.Colleague{ID: staffID, Name: "Bea Bis", Language: "fr", Revision: 2, Roles: []auth.Role{auth.Advisor}}))
		}},
		{"an officer who is disabled", officer, "/fr/office/queue", func(*visitor) { ok(t, w.store.DisableStaff(t.Context(), command, staffID, true)) },
			func() { ok(t, w.store.DisableStaff(t.Context(), command, staffID, false)) }},
	} {
		v := withdrawal.who()
		there := v.at(b)
		if !v.reads(withdrawal.page) || !there.reads(withdrawal.page) {
			t.Fatalf("%s: it was not there before", withdrawal.what)
		}
		cookies := maps.Clone(v.cookies)
		withdrawal.act(v)
		v.cookies = cookies
		if there.reads(withdrawal.page) || v.reads(withdrawal.page) {
			found.Errorf("%s: still in", withdrawal.what)
		}
		if withdrawal.undo != nil {
			withdrawal.undo()
			if v.at(b).reads(withdrawal.page) != (withdrawal.what == "a role") {
				found.Errorf("%s: undone, the old session lives: %t", withdrawal.what, withdrawal.what != "a role")
			}
		}
	}
}

// Who is shut out comes in by no way, at either server.
func TestShutOutByEveryWay(t *testing.T) {
	w, b := twoServers(t)
	me := w.members[0]
	w.password(me)
	enters := func(c *counter, way string) bool {
		v := c.visitor(t)
		switch way {
		case "card":
			v.signIn(me.card)
		case "password":
			v.try(me.NationalNumber, passphrase)
		default:
			v.acs(v.begin("/fr/sign-in/federal/csam"), me.Surname+"500")
		}
		return v.cookies["__Host-session"] != "" || isIn(v)
	}
	ways := []string{"card", "password", "federal"}
	for _, way := range ways {
		if !enters(w.counter, way) || !enters(b, way) {
			t.Fatalf("by %s: not in, when all is well", way)
		}
	}
	w.desks["all"].wants("POST", "/fr/office/files/"+w.opening("all", me)+"/account",
		url.Values{"to": {"disabled"}, "reason": {"security"}, "words": {"x"}}, http.StatusSeeOther)
	for _, way := range ways {
		if enters(w.counter, way) || enters(b, way) {
			t.Errorf("by %s into a closed account", way)
		}
	}
}

// A revoked card opens nothing at the next sign-in, member's or officer's.
func TestRevokedCardIsOut(t *testing.T) {
	w, b := twoServers(t)
	me := w.members[0]
	_, card := w.colleague(t, bea, auth.Advisor)
	ok(t, w.pki.Revoke(me.card.Authentication.Certificate, time.Time{}, 1))
	ok(t, w.pki.Revoke(card.Authentication.Certificate, time.Time{}, 1))
	for _, c := range []*counter{w.counter, b} {
		v := c.visitor(t)
		if resp, body := v.signIn(me.card); resp.StatusCode != http.StatusForbidden || isIn(v) || !strings.Contains(body, "cert_revoked") {
			t.Errorf("a member's: %s %s", resp.Status, body)
		}
		if resp, body := v.atOffice(card); resp.StatusCode != http.StatusForbidden || v.cookies["__Host-office"] != "" {
			t.Errorf("an officer's: %s %s", resp.Status, body)
		}
	}
}
