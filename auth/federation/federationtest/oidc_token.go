package federationtest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// Lives of what the provider gives out.
const (
	codeLife    = time.Minute
	idTokenLife = 5 * time.Minute
)

// token is the token endpoint: RFC 6749, 4.1.3; RFC 7636, 4.6.
func (o *OIDC) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if r.ParseForm() != nil || r.PostForm.Get("grant_type") != "authorization_code" {
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_request"})
		return
	}
	lies := o.lie()
	client, ok := o.authenticated(r)
	if lies.Lax {
		client, ok = o.cfg.Clients[0], true
	}
	if !ok {
		writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client", "error_description": "who is this?"})
		return
	}
	g, ok := o.redeem(r.PostForm, client, lies.Lax)
	if !ok {
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "no such code"})
		return
	}
	bearer := random()
	idToken, err := o.made(client, o.idClaims(g, bearer), lies.IDToken)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	o.mu.Lock()
	o.bearers[bearer] = g
	o.mu.Unlock()
	answer := map[string]any{"access_token": bearer, "token_type": "Bearer", "expires_in": 300, "id_token": idToken}
	if lies.Answer != nil {
		lies.Answer(answer)
	}
	writeJSON(w, http.StatusOK, answer)
}

// redeem takes a code, once. A code that comes twice ends what the first one opened:
// RFC 6749, 4.1.2.
func (o *OIDC) redeem(form url.Values, c Client, lax bool) (*grant, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g, ok := o.codes[form.Get("code")]
	if !ok || lax {
		return g, ok
	}
	if g.used {
		for bearer, other := range o.bearers {
			if other == g {
				delete(o.bearers, bearer)
			}
		}
		return nil, false
	}
	g.used = true
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	same := subtle.ConstantTimeCompare([]byte(encode(sum[:])), []byte(g.challenge)) == 1
	return g, same && g.Client.ID == c.ID && form.Get("redirect_uri") == g.redirect && o.cfg.Now().Sub(g.made) < codeLife
}

// authenticated returns the client that proved itself: OpenID Connect Core 1.0, 9.
func (o *OIDC) authenticated(r *http.Request) (Client, bool) {
	form := r.PostForm
	if id, secret, ok := r.BasicAuth(); ok {
		// RFC 6749, 2.3.1: both are form-encoded before they are put together.
		id, err := url.QueryUnescape(id)
		secret, err2 := url.QueryUnescape(secret)
		c, err3 := o.client(id)
		return c, err == nil && err2 == nil && err3 == nil && same(c.Secret, secret)
	}
	c, err := o.client(form.Get("client_id"))
	if err != nil {
		return Client{}, false
	}
	if c.Key == nil {
		return c, same(c.Secret, form.Get("client_secret"))
	}
	return c, form.Get("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" &&
		o.assertion(c, form.Get("client_assertion"))
}

func same(want, got string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(got)) == 1
}

// assertion checks a client assertion: RFC 7523, 3. It counts once and lives a minute.
func (o *OIDC) assertion(c Client, text string) bool {
	jws, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.RS256, jose.ES256})
	if err != nil {
		return false
	}
	raw, err := jws.Verify(c.Key)
	if err != nil {
		return false
	}
	var claims struct {
		Iss, Sub, Aud, JTI string
		Iat, Exp           int64
	}
	if json.Unmarshal(raw, &claims) != nil || claims.Iss != c.ID || claims.Sub != c.ID || claims.JTI == "" {
		return false
	}
	now := o.cfg.Now().Unix()
	o.mu.Lock()
	defer o.mu.Unlock()
	_, seen := o.seen[claims.JTI]
	fresh := !seen && claims.Exp > now && claims.Exp <= now+60 && claims.Iat <= now
	o.seen[claims.JTI] = o.cfg.Now()
	return fresh && slices.Contains([]string{o.cfg.Issuer, o.cfg.Issuer + Token}, claims.Aud)
}

// idClaims are the claims of an ID token: OpenID Connect Core 1.0, 2 and 3.1.3.6.
func (o *OIDC) idClaims(g *grant, bearer string) map[string]any {
	now := o.cfg.Now()
	hash := sha256.Sum256([]byte(bearer))
	claims := map[string]any{
		"iss": o.cfg.Issuer, "sub": g.choice.Person.ID(), "aud": g.Client.ID, "azp": g.Client.ID,
		"iat": now.Unix(), "exp": now.Add(idTokenLife).Unix(), "auth_time": g.choice.At.Unix(),
		"nonce": g.nonce, "acr": o.acr(g.choice.Level), "at_hash": encode(hash[:16]), "sid": g.sid, "jti": random(),
	}
	if amr := map[int]string{200: "pwd", 400: "totp", 450: "bmid", 500: "eid"}[g.choice.Level]; amr != "" {
		claims["amr"] = []string{amr}
	}
	return claims
}
