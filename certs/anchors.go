package certs

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // self-signed roots of 2013, whose signature nothing rests on
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
)

// TrustAnchors is a set of certificates that may issue: roots, and intermediates trusted in
// their own right. It does not change after it was made and is safe for concurrent use.
//
// Anchors should be the issuing CAs rather than only the roots, so that one of them can be
// taken out. Where an issuing CA's own issuer is in the set too, the link between both
// was verified once, when the set was made, and paths run on to the root at no cost.
type TrustAnchors struct {
	all    []*x509.Certificate
	byName map[string][]*anchor // by RawSubject
	pool   *x509.CertPool       // all of them
}

type anchor struct {
	cert  *x509.Certificate
	alone *x509.CertPool // holds cert only, so that verifying against it costs one operation
	above []Path         // ways from the issuer of cert up to a root, the longest-lived first
}

// maxAbove bounds how many CAs may stand above an anchor, and how many ways up it may have.
const maxAbove = 4

// NewTrustAnchors makes a set. It refuses an empty one, and one that holds a weak key, a
// critical extension nobody evaluates, a self-signed certificate whose signature is
// false, or an intermediate that its issuer in the set did not sign: a file was damaged or
// tampered with. A certificate given twice counts once. Expired anchors are welcome,
// since old documents are verified at the time they were signed.
func NewTrustAnchors(list ...*x509.Certificate) (*TrustAnchors, error) {
	a := &TrustAnchors{byName: map[string][]*anchor{}, pool: x509.NewCertPool()}
	for _, cert := range list {
		if cert == nil {
			return nil, errors.New("a trust anchor is nil")
		}
		if slices.ContainsFunc(a.all, cert.Equal) {
			continue
		}
		if err := checkAnchor(cert); err != nil {
			return nil, fmt.Errorf("trust anchor %q: %w", cert.Subject.CommonName, err)
		}
		alone := x509.NewCertPool()
		alone.AddCert(cert)
		a.pool.AddCert(cert)
		a.all = append(a.all, cert)
		a.byName[string(cert.RawSubject)] = append(a.byName[string(cert.RawSubject)], &anchor{cert: cert, alone: alone})
	}
	if len(a.all) == 0 {
		return nil, errors.New("there is no trust anchor")
	}
	if err := a.link(); err != nil {
		return nil, err
	}
	return a, nil
}

// All returns the certificates of the set, in the order given.
func (a *TrustAnchors) All() []*x509.Certificate { return slices.Clone(a.all) }

func checkAnchor(cert *x509.Certificate) error {
	if len(cert.UnhandledCriticalExtensions) > 0 {
		return fmt.Errorf("critical extension %v is not evaluated here", cert.UnhandledCriticalExtensions[0])
	}
	return checkKey(cert)
}

// link finds, for each anchor, the ways up within the set.
func (a *TrustAnchors) link() error {
	for _, list := range a.byName {
		for _, n := range list {
			issuers, err := a.issuers(n.cert)
			if err != nil {
				return fmt.Errorf("trust anchor %q: %w", n.cert.Subject.CommonName, err)
			}
			n.above, err = a.climb(issuers, maxAbove)
			if err != nil {
				return fmt.Errorf("above trust anchor %q: %w", n.cert.Subject.CommonName, err)
			}
		}
	}
	return nil
}

func (a *TrustAnchors) climb(issuers []*x509.Certificate, depth int) ([]Path, error) {
	if depth == 0 && len(issuers) > 0 {
		return nil, fmt.Errorf("more than %d CAs", maxAbove)
	}
	var ways []Path
	for _, issuer := range issuers {
		if constrainsNames(issuer) {
			return nil, fmt.Errorf("name constraints of %q are not evaluated that far down", issuer.Subject.CommonName)
		}
		next, err := a.issuers(issuer)
		if err != nil {
			return nil, err
		}
		higher, err := a.climb(next, depth-1)
		if err != nil {
			return nil, err
		}
		if len(higher) == 0 {
			ways = append(ways, Path{issuer})
		}
		for _, way := range higher {
			ways = append(ways, append(Path{issuer}, way...))
		}
	}
	slices.SortStableFunc(ways, func(x, y Path) int { return y[len(y)-1].NotAfter.Compare(x[len(x)-1].NotAfter) })
	return ways[:min(len(ways), maxAbove)], nil
}

// issuers returns the certificates of the set that signed cert; none for a self-signed one.
func (a *TrustAnchors) issuers(cert *x509.Certificate) ([]*x509.Certificate, error) {
	if sameName(cert.RawSubject, cert.RawIssuer) && sameKeyID(cert.AuthorityKeyId, cert.SubjectKeyId) {
		return nil, checkSelfSigned(cert)
	}
	var found []*x509.Certificate
	var mismatch error
	for _, n := range a.byName[string(cert.RawIssuer)] {
		if n.cert.Equal(cert) || !sameKeyID(cert.AuthorityKeyId, n.cert.SubjectKeyId) {
			continue
		}
		err := cert.CheckSignatureFrom(n.cert)
		var insecure x509.InsecureAlgorithmError
		switch {
		case err == nil:
			found = append(found, n.cert)
		case !errors.As(err, &insecure): // SHA-1: trusted in its own right, but no way up
			mismatch = fmt.Errorf("%q did not sign it: %v", n.cert.Subject.CommonName, err)
		}
	}
	if len(found) == 0 {
		return nil, mismatch
	}
	return found, nil
}

// checkSelfSigned finds a damaged file. Belgium's Root CA3 signed itself over SHA-1, which
// Go refuses to verify; as proof of wholeness it still serves.
func checkSelfSigned(cert *x509.Certificate) error {
	err := cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature)
	key, isRSA := cert.PublicKey.(*rsa.PublicKey)
	if isRSA && cert.SignatureAlgorithm == x509.SHA1WithRSA {
		sum := sha1.Sum(cert.RawTBSCertificate)
		err = rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], cert.Signature)
	}
	if err != nil {
		return fmt.Errorf("its own signature is false: %v", err)
	}
	return nil
}

func constrainsNames(cert *x509.Certificate) bool {
	return len(cert.PermittedDNSDomains)+len(cert.ExcludedDNSDomains)+
		len(cert.PermittedIPRanges)+len(cert.ExcludedIPRanges)+
		len(cert.PermittedEmailAddresses)+len(cert.ExcludedEmailAddresses)+
		len(cert.PermittedURIDomains)+len(cert.ExcludedURIDomains) > 0
}

func sameName(a, b []byte) bool { return bytes.Equal(a, b) }

// sameKeyID is true if one of both is missing: key identifiers help to choose, no more.
func sameKeyID(authority, subject []byte) bool {
	return len(authority) == 0 || len(subject) == 0 || bytes.Equal(authority, subject)
}
