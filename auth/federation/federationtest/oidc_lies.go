package federationtest

import (
	"net/http"
	"net/url"
)

// Lies are what an OIDC provider does wrong. Each field that is set is one lie; the zero
// value is honest. The functions change what the provider would have said.
type Lies struct {
	Callback  func(answer url.Values)     // the query with which the browser is sent back
	Answer    func(tokens map[string]any) // the token endpoint's answer
	IDToken   Forgery                     //
	UserInfo  Forgery                     //
	Bare      func(claims map[string]any) // userinfo as JSON
	Logout    Forgery                     // logout tokens
	Discovery func(document map[string]any)
	Keys      func(set map[string]any)

	// Lax accepts any code verifier, any redirect URI and any code at the token endpoint
	// that was ever given out, and any client without proof.
	Lax bool
	// Instead serves an endpoint in the provider's place: one that hangs, breaks, sends
	// elsewhere.
	Instead map[string]http.HandlerFunc
}

// Forgery is what is done to a token while it is made, in this order.
type Forgery struct {
	Claims func(claims map[string]any)
	Header func(header map[string]any)
	Raw    func(header, claims []byte) ([]byte, []byte) // as JSON, before encoding
	Key    func() any                                   // signs instead: see JWS
	Signed func(token string) string                    // after signing
	Token  func(token string) string                    // after encryption, if any
}

// Lie replaces what the provider lies about.
func (o *OIDC) Lie(l Lies) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lies = l
}

func (o *OIDC) lie() Lies {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lies
}
