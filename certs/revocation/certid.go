package revocation

import (
	"bytes"
	"crypto"
	_ "crypto/sha1" //nolint:gosec // hash of names and keys in CertID and responderID (RFC 6960, 4.1.1 and 4.2.1)
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"errors"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// certID says which certificate a request or an answer is about:
//
//	CertID ::= SEQUENCE {
//	   hashAlgorithm   AlgorithmIdentifier,
//	   issuerNameHash  OCTET STRING,
//	   issuerKeyHash   OCTET STRING,
//	   serialNumber    INTEGER }
type certID struct {
	hash              crypto.Hash
	nameHash, keyHash []byte
	serial            *big.Int
}

// certIDHashes are the accepted hashes, by OID. SHA-1 is what RFC 5019, 2.1.1 asks of every
// responder. No trust rests on it: an answer counts by its signature.
var certIDHashes = map[string]crypto.Hash{
	oid(1, 3, 14, 3, 2, 26):             crypto.SHA1,
	oid(2, 16, 840, 1, 101, 3, 4, 2, 1): crypto.SHA256,
	oid(2, 16, 840, 1, 101, 3, 4, 2, 2): crypto.SHA384,
	oid(2, 16, 840, 1, 101, 3, 4, 2, 3): crypto.SHA512,
}

func readCertID(s *cryptobyte.String) (certID, error) {
	var sequence, algorithm, name, null cryptobyte.String
	id := certID{serial: new(big.Int)}
	if !s.ReadASN1(&sequence, casn1.SEQUENCE) || !sequence.ReadASN1(&algorithm, casn1.SEQUENCE) ||
		!algorithm.ReadASN1(&name, casn1.OBJECT_IDENTIFIER) ||
		!algorithm.Empty() && (!algorithm.ReadASN1(&null, casn1.NULL) || !null.Empty() || !algorithm.Empty()) ||
		!sequence.ReadASN1Bytes(&id.nameHash, casn1.OCTET_STRING) || !sequence.ReadASN1Bytes(&id.keyHash, casn1.OCTET_STRING) ||
		!sequence.ReadASN1Integer(id.serial) || !sequence.Empty() {
		return certID{}, errors.New("CertID cannot be read")
	}
	var ok bool
	if id.hash, ok = certIDHashes[string(name)]; !ok {
		return certID{}, errors.New("hash algorithm of the CertID is not accepted")
	}
	return id, nil
}

// names reports whether id is that of cert, issued by issuer: name, key and number.
func (id certID) names(cert, issuer *x509.Certificate) bool {
	key, err := publicKeyBits(issuer)
	return err == nil && id.serial.Cmp(cert.SerialNumber) == 0 &&
		bytes.Equal(id.nameHash, sum(id.hash, issuer.RawSubject)) && bytes.Equal(id.keyHash, sum(id.hash, key))
}

func sum(h crypto.Hash, data []byte) []byte {
	hash := h.New()
	hash.Write(data)
	return hash.Sum(nil)
}

// publicKeyBits is the content of the BIT STRING of cert's SubjectPublicKeyInfo, without
// the count of unused bits.
func publicKeyBits(cert *x509.Certificate) ([]byte, error) {
	info := cryptobyte.String(cert.RawSubjectPublicKeyInfo)
	var sequence cryptobyte.String
	var key []byte
	if !info.ReadASN1(&sequence, casn1.SEQUENCE) || !sequence.SkipASN1(casn1.SEQUENCE) || !sequence.ReadASN1BitStringAsBytes(&key) {
		return nil, errors.New("public key cannot be read")
	}
	return key, nil
}

// request encodes
//
//	OCSPRequest ::= SEQUENCE { tbsRequest SEQUENCE {
//	   requestList        SEQUENCE OF SEQUENCE { reqCert CertID },
//	   requestExtensions  [2] EXPLICIT Extensions OPTIONAL } }
//
// for one certificate (RFC 6960, 4.1.1). nonce nil: no extension.
func request(cert, issuer *x509.Certificate, nonce []byte) ([]byte, error) {
	key, err := publicKeyBits(issuer)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddBytes([]byte("\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00")) // SHA-1
						b.AddASN1OctetString(sum(crypto.SHA1, issuer.RawSubject))
						b.AddASN1OctetString(sum(crypto.SHA1, key))
						b.AddASN1BigInt(cert.SerialNumber)
					})
				})
			})
			if nonce != nil {
				b.AddASN1(casn1.Tag(2).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { addNonce(b, nonce) })
			}
		})
	})
	return b.Bytes()
}

func addNonce(b *cryptobyte.Builder, nonce []byte) {
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(casn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes([]byte(oidNonce)) })
			b.AddASN1(casn1.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddASN1OctetString(nonce) })
		})
	})
}
