package oidc_test

import (
	"strings"
	"testing"

	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/oidc"
)

func TestForgedSeals(t *testing.T) {
	s := itsme(t)
	w := newWorld(t, s)
	var client federationtest.Client
	s.client(&client)
	ours := client.SealTo
	theirs, err := federationtest.RSAKey()
	if err != nil {
		t.Fatal(err)
	}
	if theirs.PublicKey.Equal(ours) {
		theirs, _ = federationtest.RSAKey()
	}
	var inner string // the signed token, before it was sealed
	var table []refusal
	add := func(name string, signed func(string) string, token func(string) string) {
		f := forgery{Signed: func(token string) string {
			inner = token
			if signed != nil {
				return signed(token)
			}
			return token
		}, Token: token}
		table = append(table, refusal{name: name, lies: federationtest.Lies{IDToken: f}},
			refusal{name: name + " (userinfo)", lies: federationtest.Lies{UserInfo: f}})
	}
	seal := func(text, alg, enc string) string {
		sealed, err := federationtest.SealWith(text, ours, "", alg, enc)
		if err != nil {
			t.Error(err)
		}
		return sealed
	}
	plain := func(string) string { return inner }
	add("signed only", nil, plain)
	add("RSA-OAEP", nil, func(string) string { return seal(inner, "RSA-OAEP", "A128CBC-HS256") })
	add("RSA1_5", nil, func(sealed string) string {
		return "eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0" + sealed[strings.IndexByte(sealed, '.'):]
	})
	add("dir", nil, func(sealed string) string {
		return "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0" + sealed[strings.IndexByte(sealed, '.'):]
	})
	add("A256GCM", nil, func(string) string { return seal(inner, "RSA-OAEP-256", "A256GCM") })
	add("to another key", nil, func(string) string {
		sealed, err := federationtest.Seal(inner, &theirs.PublicKey, "")
		if err != nil {
			t.Error(err)
		}
		return sealed
	})
	add("sealed twice", nil, func(sealed string) string { return seal(sealed, "RSA-OAEP-256", "A128CBC-HS256") })
	add("nothing inside", func(string) string { return "" }, nil)
	add("bare claims inside", func(string) string { return `{"sub":"alice"}` }, nil)
	add("unsigned inside", func(token string) string { return token[:strings.LastIndexByte(token, '.')+1] }, nil)
	add("changed inside", func(token string) string { return token[:len(token)-6] + "AAAAAA" }, nil)
	for part, name := range []string{"header", "key", "IV", "text", "tag"} {
		add(name+" changed", nil, func(sealed string) string {
			parts := strings.Split(sealed, ".")
			parts[part] = "AAAA" + parts[part][4:]
			return strings.Join(parts, ".")
		})
		add(name+" empty", nil, func(sealed string) string {
			parts := strings.Split(sealed, ".")
			parts[part] = ""
			return strings.Join(parts, ".")
		})
	}
	all(t, w, table)
}

// During a change of keys two of ours open what is sealed to either.
func TestTwoDecryptionKeys(t *testing.T) {
	s := itsme(t)
	next, err := federationtest.RSAKey()
	if err != nil {
		t.Fatal(err)
	}
	before := s.settings
	s.settings = func(settings *oidc.Settings) {
		before(settings)
		settings.DecryptionKeyFiles = append([]string{writeKey(t, next)}, settings.DecryptionKeyFiles...)
	}
	w := newWorld(t, s)
	id, err := w.login(t, 400, false)
	genuine(t, w, id, err, 450)
}
