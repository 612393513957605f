package reader

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"
)

func TestRawECDSARefuses(t *testing.T) {
	key := &ecdsa.PublicKey{Curve: elliptic.P256()}
	der := func(r, s *big.Int) []byte {
		b, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	one, big257 := big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 256)
	for name, value := range map[string][]byte{
		"nothing": nil, "rubbish": []byte("rubbish"), "no s": {0x30, 3, 2, 1, 1},
		"trailing byte": append(der(one, one), 0), "third number": {0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1},
		"zero r": der(big.NewInt(0), one), "negative s": der(one, big.NewInt(-1)), "r too long": der(big257, one),
	} {
		if raw, err := RawECDSA(value, key); !errors.Is(err, ErrWrongSignature) || raw != nil {
			t.Errorf("%s: RawECDSA = %x, %v, want ErrWrongSignature", name, raw, err)
		}
	}
}

func TestRawECDSA(t *testing.T) {
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for range 50 { // leading zeros come by chance
			der, err := ecdsa.SignASN1(rand.Reader, key, sum("x"))
			if err != nil {
				t.Fatal(err)
			}
			raw, err := RawECDSA(der, &key.PublicKey)
			if n := orderSize(&key.PublicKey); err != nil || len(raw) != 2*n {
				t.Fatalf("%s: RawECDSA = %d bytes, %v, want %d", curve.Params().Name, len(raw), err, 2*n)
			}
			back, err := derECDSA(raw, &key.PublicKey)
			if err != nil || !bytes.Equal(back, der) {
				t.Fatalf("%s: %x came back as %x, %v", curve.Params().Name, der, back, err)
			}
		}
	}
	value := []byte{1, 2, 3}
	if raw, err := RawECDSA(value, &rsa.PublicKey{}); err != nil || !bytes.Equal(raw, value) {
		t.Errorf("RawECDSA of an RSA signature = %x, %v, want it as it is", raw, err)
	}
}

// What RawECDSA accepts has one encoding, and derECDSA makes it.
func FuzzRawECDSA(f *testing.F) {
	f.Add([]byte{0x30, 6, 2, 1, 1, 2, 1, 1})
	f.Add([]byte{0x30, 8, 2, 2, 0, 0x80, 2, 2, 0, 0xFF})
	key := &ecdsa.PublicKey{Curve: elliptic.P384()}
	f.Fuzz(func(t *testing.T, der []byte) {
		raw, err := RawECDSA(der, key)
		if err != nil {
			if raw != nil {
				t.Error("bytes come with the error")
			}
			return
		}
		back, err := derECDSA(raw, key)
		if err != nil || !bytes.Equal(back, der) {
			t.Errorf("%x is read, and written as %x, %v", der, back, err)
		}
	})
}
