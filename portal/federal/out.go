package federal

import (
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
		logout.State = string(v.Lang)
		address, offered, err := w.Out(c.Request.Context(), logout, f.Origin+ReturnPath)
		if err == nil && offered {
			return f.send(c, w, address, "federal.out")
		}
	}
	c.Redirect(http.StatusSeeOther, v.URL("signed-out"))
	return nil
}

// Returned is where the browser comes back to from a provider's logout. Nothing is read
// of what it brings but the language it left with.
func (f *Federal) Returned(c *gin.Context) error {
	state := c.Query("state")
	if state == "" {
		state = c.Query("RelayState")
	}
	lang, ok := locale.Parse(state)
	if !ok {
		lang = locale.FromAcceptLanguage(c.GetHeader("Accept-Language"))
	}
	c.Redirect(http.StatusSeeOther, "/"+string(lang)+"/"+returnedPath)
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
