package webeid_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"testing"

	"guichet.example/auth/webeid"
	"guichet.example/certs/certstest"
)

// What verifying a token costs, and beside it the two operations that cannot be
// avoided: the leaf by its issuer, the token by the leaf.
func BenchmarkVerify(b *testing.B) {
	for _, test := range []struct {
		algorithm string
		card      *certstest.Card
	}{{"RS256", shared().rsa}, {"ES384", shared().ec}} {
		challenge := newChallenge(b)
		text := tokenOf(b, test.card.Authentication, test.algorithm, challenge.Nonce).json(b)
		v := newVerifier(b)
		b.Run(test.algorithm, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				token, err := webeid.ParseToken(text)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := v.Verify(b.Context(), token, challenge); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(test.algorithm+"-bare", func(b *testing.B) {
			hash := hashes[test.algorithm[2:]]
			signed := digest(hash, digest(hash, []byte(origin)), digest(hash, []byte(challenge.Nonce)))
			value, err := test.card.Authentication.Key.Sign(nil, signed, hash)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				bare(b, test.card.Authentication.Certificate, test.card.Issuer, hash, signed, value)
			}
		})
	}
}

func bare(b *testing.B, leaf, issuer *x509.Certificate, hash crypto.Hash, signed, value []byte) {
	if err := issuer.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature); err != nil {
		b.Fatal(err)
	}
	switch key := leaf.PublicKey.(type) {
	case *rsa.PublicKey:
		if err := rsa.VerifyPKCS1v15(key, hash, signed, value); err != nil {
			b.Fatal(err)
		}
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(key, signed, value) {
			b.Fatal("does not verify")
		}
	}
}
