package oidc

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"guichet.example/auth/federation"
)

// maxCode bounds an authorization code, in bytes: some providers make it a JWT.
const maxCode = 4 << 10

var (
	errDoubled  = errors.New("a parameter of the answer is there twice")
	errState    = errors.New("state is another")
	errOver     = errors.New("the answer comes too late")
	errProvider = errors.New("the flow is for another provider")
	errIssuer   = errors.New("the answer is of another issuer")
	errCode     = errors.New("the answer has no code")
)

// ours are the parameters that are looked at. Each is there at most once.
var ours = []string{"state", "iss", "error", "code", "response"}

// code looks at the answer in the browser's address and returns the authorization code.
func (p *Provider) code(f federation.Flow, answer url.Values) (string, error) {
	for _, name := range ours {
		if len(answer[name]) > 1 {
			return "", errDoubled
		}
	}
	switch {
	case f.Provider != p.settings.ID:
		return "", errProvider
	case f.Nonce == "" || f.Verifier == "" || !federation.IsHandle(f.ID):
		return "", errFlow
	case subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(f.ID)) != 1:
		return "", errState
	case f.Over(p.now()):
		return "", errOver
	case answer.Has("iss") && answer.Get("iss") != p.settings.Issuer: // RFC 9207, 2.4
		return "", errIssuer
	case answer.Has("response"):
		return "", errors.New("the answer is a JWT, which was not asked for")
	case answer.Has("error"):
		return "", answeredError(answer.Get("error"))
	}
	code := answer.Get("code")
	if code == "" || len(code) > maxCode {
		return "", errCode
	}
	for i := range len(code) {
		if code[i] < ' ' || code[i] > '~' { // RFC 6749, A.11
			return "", errCode
		}
	}
	return code, nil
}

// The error codes of the authorization endpoint (RFC 6749, 4.1.2.1; OpenID Connect Core
// 1.0, 3.1.2.6; OpenID Connect Core Error Code unmet_authentication_requirements).
var (
	// turnedBack: the member did not want to, or has no key that would do.
	turnedBack = []string{"access_denied", "unmet_authentication_requirements", "login_required",
		"interaction_required", "consent_required", "account_selection_required"}
	outOfOrder = []string{"server_error", "temporarily_unavailable"}
	ourMistake = []string{"invalid_request", "unauthorized_client", "unsupported_response_type",
		"invalid_scope", "invalid_request_object", "request_not_supported", "request_uri_not_supported"}
)

// answeredError turns an error answer into one of ours. Its text and description were
// written by a stranger, perhaps by whoever made the link: neither is repeated.
func answeredError(code string) error {
	switch {
	case slices.Contains(turnedBack, code):
		return fmt.Errorf("%w: %s", federation.ErrCancelled, code)
	case slices.Contains(outOfOrder, code):
		return fmt.Errorf("%w: %s", federation.ErrUnavailable, code)
	case slices.Contains(ourMistake, code):
		return fmt.Errorf("the provider answers %s", code)
	}
	return errors.New("the provider answers an error that has no name here")
}
