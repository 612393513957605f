package saml_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/saml"
)

const (
	acs = "https://counter.example/federation/saml/acs"
	slo = "https://counter.example/federation/saml/logout"
	us  = "urn:example:counter"
)

// ourKeys are made once: an RSA key takes a while.
var ourKeys = sync.OnceValue(func() []saml.KeyPair {
	var keys []saml.KeyPair
	for _, name := range []string{"counter now", "counter next"} {
		key, cert, err := federationtest.NewKey(name, time.Now())
		if err != nil {
			panic(err)
		}
		keys = append(keys, saml.KeyPair{Key: key, Certificate: cert})
	}
	return keys
})

var names = map[string]string{"fr": "Service fédéral", "nl": "Federale dienst", "de": "Föderaler Dienst", "en": "Federal service"}

// world is a provider, our side, and what is in the log.
type world struct {
	idp      *federationtest.SAML
	provider *saml.Provider
	party    *saml.Party
	log      *bytes.Buffer
	settings saml.Settings
}

func newParty(t testing.TB, keys ...saml.KeyPair) *saml.Party {
	t.Helper()
	if len(keys) == 0 {
		keys = ourKeys()[:1]
	}
	party, err := saml.NewParty(us, acs, slo, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return party
}

func newWorld(t testing.TB, change ...func(*saml.Settings)) *world {
	t.Helper()
	idp, err := federationtest.NewSAML("https://idp.example/saml")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{idp: idp, party: newParty(t), log: &bytes.Buffer{}}
	metadata, err := idp.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "idp.xml")
	if err := os.WriteFile(file, metadata, 0o600); err != nil {
		t.Fatal(err)
	}
	w.settings = saml.Settings{ID: "fas", Names: names, EntityID: idp.EntityID(), Metadata: file}
	for _, c := range change {
		c(&w.settings)
	}
	w.open(t)
	return w
}

func (w *world) open(t testing.TB) {
	t.Helper()
	ours, err := w.party.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.idp.Trust(ours); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(w.log, nil))
	if w.provider, err = saml.New(w.settings, w.party, saml.Options{Rand: rand.Reader, Loopback: true, Log: log}); err != nil {
		t.Fatal(err)
	}
}

// begin starts a flow that asks for level 400.
func (w *world) begin(t testing.TB, change ...func(*federation.Flow)) (federation.Flow, string) {
	t.Helper()
	f, err := federation.NewFlow(rand.Reader, time.Now(), "fas", federation.SignIn)
	if err != nil {
		t.Fatal(err)
	}
	f.Asked = 400
	for _, c := range change {
		c(&f)
	}
	address, err := w.provider.Begin(t.Context(), &f)
	if err != nil {
		t.Fatalf("Begin: %v", err)
	}
	return f, address
}

func (w *world) answer(t testing.TB, address string, c federationtest.Choice) *federationtest.SAMLAnswer {
	t.Helper()
	a, err := w.idp.Answer(address, c)
	if err != nil {
		t.Fatalf("the provider answers %s: %v", address, err)
	}
	return a
}

var alice = federationtest.Choice{Person: federationtest.Alice, Level: 450}

func TestAGenuineAnswerProvesWhoSheIs(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		encrypt, signedInner bool
		older                bool
	}{
		{"both signed", false, false, false},
		{"as FAS: the assertion alone", false, true, false},
		{"encrypted", true, false, false},
		{"encrypted, the assertion alone signed", true, true, false},
		{"the older spelling", false, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, func(s *saml.Settings) { s.OlderLevels = tt.older })
			w.idp.Encrypt(tt.encrypt)
			w.idp.SignAssertionOnly(tt.signedInner)
			f, address := w.begin(t)
			id, err := w.provider.Finish(t.Context(), f, w.answer(t, address, alice).Values())
			if err != nil {
				t.Fatalf("Finish: %v", err)
			}
			switch {
			case !id.HasNumber || id.Number.Digits() != federationtest.Alice.Number:
				t.Errorf("another number, or none")
			case id.Level != 450 || id.Assurance != auth.High:
				t.Errorf("level %d, %v", id.Level, id.Assurance)
			case id.GivenNames != "Alice Marie" || id.Surname != "Peeters" || id.Language != "fr" || id.Email != "alice@example.org":
				t.Errorf("told %q %q %q %q", id.GivenNames, id.Surname, id.Language, id.Email)
			case id.Issuer != w.idp.EntityID() || id.Provider != "fas" || id.Assertion == "":
				t.Errorf("issuer %q, provider %q", id.Issuer, id.Provider)
			case id.Logout.NameID == "" || id.Logout.SessionIndex == "" || id.Logout.SPNameQualifier != us || id.Logout.Provider != "fas":
				t.Errorf("nothing to log out with")
			case time.Since(id.At).Abs() > time.Minute || time.Until(id.Until) < 4*time.Minute || time.Until(id.Until) > 10*time.Minute:
				t.Errorf("at %v, until %v", id.At, id.Until)
			}
			if err := saml.VerifyEvidence(id.Evidence, w.idp.Certificate(), time.Now()); err != nil {
				t.Errorf("the evidence does not verify by itself: %v", err)
			}
			if !bytes.Contains(id.Evidence, []byte(id.Assertion)) || len(id.Evidence) > federation.MaxEvidence {
				t.Errorf("the evidence is not the assertion")
			}
		})
	}
}

