package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"guichet.example/auth/federation"
	"guichet.example/portal/credentials"
)

// A closed account is told so to a federal login, with either protocol, and lets nobody
// in; what she writes then reaches staff under a number.
func TestFederalClosedAccount(t *testing.T) {
	saml, oidc := newIDP("csam", federation.SAML), newIDP("itsme", federation.OIDC)
	c := open(t, cheap, with(saml, oidc))
	c.enrolled(t, func(e *credentials.Enrolment) { e.State = credentials.Disabled })
	for name, comeIn := range map[string]func(v *visitor) *http.Response{
		"saml": func(v *visitor) *http.Response {
			return v.acs(v.begin("/fr/sign-in/federal/csam?next=bank"), "mathieu 500")
		},
		"oidc": func(v *visitor) *http.Response {
			return v.callback("itsme", v.begin("/fr/sign-in/federal/itsme?next=bank"), "mathieu 400")
		},
	} {
		v := c.visitor(t)
		if resp, _ := v.get("/fr/sign-in/disabled"); resp.StatusCode == http.StatusOK {
			t.Errorf("%s: who proved nothing reads that an account is closed", name)
		}
		leadsTo(t, comeIn(v), "/fr/sign-in/disabled")
		if who := v.signedIn(); who != "" {
			t.Errorf("%s: a closed account opens the file of %s", name, who)
		}
		resp, _ := v.get("/fr/sign-in/disabled")
		wantStatus(t, name+": the page of a closed account", resp, http.StatusOK)
		resp, _ = v.post("/fr/sign-in/disabled", formURL, url.Values{"said": {"Je voudrais revenir."}}.Encode())
		if !strings.Contains(resp.Header.Get("Location"), "reference=") {
			t.Errorf("%s: asked: %s to %q", name, resp.Status, resp.Header.Get("Location"))
		}
	}
}

// The page of an act that is closed to a session offers every way that opens it, and each
// way comes back to the act.
func TestStepUpKeepsThePlace(t *testing.T) {
	saml, oidc := newIDP("csam", federation.SAML), newIDP("itsme", federation.OIDC)
	c := open(t, cheap, with(saml, oidc))
	c.enrolled(t, func(*credentials.Enrolment) {})
	for name, comeIn := range map[string]func(v *visitor){
		"password": func(v *visitor) { v.try(mathieu.NationalNumber, right) },
		"federal":  func(v *visitor) { v.acs(v.begin("/fr/sign-in/federal/csam"), "mathieu 300") },
	} {
		v := c.visitor(t)
		comeIn(v)
		resp, body := v.get("/fr/bank/change")
		wantStatus(t, name+": a closed act", resp, http.StatusForbidden)
		for _, way := range []string{"sign-in/card?next=bank/change", "sign-in/federal/csam?next=bank/change&amp;level=400", "sign-in/federal/itsme?next=bank/change&amp;level=400"} {
			if !strings.Contains(body, `href="/fr/`+way+`"`) {
				t.Errorf("%s: the closed act does not offer %s", name, way)
			}
		}
		_, body = v.get("/fr/sign-in/card?next=bank/change")
		if !strings.Contains(body, "/fr/sign-in/card?next=bank/change") || strings.Contains(body, "/fr/sign-in/password") {
			t.Errorf("%s: the card's page forgets the place, or offers the password that was not enough", name)
		}
		if strings.Count(body, `href="/fr/bank/change"`) < 2 { // back, and another way
			t.Errorf("%s: the card's page does not lead back to the ways", name)
		}
		leadsTo(t, v.callback("itsme", v.begin("/fr/sign-in/federal/itsme?next=bank/change&level=400"), "cancel"),
			"/fr/sign-in/answer/cancelled?by=itsme&next=bank%2Fchange")
		if _, body = v.get("/fr/sign-in/answer/cancelled?by=itsme&next=bank/change"); strings.Contains(body, "n&#39;êtes pas entré") || strings.Contains(body, "n’êtes pas entré") {
			t.Errorf("%s: who is signed in reads that she is not", name)
		}
		leadsTo(t, v.acs(v.begin("/fr/sign-in/federal/csam?next=bank/change&level=400"), "mathieu 400"), "/fr/bank/change")
		if resp, _ = v.get("/fr/bank/change"); resp.StatusCode == http.StatusForbidden {
			t.Errorf("%s: a key of level 400 does not open the act", name)
		}
	}
}

// Who is not insured here may have used a key of another person, whom the provider
// remembers: the page leads back to it with the question asked anew, and only then.
func TestUnknownPersonIsAskedAnew(t *testing.T) {
	c, i, _ := federated(t)
	v := c.visitor(t)
	leadsTo(t, v.acs(v.begin("/fr/sign-in/federal/csam?next=bank"), "stranger"), "/fr/sign-in/answer/unknown?by=csam&next=bank")
	if i.flow.Force {
		t.Error("a first sign-in asks anew already")
	}
	_, body := v.get("/fr/sign-in/answer/unknown?by=csam&next=bank")
	again := "/fr/sign-in/federal/csam?next=bank&again=1"
	if !strings.Contains(body, `href="`+strings.ReplaceAll(again, "&", "&amp;")+`"`) {
		t.Fatal("who is unknown cannot try again as somebody else")
	}
	handle := v.begin(again)
	if !i.flow.Force {
		t.Error("trying again brings back the person whom the provider remembers")
	}
	leadsTo(t, v.acs(handle, "mathieu 500"), "/fr/bank")
}
