package saml_test

import (
	"bytes"
	"compress/flate"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	crew "github.com/crewjam/saml"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/saml"
)

// carried is the message that an address of the Redirect binding carries.
func carried(t *testing.T, address, param string) *etree.Element {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	deflated, err := base64.StdEncoding.DecodeString(u.Query().Get(param))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(deflated)))
	if err != nil {
		t.Fatal(err)
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(text); err != nil {
		t.Fatal(err)
	}
	return doc.Root()
}

// That she is out everywhere is said only where the provider says so without a but.
func TestLogoutThatIsNotComplete(t *testing.T) {
	w := newWorld(t)
	f, address := w.begin(t)
	id, err := w.provider.Finish(t.Context(), f, w.answer(t, address, alice).Values())
	if err != nil {
		t.Fatal(err)
	}
	id.Logout.State = "fr"
	out, ok, err := w.provider.Out(t.Context(), id.Logout, "https://counter.example/federation/signed-out")
	if err != nil || !ok {
		t.Fatalf("Out = %v, %v", ok, err)
	}
	asked := carried(t, out, "SAMLRequest").SelectAttrValue("ID", "")
	for name, tt := range map[string]struct {
		status crew.StatusCode
		want   bool
	}{
		"done":         {crew.StatusCode{Value: crew.StatusSuccess}, true},
		"not done":     {crew.StatusCode{Value: crew.StatusResponder}, false},
		"done in part": {crew.StatusCode{Value: crew.StatusSuccess, StatusCode: &crew.StatusCode{Value: crew.StatusPartialLogout}}, false},
	} {
		answer := (&crew.LogoutResponse{ID: "_r", InResponseTo: asked, Version: "2.0", IssueInstant: time.Now().UTC(), Destination: slo,
			Issuer: &crew.Issuer{Value: w.idp.EntityID()}, Status: crew.Status{StatusCode: tt.status}}).Element()
		msg, err := saml.ReadLogout(t.Context(), saml.LogoutInput{RawQuery: w.idp.SignQuery("SAMLResponse", answer, "fr")}, w.provider)
		if err != nil || msg.Complete != tt.want {
			t.Errorf("ReadLogout(%s) = %+v, %v, want complete %v", name, msg, err, tt.want)
		}
	}
}

// A provider that asked is told whether its sessions ended, and nobody else is.
func TestLogoutIsAnswered(t *testing.T) {
	w := newWorld(t)
	asked := saml.LogoutMessage{Provider: "fas", Request: true, ID: "_q"}
	for done, want := range map[bool]string{true: crew.StatusSuccess, false: crew.StatusResponder} {
		address, ok, err := w.provider.AnswerLogout(t.Context(), asked, done)
		if err != nil || !ok {
			t.Fatalf("AnswerLogout = %v, %v", ok, err)
		}
		answer := carried(t, address, "SAMLResponse")
		if got := answer.FindElement("./Status/StatusCode").SelectAttrValue("Value", ""); got != want || answer.SelectAttrValue("InResponseTo", "") != "_q" {
			t.Errorf("done %v is answered %s", done, got)
		}
	}
	other, answer := asked, asked
	other.Provider, answer.Request = "another", false
	for name, msg := range map[string]saml.LogoutMessage{"another provider's": other, "an answer": answer} {
		if address, ok, err := w.provider.AnswerLogout(t.Context(), msg, true); err == nil || ok {
			t.Errorf("AnswerLogout(%s) = %s", name, address)
		}
	}
}

// Names and indexes are bounded, and a form says each thing once.
func TestLogoutRequestsThatAreLong(t *testing.T) {
	w := newWorld(t)
	long := aliceThere
	long.Value = strings.Repeat("n", federation.MaxText+1)
	post := w.idp.SignMessage(w.idp.LogoutRequest(us, aliceThere, "_s1"))
	for name, in := range map[string]saml.LogoutInput{
		"long name":       {RawQuery: w.idp.SignQuery("SAMLRequest", w.idp.LogoutRequest(us, long, "_s1"), "x")},
		"long session":    {RawQuery: w.idp.SignQuery("SAMLRequest", w.idp.LogoutRequest(us, aliceThere, strings.Repeat("s", federation.MaxText+1)), "x")},
		"two states":      {Form: url.Values{"SAMLRequest": {post}, "RelayState": {"a", "b"}}},
		"query and form":  {RawQuery: w.idp.SignQuery("SAMLRequest", w.idp.LogoutRequest(us, aliceThere, "_s1"), "x"), Form: url.Values{"SAMLRequest": {post}}},
		"nothing, a form": {Form: url.Values{"RelayState": {"x"}}},
	} {
		if msg, err := saml.ReadLogout(t.Context(), in, w.provider); !errors.Is(err, federation.ErrRefused) || msg.NameID != "" {
			t.Errorf("ReadLogout(%s) = %+v, %v, want ErrRefused", name, msg, err)
		}
	}
}

// What panics below is a refusal, and not one word of the message is in it.
func TestPanicIsARefusal(t *testing.T) {
	w := newWorld(t)
	f, address := w.begin(t)
	values := w.answer(t, address, alice).Values()
	broken := false
	p, err := saml.New(w.settings, w.party, saml.Options{Rand: rand.Reader, Loopback: true, Log: slog.New(slog.DiscardHandler), Now: func() time.Time {
		if broken {
			panic(values.Get("SAMLResponse"))
		}
		return time.Now()
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Finish(t.Context(), f, values); err != nil {
		t.Fatalf("Finish = %v", err)
	}
	broken = true
	if id, err := p.Finish(t.Context(), f, values); !errors.Is(err, federation.ErrRefused) || id.HasNumber || len(err.Error()) > 200 {
		t.Errorf("Finish = %+v, %v, want ErrRefused", id, err)
	}
	query := w.idp.SignQuery("SAMLRequest", w.idp.LogoutRequest(us, aliceThere, "_s1"), "x")
	if msg, err := saml.ReadLogout(t.Context(), saml.LogoutInput{RawQuery: query}, p); !errors.Is(err, federation.ErrRefused) || msg.NameID != "" {
		t.Errorf("ReadLogout = %+v, %v, want ErrRefused", msg, err)
	}
}