func TestTheRequestAsksForWhatTheFlowWants(t *testing.T) {
	w := newWorld(t)
	var asked federationtest.Asked
	w.idp.Choose = func(_ http.ResponseWriter, _ *http.Request, a federationtest.Asked) (federationtest.Choice, bool) {
		asked = a
		return alice, true
	}
	for _, tt := range []struct {
		name   string
		change func(*federation.Flow)
		want   federationtest.Asked
	}{
		{"sign-in", func(f *federation.Flow) {}, federationtest.Asked{Party: us, Ref: "urn:be:fedict:iam:fas:citizen:Level400"}},
		{"no level", func(f *federation.Flow) { f.Asked = 0 }, federationtest.Asked{Party: us}},
		{"step-up", func(f *federation.Flow) { f.Purpose, f.Asked = federation.Approve, 500 },
			federationtest.Asked{Party: us, Ref: "urn:be:fedict:iam:fas:citizen:Level500", Force: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, address := w.begin(t, tt.change)
			r := httptest.NewRequest("GET", address, nil)
			rec := httptest.NewRecorder()
			w.idp.Handler().ServeHTTP(rec, r)
			if rec.Code != 200 || asked != tt.want {
				t.Errorf("the provider got %+v (%d %s), want %+v", asked, rec.Code, rec.Body, tt.want)
			}
			if f.RequestID == "" || f.Force != tt.want.Force {
				t.Errorf("flow was left with request %q, force %v", f.RequestID, f.Force)
			}
			if !strings.Contains(rec.Body.String(), `action="`+acs+`"`) {
				t.Errorf("the answer goes elsewhere")
			}
		})
	}
}

func TestSheWhoTurnsBackIsNotRefused(t *testing.T) {
	w := newWorld(t)
	f, address := w.begin(t)
	a := w.answer(t, address, federationtest.Choice{Cancel: true})
	if _, err := w.provider.Finish(t.Context(), f, a.Values()); !errors.Is(err, federation.ErrCancelled) || errors.Is(err, federation.ErrRefused) {
		t.Errorf("Finish(cancelled) = %v, want ErrCancelled", err)
	}
	a.SignResponse()
	if _, err := w.provider.Finish(t.Context(), f, a.Values()); !errors.Is(err, federation.ErrCancelled) {
		t.Errorf("Finish(cancelled, signed) = %v, want ErrCancelled", err)
	}
}

func TestAProviderThatIsDownIsUnavailable(t *testing.T) {
	w := newWorld(t, func(s *saml.Settings) { s.Metadata = "http://127.0.0.1:1/metadata" })
	f, err := federation.NewFlow(rand.Reader, time.Now(), "fas", federation.SignIn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.provider.Begin(t.Context(), &f); !errors.Is(err, federation.ErrUnavailable) {
		t.Errorf("Begin = %v, want ErrUnavailable", err)
	}
	if _, err := w.provider.Finish(t.Context(), f, url.Values{}); !errors.Is(err, federation.ErrUnavailable) {
		t.Errorf("Finish = %v, want ErrUnavailable", err)
	}
	if _, ok, err := w.provider.Out(context.Background(), federation.Logout{}, ""); ok || !errors.Is(err, federation.ErrUnavailable) {
		t.Errorf("Out = %v, %v", ok, err)
	}
	if !strings.Contains(w.log.String(), "cannot be renewed") {
		t.Errorf("no alarm in the log: %s", w.log)
	}
}
