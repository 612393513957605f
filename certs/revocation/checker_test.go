package revocation_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
)

// Whatever the OCSP service does wrong, the answer is never good.
func TestCheckRefusesFaults(t *testing.T) {
	w := start(t, certstest.P384)
	want := map[certstest.Fault]error{
		certstest.Down: revocation.ErrUnavailable, certstest.Slow: revocation.ErrUnavailable,
		certstest.ServerError: revocation.ErrUnavailable, certstest.WrongType: revocation.ErrUnavailable,
		certstest.Huge: revocation.ErrUnavailable, certstest.Redirect: revocation.ErrUnavailable,
		certstest.TryLater: revocation.ErrUnavailable,
		certstest.Unknown:  revocation.ErrUnknown,
	}
	for _, fault := range certstest.OCSP.Faults() {
		// No stand-in is allowed, and one that is allowed must not hide an answer that came.
		for _, crlMaxAge := range []time.Duration{0, 24 * time.Hour} {
			w.set(t, certstest.OCSP, fault)
			timeout := 5 * time.Second
			if fault == certstest.Slow {
				timeout = time.Second
			}
			checker := w.checker(t, func(c *revocation.Config) { c.Timeout, c.CRLMaxAge = timeout, crlMaxAge })
			begin := time.Now()
			answer, err := checker.Check(context.Background(), w.path)
			expect, none := want[fault], errors.Is(want[fault], revocation.ErrUnavailable)
			if expect == nil {
				expect = revocation.ErrInvalid
			}
			switch {
			case none && crlMaxAge > 0:
				if err != nil || answer.Source != revocation.CRL {
					t.Errorf("Check with OCSP %s and a recent list = %v by %v, %v, want good by CRL", fault, answer.Status, answer.Source, err)
				}
			case !errors.Is(err, expect) || answer.Status == revocation.Good:
				t.Errorf("Check with OCSP %s = %v, %v, want %v", fault, answer.Status, err, expect)
			}
			if took := time.Since(begin); took > 2*timeout {
				t.Errorf("Check with OCSP %s took %v", fault, took)
			}
		}
	}
	w.Control().Reset()
	if _, err := w.checker(t, nil).Check(context.Background(), w.path); err != nil {
		t.Errorf("Check after all faults = %v", err)
	}
}

func TestCheckRefusesListFaults(t *testing.T) {
	w := start(t, certstest.P384)
	for _, fault := range certstest.CRL.Faults() {
		w.set(t, certstest.CRL, fault)
		checker := w.checker(t, func(c *revocation.Config) {
			if c.Timeout = 5 * time.Second; fault == certstest.Slow {
				c.Timeout = time.Second
			}
		})
		answer, err := checker.Check(context.Background(), w.path)
		if !errors.Is(err, revocation.ErrUnavailable) && !errors.Is(err, revocation.ErrInvalid) || answer.Status == revocation.Good {
			t.Errorf("Check with the CA's list %s = %v, %v, want a refusal", fault, answer.Status, err)
		}
	}
}

