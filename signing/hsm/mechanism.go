package hsm

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"

	"github.com/miekg/pkcs11"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"guichet.example/certs/pkcs1"
)

// maskHash are hash and mask generation function of PSS (v2.40, 2.1.7).
var maskHash = map[crypto.Hash][2]uint{
	crypto.SHA256: {pkcs11.CKM_SHA256, pkcs11.CKG_MGF1_SHA256},
	crypto.SHA384: {pkcs11.CKM_SHA384, pkcs11.CKG_MGF1_SHA384},
	crypto.SHA512: {pkcs11.CKM_SHA512, pkcs11.CKG_MGF1_SHA512},
}

// hashOf is the hash that a key is used with when nobody says; 0 for a key that is not used.
func hashOf(public crypto.PublicKey) crypto.Hash {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() >= 2048 {
			return crypto.SHA256
		}
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256():
			return crypto.SHA256
		case elliptic.P384():
			return crypto.SHA384
		}
	}
	return 0
}

// operation is one signature: what C_SignInit and C_Sign are given.
type operation struct {
	mechanism *pkcs11.Mechanism
	input     []byte
	hash      crypto.Hash
	pss       *rsa.PSSOptions // nil for PKCS#1 v1.5 and ECDSA
}

func mechanismFor(public crypto.PublicKey, digest []byte, opts crypto.SignerOpts) (operation, error) {
	if opts == nil {
		return operation{}, fmt.Errorf("%w: no hash named", ErrNotSupported)
	}
	o := operation{hash: opts.HashFunc()}
	if !pkcs1.Known(o.hash) || len(digest) != o.hash.Size() {
		return operation{}, fmt.Errorf("%w: %d bytes of %v", ErrNotSupported, len(digest), o.hash)
	}
	o.pss, _ = opts.(*rsa.PSSOptions)
	switch key := public.(type) {
	case *rsa.PublicKey:
		if o.pss == nil {
			o.mechanism, o.input = pkcs11.NewMechanism(pkcs11.CKM_RSA_PKCS, nil), pkcs1.DigestInfo(o.hash, digest)
			return o, nil
		}
		salt, err := saltLength(key, o.hash, o.pss.SaltLength)
		params := pkcs11.NewPSSParams(maskHash[o.hash][0], maskHash[o.hash][1], uint(salt))
		o.mechanism, o.input = pkcs11.NewMechanism(pkcs11.CKM_RSA_PKCS_PSS, params), bytes.Clone(digest)
		return o, err
	case *ecdsa.PublicKey:
		if o.pss != nil {
			break
		}
		// Only as many bits as the order has are signed (FIPS 186-5, 6.4.1); not every
		// module cuts a longer digest itself.
		n := min(len(digest), orderSize(key))
		o.mechanism, o.input = pkcs11.NewMechanism(pkcs11.CKM_ECDSA, nil), bytes.Clone(digest[:n])
		return o, nil
	}
	return operation{}, fmt.Errorf("%w: %T with PSS %t", ErrNotSupported, public, o.pss != nil)
}

// saltLength translates the two words of crypto/rsa; the longest salt is RFC 8017, 9.1.1.
func saltLength(key *rsa.PublicKey, hash crypto.Hash, asked int) (int, error) {
	longest := (key.N.BitLen()-1+7)/8 - 2 - hash.Size()
	switch {
	case asked == rsa.PSSSaltLengthEqualsHash:
		return hash.Size(), nil
	case asked == rsa.PSSSaltLengthAuto:
		return longest, nil
	case asked < 0 || asked > longest:
		return 0, fmt.Errorf("%w: salt of %d bytes", ErrNotSupported, asked)
	}
	return asked, nil
}

// encoded gives the value the form a crypto.Signer has. ErrWrongSignature for one that is
// no signature by its length.
func (o operation) encoded(public crypto.PublicKey, value []byte) ([]byte, error) {
	key, ok := public.(*ecdsa.PublicKey)
	if !ok {
		return value, nil
	}
	der := derECDSA(value, orderSize(key))
	if der == nil {
		return nil, ErrWrongSignature
	}
	return der, nil
}

// errFalse is what verify says: there is no more to say of a value.
var errFalse = errors.New("the certificate does not verify it")

// verify checks an encoded value with the key of the certificate. A module that answers
// CKR_OK with rubbish, or signed with another key, stops here.
func (o operation) verify(public crypto.PublicKey, digest, value []byte) error {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if o.pss != nil && rsa.VerifyPSS(key, o.hash, digest, value, nil) == nil ||
			o.pss == nil && rsa.VerifyPKCS1v15(key, o.hash, digest, value) == nil {
			return nil
		}
	case *ecdsa.PublicKey:
		if ecdsa.VerifyASN1(key, digest, value) {
			return nil
		}
	}
	return errFalse
}

// orderSize is the length of r and of s in bytes.
func orderSize(key *ecdsa.PublicKey) int { return (key.Params().N.BitLen() + 7) / 8 }

// derECDSA turns r‖s, each of n bytes (v2.40, 2.3.1), into ECDSA-Sig-Value (RFC 3279,
// 2.2.3); nil if it is not so long.
func derECDSA(raw []byte, n int) []byte {
	if len(raw) != 2*n {
		return nil
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(new(big.Int).SetBytes(raw[:n]))
		b.AddASN1BigInt(new(big.Int).SetBytes(raw[n:]))
	})
	return b.BytesOrPanic()
}
