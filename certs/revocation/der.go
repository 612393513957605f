package revocation

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// signatureAlgorithms are the accepted AlgorithmIdentifiers, in DER: RSA PKCS #1 v1.5 with
// its NULL (RFC 4055, 5) and ECDSA without parameters (RFC 5758, 3.2), over SHA-2 only.
var signatureAlgorithms = map[string]x509.SignatureAlgorithm{
	"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00": x509.SHA256WithRSA,
	"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00": x509.SHA384WithRSA,
	"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00": x509.SHA512WithRSA,
	"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02":             x509.ECDSAWithSHA256,
	"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03":             x509.ECDSAWithSHA384,
	"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04":             x509.ECDSAWithSHA512,
}

// signed is a DER SEQUENCE of data, algorithm and signature, the frame that OCSP answers,
// CRLs and certificates have in common (RFC 5280, 4.1.1).
type signed struct {
	data      []byte // with its tag and length, as it was signed
	algorithm x509.SignatureAlgorithm
	signature []byte
}

// readSigned reads the three elements; what follows them stays in s.
func readSigned(s *cryptobyte.String) (signed, error) {
	var data, algorithm cryptobyte.String
	var out signed
	if !s.ReadASN1Element(&data, casn1.SEQUENCE) || !s.ReadASN1Element(&algorithm, casn1.SEQUENCE) ||
		!s.ReadASN1BitStringAsBytes(&out.signature) {
		return signed{}, errors.New("data, algorithm and signature cannot be read")
	}
	known, ok := signatureAlgorithms[string(algorithm)]
	if !ok {
		return signed{}, errors.New("signature algorithm is not accepted")
	}
	out.data, out.algorithm = data, known
	return out, nil
}

// by verifies the signature with the key of cert: one public-key operation.
func (s signed) by(cert *x509.Certificate) error {
	return cert.CheckSignature(s.algorithm, s.data, s.signature)
}

// readGeneralizedTime reads YYYYMMDDHHMMSSZ and no other form (RFC 5280, 4.1.2.5.2).
func readGeneralizedTime(s *cryptobyte.String, out *time.Time) bool {
	var text cryptobyte.String
	return s.ReadASN1(&text, casn1.GeneralizedTime) && parseTime("20060102150405Z", string(text), out)
}

// readTime reads a UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5).
func readTime(s *cryptobyte.String, out *time.Time) bool {
	if !s.PeekASN1Tag(casn1.UTCTime) {
		return readGeneralizedTime(s, out)
	}
	var text cryptobyte.String
	if !s.ReadASN1(&text, casn1.UTCTime) || !parseTime("060102150405Z", string(text), out) {
		return false
	}
	if out.Year() >= 2050 { // two digits from 50 on are of the last century
		*out = out.AddDate(-100, 0, 0)
	}
	return true
}

func parseTime(layout, text string, out *time.Time) bool {
	t, err := time.Parse(layout, text)
	*out = t
	return err == nil && len(text) == len(layout)
}

// extension is one element of Extensions; its OID is the DER content.
type extension struct {
	id       string
	critical bool
	value    cryptobyte.String
}

func oid(arcs ...int) string {
	der, err := asn1.Marshal(asn1.ObjectIdentifier(arcs))
	if err != nil {
		panic(err) // a constant of ours is wrong
	}
	return string(der[2:])
}

var (
	oidNonce         = oid(1, 3, 6, 1, 5, 5, 7, 48, 1, 2)
	oidBasicResponse = oid(1, 3, 6, 1, 5, 5, 7, 48, 1, 1)
	oidIssuingPoint  = oid(2, 5, 29, 28)
	oidAuthorityKey  = oid(2, 5, 29, 35)
	oidReasonCode    = oid(2, 5, 29, 21)
	oidArchiveCutoff = oid(1, 3, 6, 1, 5, 5, 7, 48, 1, 6)
)

// maxExtensions bounds a list of extensions.
const maxExtensions = 16

// readExtensions reads a SEQUENCE OF Extension (RFC 5280, 4.1). None may occur twice.
func readExtensions(s *cryptobyte.String) ([]extension, error) {
	var list cryptobyte.String
	if !s.ReadASN1(&list, casn1.SEQUENCE) {
		return nil, errors.New("extensions cannot be read")
	}
	var out []extension
	for !list.Empty() {
		var element, id cryptobyte.String
		var e extension
		if len(out) == maxExtensions || !list.ReadASN1(&element, casn1.SEQUENCE) ||
			!element.ReadASN1(&id, casn1.OBJECT_IDENTIFIER) {
			return nil, errors.New("an extension cannot be read")
		}
		if element.PeekASN1Tag(casn1.BOOLEAN) && (!element.ReadASN1Boolean(&e.critical) || !e.critical) {
			return nil, errors.New("an extension says critical FALSE, which DER leaves out")
		}
		if !element.ReadASN1(&e.value, casn1.OCTET_STRING) || !element.Empty() {
			return nil, errors.New("an extension cannot be read")
		}
		e.id = string(id)
		for _, earlier := range out {
			if earlier.id == e.id {
				return nil, errors.New("an extension occurs twice")
			}
		}
		out = append(out, e)
	}
	return out, nil
}
