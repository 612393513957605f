// Package opaque makes text that a browser carries for us and cannot read, in a cookie or
// an address: sealed with AES-256 in Galois/Counter Mode (NIST SP 800-38D) under a key that
// all servers of a counter share. Nothing of it is kept here.
package opaque

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
)

// KeySize is the size of a key, in bytes.
const KeySize = 32

// overhead is what sealing adds: a nonce of 96 random bits (SP 800-38D, 8.2.2) in front, a
// tag of 128 bits behind.
const overhead = 12 + 16

// ErrNotOurs means that a text was not sealed under this key for this purpose, or is not
// letter for letter what was sealed.
var ErrNotOurs = errors.New("text is not as it was sealed here")

// Box seals and opens under one key. Safe for concurrent use. Under one key at most 2^32
// texts are sealed, since nonces are random (SP 800-38D, 8.3).
type Box struct{ aead cipher.AEAD }

// New is the box of a key of KeySize bytes, of one use alone.
func New(key []byte) (*Box, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("key has %d bytes, want %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &Box{aead}, err
}

// Seal is plain as base64url text (RFC 4648, 5) without padding. It opens for the same
// purpose alone: what is said in it, and to whom, is the caller's to name. Its length is
// Len of plain's and tells no more.
func (b *Box) Seal(purpose string, plain []byte) string {
	return base64.RawURLEncoding.EncodeToString(b.aead.Seal(nil, nil, plain, []byte(purpose)))
}

// Open returns what Seal was given. ErrNotOurs. How long a text may be is for the caller to
// bound.
func (b *Box) Open(purpose, text string) ([]byte, error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, ErrNotOurs
	}
	plain, err := b.aead.Open(nil, nil, sealed, []byte(purpose))
	if err != nil {
		return nil, ErrNotOurs
	}
	return plain, nil
}

// Len is how many characters Seal makes of size bytes.
func Len(size int) int { return base64.RawURLEncoding.EncodedLen(size + overhead) }
