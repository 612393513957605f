package certstest

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"time"
)

// authority is a CA: a certificate, a key, and the services that answer for it.
type authority struct {
	KeyPair
	slug   string // in URLs, file names and the register
	parent *authority
}

type authoritySpec struct {
	slug, parent string // no parent: self-signed
	algorithm    Algorithm
	subject      name
	nested       bool // extended key usage clientAuth + emailProtection, as below Belgium's Root CA6
	citizen      bool
}

const day = 24 * time.Hour

// In order: parents first. Names follow Belgium's, "Test" is added to the roots'.
var authoritySpecs = []authoritySpec{
	{slug: "root-rsa", algorithm: RSA2048, subject: name{{country, "BE"}, {commonName, "Belgium Test Root CA4"}}},
	{slug: "root-ec", algorithm: P384, subject: name{{country, "BE"}, {commonName, "Belgium Test Root CA6"}}},
	{slug: "citizen-rsa", parent: "root-rsa", algorithm: RSA2048, citizen: true, subject: name{
		{country, "BE"}, {locality, "Brussels"}, {organization, "Certipost (Test)"},
		{commonName, "Citizen CA"}, {serialNumber, "201901"},
	}},
	{slug: "citizen-ec", parent: "root-ec", algorithm: P384, citizen: true, nested: true,
		subject: government("Citizen CA", "202401")},
	{slug: "foreigner-ec", parent: "root-ec", algorithm: P384, citizen: true, nested: true,
		subject: government("Foreigner CA", "202402")},
	{slug: "tsa-ca", parent: "root-ec", algorithm: P384, subject: name{{country, "BE"}, {commonName, "Time Stamping Test CA"}}},
	{slug: "seal-ca", parent: "root-ec", algorithm: P384, subject: name{{country, "BE"}, {commonName, "Organisation Seal Test CA"}}},
}

func government(cn, serial string) name {
	return name{
		{country, "BE"}, {locality, "Brussels"}, {organization, "Kingdom of Belgium - Federal Government"},
		{organizationalUnit, "QTSP: FPS Home Affairs - Identity and Citizen Affairs (Test)"},
		{organizationalUnit, "FPS Home Affairs - Identity and Citizen Affairs (NTRBE-0000000000)"},
		{commonName, cn}, {serialNumber, serial},
	}
}

func (p *PKI) addAuthority(s authoritySpec, keys map[string]crypto.Signer) error {
	parent := p.authorities[s.parent]
	pair, err := p.keep(s.slug, keys, func(key crypto.Signer) (*x509.Certificate, error) {
		t := &x509.Certificate{
			NotBefore: p.now().Add(-3 * 365 * day), NotAfter: p.now().Add(12 * 365 * day),
			IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
			KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		}
		if parent == nil {
			t.NotBefore, t.NotAfter = p.now().Add(-5*365*day), p.now().Add(16*365*day)
			t.MaxPathLenZero = false
			t.MaxPathLen = -1
		} else {
			// As in Belgium, CAs have a CRL only; people have OCSP too.
			t.CRLDistributionPoints = []string{p.crlURL(parent)}
			t.IssuingCertificateURL = []string{p.aiaURL(parent)}
		}
		if s.nested {
			t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageEmailProtection}
		}
		if parent == nil {
			return p.certify(t, s.subject, key.Public(), &authority{KeyPair: KeyPair{Key: key}, slug: s.slug})
		}
		return p.certify(t, s.subject, key.Public(), parent)
	})
	p.authorities[s.slug] = &authority{KeyPair: pair, slug: s.slug, parent: parent}
	return err
}

type serviceSpec struct {
	name, issuer string
	algorithm    Algorithm
	subject      name
	template     func(t *x509.Certificate)
	lapsed       bool // its time is over since a month
}

// registryName is how the national registry calls itself.
var registryName = name{{country, "BE"}, {organization, "RRN"}, {commonName, "RRN"}}

// serviceSpecs lists the end certificates that services sign with.
func serviceSpecs() []serviceSpec {
	tsa := name{{country, "BE"}, {organization, "Time Stamping Test"}, {commonName, "Time Stamping Authority"}}
	list := []serviceSpec{
		{name: "registry-rsa", issuer: "root-rsa", algorithm: RSA2048, subject: registryName, template: registryTemplate},
		{name: "registry-ec", issuer: "root-ec", algorithm: P384, subject: registryName, template: registryTemplate},
		{name: "tsa", issuer: "tsa-ca", algorithm: P256, subject: tsa, template: tsaTemplate},
		{name: "tsa-expired", issuer: "tsa-ca", algorithm: P256, subject: tsa, template: tsaTemplate, lapsed: true},
	}
	for _, s := range authoritySpecs {
		responder := name{{country, "BE"}, {commonName, "OCSP Responder " + s.slug}}
		list = append(list,
			serviceSpec{name: "ocsp-" + s.slug, issuer: s.slug, algorithm: P256, subject: responder, template: responderTemplate},
			serviceSpec{name: "ocsp-expired-" + s.slug, issuer: s.slug, algorithm: P256, subject: responder, template: responderTemplate, lapsed: true})
	}
	return list
}

func (p *PKI) addServices(keys map[string]crypto.Signer) error {
	for _, s := range serviceSpecs() {
		issuer := p.authorities[s.issuer]
		pair, err := p.keep(s.name, keys, func(key crypto.Signer) (*x509.Certificate, error) {
			t := &x509.Certificate{NotBefore: p.now().Add(-30 * day), NotAfter: p.now().Add(5 * 365 * day)}
			if s.lapsed {
				t.NotBefore, t.NotAfter = p.now().Add(-365*day), p.now().Add(-30*day)
			}
			s.template(t)
			if s.issuer == "tsa-ca" || s.subject[1].value == "RRN" {
				t.CRLDistributionPoints = []string{p.crlURL(issuer)}
				t.IssuingCertificateURL = []string{p.aiaURL(issuer)}
			}
			return p.certify(t, s.subject, key.Public(), issuer)
		})
		if err != nil {
			return err
		}
		p.services[s.name] = pair
	}
	return nil
}

func registryTemplate(t *x509.Certificate) {
	t.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	t.Policies = []x509.OID{oid(2, 16, 56, 12, 1, 1, 4)}
}

// RFC 3161, 2.3: the extended key usage is critical and alone. Go's own field is never critical.
func tsaTemplate(t *x509.Certificate) {
	t.KeyUsage = x509.KeyUsageDigitalSignature
	usage, _ := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	t.ExtraExtensions = append(t.ExtraExtensions, extension(asn1.ObjectIdentifier{2, 5, 29, 37}, true, usage))
}

// RFC 6960, 4.2.2.2: OCSPSigning, and nocheck so that nobody asks after the responder.
func responderTemplate(t *x509.Certificate) {
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
	t.ExtraExtensions = append(t.ExtraExtensions, extension(oidNoCheck, false, asn1.NullBytes))
}

func (p *PKI) ocspURL(a *authority) string { return p.config.BaseURL + "/ocsp/" + a.slug }
func (p *PKI) crlURL(a *authority) string  { return p.config.BaseURL + "/crl/" + a.slug + ".crl" }
func (p *PKI) aiaURL(a *authority) string  { return p.config.BaseURL + "/aia/" + a.slug + ".crt" }
