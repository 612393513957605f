package federal

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/auth/federation"
)

// Ended is a provider's word that sessions are over, after every check of it.
type Ended struct {
	Subject  string   // NameID or sub; empty: whoever the sessions are of
	Sessions []string // SessionIndex or sid; empty: all of the subject
	Used     Used     // the same word counts once
	// Answer is the address to which the browser takes our answer; empty where none is given.
	Answer string
}

// Ender is a provider that ends its sessions of its own accord. Providers that are none
// are not announced to end ours.
type Ender interface {
	federation.Provider
	// Ended checks such a word: the raw query of a SAML LogoutRequest by Redirect, in
	// whose order it was signed, or the form of an OpenID logout token. A request that is
	// not signed is a federation.ErrRefused and ends nothing.
	Ended(ctx context.Context, message string) (Ended, error)
}

// SAMLLogout takes what comes by Redirect to our logout address: the answer to our own
// request, or a request of a provider, which ends the sessions it names.
func (f *Federal) SAMLLogout(c *gin.Context) error {
	if c.Query("SAMLRequest") == "" {
		return f.Returned(c)
	}
	ended, err := f.end(c.Request.Context(), federation.SAML, "", c.Request.URL.RawQuery)
	if err != nil {
		return f.turnAwayOr(c, federation.Flow{}, "", err, federation.ErrRefused, ErrReplayed)
	}
	c.Redirect(http.StatusSeeOther, ended.Answer)
	return nil
}

// BackChannel takes a logout token, which an OpenID provider sends without a browser
// (Back-Channel Logout 1.0, 2.5 and 2.8: 200, or 400 for what is not believed).
func (f *Federal) BackChannel(c *gin.Context) error {
	_, err := f.end(c.Request.Context(), federation.OIDC, c.Param("provider"), c.PostForm("logout_token"))
	if errors.Is(err, federation.ErrRefused) || errors.Is(err, ErrReplayed) || errors.Is(err, ErrUnknownWay) {
		if err := f.Desk.Refused(c, "", "logout"); err != nil {
			return err
		}
		c.JSON(http.StatusBadRequest, gin.H{"error": "invalid_request"})
		return nil
	}
	if err != nil {
		return err
	}
	c.Status(http.StatusOK)
	return nil
}

// end has the providers look at a word, the one it names or each of the protocol until
// one believes it, and ends the sessions it speaks of.
func (f *Federal) end(ctx context.Context, protocol, provider, message string) (Ended, error) {
	err := error(ErrUnknownWay)
	for _, w := range f.Ways {
		ender, ok := w.Provider.(Ender)
		if !ok || w.Protocol() != protocol || provider != "" && w.ID() != provider {
			continue
		}
		var ended Ended
		if ended, err = ender.Ended(ctx, message); err != nil {
			continue
		}
		_, err := f.Store.EndSessions(ctx, Ending{
			Mutuality: f.Mutuality, Provider: w.ID(), Subject: ended.Subject, Sessions: ended.Sessions, Used: ended.Used})
		if err != nil {
			return Ended{}, fmt.Errorf("ending sessions for %s: %w", w.ID(), err)
		}
		return ended, nil
	}
	if errors.Is(err, ErrUnknownWay) && protocol == federation.SAML {
		err = federation.Refuse(err)
	}
	return Ended{}, err
}
