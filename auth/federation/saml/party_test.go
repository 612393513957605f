package saml_test

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	crew "github.com/crewjam/saml"

	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/saml"
)

func TestOurMetadataSaysOnlyWhatIsServed(t *testing.T) {
	keys := ourKeys()
	doc, err := newParty(t, keys...).Metadata()
	if err != nil {
		t.Fatal(err)
	}
	var entity crew.EntityDescriptor
	if err := xml.Unmarshal(doc, &entity); err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{"Artifact", "<NameIDFormat></NameIDFormat>", "0001-01-01", "PRIVATE"} {
		if bytes.Contains(doc, []byte(never)) {
			t.Errorf("our metadata has %q", never)
		}
	}
	role := entity.SPSSODescriptors[0]
	if entity.EntityID != us || len(role.AssertionConsumerServices) != 1 || role.AssertionConsumerServices[0].Location != acs {
		t.Errorf("entity %s, services %+v", entity.EntityID, role.AssertionConsumerServices)
	}
	if !*role.AuthnRequestsSigned || !*role.WantAssertionsSigned || role.NameIDFormats[0] != crew.TransientNameIDFormat {
		t.Errorf("signed %v %v, names %v", *role.AuthnRequestsSigned, *role.WantAssertionsSigned, role.NameIDFormats)
	}
	if entity.ValidUntil.Before(time.Now().Add(24*time.Hour)) || entity.ValidUntil.After(keys[1].Certificate.NotAfter.Add(time.Second)) {
		t.Errorf("valid until %v", entity.ValidUntil)
	}
	var uses []string
	for _, d := range role.KeyDescriptors {
		uses = append(uses, d.Use)
		if d.Use == "encryption" && len(d.EncryptionMethods) < 3 {
			t.Errorf("encryption by %v", d.EncryptionMethods)
		}
	}
	if got := strings.Join(uses, " "); got != "signing signing encryption encryption" {
		t.Errorf("keys for %s", got)
	}
	if !strings.Contains(string(doc), base64.StdEncoding.EncodeToString(keys[1].Certificate.Raw)) {
		t.Error("the next key is not published")
	}
	if e := role.SingleLogoutServices; len(e) != 1 || e[0].Binding != crew.HTTPRedirectBinding || e[0].Location != slo {
		t.Errorf("logout at %+v", e)
	}
}

// Both keys open assertions while a change of keys is under way.
func TestBothOurKeysOpenAssertions(t *testing.T) {
	w := newWorld(t)
	w.party = newParty(t, ourKeys()...)
	w.open(t)
	for n := range 2 {
		f, address := w.begin(t)
		a := w.answer(t, address, alice)
		a.EncryptInPlace(n)
		if _, err := w.provider.Finish(t.Context(), f, a.Values()); err != nil {
			t.Errorf("Finish(encrypted to key %d) = %v", n+1, err)
		}
	}
}

func TestPartiesThatAreRefused(t *testing.T) {
	keys := ourKeys()
	mixed := saml.KeyPair{Key: keys[0].Key, Certificate: keys[1].Certificate}
	for _, tt := range []struct {
		name, entity, acs, slo string
		keys                   []saml.KeyPair
		want                   string
	}{
		{"no name", "", acs, slo, keys[:1], "entity_id"},
		{"name that is no URI", "counter", acs, slo, keys[:1], "entity_id"},
		{"no key", us, acs, slo, nil, "keys"},
		{"key of another certificate", us, acs, slo, []saml.KeyPair{mixed}, "not that of its certificate"},
		{"answers in the clear", us, "http://counter.example/acs", slo, keys[:1], "not https"},
		{"answers nowhere", us, "/acs", slo, keys[:1], "not an absolute address"},
		{"logout in the clear", us, acs, "http://counter.example/slo", keys[:1], "not https"},
	} {
		if _, err := saml.NewParty(tt.entity, tt.acs, tt.slo, tt.keys...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("NewParty(%s) = %v, want %q", tt.name, err, tt.want)
		}
	}
	if w := newParty(t).Warnings(time.Now()); len(w) != 2 || !strings.Contains(w[0], "2048 bits") || !strings.Contains(w[1], "expires on") {
		t.Errorf("Warnings = %q", w)
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*saml.Settings){
		`"id"`:              func(s *saml.Settings) { s.ID = "FAS!" },
		`"names"`:           func(s *saml.Settings) { s.Names = map[string]string{"fr": "x"} },
		`"entity_id"`:       func(s *saml.Settings) { s.EntityID = "" },
		`"metadata"`:        func(s *saml.Settings) { s.Metadata = "" },
		"not https":         func(s *saml.Settings) { s.Metadata = "http://idp.example/metadata" },
		"no such file":      func(s *saml.Settings) { s.Metadata = "/nowhere/idp.xml" },
		"entity id is not":  func(s *saml.Settings) { s.EntityID = "https://other.example" },
		`"levels"`:          func(s *saml.Settings) { s.Levels = map[string]int{"x": 1} },
		`"ask"`:             func(s *saml.Settings) { s.Ask = map[int]string{1: "x"} },
		`"refresh_minutes"`: func(s *saml.Settings) { s.RefreshMinutes = 1 },
		`"metadata_signer"`: func(s *saml.Settings) { s.MetadataSigner = "/nowhere/cert.pem" },
		`"ca_file"`:         func(s *saml.Settings) { s.CAFile = "/nowhere/ca.pem" },
	} {
		s := w.settings
		change(&s)
		if _, err := saml.New(s, w.party, saml.Options{Rand: bytes.NewReader(nil)}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("New = %v, want %q", err, name)
		}
	}
}

// A counter that serves members knows no provider at an address without TLS: the demo's
// stand-in, which believes everybody, among them.
func TestLoopbackIsForTheDemo(t *testing.T) {
	w := newWorld(t)
	idp, err := federationtest.NewSAML("HTTP://127.0.0.1:1/saml")
	if err != nil {
		t.Fatal(err)
	}
	s := w.settings
	s.EntityID, s.Metadata = idp.EntityID(), filepath.Join(t.TempDir(), "stand-in.xml")
	if err := os.WriteFile(s.Metadata, metadataOf(t, idp), 0o600); err != nil {
		t.Fatal(err)
	}
	fetched := w.settings
	fetched.Metadata = "http://127.0.0.1:1/metadata"
	for name, s := range map[string]saml.Settings{"addresses": s, "metadata": fetched} {
		if _, err := saml.New(s, w.party, saml.Options{Rand: bytes.NewReader(nil)}); err == nil || !strings.Contains(err.Error(), "not https") {
			t.Errorf("New(%s in the clear) = %v, want not https", name, err)
		}
		if _, err := saml.New(s, w.party, saml.Options{Rand: bytes.NewReader(nil), Loopback: true}); err != nil {
			t.Errorf("New(%s in the clear, for a demo) = %v", name, err)
		}
	}
}

// A FAS level is never lowered or raised by a row of the settings.
func TestTheTableOfFASIsFixed(t *testing.T) {
	w := newWorld(t)
	w.settings.Levels = map[string]int{"urn:be:fedict:iam:fas:citizen:Level100": 500}
	if _, err := saml.New(w.settings, w.party, saml.Options{Rand: bytes.NewReader(nil)}); err == nil {
		t.Error("New takes a row for a level of FAS")
	}
}
