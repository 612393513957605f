package certs

import (
	"crypto/x509"
	"fmt"
)

// Parse reads exactly one DER certificate of at most [MaxCertificate] bytes. What it
// returns is unverified. Any other input, trailing bytes included, is [ErrMalformed].
func Parse(der []byte) (*x509.Certificate, error) {
	if len(der) > MaxCertificate {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are read", ErrMalformed, len(der), MaxCertificate)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		// The parser's text is not API and may change with Go: %v.
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	return cert, nil
}
