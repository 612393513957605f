package soak

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"guichet.example/certs/certstest"
	"guichet.example/reader/api"
)

// hashes by the names of Web eID.
var hashes = map[string]crypto.Hash{"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512}

// value is the raw output of a card for a digest: PKCS#1 v1.5, or r and s side by side.
func value(key crypto.Signer, hash crypto.Hash, digest []byte) ([]byte, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return rsa.SignPKCS1v15(nil, key, hash, digest)
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, digest)
		if err != nil {
			return nil, err
		}
		size := (key.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...), nil
	}
	return nil, fmt.Errorf("no card has a %T", key)
}

// algorithms are what goes with a key: name in a token, hash of a token, and what the
// card says of its signature key.
func algorithms(a certstest.Algorithm) (token string, hash crypto.Hash, offer api.SignatureAlgorithm) {
	switch a {
	case certstest.RSA2048:
		return "RS256", crypto.SHA256, api.SignatureAlgorithm{CryptoAlgorithm: "RSA", HashFunction: "SHA-256", PaddingScheme: "PKCS1.5"}
	case certstest.P256:
		return "ES256", crypto.SHA256, api.SignatureAlgorithm{CryptoAlgorithm: "ECC", HashFunction: "SHA-256", PaddingScheme: "NONE"}
	}
	return "ES384", crypto.SHA384, api.SignatureAlgorithm{CryptoAlgorithm: "ECC", HashFunction: "SHA-384", PaddingScheme: "NONE"}
}

// token is what the card answers to a challenge: a signature over hash(origin)‖hash(nonce).
func (o *person) token(nonce string) ([]byte, error) {
	name, hash, _ := algorithms(o.card.Person.Algorithm)
	sum := func(b []byte) []byte { h := hash.New(); h.Write(b); return h.Sum(nil) }
	signature, err := value(o.card.Authentication.Key, hash, sum(append(sum([]byte(origin)), sum([]byte(nonce))...)))
	if err != nil {
		return nil, err
	}
	return json.Marshal(api.Token{
		UnverifiedCertificate: base64.StdEncoding.EncodeToString(o.card.Authentication.Certificate.Raw),
		Algorithm:             name, Signature: base64.StdEncoding.EncodeToString(signature), Format: api.TokenFormat,
		AppVersion: "https://web-eid.eu/web-eid-app/releases/v2.8.0",
	})
}

// certificate is what the card shows before it signs.
func (o *person) certificate() api.SigningCertificate {
	_, _, offer := algorithms(o.card.Person.Algorithm)
	return api.SigningCertificate{Certificate: base64.StdEncoding.EncodeToString(o.card.Signature.Certificate.Raw),
		SupportedSignatureAlgorithms: []api.SignatureAlgorithm{offer}}
}

var errDigest = errors.New("digest does not have the length of its hash")

// sign lets the card sign; the card's record is on disk before the value leaves it.
func (o *person) sign(cards *journal[signed], digest []byte, function string) ([]byte, error) {
	hash := hashes[function]
	if hash == 0 || hash.Size() != len(digest) {
		return nil, errDigest
	}
	v, err := value(o.card.Signature.Key, hash, digest)
	if err != nil {
		return nil, err
	}
	return v, cards.write(signed{Member: string(o.id), Digest: digest, Value: v})
}
