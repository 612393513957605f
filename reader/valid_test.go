package reader

import (
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"guichet.example/certs"
)

// certified is a card with that signature certificate, or none.
type certified struct{ certificate *x509.Certificate }

func (c certified) Certificate(p certs.Purpose) (*x509.Certificate, error) {
	if p != certs.Signature || c.certificate == nil {
		return nil, ErrNoSignatureCertificate
	}
	return c.certificate, nil
}

func TestValidCertificate(t *testing.T) {
	end := time.Date(2026, 5, 3, 23, 59, 59, 0, time.UTC)
	card := certified{&x509.Certificate{NotBefore: end.AddDate(-10, 0, 0), NotAfter: end}}
	if _, err := ValidCertificate(certified{}, certs.Signature, end); !errors.Is(err, ErrNoSignatureCertificate) {
		t.Errorf("without a certificate: %v", err)
	}
	for _, late := range []time.Duration{time.Second, 24 * 365 * time.Hour} {
		_, err := ValidCertificate(card, certs.Signature, end.Add(late))
		var expired certs.ExpiredError
		if !errors.As(err, &expired) || !expired.NotAfter.Equal(end) {
			t.Errorf("%v late: %v", late, err)
		}
	}
	for _, at := range []time.Time{end, end.AddDate(-5, 0, 0), end.AddDate(-11, 0, 0)} {
		if got, err := ValidCertificate(card, certs.Signature, at); err != nil || got != card.certificate {
			t.Errorf("at %v: %v", at, err)
		}
	}
}
