package reader

import (
	"context"
	"crypto"
	"crypto/x509"
	"io"

	"guichet.example/certs"
)

// Card is an inserted identity card. It is safe for concurrent use. After
// ErrCardRemoved every call fails the same way; Close it and open another.
type Card struct{}

// Close ends the card's session.
func (c *Card) Close() error { return errNotYet }

// Reader returns the reader that holds the card, as it was when the card was opened.
func (c *Card) Reader() Reader { return Reader{} }

// Present reports whether the card is still there: nil or ErrCardRemoved.
func (c *Card) Present(ctx context.Context) error { return errNotYet }

// Certificate returns the certificate for authentication or signature. It is
// unverified: only parsed and of the right purpose. Errors: ErrNoSignatureCertificate.
func (c *Card) Certificate(p certs.Purpose) (*x509.Certificate, error) { return nil, errNotYet }

// Issuers returns the CA certificates on the card, candidates for path building.
func (c *Card) Issuers() []*x509.Certificate { return nil }

// Identity reads who the holder is. With anchors, the identity files are believed
// only under a registry signature whose certificate leads to one of them.
func (c *Card) Identity(anchors *certs.TrustAnchors) (*Identity, error) { return nil, errNotYet }

// Key returns the private key for p. No PIN is asked before Sign.
func (c *Card) Key(p certs.Purpose, pin PIN) (*Key, error) { return nil, errNotYet }

// Key is one private key of a card, a crypto.Signer.
type Key struct{}

var _ crypto.Signer = (*Key)(nil)

// Public returns the public key of the certificate.
func (k *Key) Public() crypto.PublicKey { return nil }

// Sign is SignContext with a context that never ends; rand is not used.
func (k *Key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.SignContext(context.Background(), digest, opts)
}

// SignContext signs digest: PKCS#1 v1.5 for RSA, ASN.1 DER for ECDSA. A wrong PIN is
// asked for again (PINRequest.Retry) until the holder gives up or the card blocks.
func (k *Key) SignContext(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return nil, errNotYet
}

// RawECDSA turns an ASN.1 ECDSA signature into r‖s, each as long as the curve's order.
func RawECDSA(der []byte, pub crypto.PublicKey) ([]byte, error) { return nil, errNotYet }
