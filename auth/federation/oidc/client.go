package oidc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"guichet.example/auth/federation"
	"guichet.example/certs/breaker"
)

// MaxAnswer bounds whatever a provider answers, in bytes.
const MaxAnswer = 256 << 10

// maxAddress bounds an address in settings and discovery documents.
const maxAddress = 1024

// errNotAsked: an address names a host that may not be asked.
var errNotAsked = errors.New("host is not listed")

// checkAddress accepts an absolute https address without user, fragment and surprises;
// with loopback, http for loopback names too.
func checkAddress(address string, loopback bool) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || len(address) > maxAddress || u.Host == "" || u.Opaque != "":
		return errors.New("not an address")
	case u.User != nil || u.Fragment != "" || strings.Contains(address, "#"):
		return errors.New("has a user or a fragment")
	case u.Scheme == "https", u.Scheme == "http" && loopback && isLoopback(u.Hostname()):
		return nil
	}
	return errors.New("is not https")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// address parses what checkAddress accepts.
func (p *Provider) address(address string) (*url.URL, error) {
	if err := checkAddress(address, p.loopback); err != nil {
		return nil, err
	}
	return url.Parse(address)
}

// endpoint is address for what a discovery document names: the host must be listed.
func (p *Provider) endpoint(address string) error {
	u, err := p.address(address)
	if err != nil {
		return err
	}
	if !p.listed(u) {
		return fmt.Errorf("%w: %.80q", errNotAsked, u.Host)
	}
	return nil
}

// listed reports whether the address is of the issuer's host or of one in the settings,
// with or without the port that https implies.
func (p *Provider) listed(u *url.URL) bool { return p.hosts[plainHost(u.Host)] }

// list makes the set of hosts that may be asked.
func (p *Provider) list() error {
	issuer, err := url.Parse(p.settings.Issuer)
	if err != nil {
		return errors.New(`"issuer" is not an address`)
	}
	p.hosts = map[string]bool{plainHost(issuer.Host): true}
	for _, host := range p.settings.Hosts {
		p.hosts[plainHost(host)] = true
	}
	return nil
}

func plainHost(host string) string { return strings.TrimSuffix(strings.ToLower(host), ":443") }

// newClient returns the one client that asks the provider: no redirects, no cookies, no
// compression that a small answer could grow by, certificates verified. Its patience is
// that of ask, under which every exchange runs.
func (p *Provider) newClient() (*http.Client, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxResponseHeaderBytes = 16 << 10
	t.DisableCompression = true
	t.MaxIdleConnsPerHost = 16
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if p.settings.CAFile != "" {
		pem, err := os.ReadFile(p.settings.CAFile)
		if err != nil {
			return nil, fmt.Errorf(`"ca_file": %w`, err)
		}
		t.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New(`"ca_file" has no certificate`)
		}
	}
	return &http.Client{
		Transport:     &transport{next: t, provider: p},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// transport is what stands between the libraries and the network. They read answers
// without a bound and put what they read into their errors: here an answer is read whole,
// bounded, and is JSON or a JWT with status 200 before they see it.
type transport struct {
	next     http.RoundTripper
	provider *Provider
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.provider.endpoint(r.URL.String()); err != nil {
		return nil, err
	}
	response, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := read(response.Body)
	if err != nil {
		return nil, err
	}
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	if response.StatusCode != http.StatusOK {
		return nil, statusError{status: response.StatusCode, code: errorCode(kind, body), post: r.Method == http.MethodPost}
	}
	switch kind {
	case typeJSON, typeKeys:
		if _, err := parseObject(body); err != nil {
			return nil, err
		}
	case typeJWT:
	default:
		return nil, fmt.Errorf("answer of content type %.60q", kind)
	}
	response.Body = io.NopCloser(strings.NewReader(string(body)))
	response.ContentLength = int64(len(body))
	return response, nil
}

// Content types of the answers.
const (
	typeJSON = "application/json"
	typeKeys = "application/jwk-set+json" // RFC 7517, 8.5.2
	typeJWT  = "application/jwt"
)

func read(body io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(body, MaxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > MaxAnswer {
		return nil, fmt.Errorf("answer is longer than %d bytes", MaxAnswer)
	}
	return raw, nil
}

// statusError is an answer that is not 200, in words of our own.
type statusError struct {
	status int
	code   string // of RFC 6749, 5.2; "" for none that is known
	post   bool   // of the token endpoint
}

// refusal reports whether the token endpoint answered and said no: RFC 6749, 5.2. It must
// not count against the provider, or a stranger with made-up codes could close its door.
func (e statusError) refusal() bool {
	return e.post && (e.status == http.StatusBadRequest || e.status == http.StatusUnauthorized)
}

func (e statusError) Error() string {
	if e.code != "" {
		return fmt.Sprintf("HTTP status %d, %s", e.status, e.code)
	}
	return fmt.Sprintf("HTTP status %d", e.status)
}

// tokenErrors are the codes of RFC 6749, 5.2. Others are not repeated.
var tokenErrors = []string{"invalid_request", "invalid_client", "invalid_grant",
	"unauthorized_client", "unsupported_grant_type", "invalid_scope"}

func errorCode(kind string, body []byte) string {
	if kind != typeJSON {
		return ""
	}
	o, err := parseObject(body)
	if err != nil {
		return ""
	}
	told, _ := o["error"].(string)
	for _, code := range tokenErrors {
		if told == code {
			return code
		}
	}
	return ""
}

// ask runs one exchange with the provider through its breaker and turns every way of
// getting no sensible answer into federation.ErrUnavailable. A refusal by the token
// endpoint passes through as a statusError: it is an answer.
func (p *Provider) ask(ctx context.Context, what string, exchange func(ctx context.Context) error) error {
	if err := p.breaker.Allow(p.now()); err != nil {
		return fmt.Errorf("%w: %s: %w", federation.ErrUnavailable, what, err)
	}
	limited, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	went := breaker.Failed // also if a library panics
	defer func() { p.report(went) }()
	err := exchange(limited)
	var status statusError
	switch {
	case err == nil:
		went = breaker.Answered
		return nil
	case errors.As(err, &status) && status.refusal():
		went = breaker.Answered
		return fmt.Errorf("%s: %w", what, status)
	case errors.Is(ctx.Err(), context.Canceled):
		went = breaker.Abandoned
	}
	return fmt.Errorf("%w: %s: %w", federation.ErrUnavailable, what, shorten(err))
}

func (p *Provider) report(o breaker.Outcome) {
	if p.breaker.Report(p.now(), o) {
		p.log.Warn("identity provider changed state", "provider", p.settings.ID, "answers", o == breaker.Answered)
	}
}

// shorten drops the address from the error of net/http: userinfo and token endpoints of
// some providers carry more than their name.
func shorten(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var network *net.OpError
	if errors.As(err, &network) && network.Err != nil {
		err = network.Err
	}
	return err
}
