package portal

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/feature"
	"guichet.example/portal/kiosk"
	"guichet.example/portal/page"
	"guichet.example/portal/signin"
	"guichet.example/reader/api"
)

// kioskCookie marks the browser of a kiosk. It says so only while the kiosk's agent has
// bound it, which takes the kiosk's key: the cookie alone is worth nothing. Strict, since
// nobody comes to a kiosk by a link of another site.
const kioskCookie = "__Host-kiosk"

// newKiosks is what hears the agents of kiosks.
func (p *Portal) newKiosks() error {
	times, err := p.cfg.Kiosks.Defaults()
	if err != nil {
		return err
	}
	p.kiosks = &kiosk.Protocol{
		Store: p.cfg.Store, Mutuality: p.cfg.Mutuality.ID, Origin: p.cfg.Origin, Key: p.cfg.Store.ServerKey("kiosk-nonce"),
		Anchors: p.cfg.Anchors, Times: times, Now: p.cfg.Now, Rand: p.cfg.Rand, Log: p.cfg.Log,
	}
	return nil
}

// mountKiosk puts the addresses of the agents beside those of the pages. Agents are no
// browsers: what a browser sends from another site is refused before.
func (p *Portal) mountKiosk(engine *gin.Engine) {
	if p.cfg.Mutuality.Off.Has(feature.Kiosks) {
		return
	}
	engine.POST(api.KioskNoncePath, p.adapt(p.kiosks.ServeNonce))
	engine.POST(api.KioskMessagePath, p.adapt(p.kiosks.ServeMessage))
}

// atKiosk finds out whether the browser is a kiosk's, and says so in the view. A browser
// that was one, of a kiosk whose agent is silent, keeps the layout and nobody is signed in.
func (p *Portal) atKiosk(c *gin.Context) error {
	hash, ok := tokenOf(c.Request, kioskCookie)
	if !ok || p.cfg.Mutuality.Off.Has(feature.Kiosks) {
		return nil
	}
	k, err := p.cfg.Store.KioskOfBrowser(c.Request.Context(), p.cfg.Mutuality.ID, hash)
	if errors.Is(err, kiosk.ErrUnknown) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("finding the kiosk of a browser: %w", err)
	}
	t := p.kiosks.Times
	v := page.From(c)
	v.Kiosk = &page.Kiosk{
		ID: k.ID, Name: k.Name, Branch: k.Branch, Trouble: string(k.Fault), Alive: k.Alive(p.cfg.Now(), t.Silence),
		Idle: t.Idle, Warning: t.Warning, Silence: t.Silence,
	}
	page.Put(c, v)
	c.Header("Content-Security-Policy", p.agentPolicy) // every page there follows the card
	return nil
}

// kioskOf is the id of the kiosk whose browser this is; empty: none. A session that began
// at a kiosk is one in its browser alone, and a session from elsewhere is none there.
func kioskOf(c *gin.Context) string {
	if k := page.From(c).Kiosk; k != nil {
		return k.ID
	}
	return ""
}

// errNotAtKiosk closes what a machine of many does not do: other ways in than the card
// that is in it, downloads, the office.
var errNotAtKiosk = errors.New("not at a kiosk")

// closedAtKiosk are the paths below the language that a kiosk does not have, with all
// below them.
var closedAtKiosk = []string{"sign-in/password", "sign-in/federal", "enrol", "recover", "office", "cannot-connect", "account/password", "check", "papers", "messages/files", "requests/contact/files"}

// closedEndings are the ends of addresses that a kiosk does not have: files, and the way
// to a provider, whose own session would stay in the browser.
var closedEndings = []string{".pdf", ".csv", ".ics", "/prove"}

const openedPath = "enrol/opened"

// openAtKiosk says whether a page may be had at a kiosk. The page of the ways in is the
// kiosk's own first screen there.
func (p *Portal) openAtKiosk(c *gin.Context) bool {
	v := page.From(c)
	if v.Kiosk == nil {
		return true
	}
	if v.Path == "sign-in" {
		c.Abort()
		c.Redirect(http.StatusSeeOther, v.URL("kiosk"))
		return false
	}
	for _, closed := range closedAtKiosk {
		if v.Path == openedPath { // who enrols with her card ends there
			continue
		}
		if v.Path == closed || strings.HasPrefix(v.Path, closed+"/") {
			p.fail(c, errNotAtKiosk)
			return false
		}
	}
	for _, ending := range closedEndings {
		if strings.HasSuffix(v.Path, ending) {
			p.fail(c, errNotAtKiosk)
			return false
		}
	}
	return true
}

// kioskBrowser gives package kiosk what it needs of cookies.
type kioskBrowser struct{ p *Portal }

// Binding is the hash of the browser's cookie, which the agent binds; it makes the cookie
// if there is none.
func (b kioskBrowser) Binding(c *gin.Context) string {
	hash, ok := tokenOf(c.Request, kioskCookie)
	if !ok {
		var text string
		text, hash = newToken()
		http.SetCookie(c.Writer, &http.Cookie{
			Name: kioskCookie, Value: text, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		})
	}
	return base64.RawURLEncoding.EncodeToString(hash[:])
}

// End ends the session of this browser and has it forget everything but which kiosk it
// is: Clear-Site-Data "cookies" would make it nobody's.
func (b kioskBrowser) End(c *gin.Context) error {
	b.Show(c, false)
	return b.p.sessions.End(c)
}

// Token is the hash of the session's token, for acts on the session itself.
func (b kioskBrowser) Token(c *gin.Context) ([32]byte, bool) {
	return tokenOf(c.Request, sessionCookie)
}

// shownCookie says that who is signed in at the kiosk wants amounts and numbers to be shown.
// It names her session, so that it is nothing to who comes after her.
const shownCookie = "__Host-shown"

// shownMark is what the cookie holds for the session with this hash.
func shownMark(session [32]byte) string {
	mark := sha256.Sum256(append([]byte("amounts and numbers are shown\n"), session[:]...))
	return base64.RawURLEncoding.EncodeToString(mark[:])
}

// Show sets the cookie for the session of this browser, or takes it away.
func (b kioskBrowser) Show(c *gin.Context, on bool) {
	hash, ok := b.Token(c)
	if !on || !ok {
		dropCookie(c.Writer, shownCookie)
		return
	}
	setCookie(c.Writer, shownCookie, shownMark(hash))
}

// shows says whether she asked for it in this session.
func shows(r *http.Request) bool {
	hash, ok := tokenOf(r, sessionCookie)
	cookie, err := r.Cookie(shownCookie)
	return ok && err == nil && subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(shownMark(hash))) == 1
}

// ofKiosk gives a session that begins at a kiosk the kiosk's times.
func (s *sessions) ofKiosk(c *gin.Context, session *signin.Session) {
	k := page.From(c).Kiosk
	if k == nil {
		return
	}
	session.Login.Kiosk = k.ID
	session.Idle = s.kiosk.Life()
	session.Ends = session.Created.Add(s.kiosk.Total)
	session.Silence = s.kiosk.Silence
	session.Device = ""
}
