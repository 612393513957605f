package federationtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// endSession is the end_session endpoint: OpenID Connect RP-Initiated Logout 1.0. It ends
// the session of the hint, tells the client by back channel, and goes back only to an
// address that was registered.
func (o *OIDC) endSession(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	sid, audience, err := o.hint(q.Get("id_token_hint"))
	if id := q.Get("client_id"); err != nil || id != "" && audience != "" && id != audience {
		http.Error(w, "id_token_hint is not ours", http.StatusBadRequest)
		return
	} else if audience == "" {
		audience = id
	}
	client, err := o.client(audience)
	back := q.Get("post_logout_redirect_uri")
	if err != nil || back != "" && !slices.Contains(client.AfterLogout, back) {
		http.Error(w, "post_logout_redirect_uri is not registered", http.StatusBadRequest)
		return
	}
	if sid != "" {
		o.End(r.Context(), sid)
	}
	if back == "" {
		fmt.Fprintln(w, "Logged out.")
		return
	}
	if state := q.Get("state"); state != "" {
		back += "?" + url.Values{"state": {state}}.Encode()
	}
	http.Redirect(w, r, back, http.StatusFound)
}

// hint reads the ID token of an id_token_hint. An empty one is fine.
func (o *OIDC) hint(token string) (sid, audience string, err error) {
	if token == "" {
		return "", "", nil
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256})
	if err != nil {
		return "", "", err
	}
	o.mu.Lock()
	keys := slices.Clone(o.keys)
	o.mu.Unlock()
	for _, k := range keys {
		raw, err := jws.Verify(k.key.Public())
		if err != nil {
			continue
		}
		var claims struct{ SID, Aud string }
		err = json.Unmarshal(raw, &claims)
		return claims.SID, claims.Aud, err
	}
	return "", "", errors.New("not signed by us")
}

// Sessions returns how many sessions are open.
func (o *OIDC) Sessions() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.sessions)
}

// End ends a session and posts a logout token to its client, if it has a back channel.
func (o *OIDC) End(ctx context.Context, sid string) error {
	o.mu.Lock()
	g := o.sessions[sid]
	delete(o.sessions, sid)
	o.mu.Unlock()
	if g == nil || g.Client.BackChannel == "" {
		return nil
	}
	token, err := o.LogoutToken(g.Client, g.choice.Person.ID(), sid)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	form := url.Values{"logout_token": {token}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.Client.BackChannel, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("back channel answers %s", answer.Status)
	}
	return nil
}

// EndAll ends every session, as when a person logs out at the provider itself.
func (o *OIDC) EndAll(ctx context.Context) error {
	o.mu.Lock()
	var sids []string
	for sid := range o.sessions {
		sids = append(sids, sid)
	}
	o.mu.Unlock()
	var all error
	for _, sid := range sids {
		all = errors.Join(all, o.End(ctx, sid))
	}
	return all
}

// LogoutToken makes a logout token: OpenID Connect Back-Channel Logout 1.0, 2.4.
func (o *OIDC) LogoutToken(c Client, sub, sid string) (string, error) {
	now := o.cfg.Now()
	claims := map[string]any{"iss": o.cfg.Issuer, "aud": c.ID, "iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(), "jti": random(),
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
	if sub != "" {
		claims["sub"] = sub
	}
	if sid != "" {
		claims["sid"] = sid
	}
	forge := o.lie().Logout
	header := forge.Header
	forge.Header = func(h map[string]any) {
		h["typ"] = "logout+jwt"
		if header != nil {
			header(h)
		}
	}
	c.SealTo = nil
	return o.made(c, claims, forge)
}
