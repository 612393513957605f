package reader

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"
	"math/big"

	"github.com/miekg/pkcs11"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"guichet.example/certs/pkcs1"
)

// prepare chooses the mechanism and what C_Sign is given for it.
func prepare(public crypto.PublicKey, digest []byte, opts crypto.SignerOpts) (mechanism uint, input []byte, err error) {
	if opts == nil {
		return 0, nil, fmt.Errorf("no hash function named: %w", ErrNotSupported)
	}
	if _, pss := opts.(*rsa.PSSOptions); pss {
		return 0, nil, fmt.Errorf("RSASSA-PSS: %w", ErrNotSupported)
	}
	hash := opts.HashFunc()
	if !pkcs1.Known(hash) {
		return 0, nil, fmt.Errorf("hash function %v: %w", hash, ErrNotSupported)
	}
	if len(digest) != hash.Size() {
		return 0, nil, fmt.Errorf("digest of %d bytes for %v: %w", len(digest), hash, ErrNotSupported)
	}
	switch public.(type) {
	case *rsa.PublicKey:
		return pkcs11.CKM_RSA_PKCS, pkcs1.DigestInfo(hash, digest), nil
	case *ecdsa.PublicKey:
		return pkcs11.CKM_ECDSA, bytes.Clone(digest), nil
	}
	return 0, nil, fmt.Errorf("keys of type %T: %w", public, ErrNotSupported)
}

// VerifySignature verifies what the module returned, and gives it the form a crypto.Signer
// has: PKCS#1 v1.5 for RSA, ASN.1 DER for ECDSA. A module that answers CKR_OK with
// rubbish, or signed with another key, stops here. Errors: ErrWrongSignature.
func VerifySignature(public crypto.PublicKey, digest []byte, hash crypto.Hash, value []byte) ([]byte, error) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if rsa.VerifyPKCS1v15(key, hash, digest, value) == nil {
			return value, nil
		}
	case *ecdsa.PublicKey:
		der, err := derECDSA(value, key)
		if err == nil && ecdsa.VerifyASN1(key, digest, der) {
			return der, nil
		}
	}
	return nil, ErrWrongSignature
}

// orderSize is the length of r and of s in bytes.
func orderSize(key *ecdsa.PublicKey) int { return (key.Params().N.BitLen() + 7) / 8 }

// derECDSA turns r‖s, as PKCS#11 has it (v2.40, 2.3.1), into ECDSA-Sig-Value.
func derECDSA(raw []byte, key *ecdsa.PublicKey) ([]byte, error) {
	n := orderSize(key)
	if len(raw) != 2*n {
		return nil, ErrWrongSignature
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(new(big.Int).SetBytes(raw[:n]))
		b.AddASN1BigInt(new(big.Int).SetBytes(raw[n:]))
	})
	return b.Bytes()
}

// RawECDSA turns an ASN.1 ECDSA signature (ECDSA-Sig-Value, RFC 3279, 2.2.3) into r‖s,
// each as long as the order of the curve of pub, as Web eID and PKCS#11 have it. An RSA
// signature is returned as it is. Errors: ErrWrongSignature.
func RawECDSA(der []byte, pub crypto.PublicKey) ([]byte, error) {
	key, ok := pub.(*ecdsa.PublicKey)
	if !ok {
		return der, nil
	}
	r, s := new(big.Int), new(big.Int)
	input := cryptobyte.String(der)
	var pair cryptobyte.String
	if !input.ReadASN1(&pair, cbasn1.SEQUENCE) || !input.Empty() ||
		!pair.ReadASN1Integer(r) || !pair.ReadASN1Integer(s) || !pair.Empty() {
		return nil, ErrWrongSignature
	}
	n := orderSize(key)
	if r.Sign() <= 0 || s.Sign() <= 0 || r.BitLen() > 8*n || s.BitLen() > 8*n {
		return nil, ErrWrongSignature
	}
	raw := make([]byte, 2*n)
	r.FillBytes(raw[:n])
	s.FillBytes(raw[n:])
	return raw, nil
}

// checkPublicKey compares the certificate with the public key object of the same id, if
// the module shows one that can be read: a certificate beside a key that is not its own
// is found before any PIN is asked. What cannot be compared here is caught by check.
func checkPublicKey(lib library, session pkcs11.SessionHandle, held *cardCertificate) error {
	objects, err := find(lib, session, pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PUBLIC_KEY))
	if err != nil {
		return err
	}
	for _, object := range objects {
		v, err := attributes(lib, session, object, pkcs11.CKA_ID, pkcs11.CKA_LABEL)
		if err != nil {
			return err
		}
		if !bytes.Equal(v[0], held.id) || string(v[1]) != held.label {
			continue
		}
		same, err := samePublicKey(lib, session, object, held.cert.PublicKey)
		if err != nil {
			return err
		}
		if !same {
			return fmt.Errorf("certificate %s: %w", held.label, ErrKeyMismatch)
		}
	}
	return nil
}

// samePublicKey compares type and numbers, since modules pad and wrap them differently.
// What the module does not show counts as the same.
func samePublicKey(lib library, session pkcs11.SessionHandle, object pkcs11.ObjectHandle, public crypto.PublicKey) (bool, error) {
	v, err := attributes(lib, session, object, pkcs11.CKA_KEY_TYPE, pkcs11.CKA_MODULUS, pkcs11.CKA_EC_POINT)
	if err != nil {
		return false, err
	}
	kind, modulus, point := v[0], v[1], v[2]
	switch key := public.(type) {
	case *rsa.PublicKey:
		return isULong(kind, pkcs11.CKK_RSA) && (modulus == nil || new(big.Int).SetBytes(modulus).Cmp(key.N) == 0), nil
	case *ecdsa.PublicKey:
		want, err := key.Bytes()
		return isULong(kind, pkcs11.CKK_EC) && (point == nil || bytes.Equal(unwrap(point), want)), err
	}
	return false, nil
}

// unwrap takes the point out of its OCTET STRING (PKCS#11 v2.40, 2.3.3); some modules
// give it bare.
func unwrap(point []byte) []byte {
	var inner []byte
	if rest, err := asn1.Unmarshal(point, &inner); err == nil && len(rest) == 0 {
		return inner
	}
	return point
}

// isULong compares a CK_ULONG, which has the machine's own length and order.
func isULong(b []byte, want uint) bool {
	return b == nil || bytes.Equal(b, pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, want).Value)
}
