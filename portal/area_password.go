package portal

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth/password"
	"guichet.example/portal/credentials"
	"guichet.example/portal/opaque"
	"guichet.example/portal/page"
)

// ClassicStore is what is kept for the classic way in; *store.DB is the one in use.
type ClassicStore interface {
	credentials.Store
	// ServerKey is a key of 32 bytes for a purpose of the portal's own, never kept in the
	// database.
	ServerKey(purpose string) []byte
}

// newClassic is the service behind the password door, the account's pages, enrolment
// and recovery.
func (cfg Config) newClassic() (*credentials.Service, error) {
	if cfg.Profile.ID == "" {
		var err error
		if cfg.Profile, err = cfg.Mutuality.Profile.Profile(); err != nil {
			return nil, err
		}
	}
	gate, err := password.NewGate(password.Config{Key: cfg.Store.ServerKey("password"), Params: cfg.PasswordCost})
	if err != nil {
		return nil, err
	}
	return &credentials.Service{
		Store: cfg.Store, Gate: gate, Profile: cfg.Profile, Mutuality: cfg.Mutuality.ID,
		Name: cfg.Mutuality.Brand.FullName(), Now: cfg.Now, Rand: cfg.Rand,
	}, nil
}

// Classic is the service behind the password door, for who makes members at start-up.
func (p *Portal) Classic() *credentials.Service { return p.classic }

// Cookies of the password door. The first two outlive the browser's closing: they are
// what makes a browser known. Neither signs anybody in.
const (
	knownCookie    = "__Host-known"    // marks a browser from which members signed in
	rememberCookie = "__Host-remember" // identifier, sealed, where a member wished it
	ticketCookie   = "__Host-ticket"   // code from a right sign-in to the page that follows
	knownLife      = 180 * 24 * time.Hour
	ticketLife     = 15 * time.Minute
)

// classicCookies implements signin.Cookies.
type classicCookies struct{ box *opaque.Box }

func newClassicCookies(key []byte) (*classicCookies, error) {
	box, err := opaque.New(key)
	if err != nil {
		return nil, fmt.Errorf("key of cookies: %w", err)
	}
	return &classicCookies{box}, nil
}

func keepCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(life.Seconds()),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (k *classicCookies) Known(c *gin.Context) ([32]byte, func()) {
	if hash, ok := tokenOf(c.Request, knownCookie); ok {
		cookie, _ := c.Request.Cookie(knownCookie)
		return hash, func() { keepCookie(c.Writer, knownCookie, cookie.Value, knownLife) }
	}
	text, hash := newToken()
	return hash, func() { keepCookie(c.Writer, knownCookie, text, knownLife) }
}

// rememberSize is what every remembered identifier is padded to, so that the length of
// the cookie tells nothing; longer ones are not remembered.
const rememberSize = 128

func (k *classicCookies) Remembered(c *gin.Context) string {
	cookie, err := c.Request.Cookie(rememberCookie)
	if err != nil {
		return ""
	}
	plain, err := k.box.Open(rememberCookie, cookie.Value)
	if err != nil {
		return "" // of another key: forgotten
	}
	return strings.TrimRight(string(plain), " ")
}

func (k *classicCookies) Remember(c *gin.Context, identifier string) {
	if identifier == "" || len(identifier) > rememberSize {
		dropCookie(c.Writer, rememberCookie)
		return
	}
	plain := identifier + strings.Repeat(" ", rememberSize-len(identifier))
	keepCookie(c.Writer, rememberCookie, k.box.Seal(rememberCookie, []byte(plain)), knownLife)
}

func (k *classicCookies) Ticket(c *gin.Context) string {
	cookie, err := c.Request.Cookie(ticketCookie)
	if err != nil {
		return ""
	}
	return cookie.Value
}

func (k *classicCookies) SetTicket(c *gin.Context, ticket string) {
	if ticket == "" {
		dropCookie(c.Writer, ticketCookie)
		return
	}
	keepCookie(c.Writer, ticketCookie, ticket, ticketLife)
}

// Shared is asked of the request: a kiosk says so by the key of its device.
func (k *classicCookies) Shared(c *gin.Context) bool { return page.From(c).Kiosk != nil }

// device is the family of browser and system as the browser tells it, enough to know
// one's own by and not enough to be tracked by.
func device(agent string) string {
	browser, system := "", ""
	for _, b := range [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}} {
		if strings.Contains(agent, b[0]) {
			browser = b[1]
			break
		}
	}
	for _, s := range [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"},
		{"Mac OS", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}} {
		if strings.Contains(agent, s[0]) {
			system = s[1]
			break
		}
	}
	switch {
	case browser == "":
		return system
	case system == "":
		return browser
	}
	return browser + ", " + system
}
