package pkcs1_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"testing"

	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"

	"guichet.example/certs/pkcs1"
)

// TestDigestInfo: what is given to a token is what crypto/rsa pads before it signs.
func TestDigestInfo(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		h := hash.New()
		h.Write([]byte("a document"))
		digest := h.Sum(nil)
		value, err := rsa.SignPKCS1v15(nil, key, hash, digest)
		if err != nil {
			t.Fatal(err)
		}
		block := new(big.Int).Exp(new(big.Int).SetBytes(value), big.NewInt(int64(key.E)), key.N).Bytes() // 01 ff … 00 DigestInfo
		if !pkcs1.Known(hash) || !bytes.HasSuffix(block, append([]byte{0xff, 0}, pkcs1.DigestInfo(hash, digest)...)) {
			t.Errorf("%v: %x is not the end of %x", hash, pkcs1.DigestInfo(hash, digest), block)
		}
	}
	for _, hash := range []crypto.Hash{0, crypto.SHA1, crypto.MD5, crypto.SHA224, crypto.SHA512_256} {
		if pkcs1.Known(hash) {
			t.Errorf("%v is known", uint(hash))
		}
	}
}
