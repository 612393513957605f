package signing

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"time"

	"guichet.example/signing/internal/cms"
	"guichet.example/signing/internal/tsp"
)

// Sunset says until when an algorithm is believed.
type Sunset struct {
	Algorithm string    // "RSA" (PKCS#1 v1.5), "RSA PSS", "ECDSA", "SHA-256", "SHA-384", "SHA-512"
	Bits      int       // for keys of at least so many bits; 0 for a hash
	Until     time.Time // zero: no end is known
}

// CryptoPolicy says which algorithms are believed and until when (EN 319 102-1, 5.2.8). Of
// the entries for an algorithm that with the most bits not above those at hand counts;
// what has no entry is not believed at all. Whatever a policy says, RSA below 2048 bits,
// SHA-1 and other curves than P-256, P-384 and P-521 are refused.
type CryptoPolicy []Sunset

// DefaultCryptoPolicy returns what ETSI TS 119 312 (V1.5.1, 2024) says: PKCS#1 v1.5 and
// PSS below 3000 bits end with the year 2028, PSS from 3000 bits, ECDSA from 256 bits and
// SHA-2 have no end yet.
func DefaultCryptoPolicy() CryptoPolicy {
	end := time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC)
	return CryptoPolicy{
		{"RSA", 2048, end}, {"RSA PSS", 2048, end}, {Algorithm: "RSA PSS", Bits: 3000}, {Algorithm: "ECDSA", Bits: 256},
		{Algorithm: "SHA-256"}, {Algorithm: "SHA-384"}, {Algorithm: "SHA-512"},
	}
}

// until returns the end of an algorithm; zero if none is known, ok false if it has no entry.
func (p CryptoPolicy) until(algorithm string, bits int) (end time.Time, ok bool) {
	best := -1
	for _, s := range p {
		if s.Algorithm == algorithm && s.Bits <= bits && s.Bits > best {
			best, end, ok = s.Bits, s.Until, true
		}
	}
	return end, ok
}

// agedError says that an algorithm was no longer believed when what it protects is first
// known to have existed.
type agedError struct {
	algorithm string
	end       time.Time
}

func (e agedError) Error() string {
	if e.end.IsZero() {
		return e.algorithm + " is not believed"
	}
	return fmt.Sprintf("%s is believed until %s only", e.algorithm, e.end.Format(time.DateOnly))
}

// check holds one algorithm against the policy at a time.
func (p CryptoPolicy) check(algorithm string, bits int, at time.Time) error {
	end, ok := p.until(algorithm, bits)
	if !ok || !end.IsZero() && !at.Before(end) {
		return agedError{named(algorithm, bits), end}
	}
	return nil
}

func named(algorithm string, bits int) string {
	if bits == 0 {
		return algorithm
	}
	return fmt.Sprintf("%s of %d bits", algorithm, bits)
}

// keyOf names an algorithm by its key: pss tells how an RSA key was used.
func keyOf(key crypto.PublicKey, pss bool) (algorithm string, bits int) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		if pss {
			return "RSA PSS", key.N.BitLen()
		}
		return "RSA", key.N.BitLen()
	case *ecdsa.PublicKey:
		return "ECDSA", key.Params().BitSize
	}
	return "unknown", 0
}

// signature checks the algorithms of one signature value.
func (p CryptoPolicy) signature(cert *x509.Certificate, s *cms.SignedData, at time.Time) error {
	algorithm, bits := keyOf(cert.PublicKey, s.Signer.PSS())
	if err := p.check(algorithm, bits, at); err != nil {
		return err
	}
	return p.check(s.Signer.Hash.String(), 0, at)
}

// path checks the signatures on the certificates of a path below its anchor.
func (p CryptoPolicy) path(path []*x509.Certificate, at time.Time) error {
	for i := range len(path) - 1 {
		algorithm, bits := keyOf(path[i+1].PublicKey, pssSigned(path[i]))
		if err := p.check(algorithm, bits, at); err != nil {
			return fmt.Errorf("certificate of %s: %w", path[i].Subject.CommonName, err)
		}
		if err := p.check(hashOf(path[i]).String(), 0, at); err != nil {
			return fmt.Errorf("certificate of %s: %w", path[i].Subject.CommonName, err)
		}
	}
	return nil
}

// end is when the first algorithm that a timestamp rests on runs out, those of its path
// and of what it stamped included; zero if none does. The error is an agedError for one
// that is not believed at all.
func (p CryptoPolicy) end(path []*x509.Certificate, token *tsp.Token) (first time.Time, err error) {
	note := func(algorithm string, bits int) {
		end, ok := p.until(algorithm, bits)
		if !ok {
			err = agedError{algorithm: named(algorithm, bits)}
		}
		if !end.IsZero() && (first.IsZero() || end.Before(first)) {
			first = end
		}
	}
	signed := token.Signed()
	note(keyOf(path[0].PublicKey, signed.Signer.PSS()))
	note(signed.Signer.Hash.String(), 0)
	note(token.Hash.String(), 0)
	for i := range len(path) - 1 {
		note(keyOf(path[i+1].PublicKey, pssSigned(path[i])))
		note(hashOf(path[i]).String(), 0)
	}
	return first, err
}

func pssSigned(cert *x509.Certificate) bool {
	switch cert.SignatureAlgorithm {
	case x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS:
		return true
	}
	return false
}

// hashOf is the hash a certificate was signed over; certs.CheckStrength has refused others.
func hashOf(cert *x509.Certificate) crypto.Hash {
	switch cert.SignatureAlgorithm {
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		return crypto.SHA384
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		return crypto.SHA512
	}
	return crypto.SHA256
}
