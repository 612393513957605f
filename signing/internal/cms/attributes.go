package cms

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// NewAttributes returns the signed attributes as they are hashed: a DER SET OF
// (RFC 5652, 5.4). They hold what the baseline asks for and nothing that depends on
// time or chance:
//
//	content-type             id-data
//	message-digest           digest
//	signing-certificate-v2   SHA-256 of the certificate (RFC 5035)
//
// signing-time is forbidden (EN 319 142-1, 6.3); the claimed time is entry M.
func NewAttributes(digest, certificate []byte) ([]byte, error) {
	sum := sha256.Sum256(certificate)
	list := [][]byte{
		attribute(oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(OIDData) }),
		attribute(oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest) }),
		attribute(oidSigningCertificateV2, func(b *cryptobyte.Builder) {
			// SigningCertificateV2 ::= SEQUENCE { certs SEQUENCE OF ESSCertIDv2 }
			// ESSCertIDv2 ::= SEQUENCE { hashAlgorithm DEFAULT sha256, certHash OCTET STRING }
			sequence(b, func(b *cryptobyte.Builder) {
				sequence(b, func(b *cryptobyte.Builder) {
					sequence(b, func(b *cryptobyte.Builder) { b.AddASN1OctetString(sum[:]) })
				})
			})
		}),
	}
	slices.SortFunc(list, bytes.Compare)
	b := cryptobyte.NewBuilder(make([]byte, 0, 1<<8))
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(bytes.Join(list, nil)) })
	return b.Bytes()
}

func sequence(b *cryptobyte.Builder, f func(*cryptobyte.Builder)) { b.AddASN1(cbasn1.SEQUENCE, f) }

// attribute encodes Attribute ::= SEQUENCE { attrType, attrValues SET OF } with one value.
func attribute(oid asn1.ObjectIdentifier, value func(*cryptobyte.Builder)) []byte {
	b := cryptobyte.NewBuilder(make([]byte, 0, 1<<7))
	sequence(b, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		b.AddASN1(cbasn1.SET, value)
	})
	return b.BytesOrPanic()
}

// Attribute is one attribute as it was read: its type and the DER of its only value.
type Attribute struct {
	OID   asn1.ObjectIdentifier
	Value []byte
}

// readAttributes reads the content of a SET OF Attribute: sorted as DER demands, no
// type twice, one value each. Unsorted sets are refused because a verifier that sorts
// and one that does not would hash different bytes.
func readAttributes(set cryptobyte.String) ([]Attribute, error) {
	var out []Attribute
	var last []byte
	for !set.Empty() {
		var raw, inner, values, value cryptobyte.String
		if !set.ReadASN1Element(&raw, cbasn1.SEQUENCE) {
			return nil, malformed("attribute")
		}
		whole := []byte(raw)
		var a Attribute
		var tag cbasn1.Tag
		if !raw.ReadASN1(&inner, cbasn1.SEQUENCE) || !inner.ReadASN1ObjectIdentifier(&a.OID) ||
			!inner.ReadASN1(&values, cbasn1.SET) || !inner.Empty() ||
			!values.ReadAnyASN1Element(&value, &tag) || !values.Empty() {
			return nil, malformed("attribute without exactly one value")
		}
		a.Value = value
		if bytes.Compare(last, whole) >= 0 {
			return nil, malformed("attributes not in DER order")
		}
		if find(out, a.OID) != nil {
			return nil, malformed("attribute twice")
		}
		if len(out) == maxAttributes {
			return nil, malformed("too many attributes")
		}
		last, out = whole, append(out, a)
	}
	return out, nil
}

// find returns the value of an attribute, nil when it is absent.
func find(list []Attribute, oid asn1.ObjectIdentifier) []byte {
	for _, a := range list {
		if a.OID.Equal(oid) {
			return a.Value
		}
	}
	return nil
}
