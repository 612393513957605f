package webeid_test

import (
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"slices"
	"testing"

	"guichet.example/auth/webeid"
	"guichet.example/certs/certstest"
)

// Each row differs from a token that passes in one thing, and is refused for it.
func TestVerifyRefusesSignatures(t *testing.T) {
	rsaCard, ecCard := shared().rsa.Authentication, shared().ec.Authentication
	n := elliptic.P384().Params().N
	full := func(b []byte) []byte { return append(make([]byte, 48-len(b)), b...) }
	tests := []struct {
		name      string
		pair      certstest.KeyPair
		algorithm string
		origin    string // that the card signed; "": ours
		change    func(signature []byte, nonce string) []byte
		want      error
	}{
		{"another site", ecCard, "ES384", "https://counter.example.com", nil, webeid.ErrSignature},
		{"our other host name", ecCard, "ES384", "https://www.counter.example.be", nil, webeid.ErrSignature},
		{"look-alike in IDN", ecCard, "ES384", "https://xn--cunter-9za.example.be", nil, webeid.ErrSignature},
		{"slash at the end", ecCard, "ES384", origin + "/", nil, webeid.ErrSignature},
		{"default port", ecCard, "ES384", origin + ":443", nil, webeid.ErrSignature},
		{"another port", ecCard, "ES384", origin + ":8443", nil, webeid.ErrSignature},
		{"http", ecCard, "ES384", "http://counter.example.be", nil, webeid.ErrSignature},
		{"capitals", ecCard, "ES384", "https://Counter.example.be", nil, webeid.ErrSignature},
		{"another site, RSA", rsaCard, "RS256", "https://counter.example.com", nil, webeid.ErrSignature},
		{"one bit flipped", ecCard, "ES384", "", func(s []byte, _ string) []byte { s[50] ^= 1; return s }, webeid.ErrSignature},
		{"one bit flipped, RSA", rsaCard, "RS256", "", func(s []byte, _ string) []byte { s[50] ^= 1; return s }, webeid.ErrSignature},
		{"cut short", ecCard, "ES384", "", func(s []byte, _ string) []byte { return s[:95] }, webeid.ErrSignature},
		{"one byte long", ecCard, "ES384", "", func(s []byte, _ string) []byte { return append(s, 0) }, webeid.ErrSignature},
		{"zero before s", ecCard, "ES384", "", func(s []byte, _ string) []byte { return slices.Concat(s[:48], []byte{0}, s[48:]) }, webeid.ErrSignature},
		{"one byte long, RSA", rsaCard, "RS256", "", func(s []byte, _ string) []byte { return append(s, 0) }, webeid.ErrSignature},
		{"zero in front, RSA", rsaCard, "RS256", "", func(s []byte, _ string) []byte { return append([]byte{0}, s...) }, webeid.ErrSignature},
		{"one byte", ecCard, "ES384", "", func([]byte, string) []byte { return []byte{1} }, webeid.ErrSignature},
		{"r and s swapped", ecCard, "ES384", "", func(s []byte, _ string) []byte { return append(s[48:], s[:48]...) }, webeid.ErrSignature},
		{"r zero", ecCard, "ES384", "", func(s []byte, _ string) []byte { clear(s[:48]); return s }, webeid.ErrSignature},
		{"s zero", ecCard, "ES384", "", func(s []byte, _ string) []byte { clear(s[48:]); return s }, webeid.ErrSignature},
		{"r and s zero", ecCard, "ES384", "", func([]byte, string) []byte { return make([]byte, 96) }, webeid.ErrSignature},
		{"r the order", ecCard, "ES384", "", func(s []byte, _ string) []byte { return append(full(n.Bytes()), s[48:]...) }, webeid.ErrSignature},
		{"s the order", ecCard, "ES384", "", func(s []byte, _ string) []byte { return append(s[:48], full(n.Bytes())...) }, webeid.ErrSignature},
		{"all ones", ecCard, "ES384", "", func(s []byte, _ string) []byte { return allOnes(len(s)) }, webeid.ErrSignature},
		{"all ones, RSA", rsaCard, "RS256", "", func(s []byte, _ string) []byte { return allOnes(len(s)) }, webeid.ErrSignature},
		{"DER", ecCard, "ES384", "", func(_ []byte, nonce string) []byte { return der(t, ecCard, nonce) }, webeid.ErrSignature},
		{"PSS called PKCS#1", rsaCard, "RS256", "", func(_ []byte, nonce string) []byte { return sign(t, rsaCard.Key, "PS256", origin, nonce) }, webeid.ErrSignature},
		{"PKCS#1 called PSS", rsaCard, "PS256", "", func(_ []byte, nonce string) []byte { return sign(t, rsaCard.Key, "RS256", origin, nonce) }, webeid.ErrSignature},
		{"PSS with a long salt", rsaCard, "PS256", "", func(_ []byte, nonce string) []byte { return longSalt(t, rsaCard, nonce) }, webeid.ErrSignature},
		{"SHA-512 called SHA-256", rsaCard, "RS256", "", func(_ []byte, nonce string) []byte { return sign(t, rsaCard.Key, "RS512", origin, nonce) }, webeid.ErrSignature},
		{"nonce decoded", ecCard, "ES384", "", func(_ []byte, nonce string) []byte {
			return sign(t, ecCard.Key, "ES384", origin, string(mustDecode(t, nonce)))
		}, webeid.ErrSignature},
		{"empty nonce signed", ecCard, "ES384", "", func([]byte, string) []byte { return sign(t, ecCard.Key, "ES384", origin, "") }, webeid.ErrSignature},
		{"by the signature key", ecCard, "ES384", "", func(_ []byte, nonce string) []byte {
			return sign(t, shared().ec.Signature.Key, "ES384", origin, nonce)
		}, webeid.ErrSignature},
		{"by another card", ecCard, "ES384", "", func(_ []byte, nonce string) []byte {
			return sign(t, certify(t, nil).Key, "ES384", origin, nonce)
		}, webeid.ErrSignature},
		{"origin and nonce in one hash", ecCard, "ES384", "", func(_ []byte, nonce string) []byte {
			return sign(t, ecCard.Key, "ES384", origin+nonce, "")
		}, webeid.ErrSignature},
	}
	v := newVerifier(t)
	for _, test := range tests {
		challenge := newChallenge(t)
		o := tokenOf(t, test.pair, test.algorithm, challenge.Nonce)
		if test.origin != "" {
			o["signature"] = base64Of(sign(t, test.pair.Key, test.algorithm, test.origin, challenge.Nonce))
		}
		if test.change != nil {
			o["signature"] = base64Of(test.change(mustDecode(t, o["signature"].(string)), challenge.Nonce))
		}
		if verified, err := v.Verify(t.Context(), o.parse(t), challenge); !errors.Is(err, test.want) || verified != nil {
			t.Errorf("%s: Verify = %v, %v; want %v", test.name, verified, err, test.want)
		}
	}
}

func allOnes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = 0xff
	}
	return b
}

func signedDigest(nonce string) []byte {
	h := hashes["384"]
	return digest(h, digest(h, []byte(origin)), digest(h, []byte(nonce)))
}

func der(t *testing.T, pair certstest.KeyPair, nonce string) []byte {
	t.Helper()
	value, err := pair.Key.Sign(rand.Reader, signedDigest(nonce), hashes["384"])
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func longSalt(t *testing.T, pair certstest.KeyPair, nonce string) []byte {
	t.Helper()
	h := hashes["256"]
	signed := digest(h, digest(h, []byte(origin)), digest(h, []byte(nonce)))
	value, err := pair.Key.Sign(rand.Reader, signed, &rsa.PSSOptions{SaltLength: 64, Hash: h})
	if err != nil {
		t.Fatal(err)
	}
	return value
}
