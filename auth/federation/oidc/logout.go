package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"guichet.example/auth/federation"
)

// loggedOutType is the typ of a logout token: OpenID Connect Back-Channel Logout 1.0, 2.4.
const loggedOutType = "logout+jwt"

// maxNotice is how old a logout token may be: it is posted as soon as it is made.
const maxNotice = 5 * time.Minute

var (
	errNoLogout = errors.New("nothing of this provider to log out of")
	errBack     = errors.New("address after the logout is of another host than ours")
	errNotice   = errors.New("not a logout token")
)

// Out implements federation.Provider: OpenID Connect RP-Initiated Logout 1.0, 2. ok is
// false if the provider offers no such thing or the settings hide it.
func (p *Provider) Out(ctx context.Context, l federation.Logout, back string) (string, bool, error) {
	if l.Provider != p.settings.ID || l.Issuer != p.settings.Issuer {
		return "", false, errNoLogout
	}
	if u, err := p.address(back); err != nil || u.Host != p.callback.Host || u.Scheme != p.callback.Scheme {
		return "", false, errBack
	}
	if p.settings.NoLogout {
		return "", false, nil
	}
	e, err := p.endpoints(ctx)
	if err != nil || e.endSession == "" {
		return "", false, err
	}
	u, err := url.Parse(e.endSession)
	if err != nil {
		return "", false, err
	}
	q := u.Query()
	q.Set("client_id", p.settings.ClientID)
	q.Set("post_logout_redirect_uri", back)
	if l.TokenHint != "" {
		q.Set("id_token_hint", l.TokenHint)
	}
	if l.State != "" {
		q.Set("state", l.State)
	}
	u.RawQuery = q.Encode()
	return u.String(), true, nil
}

// LoggedOut is what a logout token says, verified: the provider ended the session SID of
// Subject. At least one of the two is there; with SID alone all sessions that were begun
// with it are meant, with Subject alone all of that subject.
type LoggedOut struct {
	Issuer       string
	Subject, SID string
	ID           string    // jti: replay key, with Issuer
	Until        time.Time // forget ID then
}

// VerifyLogout checks a logout token, posted by the provider to our back-channel address:
// OpenID Connect Back-Channel Logout 1.0, 2.6. The caller refuses an ID that it has seen
// (RFC 8417, jti) and ends the sessions. ErrRefused, or ErrUnavailable if the provider's
// keys cannot be had; then the provider is answered with an error and tries again.
func (p *Provider) VerifyLogout(ctx context.Context, token string) (out LoggedOut, err error) {
	defer func() {
		if recover() != nil {
			err = federation.Refuse(errPanic)
		}
		if err != nil {
			out = LoggedOut{}
		}
	}()
	if token, err = p.openNotice(token); err != nil {
		return out, federation.Refuse(err)
	}
	head, err := signed(token, p.settings.Algorithms, loggedOutType)
	if err != nil {
		return out, federation.Refuse(err)
	}
	e, err := p.endpoints(ctx)
	if err != nil {
		return out, err
	}
	s := &signature{keys: e.keys, head: head}
	if _, err = p.verifier(s).VerifyLogout(ctx, token); err != nil { // events, nonce, iss, aud, exp
		return out, federation.Refuse(s.explain(err))
	}
	claims, err := parseObject(s.raw)
	if err != nil {
		return out, federation.Refuse(err)
	}
	out, err = p.loggedOut(claims)
	if err != nil {
		return out, federation.Refuse(err)
	}
	return out, nil
}

// openNotice opens a logout token, which is encrypted where ID tokens are, or signed only:
// providers differ, and it gives nothing away.
func (p *Provider) openNotice(token string) (string, error) {
	if _, err := readHeader(token, 3); err == nil {
		return token, nil
	}
	return p.open(token)
}

// event is the member of events that makes a JWT a logout token.
const event = "http://schemas.openid.net/event/backchannel-logout"

func (p *Provider) loggedOut(claims object) (LoggedOut, error) {
	events, _ := claims["events"].(object)
	if _, ok := events[event].(object); !ok {
		return LoggedOut{}, errNotice
	}
	if _, there := claims["nonce"]; there { // an ID token is not a logout token
		return LoggedOut{}, errNotice
	}
	if err := p.checkParties(claims); err != nil {
		return LoggedOut{}, err
	}
	now := p.now()
	pr := proof{claims: claims}
	if err := p.checkIssued(&pr, now, now.Add(-maxNotice)); err != nil {
		return LoggedOut{}, err
	}
	out := LoggedOut{Issuer: p.settings.Issuer, ID: bounded(claims.text("jti")), Until: pr.expires.Add(federation.Skew)}
	for name, into := range map[string]*string{"sub": &out.Subject, "sid": &out.SID} {
		value, there := claims[name]
		text, _ := value.(string)
		if *into = bounded(text); there && *into == "" {
			return LoggedOut{}, fmt.Errorf("%w: %s", errNotice, name)
		}
	}
	if out.ID == "" || out.Subject == "" && out.SID == "" {
		return LoggedOut{}, errNotice
	}
	return out, nil
}
