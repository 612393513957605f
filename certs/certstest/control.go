package certstest

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Service names what [Control] can make misbehave.
type Service string

// The services of a PKI.
const (
	OCSP Service = "ocsp"
	CRL  Service = "crl"
	AIA  Service = "aia"
	TSA  Service = "tsa"
)

// Fault is a way to misbehave.
type Fault string

// Faults of every service.
const (
	None        Fault = ""
	Down        Fault = "down"         // the connection is cut without an answer
	Slow        Fault = "slow"         // an answer after 30 s, if anyone still waits
	ServerError Fault = "server-error" // HTTP 503
	Garbage     Fault = "garbage"      // noise, under the right content type
	WrongType   Fault = "wrong-type"   // a page for people, as a captive portal gives it
	Huge        Fault = "huge"         // 64 MiB
	Redirect    Fault = "redirect"     // elsewhere
)

// Faults of OCSP (all of them), CRL (Stale, Future, WrongSigner) and TSA (TryLater,
// WrongSigner, WrongNonce, NoNonce, Replayed, ExpiredSigner, WrongImprint, Future).
const (
	TryLater      Fault = "try-later"      // OCSP tryLater, TSA rejection systemFailure
	Unknown       Fault = "unknown"        // certStatus unknown
	Stale         Fault = "stale"          // nextUpdate has passed
	Future        Fault = "future"         // thisUpdate or genTime in an hour
	WrongSigner   Fault = "wrong-signer"   // signed by somebody who is not entitled to
	WrongNonce    Fault = "wrong-nonce"    // another nonce than the request's
	NoNonce       Fault = "no-nonce"       // none
	WrongCertID   Fault = "wrong-cert-id"  // good, but for another certificate
	TwoAnswers    Fault = "two-answers"    // a second SingleResponse
	Replayed      Fault = "replayed"       // an answer given a minute ago to somebody else
	ExpiredSigner Fault = "expired-signer" // signed by a certificate whose time is over
	WrongImprint  Fault = "wrong-imprint"  // a time-stamp over other data
)

// Faults lists what s can do wrong.
func (s Service) Faults() []Fault {
	all := []Fault{Down, Slow, ServerError, Garbage, WrongType, Huge, Redirect}
	switch s {
	case OCSP:
		return append(all, TryLater, Unknown, Stale, Future, WrongSigner, WrongNonce, NoNonce, WrongCertID, TwoAnswers, Replayed, ExpiredSigner)
	case CRL:
		return append(all, Stale, Future, WrongSigner)
	case TSA:
		return append(all, TryLater, WrongSigner, WrongNonce, NoNonce, Replayed, ExpiredSigner, WrongImprint, Future)
	}
	return all
}

// Control makes services misbehave. Safe for concurrent use.
type Control struct {
	mu       sync.Mutex
	faults   map[Service]Fault
	delays   map[Service]time.Duration
	requests map[Service]int
}

func newControl() *Control {
	return &Control{faults: map[Service]Fault{}, delays: map[Service]time.Duration{}, requests: map[Service]int{}}
}

// Set makes s misbehave in the manner of f until the next Set or Reset; [None] makes it
// well. It refuses a fault that s does not have.
func (c *Control) Set(s Service, f Fault) error {
	if f != None && !slices.Contains(s.Faults(), f) {
		return fmt.Errorf("service %q has no fault %q", s, f)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults[s] = f
	return nil
}

// SetDelay makes s wait that long before each answer.
func (c *Control) SetDelay(s Service, d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.delays[s] = d
}

// Fault is what s does wrong now.
func (c *Control) Fault(s Service) Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.faults[s]
}

// Reset makes all services well again.
func (c *Control) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.faults)
	clear(c.delays)
}

// Requests counts the requests that reached s so far.
func (c *Control) Requests(s Service) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests[s]
}

func (c *Control) take(s Service) (Fault, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests[s]++
	d := c.delays[s]
	if c.faults[s] == Slow {
		d += 30 * time.Second
	}
	return c.faults[s], d
}
