package cms

import (
	"crypto"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidPSS  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidMGF1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
)

// maxSalt is the longest salt read, in bytes: more does not fit an RSA key of 8192 bits.
const maxSalt = 1 << 10

// PSS returns how a key signs with RSASSA-PSS here: the mask generation function on the
// hash of the message, a salt as long as that hash (RFC 4056, 3).
func PSS(h crypto.Hash) *rsa.PSSOptions {
	return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: h}
}

// addPSS encodes the algorithm with its parameters (RFC 4055, 3.1):
//
//	RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0], maskGenAlgorithm [1],
//	  saltLength [2] INTEGER, trailerField [3] DEFAULT 1 }
func addPSS(b *cryptobyte.Builder, h crypto.Hash) {
	sequence(b, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidPSS)
		sequence(b, func(b *cryptobyte.Builder) {
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { addAlgorithm(b, oidHashes[h], true) })
			b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
				sequence(b, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(oidMGF1)
					addAlgorithm(b, oidHashes[h], true)
				})
			})
			b.AddASN1(explicit(2), func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(h.Size())) })
		})
	})
}

// salt reads the parameters and returns the length of the salt. Both hashes must be the
// one of the message: a part left out means SHA-1, which is refused, and so is a mask on
// another hash.
func (a algorithm) salt(h crypto.Hash) (int, error) {
	refused := fmt.Errorf("%w: parameters of RSASSA-PSS", ErrAlgorithm)
	in := a.raw
	var part cryptobyte.String
	if !a.params || a.tag != cbasn1.SEQUENCE || !in.ReadASN1(&part, explicit(0)) {
		return 0, refused
	}
	digest, ok := readAlgorithm(&part)
	if got, err := digest.hash(); !ok || !part.Empty() || err != nil || got != h {
		return 0, refused
	}
	if !in.ReadASN1(&part, explicit(1)) {
		return 0, refused
	}
	mask, ok := readAlgorithm(&part)
	if !ok || !part.Empty() || !mask.oid.Equal(oidMGF1) || mask.tag != cbasn1.SEQUENCE {
		return 0, refused
	}
	if got, ok := readAlgorithmOf(mask.raw); !ok || !got.oid.Equal(oidHashes[h]) || got.params {
		return 0, refused
	}
	salt := 20
	if in.PeekASN1Tag(explicit(2)) && (!in.ReadASN1(&part, explicit(2)) || !part.ReadASN1Integer(&salt) || !part.Empty()) {
		return 0, refused
	}
	trailer := 1
	if in.PeekASN1Tag(explicit(3)) && (!in.ReadASN1(&part, explicit(3)) || !part.ReadASN1Integer(&trailer) || !part.Empty()) {
		return 0, refused
	}
	if !in.Empty() || trailer != 1 || salt < 1 || salt > maxSalt {
		return 0, refused
	}
	return salt, nil
}

// checkPSS verifies a value made with RSASSA-PSS.
func checkPSS(key *rsa.PublicKey, a algorithm, h crypto.Hash, digest, value []byte) error {
	salt, err := a.salt(h)
	if err != nil {
		return err
	}
	if rsa.VerifyPSS(key, h, digest, value, &rsa.PSSOptions{SaltLength: salt, Hash: h}) != nil {
		return ErrSignature
	}
	return nil
}
