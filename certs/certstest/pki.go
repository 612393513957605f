package certstest

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"guichet.example/certs"
)

// Config of a PKI.
type Config struct {
	// Now is the clock of the CAs and their services. Nil: time.Now.
	Now func() time.Time
	// BaseURL is where Handler will answer, such as http://127.0.0.1:4080, without a slash
	// at the end: certificates name their services by it. Empty: http://127.0.0.1:9, where
	// nothing answers.
	BaseURL string
	// Dir, if set, keeps keys (unencrypted, mode 0600), certificates and the register of
	// what was issued and revoked, and New finds them there again. BaseURL must then stay
	// the same. Empty: memory only.
	Dir string

	keys map[string]crypto.Signer // of authorities and services, by name, to be used instead of new ones
}

// PKI is a set of CAs, their registers and their services. Safe for concurrent use.
type PKI struct {
	config      Config
	authorities map[string]*authority
	services    map[string]KeyPair // OCSP responders, TSA, registry, by name
	anchors     *certs.TrustAnchors
	anchorList  []*x509.Certificate
	control     *Control
	store       store

	mu         sync.Mutex
	register   register
	responders map[string]KeyPair // in place of the usual ones
}

// New makes a PKI, in about half a second: three RSA-2048 keys, the rest elliptic curves.
func New(c Config) (*PKI, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.BaseURL == "" {
		c.BaseURL = "http://127.0.0.1:9"
	}
	if u, err := url.Parse(c.BaseURL); err != nil || u.Scheme != "http" || u.Host == "" || u.Path != "" {
		return nil, fmt.Errorf("base URL %q is not http://host:port", c.BaseURL)
	}
	p := &PKI{
		config: c, store: store{c.Dir}, control: newControl(),
		authorities: map[string]*authority{}, services: map[string]KeyPair{}, responders: map[string]KeyPair{},
	}
	var err error
	if p.register, err = p.store.register(c.BaseURL); err != nil {
		return nil, err
	}
	keys, err := p.generate()
	if err != nil {
		return nil, err
	}
	for _, s := range authoritySpecs {
		if err := p.addAuthority(s, keys); err != nil {
			return nil, fmt.Errorf("making %s: %w", s.slug, err)
		}
	}
	if err := p.addServices(keys); err != nil {
		return nil, err
	}
	for _, s := range authoritySpecs {
		p.anchorList = append(p.anchorList, p.authorities[s.slug].Certificate)
	}
	if p.anchors, err = certs.NewTrustAnchors(p.anchorList...); err != nil {
		return nil, err
	}
	return p, p.store.saveRegister(p.register)
}

// Anchors holds both roots and every CA below them.
func (p *PKI) Anchors() *certs.TrustAnchors { return p.anchors }

// AnchorCertificates are the certificates of Anchors, roots first.
func (p *PKI) AnchorCertificates() []*x509.Certificate {
	return append([]*x509.Certificate(nil), p.anchorList...)
}

// WriteAnchors writes each anchor to a .pem file in dir, which it makes if need be.
func (p *PKI) WriteAnchors(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, s := range authoritySpecs {
		name := filepath.Join(dir, s.slug+".pem")
		if err := os.WriteFile(name, encodePEM(p.authorities[s.slug].Certificate), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Authority returns the CA of that name with its key: root-rsa, root-ec, citizen-rsa,
// citizen-ec, foreigner-ec, tsa-ca or seal-ca. For tests that forge.
func (p *PKI) Authority(name string) KeyPair { return p.authorities[name].KeyPair }

// Service returns the certificate and key of a service: tsa, tsa-expired, registry-rsa,
// registry-ec, or ocsp-NAME and ocsp-expired-NAME of an authority. For tests that forge.
func (p *PKI) Service(name string) KeyPair { return p.services[name] }

// Hosts is the host:port of the services, as package revocation wants them listed.
func (p *PKI) Hosts() []string { return []string{strings.TrimPrefix(p.config.BaseURL, "http://")} }

// TSAURL is where time-stamps are to be had.
func (p *PKI) TSAURL() string { return p.config.BaseURL + "/tsa" }

// Control of the services.
func (p *PKI) Control() *Control { return p.control }

// Revoke enters cert as withdrawn; at zero is now, reason as in RFC 5280, 5.3.1. Services
// say so from the moment at on. Revoking again changes the entry.
func (p *PKI) Revoke(cert *x509.Certificate, at time.Time, reason int) error {
	if at.IsZero() {
		at = p.now()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, e := range p.register.Entries {
		if e.is(cert) {
			p.register.Entries[i].RevokedAt = at.UTC().Truncate(time.Second)
			p.register.Entries[i].Reason = reason
			return p.store.saveRegister(p.register)
		}
	}
	return errors.New("certificate was not issued here")
}

func (p *PKI) now() time.Time { return p.config.Now().UTC().Truncate(time.Second) }
