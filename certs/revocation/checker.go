package revocation

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"guichet.example/certs"
)

// Check returns the status of p[0] and sees to it that no CA of p is revoked. p must come
// from [certs.TrustAnchors.Path]. The answer is at most MaxAge old. Any status but good is
// an error: [RevokedError] (with the Answer), [ErrUnknown], [ErrUnavailable] or
// [ErrInvalid]. With a cached answer it costs no
// public-key operation.
func (c *Checker) Check(ctx context.Context, p certs.Path) (Answer, error) {
	return c.check(ctx, p, false)
}

// Fresh is Check with an answer on p[0] that was given to this very call, for the moment
// something is signed. What is known of the CAs may still come from lists kept until their
// nextUpdate.
func (c *Checker) Fresh(ctx context.Context, p certs.Path) (Answer, error) {
	return c.check(ctx, p, true)
}

func (c *Checker) check(ctx context.Context, p certs.Path, fresh bool) (Answer, error) {
	if len(p) < 2 {
		return Answer{}, fmt.Errorf("%w: no issuer is known who could be asked", ErrUnknown)
	}
	ctx, cancel := context.WithTimeout(ctx, c.patience())
	defer cancel()
	answer, err := c.end(ctx, p[0], p[1], fresh)
	if err != nil {
		return answer, err
	}
	for i := 1; i+1 < len(p); i++ {
		if a, err := c.authority(ctx, p[i], p[i+1]); err != nil {
			return a, fmt.Errorf("issuer %q: %w", p[i].Subject.CommonName, err)
		}
	}
	return answer, nil
}

// patience is the time for a Check as a whole: that of one request, and of a second one
// where a list may stand in.
func (c *Checker) patience() time.Duration {
	if c.config.CRLMaxAge > 0 {
		return 2 * c.config.Timeout
	}
	return c.config.Timeout
}

// Evidence returns what proves, later and offline, that p was good: an answer for each
// certificate of p whose issuer is in p, end certificate first and asked anew, each
// followed by the answer on its responder where that is not exempt (id-pkix-ocsp-nocheck).
// One that is not good is an error, as with Check.
//
// Of a timestamping authority that names no OCSP service, a list that was kept serves as
// of a CA: a list is made on schedule, and the authority stamps all day.
func (c *Checker) Evidence(ctx context.Context, p certs.Path) ([]Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*c.config.Timeout)
	defer cancel()
	var all []Answer
	for i := 0; i+1 < len(p); i++ {
		ask := c.authority
		if i == 0 && !stampsByList(p[0]) {
			ask = func(ctx context.Context, cert, issuer *x509.Certificate) (Answer, error) {
				return c.end(ctx, cert, issuer, true)
			}
		}
		answer, err := ask(ctx, p[i], p[i+1])
		if err != nil {
			return nil, fmt.Errorf("evidence for certificate %d of the path: %w", i, err)
		}
		all = append(all, answer)
		for _, responder := range answer.Certificates {
			if noCheck(responder) {
				continue
			}
			a, err := c.byList(ctx, responder, p[i+1], refreshAfter)
			if err != nil {
				return nil, fmt.Errorf("evidence for a responder: %w", err)
			}
			all = append(all, a)
		}
	}
	return all, nil
}

// stampsByList reports a timestamping authority whose status is in a list and nowhere else.
func stampsByList(cert *x509.Certificate) bool {
	return len(cert.OCSPServer) == 0 && len(cert.CRLDistributionPoints) > 0 && certs.Timestamping.Check(cert) == nil
}

// end is the status of an end certificate: OCSP, else CRL.
func (c *Checker) end(ctx context.Context, cert, issuer *x509.Certificate, fresh bool) (Answer, error) {
	if len(cert.OCSPServer) == 0 {
		if len(cert.CRLDistributionPoints) == 0 {
			return Answer{}, fmt.Errorf("%w: the certificate names no service", ErrUnknown)
		}
		within := max(c.config.MaxAge, 0)
		if fresh {
			within = 0
		}
		return c.byList(ctx, cert, issuer, within)
	}
	key := sha256.Sum256(cert.Raw)
	if answer, ok := c.kept(key); ok && !fresh {
		return answer, nil
	}
	answer, err := c.ocsp(ctx, cert, issuer)
	if err == nil {
		c.keep(key, answer)
		return answer, nil
	}
	if c.config.CRLMaxAge > 0 && errors.Is(err, ErrUnavailable) && len(cert.CRLDistributionPoints) > 0 {
		return c.standIn(ctx, cert, issuer, err)
	}
	return answer, err
}

// standIn asks the CRL because OCSP gave no answer. A revoked certificate is revoked
// whatever the list's age; a good one must be good by a recent list.
func (c *Checker) standIn(ctx context.Context, cert, issuer *x509.Certificate, ocsp error) (Answer, error) {
	answer, err := c.byList(ctx, cert, issuer, max(c.config.MaxAge, 0))
	if answer.Status == Revoked {
		return answer, err
	}
	if err != nil {
		return Answer{}, fmt.Errorf("%w; the list: %v", ocsp, err)
	}
	if age := c.config.Now().Sub(answer.ThisUpdate); age > c.config.CRLMaxAge {
		return Answer{}, fmt.Errorf("%w; the list is %v old", ocsp, age.Round(time.Second))
	}
	c.config.Log.Warn("revocation list stood in for an OCSP service", "cause", ocsp)
	return answer, nil
}

// authority is the status of a CA: CRL, else OCSP, either kept until its nextUpdate.
func (c *Checker) authority(ctx context.Context, cert, issuer *x509.Certificate) (Answer, error) {
	if len(cert.CRLDistributionPoints) > 0 {
		return c.byList(ctx, cert, issuer, refreshAfter)
	}
	if len(cert.OCSPServer) == 0 {
		return Answer{}, fmt.Errorf("%w: the certificate names no service", ErrUnknown)
	}
	key, now := sha256.Sum256(cert.Raw), c.config.Now()
	if answer, _, ok := c.answers.get(key, now); ok {
		return answer, nil
	}
	answer, err := c.ocsp(ctx, cert, issuer)
	if err == nil && !answer.NextUpdate.IsZero() {
		slim := answer
		slim.read = nil
		c.answers.put(key, slim, now, earlier(answer.NextUpdate, now.Add(maxKept)))
	}
	return answer, err
}

// kept returns a cached answer that is good and recent enough.
func (c *Checker) kept(key [32]byte) (Answer, bool) {
	if c.config.MaxAge < 0 {
		return Answer{}, false
	}
	answer, _, ok := c.answers.get(key, c.config.Now())
	return answer, ok
}

func (c *Checker) keep(key [32]byte, answer Answer) {
	if c.config.MaxAge < 0 {
		return
	}
	until := answer.ThisUpdate.Add(c.config.MaxAge)
	if !answer.NextUpdate.IsZero() {
		until = earlier(until, answer.NextUpdate)
	}
	answer.read = nil
	c.answers.put(key, answer, c.config.Now(), until)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// responder is checkResponder, remembered: a responder serves every card of its CA.
func (c *Checker) responder(responder, issuer *x509.Certificate) error {
	var key [64]byte
	one, two := sha256.Sum256(responder.Raw), sha256.Sum256(issuer.Raw)
	copy(key[:32], one[:])
	copy(key[32:], two[:])
	now := c.config.Now()
	if _, _, ok := c.responders.get(key, now); ok {
		return nil
	}
	if err := checkResponder(responder, issuer); err != nil {
		return err
	}
	c.responders.put(key, responder, now, responder.NotAfter)
	return nil
}
