// Package certs decides what a certificate is for, whom it names and whether a
// certification path leads from it to a trust anchor.
//
// The package answers three questions and no more: which [Purpose] a certificate
// serves, which [Holder] it names, and which [Path] (RFC 5280, Section 6) leads to
// one of the [TrustAnchors]. Whether the certificate was withdrawn since is the
// business of package revocation, which imports this one: path first, then status.
package certs

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// Conditions a caller branches on. Failures that carry a date are [ExpiredError]
// and [NotYetValidError].
var (
	// ErrMalformed is returned for bytes that are not one DER certificate, or that
	// are larger than MaxCertificate.
	ErrMalformed = errors.New("certificate is malformed")
	// ErrNotTrusted means no path leads to a trust anchor.
	ErrNotTrusted = errors.New("no certification path to a trust anchor")
	// ErrMissingPurpose means the certificate has no key usage extension.
	ErrMissingPurpose = errors.New("certificate has no key usage")
	// ErrWrongPurpose means the key usage or extended key usage forbids the purpose.
	ErrWrongPurpose = errors.New("certificate serves another purpose")
	// ErrDisallowedPolicy means a certificate policy is on the refused list.
	ErrDisallowedPolicy = errors.New("certificate policy is not allowed")
	// ErrWeakKey means the key or the certificate's signature algorithm is below policy.
	ErrWeakKey = errors.New("certificate key or signature algorithm is too weak")
	// ErrNoHolder means the subject lacks what names a natural person.
	ErrNoHolder = errors.New("certificate subject names no holder")
)

// ExpiredError reports a certificate whose validity ended before the time asked for.
type ExpiredError struct{ NotAfter time.Time }

func (e ExpiredError) Error() string {
	return fmt.Sprintf("certificate expired on %s", e.NotAfter.UTC().Format(time.DateOnly))
}

// NotYetValidError reports a certificate whose validity begins after the time asked for.
type NotYetValidError struct{ NotBefore time.Time }

func (e NotYetValidError) Error() string {
	return fmt.Sprintf("certificate is not valid before %s", e.NotBefore.UTC().Format(time.DateOnly))
}

// MaxCertificate is the largest DER certificate accepted from outside, in bytes.
const MaxCertificate = 16 << 10

// Purpose is what a certificate may be used for. One purpose never stands in for another.
type Purpose int

const (
	// Authentication proves presence: key usage digitalSignature, and clientAuth if
	// an extended key usage is there at all (older Belgian cards have none).
	Authentication Purpose = iota + 1
	// Signature is a person's consent: key usage nonRepudiation. Go spells that bit
	// x509.KeyUsageContentCommitment. No extended key usage is required.
	Signature
	// Seal is the mutuality's own signature over a document.
	Seal
	// Timestamping: extended key usage timeStamping, critical and alone (RFC 3161, 2.3).
	Timestamping
	// OCSPResponding: extended key usage OCSPSigning (RFC 6960, 4.2.2.2).
	OCSPResponding
	// Registry signs the identity and address files of a Belgian card (subject "RRN").
	Registry
)

// Path is a certification path: the end certificate first, then each issuer, the
// trust anchor last (RFC 5280, Section 6). It has at least two elements unless the
// end certificate is itself an anchor.
type Path []*x509.Certificate
