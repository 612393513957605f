package saml_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/saml"
)

const ecdsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"

// newEC makes a world whose provider has a key on P-256.
func newEC(t *testing.T) (*world, *ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "EC"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	cert := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))))
	w := newWorld(t)
	doc := strings.ReplaceAll(string(metadataOf(t, w.idp)), base64Of(w.idp.Certificate().Raw), base64Of(cert.Raw))
	w.settings.Metadata = filepath.Join(t.TempDir(), "ec.xml")
	if err := os.WriteFile(w.settings.Metadata, []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	w.open(t)
	return w, key, cert
}

// plain writes r and s one after the other, as XML signatures have them: RFC 6931, 2.3.6.
func plain(t *testing.T, der []byte) []byte {
	t.Helper()
	var value struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &value); err != nil {
		t.Fatal(err)
	}
	out := make([]byte, 64)
	value.R.FillBytes(out[:32])
	value.S.FillBytes(out[32:])
	return out
}

func TestAProviderSignsByECDSA(t *testing.T) {
	w, key, cert := newEC(t)
	w.idp.SignAssertionOnly(true)
	f, address := w.begin(t)
	a := w.answer(t, address, alice)
	a.SignBy(key, cert, dsig.ECDSASHA256SignatureMethod)
	value := a.Find("SignatureValue")
	der := must(base64.StdEncoding.DecodeString(value.Text()))
	if _, err := w.provider.Finish(t.Context(), f, a.Values()); !errors.Is(err, federation.ErrRefused) {
		t.Errorf("Finish(signature value in DER) = %v, want ErrRefused", err)
	}
	value.SetText(base64Of(plain(t, der)))
	id, err := w.provider.Finish(t.Context(), f, a.Values())
	if err != nil {
		t.Fatalf("Finish = %v", err)
	}
	if err := saml.VerifyEvidence(id.Evidence, cert, time.Now()); err != nil {
		t.Errorf("VerifyEvidence = %v", err)
	}
	other := plain(t, der)
	other[5] ^= 1
	value.SetText(base64Of(other))
	if _, err := w.provider.Finish(t.Context(), f, a.Values()); !errors.Is(err, federation.ErrRefused) {
		t.Errorf("Finish(signature value changed) = %v, want ErrRefused", err)
	}
}

func TestAProviderEndsSessionsByECDSA(t *testing.T) {
	w, key, _ := newEC(t)
	query := w.idp.SignQuery("SAMLRequest", w.idp.LogoutRequest(us, aliceThere), "x")
	signed := strings.Replace(query[:strings.Index(query, "&Signature=")], "rsa-sha256", "ecdsa-sha256", 1)
	if !strings.Contains(signed, url.QueryEscape(ecdsaSHA256)) {
		t.Fatal("the query names another algorithm")
	}
	digest := sha256.Sum256([]byte(signed))
	der := must(ecdsa.SignASN1(rand.Reader, key, digest[:]))
	for name, tt := range map[string]struct {
		value []byte
		ok    bool
	}{"as written in XML": {plain(t, der), true}, "in DER": {der, false}, "cut": {plain(t, der)[:63], false}} {
		in := saml.LogoutInput{RawQuery: signed + "&Signature=" + url.QueryEscape(base64Of(tt.value))}
		if msg, err := saml.ReadLogout(t.Context(), in, w.provider); (err == nil) != tt.ok || tt.ok && msg.NameID != "_n1" {
			t.Errorf("ReadLogout(%s) = %+v, %v", name, msg, err)
		}
	}
}

// Keys and names are each provider's own: the answer of one is none to the flow of
// another, though both are known.
func TestProvidersDoNotAnswerForEachOther(t *testing.T) {
	a, b := newWorld(t), newWorld(t, func(s *saml.Settings) { s.ID = "itsme" })
	fa, address := a.begin(t)
	fb := fa
	fb.Provider = "itsme"
	values := a.answer(t, address, alice).Values()
	for name, try := range map[string]func() error{
		"the flow of another":           func() error { _, err := a.provider.Finish(t.Context(), fb, values); return err },
		"to another provider":           func() error { _, err := b.provider.Finish(t.Context(), fa, values); return err },
		"to another provider, its flow": func() error { _, err := b.provider.Finish(t.Context(), fb, values); return err },
		"another flow to the same":      func() error { f, _ := a.begin(t); _, err := a.provider.Finish(t.Context(), f, values); return err },
		"another flow by the same handle": func() error {
			f, _ := a.begin(t)
			f.ID = fa.ID
			_, err := a.provider.Finish(t.Context(), f, values)
			return err
		},
		"a flow whose time is up": func() error {
			f := fa
			f.Created, f.Expires = f.Created.Add(-time.Hour), f.Expires.Add(-time.Hour)
			_, err := a.provider.Finish(t.Context(), f, values)
			return err
		},
	} {
		if err := try(); !errors.Is(err, federation.ErrRefused) {
			t.Errorf("Finish(%s) = %v, want ErrRefused", name, err)
		}
	}
	if _, err := a.provider.Finish(t.Context(), fa, values); err != nil {
		t.Errorf("Finish = %v", err)
	}
}

// What is told is data: what is no text to show is left out, markup stays for pages to
// escape, and another attribute's friendly name means nothing.
func TestWhatIsToldIsData(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name   string
		person federationtest.Person
		change func(a *federationtest.SAMLAnswer)
		given  string
		last   string
		lang   string
	}{
		{"markup", federationtest.Person{GivenNames: "<b>Alice</b>", Surname: "O'Neil & Co", Language: "de"}, nil, "<b>Alice</b>", "O'Neil & Co", "de"},
		{"line ends", federationtest.Person{GivenNames: "Alice\nEvil: yes", Surname: "Peeters"}, nil, "", "Peeters", ""},
		{"turned around", federationtest.Person{GivenNames: "Ali\u202ece", Surname: strings.Repeat("x", 300)}, nil, "", "", ""},
		{"a language that is none", federationtest.Person{GivenNames: "Alice", Language: "../../etc"}, nil, "Alice", "", ""},
		{"twice", federationtest.Person{GivenNames: "Alice", Surname: "Peeters"}, func(a *federationtest.SAMLAnswer) {
			attr := a.Find("Attribute[@Name='surname']")
			attr.Parent().AddChild(attr.Copy())
		}, "Alice", "", ""},
		{"under a friendly name", federationtest.Person{GivenNames: "Alice"}, func(a *federationtest.SAMLAnswer) {
			a.Find("AttributeStatement").AddChild(func() *etree.Element {
				el := a.Find("Attribute[@Name='givenName']").Copy()
				el.CreateAttr("FriendlyName", "surname")
				el.RemoveAttr("Name")
				el.CreateAttr("Name", "urn:x")
				return el
			}())
		}, "Alice", "", ""},
	} {
		tt.person.Number = federationtest.Alice.Number
		f, address := w.begin(t)
		a := w.answer(t, address, federationtest.Choice{Person: tt.person, Level: 500})
		if tt.change != nil {
			tt.change(a)
			a.Sign()
		}
		id, err := w.provider.Finish(t.Context(), f, a.Values())
		if err != nil || id.GivenNames != tt.given || id.Surname != tt.last || id.Language != tt.lang {
			t.Errorf("Finish(%s) = %q %q %q, %v", tt.name, id.GivenNames, id.Surname, id.Language, err)
		}
	}
}
