package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	_ "crypto/sha256" // the hashes below
	_ "crypto/sha512"
)

// Bounds on an RSA modulus, in bits: the lower one is that of ETSI TS 119 312, the upper
// one keeps a stranger's key from costing more than a millisecond.
const (
	minRSA = 2048
	maxRSA = 8192
)

var (
	oidRSA      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidHashes   = map[crypto.Hash]asn1.ObjectIdentifier{}
	oidRSAWith  = map[crypto.Hash]asn1.ObjectIdentifier{}
	oidECDSA    = map[crypto.Hash]asn1.ObjectIdentifier{}
	knownHashes = []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}
)

func init() {
	for i, h := range knownHashes {
		oidHashes[h] = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, i + 1}
		oidRSAWith[h] = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11 + i}
		oidECDSA[h] = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2 + i}
	}
}

// algorithm is an AlgorithmIdentifier: its parameters are absent, NULL or something else.
type algorithm struct {
	oid    asn1.ObjectIdentifier
	null   bool
	params bool // neither absent nor NULL
	tag    cbasn1.Tag
	raw    cryptobyte.String // content of the parameters
}

func readAlgorithm(s *cryptobyte.String) (algorithm, bool) {
	var inner cryptobyte.String
	if !s.ReadASN1(&inner, cbasn1.SEQUENCE) {
		return algorithm{}, false
	}
	return readAlgorithmOf(inner)
}

// readAlgorithmOf reads the content of an AlgorithmIdentifier.
func readAlgorithmOf(inner cryptobyte.String) (algorithm, bool) {
	var a algorithm
	if !inner.ReadASN1ObjectIdentifier(&a.oid) {
		return a, false
	}
	if inner.Empty() {
		return a, true
	}
	if !inner.ReadAnyASN1(&a.raw, &a.tag) || !inner.Empty() {
		return a, false
	}
	a.null = a.tag == cbasn1.NULL && a.raw.Empty()
	a.params = !a.null
	return a, true
}

// hash reads a digest algorithm; parameters are absent or NULL (RFC 5754, 2).
func (a algorithm) hash() (crypto.Hash, error) {
	for _, h := range knownHashes {
		if a.oid.Equal(oidHashes[h]) && !a.params {
			return h, nil
		}
	}
	return 0, fmt.Errorf("%w: digest %v", ErrAlgorithm, a.oid)
}

// HashFor returns the hash that goes with a key: as long as the key is strong. RSA
// takes SHA-256, a P-384 key SHA-384.
//
// Error: ErrAlgorithm for RSA below 2048 or above 8192 bits and for other curves and kinds
// of key.
func HashFor(key crypto.PublicKey) (crypto.Hash, error) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		if n := key.N.BitLen(); n < minRSA || n > maxRSA {
			return 0, fmt.Errorf("%w: RSA of %d bits", ErrAlgorithm, key.N.BitLen())
		}
		return crypto.SHA256, nil
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256():
			return crypto.SHA256, nil
		case elliptic.P384():
			return crypto.SHA384, nil
		case elliptic.P521():
			return crypto.SHA512, nil
		}
	}
	return 0, fmt.Errorf("%w: key of type %T", ErrAlgorithm, key)
}

// KeyName describes a key for people: "RSA 2048", "ECDSA P-384".
func KeyName(key crypto.PublicKey) string {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	}
	return "unknown"
}

// checkValue verifies a signature value over data with the algorithm that the
// SignerInfo names, which must fit the certificate's key and the digest algorithm.
func checkValue(cert *x509.Certificate, a algorithm, h crypto.Hash, data, value []byte) error {
	if _, err := HashFor(cert.PublicKey); err != nil {
		return err
	}
	d := h.New()
	d.Write(data)
	digest := d.Sum(nil)
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if a.oid.Equal(oidPSS) {
			return checkPSS(key, a, h, digest, value)
		}
		if !a.oid.Equal(oidRSA) && !a.oid.Equal(oidRSAWith[h]) || a.params {
			return fmt.Errorf("%w: %v with an RSA key", ErrAlgorithm, a.oid)
		}
		if rsa.VerifyPKCS1v15(key, h, digest, value) != nil {
			return ErrSignature
		}
		return nil
	case *ecdsa.PublicKey:
		if !a.oid.Equal(oidECDSA[h]) || a.params || a.null {
			return fmt.Errorf("%w: %v with an ECDSA key", ErrAlgorithm, a.oid)
		}
		if !ecdsa.VerifyASN1(key, digest, value) {
			return ErrSignature
		}
		return nil
	}
	return ErrAlgorithm
}
