package portal_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/auth/nrn"
	"guichet.example/portal"
	"guichet.example/portal/account"
	"guichet.example/portal/credentials"
	"guichet.example/portal/federal"
	"guichet.example/portal/locale"
)

// idp is a provider that believes what the test tells it to say: the form field "say" of
// an answer is the key of what Finish returns.
type idp struct {
	id, protocol string
	begin        error
	everywhere   bool

	mu    sync.Mutex
	flow  federation.Flow
	begun int
	says  map[string]func(federation.Flow) (federation.Identity, error)
}

func (i *idp) ID() string { return i.id }
func (i *idp) Names() map[string]string {
	return map[string]string{"fr": "CSAM fr", "nl": "CSAM nl", "de": "CSAM de", "en": "CSAM en"}
}
func (i *idp) Protocol() string { return i.protocol }

func (i *idp) Begin(_ context.Context, f *federation.Flow) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f.RequestID, f.Nonce, f.Verifier = "_request", "nonce", "verifier"
	i.flow, i.begun = *f, i.begun+1
	return "https://idp.example/sso?RelayState=" + f.ID, i.begin
}

func (i *idp) Finish(_ context.Context, f federation.Flow, answer url.Values) (federation.Identity, error) {
	if f.RequestID != "_request" || f.Nonce != "nonce" || f.Verifier != "verifier" {
		return federation.Identity{}, errors.New("the flow did not come back as it was")
	}
	say, found := i.says[answer.Get("say")]
	if !found {
		return federation.Identity{}, federation.Refuse(errors.New("bad signature"))
	}
	return say(f)
}

func (i *idp) Out(_ context.Context, l federation.Logout, back string) (string, bool, error) {
	return "https://idp.example/out?name=" + l.NameID + "&back=" + url.QueryEscape(back) + "&state=" + l.State, i.everywhere, nil
}

var assertions int

// person is what the provider says of someone at a level.
func person(i *idp, number string, level int) func(federation.Flow) (federation.Identity, error) {
	return func(federation.Flow) (federation.Identity, error) {
		n, err := nrn.Parse(number)
		assertions++
		return federation.Identity{
			Provider: i.id, Issuer: "https://idp.example", Subject: "transient", Number: n, HasNumber: err == nil,
			Level: level, Assurance: auth.OfCSAM(level), At: time.Now(), Assertion: fmt.Sprint("_a", assertions),
			Until: time.Now().Add(time.Hour), Evidence: []byte("<answer/>"),
			Logout: federation.Logout{Provider: i.id, NameID: "transient", SessionIndex: "index"},
		}, nil
	}
}

const elise = "93051822361" // an insured person who is not Mathieu

func newIDP(id, protocol string) *idp {
	i := &idp{id: id, protocol: protocol}
	i.says = map[string]func(federation.Flow) (federation.Identity, error){
		"mathieu 500": person(i, mathieu.NationalNumber, 500),
		"mathieu 400": person(i, mathieu.NationalNumber, 400),
		"mathieu 300": person(i, mathieu.NationalNumber, 300),
		"mathieu 100": person(i, mathieu.NationalNumber, 100),
		"elise":       person(i, elise, 500),
		"stranger":    person(i, "72022911853", 500),
		"cancel": func(federation.Flow) (federation.Identity, error) {
			return federation.Identity{}, federation.ErrCancelled
		},
		"dead": func(federation.Flow) (federation.Identity, error) {
			return federation.Identity{}, federation.ErrUnavailable
		},
		"none": func(federation.Flow) (federation.Identity, error) {
			return federation.Identity{}, federation.ErrNoNumber
		},
		"low": func(f federation.Flow) (federation.Identity, error) {
			return federation.Identity{}, federation.LevelError{Have: 200, Asked: f.Asked}
		},
		"old": func(f federation.Flow) (federation.Identity, error) {
			id, err := person(i, mathieu.NationalNumber, 500)(f)
			id.At = f.Created.Add(-time.Hour)
			return id, err
		},
		"again": func(f federation.Flow) (federation.Identity, error) {
			id, err := person(i, mathieu.NationalNumber, 500)(f)
			id.Assertion = "_replayed"
			return id, err
		},
	}
	return i
}

