package revocation

import (
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Config of a [Checker].
type Config struct {
	// Client asks the services. Nil: one of our own, with the proxy of the environment.
	// A copy is used, which follows no redirects and keeps no cookies.
	Client *http.Client
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
	// Rand makes nonces. Nil: crypto/rand.
	Rand io.Reader
	// Hosts that may be asked, as host or host:port; without port the scheme's own. Empty:
	// none, and every Check ends in ErrUnavailable.
	Hosts []string
	// MaxAge is how old, by its thisUpdate, an OCSP answer may be, fresh or cached. Zero: 2
	// minutes. Negative: never cached, and 2 minutes for a fresh one.
	MaxAge time.Duration
	// Skew is by how much the clock of a service may differ from ours. Zero: 15 minutes.
	Skew time.Duration
	// Timeout of one request, and of one Check as a whole unless CRLMaxAge is set: then a
	// Check may take twice as long, as Evidence always may. Zero: 5 seconds.
	Timeout time.Duration
	// CRLMaxAge is how old, by its thisUpdate, a CRL may be that stands in for an end
	// certificate's OCSP service while that gives no answer. Zero: none may, as eIDAS
	// level high suggests; a CRL that says revoked is believed at any age.
	CRLMaxAge time.Duration
	// WithoutNonce lists those of Hosts that answer without nonce (RFC 5019), such as
	// services that sign in advance. MaxAge is then what stops a replay.
	WithoutNonce []string
	// Log gets what no caller sees: hosts that change state, lists used past their
	// refresh. Nil: nothing is logged.
	Log *slog.Logger
}

// Limits on what is kept.
const (
	maxAnswers    = 1024           // OCSP answers, some 2 KB each
	maxLists      = 32             // CRLs; those of CAs are small
	maxResponders = 64             // responder certificates found to be their CA's
	maxKept       = 24 * time.Hour // of anything, whatever its nextUpdate
	refreshAfter  = time.Hour      // a kept list is asked for again, if the service answers
)

// Checker asks after certificates. Make it with [New]; safe for concurrent use.
type Checker struct {
	config       Config
	withoutNonce map[string]bool
	fetcher      *fetcher
	answers      *cache[[32]byte, Answer]            // by certificate
	lists        *cache[string, *crl]                // by address and issuer
	responders   *cache[[64]byte, *x509.Certificate] // by responder and issuer
	flights      flights
}

// New checks c and makes a Checker.
func New(c Config) (*Checker, error) {
	if c.Skew < 0 || c.Timeout < 0 || c.CRLMaxAge < 0 {
		return nil, errors.New("skew, timeout and age of a CRL must not be negative")
	}
	orDefault(&c.Skew, 15*time.Minute)
	orDefault(&c.Timeout, 5*time.Second)
	orDefault(&c.MaxAge, 2*time.Minute)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	f, err := newFetcher(c)
	if err != nil {
		return nil, err
	}
	checker := &Checker{
		config: c, fetcher: f, withoutNonce: map[string]bool{},
		answers:    newCache[[32]byte, Answer](maxAnswers),
		lists:      newCache[string, *crl](maxLists),
		responders: newCache[[64]byte, *x509.Certificate](maxResponders),
	}
	for _, host := range c.WithoutNonce {
		host = strings.ToLower(host)
		if f.breakers[host] == nil {
			return nil, fmt.Errorf("host %q answers without nonce but is not listed", host)
		}
		checker.withoutNonce[host] = true
	}
	return checker, nil
}

func orDefault(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}
