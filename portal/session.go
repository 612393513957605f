package portal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/kiosk"
	"guichet.example/portal/signin"
)

// Cookies. The __Host- prefix ties both to this host, the root path and a secure
// channel (RFC 6265bis, 4.1.3.2); neither outlives the browser.
const (
	sessionCookie = "__Host-session" // token of a login; only its SHA-256 is stored
	browserCookie = "__Host-browser" // binds a challenge to the browser that asked for it
	tokenBytes    = 32
)

// newToken draws a token and returns the text for the cookie and the hash to store.
func newToken() (text string, hash [32]byte) {
	var token [tokenBytes]byte
	rand.Read(token[:]) // never fails: crypto/rand
	return base64.RawURLEncoding.EncodeToString(token[:]), sha256.Sum256(token[:])
}

// tokenOf reads a token cookie. ok is false when there is none or it is not one of ours.
func tokenOf(r *http.Request, name string) (hash [32]byte, ok bool) {
	cookie, err := r.Cookie(name)
	if err != nil {
		return hash, false
	}
	token, err := base64.RawURLEncoding.Strict().DecodeString(cookie.Value)
	if err != nil || len(token) != tokenBytes {
		return hash, false
	}
	return sha256.Sum256(token), true
}

func setCookie(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/",
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func dropCookie(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Path: "/", MaxAge: -1,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// sessions gives package signin what it needs of cookies and sessions without its
// knowing how they are kept.
type sessions struct {
	store signin.Store
	house string // the mutuality of this counter
	now   func() time.Time
	idle  time.Duration
	total time.Duration
	kiosk kiosk.Times // of sessions that begin at one
}

// Browser returns the id that binds a challenge to this browser, and makes the cookie
// if there is none.
func (s *sessions) Browser(c *gin.Context) string {
	if _, ok := tokenOf(c.Request, browserCookie); ok {
		cookie, _ := c.Request.Cookie(browserCookie)
		return cookie.Value
	}
	text, _ := newToken()
	setCookie(c.Writer, browserCookie, text)
	return text
}

// Begin starts a session for the login under a new token and ends the one that the
// browser held before, so that nobody can be made to log in on a prepared session.
func (s *sessions) Begin(c *gin.Context, login auth.Login) error {
	return s.begin(c, login, func(hash, old [32]byte, session signin.Session) error {
		return s.store.StartSession(c.Request.Context(), hash, old, session)
	})
}

func (s *sessions) begin(c *gin.Context, login auth.Login, start func(hash, old [32]byte, session signin.Session) error) error {
	old, _ := tokenOf(c.Request, sessionCookie)
	text, hash := newToken()
	now := s.now()
	session := signin.Session{Login: login, Created: now, LastSeen: now, Idle: s.idle, Ends: now.Add(s.total),
		Device: device(c.Request.UserAgent()), Source: s.Network(c)}
	session.Bound, _ = tokenOf(c.Request, federalCookie)
	s.ofKiosk(c, &session)
	if err := start(hash, old, session); err != nil {
		return err
	}
	setCookie(c.Writer, sessionCookie, text)
	dropCookie(c.Writer, browserCookie)
	return nil
}

// End ends the session of this browser, if it has one, and clears what it kept.
func (s *sessions) End(c *gin.Context) error {
	c.Header("Clear-Site-Data", `"cache", "storage"`)
	hash, ok := tokenOf(c.Request, sessionCookie)
	dropCookie(c.Writer, sessionCookie)
	if !ok {
		return nil
	}
	return s.store.EndSession(c.Request.Context(), hash, "signed out")
}

// Network is where the request comes from, as far as one client holds it.
func (s *sessions) Network(c *gin.Context) string { return network(c.ClientIP()) }

// Find returns the live session of this browser. ok is false without one; had is true
// when the browser came with a token all the same, so the page can say that it ended.
func (s *sessions) Find(c *gin.Context) (session signin.Session, had, ok bool, err error) {
	hash, had := tokenOf(c.Request, sessionCookie)
	if !had {
		return signin.Session{}, false, false, nil
	}
	session, err = s.store.Session(c.Request.Context(), hash, s.now())
	if err == nil && session.Login.Mutuality != s.house { // of another counter on the same store
		err = signin.ErrNoSession
	}
	if errors.Is(err, signin.ErrNoSession) {
		dropCookie(c.Writer, sessionCookie)
		return signin.Session{}, true, false, nil
	}
	return session, true, err == nil, err
}
