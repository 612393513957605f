package reader

import (
	"crypto/x509"
	"time"

	"guichet.example/certs"
)

// Certified hands out the certificates of a card: a [Card], or one of package remote.
type Certified interface {
	// Certificate is as [Card.Certificate].
	Certificate(p certs.Purpose) (*x509.Certificate, error)
}

// ValidCertificate returns the card's certificate for a purpose if its time is not over at
// now. It is asked before any PIN: nobody would take a signature of one that has expired.
// A certificate whose time has not begun is returned, since on a card it means that this
// machine's clock is wrong, and the site has a right one. Errors: as of
// [Card.Certificate], and certs.ExpiredError.
func ValidCertificate(card Certified, p certs.Purpose, now time.Time) (*x509.Certificate, error) {
	certificate, err := card.Certificate(p)
	if err != nil {
		return nil, err
	}
	if now.After(certificate.NotAfter) {
		return nil, certs.ExpiredError{NotAfter: certificate.NotAfter}
	}
	return certificate, nil
}
