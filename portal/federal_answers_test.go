package portal_test

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/auth/federation"
	"guichet.example/certs/certstest"
	"guichet.example/portal/federal"
	"guichet.example/portal/locale"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// Login CSRF and its relatives: a genuine answer counts in the browser that asked, once.
func TestFederalForeignAnswers(t *testing.T) {
	c, _, _ := federated(t)
	over := "/" + string(locale.FromAcceptLanguage("")) + "/sign-in/answer/over"
	hers, his := c.visitor(t), c.visitor(t)
	handle := hers.begin("/fr/sign-in/federal/csam")

	leadsTo(t, his.acs(handle, "mathieu 500"), over) // without any cookie
	his.begin("/fr/sign-in/federal/csam")
	leadsTo(t, his.acs(handle, "mathieu 500"), over) // with a cookie of his own
	leadsTo(t, hers.acs("", "mathieu 500"), over)    // unsolicited
	leadsTo(t, hers.acs(strings.Repeat("A", 43), "mathieu 500"), over)
	leadsTo(t, hers.acs("https://evil.example/", "mathieu 500"), over)
	if his.signedIn()+hers.signedIn() != "" {
		t.Fatal("somebody is in")
	}
	leadsTo(t, hers.acs(handle, "mathieu 500"), "/fr/home")
	if hers.signedIn() != "mathieu" {
		t.Error("her own answer was spoilt by his")
	}
}

// An answer for one provider is not one for another, nor by another door.
func TestFederalMixUp(t *testing.T) {
	c, _, _ := federated(t)
	v := c.visitor(t)
	handle := v.begin("/fr/sign-in/federal/csam")
	leadsTo(t, v.callback("csam", handle, "mathieu 500"), "/fr/sign-in/answer/refused?by=csam")
	handle = v.begin("/fr/sign-in/federal/itsme")
	leadsTo(t, v.callback("csam", handle, "mathieu 500"), "/fr/sign-in/answer/refused?by=itsme")
	handle = v.begin("/fr/sign-in/federal/itsme")
	leadsTo(t, v.acs(handle, "mathieu 500"), "/fr/sign-in/answer/refused?by=itsme")
	if v.signedIn() != "" {
		t.Fatal("somebody is in")
	}
	leadsTo(t, v.callback("itsme", v.begin("/fr/sign-in/federal/itsme?next=bank"), "mathieu 500"), "/fr/bank")
	if v.signedIn() != "mathieu" {
		t.Error("nobody is in")
	}
}

// A used answer is refused on another server, in another flow, and after a restart.
func TestFederalReplay(t *testing.T) {
	saml, oidc := newIDP("csam", federation.SAML), newIDP("itsme", federation.OIDC)
	c := &counter{log: new(bytes.Buffer), pki: certstest.Start(t)}
	one, two := storetest.Pair(t, func(cfg *store.Config) { cfg.Now = c.now })
	c.store = one
	c = federatedOn(t, c.build(t, with(saml, oidc)))
	other := c.second(t, two)
	v := c.visitor(t)
	leadsTo(t, v.acs(v.begin("/fr/sign-in/federal/csam"), "again"), "/fr/home")
	for _, server := range []*counter{c, other} {
		w := server.visitor(t)
		leadsTo(t, w.acs(w.begin("/fr/sign-in/federal/csam"), "again"), "/fr/sign-in/answer/refused?by=csam")
		if w.signedIn() != "" {
			t.Error("a replay signed in")
		}
	}
	// Begun at one server, answered at the other.
	v = c.visitor(t)
	handle := v.begin("/fr/sign-in/federal/csam")
	v.c = other
	leadsTo(t, v.acs(handle, "mathieu 500"), "/fr/home")
	v.c = c
	leadsTo(t, v.acs(handle, "mathieu 500"), "/"+string(locale.FromAcceptLanguage(""))+"/sign-in/answer/over")
}

// Two answers to one flow at the same moment make one session.
func TestFederalRace(t *testing.T) {
	c, i, _ := federated(t)
	v := c.visitor(t)
	handle := v.begin("/fr/sign-in/federal/csam")
	fixed, err := person(i, mathieu.NationalNumber, 500)(federation.Flow{})
	ok(t, err)
	i.says["same"] = func(federation.Flow) (federation.Identity, error) { return fixed, nil }
	var wg sync.WaitGroup
	in := make(chan bool, 8)
	for range cap(in) {
		wg.Go(func() {
			w := &visitor{t: t, c: c, cookies: map[string]string{"__Host-federal": v.cookies["__Host-federal"]}}
			in <- w.acs(handle, "same").Header.Get("Location") == "/fr/home"
		})
	}
	wg.Wait()
	close(in)
	sessions := 0
	for one := range in {
		if one {
			sessions++
		}
	}
	if sessions != 1 {
		t.Errorf("%d sessions of one answer", sessions)
	}
}

func TestFederalFlowEnds(t *testing.T) {
	c, _, _ := federated(t)
	v := c.visitor(t)
	handle := v.begin("/fr/sign-in/federal/csam")
	c.later(federation.FlowLife + time.Second)
	leadsTo(t, v.acs(handle, "mathieu 500"), "/"+string(locale.FromAcceptLanguage(""))+"/sign-in/answer/over")
}

// What the form may not be.

// A session that began in the same browser by another door, while she was at the provider,
// ends with the answer: it brings no cookie that would say so.
func TestFederalTwoTabs(t *testing.T) {
	for name, answer := range map[string]func(v *visitor, handle string) *http.Response{
		"csam":  func(v *visitor, handle string) *http.Response { return v.acs(handle, "mathieu 500") },
		"itsme": func(v *visitor, handle string) *http.Response { return v.callback("itsme", handle, "mathieu 500") },
	} {
		c, _, _ := federated(t)
		v, other := c.visitor(t), c.visitor(t)
		handle := v.begin("/fr/sign-in/federal/" + name)
		v.signIn(c.card)
		other.signIn(c.card)
		older := v.cookies["__Host-session"]
		if older == "" || v.signedIn() != "mathieu" {
			t.Fatalf("%s: the card opened nothing", name)
		}
		leadsTo(t, answer(v, handle), "/fr/home")
		if v.cookies["__Host-session"] == older || v.signedIn() != "mathieu" {
			t.Errorf("%s: the answer began no session", name)
		}
		stale := c.visitor(t)
		stale.cookies["__Host-session"] = older
		if stale.signedIn() != "" {
			t.Errorf("%s: the session of the other tab lives on", name)
		}
		if other.signedIn() != "mathieu" {
			t.Errorf("%s: a session of another browser ended", name)
		}
	}
}

// What a page asks of a provider ends long before the server gives up the page.
func TestFederalPatience(t *testing.T) {
	c := open(t)
	if limit := c.Server().WriteTimeout; limit < 2*federal.Patience {
		t.Errorf("providers may take %v of the %v that a page has", federal.Patience, limit)
	}
}
