// Package federation turns what a federal identity provider says into an identity
// that may be believed: the vocabulary that the SAML and the OpenID Connect side share.
//
// The flow: a page makes a [Flow] with [NewFlow] and keeps it on the server;
// [Provider.Begin] fills in what the protocol needs (the id of the SAML request, the
// OpenID nonce and PKCE verifier) and gives the address where the browser goes; the
// answer comes back with the flow's id as RelayState or state; the caller takes the
// flow out of its store, so that it counts once, whatever comes next, and hands both
// to [Provider.Finish], which makes every check there is and returns an [Identity];
// the caller writes Identity.Issuer and Identity.Assertion into its store of used
// assertions, in the transaction that takes the flow, before any session begins.
//
// What is told and what is proved are kept apart: the national number and the level
// are proved; names, language and e-mail address are data.
//
// Nothing of a person is in an error, and a Flow, an Identity or a Logout that is
// printed or logged gives away neither who nor by which secret.
package federation

import (
	"context"
	"net/url"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
)

// Protocols of a Provider.
const (
	SAML = "saml" // SAML 2.0, Web Browser SSO Profile
	OIDC = "oidc" // OpenID Connect Core 1.0, authorization code flow
)

// Provider is one configured identity provider. It is safe for concurrent use, and it
// starts though its provider is down.
type Provider interface {
	// ID is the provider's name in settings, paths and the audit trail: lower-case
	// letters, digits and hyphens.
	ID() string
	// Names says what members read on the button, by language: fr, nl, de, en.
	Names() map[string]string
	// Protocol is SAML or OIDC.
	Protocol() string
	// Begin writes into f what Finish will compare (RequestID, or Nonce and Verifier)
	// and returns the address to which the browser is redirected. It asks for at least
	// f.Asked and, if f.Force, for a new proof. ErrUnavailable if the provider does not
	// answer; it never waits longer than its configured time-out.
	Begin(ctx context.Context, f *Flow) (address string, err error)
	// Finish checks the answer to f: the form fields of a SAML response or the query of
	// an OpenID callback. The caller has already taken f out of its store, by the id in
	// the answer and the browser's cookie. Its errors are ErrCancelled, ErrUnavailable,
	// and ErrRefused, which ErrNoNumber, ErrStale and LevelError also are. It never panics.
	Finish(ctx context.Context, f Flow, answer url.Values) (Identity, error)
	// Out returns the address that ends the provider's own session and sends the
	// browser on to back, one of the addresses registered there. ok is false if the
	// provider offers none; the session here was ended before.
	Out(ctx context.Context, l Logout, back string) (address string, ok bool, err error)
}

// Identity is what an answer proved, after every check. It holds the national number
// and the answer itself: it is logged through LogValue only.
type Identity struct {
	Provider string // Provider.ID
	Issuer   string // entity id or issuer, as configured and as checked
	Subject  string // NameID or sub. SAML's is transient: never the key of an account

	Number    nrn.Number // with right check digits
	HasNumber bool       // true in all that Finish returns: without a number it is ErrNoNumber

	// As told: data, not proof. At most MaxText bytes of valid UTF-8 each, without
	// control characters; empty if not told or not such a text.
	GivenNames, Surname, Email string
	Language                   string // "fr", "nl", "de", "en" or ""

	Level     int            // CSAM level, from the table of Levels; at least Flow.Asked
	Assurance auth.Assurance // auth.OfCSAM(Level)
	At        time.Time      // when the proof was given: AuthnInstant, auth_time

	Assertion string    // id of the assertion, or what stands for one: replay key, with Issuer
	Until     time.Time // from here on the answer is refused as expired: forget Assertion then

	// Evidence is the answer as received, for the vault record of an approval: the SAML
	// response, or ID token and userinfo. At most MaxEvidence bytes. Never logged. Only
	// answers to a flow of purpose Approve need have it.
	Evidence []byte
	Logout   Logout
}

// MaxText bounds a name, an e-mail address and a subject, in bytes.
const MaxText = 255

// MaxEvidence bounds Identity.Evidence, in bytes.
const MaxEvidence = 512 << 10

// Logout is what a provider needs to end its session: kept with our session, sealed.
// Its JSON is what is sealed.
type Logout struct {
	Provider string `json:"provider"` // Provider.ID

	// SAML 2.0 core, 3.7.1: the identifier exactly as in the assertion.
	NameID          string `json:"name_id,omitempty"`
	Format          string `json:"format,omitempty"`
	NameQualifier   string `json:"name_qualifier,omitempty"`
	SPNameQualifier string `json:"sp_name_qualifier,omitempty"`
	SessionIndex    string `json:"session_index,omitempty"`

	// OpenID Connect RP-Initiated Logout 1.0 and Back-Channel Logout 1.0.
	Issuer    string `json:"issuer,omitempty"`
	Subject   string `json:"subject,omitempty"`
	SID       string `json:"sid,omitempty"`
	TokenHint string `json:"token_hint,omitempty"` // the ID token as received

	// State is what the caller wants back as RelayState or state when the browser
	// returns: base64url, at most 64 bytes; empty for none. Not kept.
	State string `json:"-"`
}

// IsZero reports whether there is nothing to log out of.
func (l Logout) IsZero() bool { return l == Logout{} }
