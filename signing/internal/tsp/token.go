package tsp

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"

	"guichet.example/certs"
	"guichet.example/signing/internal/cms"
)

// Token is a timestamp token as it was read. Nothing in it is verified.
type Token struct {
	Raw     []byte
	Time    time.Time // genTime
	Hash    crypto.Hash
	Imprint []byte
	Nonce   *big.Int // nil when absent
	Policy  asn1.ObjectIdentifier
	Serial  *big.Int

	signed *cms.SignedData
}

// Parse reads the DER of a token, at most MaxSize bytes.
//
// Error: ErrMalformed.
func Parse(der []byte) (*Token, error) {
	if len(der) > MaxSize {
		return nil, malformed("too large")
	}
	signed, err := cms.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	if !signed.ContentType.Equal(cms.OIDTSTInfo) || signed.Content == nil {
		return nil, malformed("content is no TSTInfo")
	}
	t := &Token{Raw: der, signed: signed}
	if err := t.readInfo(signed.Content); err != nil {
		return nil, err
	}
	return t, nil
}

// Signed is the CMS around the token's content.
func (t *Token) Signed() *cms.SignedData { return t.signed }

// Covers checks that the stretches of data, taken together, are what was stamped.
//
// Error: ErrImprint.
func (t *Token) Covers(data ...[]byte) error {
	h := t.Hash.New()
	for _, d := range data {
		h.Write(d)
	}
	if !bytes.Equal(h.Sum(nil), t.Imprint) {
		return ErrImprint
	}
	return nil
}

// Verify checks the token's signature, that its signing-certificate attribute names the
// certificate it came with, and that this certificate has timeStamping as its only,
// critical extended key usage (RFC 3161, 2.3). It returns that certificate and the
// others in the token, which are candidates for a path and nothing more. What k knows is
// not found out again; k may be nil.
//
// Errors: those of cms.SignedData.Verify, cms.ErrNoCertificate, certs.ErrWrongPurpose.
func (t *Token) Verify(k *cms.Known) (signer *x509.Certificate, others []*x509.Certificate, err error) {
	signer, others, err = t.signed.Signers(k)
	if err != nil {
		return nil, nil, err
	}
	hash, err := t.signed.Digest()
	if err != nil {
		return nil, nil, err
	}
	h := hash.New()
	h.Write(t.signed.Content)
	if err := t.signed.Verify(signer, h.Sum(nil), cms.Token, k); err != nil {
		return nil, nil, err
	}
	return signer, others, certs.Timestamping.Check(signer)
}
