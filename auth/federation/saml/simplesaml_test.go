package saml_test

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/saml"
)

const simpleSAMLMetadata = "/saml2/idp/metadata.php"

// newSimpleSAML runs Debian's simplesamlphp in PHP's own server.
func newSimpleSAML(t *testing.T, env ...string) *stranger {
	t.Helper()
	s := newStranger(t)
	for _, dir := range []string{"sessions", "tmp"} {
		if err := os.Mkdir(filepath.Join(s.work, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	config, err := filepath.Abs("testdata/simplesamlphp")
	if err != nil {
		t.Fatal(err)
	}
	env = append(env, "SIMPLESAMLPHP_CONFIG_DIR="+config, "INTEROP_WORK="+s.work, "INTEROP_BASE="+s.base)
	s.start(t, simpleSAMLMetadata, env, "php", "-d", "display_errors=stderr", "-d", "session.save_path="+s.work,
		"-S", strings.TrimPrefix(s.base, "http://"), filepath.Join(config, "router.php"))
	s.trust(t, s.base+simpleSAMLMetadata, simpleSAMLMetadata)
	return s
}

// signIn walks through SimpleSAMLphp's sign-in page.
func (s *stranger) signIn(t *testing.T, address, user string) page {
	t.Helper()
	return s.submit(t, s.get(t, address), map[string]string{"username": user, "password": "secret"}, "password")
}

func TestSimpleSAMLphp(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  []string
	}{
		{"assertion signed", nil},
		{"both signed", []string{"INTEROP_SIGN_RESPONSE=1"}},
		{"encrypted", []string{"INTEROP_ENCRYPT=1", "INTEROP_SIGN_RESPONSE=1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSimpleSAML(t, tt.env...)
			f, address := s.begin(t, false)
			id, err := s.finish(t, f, s.signIn(t, address, "alice"))
			if err != nil {
				t.Fatalf("Finish: %v", err)
			}
			if id.Number.Digits() != federationtest.Alice.Number || id.Level != 500 || id.Assurance != auth.High || id.Surname != "Peeters" {
				t.Errorf("another identity: %v %s", id, id.Surname)
			}
		})
	}
}

func TestSimpleSAMLphpRefusals(t *testing.T) {
	t.Parallel()
	s := newSimpleSAML(t)
	for _, tt := range []struct {
		user string
		want error
	}{
		{"phone", federation.LevelError{Have: 350, Asked: 400}},
		{"broken", federation.ErrNoNumber},
		{"denied", federation.ErrCancelled},
	} {
		t.Run(tt.user, func(t *testing.T) {
			s.browser.Jar, _ = newJar()
			f, address := s.begin(t, false)
			if id, err := s.finish(t, f, s.signIn(t, address, tt.user)); !errors.Is(err, tt.want) {
				t.Errorf("Finish(%s) = %v, %v, want %v", tt.user, id, err, tt.want)
			}
		})
	}
	t.Run("request changed on its way", func(t *testing.T) {
		s.browser.Jar, _ = newJar()
		_, address := s.begin(t, false)
		p := s.get(t, strings.Replace(address, "&RelayState=", "&RelayState=x", 1))
		if strings.Contains(p.body, `name="password"`) || !badSigning.MatchString(p.body) {
			t.Errorf("the provider took a request whose signature does not hold")
		}
	})
}

func TestSimpleSAMLphpStepUpAndLogout(t *testing.T) {
	t.Parallel()
	s := newSimpleSAML(t)
	f, address := s.begin(t, false)
	id, err := s.finish(t, f, s.signIn(t, address, "alice"))
	if err != nil {
		t.Fatal(err)
	}

	// Signed in there: a second flow is answered without a question, and ForceAuthn asks.
	f, address = s.begin(t, false)
	again, err := s.finish(t, f, s.get(t, address))
	if err != nil || !again.At.Equal(id.At) || again.Assertion == id.Assertion {
		t.Errorf("Finish(from its session) = %v, %v", again, err)
	}
	f, address = s.begin(t, true)
	if _, err := s.finish(t, f, s.signIn(t, address, "alice")); err != nil {
		t.Errorf("Finish(forced) = %v", err)
	}

	// Out everywhere: our signed request, its signed answer by Redirect.
	id.Logout.State = "fr"
	out, ok, err := s.provider.Out(t.Context(), id.Logout, "")
	if err != nil || !ok {
		t.Fatalf("Out = %v, %v", ok, err)
	}
	back, err := url.Parse(s.get(t, out).location)
	if err != nil || back.Path != "/federation/saml/logout" {
		t.Fatalf("logout leads to %v", back)
	}
	msg, err := saml.ReadLogout(t.Context(), saml.LogoutInput{RawQuery: back.RawQuery}, s.provider)
	if err != nil || msg.Request || !msg.Complete || msg.Relay != "fr" {
		t.Errorf("ReadLogout = %+v, %v", msg, err)
	}
	_, address = s.begin(t, false)
	if p := s.get(t, address); !strings.Contains(p.body, `name="password"`) {
		t.Errorf("after logout the provider asks for nothing")
	}
}
