package portal

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// chooseLanguage sends the bare address to the language that the browser asks for.
func chooseLanguage(c *gin.Context) {
	lang := locale.FromAcceptLanguage(c.GetHeader("Accept-Language"))
	c.Redirect(http.StatusSeeOther, "/"+string(lang)+"/home")
}

// goHome sends an address that is a language and nothing more to the first page.
func goHome(c *gin.Context) error {
	c.Redirect(http.StatusSeeOther, page.From(c).URL("home"))
	return nil
}

// language reads the first part of the address and begins the view of the page.
func (p *Portal) language(c *gin.Context) {
	first, path, _ := strings.Cut(strings.TrimPrefix(c.Request.URL.Path, "/"), "/")
	lang, ok := locale.Parse(first)
	if !ok {
		lang, path = locale.FromAcceptLanguage(c.GetHeader("Accept-Language")), "home"
	}
	page.Put(c, page.View{
		Lang: lang, Path: path, Query: c.Request.URL.RawQuery, Brand: p.cfg.Mutuality.Brand,
		Country: p.cfg.Mutuality.Post.Country, Off: p.cfg.Mutuality.Off, Now: p.cfg.Now(), Agent: p.cfg.Agent, Support: c.GetString(referenceKey),
	})
	if !ok && c.FullPath() != "" {
		p.fail(c, errNoPage)
		return
	}
	c.Next()
}

// session finds who is signed in.
func (p *Portal) session(c *gin.Context) {
	if err := p.atKiosk(c); err != nil {
		p.fail(c, err)
		return
	}
	if !p.openAtKiosk(c) {
		return
	}
	session, had, ok, err := p.sessions.Find(c)
	switch {
	case err != nil:
		p.fail(c, fmt.Errorf("reading the session: %w", err))
		return
	case had && !ok, ok && session.Login.Kiosk != kioskOf(c):
		c.Set(endedKey, true)
	case ok:
		v := page.From(c)
		v.Login = &session.Login
		v.IdleEnds = p.cfg.Now().Add(session.Idle)
		if session.Ends.Before(v.IdleEnds) {
			v.IdleEnds = session.Ends
		}
		if v.Kiosk != nil {
			v.Kiosk.Shown = shows(c.Request)
		}
		page.Put(c, v)
		if !p.spend(c, p.reads, session.Login.Session) {
			return
		}
		p.inTurn(c, session.Login.Session)
		return
	}
	c.Next()
}

// endedKey marks a request whose session cookie names a session that is over.
const endedKey = "guichet.ended"

// view is page.From for a request that may have failed before its language was known.
func (p *Portal) view(c *gin.Context) page.View {
	v := page.From(c)
	if v.Support == "" {
		first, _, _ := strings.Cut(strings.TrimPrefix(c.Request.URL.Path, "/"), "/")
		lang, ok := locale.Parse(first)
		if !ok {
			lang = locale.FromAcceptLanguage(c.GetHeader("Accept-Language"))
		}
		v = page.View{Lang: lang, Path: "home",
			Brand: p.cfg.Mutuality.Brand, Off: p.cfg.Mutuality.Off, Now: p.cfg.Now(), Support: c.GetString(referenceKey)}
	}
	return v
}

// admit lets a request pass if the access table opens the route's act to its login.
func (p *Portal) admit(act auth.Act) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := p.allow(c, act); err != nil {
			p.fail(c, err)
			return
		}
		c.Next()
	}
}

// askSignIn sends the member to the door; she comes back to the page she wanted.
func (p *Portal) askSignIn(c *gin.Context) {
	v := p.view(c)
	if isJSON(c.Request) {
		c.JSON(http.StatusUnauthorized, gin.H{"state": "session_over",
			"text": stateText(v, "session_over", "", time.Time{}), "code": v.Support, "next": v.URL(v.Door() + "?next=" + p.wished(c))})
		return
	}
	to := v.Door() + "?next=" + p.wished(c)
	if c.GetBool(endedKey) {
		to += "&ended=1"
	}
	c.Redirect(http.StatusSeeOther, v.URL(to))
}

// wished is the page to return to: the one asked for, or for what was sent the page it
// was sent from, as far as the address tells. The answers themselves are gone.
func (p *Portal) wished(c *gin.Context) string {
	v := p.view(c)
	if c.Request.Method == http.MethodGet {
		return v.Path
	}
	i := strings.LastIndexByte(v.Path, '/')
	if i < 0 {
		return "home"
	}
	if last := v.Path[i+1:]; last == "prepare" || last == "complete" {
		return v.Path[:i] + "/sign" // the card page's own calls
	}
	return v.Path[:i]
}

// Addresses for load balancers: whether the process lives, and whether it can serve.
const (
	healthPath = "/healthz"
	readyPath  = "/readyz"
)

func (p *Portal) healthz(c *gin.Context) { c.String(http.StatusOK, "alive\n") }

func (p *Portal) readyz(c *gin.Context) {
	err := p.cfg.Store.Ping(c.Request.Context())
	if err == nil && p.cfg.Ready != nil {
		err = p.cfg.Ready()
	}
	if err != nil {
		c.Set(causeKey, err.Error())
		c.Header("Retry-After", "5")
		c.String(http.StatusServiceUnavailable, "store not ready\n")
		return
	}
	c.String(http.StatusOK, "ready\n")
}

func (p *Portal) brand() gin.HandlerFunc { return gin.WrapH(p.cfg.Mutuality.Brand) }
