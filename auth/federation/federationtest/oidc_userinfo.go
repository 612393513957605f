package federationtest

import (
	"net/http"
	"strings"
)

// userInfo is the userinfo endpoint: OpenID Connect Core 1.0, 5.3.
func (o *OIDC) userInfo(w http.ResponseWriter, r *http.Request) {
	bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	o.mu.Lock()
	g := o.bearers[bearer]
	o.mu.Unlock()
	if !ok || g == nil {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_token"})
		return
	}
	lies, claims := o.lie(), o.person(g.choice)
	if g.Client.JSON {
		if lies.Bare != nil {
			lies.Bare(claims)
		}
		writeJSON(w, http.StatusOK, claims)
		return
	}
	claims["iss"], claims["aud"] = o.cfg.Issuer, g.Client.ID
	token, err := o.made(g.Client, claims, lies.UserInfo)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/jwt;charset=UTF-8")
	w.Write([]byte(token))
}

// person is what the shape tells of someone.
func (o *OIDC) person(c Choice) map[string]any {
	p := c.Person
	var claims map[string]any
	number := "egovNRN"
	if o.cfg.Shape == Itsme {
		number = "http://itsme.services/v2/claim/BENationalNumber"
		claims = map[string]any{"given_name": p.GivenNames, "family_name": p.Surname, "email": p.Email, "locale": p.Language}
	} else {
		claims = map[string]any{"givenName": p.GivenNames, "surname": p.Surname, "mail": p.Email,
			"prefLanguage": p.Language, "fedid": p.ID(), "assurance_level": o.acr(c.Level)}
	}
	claims["sub"] = p.ID()
	if p.Number != "" {
		claims[number] = p.Number
	}
	return claims
}
