package oidc_test

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/federationtest/lemonldap"
	"guichet.example/auth/federation/oidc"
)

// stranger is an OpenID provider that nobody here wrote, from Debian.
type stranger struct {
	server *lemonldap.Server
	log    strings.Builder
}

func newStranger(t *testing.T) *stranger {
	t.Helper()
	key, err := federationtest.RSAKey()
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	private := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	alice := federationtest.Alice
	server, err := lemonldap.Start(t.Context(), lemonldap.Config{
		Accounts: map[string]map[string]string{
			"alice":   {"nrn": alice.Number, "given": alice.GivenNames, "sn": alice.Surname, "mail": alice.Email, "lang": "fr"},
			"mallory": {"given": "Mallory", "sn": "Nobody", "mail": "mallory@example.org", "lang": "nl"},
		},
		More: func(base string) map[string]any { return clients(base, private, string(publicPEM(t, key.Public()))) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return &stranger{server: server}
}

// clients registers us three times: with userinfo as JWT, as JSON, and under another secret.
func clients(base, private, public string) map[string]any {
	options, exported, macros, scopes := map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}
	for name, change := range map[string]map[string]any{
		clientID:  {"UserInfoSignAlg": "RS256"},
		"bare":    {},
		"another": {"ClientSecret": "another secret, also long", "UserInfoSignAlg": "RS256"},
	} {
		o := map[string]any{"ClientID": name, "ClientSecret": secret, "RedirectUris": callback, "PostLogoutRedirectUris": goodbye,
			"IDTokenSignAlg": "RS256", "BypassConsent": 1, "RequirePKCE": 1, "LogoutBypassConfirm": 1, "UserIDAttr": "uid"}
		for key, value := range change {
			o[key] = value
		}
		full := map[string]any{}
		for key, value := range o {
			full["oidcRPMetaDataOptions"+key] = value
		}
		options[name] = full
		exported[name] = map[string]string{"egovNRN": "nrn", "givenName": "given", "surname": "sn", "mail": "mail", "prefLanguage": "lang", "iss": "ourIssuer", "aud": "ourClient"}
		macros[name] = map[string]string{"ourIssuer": `"` + base + `"`, "ourClient": `"` + name + `"`}
		scopes[name] = map[string]string{"egovnrn": "egovNRN givenName surname mail prefLanguage iss aud"}
	}
	return map[string]any{
		"issuerDBOpenIDConnectActivation": 1, "issuerDBOpenIDConnectRule": "1", "issuerDBOpenIDConnectPath": "^/oauth2/",
		"oidcServiceMetaDataIssuer": base, "oidcServiceAllowAuthorizationCodeFlow": 1,
		"oidcServicePrivateKeySig": private, "oidcServicePublicKeySig": public, "oidcServiceKeyIdSig": "stranger-1",
		"oidcServiceMetaDataAuthnContext": map[string]any{federation.CitizenRef(200): 1},
		"oidcRPMetaDataOptions":           options, "oidcRPMetaDataExportedVars": exported,
		"oidcRPMetaDataMacros": macros, "oidcRPMetaDataOptionsExtraClaims": scopes,
	}
}

// party is our relying party under one of the registered names.
func (s *stranger) party(t *testing.T, change func(*oidc.Settings)) *oidc.Provider {
	t.Helper()
	configured := settings(t, s.server.URL)
	change(&configured)
	party, err := oidc.New(configured, oidc.Options{Callback: callback, Loopback: true, Rand: rand.Reader,
		Log: slog.New(slog.NewTextHandler(&s.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return party
}

// walk signs somebody in at the stranger and comes back.
func (s *stranger) walk(t *testing.T, party *oidc.Provider, browser *lemonldap.Browser, who string, force bool) (federation.Flow, url.Values) {
	t.Helper()
	f, err := federation.NewFlow(rand.Reader, time.Now(), "fas", federation.SignIn)
	if err != nil {
		t.Fatal(err)
	}
	f.Asked, f.Force = 200, force
	address, err := party.Begin(t.Context(), &f)
	if err != nil {
		t.Fatalf("Begin: %v\n%s", err, s.server.Log())
	}
	landing, err := browser.SignIn(address, who, who)
	if err != nil || landing.Away == nil || !strings.HasPrefix(landing.Away.String(), callback+"?") {
		t.Fatalf("the stranger's page: %v, status %d, sends to %v\n%s\n%s", err, landing.Status, landing.Away, landing.Page, s.server.Log())
	}
	return f, landing.Away.Query()
}

func (s *stranger) browser(t *testing.T) *lemonldap.Browser {
	t.Helper()
	b, err := s.server.Browser()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A whole login and logout at LemonLDAP::NG, userinfo signed and bare, and what is refused
// on either side.
func TestLemonldap(t *testing.T) {
	s := newStranger(t)
	plain := func(*oidc.Settings) {}
	for name, change := range map[string]func(*oidc.Settings){
		"userinfo as JWT": plain,
		"userinfo as JSON": func(s *oidc.Settings) {
			s.ClientID, s.UserInfo, s.ClientAuth = "bare", oidc.UserInfoJSON, oidc.SecretPost
		},
	} {
		t.Run(name, func(t *testing.T) {
			party, browser := s.party(t, change), s.browser(t)
			f, answer := s.walk(t, party, browser, "alice", false)
			id, err := party.Finish(t.Context(), f, answer)
			if err != nil {
				t.Fatalf("Finish = %v\n%s", err, s.server.Log())
			}
			alice := federationtest.Alice
			if id.Number.Digits() != alice.Number || id.Surname != alice.Surname || id.Email != alice.Email || id.Language != "fr" ||
				id.Level != 200 || id.Assurance != auth.Low || id.Subject != "alice" || time.Since(id.At) > time.Minute {
				t.Errorf("identity %v, subject %q, at %v", id, id.Subject, id.At)
			}
			if _, err := party.Finish(t.Context(), f, answer); !errors.Is(err, federation.ErrRefused) {
				t.Errorf("the same answer again = %v", err)
			}
			address, ok, err := party.Out(t.Context(), id.Logout, goodbye)
			if err != nil || !ok {
				t.Fatalf("Out = %v, %v", ok, err)
			}
			landing, err := browser.Get(address)
			if err != nil || landing.Away == nil || !strings.HasPrefix(landing.Away.String(), goodbye) {
				t.Errorf("after the logout: %v, status %d, sent to %v", err, landing.Status, landing.Away)
			}
			// Its own session is over: it asks for the password again.
			again, err := browser.Get(s.server.URL + "/")
			if err != nil || !strings.Contains(again.Page, `name="password"`) {
				t.Errorf("after the logout the portal shows no sign-in: %v", err)
			}
		})
	}
	t.Run("refusals", func(t *testing.T) { s.refusals(t) })
}

func (s *stranger) refusals(t *testing.T) {
	party := s.party(t, func(*oidc.Settings) {})
	wrong := s.party(t, func(c *oidc.Settings) { c.ClientID = "another" })
	f, answer := s.walk(t, wrong, s.browser(t), "alice", false)
	if _, err := wrong.Finish(t.Context(), f, answer); err == nil {
		t.Error("a client with the wrong secret gets in")
	}
	f, answer = s.walk(t, party, s.browser(t), "mallory", false)
	if _, err := party.Finish(t.Context(), f, answer); !errors.Is(err, federation.ErrNoNumber) {
		t.Errorf("somebody without a number = %v", err)
	}
	_, answer = s.walk(t, party, s.browser(t), "alice", false)
	stolen, _ := s.walk(t, party, s.browser(t), "mallory", false)
	other := url.Values{"code": answer["code"], "state": {stolen.ID}}
	if _, err := party.Finish(t.Context(), stolen, other); !errors.Is(err, federation.ErrRefused) {
		t.Errorf("a code of another flow, whose verifier is another = %v", err)
	}
	f, answer = s.walk(t, party, s.browser(t), "alice", false)
	f.Nonce = strings.Repeat("n", 43)
	if _, err := party.Finish(t.Context(), f, answer); !errors.Is(err, federation.ErrRefused) {
		t.Errorf("another nonce = %v", err)
	}
	f, answer = s.walk(t, party, s.browser(t), "alice", false)
	f.Asked = 400
	var level federation.LevelError
	if _, err := party.Finish(t.Context(), f, answer); !asLevel(err, &level) || level.Have != 200 {
		t.Errorf("level 400 = %v", err)
	}
	unregistered, err := party.Begin(t.Context(), &f)
	if err != nil {
		t.Fatal(err)
	}
	if landing, err := s.browser(t).SignIn(strings.Replace(unregistered, "callback", "elsewhere", 1), "alice", "alice"); err == nil && landing.Away != nil {
		t.Errorf("the stranger sends a code to %v", landing.Away)
	}
}
