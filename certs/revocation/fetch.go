package revocation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"guichet.example/certs/breaker"
)

// maxURL bounds a service address that a certificate names.
const maxURL = 1024

// fetcher asks listed hosts and no others: the addresses come out of certificates, and
// those come from strangers.
type fetcher struct {
	client   *http.Client
	now      func() time.Time
	timeout  time.Duration
	breakers map[string]*breaker.Breaker // one for each listed host
	log      *slog.Logger
}

func newFetcher(c Config) (*fetcher, error) {
	f := &fetcher{now: c.Now, timeout: c.Timeout, log: c.Log, breakers: map[string]*breaker.Breaker{}}
	for _, host := range c.Hosts {
		u, err := url.Parse("http://" + host)
		if err != nil || host == "" || u.Host != host || u.User != nil {
			return nil, fmt.Errorf("host %q is not host or host:port", host)
		}
		f.breakers[strings.ToLower(host)] = new(breaker.Breaker)
	}
	client := http.Client{Transport: ownTransport()}
	if c.Client != nil {
		client = *c.Client
	}
	// A listed host must not send us to one that is not. No cookies either.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Jar = nil
	f.client = &client
	return f, nil
}

func ownTransport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxResponseHeaderBytes = 16 << 10
	t.DisableCompression = true
	t.MaxIdleConnsPerHost = 8
	return t
}

// query is one request to a service.
type query struct {
	url         string
	body        []byte // nil: GET
	contentType string // of the body
	accept      string // content type the answer must have; empty: any
	max         int64  // bytes of answer
}

// fetch gets the answer to q and hands it to read, whose error it returns. Its own errors
// are ErrUnavailable. An answer that read cannot use counts against the host as none does.
func (f *fetcher) fetch(ctx context.Context, q query, read func(raw []byte) error) error {
	host, b, err := f.listed(q.url)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: no time left to ask %s: %w", ErrUnavailable, host, err)
	}
	if err := b.Allow(f.now()); err != nil {
		return fmt.Errorf("%w: %s %w", ErrUnavailable, host, err)
	}
	hurried := false // too little time is left to blame the host
	if deadline, ok := ctx.Deadline(); ok {
		hurried = time.Until(deadline) < f.timeout/2
	}
	limited, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	raw, err := f.exchange(limited, q)
	if err != nil {
		if errors.Is(ctx.Err(), context.Canceled) || hurried && limited.Err() != nil {
			f.report(b, host, breaker.Abandoned)
		} else {
			f.report(b, host, breaker.Failed)
		}
		return fmt.Errorf("%w: asking %s: %w", ErrUnavailable, host, err)
	}
	if err = read(raw); err == nil || errors.Is(err, ErrUnknown) {
		f.report(b, host, breaker.Answered)
	} else {
		f.report(b, host, breaker.Failed)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", host, err)
	}
	return nil
}

func (f *fetcher) report(b *breaker.Breaker, host string, result breaker.Outcome) {
	if b.Report(f.now(), result) {
		f.log.Warn("revocation service changed state", "host", host, "answers", result == breaker.Answered)
	}
}

// listed returns the host of an address and its breaker, or an error if it may not be asked.
func (f *fetcher) listed(address string) (string, *breaker.Breaker, error) {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxURL || u.User != nil || u.Opaque != "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", nil, fmt.Errorf("%w: the certificate names a service by an address that is not used", ErrUnavailable)
	}
	for _, host := range spellings(u) {
		if b, ok := f.breakers[host]; ok {
			return host, b, nil
		}
	}
	return "", nil, fmt.Errorf("%w: host %.80q is not listed", ErrUnavailable, u.Host)
}

// spellings are the ways in which a list may name the host of u: as the address has it,
// and with or without the port that the scheme implies.
func spellings(u *url.URL) []string {
	host := strings.ToLower(u.Host)
	port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	if u.Port() == "" {
		return []string{host, host + port}
	}
	return []string{host, strings.TrimSuffix(host, port)}
}

func (f *fetcher) exchange(ctx context.Context, q query) ([]byte, error) {
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if q.body != nil {
		method, body = http.MethodPost, bytes.NewReader(q.body)
	}
	request, err := http.NewRequestWithContext(ctx, method, q.url, body)
	if err != nil {
		return nil, err
	}
	if q.contentType != "" {
		request.Header.Set("Content-Type", q.contentType)
	}
	response, err := f.client.Do(request)
	if err != nil {
		return nil, shorten(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP status %d", response.StatusCode)
	}
	if got := response.Header.Get("Content-Type"); !strings.HasPrefix(strings.ToLower(got), q.accept) {
		return nil, fmt.Errorf("content type %.60q", got)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, q.max+1))
	if err != nil {
		return nil, shorten(err)
	}
	if int64(len(answer)) > q.max {
		return nil, fmt.Errorf("answer is longer than %d bytes", q.max)
	}
	return answer, nil
}

// shorten drops the address from the error of net/http: it is in the certificate, and some
// services have the certificate's number in it.
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

// addresses are the first few services a certificate names, the listed ones only if there
// are any: the error then speaks of a host that could have answered.
func (f *fetcher) addresses(all []string) []string {
	const most = 2
	var usable []string
	for _, a := range all {
		if _, _, err := f.listed(a); err == nil {
			usable = append(usable, a)
		}
	}
	if len(usable) == 0 {
		usable = slices.Clone(all)
	}
	return usable[:min(len(usable), most)]
}
