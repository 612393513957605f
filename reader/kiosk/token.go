package kiosk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"sync"

	"github.com/miekg/pkcs11"
)

// Token is a key in a TPM or another PKCS#11 token: what was copied of the machine's disk
// is then no kiosk. It is a crypto.Signer, safe for concurrent use.
type Token struct {
	mu      sync.Mutex
	lib     *pkcs11.Ctx
	session pkcs11.SessionHandle
	key     pkcs11.ObjectHandle
	public  *ecdsa.PublicKey
	closed  bool
}

// ErrClosed means that a token was let go.
var ErrClosed = errors.New("the token was let go")

// OpenToken finds the key with the label on the token with the label, by a module such as
// libtpm2_pkcs11.so. pin is the token's user PIN; empty: it has none. ErrKey.
func OpenToken(module, token, label, pin string) (*Token, error) {
	lib := pkcs11.New(module)
	if lib == nil {
		return nil, fmt.Errorf("%s: no PKCS#11 module", module)
	}
	if err := lib.Initialize(); err != nil {
		lib.Destroy()
		return nil, fmt.Errorf("starting %s: %w", module, err)
	}
	t := &Token{lib: lib}
	if err := t.open(token, label, pin); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (t *Token) open(token, label, pin string) error {
	slots, err := t.lib.GetSlotList(true)
	if err != nil {
		return fmt.Errorf("looking for tokens: %w", err)
	}
	for _, slot := range slots {
		info, err := t.lib.GetTokenInfo(slot)
		if err != nil || info.Label != token {
			continue
		}
		if t.session, err = t.lib.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION); err != nil {
			return fmt.Errorf("opening token %q: %w", token, err)
		}
		if pin != "" {
			if err := t.lib.Login(t.session, pkcs11.CKU_USER, pin); err != nil {
				return fmt.Errorf("opening token %q: %w", token, err)
			}
		}
		return t.find(label)
	}
	return fmt.Errorf("%w: there is no token %q", ErrKey, token)
}

// find looks for exactly one key pair of that label.
func (t *Token) find(label string) error {
	var err error
	if t.key, err = t.object(pkcs11.CKO_PRIVATE_KEY, label); err != nil {
		return err
	}
	half, err := t.object(pkcs11.CKO_PUBLIC_KEY, label)
	if err != nil {
		return err
	}
	values, err := t.lib.GetAttributeValue(t.session, half, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_EC_POINT, nil)})
	if err != nil || len(values) != 1 {
		return fmt.Errorf("reading the public key: %w", errors.Join(ErrKey, err))
	}
	point := values[0].Value // DER OCTET STRING of the point (PKCS#11 v2.40, 2.3.3)
	var inner []byte
	if rest, err := asn1.Unmarshal(point, &inner); err == nil && len(rest) == 0 {
		point = inner
	}
	if t.public, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point); err != nil {
		return fmt.Errorf("%w: it is not on P-256", ErrKey)
	}
	return nil
}

func (t *Token) object(class uint, label string) (pkcs11.ObjectHandle, error) {
	err := t.lib.FindObjectsInit(t.session, []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, class), pkcs11.NewAttribute(pkcs11.CKA_LABEL, label),
		pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, pkcs11.CKK_EC)})
	if err != nil {
		return 0, fmt.Errorf("looking for key %q: %w", label, err)
	}
	found, _, err := t.lib.FindObjects(t.session, 2)
	if err = errors.Join(err, t.lib.FindObjectsFinal(t.session)); err != nil {
		return 0, fmt.Errorf("looking for key %q: %w", label, err)
	}
	if len(found) != 1 {
		return 0, fmt.Errorf("%w: the token has %d elliptic keys %q of that kind, want 1", ErrKey, len(found), label)
	}
	return found[0], nil
}

// Public implements crypto.Signer.
func (t *Token) Public() crypto.PublicKey { return t.public }

// Sign implements crypto.Signer: ECDSA over a SHA-256 digest, DER.
func (t *Token) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts.HashFunc() != crypto.SHA256 || len(digest) != crypto.SHA256.Size() {
		return nil, fmt.Errorf("%w: it signs SHA-256 only", ErrKey)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed { // the module is not in memory any more
		return nil, ErrClosed
	}
	if err := t.lib.SignInit(t.session, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_ECDSA, nil)}, t.key); err != nil {
		return nil, err
	}
	raw, err := t.lib.Sign(t.session, digest)
	if err != nil {
		return nil, err
	}
	if len(raw) != 64 {
		return nil, fmt.Errorf("%w: a signature of %d bytes", ErrKey, len(raw))
	}
	return asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])})
}

// Close lets the token go. Doing it twice is no error.
func (t *Token) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil
	}
	t.closed = true
	err := t.lib.Finalize()
	t.lib.Destroy()
	return err
}
