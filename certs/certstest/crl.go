package certstest

import (
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"time"
)

// CRL is the honest certificate revocation list of the authority of that name at this
// moment, valid for a week, as a template: alter it and hand it to [PKI.SignCRL].
func (p *PKI) CRL(authority string) *x509.RevocationList {
	now := p.now()
	list := &x509.RevocationList{Number: big.NewInt(now.Unix()), ThisUpdate: now, NextUpdate: now.Add(7 * day)}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.register.Entries {
		if e.Issuer != authority || e.RevokedAt.IsZero() || e.RevokedAt.After(p.config.Now()) {
			continue
		}
		serial, _ := new(big.Int).SetString(e.Serial, 16)
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{
			SerialNumber: serial, RevocationTime: e.RevokedAt, ReasonCode: e.Reason,
		})
	}
	return list
}

// SignCRL signs list by the authority of that name.
func (p *PKI) SignCRL(authority string, list *x509.RevocationList) ([]byte, error) {
	a := p.authorities[authority]
	return x509.CreateRevocationList(rand.Reader, list, a.Certificate, a.Key)
}

// faultyCRL is a CRL as a misbehaving service would give it.
func (p *PKI) faultyCRL(a *authority, f Fault) ([]byte, error) {
	list := p.CRL(a.slug)
	switch f {
	case Stale:
		list.ThisUpdate, list.NextUpdate = p.now().Add(-8*day), p.now().Add(-day)
	case Future:
		list.ThisUpdate = p.now().Add(time.Hour)
	case WrongSigner:
		impostor, err := P256.generate()
		if err != nil {
			return nil, err
		}
		return x509.CreateRevocationList(rand.Reader, list, &x509.Certificate{
			RawSubject: a.Certificate.RawSubject, SubjectKeyId: a.Certificate.SubjectKeyId,
			KeyUsage: x509.KeyUsageCRLSign, PublicKey: impostor.Public(),
		}, impostor)
	}
	return p.SignCRL(a.slug, list)
}
