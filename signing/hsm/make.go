package hsm

import (
	"crypto"
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"

	"github.com/miekg/pkcs11"
)

// Kind is a kind of key that a seal is made with.
type Kind string

// The kinds of key.
const (
	RSA2048 Kind = "rsa-2048"
	RSA3072 Kind = "rsa-3072"
	P256    Kind = "p-256"
	P384    Kind = "p-384"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{RSA3072, RSA2048, P256, P384} }

// Bounds on the name of a key, in bytes.
const (
	MaxLabel = 64
	MaxID    = 32
)

// New makes a key pair in the token: for signatures alone, never to leave it. What the
// token says of the key afterwards is read back; a key that could leave is taken away
// again.
//
// Errors: ErrTaken, ErrNotSupported, ErrUnavailable.
func (t *Token) New(label string, id []byte, kind Kind) (KeyInfo, error) {
	if label == "" || len(label) > MaxLabel || len(id) == 0 || len(id) > MaxID || strings.ContainsFunc(label, func(r rune) bool { return r < ' ' }) {
		return KeyInfo{}, fmt.Errorf("making a key: a label of 1 to %d bytes and an id of 1 to %d are needed", MaxLabel, MaxID)
	}
	if err := t.free(label, id); err != nil {
		return KeyInfo{}, fmt.Errorf("making a key: %w", err)
	}
	public, private := t.templates(label, id)
	mechanism, more, err := generation(kind)
	if err != nil {
		return KeyInfo{}, fmt.Errorf("making a key: %w", err)
	}
	first, second, err := t.k.module.GenerateKeyPair(t.session, []*pkcs11.Mechanism{mechanism}, append(public, more...), private)
	if err != nil {
		return KeyInfo{}, fmt.Errorf("making a key: %w", explain(err))
	}
	info, err := t.made(label, id, second)
	if err != nil {
		err = errors.Join(err, t.k.module.DestroyObject(t.session, first), t.k.module.DestroyObject(t.session, second))
		return KeyInfo{}, fmt.Errorf("making a key: %w", err)
	}
	return info, nil
}

// free refuses a label or an id that any key, private or public, has already: whoever
// looks for one of both must find one key.
func (t *Token) free(label string, id []byte) error {
	for _, class := range []uint{pkcs11.CKO_PRIVATE_KEY, pkcs11.CKO_PUBLIC_KEY} {
		for _, name := range []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_LABEL, label), pkcs11.NewAttribute(pkcs11.CKA_ID, id)} {
			found, err := t.objects(pkcs11.NewAttribute(pkcs11.CKA_CLASS, class), name)
			if err != nil {
				return explain(err)
			}
			if len(found) > 0 {
				return fmt.Errorf("%w: a key has label %q or id %x", ErrTaken, label, id)
			}
		}
	}
	return nil
}

// templates say what the halves of the key are for.
func (t *Token) templates(label string, id []byte) (public, private []*pkcs11.Attribute) {
	both := []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true), pkcs11.NewAttribute(pkcs11.CKA_LABEL, label), pkcs11.NewAttribute(pkcs11.CKA_ID, id),
	}
	public = append(both[:3:3], pkcs11.NewAttribute(pkcs11.CKA_VERIFY, true))
	private = append(both[:3:3],
		pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, true), pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, true),
		pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, false), pkcs11.NewAttribute(pkcs11.CKA_SIGN, true),
		pkcs11.NewAttribute(pkcs11.CKA_DECRYPT, false), pkcs11.NewAttribute(pkcs11.CKA_UNWRAP, false),
		pkcs11.NewAttribute(pkcs11.CKA_SIGN_RECOVER, false), pkcs11.NewAttribute(pkcs11.CKA_DERIVE, false))
	return public, private
}

// generation is the mechanism of a kind of key, and what it wants in the public template.
func generation(kind Kind) (*pkcs11.Mechanism, []*pkcs11.Attribute, error) {
	bits, isRSA := map[Kind]int{RSA2048: 2048, RSA3072: 3072}[kind]
	curve, isEC := map[Kind]asn1.ObjectIdentifier{P256: {1, 2, 840, 10045, 3, 1, 7}, P384: {1, 3, 132, 0, 34}}[kind]
	switch {
	case isRSA:
		return pkcs11.NewMechanism(pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN, nil), []*pkcs11.Attribute{
			pkcs11.NewAttribute(pkcs11.CKA_MODULUS_BITS, bits), pkcs11.NewAttribute(pkcs11.CKA_PUBLIC_EXPONENT, []byte{1, 0, 1})}, nil
	case isEC:
		id, err := asn1.Marshal(curve)
		return pkcs11.NewMechanism(pkcs11.CKM_EC_KEY_PAIR_GEN, nil), []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_EC_PARAMS, id)}, err
	}
	return nil, nil, fmt.Errorf("%w: no kind %q", ErrNotSupported, kind)
}

// made reads back what the token made.
func (t *Token) made(label string, id []byte, private pkcs11.ObjectHandle) (KeyInfo, error) {
	if !t.yes(private, pkcs11.CKA_SENSITIVE) || t.yes(private, pkcs11.CKA_EXTRACTABLE) {
		return KeyInfo{}, fmt.Errorf("%w: the token made a key that can leave it", ErrNotSupported)
	}
	info, err := t.Find(label, id)
	if err == nil && hashOf(info.Public) == crypto.Hash(0) {
		err = fmt.Errorf("%w: the token made another kind of key", ErrNotSupported)
	}
	return info, err
}
