package registry

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"strings"
	"testing"
	"time"
	"unicode"
)

// Anybody can make a card whose certificate has a name that a terminal would obey. What
// Identity promises of its texts holds for those of the certificate too.
func TestIdentityFromCertificateObeysNobody(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const title = "\x1b]0;you are root\x07\u009b31m\u202e\r\nsource  files"
	name := func(last int, value string) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, last}, Value: value}
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		Subject: pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
			name(6, "BE"), name(5, nora+title), name(4, "Specimen"+title), name(42, "Nora"+title),
		}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	id, err := IdentityOf(nil, []*x509.Certificate{cert}, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{id.Surname, id.GivenNames, id.NationalNumber} {
		if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) }) {
			t.Errorf("Identity has %q", text)
		}
	}
}
