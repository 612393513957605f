package portal_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	crew "github.com/crewjam/saml"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/oidc"
	"guichet.example/auth/federation/saml"
	"guichet.example/portal"
	"guichet.example/portal/federal"
)

var stage = map[string]string{"fr": "Clé", "nl": "Sleutel", "de": "Schlüssel", "en": "Key"}

// atSAML is a counter with a real SAML provider over the wire of the messages.
func atSAML(t *testing.T) (*counter, *federationtest.SAML) {
	t.Helper()
	idp, err := federationtest.NewSAML("http://127.0.0.1:1/saml")
	ok(t, err)
	key, cert, err := federationtest.NewKey("counter", time.Now())
	ok(t, err)
	party, err := saml.NewParty(origin+"/federation", origin+federal.ACSPath, origin+federal.SAMLLogoutPath, saml.KeyPair{Key: key, Certificate: cert})
	ok(t, err)
	ours, err := party.Metadata()
	ok(t, err)
	ok(t, idp.Trust(ours))
	theirs, err := idp.Metadata()
	ok(t, err)
	file := filepath.Join(t.TempDir(), "idp.xml")
	ok(t, os.WriteFile(file, theirs, 0o600))
	p, err := saml.New(saml.Settings{ID: "csam", Names: stage, EntityID: idp.EntityID(), Metadata: file}, party, saml.Options{Rand: rand.Reader, Loopback: true})
	ok(t, err)
	c := open(t, func(cfg *portal.Config) {
		cfg.Federation, cfg.SAML = []federal.Way{{Provider: p, SignIn: 200, Approve: 400, Top: 500}}, party
	})
	return c, idp
}

// throughSAML signs in at the provider and returns its answer.
func (v *visitor) throughSAML(idp *federationtest.SAML) *federationtest.SAMLAnswer {
	v.t.Helper()
	resp, _ := v.get("/fr/sign-in/federal/csam")
	answer, err := idp.Answer(resp.Header.Get("Location"), federationtest.Choice{Level: 500,
		Person: federationtest.Person{Number: mathieu.NationalNumber, GivenNames: "Mathieu", Surname: "Delcourt"}})
	ok(v.t, err)
	r := httptest.NewRequest(http.MethodPost, origin+federal.ACSPath, strings.NewReader(answer.Values().Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	resp, _ = v.ask(r)
	leadsIn(v.t, resp)
	return answer
}

func TestSAMLMetadata(t *testing.T) {
	c, _ := atSAML(t)
	resp, body := c.visitor(t).get(federal.MetadataPath)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/samlmetadata+xml" ||
		!strings.Contains(body, origin+federal.ACSPath) || !strings.Contains(body, origin+federal.SAMLLogoutPath) {
		t.Errorf("metadata: %s", resp.Status)
	}
	if resp, _ := open(t).visitor(t).get(federal.MetadataPath); resp.StatusCode != http.StatusNotFound {
		t.Errorf("metadata without a SAML provider: %s", resp.Status)
	}
}

// A provider's signed word ends exactly the sessions it names, once; anybody else's none.
func TestSAMLLogoutRequest(t *testing.T) {
	c, idp := atSAML(t)
	first, second := c.visitor(t), c.visitor(t)
	answer := first.throughSAML(idp)
	second.throughSAML(idp)
	name := crew.NameID{Format: string(crew.TransientNameIDFormat), Value: answer.Find("NameID").Text(),
		NameQualifier: idp.EntityID(), SPNameQualifier: origin + "/federation"}
	index := answer.Find("AuthnStatement").SelectAttrValue("SessionIndex", "")
	party := origin + "/federation"
	genuine := idp.SignQuery("SAMLRequest", idp.LogoutRequest(party, name, index), "their-state")
	stranger, err := federationtest.NewSAML("http://127.0.0.1:1/saml")
	ok(t, err)
	other := name
	other.Value = "_somebody"
	unsigned, _, _ := strings.Cut(genuine, "&SigAlg=")
	for what, query := range map[string]string{
		"unsigned": unsigned, "of a stranger": stranger.SignQuery("SAMLRequest", idp.LogoutRequest(party, name, index), ""),
		"altered":   strings.Replace(genuine, "their-state", "other-state", 1),
		"of nobody": idp.SignQuery("SAMLRequest", idp.LogoutRequest(party, other, index), ""),
	} {
		resp, _ := c.visitor(t).get(federal.SAMLLogoutPath + "?" + query)
		if first.signedIn() != "mathieu" || second.signedIn() != "mathieu" {
			t.Fatalf("a logout request %s ended a session: %s", what, resp.Status)
		}
	}
	resp, _ := c.visitor(t).get(federal.SAMLLogoutPath + "?" + genuine)
	to := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "http://127.0.0.1:1/saml/slo?SAMLResponse=") || !strings.Contains(to, "RelayState=their-state") || !strings.Contains(to, "&Signature=") {
		t.Errorf("answered %s to %s", resp.Status, to)
	}
	if first.signedIn() != "" || second.signedIn() != "mathieu" {
		t.Errorf("signed in after it: %q and %q, want the first one out", first.signedIn(), second.signedIn())
	}
	resp, _ = c.visitor(t).get(federal.SAMLLogoutPath + "?" + genuine)
	if to := resp.Header.Get("Location"); !strings.Contains(to, "/sign-in/answer/refused") {
		t.Errorf("replayed: %s to %s", resp.Status, to)
	}
}

// The answer to our own request brings the browser back in its language.
func TestSAMLLogoutAnswer(t *testing.T) {
	c, idp := atSAML(t)
	v := c.visitor(t)
	v.throughSAML(idp)
	resp, _ := v.post("/nl/sign-out/everywhere", "application/x-www-form-urlencoded", "")
	_, out, _ := strings.Cut(resp.Header.Get("Refresh"), "url=")
	w := httptest.NewRecorder()
	idp.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, out, nil))
	back, err := url.Parse(w.Header().Get("Location"))
	ok(t, err)
	if resp.StatusCode != http.StatusOK || v.signedIn() != "" || back.Path != federal.SAMLLogoutPath {
		t.Fatalf("sign-out: %s, the provider sends to %s", resp.Status, back)
	}
	resp, _ = v.get(back.RequestURI())
	leadsTo(t, resp, "/nl/signed-out/everywhere")
}

