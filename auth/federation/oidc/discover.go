package oidc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// discoveryLife is how long a discovery document is believed before it is fetched anew.
// Until that succeeds the old one stays.
const discoveryLife = time.Hour

// discovery is what is known of the provider's endpoints, learnt when it is needed.
type discovery struct {
	flight flight

	mu    sync.Mutex // never held while asking
	last  *endpoints
	tried time.Time
}

// endpoints are what a discovery document says, checked.
type endpoints struct {
	at         time.Time
	oauth      oauth2.Endpoint
	userInfo   string
	endSession string // "" if there is none
	tellsIss   bool   // authorization_response_iss_parameter_supported: RFC 9207, 3
	keys       *keySet
}

// endpoints returns the provider's endpoints, discovering them if that was not yet done.
// federation.ErrUnavailable if that does not succeed.
func (p *Provider) endpoints(ctx context.Context) (*endpoints, error) {
	last, fresh := p.known()
	if fresh {
		return last, nil
	}
	err := p.found.flight.do(ctx, func() error { return p.discover(ctx) })
	if now, _ := p.known(); now != nil {
		return now, nil
	}
	return nil, err
}

// known returns the endpoints learnt last, and whether they will do: an old document is
// fetched anew at most once a minute.
func (p *Provider) known() (*endpoints, bool) {
	d := &p.found
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last == nil {
		return nil, false
	}
	now := p.now()
	age, since := now.Sub(d.last.at), now.Sub(d.tried)
	return d.last, age >= 0 && age < discoveryLife || since >= 0 && since < refetchAfter
}

func (p *Provider) discover(ctx context.Context) error {
	var found *endpoints
	err := p.ask(context.WithoutCancel(ctx), "discovery", func(ctx context.Context) error {
		provider, err := gooidc.NewProvider(gooidc.ClientContext(ctx, p.client), p.settings.Issuer)
		var mismatch *gooidc.IssuerMismatchError
		if errors.As(err, &mismatch) {
			return errors.New("the discovery document is of another issuer")
		}
		if err == nil {
			found, err = p.read(provider)
		}
		return err
	})
	d := &p.found
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tried = p.now()
	if err == nil {
		if d.last != nil && d.last.keys.address == found.keys.address {
			found.keys = d.last.keys // with what it holds
		}
		d.last = found
	}
	return err
}

// read checks what a discovery document names: OpenID Connect Discovery 1.0, 3.
func (p *Provider) read(provider *gooidc.Provider) (*endpoints, error) {
	var more struct {
		Keys       string `json:"jwks_uri"`
		EndSession string `json:"end_session_endpoint"`
		TellsIss   bool   `json:"authorization_response_iss_parameter_supported"`
	}
	if err := provider.Claims(&more); err != nil {
		return nil, errors.New("discovery document does not decode")
	}
	e := &endpoints{at: p.now(), oauth: provider.Endpoint(), userInfo: provider.UserInfoEndpoint(), tellsIss: more.TellsIss}
	required := map[string]string{"authorization_endpoint": e.oauth.AuthURL, "token_endpoint": e.oauth.TokenURL, "jwks_uri": more.Keys}
	if p.settings.UserInfo != UserInfoNone {
		required["userinfo_endpoint"] = e.userInfo
	}
	for name, address := range required {
		if err := p.endpoint(address); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if !p.settings.NoLogout && p.endpoint(more.EndSession) == nil {
		e.endSession = more.EndSession
	}
	e.oauth.DeviceAuthURL = ""
	e.keys = &keySet{provider: p, address: more.Keys}
	return e, nil
}

// verifier is go-oidc's for one token. All of its checks are on.
func (p *Provider) verifier(s *signature) *gooidc.IDTokenVerifier {
	return gooidc.NewVerifier(p.settings.Issuer, s, &gooidc.Config{
		ClientID:             p.settings.ClientID,
		SupportedSigningAlgs: p.settings.Algorithms,
		Now:                  p.now,
	})
}

// oauth is the client towards these endpoints. The style of authentication is explicit:
// oauth2 would else try one, fail, and burn the code at strict servers.
func (p *Provider) oauth(e *endpoints) *oauth2.Config {
	c := &oauth2.Config{ClientID: p.settings.ClientID, ClientSecret: p.secret, Endpoint: e.oauth,
		RedirectURL: p.callback.String(), Scopes: append([]string{gooidc.ScopeOpenID}, p.settings.Scopes...)}
	c.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	if p.settings.ClientAuth == SecretBasic {
		c.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	}
	return c
}

// Ready reports whether the provider can be asked now: nil, or federation.ErrUnavailable.
// It may discover it. For `guichet federation` and readiness pages; a sign-in needs no
// such call.
func (p *Provider) Ready(ctx context.Context) error {
	e, err := p.endpoints(ctx)
	if err != nil {
		return err
	}
	_, err = e.keys.current(ctx)
	return err
}
