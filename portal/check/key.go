package check

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"guichet.example/signing/document"
)

// maxKeys bounds how often the check key was ever changed.
const maxKeys = 32

// Keys are the keys under which printed codes are signed: the newest signs, all verify, so
// that paper stays good when the key changes.
type Keys []*ecdsa.PrivateKey

// NewKeys makes the first n keys, ECDSA on P-256, each from a secret of 32 bytes that seed
// gives for its purpose: they are never stored, and the same again on every server.
func NewKeys(seed func(purpose string) []byte, n int) (Keys, error) {
	if n < 1 || n > maxKeys {
		return nil, fmt.Errorf("check key number %d is not 1 to %d", n, maxKeys)
	}
	var keys Keys
	for i := range n {
		key, err := derived(seed, "check-key "+strconv.Itoa(i+1))
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// derived is a key from a secret. One secret in 2^32 is no key: then the next is taken.
func derived(seed func(purpose string) []byte, purpose string) (*ecdsa.PrivateKey, error) {
	for range 4 {
		if key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed(purpose)); err == nil {
			return key, nil
		}
		purpose += "'"
	}
	return nil, errors.New("no check key can be made of these secrets")
}

// Verify tells whether one of the keys signed the payload.
func (k Keys) Verify(p document.CheckPayload) bool {
	for _, key := range k {
		if p.Verify(key.Public()) == nil {
			return true
		}
	}
	return false
}

// PEM are the public halves, the newest first: with them anybody checks paper without us
// (RFC 7468, 13).
func (k Keys) PEM() ([]byte, error) {
	var text []byte
	for i := len(k) - 1; i >= 0; i-- {
		der, err := x509.MarshalPKIXPublicKey(k[i].Public())
		if err != nil {
			return nil, fmt.Errorf("writing a check key: %w", err)
		}
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})...)
	}
	return text, nil
}

// ServeKey answers with the public halves.
func (k Keys) ServeKey(c *gin.Context) error {
	text, err := k.PEM()
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, "application/x-pem-file", text)
	return nil
}

// Printer makes what is printed on a document so that its paper can be checked. All fields
// are required.
type Printer struct {
	Page   string // address of the check page: "https://counter.example/check"
	Issuer string // the mutuality's id
	Keys   Keys
	Rand   io.Reader
}

// Print draws a code for the act and signs what stands with it.
func (p *Printer) Print(act document.Act) (*document.Check, error) {
	code, err := document.NewCheckCode(p.Rand)
	if err != nil {
		return nil, err
	}
	check, err := document.NewCheck(act, p.Page, p.Issuer, code)
	if err != nil {
		return nil, fmt.Errorf("making a check code: %w", err)
	}
	if check.Payload, err = check.Payload.Sign(p.Keys[len(p.Keys)-1]); err != nil {
		return nil, fmt.Errorf("signing a check code: %w", err)
	}
	return &check, nil
}
