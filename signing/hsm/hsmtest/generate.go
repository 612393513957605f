package hsmtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/asn1"
	"math/big"

	"github.com/miekg/pkcs11"
)

// curveIDs are the curves by object identifier (RFC 5480, 2.1.1.1).
var curveIDs = map[Kind]asn1.ObjectIdentifier{P256: {1, 2, 840, 10045, 3, 1, 7}, P384: {1, 3, 132, 0, 34}}

// generate makes a key pair that never leaves the token.
func generate(lib *pkcs11.Ctx, session pkcs11.SessionHandle, s Spec) (crypto.PublicKey, error) {
	private := []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
		pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, true),
		pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, true),
		pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, false),
		pkcs11.NewAttribute(pkcs11.CKA_SIGN, true),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, s.Label),
		pkcs11.NewAttribute(pkcs11.CKA_ID, s.ID),
		pkcs11.NewAttribute(pkcs11.CKA_ALWAYS_AUTHENTICATE, s.EachTime),
	}
	public := []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, !s.Hidden),
		pkcs11.NewAttribute(pkcs11.CKA_VERIFY, true),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, s.Label),
		pkcs11.NewAttribute(pkcs11.CKA_ID, s.ID),
	}
	mechanism := uint(pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN)
	if s.Kind == RSA2048 {
		public = append(public, pkcs11.NewAttribute(pkcs11.CKA_MODULUS_BITS, 2048),
			pkcs11.NewAttribute(pkcs11.CKA_PUBLIC_EXPONENT, []byte{1, 0, 1}))
	} else {
		mechanism = pkcs11.CKM_EC_KEY_PAIR_GEN
		id, err := asn1.Marshal(curveIDs[s.Kind])
		if err != nil {
			return nil, err
		}
		public = append(public, pkcs11.NewAttribute(pkcs11.CKA_EC_PARAMS, id))
	}
	handle, _, err := lib.GenerateKeyPair(session, []*pkcs11.Mechanism{pkcs11.NewMechanism(mechanism, nil)}, public, private)
	if err != nil {
		return nil, err
	}
	if s.Kind == RSA2048 {
		return rsaPublic(lib, session, handle)
	}
	return ecPublic(lib, session, handle, map[Kind]elliptic.Curve{P256: elliptic.P256(), P384: elliptic.P384()}[s.Kind])
}

func rsaPublic(lib *pkcs11.Ctx, session pkcs11.SessionHandle, key pkcs11.ObjectHandle) (crypto.PublicKey, error) {
	list, err := lib.GetAttributeValue(session, key, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_MODULUS, nil)})
	if err != nil {
		return nil, err
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(list[0].Value), E: 65537}, nil
}

func ecPublic(lib *pkcs11.Ctx, session pkcs11.SessionHandle, key pkcs11.ObjectHandle, curve elliptic.Curve) (crypto.PublicKey, error) {
	list, err := lib.GetAttributeValue(session, key, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_EC_POINT, nil)})
	if err != nil {
		return nil, err
	}
	var point []byte // an OCTET STRING (PKCS#11 v2.40, 2.3.3)
	if _, err := asn1.Unmarshal(list[0].Value, &point); err != nil {
		return nil, err
	}
	return ecdsa.ParseUncompressedPublicKey(curve, point)
}
