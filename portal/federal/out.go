package federal

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/auth/federation"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// signOutEverywhere ends the session here, then leads to the provider to end its own.
// Whatever the provider does, the session here has ended.
func (f *Federal) signOutEverywhere(c *gin.Context) error {
	v := page.From(c)
	var logout federation.Logout
	if v.Login != nil {
		var err error
		logout, err = f.Store.Logout(c.Request.Context(), *v.Login)
		if err != nil && !errors.Is(err, ErrNoLogout) {
			return err
		}
	}
	if err := f.Desk.End(c); err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	if w, ok := f.way(logout.Provider); ok {
		var err error
		if logout.State, err = f.outState(v.Lang); err != nil {
			return err
		}
		patient, stop := context.WithTimeout(c.Request.Context(), Patience)
		address, offered, err := w.Out(patient, logout, f.Origin+ReturnPath)
		stop()
		if err == nil && offered {
			return f.send(c, w, address, "federal.out")
		}
	}
	c.Redirect(http.StatusSeeOther, v.URL("signed-out"))
	return nil
}

// signedOutEverywhere says that it is over.
func (f *Federal) signedOutEverywhere(c *gin.Context) error {
	v := page.From(c)
	if v.Login != nil { // the address alone ends nothing
		c.Redirect(http.StatusSeeOther, v.URL("home"))
		return nil
	}
	v.Title, v.Lead = v.T("federal.everywhere.title"), v.T("federal.everywhere.text")
	return page.Render(c, http.StatusOK, signedOutPage(v))
}

// offering is a provider that says whether it can be asked to log out: cheaper than
// making the question, which is signed.
type offering interface{ Offers() bool }

// everywhere says whether the provider would end its session too: what is announced is
// what works for this very session. An error is a no.
func (f *Federal) everywhere(ctx context.Context, w Way, l federation.Logout) bool {
	if l.IsZero() {
		return false
	}
	if p, ok := w.Provider.(offering); ok {
		return p.Offers() && l.NameID != ""
	}
	l.State = string(locale.FR)
	_, offered, err := w.Out(ctx, l, f.Origin+ReturnPath)
	return err == nil && offered
}
