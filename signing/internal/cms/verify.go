package cms

import (
	"bytes"
	"crypto"
	"crypto/sha1" //nolint:gosec // identifier of a timestamp certificate (RFC 2634), not a signature
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Profile says what is asked of a signature beyond being a signature.
type Profile int

const (
	// Baseline is PAdES: detached id-data, no signing-time, signing-certificate-v2, no
	// unsigned attribute but the timestamp (EN 319 142-1, 6.3).
	Baseline Profile = iota + 1
	// Token is a timestamp token: content inside, signing-certificate of either version
	// (RFC 3161, 2.4.2; RFC 5816).
	Token
	// Legacy is adbe.pkcs7.detached: checked for integrity only.
	Legacy
)

// Signers returns the signer's certificate and the other certificates carried along.
// The former is named by the SignerInfo; whether it is the one signed with is for
// Verify to say. A certificate that k knows is not parsed again; k may be nil.
//
// Errors: ErrNoCertificate, ErrMalformed.
func (d *SignedData) Signers(k *Known) (signer *x509.Certificate, others []*x509.Certificate, err error) {
	for _, der := range d.Certificates {
		cert, err := k.parse(der)
		if err != nil {
			continue // a foreign certificate that nobody needs does no harm
		}
		if signer == nil && d.Signer.names(cert) {
			signer = cert
			continue
		}
		others = append(others, cert)
	}
	if signer == nil {
		return nil, others, ErrNoCertificate
	}
	return signer, others, nil
}

// Digest returns the hash that the content must be given with, an error if it is
// unknown or weak.
func (d *SignedData) Digest() (crypto.Hash, error) { return d.Signer.Hash, d.Signer.hashErr }

// Verify checks the signature over content whose digest is given, by the certificate
// that Signers returned, in this order: attributes, message digest, signature value,
// certificate identifier, profile. A value that k knows to verify costs no public-key
// operation; k may be nil.
//
// Errors: ErrMalformed, ErrDigest, ErrSignature, ErrAlgorithm, ErrCertificateID, ErrProfile.
func (d *SignedData) Verify(cert *x509.Certificate, digest []byte, p Profile, k *Known) error {
	s := &d.Signer
	if s.hashErr != nil {
		return s.hashErr
	}
	if err := s.checkDigest(digest, d.ContentType); err != nil {
		return err
	}
	if err := k.verify(cert, s.algorithm, s.Hash, s.Attributes, s.Value); err != nil {
		return err
	}
	if p == Legacy {
		return nil
	}
	if err := s.checkCertificateID(cert, p); err != nil {
		return err
	}
	if p == Token {
		return nil
	}
	switch {
	case d.Content != nil || !d.ContentType.Equal(OIDData):
		return fmt.Errorf("%w: content inside the signature", ErrProfile)
	case find(s.attributes, oidSigningTime) != nil:
		return fmt.Errorf("%w: signing-time attribute", ErrProfile)
	}
	for _, a := range s.Unsigned {
		if !a.OID.Equal(OIDTimestampToken) {
			return fmt.Errorf("%w: unsigned attribute %v", ErrProfile, a.OID)
		}
	}
	return nil
}

// checkDigest compares content-type and message-digest (RFC 5652, 5.6 and 11).
func (s *SignerInfo) checkDigest(digest []byte, contentType asn1.ObjectIdentifier) error {
	var oid asn1.ObjectIdentifier
	value := cryptobyte.String(find(s.attributes, oidContentType))
	if !value.ReadASN1ObjectIdentifier(&oid) || !value.Empty() || !oid.Equal(contentType) {
		return malformed("content-type attribute")
	}
	var signed cryptobyte.String
	value = find(s.attributes, oidMessageDigest)
	if !value.ReadASN1(&signed, cbasn1.OCTET_STRING) || !value.Empty() || len(signed) != s.Hash.Size() {
		return malformed("message-digest attribute")
	}
	if !bytes.Equal(signed, digest) {
		return ErrDigest
	}
	return nil
}

// checkCertificateID compares signing-certificate-v2 with the certificate. Without it
// another certificate for the same key, name and number could be put in its place.
func (s *SignerInfo) checkCertificateID(cert *x509.Certificate, p Profile) error {
	if v2 := find(s.attributes, oidSigningCertificateV2); v2 != nil {
		return checkESS(v2, cert, true)
	}
	if v1 := find(s.attributes, oidSigningCertificate); v1 != nil && p == Token {
		return checkESS(v1, cert, false)
	}
	return fmt.Errorf("%w: no signing-certificate-v2 attribute", ErrProfile)
}

// checkESS reads SigningCertificate(V2) and compares its first identifier.
//
//	ESSCertIDv2 ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier DEFAULT sha256,
//	  certHash OCTET STRING, issuerSerial OPTIONAL }
func checkESS(der []byte, cert *x509.Certificate, v2 bool) error {
	value := cryptobyte.String(der)
	var seq, list, id, hash cryptobyte.String
	if !value.ReadASN1(&seq, cbasn1.SEQUENCE) || !value.Empty() || !seq.ReadASN1(&list, cbasn1.SEQUENCE) || !list.ReadASN1(&id, cbasn1.SEQUENCE) {
		return malformed("signing-certificate attribute")
	}
	h := crypto.SHA256
	if v2 && id.PeekASN1Tag(cbasn1.SEQUENCE) {
		a, ok := readAlgorithm(&id)
		if !ok {
			return malformed("signing-certificate attribute")
		}
		var err error
		if h, err = a.hash(); err != nil {
			return err
		}
	}
	if !id.ReadASN1(&hash, cbasn1.OCTET_STRING) {
		return malformed("signing-certificate attribute")
	}
	var sum []byte
	if v2 {
		d := h.New()
		d.Write(cert.Raw)
		sum = d.Sum(nil)
	} else {
		v1 := sha1.Sum(cert.Raw)
		sum = v1[:]
	}
	if !bytes.Equal(hash, sum) {
		return ErrCertificateID
	}
	return checkIssuerSerial(id, cert)
}

// checkIssuerSerial compares IssuerSerial ::= SEQUENCE { GeneralNames, serialNumber }
// where it is given.
func checkIssuerSerial(id cryptobyte.String, cert *x509.Certificate) error {
	if id.Empty() {
		return nil
	}
	var seq, names, name, issuer cryptobyte.String
	serial := new(big.Int)
	if !id.ReadASN1(&seq, cbasn1.SEQUENCE) || !id.Empty() || !seq.ReadASN1(&names, cbasn1.SEQUENCE) || !seq.ReadASN1Integer(serial) {
		return malformed("issuer and serial number in signing-certificate")
	}
	if !names.ReadASN1(&name, explicit(4)) || !name.ReadASN1Element(&issuer, cbasn1.SEQUENCE) {
		return malformed("issuer in signing-certificate")
	}
	if !bytes.Equal(issuer, cert.RawIssuer) || serial.Cmp(cert.SerialNumber) != 0 {
		return ErrCertificateID
	}
	return nil
}
