package saml_test

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/federationtest/lemonldap"
	"guichet.example/auth/federation/saml"
)

const (
	lemonMetadata = "/saml/metadata"
	classes       = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
)

// newLemon runs Debian's lemonldap-ng, which speaks SAML by the library Lasso. Its
// levels are its own: 5 for a TLS client, 2 for a password.
func newLemon(t *testing.T) *stranger {
	t.Helper()
	s := newStranger(t)
	person := func(level, number string) map[string]string {
		return map[string]string{"egovNRN": number, "givenName": "Alice Marie", "surname": "Peeters", "PrefLanguage": "nl", "level": level}
	}
	server, err := lemonldap.Start(t.Context(), lemonldap.Config{
		Accounts: map[string]map[string]string{
			"alice": person("5", federationtest.Alice.Number), "phone": person("2", federationtest.Alice.Number),
			"broken": person("5", "85073003329"),
		},
		More: func(string) map[string]any { return s.lemonSAML(t) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(server.Log())
		}
		server.Close()
	})
	s.base = server.URL
	s.trust(t, s.base+lemonMetadata, lemonMetadata, func(c *saml.Settings) {
		c.Levels = map[string]int{classes + "TLSClient": 500, classes + "Password": 200}
		c.Ask = map[int]string{400: ""} // FAS's words mean nothing to it
	})
	return s
}

// lemonSAML is the configuration of its SAML side: it wants our requests signed, and
// signs what it says.
func (s *stranger) lemonSAML(t *testing.T) map[string]any {
	read := func(name string) string {
		content, err := os.ReadFile(filepath.Join(s.work, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	attribute := func(name string) string {
		return "1;" + name + ";urn:oasis:names:tc:SAML:2.0:attrname-format:basic;"
	}
	const option = "samlSPMetaDataOptions"
	return map[string]any{
		"macros":                 map[string]string{"authenticationLevel": "$level"},
		"issuerDBSAMLActivation": 1, "issuerDBSAMLPath": "^/saml/", "issuerDBSAMLRule": 1,
		"samlServicePrivateKeySig": read("idp.key"), "samlServicePublicKeySig": read("idp.crt"),
		"samlServicePrivateKeyEnc": read("idp.key"), "samlServicePublicKeyEnc": read("idp.crt"),
		"samlServiceUseCertificateInResponse": 1, "samlServiceSignatureMethod": "RSA_SHA256",
		"samlSPMetaDataXML": map[string]any{"counter": map[string]string{"samlSPMetaDataXML": read("party.xml")}},
		"samlSPMetaDataOptions": map[string]any{"counter": map[string]any{
			option + "NameIDFormat": "transient", option + "EncryptionMode": "none", option + "OneTimeUse": 1,
			option + "CheckSSOMessageSignature": 1, option + "CheckSLOMessageSignature": 1,
			option + "SignSSOMessage": 1, option + "SignSLOMessage": 1, option + "SignatureMethod": "RSA_SHA256",
			option + "NotOnOrAfterTimeout": 300, option + "ForceUTF8": 1,
		}},
		"samlSPMetaDataExportedAttributes": map[string]any{"counter": map[string]string{
			"egovNRN": attribute("egovNRN"), "givenName": attribute("givenName"), "surname": attribute("surname"),
			"PrefLanguage": attribute("PrefLanguage"),
		}},
	}
}

// lemonSignIn walks through LemonLDAP::NG's sign-in page; a name is its password.
func (s *stranger) lemonSignIn(t *testing.T, address, user string) page {
	t.Helper()
	return s.submit(t, s.get(t, address), map[string]string{"user": user, "password": user}, "password")
}

func TestLemonLDAP(t *testing.T) {
	t.Parallel()
	s := newLemon(t)
	f, address := s.begin(t, false)
	id, err := s.finish(t, f, s.lemonSignIn(t, address, "alice"))
	if err != nil {
		t.Fatalf("Finish: %v", err)
	}
	if id.Number.Digits() != federationtest.Alice.Number || id.Level != 500 || id.Surname != "Peeters" || id.Language != "nl" {
		t.Errorf("another identity: %v %s", id, id.Surname)
	}

	id.Logout.State = "nl"
	out, ok, err := s.provider.Out(t.Context(), id.Logout, "")
	if err != nil || !ok {
		t.Fatalf("Out = %v, %v", ok, err)
	}
	back, err := url.Parse(s.get(t, out).location)
	if err != nil || back.Path != "/federation/saml/logout" {
		t.Fatalf("logout leads to %v", back)
	}
	msg, err := saml.ReadLogout(t.Context(), saml.LogoutInput{RawQuery: back.RawQuery}, s.provider)
	if err != nil || msg.Request || !msg.Complete || msg.Relay != "nl" {
		t.Errorf("ReadLogout = %+v, %v", msg, err)
	}

	for user, want := range map[string]error{
		"phone": federation.LevelError{Have: 200, Asked: 400}, "broken": federation.ErrNoNumber,
	} {
		s.browser.Jar, _ = newJar()
		f, address := s.begin(t, false)
		if id, err := s.finish(t, f, s.lemonSignIn(t, address, user)); !errors.Is(err, want) {
			t.Errorf("Finish(%s) = %v, %v, want %v", user, id, err, want)
		}
	}
	s.browser.Jar, _ = newJar()
	_, address = s.begin(t, false)
	if p := s.get(t, strings.Replace(address, "&RelayState=", "&RelayState=x", 1)); strings.Contains(p.body, `name="SAMLResponse"`) {
		t.Errorf("the provider answered a request whose signature does not hold")
	}
}
