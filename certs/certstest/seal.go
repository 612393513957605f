package certstest

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
)

// CertifySeal issues a certificate for the key an organisation seals with; identifier is
// the subject's organizationIdentifier (ETSI EN 319 412-1, 5.1.4), such as
// VATBE-0411766483. It is good for three years.
func (p *PKI) CertifySeal(organisation, identifier string, public crypto.PublicKey) (*x509.Certificate, error) {
	issuer := p.authorities["seal-ca"]
	subject := name{{country, "BE"}, {organization, organisation}, {organizationID, identifier}, {commonName, organisation}}
	t := &x509.Certificate{
		NotBefore: p.now().Add(-day), NotAfter: p.now().Add(3 * 365 * day),
		KeyUsage:              x509.KeyUsageContentCommitment,
		OCSPServer:            []string{p.ocspURL(issuer)},
		IssuingCertificateURL: []string{p.aiaURL(issuer)},
		CRLDistributionPoints: []string{p.crlURL(issuer)},
	}
	cert, err := p.certify(t, subject, public, issuer)
	if err != nil {
		return nil, fmt.Errorf("issuing a seal: %w", err)
	}
	return cert, p.saveRegister()
}

// IssueSeal is CertifySeal with a new key. With [Config.Dir] the same request finds the
// same key and certificate again.
func (p *PKI) IssueSeal(organisation, identifier string, a Algorithm) (KeyPair, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %v", organisation, identifier, a))
	file := "seal-" + hex.EncodeToString(sum[:8])
	if p.store.has(file) {
		pairs, err := p.store.load(file)
		if err != nil {
			return KeyPair{}, err
		}
		if p.now().Before(pairs[0].Certificate.NotAfter) {
			return pairs[0], nil
		}
	}
	key, err := a.generate()
	if err != nil {
		return KeyPair{}, err
	}
	cert, err := p.CertifySeal(organisation, identifier, key.Public())
	if err != nil {
		return KeyPair{}, err
	}
	pair := KeyPair{cert, key}
	return pair, p.store.save(file, pair)
}
