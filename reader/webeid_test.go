package reader

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"testing"

	"guichet.example/reader/api"
)

// A key that no card has is refused before anybody is asked for a PIN, and what went wrong
// with the card is passed on.
func TestWebEIDRefuses(t *testing.T) {
	asked := false
	sign := func() ([]byte, error) { asked = true; return nil, ErrCardRemoved }
	signDigest := func([]byte, crypto.Hash) ([]byte, error) { return sign() }
	strange := &x509.Certificate{PublicKey: ed25519.PublicKey(make([]byte, ed25519.PublicKeySize))}
	if _, err := WebEIDToken(strange, "https://counter.example", "nonce", signDigest); !errors.Is(err, ErrNotSupported) {
		t.Errorf("WebEIDToken = %v", err)
	}
	if _, err := WebEIDSignature(strange, crypto.SHA256, sign); !errors.Is(err, ErrNotSupported) {
		t.Errorf("WebEIDSignature = %v", err)
	}
	if _, err := WebEIDAlgorithms(strange.PublicKey); !errors.Is(err, ErrNotSupported) {
		t.Errorf("WebEIDAlgorithms = %v", err)
	}
	if asked {
		t.Error("the card was asked to sign")
	}
	known := &x509.Certificate{PublicKey: &rsa.PublicKey{}}
	if _, err := WebEIDToken(known, "https://counter.example", "nonce", signDigest); !errors.Is(err, ErrCardRemoved) {
		t.Errorf("WebEIDToken = %v", err)
	}
	if _, err := WebEIDSignature(known, crypto.SHA256, sign); !errors.Is(err, ErrCardRemoved) {
		t.Errorf("WebEIDSignature = %v", err)
	}
	for _, name := range []string{"", "SHA-1", "SHA-224", "SHA3-256", "sha-256"} {
		if _, ok := WebEIDHash(name); ok {
			t.Errorf("WebEIDHash(%q) is known", name)
		}
	}
}

func TestWebEIDMakes(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	certificate := &x509.Certificate{Raw: []byte("der"), PublicKey: key.Public()}
	token, err := WebEIDToken(certificate, "https://counter.example", "nonce", func(digest []byte, hash crypto.Hash) ([]byte, error) {
		return key.Sign(rand.Reader, digest, hash)
	})
	value, _ := base64.StdEncoding.DecodeString(token.Signature)
	token.Signature = ""
	want := api.Token{UnverifiedCertificate: "ZGVy", Algorithm: "ES384", Format: api.TokenFormat, AppVersion: api.AppVersion}
	if err != nil || token != want || len(value) != 96 {
		t.Errorf("WebEIDToken = %+v with %d bytes, %v", token, len(value), err)
	}
	list, err := WebEIDAlgorithms(key.Public())
	if err != nil || len(list) != 3 {
		t.Fatalf("WebEIDAlgorithms = %v, %v", list, err)
	}
	for i, name := range []string{"SHA-256", "SHA-384", "SHA-512"} {
		hash, ok := WebEIDHash(name)
		s, err := WebEIDSignature(certificate, hash, func() ([]byte, error) { return key.Sign(rand.Reader, make([]byte, hash.Size()), hash) })
		algorithm := api.SignatureAlgorithm{CryptoAlgorithm: "ECC", HashFunction: name, PaddingScheme: "NONE"}
		if !ok || err != nil || s.SignatureAlgorithm != algorithm || list[i] != algorithm {
			t.Errorf("%s: %+v, %v; listed %+v", name, s, err, list[i])
		}
	}
	algorithms, err := WebEIDAlgorithms(&rsa.PublicKey{})
	if err != nil || algorithms[0] != (api.SignatureAlgorithm{CryptoAlgorithm: "RSA", HashFunction: "SHA-256", PaddingScheme: "PKCS1.5"}) {
		t.Errorf("of RSA: %v, %v", algorithms, err)
	}
}
