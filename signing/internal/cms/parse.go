package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// SignedData is a SignedData as it was read. Nothing in it is verified.
type SignedData struct {
	Raw          []byte // DER of the ContentInfo, padding cut off
	ContentType  asn1.ObjectIdentifier
	Content      []byte   // nil when detached
	Certificates [][]byte // DER, in the order carried
	Signer       SignerInfo

	head []byte // everything before signerInfos
}

// SignerInfo is the one SignerInfo of a SignedData.
type SignerInfo struct {
	Issuer     []byte // DER name and serial number that point to the certificate,
	Serial     *big.Int
	KeyID      []byte // or its subject key identifier
	Hash       crypto.Hash
	Attributes []byte // signed attributes as hashed: DER SET OF
	Value      []byte // signature value
	Unsigned   []Attribute

	attributes []Attribute
	algorithm  algorithm
	hashErr    error
	signed     []byte // everything before unsignedAttrs,
	rest       []byte // and they themselves
}

// Timestamp returns the DER of the signature timestamp token, nil when there is none.
func (s *SignerInfo) Timestamp() []byte { return find(s.Unsigned, OIDTimestampToken) }

// PSS reports whether the value is said to be made with RSASSA-PSS.
func (s *SignerInfo) PSS() bool { return s.algorithm.oid.Equal(oidPSS) }

// Trim cuts the padding off the content of a hole: one DER element, then only zeros.
func Trim(contents []byte) ([]byte, error) {
	s := cryptobyte.String(contents)
	var der cryptobyte.String
	if !s.ReadASN1Element(&der, cbasn1.SEQUENCE) {
		return nil, malformed("not DER")
	}
	if n := len(s); n > 0 && (s[0] != 0 || !bytes.Equal(s[1:], s[:n-1])) { // each equals the one before
		return nil, malformed("bytes after the end")
	}
	return der, nil
}

// Parse reads the DER of a ContentInfo with SignedData, at most MaxSize bytes. What it
// returns encodes to the same bytes.
//
// Error: ErrMalformed.
func Parse(der []byte) (*SignedData, error) {
	if len(der) > MaxSize {
		return nil, malformed("too large")
	}
	d := &SignedData{Raw: der}
	s := cryptobyte.String(der)
	var info, wrapped, data cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !s.ReadASN1(&info, cbasn1.SEQUENCE) || !s.Empty() ||
		!info.ReadASN1ObjectIdentifier(&oid) || !oid.Equal(oidSignedData) ||
		!info.ReadASN1(&wrapped, explicit(0)) || !info.Empty() ||
		!wrapped.ReadASN1(&data, cbasn1.SEQUENCE) || !wrapped.Empty() {
		return nil, malformed("no SignedData")
	}
	whole := data
	if err := d.readHead(&data); err != nil {
		return nil, err
	}
	d.head = whole[:len(whole)-len(data)]
	var signers, signer cryptobyte.String
	if !data.ReadASN1(&signers, cbasn1.SET) || !data.Empty() {
		return nil, malformed("signer infos")
	}
	if !signers.ReadASN1(&signer, cbasn1.SEQUENCE) || !signers.Empty() {
		return nil, malformed("not exactly one signer")
	}
	if err := d.Signer.read(signer); err != nil {
		return nil, err
	}
	return d, nil
}

// readHead reads version, digestAlgorithms, encapContentInfo, certificates and crls.
func (d *SignedData) readHead(data *cryptobyte.String) error {
	var version int
	var algorithms, encap cryptobyte.String
	if !data.ReadASN1Integer(&version) || version < 1 || version > 5 ||
		!data.ReadASN1(&algorithms, cbasn1.SET) || !data.ReadASN1(&encap, cbasn1.SEQUENCE) {
		return malformed("SignedData")
	}
	for !algorithms.Empty() {
		if _, ok := readAlgorithm(&algorithms); !ok {
			return malformed("digest algorithms")
		}
	}
	if err := d.readContent(encap); err != nil {
		return err
	}
	var certificates, crls cryptobyte.String
	var present bool
	if !data.ReadOptionalASN1(&certificates, &present, explicit(0)) || !data.ReadOptionalASN1(&crls, &present, explicit(1)) {
		return malformed("certificates")
	}
	for !certificates.Empty() {
		var one cryptobyte.String
		if !certificates.ReadASN1Element(&one, cbasn1.SEQUENCE) || len(d.Certificates) == maxCertificates {
			return malformed("certificates")
		}
		d.Certificates = append(d.Certificates, one)
	}
	return nil
}

