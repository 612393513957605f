package cms

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Signed is a signature ready to be encoded.
type Signed struct {
	Certificate *x509.Certificate
	Others      [][]byte // DER of further certificates; the root is better left out
	Hash        crypto.Hash
	Attributes  []byte // as NewAttributes returned them
	Value       []byte // PKCS#1 v1.5, PSS or DER Ecdsa-Sig-Value, already verified
	PSS         bool   // an RSA value made as [PSS] says
}

// Encode returns the DER of a detached SignedData:
//
//	ContentInfo ::= SEQUENCE { id-signedData, [0] EXPLICIT SignedData }
//	SignedData ::= SEQUENCE {
//	  version 1, digestAlgorithms SET OF, encapContentInfo { id-data },
//	  certificates [0] IMPLICIT SET OF, signerInfos SET OF SignerInfo }
func (s Signed) Encode() ([]byte, error) {
	certificates := append([][]byte{s.Certificate.Raw}, s.Others...)
	slices.SortFunc(certificates, bytes.Compare)
	certificates = slices.CompactFunc(certificates, bytes.Equal)
	carried := bytes.Join(certificates, nil)
	b := cryptobyte.NewBuilder(make([]byte, 0, len(carried)+len(s.Attributes)+len(s.Value)+1<<10))
	sequence(b, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSignedData)
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			sequence(b, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1)
				b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { addAlgorithm(b, oidHashes[s.Hash], false) })
				sequence(b, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(OIDData) })
				b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddBytes(carried) })
				b.AddASN1(cbasn1.SET, s.signerInfo)
			})
		})
	})
	return b.Bytes()
}

// signerInfo encodes
//
//	SignerInfo ::= SEQUENCE { version 1, sid IssuerAndSerialNumber, digestAlgorithm,
//	  signedAttrs [0] IMPLICIT, signatureAlgorithm, signature OCTET STRING }
func (s Signed) signerInfo(b *cryptobyte.Builder) {
	sequence(b, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		sequence(b, func(b *cryptobyte.Builder) {
			b.AddBytes(s.Certificate.RawIssuer)
			b.AddASN1BigInt(s.Certificate.SerialNumber)
		})
		addAlgorithm(b, oidHashes[s.Hash], false)
		b.AddBytes(retag(s.Attributes, 0xa0))
		switch _, isRSA := s.Certificate.PublicKey.(*rsa.PublicKey); {
		case isRSA && s.PSS:
			addPSS(b, s.Hash)
		case isRSA:
			addAlgorithm(b, oidRSA, true)
		default:
			addAlgorithm(b, oidECDSA[s.Hash], false)
		}
		b.AddASN1OctetString(s.Value)
	})
}

// retag changes the first byte: signed attributes are hashed as SET OF (0x31) and
// stored as [0] (0xa0), the bytes after it being the same (RFC 5652, 5.4).
func retag(der []byte, tag byte) []byte {
	out := slices.Clone(der)
	out[0] = tag
	return out
}

func explicit(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }

func addAlgorithm(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, null bool) {
	sequence(b, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		if null {
			b.AddASN1NULL()
		}
	})
}

// WithTimestamp returns the SignedData with the token as its only unsigned attribute.
// Nothing that was signed changes. It fails if there are unsigned attributes already.
//
//	unsignedAttrs [1] IMPLICIT SET OF { id-aa-timeStampToken, { token } }
func (d *SignedData) WithTimestamp(token []byte) ([]byte, error) {
	if len(d.Signer.Unsigned) > 0 {
		return nil, malformed("unsigned attributes already there")
	}
	attr := attribute(OIDTimestampToken, func(b *cryptobyte.Builder) { b.AddBytes(token) })
	var b cryptobyte.Builder
	sequence(&b, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSignedData)
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			sequence(b, func(b *cryptobyte.Builder) {
				b.AddBytes(d.head)
				b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
					sequence(b, func(b *cryptobyte.Builder) {
						b.AddBytes(d.Signer.signed)
						b.AddASN1(explicit(1), func(b *cryptobyte.Builder) { b.AddBytes(attr) })
					})
				})
			})
		})
	})
	return b.Bytes()
}