// federated is a counter with a SAML provider and an OpenID provider.
func federated(t *testing.T) (*counter, *idp, *idp) {
	t.Helper()
	saml, oidc := newIDP("csam", federation.SAML), newIDP("itsme", federation.OIDC)
	return federatedOn(t, open(t, with(saml, oidc))), saml, oidc
}

func with(saml, oidc *idp) func(cfg *portal.Config) {
	return func(cfg *portal.Config) {
		cfg.Federation = []federal.Way{{Provider: saml, SignIn: 200, Approve: 400, Top: 500}, {Provider: oidc, SignIn: 300, Approve: 400, Top: 450}}
	}
}

// federatedOn adds a second member to a counter. Both have their accounts already.
func federatedOn(t *testing.T, c *counter) *counter {
	t.Helper()
	number, err := nrn.Parse(elise)
	ok(t, err)
	id, err := auth.NewMemberID(rand.Reader)
	ok(t, err)
	ok(t, c.store.AddMember(t.Context(), account.Member{Mutuality: "test", ID: id, NationalNumber: number,
		GivenNames: "Élise", Surname: "Marchal", Birth: mathieu.Birth, Street: "Rue du Pont 1", Postcode: "4000",
		Municipality: "Liège", Country: "BE", Language: "fr", Affiliation: "0305 118 423"}, nil))
	for _, member := range []auth.MemberID{id, c.member(t)} {
		ok(t, c.Classic().Enrol(t.Context(), credentials.Enrolment{Member: member, State: credentials.Active}))
	}
	return c
}

// begin starts at a provider and returns the handle that went with the browser.
func (v *visitor) begin(path string) string {
	v.t.Helper()
	resp, _ := v.get(path)
	to := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "https://idp.example/sso") {
		v.t.Fatalf("start: %s to %q", resp.Status, to)
	}
	_, handle, _ := strings.Cut(to, "RelayState=")
	return handle
}