// atOIDC is a counter with a real OpenID provider over HTTP; its back channel leads to
// the counter.
func atOIDC(t *testing.T) (*counter, *federationtest.OIDC) {
	t.Helper()
	var c atomic.Pointer[counter]
	channel := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = strings.TrimPrefix(origin, "https://")
		c.Load().Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(channel.Close)
	callback := origin + strings.ReplaceAll(federal.CallbackPath, ":provider", "csam")
	idp, err := federationtest.StartOIDC(federationtest.OIDCConfig{
		Choose: func(http.ResponseWriter, *http.Request, federationtest.Question) (federationtest.Choice, bool) {
			return federationtest.Choice{Level: 500, Person: federationtest.Person{Number: mathieu.NationalNumber}}, true
		},
		Clients: []federationtest.Client{{ID: "counter", Secret: "a secret of the counter", Redirects: []string{callback},
			BackChannel: channel.URL + strings.ReplaceAll(federal.OIDCLogoutPath, ":provider", "csam"),
			AfterLogout: []string{origin + federal.ReturnPath}}}})
	ok(t, err)
	t.Cleanup(func() { idp.Close() })
	secret := filepath.Join(t.TempDir(), "secret")
	ok(t, os.WriteFile(secret, []byte("a secret of the counter"), 0o600))
	p, err := oidc.New(oidc.Settings{ID: "csam", Names: stage, Shape: oidc.FAS, Issuer: idp.Issuer(), ClientID: "counter", SecretFile: secret},
		oidc.Options{Callback: callback, Loopback: true, Rand: rand.Reader})
	ok(t, err)
	c.Store(open(t, func(cfg *portal.Config) {
		cfg.Federation = []federal.Way{{Provider: p, SignIn: 200, Approve: 400, Top: 500}}
	}))
	return c.Load(), idp
}

func (v *visitor) throughOIDC(idp *federationtest.OIDC) {
	v.t.Helper()
	resp, _ := v.get("/fr/sign-in/federal/csam")
	w := httptest.NewRecorder()
	idp.ServeHTTP(w, httptest.NewRequest(http.MethodGet, resp.Header.Get("Location"), nil))
	back, err := url.Parse(w.Header().Get("Location"))
	ok(v.t, err)
	resp, _ = v.get(back.RequestURI())
	leadsIn(v.t, resp)
}

// The provider's back channel ends all sessions it speaks of, without a browser.
func TestOIDCBackChannel(t *testing.T) {
	c, idp := atOIDC(t)
	v, w := c.visitor(t), c.visitor(t)
	v.throughOIDC(idp)
	w.throughOIDC(idp)
	for what, token := range map[string]string{"nothing": "", "nonsense": "a.b.c"} {
		r := httptest.NewRequest(http.MethodPost, origin+"/federation/oidc/csam/logout", strings.NewReader(url.Values{"logout_token": {token}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if resp, _ := c.visitor(t).ask(r); resp.StatusCode != http.StatusBadRequest || v.signedIn() != "mathieu" {
			t.Errorf("%s in the back channel: %s", what, resp.Status)
		}
	}
	r := httptest.NewRequest(http.MethodPost, origin+"/federation/oidc/other/logout", strings.NewReader("logout_token=x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if resp, _ := c.visitor(t).ask(r); resp.StatusCode != http.StatusNotFound {
		t.Errorf("the back channel of nobody: %s", resp.Status)
	}
	ok(t, idp.EndAll(t.Context()))
	if v.signedIn()+w.signedIn() != "" {
		t.Errorf("signed in after it: %q and %q", v.signedIn(), w.signedIn())
	}
}

// An answer of a real provider, replayed with its flow and in another one.
func TestSAMLReplay(t *testing.T) {
	c, idp := atSAML(t)
	v := c.visitor(t)
	answer := v.throughSAML(idp)
	attacker := c.visitor(t)
	handle := attacker.beginAt("/fr/sign-in/federal/csam")
	form := answer.Values()
	for _, relay := range []string{form.Get("RelayState"), handle} {
		form.Set("RelayState", relay)
		r := httptest.NewRequest(http.MethodPost, origin+federal.ACSPath, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		resp, _ := attacker.ask(r)
		if to := resp.Header.Get("Location"); !strings.Contains(to, "/sign-in/answer/") || attacker.signedIn() != "" {
			t.Errorf("replayed: %s to %s", resp.Status, to)
		}
	}
}

// beginAt starts at a provider and returns the handle.
func (v *visitor) beginAt(path string) string {
	v.t.Helper()
	resp, _ := v.get(path)
	to, err := url.Parse(resp.Header.Get("Location"))
	ok(v.t, err)
	handle := to.Query().Get("RelayState")
	if !federation.IsHandle(handle) {
		v.t.Fatalf("start leads to %s", to)
	}
	return handle
}
