// Package oidc is the OpenID Connect relying party: the shapes of FAS (CSAM) and of
// itsme, by authorization code with PKCE (RFC 6749, RFC 7636, OpenID Connect Core 1.0).
//
// The flow: [Provider.Begin] discovers the provider if that was not done yet, draws
// nonce and PKCE verifier and makes the address for the browser. [Provider.Finish] looks
// at the answer in this order, the cheap before the costly: state, issuer (RFC 9207),
// error, code; then it changes the code for tokens; opens the ID token if it is encrypted;
// looks at its header before anything believes it; has go-oidc verify signature, issuer,
// audience and expiry; and checks all that go-oidc leaves to its caller: nonce, azp, iat,
// auth_time, at_hash, acr. Then userinfo, as a signed JWT of the same subject, and the
// national number from the configured claim.
//
// What a token says about where to find its key is never followed, and no address is
// asked but those of listed hosts. An answer longer than MaxAnswer, a redirect, an answer
// of another content type is no answer. Nothing that a provider wrote gets into an error
// but words from a list of our own.
//
// A provider that is down stops nothing but its own door: discovery happens when it is
// needed, and after a few failures in a row it is left alone for some seconds, in which
// Begin and Finish say federation.ErrUnavailable at once.
package oidc

import (
	"crypto"
	"crypto/rsa"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"time"

	"guichet.example/auth/federation"
	"guichet.example/certs/breaker"
)

// Options are what a provider needs besides its settings.
type Options struct {
	// Callback is the redirect URI registered for this provider and no other: RFC 9700,
	// 4.4.2. Required; https, or http at a loopback name if Loopback.
	Callback string
	// Loopback accepts http for loopback names: for the demo and tests only.
	Loopback bool
	// Now tells the time. Empty: time.Now.
	Now func() time.Time
	// Rand draws nonces, verifiers and ids of client assertions. Required.
	Rand io.Reader
	// Log gets a line when a provider goes away or comes back, and when its keys could
	// not be fetched. Empty: nothing is logged.
	Log *slog.Logger
}

// Provider is one OpenID provider, as a federation.Provider. It is safe for concurrent use.
type Provider struct {
	settings Settings
	callback *url.URL
	loopback bool
	now      func() time.Time
	rand     io.Reader
	log      *slog.Logger

	table   federation.Levels
	secret  string       // client_secret_basic, client_secret_post
	signer  *clientKey   // private_key_jwt
	openers []openingKey // encrypted tokens, newest first
	hosts   map[string]bool
	client  *http.Client  // listed hosts, bounded answers
	timeout time.Duration // for one exchange
	breaker breaker.Breaker
	found   discovery
}

var _ federation.Provider = (*Provider)(nil)

// New returns a provider as the settings describe it. It reads the files they name and
// asks nobody. Its errors say which setting is wrong.
func New(s Settings, o Options) (*Provider, error) {
	if err := s.check(o.Loopback); err != nil {
		return nil, fmt.Errorf("provider %.40q: %w", s.ID, err)
	}
	p := &Provider{settings: s.withDefaults(), loopback: o.Loopback, now: o.Now, rand: o.Rand, log: o.Log}
	if p.now == nil {
		p.now = time.Now
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if o.Rand == nil {
		return nil, fmt.Errorf("provider %s: no source of randomness", s.ID)
	}
	var err error
	if p.callback, err = p.address(o.Callback); err != nil {
		return nil, fmt.Errorf("provider %s: callback: %w", s.ID, err)
	}
	if err := p.load(); err != nil {
		return nil, fmt.Errorf("provider %s: %w", s.ID, err)
	}
	p.timeout = p.settings.timeout()
	if err := p.list(); err != nil {
		return nil, fmt.Errorf("provider %s: %w", s.ID, err)
	}
	if p.client, err = p.newClient(); err != nil {
		return nil, fmt.Errorf("provider %s: %w", s.ID, err)
	}
	return p, nil
}

// ID is the provider's name in settings and paths.
func (p *Provider) ID() string { return p.settings.ID }

// Names says what members read on the button, by language.
func (p *Provider) Names() map[string]string { return maps.Clone(p.settings.Names) }

// Protocol is federation.OIDC.
func (p *Provider) Protocol() string { return federation.OIDC }

// clientKey signs client assertions.
type clientKey struct {
	key crypto.Signer
	id  string // kid
}

// openingKey decrypts tokens.
type openingKey struct {
	key *rsa.PrivateKey
	id  string // kid
}
