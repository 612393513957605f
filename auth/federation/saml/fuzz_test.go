package saml_test

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/saml"
)

// Whatever comes as an answer, nobody is proved by it but by the genuine one, and every
// error is one of the package's.
func FuzzFinish(f *testing.F) {
	w := newWorld(f)
	w.idp.SignAssertionOnly(true)
	flow, address := w.begin(f)
	a, err := w.idp.Answer(address, alice)
	if err != nil {
		f.Fatal(err)
	}
	began := time.Now()
	f.Add(a.Wire())
	a.EncryptInPlace(0)
	f.Add(a.Wire())
	f.Fuzz(func(t *testing.T, wire []byte) {
		id, err := w.provider.Finish(t.Context(), flow, url.Values{
			"SAMLResponse": {base64.StdEncoding.EncodeToString(wire)}, "RelayState": {flow.ID}})
		switch {
		case err == nil && (id.Number.Digits() != alice.Person.Number || id.Level != alice.Level):
			t.Fatalf("another identity: %v", id)
		case err == nil && saml.VerifyEvidence(id.Evidence, w.idp.Certificate(), began) != nil:
			t.Fatal("an identity whose evidence does not verify")
		case err == nil:
		case id.HasNumber || id.Subject != "" || id.Evidence != nil:
			t.Fatal("an identity comes with an error")
		case !errors.Is(err, federation.ErrRefused) && !errors.Is(err, federation.ErrCancelled):
			t.Fatalf("an error of another kind: %v", err)
		}
	})
}

// Whatever comes as a query, no session is named but by the genuine request.
func FuzzReadLogout(f *testing.F) {
	w := newWorld(f)
	genuine := w.idp.SignQuery("SAMLRequest", w.idp.LogoutRequest(us, aliceThere, "_s1"), "x")
	f.Add(genuine)
	f.Add(strings.Replace(genuine, "&SigAlg", "&x=y&SigAlg", 1))
	f.Fuzz(func(t *testing.T, query string) {
		msg, err := saml.ReadLogout(t.Context(), saml.LogoutInput{RawQuery: query}, w.provider)
		if err == nil && (msg.NameID != "_n1" || len(msg.Sessions) != 1 || msg.Relay != "x") {
			t.Fatalf("ReadLogout(%q) = %+v", query, msg)
		}
		if err != nil && (!errors.Is(err, federation.ErrRefused) || msg.NameID != "") {
			t.Fatalf("ReadLogout(%q) = %+v, %v", query, msg, err)
		}
	})
}

// Metadata without a problem says who it is and where a browser may be sent.
func FuzzInspect(f *testing.F) {
	w := newWorld(f)
	doc, err := w.idp.Metadata()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(doc)
	now := time.Now()
	f.Fuzz(func(t *testing.T, doc []byte) {
		in, err := saml.Inspect(doc, now)
		if err != nil || len(in.Problems) > 0 {
			return
		}
		if in.EntityID == "" || len(in.Keys) == 0 || len(in.SignOn) == 0 {
			t.Fatalf("Inspect = %+v without a problem", in)
		}
		if !in.ValidUntil.IsZero() && !now.Before(in.ValidUntil) {
			t.Fatalf("Inspect takes what ended at %v", in.ValidUntil)
		}
	})
}
