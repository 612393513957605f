package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sort"
	"strings"

	"golang.org/x/oauth2"

	"guichet.example/auth/federation"
)

// errFlow: the caller hands over a flow that is not for this provider, or not whole.
var errFlow = errors.New("flow is not for this provider")

// Begin implements federation.Provider. It fills in Nonce and Verifier. A
// federation.LevelError if the provider has no key of the level that is asked.
func (p *Provider) Begin(ctx context.Context, f *federation.Flow) (string, error) {
	if f.Provider != p.settings.ID || !federation.IsHandle(f.ID) || f.Asked != 0 && !federation.Known(f.Asked) {
		return "", errFlow
	}
	acr, err := p.acrValues(f.Asked)
	if err != nil {
		return "", err
	}
	e, err := p.endpoints(ctx)
	if err != nil {
		return "", err
	}
	if f.Nonce, err = federation.NewHandle(p.rand); err != nil {
		return "", err
	}
	if f.Verifier, err = federation.NewHandle(p.rand); err != nil { // 43 characters: RFC 7636, 4.1
		return "", err
	}
	options := []oauth2.AuthCodeOption{
		oauth2.S256ChallengeOption(f.Verifier),
		oauth2.SetAuthURLParam("nonce", f.Nonce),
	}
	if acr != nil {
		options = append(options, oauth2.SetAuthURLParam("acr_values", strings.Join(acr, " ")))
	}
	if f.Force { // OpenID Connect Core 1.0, 3.1.2.1: with max_age, auth_time must come back
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	if lang := federation.Language(f.Lang); lang != "" {
		options = append(options, oauth2.SetAuthURLParam("ui_locales", lang))
	}
	if claims := p.claims(acr); claims != "" {
		options = append(options, oauth2.SetAuthURLParam("claims", claims))
	}
	return p.oauth(e).AuthCodeURL(f.ID, options...), nil
}

// acrValues are what is asked for, in order of preference; nil asks for nothing. The
// answer is checked whatever was asked.
func (p *Provider) acrValues(asked int) ([]string, error) {
	switch {
	case asked == 0:
		return nil, nil
	case p.settings.Shape == FAS && p.settings.OlderLevels:
		return []string{federation.OlderRef(asked)}, nil
	case p.settings.Shape == FAS:
		return []string{federation.CitizenRef(asked)}, nil
	}
	rows := map[string]int{}
	if p.settings.Shape == Itsme {
		for _, ref := range []string{federation.ItsmeBasic, federation.ItsmeAdvanced} {
			rows[ref], _ = p.table.Of(ref)
		}
	}
	for ref, level := range p.settings.Levels {
		rows[ref] = level
	}
	var enough []string
	best := 0
	for ref, level := range rows {
		best = max(best, level)
		if level >= asked {
			enough = append(enough, ref)
		}
	}
	if enough == nil {
		return nil, federation.LevelError{Have: best, Asked: asked}
	}
	sort.Slice(enough, func(i, j int) bool {
		a, b := enough[i], enough[j]
		return rows[a] < rows[b] || rows[a] == rows[b] && a < b
	})
	if p.settings.Shape == Itsme {
		enough = enough[:1] // it takes one
	}
	return enough, nil
}

// claims is the claims parameter (OpenID Connect Core 1.0, 5.5): itsme tells the national
// number only when it is asked for by name. "" where scopes do.
func (p *Provider) claims(acr []string) string {
	if p.settings.Shape != Itsme {
		return ""
	}
	essential := map[string]any{"essential": true}
	where := "userinfo"
	if p.settings.UserInfo == UserInfoNone {
		where = "id_token"
	}
	ask := map[string]map[string]any{"id_token": {"auth_time": essential}, "userinfo": {}}
	ask[where][p.settings.NumberClaim] = essential
	if acr != nil {
		ask["id_token"]["acr"] = map[string]any{"essential": true, "values": slices.Clone(acr)}
	}
	raw, err := json.Marshal(ask)
	if err != nil {
		return ""
	}
	return string(raw)
}
