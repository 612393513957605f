package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const fas = `{"protocol": "oidc", "id": "csam", "names": {"fr": "CSAM", "nl": "CSAM", "de": "CSAM", "en": "CSAM"},
	"shape": "fas", "issuer": "https://idp.example/fas/oauth2", "client_id": "counter", "secret_file": "SECRET"}`

// withFederation is the settings of the test with one entry of federation.
func withFederation(t *testing.T, entry, more string) (*Settings, error) {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret of the client\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(goodSettings), &all); err != nil {
		t.Fatal(err)
	}
	all["federation"] = json.RawMessage("[" + strings.ReplaceAll(entry, "SECRET", secret) + "]")
	if more != "" {
		all["saml"] = json.RawMessage(more)
	}
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return parseSettings(raw)
}

func TestFederationSettingsRefused(t *testing.T) {
	for name, test := range map[string]struct{ entry, saml, want string }{
		"no protocol":       {`{"id": "csam"}`, "", `"protocol" is ""`},
		"unknown protocol":  {`{"protocol": "cas"}`, "", `"protocol" is "cas"`},
		"unknown key":       {strings.Replace(fas, `"shape"`, `"secret": "x", "shape"`, 1), "", "unknown field"},
		"key of the other":  {strings.Replace(fas, `"shape"`, `"entity_id": "x", "shape"`, 1), "", "unknown field"},
		"SAML without us":   {`{"protocol": "saml", "id": "csam"}`, "", `"saml" is required`},
		"us without SAML":   {fas, `{"entity_id": "https://counter.example/saml", "keys": []}`, `without a SAML provider`},
		"one provider more": {strings.Repeat(fas+",", maxProviders) + fas, "", "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := withFederation(t, test.entry, test.saml)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("settings: %v, want %q", err, test.want)
			}
		})
	}
	for name, test := range map[string]struct{ entry, want string }{
		"level of no door":   {strings.Replace(fas, `"shape"`, `"sign_in": 100, "shape"`, 1), "opens nothing"},
		"approval too weak":  {strings.Replace(fas, `"shape"`, `"approve": 300, "shape"`, 1), "400 at least"},
		"used for nothing":   {strings.Replace(fas, `"shape"`, `"sign_in": 0, "approve": 0, "shape"`, 1), "neither"},
		"promises too much":  {strings.Replace(fas, `"shape"`, `"sign_in": 450, "top": 400, "shape"`, 1), "highest level"},
		"two of a name":      {fas + "," + fas, "two providers"},
		"secret not there":   {strings.Replace(fas, "SECRET", "/nowhere/secret", 1), "no such file"},
		"issuer in the open": {strings.Replace(fas, "https://idp", "http://idp", 1), `"issuer"`},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := withFederation(t, test.entry, "")
			if err != nil {
				t.Fatal(err)
			}
			if _, err = openProviders(s, make([]byte, 32), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("providers: %v, want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Error("the error tells the secret")
			}
		})
	}
}

func TestFederationSettings(t *testing.T) {
	s, err := withFederation(t, strings.Replace(fas, `"shape"`, `"sign_in": 300, "top": 450, "shape"`, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	opened, err := openProviders(s, make([]byte, 32), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if len(opened.ways) != 1 || opened.ways[0].ID() != "csam" || opened.ways[0].SignIn != 300 || opened.ways[0].Approve != 400 || opened.ways[0].Top != 450 {
		t.Errorf("ways %+v", opened.ways)
	}
	if opened.announced() != nil {
		t.Error("metadata for SAML providers, and there are none")
	}
	if callbackOf("csam") != "/federation/oidc/csam/callback" {
		t.Errorf("callback %s", callbackOf("csam"))
	}
}
