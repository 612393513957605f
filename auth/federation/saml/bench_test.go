package saml_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"testing"
	"time"

	"guichet.example/auth/federation"
)

// BenchmarkFinish checks genuine answers, in the ways in which they come. The bare
// operations to hold it against are in BenchmarkBare.
func BenchmarkFinish(b *testing.B) {
	for _, way := range []struct {
		name             string
		alone, encrypted bool
	}{{"assertion-signed", true, false}, {"both-signed", false, false}, {"encrypted", true, true}} {
		b.Run(way.name, func(b *testing.B) {
			w := newWorld(b)
			w.idp.SignAssertionOnly(way.alone)
			w.idp.Encrypt(way.encrypted)
			var f federation.Flow
			var values map[string][]string
			at := time.Time{}
			b.ReportAllocs()
			for b.Loop() {
				if time.Since(at) > time.Minute { // it must be fresh
					b.StopTimer()
					var address string
					f, address = w.begin(b)
					values, at = w.answer(b, address, alice).Values(), time.Now()
					b.StartTimer()
				}
				if _, err := w.provider.Finish(b.Context(), f, values); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBare is what cannot be avoided of an answer: one signature verified by RSA of
// 2048 bits, and one key opened.
func BenchmarkBare(b *testing.B) {
	key := ourKeys()[0].Key
	digest := sha256.Sum256(make([]byte, 4<<10))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if err := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest[:], signature); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sign", func(b *testing.B) {
		for b.Loop() {
			if _, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:]); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkBegin makes the signed question.
func BenchmarkBegin(b *testing.B) {
	w := newWorld(b)
	for b.Loop() {
		w.begin(b)
	}
}
