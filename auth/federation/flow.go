package federation

import (
	"encoding/base64"
	"fmt"
	"io"
	"time"

	"guichet.example/auth"
)

// Purpose is what a flow's answer may be used for. An answer made for one purpose is
// never used for another: the flow says which, not the answer.
type Purpose string

// The purposes.
const (
	SignIn  Purpose = "sign-in" // a session
	Enrol   Purpose = "enrol"   // an account, then a session
	Approve Purpose = "approve" // one document of one member in one session; no session
)

// Valid reports whether p is one of the purposes.
func (p Purpose) Valid() bool { return p == SignIn || p == Enrol || p == Approve }

// FlowLife is how long a provider's answer is awaited: long enough for a member to
// find her card or her telephone.
const FlowLife = 15 * time.Minute

// handleBytes is the strength of a flow's id and of the secrets beside it.
const handleBytes = 32

// Flow is one journey to a provider. It stays on the server until its answer comes;
// the browser carries only ID, and a cookie whose hash is Browser.
type Flow struct {
	ID       string  // NewHandle; RelayState or state. Never a URL
	Provider string  // Provider.ID: the one whose answer is awaited, and no other's
	Purpose  Purpose //
	Asked    int     // CSAM level at least
	Force    bool    // a new proof is wanted: ForceAuthn, prompt=login
	Created  time.Time
	Expires  time.Time
	Browser  [32]byte // SHA-256 of the binding cookie
	Return   string   // path below the language, of our own making
	Lang     string   // "fr", "nl", "de" or "en"

	RequestID string // SAML: ID of the AuthnRequest
	Nonce     string // OpenID Connect Core 1.0, 15.5.2
	Verifier  string // RFC 7636, 4.1

	// Approve: what for, by whom.
	Mutuality string
	Member    auth.MemberID
	Session   string   // public id
	Request   string   // id of the request that is approved
	Document  [32]byte // SHA-256 of its first Size bytes
	Size      int      // in bytes
}

// NewFlow draws a flow's id from rand and sets its times; the caller fills in the rest.
func NewFlow(rand io.Reader, now time.Time, provider string, p Purpose) (Flow, error) {
	if !p.Valid() {
		return Flow{}, fmt.Errorf("a flow for %.20q", string(p))
	}
	id, err := NewHandle(rand)
	if err != nil {
		return Flow{}, err
	}
	return Flow{ID: id, Provider: provider, Purpose: p, Created: now, Expires: now.Add(FlowLife)}, nil
}

// Over reports whether no answer counts any more: the flow's time is up, or the clock
// stands before its beginning by more than Skew.
func (f Flow) Over(now time.Time) bool {
	return !now.Before(f.Expires) || now.Before(f.Created.Add(-Skew))
}

// Skew is how far a provider's clock may stand from ours, either way.
const Skew = 60 * time.Second

// NewHandle draws 32 bytes from rand and writes them in base64url without padding, 43
// characters: the id of a flow, a nonce, a PKCE verifier, the value of a cookie.
func NewHandle(rand io.Reader) (string, error) {
	var raw [handleBytes]byte
	if _, err := io.ReadFull(rand, raw[:]); err != nil {
		return "", fmt.Errorf("drawing a handle: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw[:]), nil
}

// IsHandle reports whether s is one spelling that NewHandle writes: what comes back
// from a browser is looked at before it is looked up.
func IsHandle(s string) bool {
	if len(s) != base64.RawURLEncoding.EncodedLen(handleBytes) {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	return err == nil && base64.RawURLEncoding.EncodeToString(raw) == s
}
