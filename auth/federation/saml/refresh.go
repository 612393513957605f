package saml

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"guichet.example/auth/federation"
)

const (
	fetchTimeout   = 10 * time.Second
	defaultRefresh = 6 * time.Hour
	minRefresh     = 5 * time.Minute
	retryAfter     = 2 * time.Minute  // in the background, after a failure
	leaveAlone     = 10 * time.Second // with members waiting, after a failure
)

// byAddress reports whether the metadata is fetched, not read from a file.
func (p *Provider) byAddress() bool {
	return strings.HasPrefix(p.settings.Metadata, "https://") || strings.HasPrefix(p.settings.Metadata, "http://")
}

// newClient makes the client that fetches metadata: it follows no redirect, for the
// address that was configured is the one that is trusted.
func (p *Provider) newClient() error {
	if p.byAddress() {
		if _, err := endpoint(p.settings.Metadata); err != nil {
			return fmt.Errorf(`"metadata" is %w`, err)
		}
		if !p.loopback && inTheClear(p.settings.Metadata) {
			return errors.New(`"metadata" is not https`)
		}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if p.settings.CAFile != "" {
		pem, err := os.ReadFile(p.settings.CAFile)
		if err != nil {
			return fmt.Errorf(`"ca_file": %w`, err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return errors.New(`"ca_file" holds no certificate`)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	p.client = &http.Client{Transport: transport, Timeout: fetchTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return nil
}

// Run keeps the metadata fresh until ctx ends. A failure leaves the old in use and is
// an alarm in the log. It returns at once if the metadata is a file.
func (p *Provider) Run(ctx context.Context) {
	if !p.byAddress() {
		return
	}
	for {
		wait := retryAfter
		if err := p.Refresh(ctx); err == nil {
			wait = p.interval()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// interval is the time to the next fetch: as configured, or sooner if the metadata says
// so or ends before.
func (p *Provider) interval() time.Duration {
	wait := time.Duration(p.settings.RefreshMinutes) * time.Minute
	if wait == 0 {
		wait = defaultRefresh
	}
	m := p.metadata.Load()
	if m.cacheFor > 0 {
		wait = min(wait, m.cacheFor)
	}
	if !m.ValidUntil.IsZero() {
		wait = min(wait, m.ValidUntil.Sub(p.now())/2)
	}
	return max(wait, minRefresh)
}

// Refresh reads the metadata again and swaps it whole if it is good; otherwise the old
// stays and the error says why.
func (p *Provider) Refresh(ctx context.Context) error {
	p.fetching.Lock()
	defer p.fetching.Unlock()
	return p.refresh(ctx)
}

func (p *Provider) refresh(ctx context.Context) error {
	m, err := p.load(ctx)
	p.tried = p.now()
	if err != nil && ctx.Err() != nil {
		return err // we end: no fault of the provider
	}
	if err != nil {
		p.failures++
		p.log.ErrorContext(ctx, "metadata of an identity provider cannot be renewed",
			"provider", p.settings.ID, "failures", p.failures, "kept", p.metadata.Load() != nil, "cause", err)
		return err
	}
	p.failures = 0
	p.metadata.Store(m)
	return nil
}

func (p *Provider) load(ctx context.Context) (*Inspection, error) {
	doc, err := p.read(ctx)
	if err != nil {
		return nil, err
	}
	m, err := p.accept(doc)
	if err == nil && p.caches() {
		if err := p.keep(doc); err != nil { // it serves from memory
			p.log.WarnContext(ctx, "metadata of an identity provider cannot be kept for the next start",
				"provider", p.settings.ID, "cause", err)
		}
	}
	return m, err
}

// accept is metadata that may be used: signed by whom it must be, of the provider it
// must be, without a problem.
func (p *Provider) accept(doc []byte) (*Inspection, error) {
	var in Inspection
	var err error
	if p.signer != nil {
		in, err = inspectSigned(doc, p.signer, p.now())
	} else {
		in, err = Inspect(doc, p.now())
	}
	switch {
	case err != nil:
		return nil, err
	case len(in.Problems) > 0:
		return nil, errors.New("metadata: " + strings.Join(in.Problems, "; "))
	case in.EntityID != p.settings.EntityID:
		return nil, errors.New("metadata: its entity id is not the configured one")
	case !p.loopback && (inTheClear(in.sso) || inTheClear(in.slo) || inTheClear(in.sloEnd)):
		return nil, errors.New("metadata: an address is not https")
	}
	return &in, nil
}

func (p *Provider) read(ctx context.Context) ([]byte, error) {
	if !p.byAddress() {
		return readFile(p.settings.Metadata)
	}
	return fetch(ctx, p.client, p.settings.Metadata)
}

// ReadMetadata reads metadata from a file or address, at most MaxMetadata bytes,
// without looking at it.
func ReadMetadata(ctx context.Context, from string) ([]byte, error) {
	p := Provider{settings: Settings{Metadata: from}, loopback: true}
	if err := p.newClient(); err != nil {
		return nil, err
	}
	return p.read(ctx)
}

// inTheClear says whether an address that endpoint accepts is one without TLS.
func inTheClear(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "http"
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bounded(f)
}

func fetch(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		var cause *url.Error
		if errors.As(err, &cause) {
			err = cause.Err // without the address, which may hold a secret
		}
		return nil, fmt.Errorf("fetching metadata: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetching metadata: status %d", resp.StatusCode)
	}
	return bounded(resp.Body)
}

func bounded(r io.Reader) ([]byte, error) {
	doc, err := io.ReadAll(io.LimitReader(r, MaxMetadata+1))
	if err != nil {
		return nil, fmt.Errorf("reading metadata: %w", err)
	}
	if len(doc) > MaxMetadata {
		return nil, fmt.Errorf("metadata is longer than %d bytes", MaxMetadata)
	}
	return doc, nil
}

// current is the metadata in use. Without any it is fetched now, unless that was tried
// just before. ErrUnavailable if there is none, or it is past its time.
func (p *Provider) current(ctx context.Context) (*Inspection, error) {
	m := p.metadata.Load()
	if m == nil {
		m = p.first(ctx)
	}
	switch {
	case m == nil:
		return nil, fmt.Errorf("%w: no metadata yet", federation.ErrUnavailable)
	case !m.ValidUntil.IsZero() && !p.now().Before(m.ValidUntil):
		return nil, fmt.Errorf("%w: its metadata is past its time", federation.ErrUnavailable)
	}
	return m, nil
}

func (p *Provider) first(ctx context.Context) *Inspection {
	p.fetching.Lock()
	defer p.fetching.Unlock()
	waited := p.now().Sub(p.tried)
	if m := p.metadata.Load(); m != nil || waited >= 0 && waited < leaveAlone {
		return m
	}
	_ = p.refresh(context.WithoutCancel(ctx)) // logged there; others wait for it, too
	return p.metadata.Load()
}