// acs is the form that the provider's page has the browser send.
func (v *visitor) acs(handle, say string, more ...string) *http.Response {
	v.t.Helper()
	form := url.Values{"RelayState": {handle}, "say": {say}}.Encode() + strings.Join(more, "")
	r := httptest.NewRequest(http.MethodPost, origin+federal.ACSPath, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Origin", "https://idp.example")
	session := v.cookies["__Host-session"]
	delete(v.cookies, "__Host-session") // SameSite Lax
	resp, _ := v.ask(r)
	if v.cookies["__Host-session"] == "" && session != "" {
		v.cookies["__Host-session"] = session
	}
	return resp
}

func (v *visitor) callback(provider, handle, say string) *http.Response {
	v.t.Helper()
	resp, _ := v.get("/federation/oidc/" + provider + "/callback?" + url.Values{"state": {handle}, "say": {say}}.Encode())
	return resp
}

// leadsIn wants the first page of the file, on a first sign-in after the one that says
// that the account is open.
func leadsIn(t *testing.T, resp *http.Response) {
	t.Helper()
	if resp.Header.Get("Location") == "/fr/enrol/opened?next=home" {
		return
	}
	leadsTo(t, resp, "/fr/home")
}

func leadsTo(t *testing.T, resp *http.Response, want string) {
	t.Helper()
	got := resp.Header.Get("Location")
	if i := strings.Index(got, "&ref="); i > 0 {
		got = got[:i]
	}
	if resp.StatusCode != http.StatusSeeOther || got != want {
		t.Errorf("answer %s to %q, want %q", resp.Status, resp.Header.Get("Location"), want)
	}
}

// signedIn says who the account page belongs to; empty for nobody.
func (v *visitor) signedIn() string {
	v.t.Helper()
	resp, body := v.get("/fr/account")
	switch {
	case resp.StatusCode != http.StatusOK:
		return ""
	case strings.Contains(body, "Marchal"):
		return "elise"
	case strings.Contains(body, "Delcourt"):
		return "mathieu"
	}
	v.t.Fatal("an account of nobody")
	return ""
}

func TestFederalRefusals(t *testing.T) {
	for say, want := range map[string]string{
		"cancel": "cancelled?by=csam&next=bank", "dead": "unavailable?by=csam&next=bank", "none": "number?by=csam&next=bank",
		"low": "level?by=csam&level=200&next=bank", "stranger": "unknown?by=csam&next=bank",
		"mathieu 100": "level?by=csam&level=200&next=bank", "forged": "refused?by=csam&next=bank",
	} {
		c, _, _ := federated(t)
		v := c.visitor(t)
		handle := v.begin("/nl/sign-in/federal/csam?next=bank")
		resp := v.acs(handle, say)
		leadsTo(t, resp, "/nl/sign-in/answer/"+want)
		if v.cookies["__Host-session"] != "" {
			t.Errorf("%s: a session began", say)
		}
		page, body := v.get(resp.Header.Get("Location"))
		outcome, _, _ := strings.Cut(want, "?")
		if title := locale.T(locale.NL, "federal."+outcome+".title"); !strings.Contains(body, title) || page.StatusCode >= 500 && outcome != "unavailable" {
			t.Errorf("%s: page %s without %q", say, page.Status, title)
		}
		if strings.Contains(body, "bad signature") || strings.Contains(body, mathieu.NationalNumber) {
			t.Errorf("%s: the page says too much", say)
		}
		// Whatever came of it, the flow is gone.
		leadsTo(t, v.acs(handle, "mathieu 500"), "/"+string(locale.FromAcceptLanguage(""))+"/sign-in/answer/over")
		if v.cookies["__Host-session"] != "" {
			t.Errorf("%s: the second answer counted", say)
		}
	}
}

func TestFederalForm(t *testing.T) {
	c, _, _ := federated(t)
	v := c.visitor(t)
	handle := v.begin("/fr/sign-in/federal/csam")
	if resp := v.acs(handle, "mathieu 500", "&say=elise"); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a field given twice: %s", resp.Status)
	}
	if resp := v.acs(handle, "mathieu 500", "&SAMLResponse="+strings.Repeat("A", 400<<10)); resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("an endless form: %s", resp.Status)
	}
	if resp := v.acs(handle, "mathieu 500", "&SAMLResponse="+strings.Repeat("A", 300<<10)); resp.Header.Get("Location") != "/fr/home" {
		t.Errorf("a large form: %s to %s", resp.Status, resp.Header.Get("Location"))
	}
	// Every other form of another site is refused as before.
	r := httptest.NewRequest(http.MethodPost, origin+"/fr/sign-out", strings.NewReader(""))
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if resp, _ := v.ask(r); resp.StatusCode != http.StatusForbidden {
		t.Errorf("sign-out from another site: %s", resp.Status)
	}
}