func TestCheckRevoked(t *testing.T) {
	w := start(t, certstest.RSA2048)
	ctx := context.Background()
	checker := w.checker(t, nil)
	if _, err := checker.Check(ctx, w.path); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	if err := w.Revoke(w.path[0], at, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := checker.Check(ctx, w.path); err != nil {
		t.Errorf("Check with an answer of this minute = %v, want the cached one", err)
	}
	answer, err := checker.Fresh(ctx, w.path)
	var revoked revocation.RevokedError
	if !errors.As(err, &revoked) || !revoked.At.Equal(at) || revoked.Reason != 1 || answer.Status != revocation.Revoked || len(answer.Raw) == 0 {
		t.Errorf("Fresh of a revoked certificate = %v, %v", answer.Status, err)
	}
	if _, err := checker.Evidence(ctx, w.path); !errors.As(err, &revoked) {
		t.Errorf("Evidence of a revoked certificate = %v", err)
	}
	if _, err := w.checker(t, nil).Check(ctx, w.path); !errors.As(err, &revoked) {
		t.Errorf("Check of a revoked certificate = %v", err)
	}
	// OCSP does not answer; the list's age does not matter where it says revoked.
	w.set(t, certstest.OCSP, certstest.Down)
	if _, err := w.checker(t, func(c *revocation.Config) { c.CRLMaxAge = time.Nanosecond }).Check(ctx, w.path); !errors.As(err, &revoked) || errors.Is(err, revocation.ErrUnavailable) {
		t.Errorf("Check of a revoked certificate by the list = %v", err)
	}
}

func TestCheckRevokedCA(t *testing.T) {
	w := start(t, certstest.P384)
	if err := w.Revoke(w.path[1], time.Time{}, 2); err != nil {
		t.Fatal(err)
	}
	_, err := w.checker(t, nil).Check(context.Background(), w.path)
	var revoked revocation.RevokedError
	if !errors.As(err, &revoked) || !strings.Contains(err.Error(), "Citizen CA") {
		t.Errorf("Check below a revoked CA = %v", err)
	}
}

// Never issued: the service does not know it, though the CA signed it.
func TestCheckUnknown(t *testing.T) {
	w := start(t, certstest.P384)
	template := *w.path[0]
	template.SerialNumber = nil
	cert, err := w.Forge("citizen-ec", &template, w.card.Authentication.Key.Public())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.checker(t, nil).Check(context.Background(), w.pathTo(t, cert, certs.Authentication)); !errors.Is(err, revocation.ErrUnknown) {
		t.Errorf("Check of a certificate that was never issued = %v, want %v", err, revocation.ErrUnknown)
	}
	template.OCSPServer, template.CRLDistributionPoints = nil, nil
	if cert, err = w.Forge("citizen-ec", &template, w.card.Authentication.Key.Public()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.checker(t, nil).Check(context.Background(), w.pathTo(t, cert, certs.Authentication)); !errors.Is(err, revocation.ErrUnknown) {
		t.Errorf("Check of a certificate that names no service = %v, want %v", err, revocation.ErrUnknown)
	}
	if _, err := w.checker(t, nil).Check(context.Background(), w.path[:1]); !errors.Is(err, revocation.ErrUnknown) {
		t.Errorf("Check without an issuer = %v, want %v", err, revocation.ErrUnknown)
	}
}

func TestCheckAsksListedHostsOnly(t *testing.T) {
	w := start(t, certstest.P384)
	for name, hosts := range map[string][]string{
		"none": nil, "another": {"ocsp.example"}, "another port": {"127.0.0.1:1"}, "host without its port": {"127.0.0.1"},
	} {
		checker := w.checker(t, func(c *revocation.Config) { c.Hosts = hosts })
		if _, err := checker.Check(context.Background(), w.path); !errors.Is(err, revocation.ErrUnavailable) {
			t.Errorf("Check with hosts listed: %s = %v, want %v", name, err, revocation.ErrUnavailable)
		}
	}
	if n := w.Control().Requests(certstest.OCSP) + w.Control().Requests(certstest.CRL); n != 0 {
		t.Errorf("%d requests reached hosts that are not listed", n)
	}
	w.set(t, certstest.OCSP, certstest.Redirect)
	follow := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
	if _, err := w.checker(t, func(c *revocation.Config) { c.Client = follow }).Check(context.Background(), w.path); !errors.Is(err, revocation.ErrUnavailable) {
		t.Errorf("Check with a redirect = %v, want %v", err, revocation.ErrUnavailable)
	}
	if n := w.Control().Requests(certstest.OCSP); n != 1 {
		t.Errorf("the redirect was followed: %d requests", n)
	}
	for _, address := range []string{"ftp://h/", "file:///etc/passwd", "http://user@127.0.0.1/", "http:127.0.0.1", "://", "http://" + strings.Repeat("a", 2000)} {
		template := *w.path[0]
		template.SerialNumber, template.OCSPServer = nil, []string{address}
		cert, err := w.Forge("citizen-ec", &template, w.card.Authentication.Key.Public())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.checker(t, nil).Check(context.Background(), w.pathTo(t, cert, certs.Authentication)); !errors.Is(err, revocation.ErrUnavailable) {
			t.Errorf("Check at %.30s = %v, want %v", address, err, revocation.ErrUnavailable)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]revocation.Config{
		"negative skew":           {Skew: -1},
		"negative timeout":        {Timeout: -1},
		"negative age of a list":  {CRLMaxAge: -1},
		"empty host":              {Hosts: []string{""}},
		"address for a host":      {Hosts: []string{"http://ocsp.example"}},
		"host with a path":        {Hosts: []string{"ocsp.example/eid"}},
		"host with a user":        {Hosts: []string{"me@ocsp.example"}},
		"unlisted host, no nonce": {Hosts: []string{"a"}, WithoutNonce: []string{"b"}},
	} {
		if checker, err := revocation.New(c); err == nil || checker != nil {
			t.Errorf("New(%s) = %v, want an error", name, err)
		}
	}
}

// clock is a clock that tests move.
type clock struct {
	mu     sync.Mutex
	offset time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

func TestCheckCaches(t *testing.T) {
	ctx, c := context.Background(), new(clock)
	w := start(t, certstest.P384)
	asked := func() int { return w.Control().Requests(certstest.OCSP) }
	checker := w.checker(t, func(conf *revocation.Config) { conf.Now = c.now })
	check := func(step string, f func(context.Context, certs.Path) (revocation.Answer, error), want int) {
		t.Helper()
		before := asked()
		if _, err := f(ctx, w.path); err != nil || asked()-before != want {
			t.Errorf("%s = %v after %d requests, want %d", step, err, asked()-before, want)
		}
	}
	check("first Check", checker.Check, 1)
	check("second Check", checker.Check, 0)
	check("Fresh", checker.Fresh, 1)
	check("Check after Fresh", checker.Check, 0)
	if n := w.Control().Requests(certstest.CRL); n != 1 {
		t.Errorf("the CA's list was fetched %d times, want once", n)
	}
	never := w.checker(t, func(conf *revocation.Config) { conf.MaxAge = -1 })
	check("first Check, never cached", never.Check, 1)
	check("second Check, never cached", never.Check, 1)

	w.set(t, certstest.OCSP, certstest.Down)
	c.move(50 * time.Second)
	check("Check within nextUpdate, service down", checker.Check, 0)
	c.move(11 * time.Second) // the service says nextUpdate in a minute
	if _, err := checker.Check(ctx, w.path); !errors.Is(err, revocation.ErrUnavailable) {
		t.Errorf("Check past nextUpdate, service down = %v", err)
	}
}

// A clock set back must not prolong what was cached.
func TestCheckClockSetBack(t *testing.T) {
	ctx, c := context.Background(), new(clock)
	w := start(t, certstest.P384)
	checker := w.checker(t, func(conf *revocation.Config) { conf.Now = c.now })
	if _, err := checker.Check(ctx, w.path); err != nil {
		t.Fatal(err)
	}
	c.move(-10 * time.Minute)
	before := w.Control().Requests(certstest.OCSP)
	if _, err := checker.Check(ctx, w.path); err != nil || w.Control().Requests(certstest.OCSP) != before+1 {
		t.Errorf("Check after the clock was set back = %v after %d requests, want 1", err, w.Control().Requests(certstest.OCSP)-before)
	}
}

// The CA's list serves to its nextUpdate, at most a day, while its host is down.
func TestListOutlivesItsHost(t *testing.T) {
	ctx, c := context.Background(), new(clock)
	w := &world{Server: certstest.Start(t, certstest.Config{Now: c.now}), log: new(strings.Builder)}
	card, err := w.Issue(certstest.Person{Surname: "Specimen", NationalNumber: "01.05.03-998.64", Algorithm: certstest.P256})
	if err != nil {
		t.Fatal(err)
	}
	w.path = w.pathTo(t, card.Authentication.Certificate, certs.Authentication)
	checker := w.checker(t, func(conf *revocation.Config) { conf.Now = c.now })
	if _, err := checker.Check(ctx, w.path); err != nil {
		t.Fatal(err)
	}
	w.set(t, certstest.CRL, certstest.Down)
	c.move(23 * time.Hour)
	if _, err := checker.Check(ctx, w.path); err != nil {
		t.Errorf("Check with a list of 23 hours, its host down = %v", err)
	}
	if !strings.Contains(w.log.String(), "past its refresh") {
		t.Errorf("nobody is told: %s", w.log)
	}
	c.move(2 * time.Hour)
	if _, err := checker.Check(ctx, w.path); !errors.Is(err, revocation.ErrUnavailable) {
		t.Errorf("Check with a list of 25 hours, its host down = %v", err)
	}
}

func TestBreaker(t *testing.T) {
	ctx, c := context.Background(), new(clock)
	w := start(t, certstest.P384)
	checker := w.checker(t, func(conf *revocation.Config) { conf.Now, conf.MaxAge = c.now, -1 })
	for _, fault := range []certstest.Fault{certstest.Down, certstest.Garbage, certstest.WrongSigner} {
		w.set(t, certstest.OCSP, fault)
		before := w.Control().Requests(certstest.OCSP)
		for range 20 {
			if _, err := checker.Check(ctx, w.path); err == nil {
				t.Fatalf("Check with OCSP %s = nil", fault)
			}
		}
		if n := w.Control().Requests(certstest.OCSP) - before; n > 5 {
			t.Errorf("a host that is %s was asked %d times, want at most 5", fault, n)
		}
		w.Control().Reset()
		if _, err := checker.Check(ctx, w.path); !errors.Is(err, revocation.ErrUnavailable) {
			t.Errorf("Check while the breaker is open = %v", err)
		}
		c.move(6 * time.Second)
		for range 3 {
			if _, err := checker.Check(ctx, w.path); err != nil {
				t.Errorf("Check after the host came back = %v", err)
			}
		}
	}
}

// A caller who leaves says nothing of the host.
func TestBreakerIgnoresCallersWhoLeave(t *testing.T) {
	w := start(t, certstest.P384)
	w.set(t, certstest.OCSP, certstest.Slow)
	checker := w.checker(t, func(c *revocation.Config) { c.Timeout = time.Minute })
	for range 8 {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(20*time.Millisecond, cancel)
		if _, err := checker.Check(ctx, w.path); !errors.Is(err, context.Canceled) {
			t.Fatalf("Check of a caller who left = %v", err)
		}
	}
	w.Control().Reset()
	if _, err := checker.Check(context.Background(), w.path); err != nil {
		t.Errorf("Check of the next caller = %v", err)
	}
}

func TestCheckConcurrently(t *testing.T) {
	w := start(t, certstest.P384)
	w.Control().SetDelay(certstest.CRL, 50*time.Millisecond)
	checker := w.checker(t, nil)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := checker.Check(context.Background(), w.path); err != nil {
				t.Errorf("Check = %v", err)
			}
		})
	}
	wg.Wait()
	if n := w.Control().Requests(certstest.CRL); n != 1 {
		t.Errorf("50 callers at once fetched the list %d times, want once", n)
	}
}

func TestCheckWithoutNonce(t *testing.T) {
	w := start(t, certstest.P384)
	w.set(t, certstest.OCSP, certstest.NoNonce)
	checker := w.checker(t, func(c *revocation.Config) { c.WithoutNonce = w.Hosts() })
	if _, err := checker.Check(context.Background(), w.path); err != nil {
		t.Errorf("Check of a host without nonce = %v", err)
	}
	w.set(t, certstest.OCSP, certstest.Stale)
	if _, err := checker.Fresh(context.Background(), w.path); !errors.Is(err, revocation.ErrInvalid) {
		t.Errorf("Fresh of a stale answer without nonce = %v", err)
	}
}

func TestEvidence(t *testing.T) {
	for _, a := range []certstest.Algorithm{certstest.RSA2048, certstest.P384} {
		w := start(t, a)
		checker := w.checker(t, nil)
		for name, path := range map[string]certs.Path{
			"card": w.pathTo(t, w.card.Signature.Certificate, certs.Signature),
			"TSA":  w.pathTo(t, w.Service("tsa").Certificate, certs.Timestamping),
		} {
			all, err := checker.Evidence(context.Background(), path)
			if err != nil || len(all) != 2 {
				t.Fatalf("Evidence(%s) = %d answers, %v, want 2", name, len(all), err)
			}
			for i, answer := range all {
				now := time.Now()
				for _, at := range []time.Time{now, now.Add(-time.Hour)} {
					if got, err := revocation.VerifyEvidence(answer.Raw, path[i], path[i+1], at, now, skew); err != nil || got.Status != revocation.Good {
						t.Errorf("VerifyEvidence(%s, certificate %d) = %v, %v, want good", name, i, got.Status, err)
					}
				}
				if _, err := revocation.VerifyEvidence(answer.Raw, path[i], path[i+1], now.AddDate(0, 0, 30), now.AddDate(0, 0, 30), skew); !errors.Is(err, revocation.ErrInvalid) {
					t.Errorf("VerifyEvidence(%s, certificate %d) a month later = %v", name, i, err)
				}
			}
		}
	}
}

// A card is asked about anew each time; the list on the authority that stamps for all
// cards is fetched once, as that on both CAs is, and again when it is old.
func TestEvidenceFetches(t *testing.T) {
	w := start(t, certstest.P384)
	now := time.Now()
	checker := w.checker(t, func(c *revocation.Config) { c.Now = func() time.Time { return now } })
	evidence := func(cert *x509.Certificate, p certs.Purpose) (ocsp, lists int) {
		t.Helper()
		ocsp, lists = w.Control().Requests(certstest.OCSP), w.Control().Requests(certstest.CRL)
		if _, err := checker.Evidence(context.Background(), w.pathTo(t, cert, p)); err != nil {
			t.Fatalf("Evidence(%v) = %v", p, err)
		}
		return w.Control().Requests(certstest.OCSP) - ocsp, w.Control().Requests(certstest.CRL) - lists
	}
	card, tsa := w.card.Signature.Certificate, w.Service("tsa").Certificate
	for i, want := range []struct{ cardOCSP, cardLists, tsaOCSP, tsaLists int }{{1, 1, 0, 1}, {1, 0, 0, 0}, {1, 0, 0, 0}} {
		got := want
		got.cardOCSP, got.cardLists = evidence(card, certs.Signature)
		got.tsaOCSP, got.tsaLists = evidence(tsa, certs.Timestamping)
		if got != want {
			t.Errorf("round %d: requests = %+v, want %+v", i, got, want)
		}
	}
	now = now.Add(61 * time.Minute)
	if _, lists := evidence(tsa, certs.Timestamping); lists == 0 {
		t.Error("an hour later the lists are not fetched again")
	}
}
