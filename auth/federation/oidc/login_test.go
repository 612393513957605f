package oidc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/oidc"
)

// genuine checks an identity against Alice.
func genuine(t *testing.T, w world, id federation.Identity, err error, level int) {
	t.Helper()
	if err != nil {
		t.Fatalf("Finish = %v", err)
	}
	alice := federationtest.Alice
	got := fmt.Sprint(id.Provider, id.Issuer, id.Number.Digits(), id.HasNumber, id.GivenNames, id.Surname, id.Email, id.Language, id.Level)
	want := fmt.Sprint("fas", w.provider.Issuer(), alice.Number, true, alice.GivenNames, alice.Surname, alice.Email, "fr", level)
	if got != want {
		t.Errorf("identity is\n%s, want\n%s", got, want)
	}
	if id.Assurance != auth.OfCSAM(level) || id.Subject == "" || len(id.Assertion) != 43 || id.Logout.SID == "" ||
		w.now().Sub(id.At).Abs() > time.Minute || id.Until.Before(w.now()) {
		t.Errorf("identity %v: assurance, subject, assertion, sid or times are wrong", id)
	}
	if id.Evidence != nil {
		t.Error("a sign-in has evidence, which nobody asked for")
	}
}

// TestApprovalHasEvidence: the tokens as the provider signed them, and its keys.
func TestApprovalHasEvidence(t *testing.T) {
	for name, s := range map[string]shape{"FAS": {}, "itsme": itsme(t)} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, s)
			f, answer := w.walk(t, 400, true)
			f.Purpose = federation.Approve
			id, err := w.party.Finish(t.Context(), f, answer)
			if err != nil {
				t.Fatalf("Finish = %v", err)
			}
			var evidence struct {
				IDToken  string            `json:"id_token"`
				UserInfo string            `json:"userinfo"`
				Keys     []json.RawMessage `json:"keys"`
			}
			if err := json.Unmarshal(id.Evidence, &evidence); err != nil || strings.Count(evidence.IDToken, ".") != 2 ||
				strings.Count(evidence.UserInfo, ".") != 2 || len(evidence.Keys) != 1 {
				t.Fatalf("evidence %v, ID token of %d bytes, %d keys", err, len(evidence.IDToken), len(evidence.Keys))
			}
			if strings.Contains(string(evidence.Keys[0]), `"d"`) {
				t.Error("evidence holds a private key")
			}
		})
	}
}

func TestLoginAtFAS(t *testing.T) {
	w := newWorld(t, shape{})
	f, address := w.begin(t, 400, true)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"response_type": "code", "client_id": clientID, "redirect_uri": callback, "state": f.ID, "nonce": f.Nonce,
		"scope": "openid profile egovnrn", "acr_values": "urn:be:fedict:iam:fas:citizen:Level400", "code_challenge_method": "S256",
		"prompt": "login", "max_age": "0", "ui_locales": "fr", "claims": "",
	} {
		if got := u.Query().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if strings.Contains(address, f.Verifier) || len(f.Verifier) != 43 || f.Verifier == f.Nonce {
		t.Error("the verifier is in the address, or is none")
	}
	id, err := w.party.Finish(t.Context(), f, visit(t, address))
	genuine(t, w, id, err, 500)
	if id.Logout.TokenHint == "" {
		t.Error("no hint for the logout")
	}
}

func TestLevelsAreAskedInBothSpellings(t *testing.T) {
	w := newWorld(t, shape{settings: func(s *oidc.Settings) { s.OlderLevels = true }})
	_, address := w.begin(t, 300, false)
	if u, _ := url.Parse(address); u.Query().Get("acr_values") != "urn:be:fedict:iam:fas:Level300" {
		t.Errorf("asked %s", u.Query().Get("acr_values"))
	}
}

func TestEachClientAuthentication(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	long, err := federationtest.RSAKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]shape{
		"client_secret_basic": {},
		"client_secret_post":  {settings: func(s *oidc.Settings) { s.ClientAuth = oidc.SecretPost }},
		"private_key_jwt, P-256": {
			settings: func(s *oidc.Settings) { s.SecretFile, s.KeyFile = "", writeKey(t, key) },
			client:   func(c *federationtest.Client) { c.Secret, c.Key = "", &key.PublicKey }},
		"private_key_jwt, RSA": {
			settings: func(s *oidc.Settings) { s.SecretFile, s.KeyFile, s.KeyID = "", writeKey(t, long), "ours" },
			client:   func(c *federationtest.Client) { c.Secret, c.Key = "", &long.PublicKey }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, s)
			for range 2 { // the second assertion is a fresh one
				id, err := w.login(t, 200, false)
				genuine(t, w, id, err, 500)
			}
		})
	}
}

// itsme is the shape of itsme: everything sealed, the number asked for by name.
func itsme(t testing.TB) shape {
	t.Helper()
	key, err := federationtest.RSAKey()
	if err != nil {
		t.Fatal(err)
	}
	return shape{
		settings: func(s *oidc.Settings) {
			s.Shape, s.Encrypted, s.DecryptionKeyFiles = oidc.Itsme, true, []string{writeKey(t, key)}
			s.SecretFile, s.KeyFile = "", writeKey(t, key)
			s.Scopes = []string{"service:GUICHET", "profile"}
		},
		client: func(c *federationtest.Client) {
			c.Secret, c.Key, c.SealTo, c.SealToID = "", &key.PublicKey, &key.PublicKey, "named-by-them"
		},
		config: func(c *federationtest.OIDCConfig) { c.Shape = federationtest.Itsme },
	}
}

