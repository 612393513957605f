package reader

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"

	"guichet.example/reader/api"
)

// Bounds of a challenge nonce, in characters: those of the Web eID app.
const MinNonce, MaxNonce = 44, 128

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

func digestOf(hash crypto.Hash, message []byte) []byte {
	h := hash.New()
	h.Write(message)
	return h.Sum(nil)
}

// WebEIDToken makes a Web eID token over an origin and a nonce. sign has the key of the
// authentication certificate sign a digest: PKCS#1 v1.5 for RSA, ASN.1 DER for ECDSA.
// Errors: ErrNotSupported, before sign is called; those of sign.
func WebEIDToken(certificate *x509.Certificate, origin, nonce string, sign func(digest []byte, hash crypto.Hash) ([]byte, error)) (api.Token, error) {
	name, hash, err := WebEIDAlgorithm(certificate.PublicKey)
	if err != nil {
		return api.Token{}, err
	}
	value, err := sign(WebEIDDigest(hash, origin, nonce), hash)
	if err != nil {
		return api.Token{}, err
	}
	if value, err = RawECDSA(value, certificate.PublicKey); err != nil {
		return api.Token{}, err
	}
	return api.Token{
		UnverifiedCertificate: base64.StdEncoding.EncodeToString(certificate.Raw),
		Algorithm:             name,
		Signature:             base64.StdEncoding.EncodeToString(value),
		Format:                api.TokenFormat,
		AppVersion:            api.AppVersion,
	}, nil
}

// webEIDHashes are the functions a Belgian card can sign, by their Web eID names. Others
// are refused before the PIN, and not by the card after it.
var webEIDHashes = []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}

// WebEIDHash returns the hash function of that Web eID name ("SHA-384"), and whether
// Belgian cards sign it.
func WebEIDHash(name string) (crypto.Hash, bool) {
	for _, hash := range webEIDHashes {
		if hash.String() == name {
			return hash, true
		}
	}
	return 0, false
}

// WebEIDAlgorithms lists what a Belgian card can sign with a signature key, the shortest
// hash first. Errors: ErrNotSupported.
func WebEIDAlgorithms(public crypto.PublicKey) ([]api.SignatureAlgorithm, error) {
	var list []api.SignatureAlgorithm
	for _, hash := range webEIDHashes {
		algorithm, err := webEIDSignatureAlgorithm(public, hash)
		if err != nil {
			return nil, err
		}
		list = append(list, algorithm)
	}
	return list, nil
}

func webEIDSignatureAlgorithm(public crypto.PublicKey, hash crypto.Hash) (api.SignatureAlgorithm, error) {
	algorithm := api.SignatureAlgorithm{HashFunction: hash.String()}
	switch public.(type) {
	case *rsa.PublicKey:
		algorithm.CryptoAlgorithm, algorithm.PaddingScheme = "RSA", "PKCS1.5"
	case *ecdsa.PublicKey:
		algorithm.CryptoAlgorithm, algorithm.PaddingScheme = "ECC", "NONE"
	default:
		return algorithm, fmt.Errorf("keys of type %T: %w", public, ErrNotSupported)
	}
	return algorithm, nil
}

// WebEIDSignature makes a Web eID signature over a digest of hash, one of WebEIDHash. sign
// has the key of the signature certificate sign it, as for [WebEIDToken]. Errors:
// ErrNotSupported, before sign is called; those of sign.
func WebEIDSignature(certificate *x509.Certificate, hash crypto.Hash, sign func() ([]byte, error)) (api.Signature, error) {
	algorithm, err := webEIDSignatureAlgorithm(certificate.PublicKey, hash)
	if err != nil {
		return api.Signature{}, err
	}
	value, err := sign()
	if err != nil {
		return api.Signature{}, err
	}
	if value, err = RawECDSA(value, certificate.PublicKey); err != nil {
		return api.Signature{}, err
	}
	return api.Signature{Signature: base64.StdEncoding.EncodeToString(value), SignatureAlgorithm: algorithm}, nil
}
