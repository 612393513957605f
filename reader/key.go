package reader

import (
	"context"
	"crypto"
	"fmt"
	"io"
	"slices"

	"github.com/miekg/pkcs11"

	"guichet.example/certs"
)

// Key is one private key of a card, a crypto.Signer. It is safe for concurrent use.
type Key struct {
	card    *Card
	purpose certs.Purpose
	held    *cardCertificate
	pin     PIN
}

var _ crypto.Signer = (*Key)(nil)

// Key returns the private key for certs.Authentication or certs.Signature; its PIN is
// asked from pin. The card is not asked anything before Sign. Errors: as
// [Card.Certificate].
func (c *Card) Key(p certs.Purpose, pin PIN) (*Key, error) {
	held, err := c.certificate(p)
	if err != nil {
		return nil, err
	}
	return &Key{card: c, purpose: p, held: held, pin: pin}, nil
}

// Public returns the public key of the certificate.
func (k *Key) Public() crypto.PublicKey { return k.held.cert.PublicKey }

// Sign is SignContext with a context that never ends; rand is not used, the card has
// its own.
func (k *Key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.SignContext(context.Background(), digest, opts)
}

// SignContext signs digest: PKCS#1 v1.5 for RSA, ASN.1 DER for ECDSA (see RawECDSA).
// SHA-256, SHA-384 and SHA-512 are signed. A wrong PIN is asked for again
// (PINRequest.Retry) until the holder gives up, the card blocks, or three were wrong;
// where the module asks in a window of its own, asking again is its business, and one
// window is all there is. A PIN is handed to the card for one signature and never after
// a failure. Errors: ErrNotSupported, ErrPINBlocked, PINError, ErrCancelled,
// ErrTimedOut, ErrCardRemoved, ErrCardBusy, ErrKeyMismatch, ErrWrongSignature,
// ErrNoWindow, ErrModuleFailed.
func (k *Key) SignContext(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	value, err := k.SignUnverified(ctx, digest, opts)
	if err != nil {
		return nil, err
	}
	return VerifySignature(k.Public(), digest, opts.HashFunc(), value)
}

// SignUnverified is SignContext for a caller that hands the value to another process,
// where VerifySignature judges it: what the module returned, ECDSA as r‖s.
func (k *Key) SignUnverified(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	mechanism, input, err := prepare(k.Public(), digest, opts)
	if err != nil {
		return nil, err
	}
	if err := k.fit(ctx, mechanism); err != nil {
		return nil, err
	}
	return k.unlockAndSign(ctx, mechanism, input)
}

// fit finds out before a PIN is asked, and once for each certificate, whether the key is
// the certificate's and the module signs with such keys at all (OpenSC before 0.27 shows
// EC keys and lists no mechanism for them), and whether it shows private keys unasked.
func (k *Key) fit(ctx context.Context, mechanism uint) error {
	_, err := ask(ctx, k.card, "reading the public key", func(lib library) (struct{}, error) {
		if k.held.matched {
			return struct{}{}, nil
		}
		if !lists(lib, k.card.reader.slot, mechanism) {
			return struct{}{}, fmt.Errorf("keys of type %T: %w", k.Public(), ErrNotSupported)
		}
		if err := checkPublicKey(lib, k.card.session, k.held); err != nil {
			return struct{}{}, err
		}
		s := signer{lib: lib, card: k.card, held: k.held}
		key, _, err := s.find()
		k.held.hidden, k.held.matched = err == nil && key == 0, err == nil
		return struct{}{}, err
	})
	return err
}

// lists reports whether the module says it knows the mechanism, or says nothing.
func lists(lib library, slot, mechanism uint) bool {
	known, err := lib.GetMechanismList(slot)
	return err != nil || len(known) == 0 || slices.ContainsFunc(known, func(m *pkcs11.Mechanism) bool { return m.Mechanism == mechanism })
}