func TestFederalStart(t *testing.T) {
	c, i, _ := federated(t)
	v := c.visitor(t)
	for name, header := range map[string][2]string{
		"loaded ahead": {"Sec-Purpose", "prefetch;prerender"}, "loaded ahead, older": {"Purpose", "prefetch"}, "a picture": {"Sec-Fetch-Dest", "image"},
	} {
		r := httptest.NewRequest(http.MethodGet, origin+"/fr/sign-in/federal/csam", nil)
		r.Header.Set(header[0], header[1])
		if resp, _ := v.ask(r); resp.StatusCode != http.StatusForbidden || i.begun != 0 {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
	if resp, _ := v.get("/fr/sign-in/federal/nobody"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a provider that is none: %s", resp.Status)
	}
	for query, want := range map[string]string{"": "home", "next=bank/change": "bank/change", "next=//evil.example": "home", "next=https://evil.example": "home"} {
		v.begin("/fr/sign-in/federal/csam?" + query)
		if i.flow.Return != want || i.flow.Asked != 200 || i.flow.Force || i.flow.Purpose != federation.SignIn {
			t.Errorf("%q begins %v, back to %q", query, i.flow, i.flow.Return)
		}
	}
	for level, want := range map[string]int{"450": 450, "100": 200, "999": 200, "x": 200} {
		if v.begin("/fr/sign-in/federal/csam?level=" + level); i.flow.Asked != want {
			t.Errorf("level=%s asks %d", level, i.flow.Asked)
		}
	}
	i.begin = federation.ErrUnavailable
	resp, _ := v.get("/fr/sign-in/federal/csam?next=bank")
	leadsTo(t, resp, "/fr/sign-in/answer/unavailable?by=csam&next=bank")
	if _, body := v.get(resp.Header.Get("Location")); !strings.Contains(body, `href="/fr/sign-in?next=bank"`) {
		t.Error("no other door on the page of a dead provider")
	}
}

// Pages that write although they are only read are bounded by network, as forms are.
func TestFederalOften(t *testing.T) {
	for _, path := range []string{"/fr/sign-in/federal/csam", "/federation/oidc/itsme/callback?state=x", federal.SAMLLogoutPath, "/fr/requests/x/prove?provider=csam"} {
		c := open(t, with(newIDP("csam", federation.SAML), newIDP("itsme", federation.OIDC)), func(cfg *portal.Config) { cfg.PostsPerMinute = 10 })
		v := c.visitor(t)
		for n := range 3 {
			if resp, _ := v.get(path); (resp.StatusCode == http.StatusTooManyRequests) != (n == 2) {
				t.Errorf("%s, the %d. time: %s", path, n+1, resp.Status)
			}
		}
	}
}

func TestFederalCookie(t *testing.T) {
	c, _, _ := federated(t)
	v := c.visitor(t)
	resp, _ := v.get("/fr/sign-in/federal/csam")
	for _, cookie := range resp.Cookies() {
		if cookie.Name != "__Host-federal" || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteNoneMode || cookie.Path != "/" || cookie.Domain != "" {
			t.Errorf("cookie %s", cookie)
		}
	}
	before := v.cookies["__Host-federal"]
	if v.begin("/fr/sign-in/federal/itsme"); before == "" || v.cookies["__Host-federal"] != before {
		t.Error("a second tab changed the cookie: the first one's answer would be refused")
	}
}

// What a federal login opens, and how a weaker session becomes a stronger one.
func TestFederalLevels(t *testing.T) {
	c, i, _ := federated(t)
	v := c.visitor(t)
	leadsTo(t, v.acs(v.begin("/fr/sign-in/federal/csam"), "mathieu 300"), "/fr/home")
	weak := v.cookies["__Host-session"]
	resp, body := v.get("/fr/bank/change")
	link := `href="/fr/sign-in/federal/csam?next=bank/change&amp;level=400"`
	if resp.StatusCode != http.StatusForbidden || !strings.Contains(body, link) || !strings.Contains(body, "/fr/sign-in/card?next=bank/change") {
		t.Errorf("a closed act: %s, and no way that opens it", resp.Status)
	}
	// Another person does not become her by stepping up, nor does an old proof.
	handle := v.begin("/fr/sign-in/federal/csam?next=bank/change&level=400")
	if !i.flow.Force || i.flow.Asked != 400 || i.flow.Session == "" {
		t.Errorf("the step-up asks %v", i.flow)
	}
	leadsTo(t, v.acs(handle, "elise"), "/fr/sign-in/answer/other?by=csam&next=bank%2Fchange")
	leadsTo(t, v.acs(v.begin("/fr/sign-in/federal/csam?next=bank/change&level=400"), "old"), "/fr/sign-in/answer/refused?by=csam&next=bank%2Fchange")
	leadsTo(t, v.acs(v.begin("/fr/sign-in/federal/csam?next=bank/change&level=400"), "mathieu 300"), "/fr/sign-in/answer/level?by=csam&level=400&next=bank%2Fchange")
	if v.signedIn() != "mathieu" || v.cookies["__Host-session"] != weak {
		t.Fatal("the session did not stay as it was")
	}
	leadsTo(t, v.acs(v.begin("/fr/sign-in/federal/csam?next=bank/change&level=400"), "mathieu 400"), "/fr/bank/change")
	if resp, _ := v.get("/fr/bank/change"); resp.StatusCode == http.StatusForbidden || v.cookies["__Host-session"] == weak {
		t.Errorf("after the step-up: %s to %q", resp.Status, resp.Header.Get("Location"))
	}
	stale := c.visitor(t)
	stale.cookies["__Host-session"] = weak
	if stale.signedIn() != "" {
		t.Error("the weaker session lives on")
	}
}

func TestFederalDoors(t *testing.T) {
	c, i, _ := federated(t)
	i.begin = errors.New("a dead provider")
	for _, lang := range locale.Languages() {
		resp, body := c.visitor(t).get("/" + string(lang) + "/sign-in?next=bank")
		for _, want := range []string{"/sign-in/card?next=bank", "/sign-in/federal/csam?next=bank", "/sign-in/federal/itsme?next=bank", "CSAM " + string(lang)} {
			if resp.StatusCode != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s: %s without %q", lang, resp.Status, want)
			}
		}
	}
	if i.begun != 0 {
		t.Error("the sign-in page asked a provider")
	}
	resp, _ := open(t).visitor(t).get("/fr/sign-in/federal/csam")
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("without providers: %s", resp.Status)
	}
}

