package revocation

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

const nonceLength = 32 // RFC 8954, 2.1: the longest

// ocsp asks the OCSP services that cert names, the next one if the first gives no answer.
func (c *Checker) ocsp(ctx context.Context, cert, issuer *x509.Certificate) (Answer, error) {
	var answer Answer
	err := fmt.Errorf("%w: the certificate names no service", ErrUnavailable)
	for _, address := range c.fetcher.addresses(cert.OCSPServer) {
		answer, err = c.ocspAt(ctx, address, cert, issuer)
		if !errors.Is(err, ErrUnavailable) {
			break
		}
	}
	return answer, err
}

func (c *Checker) ocspAt(ctx context.Context, address string, cert, issuer *x509.Certificate) (Answer, error) {
	host, _, err := c.fetcher.listed(address)
	if err != nil {
		return Answer{}, err
	}
	var nonce []byte
	if !c.withoutNonce[host] {
		nonce = make([]byte, nonceLength)
		if _, err := io.ReadFull(c.config.Rand, nonce); err != nil {
			return Answer{}, fmt.Errorf("making a nonce: %w", err)
		}
	}
	body, err := request(cert, issuer, nonce)
	if err != nil {
		return Answer{}, fmt.Errorf("encoding an OCSP request: %w", err)
	}
	var answer Answer
	err = c.fetcher.fetch(ctx, query{
		url: address, body: body, contentType: "application/ocsp-request", accept: "application/ocsp-response", max: MaxOCSP,
	}, func(raw []byte) error {
		now := c.config.Now()
		var err error
		if answer, err = verifyOCSP(raw, cert, issuer, nonce, now, c.config.Skew, c.responder, nil); err != nil {
			return err
		}
		return c.recent(answer, now)
	})
	if err == nil {
		err = c.checkWithdrawn(ctx, answer, issuer)
	}
	if err != nil {
		return Answer{}, err
	}
	return answer, answer.verdict()
}

// recent refuses a good answer that somebody may have kept: the Web eID rule, without any
// allowance for skew.
func (c *Checker) recent(a Answer, now time.Time) error {
	limit := c.config.MaxAge
	if limit < 0 {
		limit = 2 * time.Minute
	}
	if a.Status == Good && now.Sub(a.ThisUpdate) > limit {
		return invalid("it is %v old, at most %v are accepted", now.Sub(a.ThisUpdate).Round(time.Second), limit)
	}
	return nil
}

// checkWithdrawn sees to a responder that is not exempt from revocation itself: its CA's
// list must know nothing of it (RFC 6960, 4.2.2.2.1).
func (c *Checker) checkWithdrawn(ctx context.Context, a Answer, issuer *x509.Certificate) error {
	for _, responder := range a.Certificates {
		if noCheck(responder) {
			continue
		}
		if len(responder.CRLDistributionPoints) == 0 {
			return invalid("responder may be revoked and names no list to look that up")
		}
		_, err := c.byList(ctx, responder, issuer, refreshAfter)
		if revoked := (RevokedError{}); errors.As(err, &revoked) {
			return invalid("responder: %v", revoked) // it is not the person's card that is revoked
		}
		if err != nil {
			return fmt.Errorf("responder: %w", err)
		}
	}
	return nil
}

// byList is the answer of the CRL on cert. A kept list serves if it was fetched within the
// duration given; an older one is fetched again, and serves on, to its nextUpdate and at
// most for maxKept, while the service gives no new one.
func (c *Checker) byList(ctx context.Context, cert, issuer *x509.Certificate, within time.Duration) (Answer, error) {
	var answer Answer
	err := fmt.Errorf("%w: the certificate names no list", ErrUnknown)
	for _, address := range c.fetcher.addresses(cert.CRLDistributionPoints) {
		var l *crl
		if l, err = c.listAt(ctx, address, issuer, within); err != nil {
			continue
		}
		if answer, err = l.answer(cert, c.config.Now(), c.config.Skew); err == nil {
			return answer, answer.verdict()
		}
	}
	return Answer{}, err
}

func (c *Checker) listAt(ctx context.Context, address string, issuer *x509.Certificate, within time.Duration) (*crl, error) {
	id := sha256.Sum256(issuer.Raw)
	key := address + "\x00" + string(id[:])
	now := c.config.Now()
	kept, stored, have := c.lists.get(key, now)
	if have && within > 0 && now.Sub(stored) < within {
		return kept, nil
	}
	l, err := c.flights.do(ctx, key, func(ctx context.Context) (*crl, error) { return c.download(ctx, address, issuer) })
	switch {
	case err == nil:
		c.lists.put(key, l, now, earlier(l.nextUpdate.Add(c.config.Skew), now.Add(maxKept)))
		return l, nil
	case have && within > 0:
		c.config.Log.Warn("kept revocation list is used past its refresh", "list", address, "cause", err)
		return kept, nil
	}
	return nil, err
}

func (c *Checker) download(ctx context.Context, address string, issuer *x509.Certificate) (*crl, error) {
	var l *crl
	err := c.fetcher.fetch(ctx, query{url: address, max: MaxCRL}, func(raw []byte) error {
		var err error
		if l, err = parseCRL(raw); err != nil {
			return err
		}
		if err = l.verify(issuer, nil); err != nil {
			return err
		}
		return l.current(c.config.Now(), c.config.Skew) // or it would replace a list that is
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// flights lets callers who want the same list at once share one download.
type flights struct {
	mu sync.Mutex
	by map[string]*flight
}

type flight struct {
	done chan struct{}
	list *crl
	err  error
}

// do runs f, or waits for whoever runs it already. The download goes on when the caller
// who began it leaves, since others may wait for it; f bounds its time itself.
func (g *flights) do(ctx context.Context, key string, f func(context.Context) (*crl, error)) (*crl, error) {
	g.mu.Lock()
	if g.by == nil {
		g.by = map[string]*flight{}
	}
	one, running := g.by[key]
	if !running {
		one = &flight{done: make(chan struct{})}
		g.by[key] = one
		go func() {
			one.list, one.err = f(context.WithoutCancel(ctx))
			g.mu.Lock()
			delete(g.by, key)
			g.mu.Unlock()
			close(one.done)
		}()
	}
	g.mu.Unlock()
	select {
	case <-one.done:
		return one.list, one.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
}
