package saml_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/saml"
)

const (
	lemonMetadata = "/saml/metadata"
	classes       = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
)

// newLemon runs Debian's lemonldap-ng in plackup, on its library Lasso.
func newLemon(t *testing.T) *stranger {
	t.Helper()
	s := newStranger(t)
	for _, dir := range []string{"conf", "sessions", "sessions/lock", "psessions", "psessions/lock", "cache"} {
		if err := os.Mkdir(filepath.Join(s.work, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.fill(t, "lemonldap-ng.ini", "lemonldap-ng.ini")
	s.fill(t, "lmConf.json", "conf/lmConf-1.json")
	app, err := filepath.Abs("testdata/lemonldap/portal.psgi")
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"LLNG_DEFAULTCONFFILE=" + filepath.Join(s.work, "lemonldap-ng.ini"), "PLACK_ENV=deployment", "HOME=" + s.work}
	s.start(t, lemonMetadata, env, "plackup", "--host", "127.0.0.1", "--port", s.base[strings.LastIndex(s.base, ":")+1:], app)
	s.trust(t, s.base+lemonMetadata, lemonMetadata, func(c *saml.Settings) {
		c.Levels = map[string]int{classes + "TLSClient": 500, classes + "Password": 200}
		c.Ask = map[int]string{400: ""} // FAS's words mean nothing to it
	})
	return s
}

// fill writes a file of the configuration with the values of this test in it.
func (s *stranger) fill(t *testing.T, name, to string) {
	t.Helper()
	read := func(file string) []byte {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	quoted := func(file string) string {
		text, err := json.Marshal(string(read(filepath.Join(s.work, file))))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	content := strings.NewReplacer(
		"WORK", s.work, "BASE", s.base, `"KEY"`, quoted("idp.key"), `"CERTIFICATE"`, quoted("idp.crt"), `"PARTY"`, quoted("party.xml"),
	).Replace(string(read(filepath.Join("testdata/lemonldap", name))))
	if err := os.WriteFile(filepath.Join(s.work, to), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// lemonSignIn walks through LemonLDAP::NG's sign-in page; its demonstration accounts
// have their name as password.
func (s *stranger) lemonSignIn(t *testing.T, address, user string) page {
	t.Helper()
	return s.submit(t, s.get(t, address), map[string]string{"user": user, "password": user}, "password")
}

func TestLemonLDAP(t *testing.T) {
	t.Parallel()
	s := newLemon(t)
	f, address := s.begin(t, false)
	id, err := s.finish(t, f, s.lemonSignIn(t, address, "dwho"))
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

	for _, tt := range []struct {
		user string
		want error
	}{
		{"msmith", federation.LevelError{Have: 200, Asked: 400}},
	} {
		s.browser.Jar, _ = newJar()
		f, address := s.begin(t, false)
		if id, err := s.finish(t, f, s.lemonSignIn(t, address, tt.user)); !errors.Is(err, tt.want) {
			t.Errorf("Finish(%s) = %v, %v, want %v", tt.user, id, err, tt.want)
		}
	}
	s.browser.Jar, _ = newJar()
	_, address = s.begin(t, false)
	if p := s.get(t, strings.Replace(address, "&RelayState=", "&RelayState=x", 1)); strings.Contains(p.body, `name="SAMLResponse"`) {
		t.Errorf("the provider answered a request whose signature does not hold")
	}
}
