package hsm

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/miekg/pkcs11"
)

// ErrTaken means a key of the token has the label or the id already.
var ErrTaken = errors.New("name of a seal key is taken")

// Token is a token opened to see and make keys, not to seal: what an operator does once
// in years. It has the module of the process to itself, as a [Key] has. Not safe for
// concurrent use.
type Token struct {
	k       *Key
	session pkcs11.SessionHandle
}

// OpenToken logs into the token of that label or serial number. The PIN is tried once.
//
// Errors: ErrModule, ErrNoToken, ErrPIN, ErrUnavailable.
func OpenToken(module, token string, pin func() ([]byte, error)) (*Token, error) {
	lib, err := load(module)
	if err != nil {
		return nil, fmt.Errorf("opening the token: %w", err)
	}
	t := &Token{k: &Key{cfg: Config{Module: module, Token: token, PIN: pin}, module: lib}}
	if err := t.open(); err != nil {
		t.Close()
		return nil, fmt.Errorf("opening the token: %w", explain(err))
	}
	return t, nil
}

func (t *Token) open() error {
	if err := t.k.initialize(); err != nil {
		return err
	}
	slot, err := t.k.slot()
	if err != nil {
		return err
	}
	if t.session, err = t.k.module.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION); err != nil {
		return fmt.Errorf("opening a session: %w", err)
	}
	return t.k.login(slot, t.session)
}

// Close ends the use of the module.
func (t *Token) Close() {
	t.k.finalize()
	t.k.module.Destroy()
}

// KeyInfo is a private key as its token tells of it.
type KeyInfo struct {
	Label  string
	ID     []byte
	Public crypto.PublicKey // nil where the token shows none, or one this package does not use
	// Kept means that the token says that the key was made in it and never left it
	// (CKA_LOCAL, CKA_NEVER_EXTRACTABLE, CKA_ALWAYS_SENSITIVE).
	Kept bool
	// EachTime means that the PIN is wanted for each signature (CKA_ALWAYS_AUTHENTICATE).
	EachTime bool

	handle pkcs11.ObjectHandle
}

// maxKeys bounds how many keys are listed.
const maxKeys = 256

// Keys lists the private keys of the token, by label and id.
func (t *Token) Keys() ([]KeyInfo, error) {
	found, err := t.objects(pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY))
	if err != nil {
		return nil, fmt.Errorf("listing keys: %w", explain(err))
	}
	var list []KeyInfo
	for _, handle := range found {
		info := KeyInfo{
			handle: handle, Label: string(t.attribute(handle, pkcs11.CKA_LABEL)), ID: t.attribute(handle, pkcs11.CKA_ID),
			EachTime: t.yes(handle, pkcs11.CKA_ALWAYS_AUTHENTICATE),
			Kept: t.yes(handle, pkcs11.CKA_LOCAL) && t.yes(handle, pkcs11.CKA_NEVER_EXTRACTABLE) &&
				t.yes(handle, pkcs11.CKA_ALWAYS_SENSITIVE),
		}
		info.Public = t.publicOf(info)
		list = append(list, info)
	}
	slices.SortStableFunc(list, func(a, b KeyInfo) int {
		return bytes.Compare(append([]byte(a.Label+"\x00"), a.ID...), append([]byte(b.Label+"\x00"), b.ID...))
	})
	return list, nil
}

// Find returns the only key that has both label and id, where they are given. ErrNoKey.
func (t *Token) Find(label string, id []byte) (KeyInfo, error) {
	all, err := t.Keys()
	if err != nil {
		return KeyInfo{}, err
	}
	all = slices.DeleteFunc(all, func(i KeyInfo) bool {
		return label != "" && i.Label != label || len(id) > 0 && !bytes.Equal(i.ID, id)
	})
	if len(all) != 1 {
		return KeyInfo{}, fmt.Errorf("%w: %d have label %q and id %x", ErrNoKey, len(all), label, id)
	}
	if all[0].Public == nil {
		return KeyInfo{}, fmt.Errorf("%w: the token shows no public key for it", ErrNotSupported)
	}
	return all[0], nil
}

func (t *Token) objects(template ...*pkcs11.Attribute) ([]pkcs11.ObjectHandle, error) {
	if err := t.k.module.FindObjectsInit(t.session, template); err != nil {
		return nil, err
	}
	found, _, err := t.k.module.FindObjects(t.session, maxKeys)
	return found, errors.Join(err, t.k.module.FindObjectsFinal(t.session))
}

// attribute is the value of one attribute, nil where the token does not tell.
func (t *Token) attribute(object pkcs11.ObjectHandle, name uint) []byte {
	list, err := t.k.module.GetAttributeValue(t.session, object, []*pkcs11.Attribute{pkcs11.NewAttribute(name, nil)})
	if err != nil || len(list) != 1 {
		return nil
	}
	return list[0].Value
}

func (t *Token) yes(object pkcs11.ObjectHandle, name uint) bool {
	return bytes.Equal(t.attribute(object, name), []byte{1})
}

// publicOf reads the public key that goes by the same label and id; nil if there is not
// exactly one.
func (t *Token) publicOf(info KeyInfo) crypto.PublicKey {
	found, err := t.objects(pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PUBLIC_KEY),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, info.Label), pkcs11.NewAttribute(pkcs11.CKA_ID, info.ID))
	if err != nil || len(found) != 1 {
		return nil
	}
	return t.public(found[0])
}

// curves are those that are used, by the object identifiers of RFC 5480, 2.1.1.1.
var curves = map[string]elliptic.Curve{"1.2.840.10045.3.1.7": elliptic.P256(), "1.3.132.0.34": elliptic.P384()}

func (t *Token) public(object pkcs11.ObjectHandle) crypto.PublicKey {
	if n := t.attribute(object, pkcs11.CKA_MODULUS); len(n) > 0 {
		e := new(big.Int).SetBytes(t.attribute(object, pkcs11.CKA_PUBLIC_EXPONENT))
		if !e.IsInt64() || e.Int64() < 3 || e.Int64() >= 1<<31 {
			return nil
		}
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(e.Int64())}
	}
	var id asn1.ObjectIdentifier
	if rest, err := asn1.Unmarshal(t.attribute(object, pkcs11.CKA_EC_PARAMS), &id); err != nil || len(rest) > 0 {
		return nil
	}
	curve, known := curves[id.String()]
	if !known {
		return nil
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, point(t.attribute(object, pkcs11.CKA_EC_POINT)))
	if err != nil {
		return nil
	}
	return key
}

// point takes an OCTET STRING off a point (v2.40, 2.3.3); some modules give the bare one.
func point(value []byte) []byte {
	var inner []byte
	if rest, err := asn1.Unmarshal(value, &inner); err == nil && len(rest) == 0 {
		return inner
	}
	return value
}
