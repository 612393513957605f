package webeid

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
)

// Revocation tells whether the end certificate of a path was withdrawn. An error
// unless the answer is good. *revocation.Checker is one.
type Revocation interface {
	Check(context.Context, certs.Path) (revocation.Answer, error)
}

// Config of a Verifier. Origin, Anchors and Revocation are required.
type Config struct {
	Origin string // of our pages, as browsers write it: "https://counter.example.be"
	// Anchors are best the Citizen CAs themselves, so that one can be taken out. They
	// also know which certificate policies are refused.
	Anchors    *certs.TrustAnchors
	Revocation Revocation // there is no way to switch it off

	Now func() time.Time // nil: time.Now
	// AllowLoopbackHTTP lets Origin be http on a loopback name. For the demonstration.
	AllowLoopbackHTTP bool
}

// Verifier verifies tokens made for one origin. Safe for concurrent use.
type Verifier struct{ config Config }

// New checks the configuration: ErrOrigin, or what is missing.
func New(c Config) (*Verifier, error) {
	if err := CheckOrigin(c.Origin, c.AllowLoopbackHTTP); err != nil {
		return nil, err
	}
	if c.Anchors == nil || len(c.Anchors.All()) == 0 {
		return nil, errors.New("web eID: no trust anchors")
	}
	if c.Revocation == nil {
		return nil, errors.New("web eID: no source of revocation status")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Verifier{config: c}, nil
}

// Verified is what a token proves: the holder of this certificate's key answered the
// challenge on our page.
type Verified struct {
	Certificate *x509.Certificate // of purpose authentication
	Path        certs.Path
	Holder      certs.Holder
	Status      revocation.Answer
	// SigningPaths lead from the signature certificates of a 1.1 token, all of the
	// same person, to anchors. Their revocation was not asked for.
	SigningPaths []certs.Path
}

// Verify checks t against the challenge that was taken from the store for it, in the
// order of the reference library, cheap things first: challenge, purpose, holder,
// algorithm and key, policy, validity and path, revocation, signature. The signature is last: it alone
// covers origin and nonce. The first failure is returned, one of the errors of this
// package around its cause.
func (v *Verifier) Verify(ctx context.Context, t *Token, c Challenge) (*Verified, error) {
	if t == nil || t.unverifiedCertificate == nil {
		return nil, fmt.Errorf("%w: no token", ErrTokenParse)
	}
	now := v.config.Now()
	if err := c.check(now); err != nil {
		return nil, err
	}
	unverified := t.unverifiedCertificate
	holder, err := checkCertificate(unverified)
	if err != nil {
		return nil, err
	}
	how, err := algorithmFor(t.Algorithm, unverified.PublicKey)
	if err != nil {
		return nil, err
	}
	path, err := v.config.Anchors.Path(unverified, certs.Authentication, now, t.intermediateCertificates...)
	if err != nil {
		return nil, pathError(err)
	}
	signing, err := v.signingPaths(t, holder, now)
	if err != nil {
		return nil, err
	}
	status, err := v.config.Revocation.Check(ctx, path)
	if err == nil && status.Status != revocation.Good {
		err = revocation.ErrUnknown
	}
	if err != nil {
		return nil, statusError(err)
	}
	if !how.verify(unverified.PublicKey, v.config.Origin, c.Nonce, t.signature) {
		return nil, ErrSignature
	}
	return &Verified{Certificate: unverified, Path: path, Holder: holder, Status: status, SigningPaths: signing}, nil
}

// checkCertificate looks at what the certificate says of itself.
func checkCertificate(unverified *x509.Certificate) (certs.Holder, error) {
	if err := certs.Authentication.Check(unverified); err != nil {
		return certs.Holder{}, pathError(err)
	}
	holder, err := certs.HolderOf(unverified)
	if err != nil {
		return certs.Holder{}, fmt.Errorf("%w: %w", ErrCertificateParse, err)
	}
	return holder, nil
}

// pathError names a failure of package certs in the words of this one.
func pathError(err error) error {
	var expired certs.ExpiredError
	var early certs.NotYetValidError
	name := ErrCertificateNotTrusted
	switch {
	case errors.As(err, &expired):
		name = ErrCertificateExpired
	case errors.As(err, &early):
		name = ErrCertificateNotYetValid
	case errors.Is(err, certs.ErrMissingPurpose):
		name = ErrMissingPurpose
	case errors.Is(err, certs.ErrWrongPurpose):
		name = ErrWrongPurpose
	case errors.Is(err, certs.ErrDisallowedPolicy):
		name = ErrDisallowedPolicy
	case errors.Is(err, certs.ErrWeakKey):
		name = ErrWeakKey
	}
	return fmt.Errorf("%w: %w", name, err)
}

// statusError tells revoked from everything else. Unknown is not good, and neither
// is no answer.
func statusError(err error) error {
	var revoked revocation.RevokedError
	if errors.As(err, &revoked) {
		return fmt.Errorf("%w: %w", ErrRevoked, err)
	}
	return fmt.Errorf("%w: %w", ErrOCSPCheckFailed, err)
}
