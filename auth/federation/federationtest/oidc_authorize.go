package federationtest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

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
	req := request{redirect: q.Get("redirect_uri"), state: q.Get("state"), nonce: q.Get("nonce"), challenge: q.Get("code_challenge")}
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
	o.codes[code] = g
	o.sessions[g.sid] = g
	o.mu.Unlock()
	o.back(w, r, req, url.Values{"code": {code}})
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
