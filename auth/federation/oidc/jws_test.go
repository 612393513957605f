package oidc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"strings"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
)

// TestSignatures: what go-jose signs, in every algorithm that may be configured, is
// verified by its key alone, and not once a bit of it is another.
func TestSignatures(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]any{}
	for _, alg := range acceptable {
		keys[alg] = rsaKey
	}
	for alg, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384()} {
		if keys[alg], err = ecdsa.GenerateKey(curve, rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	for _, alg := range acceptable {
		t.Run(alg, func(t *testing.T) {
			signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: keys[alg]}, nil)
			if err != nil {
				t.Fatal(err)
			}
			object, err := signer.Sign([]byte(`{"sub":"alice"}`))
			if err != nil {
				t.Fatal(err)
			}
			token, err := object.CompactSerialize()
			if err != nil {
				t.Fatal(err)
			}
			checkSignature(t, token, alg, keys, stranger)
		})
	}
}

func checkSignature(t *testing.T, token, alg string, keys map[string]any, stranger *rsa.PrivateKey) {
	t.Helper()
	by := func(token string, key any) bool {
		h, err := signed(token, acceptable)
		if err != nil {
			return false
		}
		c, err := takeApart(token, h)
		return err == nil && c.by(key)
	}
	public := func(key any) any {
		if key, ok := key.(*rsa.PrivateKey); ok {
			return &key.PublicKey
		}
		return &key.(*ecdsa.PrivateKey).PublicKey
	}
	end := strings.LastIndexByte(token, '.')
	value, err := base64.RawURLEncoding.DecodeString(token[end+1:])
	if err != nil {
		t.Fatal(err)
	}
	with := func(value []byte) string { return token[:end+1] + base64.RawURLEncoding.EncodeToString(value) }
	flipped := append([]byte{}, value...)
	flipped[len(value)/2] ^= 1
	start := strings.IndexByte(token, '.')
	other := token[:start+1] + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"mallory"}`)) + token[end:]
	for name, bad := range map[string]string{
		"flipped bit": with(flipped), "shortened": with(value[:len(value)-1]), "lengthened": with(append(value[:len(value):len(value)], 0)),
		"a leading zero": with(append([]byte{0}, value...)), "zeros": with(make([]byte, len(value))), "empty": token[:end+1],
		"another payload": other, "no payload": token[:start] + token[end:],
	} {
		if by(bad, public(keys[alg])) {
			t.Errorf("%s is verified", name)
		}
	}
	if by(token, &stranger.PublicKey) || by(token, keys[alg]) || by(token, nil) {
		t.Error("verified by another key, a private one, or none")
	}
	if !by(token, public(keys[alg])) {
		t.Error("not verified by its key")
	}
}
