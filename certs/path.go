package certs

import (
	"crypto/x509"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"
)

// maxCandidates bounds the untrusted intermediates that a path may be built through, of
// those that by their names could be on it.
const maxCandidates = 8

// Path builds a certification path from leaf, which must serve p, to an anchor, with every
// certificate valid at the time given. candidates are untrusted intermediates that came
// along with leaf, and whatever else a file holds; the first eight that by their names
// could be on the path are tried.
//
// The checks run in this order: validity of leaf ([ExpiredError], [NotYetValidError]),
// purpose ([ErrMissingPurpose], [ErrWrongPurpose]), policies ([ErrDisallowedPolicy]),
// strength ([ErrWeakKey]), then the path ([ErrNotTrusted], also for an expired CA: the
// person's certificate is not what is wrong). Only the last step costs public-key
// operations: exactly one where an anchor issued leaf.
func (a *TrustAnchors) Path(leaf *x509.Certificate, p Purpose, at time.Time, candidates ...*x509.Certificate) (Path, error) {
	if err := checkValidity(leaf, at); err != nil {
		return nil, err
	}
	if err := p.Check(leaf); err != nil {
		return nil, err
	}
	if err := checkPolicies(leaf); err != nil {
		return nil, err
	}
	if err := CheckStrength(leaf); err != nil {
		return nil, err
	}
	reason := errors.New("no known CA issued it")
	for below := range a.chains(leaf, at, candidates, &reason) {
		for _, path := range a.extend(below) {
			if reason = checkPath(path, p, at); reason == nil {
				return path, nil
			}
		}
	}
	return nil, fmt.Errorf("%w: %v", ErrNotTrusted, reason)
}

// chains yields verified paths from leaf to an anchor, without what is above the anchor:
// each costs its public-key operations when it is asked for. Where one cannot be, reason
// says why.
func (a *TrustAnchors) chains(leaf *x509.Certificate, at time.Time, candidates []*x509.Certificate, reason *error) iter.Seq[Path] {
	return func(yield func(Path) bool) {
		if slices.ContainsFunc(a.all, leaf.Equal) {
			yield(Path{leaf})
			return
		}
		for _, n := range a.byName[string(leaf.RawIssuer)] {
			if !sameKeyID(leaf.AuthorityKeyId, n.cert.SubjectKeyId) {
				continue
			}
			for _, path := range verify(leaf, n.alone, nil, at, reason) {
				if !yield(path) {
					return
				}
			}
		}
		for _, path := range a.through(leaf, at, candidates, reason) {
			if !yield(path) {
				return
			}
		}
	}
}

// through returns paths that use intermediates nobody here knows.
func (a *TrustAnchors) through(leaf *x509.Certificate, at time.Time, candidates []*x509.Certificate, reason *error) []Path {
	candidates = above(leaf, candidates)
	if len(candidates) == 0 {
		return nil
	}
	between := x509.NewCertPool()
	for _, c := range candidates {
		between.AddCert(c)
	}
	return verify(leaf, a.pool, between, at, reason)
}

// above picks the candidates that name themselves as issuers of leaf, then of those, at
// most maxCandidates: a file that was kept for long holds many certificates, of which few
// matter here. A weak one is left out, before anything is verified with it.
func above(leaf *x509.Certificate, candidates []*x509.Certificate) []*x509.Certificate {
	var found []*x509.Certificate
	for next := -1; next < len(found); next++ {
		below := leaf
		if next >= 0 {
			below = found[next]
		}
		for _, c := range candidates {
			if !sameName(c.RawSubject, below.RawIssuer) || !sameKeyID(below.AuthorityKeyId, c.SubjectKeyId) ||
				CheckStrength(c) != nil || slices.ContainsFunc(found, c.Equal) {
				continue
			}
			if found = append(found, c); len(found) == maxCandidates {
				return found
			}
		}
	}
	return found
}

// verify leaves extended key usages to checkPath: the CAs below Belgium's Root CA6 say
// clientAuth and emailProtection, Go nests these, and a signature certificate or an OCSP
// responder below such a CA would fail.
func verify(leaf *x509.Certificate, roots, between *x509.CertPool, at time.Time, reason *error) []Path {
	found, err := leaf.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		*reason = explain(err)
		return nil
	}
	paths := make([]Path, 0, len(found))
	for _, chain := range found {
		paths = append(paths, Path(chain))
	}
	return paths
}

// explain shortens what crypto/x509 says, which quotes whole subjects and with them the
// national number.
func explain(err error) error {
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var unhandled x509.UnhandledCriticalExtension
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return errors.New("a CA is outside its validity")
	case errors.As(err, &invalid):
		return fmt.Errorf("a CA or its constraints forbid it (reason %d of crypto/x509)", invalid.Reason)
	case errors.As(err, &unknown):
		return errors.New("no known CA issued it, or its signature is false")
	case errors.As(err, &unhandled):
		return errors.New("a critical extension is not evaluated here")
	}
	return errors.New("crypto/x509 refuses it")
}

// extend continues below, which ends in an anchor, with each way up that was verified
// when the set was made.
func (a *TrustAnchors) extend(below Path) []Path {
	top := below[len(below)-1]
	for _, n := range a.byName[string(top.RawSubject)] {
		if !n.cert.Equal(top) || len(n.above) == 0 {
			continue
		}
		paths := make([]Path, 0, len(n.above))
		for _, way := range n.above {
			paths = append(paths, slices.Concat(below, way))
		}
		return paths
	}
	return []Path{below}
}

// checkPath checks what holds for the path as a whole.
func checkPath(path Path, p Purpose, at time.Time) error {
	for i, ca := range path[1:] {
		if err := checkValidity(ca, at); err != nil {
			return fmt.Errorf("issuer %q: %w", ca.Subject.CommonName, err)
		}
		// RFC 5280, 4.2.1.9: how many CAs may stand between this one and the leaf.
		if limited := ca.MaxPathLen > 0 || ca.MaxPathLen == 0 && ca.MaxPathLenZero; limited && i > ca.MaxPathLen {
			return fmt.Errorf("issuer %q allows %d CAs below it", ca.Subject.CommonName, ca.MaxPathLen)
		}
		if !permits(ca, p) {
			return fmt.Errorf("issuer %q does not issue for %v", ca.Subject.CommonName, p)
		}
	}
	return nil
}

// permits reads a CA's extended key usage as a limit on what it issues, which is custom
// and not RFC 5280. It is applied where CAs keep to it: Belgian CAs name clientAuth, and
// nothing for the signatures, responders and registry keys that they certify all the same.
func permits(ca *x509.Certificate, p Purpose) bool {
	var need x509.ExtKeyUsage
	switch p {
	case Authentication:
		need = x509.ExtKeyUsageClientAuth
	case Timestamping:
		need = x509.ExtKeyUsageTimeStamping
	default:
		return true
	}
	return !hasExtKeyUsage(ca) || slices.Contains(ca.ExtKeyUsage, need) || slices.Contains(ca.ExtKeyUsage, x509.ExtKeyUsageAny)
}

func checkValidity(cert *x509.Certificate, at time.Time) error {
	switch {
	case at.Before(cert.NotBefore):
		return NotYetValidError{cert.NotBefore}
	case at.After(cert.NotAfter):
		return ExpiredError{cert.NotAfter}
	}
	return nil
}
