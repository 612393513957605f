package oidc

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"guichet.example/auth/federation"
)

var (
	errClaims   = errors.New("issuer, audience or form of the token are another's")
	errAudience = errors.New("token is for another client")
	errNonce    = errors.New("nonce is another")
	errTimes    = errors.New("a time in the token is missing or out of bounds")
	errSubject  = errors.New("token names no subject, or another")
	errAtHash   = errors.New("at_hash does not fit the access token")
	errFeatures = errors.New("token points to claims elsewhere")
)

// maxLife bounds how long an ID token may claim to hold.
const maxLife = 24 * time.Hour

// maxProofAge bounds how old a proof may be when no new one was asked for: the provider's
// own session of a day.
const maxProofAge = 24 * time.Hour

// proof verifies the ID token of a token answer: OpenID Connect Core 1.0, 3.1.3.7, in
// brackets the number of its step.
func (p *Provider) proof(ctx context.Context, e *endpoints, f federation.Flow, tokens *oauth2.Token) (proof, error) {
	raw, ok := tokens.Extra("id_token").(string)
	if !ok || raw == "" {
		return proof{}, errTokens
	}
	raw, err := p.open(raw) // [1]
	if err != nil {
		return proof{}, err
	}
	head, err := signed(raw, p.settings.Algorithms) // [7] [8]
	if err != nil {
		return proof{}, err
	}
	s := &signature{keys: e.keys, head: head}
	token, err := p.verifier(s).Verify(ctx, raw) // [2] [3] [6] [9]
	if err != nil {
		return proof{}, s.explain(err)
	}
	claims, err := parseObject(s.raw)
	if err != nil {
		return proof{}, err
	}
	pr := proof{token: raw, key: s.key, claims: claims, id: assertionID(raw), sid: bounded(claims.text("sid"))}
	if err := p.checkParties(claims); err != nil {
		return proof{}, err
	}
	if subtle.ConstantTimeCompare([]byte(claims.text("nonce")), []byte(f.Nonce)) != 1 { // [11]
		return proof{}, errNonce
	}
	if _, there := claims["at_hash"]; there && token.VerifyAccessToken(tokens.AccessToken) != nil { // 3.1.3.8
		return proof{}, errAtHash
	}
	if pr.subject = claims.text("sub"); pr.subject == "" || pr.subject != bounded(pr.subject) {
		return proof{}, errSubject
	}
	if err := p.checkTimes(&pr, f); err != nil { // [9] [10] [13]
		return proof{}, err
	}
	acr, _ := claims["acr"].(string)
	pr.level, err = p.table.Check(acr, f.Asked) // [12]
	return pr, err
}

// explain says why go-oidc refused a token in words of our own: its texts repeat what the
// token says.
func (s *signature) explain(err error) error {
	var expired *gooidc.TokenExpiredError
	switch {
	case s.cause != nil:
		return s.cause
	case errors.As(err, &expired):
		return fmt.Errorf("%w: expired", errTimes)
	}
	return errClaims
}

// checkParties compares issuer and audiences, and refuses claims that are elsewhere.
func (p *Provider) checkParties(claims object) error {
	if !claims.is("iss", p.settings.Issuer) { // [2]
		return errIssuer
	}
	audiences, ours := claims.audiences(), false
	for _, audience := range audiences {
		ours = ours || audience == p.settings.ClientID
	}
	azp, told := claims["azp"]
	if !ours || told && azp != p.settings.ClientID || len(audiences) > 1 && !told { // [3] [4] [5]
		return errAudience
	}
	for _, name := range []string{"_claim_names", "_claim_sources"} { // 5.6.2
		if _, there := claims[name]; there {
			return errFeatures
		}
	}
	return nil
}

// checkTimes holds every time in the token against ours and against the flow's.
func (p *Provider) checkTimes(pr *proof, f federation.Flow) error {
	now := p.now()
	if err := p.checkIssued(pr, now, f.Created); err != nil {
		return err
	}
	at, told, ok := pr.claims.time("auth_time") // absent: year 1
	switch {
	case !ok || told && at.After(now.Add(federation.Skew)):
		return fmt.Errorf("%w: auth_time", errTimes)
	case f.Force && at.Before(f.Created.Add(-federation.Skew)), told && now.Sub(at) > maxProofAge:
		return federation.ErrStale
	case told:
		pr.at = at
	}
	return nil
}

// checkIssued holds exp, nbf and iat against now, and iat against the earliest moment that
// the token can be of.
func (p *Provider) checkIssued(pr *proof, now, earliest time.Time) error {
	issued, told, ok := pr.claims.time("iat")
	if !ok || !told || issued.After(now.Add(federation.Skew)) || issued.Before(earliest.Add(-federation.Skew)) {
		return fmt.Errorf("%w: iat", errTimes)
	}
	expires, told, ok := pr.claims.time("exp")
	if !ok || !told || !now.Before(expires) || expires.Sub(issued) > maxLife {
		return fmt.Errorf("%w: exp", errTimes)
	}
	if begins, _, ok := pr.claims.time("nbf"); !ok || begins.After(now.Add(federation.Skew)) {
		return fmt.Errorf("%w: nbf", errTimes)
	}
	pr.at, pr.expires = issued, expires
	return nil
}

// bounded returns s if it is 1 to federation.MaxText characters of ASCII (OpenID Connect
// Core 1.0, 2, sub), else "".
func bounded(s string) string {
	if len(s) > federation.MaxText {
		return ""
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return ""
		}
	}
	return s
}
