package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
)

// Bounds on RSA keys, in bits. The lower one is that of ETSI TS 119 312; the upper one
// keeps a stranger's certificate from costing more than a millisecond.
const (
	minRSA = 2048
	maxRSA = 8192
)

// CheckStrength reports [ErrWeakKey] unless key and signature of cert are of a kind and
// size accepted here: RSA from 2048 to 8192 bits, ECDSA on P-256, P-384 or P-521, signed
// over SHA-256 or longer. A self-signed certificate's own signature is not looked at:
// nothing rests on it.
func CheckStrength(cert *x509.Certificate) error {
	if err := checkKey(cert); err != nil {
		return err
	}
	if sameName(cert.RawSubject, cert.RawIssuer) {
		return nil
	}
	switch cert.SignatureAlgorithm {
	case x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA,
		x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS,
		x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512:
		return nil
	}
	return fmt.Errorf("%w: signed with %v", ErrWeakKey, cert.SignatureAlgorithm)
}

func checkKey(cert *x509.Certificate) error {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if n := key.N.BitLen(); n < minRSA || n > maxRSA || key.E < 3 || key.E%2 == 0 {
			return fmt.Errorf("%w: RSA of %d bits, exponent %d", ErrWeakKey, n, key.E)
		}
		return nil
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
			return nil
		}
	}
	return fmt.Errorf("%w: key of kind %v", ErrWeakKey, cert.PublicKeyAlgorithm)
}
