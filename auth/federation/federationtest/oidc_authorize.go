package federationtest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"guichet.example/auth/federation"
)

// authorize is the authorization endpoint: OpenID Connect Core 1.0, 3.1.2.
func (o *OIDC) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	client, err := o.client(q.Get("client_id"))
	if err != nil || !slices.Contains(client.Redirects, q.Get("redirect_uri")) {
		// Never sent on: the address is not one that was registered.
		http.Error(w, "unknown client or redirect_uri", http.StatusBadRequest)
		return
	}
	req := request{redirect: q.Get("redirect_uri"), state: q.Get("state"), nonce: q.Get("nonce"), challenge: q.Get("code_challenge"), at: o.cfg.Now()}
	req.Question = Question{Ticket: random(), Client: client, Asked: strings.Fields(q.Get("acr_values")),
		Force: q.Get("prompt") == "login" || q.Get("max_age") == "0", Language: q.Get("ui_locales")}
	if q.Get("response_type") != "code" || !slices.Contains(strings.Fields(q.Get("scope")), "openid") ||
		q.Get("code_challenge_method") != "S256" || len(req.challenge) != 43 || req.nonce == "" || req.state == "" {
		o.back(w, r, req, url.Values{"error": {"invalid_request"}})
		return
	}
	o.mu.Lock()
	o.asked[req.Ticket] = req
	o.mu.Unlock()
	choice, ok := o.strongest(), true
	if o.cfg.Choose != nil {
		choice, ok = o.cfg.Choose(w, r, req.Question)
	}
	if ok {
		o.Answer(w, r, req.Ticket, choice)
	}
}

// strongest is Alice with the strongest key of the shape.
func (o *OIDC) strongest() Choice {
	if o.cfg.Shape == Itsme {
		return Choice{Person: Alice, Level: 450}
	}
	return Choice{Person: Alice, Level: 500}
}

// Answer sends the browser back with a choice, once for each ticket. A level below what was
// asked is told as it is: it is for the relying party to refuse.
func (o *OIDC) Answer(w http.ResponseWriter, r *http.Request, ticket string, c Choice) {
	o.mu.Lock()
	req, ok := o.asked[ticket]
	delete(o.asked, ticket)
	o.mu.Unlock()
	if !ok {
		http.Error(w, "this question was answered before", http.StatusBadRequest)
		return
	}
	if c.Cancel {
		o.back(w, r, req, url.Values{"error": {"access_denied"}, "error_description": {"The user turned back"}})
		return
	}
	now := o.cfg.Now()
	if c.At.IsZero() {
		c.At = now
	}
	g := &grant{request: req, choice: c, sid: random()[:16], made: now}
	code := random()
	o.mu.Lock()
	o.forget(now)
	o.codes[code] = g
	o.sessions[g.sid] = g
	o.mu.Unlock()
	o.back(w, r, req, url.Values{"code": {code}})
}

// Many logins are kept before the old ones are looked through, for kept is how long.
const (
	many = 4096
	kept = 10 * time.Minute
)

// forget drops what nobody will come for, once there is much of it: a demo or a measurement
// may run for long.
func (o *OIDC) forget(now time.Time) {
	if len(o.codes) < many {
		return
	}
	old := func(_ string, g *grant) bool { return g.used || now.Sub(g.made) > kept }
	maps.DeleteFunc(o.codes, old)
	maps.DeleteFunc(o.bearers, func(_ string, g *grant) bool { return now.Sub(g.made) > codeLife })
	maps.DeleteFunc(o.sessions, func(_ string, g *grant) bool { return now.Sub(g.made) > 8*time.Hour })
	maps.DeleteFunc(o.seen, func(_ string, at time.Time) bool { return now.Sub(at) > kept })
	maps.DeleteFunc(o.asked, func(_ string, r request) bool { return now.Sub(r.at) > kept })
}

// back redirects to the relying party, with state and issuer (RFC 9207).
func (o *OIDC) back(w http.ResponseWriter, r *http.Request, req request, answer url.Values) {
	answer.Set("state", req.state)
	answer.Set("iss", o.cfg.Issuer)
	if lie := o.lie().Callback; lie != nil {
		lie(answer)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, req.redirect+"?"+answer.Encode(), http.StatusFound)
}

// acr is how the provider spells a level.
func (o *OIDC) acr(level int) string {
	switch {
	case o.cfg.Shape != Itsme:
		return federation.CitizenRef(level)
	case level >= 450:
		return federation.ItsmeAdvanced
	}
	return federation.ItsmeBasic
}
