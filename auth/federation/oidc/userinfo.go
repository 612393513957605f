package oidc

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"slices"

	jose "github.com/go-jose/go-jose/v4"

	"guichet.example/auth/federation"
)

var errUserInfo = errors.New("userinfo is not of the form that is accepted")

// told is what userinfo says.
type told struct {
	received string           // as signed, or the JSON; "" if not asked
	key      *jose.JSONWebKey // that verified it; nil for JSON
	claims   object
}

// userInfo asks the userinfo endpoint about the subject of the ID token. go-oidc would not
// look at issuer, audience and subject of the answer, nor at its algorithm.
func (p *Provider) userInfo(ctx context.Context, e *endpoints, bearer, subject string) (told, error) {
	if p.settings.UserInfo == UserInfoNone {
		return told{claims: object{}}, nil
	}
	var body []byte
	var kind string
	err := p.ask(ctx, "userinfo", func(ctx context.Context) error {
		var err error
		body, kind, err = p.get(ctx, e.userInfo, bearer)
		return err
	})
	if err != nil {
		return told{}, err
	}
	kind, _, err = mime.ParseMediaType(kind)
	if err != nil {
		return told{}, errUserInfo
	}
	var t told
	switch {
	case p.settings.UserInfo == UserInfoJWT && kind == typeJWT:
		t, err = p.signedUserInfo(ctx, e, string(body))
	case p.settings.UserInfo == UserInfoJSON && kind == typeJSON:
		t.received = string(body)
		t.claims, err = parseObject(body)
	default:
		err = errUserInfo
	}
	if err != nil {
		return told{}, err
	}
	if !t.claims.is("sub", subject) { // OpenID Connect Core 1.0, 5.3.4
		return told{}, errSubject
	}
	return t, nil
}

// signedUserInfo verifies userinfo as a JWT of this issuer for this client: OpenID Connect
// Core 1.0, 5.3.2. Its times, where it has any, must hold.
func (p *Provider) signedUserInfo(ctx context.Context, e *endpoints, received string) (told, error) {
	token, err := p.open(received)
	if err != nil {
		return told{}, err
	}
	head, err := signed(token, p.settings.Algorithms)
	if err != nil {
		return told{}, err
	}
	raw, key, err := e.keys.verify(ctx, token, head)
	if err != nil {
		return told{}, err
	}
	claims, err := parseObject(raw)
	if err != nil {
		return told{}, err
	}
	if !claims.is("iss", p.settings.Issuer) {
		return told{}, errIssuer
	}
	if !slices.Contains(claims.audiences(), p.settings.ClientID) {
		return told{}, errAudience
	}
	return told{received: token, key: key, claims: claims}, p.checkUserInfoTimes(claims)
}

func (p *Provider) checkUserInfoTimes(claims object) error {
	now := p.now()
	if issued, told, ok := claims.time("iat"); !ok || told && (issued.After(now.Add(federation.Skew)) || now.Sub(issued) > maxLife) {
		return fmt.Errorf("%w: iat", errTimes)
	}
	if expires, told, ok := claims.time("exp"); !ok || told && !now.Before(expires) {
		return fmt.Errorf("%w: exp", errTimes)
	}
	if begins, _, ok := claims.time("nbf"); !ok || begins.After(now.Add(federation.Skew)) {
		return fmt.Errorf("%w: nbf", errTimes)
	}
	return nil
}
