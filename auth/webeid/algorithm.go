package webeid

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes of the algorithms
	_ "crypto/sha512"
	"fmt"
	"math/big"
)

// algorithm is one of the nine of the token format (RFC 7518, 3.1). There is no tenth.
type algorithm struct {
	hash  crypto.Hash
	bits  int  // of the curve; 0 for RSA
	isPSS bool // RSASSA-PSS, salt as long as the hash
}

var algorithms = map[string]algorithm{
	"ES256": {hash: crypto.SHA256, bits: 256},
	"ES384": {hash: crypto.SHA384, bits: 384},
	"ES512": {hash: crypto.SHA512, bits: 521},
	"RS256": {hash: crypto.SHA256},
	"RS384": {hash: crypto.SHA384},
	"RS512": {hash: crypto.SHA512},
	"PS256": {hash: crypto.SHA256, isPSS: true},
	"PS384": {hash: crypto.SHA384, isPSS: true},
	"PS512": {hash: crypto.SHA512, isPSS: true},
}

// algorithmFor returns the named algorithm if the key can have used it: a key of
// another kind, or a curve of another size, is ErrAlgorithm (RFC 7518, 3.4 ties
// each ES algorithm to one curve). Whether the key is strong enough the path tells.
func algorithmFor(name string, public crypto.PublicKey) (algorithm, error) {
	how, ok := algorithms[name]
	if !ok {
		return algorithm{}, fmt.Errorf("%w: %.10q is not on the list", ErrAlgorithm, name)
	}
	switch key := public.(type) {
	case *rsa.PublicKey:
		if how.bits != 0 {
			return algorithm{}, fmt.Errorf("%w: %s for an RSA key", ErrAlgorithm, name)
		}
	case *ecdsa.PublicKey:
		if how.bits != key.Curve.Params().BitSize {
			return algorithm{}, fmt.Errorf("%w: %s for a key on %s", ErrAlgorithm, name, key.Curve.Params().Name)
		}
	default:
		return algorithm{}, fmt.Errorf("%w: key is neither RSA nor ECDSA", ErrAlgorithm)
	}
	return how, nil
}

// verify checks a signature over H(origin) ‖ H(nonce). The key must fit (algorithmFor).
func (a algorithm) verify(public crypto.PublicKey, origin, nonce string, signature []byte) bool {
	digest := a.digest(a.digest([]byte(origin)), a.digest([]byte(nonce)))
	switch key := public.(type) {
	case *rsa.PublicKey:
		if a.isPSS {
			options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
			return rsa.VerifyPSS(key, a.hash, digest, signature, options) == nil
		}
		return rsa.VerifyPKCS1v15(key, a.hash, digest, signature) == nil
	case *ecdsa.PublicKey:
		return a.verifyECDSA(key, digest, signature)
	}
	return false
}

// verifyECDSA takes r ‖ s, each as long as the curve's order (RFC 7518, 3.4). DER,
// which some libraries tolerate here, has another length and is refused.
func (a algorithm) verifyECDSA(key *ecdsa.PublicKey, digest, signature []byte) bool {
	size := (a.bits + 7) / 8
	if len(signature) != 2*size {
		return false
	}
	r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
	return ecdsa.Verify(key, digest, r, s) // refuses zero and what is not below the order
}

func (a algorithm) digest(parts ...[]byte) []byte {
	h := a.hash.New()
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}
