package kiosk

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/page"
)

// Browser keeps the cookies of a kiosk's browser; portal has the one in use.
type Browser interface {
	// Binding is the mark of the browser that the kiosk's agent binds; a browser that has
	// none gets one.
	Binding(c *gin.Context) string
	// End ends the browser's session and clears what it kept.
	End(c *gin.Context) error
	// Token is the hash of the session's token, if there is one.
	Token(c *gin.Context) ([32]byte, bool)
	// Show shows amounts and numbers to who is signed in, until her session ends, or hides
	// them again.
	Show(c *gin.Context, on bool)
}

// Area is the pages of kiosks, and those on which administrators pair them. All fields
// are required.
type Area struct {
	Protocol *Protocol
	Browser  Browser
}

// Paths of the area, below the language.
const (
	idlePath    = "kiosk"
	overPath    = "kiosk/over"
	stayPath    = "kiosk/stay"
	helpPath    = "kiosk/help"
	printPath   = "kiosk/print"
	amountsPath = "kiosk/amounts"
	officePath  = "office/kiosks"
)

// Route mounts the area.
func (a *Area) Route(r page.Routes) {
	r.GET(idlePath, auth.Public, a.idle)
	r.POST(overPath, auth.Public, a.over)
	r.POST(stayPath, auth.ReadFile, a.stay)
	r.POST(helpPath, auth.Public, a.help)
	r.POST(printPath, auth.ReadFile, a.print)
	r.POST(amountsPath, auth.ReadFile, a.amounts)

	r.GET(officePath, auth.ManageKiosks, a.list)
	r.POST(officePath, auth.ManageKiosks, a.add)
	r.POST(officePath+"/:id/name", auth.ManageKiosks, a.rename)
	r.POST(officePath+"/:id/code", auth.ManageKiosks, a.invite)
	r.POST(officePath+"/:id/suspend", auth.ManageKiosks, a.stop(Suspended))
	r.POST(officePath+"/:id/revoke", auth.ManageKiosks, a.stop(Revoked))
}

// idle is the screen between two people. Whoever was signed in and came here by the back
// button, by "Start over" or because her time was up, is not any more.
func (a *Area) idle(c *gin.Context) error {
	binding := a.Browser.Binding(c)
	if page.From(c).Login != nil && page.From(c).Kiosk != nil {
		if err := a.Browser.End(c); err != nil {
			return err
		}
	}
	v := page.From(c)
	v.Login, v.IdleEnds = nil, time.Time{}
	screen := screenOf(v, c.Query("end"))
	v.Title, v.NoHeading = v.T("kiosk."+screen+".title"), true
	if v.Kiosk == nil { // no kiosk yet: its agent is asked to say that this is one
		v.Kiosk = &page.Kiosk{}
	}
	v.Kiosk.Binding, v.Kiosk.Screen = binding, screen
	return page.Render(c, http.StatusOK, idlePage(v, screen))
}

// screenOf is which of the screens is shown.
func screenOf(v page.View, end string) string {
	switch k := v.Kiosk; {
	case k == nil:
		return "unbound"
	case !k.Alive:
		return "offline"
	case k.Trouble != "":
		return k.Trouble
	}
	if end == "card" || end == "idle" || end == "over" {
		return "out"
	}
	return "idle"
}

// over ends the session: "Start over", the end of the time, the card that is out.
func (a *Area) over(c *gin.Context) error {
	if err := a.Browser.End(c); err != nil {
		return err
	}
	end := c.PostForm("end")
	if end != "card" && end != "idle" {
		end = "over"
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(idlePath+"?end="+end))
	return nil
}

// stay answers "I am still here". The request itself was a touch; near the end of the
// whole time it makes the session longer too, as often as the settings let it.
func (a *Area) stay(c *gin.Context) error {
	v := page.From(c)
	hash, ok := a.Browser.Token(c)
	if !ok || v.Kiosk == nil {
		return auth.ErrSignInRequired
	}
	times, now := a.Protocol.Times, a.Protocol.Now()
	err := a.Protocol.Store.ExtendKioskSession(c.Request.Context(), hash, now.Add(times.Life()), times.More)
	if err != nil && !errors.Is(err, ErrNoMore) {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"seconds": int(times.Idle.Seconds()), "more": err == nil})
	return nil
}

// maxQuery bounds what stands behind the path of the page to return to, in bytes.
const maxQuery = 2 << 10

// amounts shows amounts and numbers, or hides them again, and returns to the page.
func (a *Area) amounts(c *gin.Context) error {
	v := page.From(c)
	if v.Kiosk == nil || v.Login == nil {
		return auth.ErrSignInRequired
	}
	a.Browser.Show(c, c.PostForm("show") == "1")
	to := v.URL(page.LocalPath(c.PostForm("page")))
	query := c.PostForm("query")
	if asked, err := url.ParseQuery(query); err == nil && query != "" && len(query) <= maxQuery {
		to += "?" + asked.Encode()
	}
	c.Redirect(http.StatusSeeOther, to)
	return nil
}

// help calls somebody.
func (a *Area) help(c *gin.Context) error {
	v := page.From(c)
	if v.Kiosk == nil || v.Kiosk.ID == "" {
		c.Redirect(http.StatusSeeOther, v.URL(idlePath))
		return nil
	}
	err := a.Protocol.Store.CallStaff(c.Request.Context(), Call{
		Kiosk:    Kiosk{Mutuality: a.Protocol.Mutuality, ID: v.Kiosk.ID, Name: v.Kiosk.Name, Branch: v.Kiosk.Branch},
		Language: string(v.Lang), Cause: "help"})
	if err != nil {
		return err
	}
	v.Title = v.T("kiosk.called.title")
	v.NoHeading = true
	return page.Render(c, http.StatusOK, calledPage(v))
}
