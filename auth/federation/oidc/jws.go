package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha256" // of the algorithms that end in 256
	_ "crypto/sha512" // and 384, 512
	"encoding/base64"
	"math/big"
	"strings"
)

// compact is a JSON Web Signature in its compact form (RFC 7515, 7.1), with the digest
// that its signature is over.
type compact struct {
	alg                        string
	payload, digest, signature []byte
}

// hashOf is the hash of an algorithm that may be configured: RFC 7518, 3.1.
func hashOf(alg string) crypto.Hash {
	switch strings.TrimLeft(alg, "RSPE") {
	case "256":
		return crypto.SHA256
	case "384":
		return crypto.SHA384
	case "512":
		return crypto.SHA512
	}
	return 0
}

// takeApart decodes a token whose form and header signed has accepted; h is what it
// returned.
func takeApart(token string, h header) (c compact, err error) {
	hash := hashOf(h.alg)
	end := strings.LastIndexByte(token, '.')
	start := strings.IndexByte(token, '.')
	if hash == 0 || start < 0 || start == end {
		return compact{}, errToken
	}
	c.alg = h.alg
	strict := base64.RawURLEncoding.Strict()
	if c.payload, err = strict.DecodeString(token[start+1 : end]); err != nil {
		return compact{}, errToken
	}
	if c.signature, err = strict.DecodeString(token[end+1:]); err != nil {
		return compact{}, errToken
	}
	w := hash.New()
	w.Write([]byte(token[:end]))
	c.digest = w.Sum(nil)
	return c, nil
}

// by reports whether the public key, which fits the algorithm, made the signature: RFC
// 7518, 3.3 (RSASSA-PKCS1-v1_5), 3.4 (ECDSA: R and S, each as long as the order) and 3.5
// (RSASSA-PSS; a salt of another length than the hash is accepted, some providers use one).
func (c *compact) by(key any) bool {
	hash := hashOf(c.alg)
	switch public := key.(type) {
	case *rsa.PublicKey:
		if c.alg[0] == 'P' {
			return rsa.VerifyPSS(public, hash, c.digest, c.signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto}) == nil
		}
		return rsa.VerifyPKCS1v15(public, hash, c.digest, c.signature) == nil
	case *ecdsa.PublicKey:
		size := (public.Curve.Params().N.BitLen() + 7) / 8
		if len(c.signature) != 2*size {
			return false
		}
		r, s := new(big.Int).SetBytes(c.signature[:size]), new(big.Int).SetBytes(c.signature[size:])
		return ecdsa.Verify(public, c.digest, r, s)
	}
	return false
}
