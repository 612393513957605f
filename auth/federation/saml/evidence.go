package saml

import (
	"crypto/x509"
	"errors"
	"time"

	"guichet.example/auth/federation/saml/internal/shape"
)

// VerifyEvidence verifies an assertion kept as evidence by itself, without the message it
// came in: that the holder of the certificate signed it, at a time at which the
// certificate was valid. It says nothing about for whom and until when it was.
func VerifyEvidence(evidence []byte, cert *x509.Certificate, at time.Time) error {
	if _, err := shape.Check(evidence, shape.Assertion); err != nil {
		return err
	}
	root, err := parse(evidence)
	if err != nil {
		return err
	}
	if _, strong := strength(cert); !strong {
		return errors.New("key is too weak")
	}
	_, err = verifyElement(root, []*x509.Certificate{cert}, at)
	return err
}
