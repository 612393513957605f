// Package revocation says whether a certificate was withdrawn.
package revocation

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"guichet.example/certs"
)

// Status is what a source says of a certificate. The zero value is Unknown: unknown is not good.
type Status int

// The three answers of RFC 6960, 2.2.
const (
	Unknown Status = iota
	Good
	Revoked
)

// Source is where an answer came from.
type Source int

// The sources.
const (
	OCSP Source = iota + 1
	CRL
)

// Answer is a verified statement on one certificate.
type Answer struct {
	Status       Status
	Source       Source
	ThisUpdate   time.Time
	NextUpdate   time.Time // zero if absent
	ProducedAt   time.Time // OCSP only
	RevokedAt    time.Time
	Reason       int                 // RFC 5280, 5.3.1
	Raw          []byte              // DER OCSPResponse or CertificateList, as it goes into a DSS
	Certificates []*x509.Certificate // the responder's, if it is not the issuer itself
}

// RevokedError is returned with the Answer of a withdrawn certificate.
type RevokedError struct {
	At     time.Time
	Reason int // RFC 5280, 5.3.1
}

func (e RevokedError) Error() string {
	return fmt.Sprintf("certificate was revoked on %s (reason %d)", e.At.UTC().Format(time.DateOnly), e.Reason)
}

var (
	// ErrUnknown means the service answered that it does not know the certificate, or no source is named that could say good.
	ErrUnknown = errors.New("revocation status is unknown")
	// ErrUnavailable means nothing answered in time.
	ErrUnavailable = errors.New("revocation status cannot be had now")
	// ErrInvalid means that an answer came and does not hold.
	ErrInvalid = errors.New("revocation answer does not hold")
)

// Config of a Checker.
type Config struct {
	Client  *http.Client
	Now     func() time.Time
	Rand    io.Reader
	Hosts   []string      // host[:port] that may be fetched; empty: none
	MaxAge  time.Duration // of an OCSP answer by its thisUpdate; zero: 2 minutes; negative: never cached
	Skew    time.Duration // zero: 15 minutes
	Timeout time.Duration // zero: 5 s
	// CRLMaxAge lets a CRL of at most this age stand in for the OCSP service of an end
	// certificate that cannot be reached. Zero: never.
	CRLMaxAge time.Duration
	Log       *slog.Logger
}

// Checker asks OCSP and CRL services.
type Checker struct{}

// New makes a Checker.
func New(Config) (*Checker, error) { return nil, errors.New("being written") }

// Check returns the status of p[0].
func (c *Checker) Check(ctx context.Context, p certs.Path) (Answer, error) {
	return Answer{}, ErrUnavailable
}

// Fresh is Check without the cache.
func (c *Checker) Fresh(ctx context.Context, p certs.Path) (Answer, error) {
	return Answer{}, ErrUnavailable
}

// Evidence collects one Good answer for every certificate of p that is not self-signed.
func (c *Checker) Evidence(ctx context.Context, p certs.Path) ([]Answer, error) {
	return nil, ErrUnavailable
}

// VerifyOCSP verifies a DER OCSPResponse.
func VerifyOCSP(raw []byte, cert, issuer *x509.Certificate, nonce []byte, at time.Time, skew time.Duration) (Answer, error) {
	return Answer{}, ErrInvalid
}

// VerifyCRL verifies a DER CertificateList.
func VerifyCRL(raw []byte, cert, issuer *x509.Certificate, at time.Time, skew time.Duration) (Answer, error) {
	return Answer{}, ErrInvalid
}
