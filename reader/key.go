package reader

import (
	"context"
	"crypto"
	"fmt"
	"io"

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
// (PINRequest.Retry) until the holder gives up, the card blocks, or three were wrong.
// Errors: ErrNotSupported, ErrPINBlocked, PINError, ErrCancelled, ErrTimedOut,
// ErrCardRemoved, ErrCardBusy, ErrKeyMismatch, ErrWrongSignature, ErrModuleFailed.
func (k *Key) SignContext(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	mechanism, input, err := prepare(k.Public(), digest, opts)
	if err != nil {
		return nil, err
	}
	_, err = ask(ctx, k.card, "reading the public key", func(lib library) (struct{}, error) {
		if k.held.matched {
			return struct{}{}, nil
		}
		err := checkPublicKey(lib, k.card.session, k.held)
		k.held.matched = err == nil
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	value, err := k.unlockAndSign(ctx, mechanism, input)
	if err != nil {
		return nil, err
	}
	return check(k.Public(), digest, opts.HashFunc(), value)
}

// signer is one C_Sign with all it needs, inside the module's turn.
type signer struct {
	lib       library
	slot      uint
	session   pkcs11.SessionHandle
	held      *cardCertificate
	place     PINPlace
	pin       []byte // only while signWith runs
	mechanism uint
	input     []byte
}

// signWith signs on the card's session. A signature that failed before may have left
// an operation there that PKCS#11 v2.40 cannot end; then it takes a session of its own.
func (s *signer) signWith(pin *secret) ([]byte, error) {
	return pin.use(func(digits []byte) ([]byte, error) {
		s.pin = digits
		value, err := s.sign()
		if !is(err, pkcs11.CKR_OPERATION_ACTIVE) {
			return value, err
		}
		if s.session, err = s.lib.OpenSession(s.slot, pkcs11.CKF_SERIAL_SESSION); err != nil {
			return nil, err
		}
		defer s.lib.CloseSession(s.session)
		return s.sign()
	})
}

// sign logs in as the key wants, signs, and logs out again: the right that a PIN buys
// on a Belgian card is one signature, and ours must not outlive it either.
func (s *signer) sign() ([]byte, error) {
	s.lib.Logout(s.session) // some modules answer a second login with OK, whatever the PIN
	defer s.lib.Logout(s.session)
	key, always, err := s.find()
	if err != nil {
		return nil, err
	}
	if key == 0 || !always {
		if err := s.login(pkcs11.CKU_USER); err != nil {
			return nil, err
		}
	}
	if key == 0 { // the module hides private keys before login
		if key, always, err = s.find(); err != nil {
			return nil, err
		}
		if key == 0 {
			return nil, fmt.Errorf("no private key for certificate %s: %w", s.held.label, ErrKeyMismatch)
		}
	}
	if err := s.lib.SignInit(s.session, []*pkcs11.Mechanism{pkcs11.NewMechanism(s.mechanism, nil)}, key); err != nil {
		return nil, err
	}
	if always {
		if err := s.login(pkcs11.CKU_CONTEXT_SPECIFIC); err != nil {
			return nil, err
		}
	}
	return s.lib.Sign(s.session, s.input)
}

// find returns the private key of the certificate: same CKA_ID, whatever its length,
// and of several (cards exist where two share an id) the one of the same label. 0 when
// there is none to see. always is CKA_ALWAYS_AUTHENTICATE.
func (s *signer) find() (key pkcs11.ObjectHandle, always bool, err error) {
	objects, err := find(s.lib, s.session,
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY), pkcs11.NewAttribute(pkcs11.CKA_ID, s.held.id))
	if err != nil {
		return 0, false, err
	}
	for _, object := range objects {
		v, err := attributes(s.lib, s.session, object, pkcs11.CKA_LABEL, pkcs11.CKA_ALWAYS_AUTHENTICATE)
		if err != nil {
			return 0, false, err
		}
		sameLabel := string(v[0]) == s.held.label
		if key == 0 || sameLabel {
			key, always = object, truth(v[1])
		}
		if sameLabel {
			break
		}
	}
	return key, always, nil
}