func TestLoginAtItsme(t *testing.T) {
	w := newWorld(t, itsme(t))
	f, address := w.begin(t, 400, false)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if got := u.Query().Get("acr_values"); got != federation.ItsmeBasic {
		t.Errorf("asked %s for 400", got)
	}
	if !strings.Contains(u.Query().Get("claims"), `"http://itsme.services/v2/claim/BENationalNumber":{"essential":true}`) {
		t.Errorf("claims parameter is %s", u.Query().Get("claims"))
	}
	id, err := w.party.Finish(t.Context(), f, visit(t, address))
	genuine(t, w, id, err, 450)

	if _, address := w.begin(t, 450, true); !strings.Contains(address, "acr_advanced") || strings.Contains(address, "acr_basic") {
		t.Error("450 is not asked as acr_advanced alone")
	}
	strong, err := federation.NewFlow(rand.Reader, w.now(), "fas", federation.SignIn)
	if err != nil {
		t.Fatal(err)
	}
	strong.Asked = 500
	var level federation.LevelError
	if _, err := w.party.Begin(t.Context(), &strong); !asLevel(err, &level) || level.Have != 450 {
		t.Errorf("Begin for 500 at itsme = %v", err)
	}
}

// The key set that itsme is given holds both of our keys and nothing private.
func TestPublicKeys(t *testing.T) {
	w := newWorld(t, itsme(t))
	raw, err := w.party.PublicKeys()
	if err != nil {
		t.Fatal(err)
	}
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal(raw, &set); err != nil || len(set.Keys) != 2 {
		t.Fatalf("%v, %d keys", err, len(set.Keys))
	}
	for i, use := range []string{"sig", "enc"} {
		if set.Keys[i]["use"] != use || set.Keys[i]["d"] != nil || set.Keys[i]["n"] == nil {
			t.Errorf("key %d: use %v, private %v", i, set.Keys[i]["use"], set.Keys[i]["d"] != nil)
		}
	}
}

func TestTheOtherFormsOfTokens(t *testing.T) {
	for name, s := range map[string]shape{
		"userinfo as JSON, where configured": {
			settings: func(s *oidc.Settings) { s.UserInfo = oidc.UserInfoJSON },
			client:   func(c *federationtest.Client) { c.JSON = true }},
		"ES256": {
			settings: func(s *oidc.Settings) { s.Algorithms = []string{"ES256"} },
			config:   func(c *federationtest.OIDCConfig) { c.SignAlg = "ES256" }},
		"PS256 among others": {
			settings: func(s *oidc.Settings) { s.Algorithms = []string{"RS256", "PS256"} },
			config:   func(c *federationtest.OIDCConfig) { c.SignAlg = "PS256" }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, s)
			id, err := w.login(t, 200, true)
			genuine(t, w, id, err, 500)
		})
	}
}

func TestTheNumberInTheIDToken(t *testing.T) {
	w := newWorld(t, shape{settings: func(s *oidc.Settings) { s.UserInfo = oidc.UserInfoNone }})
	w.provider.Lie(federationtest.Lies{IDToken: federationtest.Forgery{Claims: func(c map[string]any) {
		c["egovNRN"] = federationtest.Alice.Number
		c["prefLanguage"], c["mail"] = "FR", federationtest.Alice.Email
		c["given_name"], c["family_name"] = federationtest.Alice.GivenNames, federationtest.Alice.Surname
	}}})
	id, err := w.login(t, 200, false)
	genuine(t, w, id, err, 500)
	if id.Logout.TokenHint != "" {
		t.Error("the hint for the logout, which goes into an address, holds the national number")
	}
	if w.provider.Count(federationtest.UserInfo) != 0 {
		t.Error("userinfo was asked")
	}
}

// What people are called is data: markup is kept for pages to escape, what is no text is
// left out, and the login stands.
func TestNamesAreData(t *testing.T) {
	w := newWorld(t, shape{})
	for told, want := range map[string]string{
		"Zoë-Lou":                   "Zoë-Lou",
		"<script>alert(1)</script>": "<script>alert(1)</script>",
		"two\nlines":                "",
		"\u202Egnp.exe":             "",
		"\x00":                      "",
		strings.Repeat("é", 128):    "",
	} {
		w.provider.Lie(federationtest.Lies{UserInfo: federationtest.Forgery{Claims: func(c map[string]any) { c["surname"] = told }}})
		id, err := w.login(t, 200, false)
		if err != nil || id.Surname != want {
			t.Errorf("surname told %q is %q, %v; want %q", told, id.Surname, err, want)
		}
	}
}

// A flow that is not for this provider, or not whole, is not begun.
func TestBeginRefuses(t *testing.T) {
	w := newWorld(t, shape{})
	for name, change := range map[string]func(*federation.Flow){
		"another provider": func(f *federation.Flow) { f.Provider = "itsme" },
		"no id":            func(f *federation.Flow) { f.ID = "" },
		"an address as id": func(f *federation.Flow) { f.ID = "https://mallory.example" },
		"unknown level":    func(f *federation.Flow) { f.Asked = 460 },
	} {
		f, err := federation.NewFlow(rand.Reader, w.now(), "fas", federation.SignIn)
		if err != nil {
			t.Fatal(err)
		}
		change(&f)
		if address, err := w.party.Begin(t.Context(), &f); err == nil || address != "" || f.Nonce != "" {
			t.Errorf("Begin(%s) = %q, %v", name, address, err)
		}
	}
	if n := w.provider.Count(federationtest.Discovery); n != 0 {
		t.Errorf("the provider was asked %d times", n)
	}
}
