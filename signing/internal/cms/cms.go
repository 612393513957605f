// Package cms builds and reads the one form of CMS that PAdES uses (RFC 5652 as
// profiled by ETSI EN 319 122-1): SignedData in DER, one signer, signed attributes.
//
// Building is in two steps since the key is elsewhere: [NewAttributes] gives the bytes
// that are hashed and signed, [Signed.Encode] wraps them with the value. Reading is
// strict: DER only, one SignerInfo, attributes sorted and single, no bytes after the
// end. What a reader gets from [Parse] is unverified until [SignedData.Verify].
package cms

import (
	"encoding/asn1"
	"errors"
	"fmt"
)

// MaxSize is the largest SignedData read, in bytes. Foreign signatures may carry CRLs.
const MaxSize = 1 << 20

// maxCertificates bounds the certificates in one SignedData, maxAttributes the
// attributes in one set.
const (
	maxCertificates = 32
	maxAttributes   = 32
)

// Conditions a caller branches on.
var (
	// ErrMalformed means the bytes are not one SignedData of the form that PAdES allows.
	ErrMalformed = errors.New("malformed CMS")
	// ErrDigest means the content is not what was signed.
	ErrDigest = errors.New("content does not match the message digest")
	// ErrSignature means the value does not verify over the signed attributes.
	ErrSignature = errors.New("signature value does not verify")
	// ErrAlgorithm means an algorithm or key that is unknown or too weak.
	ErrAlgorithm = errors.New("algorithm is not accepted")
	// ErrNoCertificate means the signer's certificate is not among those carried along.
	ErrNoCertificate = errors.New("no certificate of the signer")
	// ErrCertificateID means that the certificate is not the one the signer named in
	// the signed attribute signing-certificate.
	ErrCertificateID = errors.New("certificate is not the one that was signed with")
	// ErrProfile means a signature outside the baseline profile.
	ErrProfile = errors.New("not a baseline signature")
)

// Object identifiers of content types and attributes.
var (
	OIDData       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	OIDTSTInfo    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}

	oidContentType          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidSigningCertificate   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
	oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	OIDTimestampToken       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
)

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrMalformed, what) }
