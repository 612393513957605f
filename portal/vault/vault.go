// Package vault makes what rests on disk unreadable without the keys: documents,
// national numbers, account numbers, and whatever else would tell a reader of the
// disk something about a person's affairs.
//
//	key-encryption.key ──wraps──▶ data key of a member ──seals──▶ document, number, act
//	index.key ──HMAC──▶ index of a national number; key of a challenge; key of the audit trail
//
// Each member has a data key of her own (AES-256), stored wrapped. Sealed bytes are
//
//	sealed = format key-id nonce ciphertext tag
//	format = 1 byte, 01
//	key-id = 8 bytes, of the data key
//	nonce  = 12 random bytes; tag = 16 bytes            AES-256-GCM, SP 800-38D
//
// and bound to their [Context], so that bytes moved to another member, another record
// or another version do not open. A document is addressed by the SHA-256 of its sealed
// bytes ([Address]): a flipped bit is noticed without a key.
//
// Nonces are random, drawn by crypto/cipher itself. A key may seal 2^32 messages
// (SP 800-38D, 8.3); one member will not.
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

var (
	// ErrTampered means the bytes are not what was sealed, or not for this context.
	ErrTampered = errors.New("sealed bytes do not open: changed, or not of this record")
	// ErrWrongKey means the bytes were sealed, or the data key was wrapped, under a key
	// other than the one at hand.
	ErrWrongKey = errors.New("sealed under another key")
)

// Sizes in bytes.
const (
	keySize   = 32 // AES-256
	idSize    = 8
	nonceSize = 12
	// NonceAt is where the nonce stands in sealed bytes, for who checks that none is
	// used twice (ASVS 5.0, 11.3.4).
	NonceAt = 1 + idSize
	// Overhead is how much longer sealed bytes are than what they hold.
	Overhead = NonceAt + nonceSize + 16
)

const format = 1

// Context says what sealed bytes are. All of it is authenticated (AAD).
type Context struct {
	What      string // kind of content: "document", "national-number", …
	Mutuality string
	Member    string
	ID        string // of the record
	Version   int
}

// aad is
//
//	aad  = tag text*4 version
//	tag  = "guichet vault 1" LF
//	text = length, 4 bytes, and the bytes: what, mutuality, member, id
//	version = 8 bytes, big-endian
func (c Context) aad() []byte {
	b := make([]byte, 0, 160)
	b = append(b, "guichet vault 1\n"...)
	for _, text := range []string{c.What, c.Mutuality, c.Member, c.ID} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	return binary.BigEndian.AppendUint64(b, uint64(c.Version))
}

// DataKey seals and opens the records of one member. Safe for concurrent use.
type DataKey struct {
	id   [idSize]byte
	aead cipher.AEAD
}

// KeyID is the public id of the key, as it stands in what it sealed.
func (k *DataKey) KeyID() []byte { return k.id[:] }

func newDataKey(key []byte) (*DataKey, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return &DataKey{id: keyID(key), aead: aead}, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// keyID tells keys apart without telling anything of them.
func keyID(key []byte) (id [idSize]byte) {
	sum := sha256.Sum256(append([]byte("guichet key id 1\n"), key...))
	copy(id[:], sum[:])
	return id
}

// Seal returns plain sealed for the context, under a fresh nonce.
func (k *DataKey) Seal(c Context, plain []byte) []byte {
	sealed := make([]byte, NonceAt, Overhead+len(plain))
	sealed[0] = format
	copy(sealed[1:], k.id[:])
	return k.aead.Seal(sealed, nil, plain, c.aad())
}

// Open returns what Seal was given. ErrTampered, ErrWrongKey.
func (k *DataKey) Open(c Context, sealed []byte) ([]byte, error) {
	if len(sealed) < Overhead || sealed[0] != format {
		return nil, fmt.Errorf("%s %s: %w", c.What, c.ID, ErrTampered)
	}
	if [idSize]byte(sealed[1:NonceAt]) != k.id {
		return nil, fmt.Errorf("%s %s: %w", c.What, c.ID, ErrWrongKey)
	}
	plain, err := k.aead.Open(nil, nil, sealed[NonceAt:], c.aad())
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", c.What, c.ID, ErrTampered)
	}
	return plain, nil
}

// Address is where sealed bytes are found: their SHA-256.
func Address(sealed []byte) [32]byte { return sha256.Sum256(sealed) }
