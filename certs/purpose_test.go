package certs_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"testing"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
)

// Every certificate of the PKI against every purpose: it serves its own and no other.
func TestPurposeServesOne(t *testing.T) {
	card := issue(t, nil)
	older := issue(t, func(p *certstest.Person) { p.NoExtKeyUsage = true })
	seal, err := world().IssueSeal("Mutualité du Test", "VATBE-0400000000", certstest.P256)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cert *x509.Certificate
		own  certs.Purpose
	}{
		"authentication":            {card.Authentication.Certificate, certs.Authentication},
		"authentication, older":     {older.Authentication.Certificate, certs.Authentication},
		"signature":                 {card.Signature.Certificate, certs.Signature},
		"TSA":                       {world().Service("tsa").Certificate, certs.Timestamping},
		"OCSP responder":            {world().Service("ocsp-citizen-ec").Certificate, certs.OCSPResponding},
		"registry":                  {world().Service("registry-rsa").Certificate, certs.Registry},
		"seal":                      {seal.Certificate, certs.Seal},
		"issuing CA, nested usages": {world().Authority("citizen-ec").Certificate, 0},
		"root":                      {world().Authority("root-rsa").Certificate, 0},
	} {
		for p := certs.Authentication; p <= certs.Registry; p++ {
			err := p.Check(c.cert)
			// A seal may have the key usage of a person's signature: what tells it from
			// one is its subject, which names no holder.
			if _, holder := certs.HolderOf(c.cert); c.own == certs.Seal && p == certs.Signature && holder != nil {
				continue
			}
			if p == c.own && err != nil {
				t.Errorf("%v.Check(%s) = %v, want nil", p, name, err)
			}
			if p != c.own && !errors.Is(err, certs.ErrWrongPurpose) && !errors.Is(err, certs.ErrMissingPurpose) {
				t.Errorf("%v.Check(%s) = %v, want a refusal", p, name, err)
			}
		}
	}
}

