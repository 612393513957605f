package kiosk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrKey means that what is in a file or a token is no key for a kiosk.
var ErrKey = errors.New("not the key of a kiosk")

// ErrReadable means that others than its owner may read a file. It is an ErrKey.
var ErrReadable = fmt.Errorf("%w: others may read it", ErrKey)

const pemType = "PRIVATE KEY" // PKCS#8 (RFC 5958)

// maxKeyFile bounds a key file, in bytes.
const maxKeyFile = 4 << 10

// NewKey makes a P-256 key in a file that only its owner can read. A file that is there
// stays: os.ErrExist.
func NewKey(path string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	err = errors.Join(pem.Encode(file, &pem.Block{Type: pemType, Bytes: der}), file.Sync(), file.Close())
	if err != nil {
		return nil, errors.Join(err, os.Remove(path))
	}
	return key, nil
}

// LoadKey reads the key. A file that others can read is refused: they may have. ErrKey.
func LoadKey(path string) (*ecdsa.PrivateKey, error) {
	text, err := readPrivate(path, maxKeyFile)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	block, rest := pem.Decode(text)
	if block == nil || block.Type != pemType || len(rest) > 0 {
		return nil, fmt.Errorf("%s: %w", path, ErrKey)
	}
	defer clear(block.Bytes)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, ErrKey)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, fmt.Errorf("%s: %w: it is not on P-256", path, ErrKey)
	}
	return key, nil
}

// ReadBounded reads a file that has at most so many bytes; a longer one is cut after one
// more.
func ReadBounded(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, most+1))
}

// ReadPrivate reads a file of at most 4 KiB that is its owner's alone. ErrReadable, ErrKey.
func ReadPrivate(path string) ([]byte, error) { return readPrivate(path, maxKeyFile) }

// readPrivate reads a short file that is its owner's alone.
func readPrivate(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: %w: it is no file", path, ErrKey)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%s: %w; chmod 600 it, and better make a new one", path, ErrReadable)
	case info.Size() > most:
		return nil, fmt.Errorf("%s: %w: too long", path, ErrKey)
	}
	return io.ReadAll(io.LimitReader(file, most))
}

// public is the public key as messages carry it.
func public(key crypto.Signer) ([]byte, error) {
	p, ok := key.Public().(*ecdsa.PublicKey)
	if !ok || p.Curve != elliptic.P256() {
		return nil, fmt.Errorf("%w: it is not on P-256", ErrKey)
	}
	return x509.MarshalPKIXPublicKey(p)
}
