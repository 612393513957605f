package webeid

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"guichet.example/certs"
)

// signingPaths checks the signing certificates of a 1.1 token: same person and same
// issuer as the authentication certificate, for signatures, valid, trusted.
func (v *Verifier) signingPaths(t *Token, holder certs.Holder, now time.Time) ([]certs.Path, error) {
	var paths []certs.Path
	for _, unverified := range t.signingCertificates {
		if err := samePerson(t.unverifiedCertificate, unverified, holder); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSigningCertificate, err)
		}
		path, err := v.config.Anchors.Path(unverified, certs.Signature, now, t.intermediateCertificates...)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSigningCertificate, err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// samePerson compares the two certificates of a card. The reference wants equal
// subjects, which no Belgian card has: their common names end in "(Authentication)"
// and "(Signature)". There country and serial number decide, which is the person.
func samePerson(authentication, signing *x509.Certificate, holder certs.Holder) error {
	other, err := certs.HolderOf(signing)
	if err != nil {
		return err
	}
	if !holder.Is(other) {
		return errors.New("it names another person")
	}
	if holder.Country != "BE" && !bytes.Equal(authentication.RawSubject, signing.RawSubject) {
		return errors.New("it has another subject")
	}
	if len(signing.AuthorityKeyId) == 0 || !bytes.Equal(authentication.AuthorityKeyId, signing.AuthorityKeyId) {
		return errors.New("it has another issuer key")
	}
	return nil
}