// readContent reads EncapsulatedContentInfo ::= SEQUENCE { type, [0] EXPLICIT OCTET STRING OPTIONAL }.
func (d *SignedData) readContent(encap cryptobyte.String) error {
	if !encap.ReadASN1ObjectIdentifier(&d.ContentType) {
		return malformed("content type")
	}
	if encap.Empty() {
		return nil
	}
	var wrapped, content cryptobyte.String
	if !encap.ReadASN1(&wrapped, explicit(0)) || !encap.Empty() ||
		!wrapped.ReadASN1(&content, cbasn1.OCTET_STRING) || !wrapped.Empty() {
		return malformed("content")
	}
	d.Content = append([]byte{}, content...)
	return nil
}

func (s *SignerInfo) read(in cryptobyte.String) error {
	whole := in
	var version int
	if !in.ReadASN1Integer(&version) || version != 1 && version != 3 || !s.readID(&in) {
		return malformed("signer identifier")
	}
	digest, ok := readAlgorithm(&in)
	if !ok {
		return malformed("digest algorithm")
	}
	s.Hash, s.hashErr = digest.hash()
	var attributes cryptobyte.String
	if !in.ReadASN1Element(&attributes, explicit(0)) {
		return malformed("no signed attributes")
	}
	s.Attributes = retag(attributes, byte(cbasn1.SET))
	var err error
	if !attributes.ReadASN1(&attributes, explicit(0)) {
		return malformed("signed attributes")
	}
	if s.attributes, err = readAttributes(attributes); err != nil {
		return err
	}
	var value cryptobyte.String
	if s.algorithm, ok = readAlgorithm(&in); !ok || !in.ReadASN1(&value, cbasn1.OCTET_STRING) {
		return malformed("signature")
	}
	s.Value = value
	s.signed, s.rest = whole[:len(whole)-len(in)], in
	return s.readUnsigned(in)
}

// readUnsigned reads the rest of a SignerInfo: [1] IMPLICIT SET OF Attribute, or nothing.
func (s *SignerInfo) readUnsigned(in cryptobyte.String) error {
	if in.Empty() {
		return nil
	}
	var set cryptobyte.String
	if !in.ReadASN1(&set, explicit(1)) || !in.Empty() || set.Empty() {
		return malformed("unsigned attributes")
	}
	var err error
	s.Unsigned, err = readAttributes(set)
	return err
}

// readID reads IssuerAndSerialNumber or [0] SubjectKeyIdentifier.
func (s *SignerInfo) readID(in *cryptobyte.String) bool {
	var id cryptobyte.String
	if in.PeekASN1Tag(cbasn1.Tag(0).ContextSpecific()) {
		ok := in.ReadASN1(&id, cbasn1.Tag(0).ContextSpecific())
		s.KeyID = id
		return ok && len(id) > 0
	}
	var issuer cryptobyte.String
	s.Serial = new(big.Int)
	if !in.ReadASN1(&id, cbasn1.SEQUENCE) || !id.ReadASN1Element(&issuer, cbasn1.SEQUENCE) ||
		!id.ReadASN1Integer(s.Serial) || !id.Empty() {
		return false
	}
	s.Issuer = issuer
	return true
}

// names reports whether the SignerInfo points to this certificate.
func (s *SignerInfo) names(cert *x509.Certificate) bool {
	if s.KeyID != nil {
		return bytes.Equal(s.KeyID, cert.SubjectKeyId)
	}
	return bytes.Equal(s.Issuer, cert.RawIssuer) && s.Serial.Cmp(cert.SerialNumber) == 0
}
