package federal

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/oidc"
	"guichet.example/auth/federation/saml"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// SAMLLogout takes what comes by Redirect to our logout address: a provider's request,
// which ends the sessions it names, or the answer to ours. What the provider did not
// sign ends nothing.
func (f *Federal) SAMLLogout(c *gin.Context) error {
	ctx := c.Request.Context()
	patient, stop := context.WithTimeout(ctx, Patience)
	defer stop()
	msg, err := saml.ReadLogout(patient, saml.LogoutInput{RawQuery: c.Request.URL.RawQuery}, f.samlProviders()...)
	if err != nil {
		return f.turnAwayOr(c, federation.Flow{}, "", err, federation.ErrRefused, federation.ErrUnavailable)
	}
	if !msg.Request {
		return f.returned(c, msg.Relay, msg.Complete)
	}
	err = f.end(ctx, msg.Provider, msg.NameID, msg.Sessions, Used{Issuer: msg.Issuer, ID: msg.ID, Until: msg.Until})
	if errors.Is(err, ErrReplayed) {
		return f.turnAway(c, federation.Flow{}, "", err)
	}
	w, _ := f.way(msg.Provider)
	provider, ok := w.Provider.(*saml.Provider)
	if !ok {
		return ErrUnknownWay
	}
	address, offered, answering := provider.AnswerLogout(ctx, msg, err == nil)
	if err = errors.Join(err, answering); err != nil {
		return err
	}
	if !offered { // it takes no answer that way
		return f.returned(c, "", true)
	}
	c.Redirect(http.StatusSeeOther, address)
	return nil
}

func (f *Federal) samlProviders() []*saml.Provider {
	var providers []*saml.Provider
	for _, w := range f.Ways {
		if p, ok := w.Provider.(*saml.Provider); ok {
			providers = append(providers, p)
		}
	}
	return providers
}

// ender is a provider that tells of sessions that ended without a browser.
type ender interface {
	VerifyLogout(ctx context.Context, token string) (oidc.LoggedOut, error)
}

// BackChannel takes a logout token, which an OpenID provider sends without a browser
// (OpenID Connect Back-Channel Logout 1.0, 2.5 and 2.8): 200, or 400 for what is not
// believed.
func (f *Federal) BackChannel(c *gin.Context) error {
	w, ok := f.way(c.Param("provider"))
	provider, ends := w.Provider.(ender)
	if !ok || !ends {
		return ErrUnknownWay
	}
	ctx := c.Request.Context()
	patient, stop := context.WithTimeout(ctx, Patience)
	out, err := provider.VerifyLogout(patient, c.PostForm("logout_token"))
	stop()
	if err == nil {
		var sessions []string
		if out.SID != "" {
			sessions = []string{out.SID}
		}
		err = f.end(ctx, w.ID(), out.Subject, sessions, Used{Issuer: out.Issuer, ID: out.ID, Until: out.Until})
	}
	switch {
	case errors.Is(err, federation.ErrRefused), errors.Is(err, ErrReplayed):
		if err := f.Desk.Refused(c, "", "logout"); err != nil {
			return err
		}
		c.JSON(http.StatusBadRequest, gin.H{"error": "invalid_request"})
		return nil
	case errors.Is(err, federation.ErrUnavailable):
		c.JSON(http.StatusServiceUnavailable, gin.H{"error": "temporarily_unavailable"})
		return nil
	case err != nil:
		return err
	}
	c.Status(http.StatusOK)
	return nil
}

// end ends the sessions that a provider speaks of; its word counts once.
func (f *Federal) end(ctx context.Context, provider, subject string, sessions []string, u Used) error {
	u.Issuer = "logout " + u.Issuer // an id of its own kind
	_, err := f.Store.EndSessions(ctx, Ending{
		Mutuality: f.Mutuality, Provider: provider, Subject: subject, Sessions: sessions, Used: u})
	if err != nil {
		return fmt.Errorf("ending sessions for %s: %w", provider, err)
	}
	return nil
}

// outState is what goes along with a logout: the language to come back to, and what
// makes it one of a kind.
func (f *Federal) outState(lang locale.Language) (string, error) {
	handle, err := federation.NewHandle(f.Rand)
	return string(lang) + handle, err
}

// Returned is where the browser comes back to from an OpenID provider's logout.
func (f *Federal) Returned(c *gin.Context) error { return f.returned(c, c.Query("state"), true) }

// returned shows that it is over, in the language in which it began. Nothing else is
// read of what the browser brings.
func (f *Federal) returned(c *gin.Context, state string, complete bool) error {
	lang, ok := locale.Parse(state[:min(len(state), 2)])
	if !ok {
		lang = page.From(c).Lang
	}
	to := returnedPath
	if !complete {
		to = "signed-out"
	}
	c.Redirect(http.StatusSeeOther, "/"+string(lang)+"/"+to)
	return nil
}
