package webeid_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"testing"
	"time"

	"guichet.example/auth/webeid"
	"guichet.example/certs"
	"guichet.example/certs/certstest"
)

// A Belgian card's two certificates differ in common name, so the rule of the
// reference, equal subjects, would refuse every one of them.
func TestVerify11BelgianCard(t *testing.T) {
	v := newVerifier(t)
	challenge := newChallenge(t)
	o := tokenOf(t, shared().ec.Authentication, "ES384", challenge.Nonce)
	o["format"] = "web-eid:1.1"
	o["unverifiedSigningCertificates"] = []object{signingEntry(shared().ec.Signature.Certificate.Raw)}
	verified, err := v.Verify(t.Context(), o.parse(t), challenge)
	if err != nil {
		t.Fatalf("Verify = %v", err)
	}
	if len(verified.SigningPaths) != 1 || !verified.SigningPaths[0][0].Equal(shared().ec.Signature.Certificate) {
		t.Errorf("SigningPaths = %v", verified.SigningPaths)
	}
}

func TestVerify11RefusesSigningCertificates(t *testing.T) {
	signature := func(change func(*x509.Certificate)) []byte {
		return certify(t, func(c *x509.Certificate) {
			c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageContentCommitment, nil
			if change != nil {
				change(c)
			}
		}).Certificate.Raw
	}
	attribute := func(last int, value string) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			for i, a := range c.Subject.ExtraNames {
				if a.Type.Equal(asn1.ObjectIdentifier{2, 5, 4, last}) {
					c.Subject.ExtraNames[i].Value = value
				}
			}
		}
	}
	foreigner := certifyKey(t, shared().pki.Authority("foreigner-ec"), certify(t, nil).Key, func(c *x509.Certificate) {
		c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageContentCommitment, nil
	})
	tests := []struct {
		name string
		der  []byte
	}{
		{"another person", shared().rsa.Signature.Certificate.Raw},
		{"another number", signature(attribute(5, "85073003328"))},
		{"another country", signature(attribute(6, "NL"))},
		{"no number", signature(func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: "Jan Peeters"} })},
		{"for authentication", shared().ec.Authentication.Certificate.Raw},
		{"expired", signature(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Second) })},
		{"not yet valid", signature(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })},
		{"another issuer", foreigner.Certificate.Raw},
	}
	v := newVerifier(t)
	challenge := newChallenge(t)
	verify := func(der []byte) error {
		o := tokenOf(t, shared().ec.Authentication, "ES384", challenge.Nonce)
		o["format"] = "web-eid:1.1"
		o["unverifiedSigningCertificates"] = []object{signingEntry(shared().ec.Signature.Certificate.Raw), signingEntry(der)}
		_, err := v.Verify(t.Context(), o.parse(t), challenge)
		return err
	}
	if err := verify(signature(nil)); err != nil {
		t.Fatalf("a second good certificate: Verify = %v", err)
	}
	for _, test := range tests {
		if err := verify(test.der); !errors.Is(err, webeid.ErrSigningCertificate) {
			t.Errorf("%s: Verify = %v, want %v", test.name, err, webeid.ErrSigningCertificate)
		}
	}
}

// Elsewhere the reference's rule holds: the same subject.
func TestVerify11Elsewhere(t *testing.T) {
	finnish := func(name string, usage x509.KeyUsage) certstest.KeyPair {
		return certify(t, func(c *x509.Certificate) {
			c.KeyUsage, c.ExtKeyUsage = usage, nil
			c.Subject.ExtraNames[0].Value, c.Subject.ExtraNames[1].Value = "FI", name
		})
	}
	v := newVerifier(t)
	for name, want := range map[string]error{"SPECIMEN VIRTANEN": nil, "SPECIMEN VIRTANEN 2": webeid.ErrSigningCertificate} {
		challenge := newChallenge(t)
		o := tokenOf(t, finnish("SPECIMEN VIRTANEN", x509.KeyUsageDigitalSignature), "ES384", challenge.Nonce)
		o["format"] = "web-eid:1.1"
		o["unverifiedSigningCertificates"] = []object{signingEntry(finnish(name, x509.KeyUsageContentCommitment).Certificate.Raw)}
		if _, err := v.Verify(t.Context(), o.parse(t), challenge); !errors.Is(err, want) {
			t.Errorf("signing certificate of %q: Verify = %v, want %v", name, err, want)
		}
	}
}

// Intermediates of a 1.1 token only help to build a path. They are no anchors.
func TestVerify11Intermediates(t *testing.T) {
	root, err := certs.NewTrustAnchors(shared().pki.Authority("root-ec").Certificate)
	if err != nil {
		t.Fatal(err)
	}
	intermediate := shared().pki.Authority("citizen-ec").Certificate
	none, err := certs.NewTrustAnchors(shared().pki.Authority("root-rsa").Certificate)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		anchors *certs.TrustAnchors
		given   *x509.Certificate
		want    error
	}{
		{"the issuer, below a root we trust", root, intermediate, nil},
		{"the issuer, below no root we trust", none, intermediate, webeid.ErrCertificateNotTrusted},
		{"another certificate", root, shared().pki.Authority("citizen-rsa").Certificate, webeid.ErrCertificateNotTrusted},
	}
	for _, test := range tests {
		v := newVerifier(t, func(c *webeid.Config) { c.Anchors = test.anchors })
		challenge := newChallenge(t)
		o := tokenOf(t, shared().ec.Authentication, "ES384", challenge.Nonce)
		o["format"] = "web-eid:1.1"
		o["unverifiedIntermediateCertificates"] = []string{base64Of(test.given.Raw)}
		if _, err := v.Verify(t.Context(), o.parse(t), challenge); !errors.Is(err, test.want) {
			t.Errorf("%s: Verify = %v, want %v", test.name, err, test.want)
		}
	}
}