func TestPurposeRefuses(t *testing.T) {
	const digital, consent = x509.KeyUsageDigitalSignature, x509.KeyUsageContentCommitment // the latter is nonRepudiation
	usage := func(critical bool, oids ...asn1.ObjectIdentifier) []pkix.Extension {
		der, _ := asn1.Marshal(oids)
		return []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: critical, Value: der}}
	}
	stamping, responding := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 9}
	anyUsage, unheardOf := asn1.ObjectIdentifier{2, 5, 29, 37, 0}, asn1.ObjectIdentifier{1, 2, 3}
	rrn := pkix.Name{Country: []string{"BE"}, CommonName: "RRN"}
	for _, c := range []struct {
		name    string
		purpose certs.Purpose
		cert    x509.Certificate
		want    error
	}{
		{"no key usage", certs.Authentication, x509.Certificate{}, certs.ErrMissingPurpose},
		{"no key usage", certs.Signature, x509.Certificate{}, certs.ErrMissingPurpose},
		{"no key usage", certs.Registry, x509.Certificate{Subject: rrn}, certs.ErrMissingPurpose},
		{"key agreement only", certs.Authentication, x509.Certificate{KeyUsage: x509.KeyUsageKeyAgreement}, certs.ErrWrongPurpose},
		{"both bits", certs.Authentication, x509.Certificate{KeyUsage: digital | consent}, certs.ErrWrongPurpose},
		{"both bits", certs.Signature, x509.Certificate{KeyUsage: digital | consent}, certs.ErrWrongPurpose},
		{"e-mail only", certs.Authentication, x509.Certificate{KeyUsage: digital, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}}, certs.ErrWrongPurpose},
		{"unheard-of usage", certs.Authentication, x509.Certificate{KeyUsage: digital, ExtraExtensions: usage(false, unheardOf)}, certs.ErrWrongPurpose},
		{"server's key", certs.Signature, x509.Certificate{KeyUsage: consent, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, certs.ErrWrongPurpose},
		{"responder's key", certs.Signature, x509.Certificate{KeyUsage: consent, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}}, certs.ErrWrongPurpose},
		{"no usage", certs.Timestamping, x509.Certificate{KeyUsage: digital}, certs.ErrMissingPurpose},
		{"usage not critical", certs.Timestamping, x509.Certificate{KeyUsage: digital, ExtraExtensions: usage(false, stamping)}, certs.ErrWrongPurpose},
		{"usage not alone", certs.Timestamping, x509.Certificate{KeyUsage: digital, ExtraExtensions: usage(true, stamping, responding)}, certs.ErrWrongPurpose},
		{"usage with an unheard-of one", certs.Timestamping, x509.Certificate{KeyUsage: digital, ExtraExtensions: usage(true, stamping, unheardOf)}, certs.ErrWrongPurpose},
		{"no usage", certs.OCSPResponding, x509.Certificate{KeyUsage: digital}, certs.ErrMissingPurpose},
		{"any usage", certs.OCSPResponding, x509.Certificate{KeyUsage: digital, ExtraExtensions: usage(false, anyUsage)}, certs.ErrWrongPurpose},
		{"encryption only", certs.OCSPResponding, x509.Certificate{KeyUsage: x509.KeyUsageKeyEncipherment, ExtraExtensions: usage(false, responding)}, certs.ErrWrongPurpose},
		{"a CA", certs.OCSPResponding, x509.Certificate{KeyUsage: digital, ExtraExtensions: usage(false, responding), IsCA: true, BasicConstraintsValid: true}, certs.ErrWrongPurpose},
		{"a name that ends so", certs.Registry, x509.Certificate{KeyUsage: digital, Subject: pkix.Name{CommonName: "Nora ARRN", Organization: []string{"RRN Nora"}}}, certs.ErrWrongPurpose},
		{"a citizen", certs.Registry, x509.Certificate{KeyUsage: digital, Subject: pkix.Name{CommonName: "Nora Specimen"}}, certs.ErrWrongPurpose},
		{"no organisation identifier", certs.Seal, x509.Certificate{KeyUsage: consent, Subject: pkix.Name{Organization: []string{"Mutualité"}}}, certs.ErrWrongPurpose},
		{"a person", certs.Seal, x509.Certificate{KeyUsage: consent, Subject: pkix.Name{CommonName: "Nora Specimen"}}, certs.ErrWrongPurpose},
		{"an employee", certs.Seal, x509.Certificate{KeyUsage: consent, Subject: employee(42)}, certs.ErrWrongPurpose},
		{"an employee with one name", certs.Seal, x509.Certificate{KeyUsage: digital, Subject: employee(4)}, certs.ErrWrongPurpose},
		{"an employee without a name", certs.Seal, x509.Certificate{KeyUsage: consent, Subject: employee(65)}, certs.ErrWrongPurpose},
		{"no such purpose", 0, x509.Certificate{KeyUsage: digital}, certs.ErrWrongPurpose},
		{"no such purpose", 99, x509.Certificate{KeyUsage: digital}, certs.ErrWrongPurpose},
	} {
		cert := forge(t, "citizen-ec", &c.cert)
		if err := c.purpose.Check(cert); !errors.Is(err, c.want) {
			t.Errorf("%v.Check(%s) = %v, want %v", c.purpose, c.name, err, c.want)
		}
	}
}

// employee is a person with the organisation beside her, and one attribute that tells.
func employee(arc int) pkix.Name {
	return pkix.Name{
		CommonName: "Nora Specimen", Organization: []string{"Mutualité"}, SerialNumber: "PASBE-0000001",
		ExtraNames: []pkix.AttributeTypeAndValue{
			{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: "VATBE-0400000000"}, {Type: asn1.ObjectIdentifier{2, 5, 4, arc}, Value: "Nora"},
		},
	}
}

// Public test cards name another registry by the same word.
func TestRegistryOfTestCards(t *testing.T) {
	const digital = x509.KeyUsageDigitalSignature
	for _, name := range []pkix.Name{
		{CommonName: "RRN"}, {Organization: []string{"RRN"}}, {CommonName: "eID TEST EC RRN", Organization: []string{"TEST"}}, {Organization: []string{"test RRN"}},
	} {
		if err := certs.Registry.Check(forge(t, "root-ec", &x509.Certificate{KeyUsage: digital, Subject: name})); err != nil {
			t.Errorf("Check(%v) = %v", name, err)
		}
	}
}
