package oidc

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	jose "github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"guichet.example/auth"
	"guichet.example/auth/federation"
)

var (
	errTokens  = errors.New("token answer has no ID token or no access token")
	errNumbers = fmt.Errorf("%w: two different ones", federation.ErrNoNumber)
)

// Finish implements federation.Provider.
func (p *Provider) Finish(ctx context.Context, f federation.Flow, answer url.Values) (id federation.Identity, err error) {
	defer func() {
		if recover() != nil {
			err = federation.Refuse(errPanic)
		}
		if err != nil {
			id = federation.Identity{}
		}
	}()
	code, err := p.code(f, answer)
	if err != nil {
		return id, federation.Refuse(err)
	}
	e, err := p.endpoints(ctx)
	if err != nil {
		return id, err
	}
	if e.tellsIss && !answer.Has("iss") { // another provider's, then
		return id, federation.Refuse(errIssuer)
	}
	tokens, err := p.exchange(ctx, e, f, code)
	if err != nil {
		return id, federation.Refuse(err)
	}
	proof, err := p.proof(ctx, e, f, tokens)
	if err != nil {
		return id, federation.Refuse(err)
	}
	told, err := p.userInfo(ctx, e, tokens.AccessToken, proof.subject)
	if err != nil {
		return id, federation.Refuse(err)
	}
	if id, err = p.identity(proof, told); err != nil {
		return id, federation.Refuse(err)
	}
	if f.Purpose == federation.Approve {
		if id.Evidence, err = evidence(proof, told); err != nil {
			return id, federation.Refuse(err)
		}
	}
	return id, nil
}

// exchange changes the code for tokens.
func (p *Provider) exchange(ctx context.Context, e *endpoints, f federation.Flow, code string) (*oauth2.Token, error) {
	options, err := p.prove(e.oauth.TokenURL)
	if err != nil {
		return nil, err
	}
	options = append(options, oauth2.VerifierOption(f.Verifier))
	var tokens *oauth2.Token
	err = p.ask(ctx, "token endpoint", func(ctx context.Context) error {
		var err error
		tokens, err = p.oauth(e).Exchange(gooidc.ClientContext(ctx, p.client), code, options...)
		var told *oauth2.RetrieveError // of status 200: its text is the provider's
		if errors.As(err, &told) {
			err = errTokens
		}
		return err
	})
	var refused statusError
	if errors.As(err, &refused) && (refused.code == "invalid_client" || refused.code == "unauthorized_client") {
		p.log.Error("an identity provider does not accept our client", "provider", p.settings.ID, "code", refused.code)
		return nil, fmt.Errorf("%w: %w", federation.ErrUnavailable, err)
	}
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(tokens.TokenType, "Bearer") || tokens.AccessToken == "" || len(tokens.AccessToken) > MaxToken {
		return nil, errTokens
	}
	return tokens, nil
}

// identity puts together what was proved.
func (p *Provider) identity(pr proof, told told) (federation.Identity, error) {
	number, inToken := pr.claims[p.settings.NumberClaim]
	if toldNumber, ok := told.claims[p.settings.NumberClaim]; ok {
		if inToken && toldNumber != number {
			return federation.Identity{}, errNumbers
		}
		number = toldNumber
	}
	digits, _ := number.(string)
	n, err := federation.Number(digits)
	if err != nil {
		return federation.Identity{}, err
	}
	id := federation.Identity{
		Provider: p.settings.ID, Issuer: p.settings.Issuer, Subject: pr.subject,
		Number: n, HasNumber: true,
		Level: pr.level, Assurance: auth.OfCSAM(pr.level), At: pr.at,
		Assertion: pr.id, Until: pr.expires.Add(federation.Skew),
		Logout: federation.Logout{Provider: p.settings.ID, Issuer: p.settings.Issuer, Subject: pr.subject, SID: pr.sid},
	}
	if !inToken { // a hint travels in an address, and the national number must not
		id.Logout.TokenHint = pr.token
	}
	name := func(names ...string) string {
		for _, name := range names {
			for _, claims := range []object{told.claims, pr.claims} {
				if text := federation.Text(claims.text(name)); text != "" {
					return text
				}
			}
		}
		return ""
	}
	id.GivenNames, id.Surname = name("givenName", "given_name"), name("surname", "family_name")
	id.Email = name("mail", "email")
	id.Language = federation.Language(name("prefLanguage", "locale"))
	return id, nil
}

// evidence is what the record of an approval keeps: the tokens as signed by the provider
// (an envelope that only we could open proves nothing to others, and is taken off) and the
// keys that verified them, which the provider will withdraw in time.
func evidence(pr proof, told told) ([]byte, error) {
	record := struct {
		IDToken  string            `json:"id_token"`
		UserInfo string            `json:"userinfo,omitempty"`
		Keys     []jose.JSONWebKey `json:"keys"`
	}{IDToken: pr.token, UserInfo: told.received}
	for _, key := range []*jose.JSONWebKey{pr.key, told.key} {
		if key != nil && (len(record.Keys) == 0 || key.KeyID != record.Keys[0].KeyID) {
			record.Keys = append(record.Keys, jose.JSONWebKey{Key: key.Key, KeyID: key.KeyID, Use: "sig"})
		}
	}
	raw, err := json.Marshal(record)
	if err == nil && len(raw) > federation.MaxEvidence {
		err = errTokens
	}
	return raw, err
}

// assertionID stands for an ID token in the store of used assertions: a hash of what was
// signed, for a signature may have several spellings.
func assertionID(token string) string {
	signedPart := token[:strings.LastIndexByte(token, '.')]
	sum := sha256.Sum256([]byte(signedPart))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// proof is what an ID token proved, after every check.
type proof struct {
	token   string           // as signed, after decryption
	key     *jose.JSONWebKey // that verified it
	id      string           // assertionID
	claims  object
	subject string
	sid     string
	level   int
	at      time.Time
	expires time.Time
}
