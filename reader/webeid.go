package reader

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"fmt"
)

// WebEIDAlgorithm is what the Web eID app takes for an authentication key: its name in
// the token and its hash function. Each curve has its own; RSA is PKCS#1 v1.5 with
// SHA-256. Errors: ErrNotSupported.
func WebEIDAlgorithm(public crypto.PublicKey) (name string, hash crypto.Hash, err error) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return "RS256", crypto.SHA256, nil
	case *ecdsa.PublicKey:
		switch key.Curve.Params().BitSize {
		case 256:
			return "ES256", crypto.SHA256, nil
		case 384:
			return "ES384", crypto.SHA384, nil
		case 521:
			return "ES512", crypto.SHA512, nil
		}
	}
	return "", 0, fmt.Errorf("keys of type %T: %w", public, ErrNotSupported)
}

// WebEIDDigest is what the authentication key signs for a Web eID token: H(M) with
// M = H(origin) ‖ H(nonce). The nonce goes in as the text it was issued as, not decoded.
func WebEIDDigest(hash crypto.Hash, origin, nonce string) []byte {
	message := append(digestOf(hash, []byte(origin)), digestOf(hash, []byte(nonce))...)
	return digestOf(hash, message)
}
