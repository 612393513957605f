// Package revocation says whether a certificate was withdrawn since it was issued: by OCSP
// (RFC 6960), with certificate revocation lists (RFC 5280, Section 5) as the second source.
//
// Path first, then status: a [Checker] is given a [certs.Path] that was verified, asks
// after its end certificate each time anew or from an answer at most MaxAge old, and after
// its CAs from lists kept until their nextUpdate.
//
//	Check ─ end certificate ─ cache ─ OCSP ─┬─ good, revoked, unknown, does not hold: final
//	      │                                 └─ no answer: CRL, if CRLMaxAge allows one of its age
//	      └ each CA below the top ─ cache ─ CRL, else OCSP
//
// Only listed hosts are asked, redirects are not followed, sizes and times are bounded, and
// a host that keeps failing is left alone for a while. Unknown is not good, and neither is
// silence: everything but a good answer is an error.
//
// golang.org/x/crypto/ocsp is not used: it takes the first certificate of a response for
// the responder's and checks neither nonce, extended key usage, validity nor (without the
// certificate) CertID. [VerifyOCSP] and [VerifyCRL] are pure: a verifier of signed
// documents runs them on what it finds in a document, offline.
package revocation

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// Status is what a source says of a certificate. The zero value is Unknown: unknown is not good.
type Status int

// The three answers of RFC 6960, 2.2.
const (
	Unknown Status = iota
	Good
	Revoked
)

// String is the word of RFC 6960.
func (s Status) String() string {
	switch s {
	case Good:
		return "good"
	case Revoked:
		return "revoked"
	}
	return "unknown"
}

// Source is where an answer came from.
type Source int

// The two sources.
const (
	OCSP Source = iota + 1
	CRL
)

// String names the source.
func (s Source) String() string {
	switch s {
	case OCSP:
		return "OCSP"
	case CRL:
		return "CRL"
	}
	return fmt.Sprintf("Source(%d)", int(s))
}

// Answer is a verified statement on one certificate. Cached answers are shared: what it
// points to must not be changed.
type Answer struct {
	Status     Status
	Source     Source
	ThisUpdate time.Time // when the source knew this
	NextUpdate time.Time // when it will know more; zero if it does not say
	ProducedAt time.Time // when an OCSP answer was signed; zero for a CRL
	RevokedAt  time.Time
	Reason     int // RFC 5280, 5.3.1; 0 is unspecified

	Raw          []byte              // DER OCSPResponse or CertificateList, as a PDF's DSS takes it
	Certificates []*x509.Certificate // the delegated responder's; none if the issuer itself signed

	issuer, signer *x509.Certificate // with whose key Raw was verified, and for whom; see [Known]
	read           *unverifiedOCSP   // Raw; nil for a list, and in an answer that is kept
}

// CertificateHold is the Reason of a certificate that is suspended: as cards are until
// their holder fetches them, and when a loss is reported. It may become good again.
const CertificateHold = 6

// RevokedError comes with the Answer on a certificate that was withdrawn.
type RevokedError struct {
	At     time.Time
	Reason int // RFC 5280, 5.3.1
}

func (e RevokedError) Error() string {
	return fmt.Sprintf("certificate was revoked on %s (reason %d)", e.At.UTC().Format(time.DateOnly), e.Reason)
}

// Conditions a caller branches on, besides [RevokedError].
var (
	// ErrUnknown means that the service does not know the certificate, or that the
	// certificate names no service that could be asked.
	ErrUnknown = errors.New("revocation status is unknown")
	// ErrUnavailable means that nothing answered in time: try again later.
	ErrUnavailable = errors.New("revocation status cannot be had now")
	// ErrInvalid means that an answer came and does not hold. It is as good as none, and
	// perhaps somebody's attempt.
	ErrInvalid = errors.New("revocation answer does not hold")
)

// Sizes of answers that are read, in bytes.
const (
	MaxOCSP = 64 << 10
	MaxCRL  = 16 << 20
)

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// verdict is what the status of an answer that holds means for the caller.
func (a Answer) verdict() error {
	switch a.Status {
	case Good:
		return nil
	case Revoked:
		return RevokedError{a.RevokedAt, a.Reason}
	}
	return fmt.Errorf("%w: the service does not know the certificate", ErrUnknown)
}