func TestFederalSignOut(t *testing.T) {
	c, i, _ := federated(t)
	i.everywhere = true
	v := c.visitor(t)
	v.acs(v.begin("/de/sign-in/federal/csam"), "mathieu 500")
	if _, body := v.get("/de/home"); !strings.Contains(body, `action="/de/sign-out/everywhere"`) {
		t.Error("signing out everywhere is not offered")
	}
	token := v.cookies["__Host-session"]
	resp, body := v.post("/de/sign-out/everywhere", "application/x-www-form-urlencoded", "")
	want := "https://idp.example/out?name=transient&back=" + url.QueryEscape(origin+federal.ReturnPath) + "&state=de"
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Refresh"), "0; url="+want) || !strings.Contains(body, strings.ReplaceAll(want, "&", "&amp;")) {
		t.Errorf("sign-out: %s, on to %q", resp.Status, resp.Header.Get("Refresh"))
	}
	v.cookies["__Host-session"] = token
	if v.signedIn() != "" {
		t.Error("the session lives on")
	}
	resp, _ = v.get(federal.ReturnPath + "?state=de")
	leadsTo(t, resp, "/de/signed-out/everywhere")
	if resp, body := v.get("/de/signed-out/everywhere"); resp.StatusCode != http.StatusOK || !strings.Contains(body, locale.T(locale.DE, "federal.everywhere.title")) {
		t.Errorf("back from the provider: %s", resp.Status)
	}
	// Where the provider offers nothing, nothing is announced.
	i.everywhere = false
	v.acs(v.begin("/de/sign-in/federal/csam"), "mathieu 500")
	if _, body := v.get("/de/home"); strings.Contains(body, "sign-out/everywhere") {
		t.Error("signing out everywhere is offered where it does not work")
	}
	resp, _ = v.post("/de/sign-out/everywhere", "application/x-www-form-urlencoded", "")
	leadsTo(t, resp, "/de/signed-out")
}
