package portal

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/door"
	"guichet.example/portal/office"
	"guichet.example/portal/page"
)

// The office has a cookie and sessions of its own. A member's session opens nothing of
// the office, an officer's nothing of a member's, in one browser too. No other site ever
// makes the browser send the cookie: SameSite=Strict (RFC 6265bis, 5.6.7.1).
const (
	officeCookie = "__Host-office"
	officePath   = "office"
)

// officeDesk gives package office what it needs of cookies.
type officeDesk struct{ p *Portal }

func (d officeDesk) Browser(c *gin.Context) string { return d.p.sessions.Browser(c) }
func (d officeDesk) Network(c *gin.Context) string { return d.p.sessions.Network(c) }

// Begin starts a session for the officer under a new token and ends the one that the
// browser held before.
func (d officeDesk) Begin(c *gin.Context, o auth.Officer) error {
	old, _ := tokenOf(c.Request, officeCookie)
	text, hash := newToken()
	now := d.p.cfg.Now()
	err := d.p.cfg.Store.StartOfficeSession(c.Request.Context(), hash, old, office.Session{
		Officer: o, Created: now, LastSeen: now, Idle: d.p.cfg.OfficeIdle, Ends: now.Add(d.p.cfg.OfficeTotal)})
	if err != nil {
		return err
	}
	keepOffice(c.Writer, text, 0)
	dropCookie(c.Writer, browserCookie)
	return nil
}

// End ends the session of this browser, if it has one, and clears what it kept.
func (d officeDesk) End(c *gin.Context) error {
	c.Header("Clear-Site-Data", `"cache", "storage"`)
	hash, ok := tokenOf(c.Request, officeCookie)
	keepOffice(c.Writer, "", -1)
	if !ok {
		return nil
	}
	return d.p.cfg.Store.EndOfficeSession(c.Request.Context(), hash, "signed out")
}

func keepOffice(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: officeCookie, Value: value, Path: "/", MaxAge: age,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// officer finds which member of the staff is signed in, with the roles of now.
func (p *Portal) officer(c *gin.Context) {
	if err := p.atKiosk(c); err != nil {
		p.fail(c, err)
		return
	}
	if !p.openAtKiosk(c) {
		return
	}
	v := page.From(c)
	v.Office = true
	hash, had := tokenOf(c.Request, officeCookie)
	if had {
		session, err := p.cfg.Store.OfficeSession(c.Request.Context(), hash, p.cfg.Now())
		if err == nil && session.Officer.Mutuality != p.cfg.Mutuality.ID { // of another counter on the same store
			err = office.ErrNoSession
		}
		switch {
		case errors.Is(err, office.ErrNoSession):
			keepOffice(c.Writer, "", -1)
			c.Set(endedKey, true)
		case err != nil:
			page.Put(c, v)
			p.fail(c, fmt.Errorf("reading the office session: %w", err))
			return
		default:
			v.Officer = &session.Officer
			v.IdleEnds = p.cfg.Now().Add(session.Idle)
			if session.Ends.Before(v.IdleEnds) {
				v.IdleEnds = session.Ends
			}
		}
	}
	page.Put(c, v)
	switch {
	case v.Officer == nil:
		c.Next()
	case p.spend(c, p.reads, v.Officer.Session):
		p.inTurn(c, v.Officer.Session)
	}
}

// visitor finds who is signed in for a page that does not exist: its address tells at
// which desk.
func (p *Portal) visitor(c *gin.Context) {
	if isOffice(page.From(c).Path) {
		p.officer(c)
		return
	}
	p.session(c)
}

func isOffice(path string) bool { return path == officePath || strings.HasPrefix(path, officePath+"/") }

// arrive finds who is signed in where the act of the route says.
func (p *Portal) arrive(act auth.Act) gin.HandlerFunc {
	if rule, err := p.cfg.Policy.Rule(act); err == nil && rule.Staff() {
		return p.officer
	}
	return p.session
}

// allow asks the access table, for the officer where the act is one of staff.
func (p *Portal) allow(c *gin.Context, act auth.Act) error {
	rule, err := p.cfg.Policy.Rule(act)
	if err != nil {
		return err
	}
	v := page.From(c)
	if rule.Staff() {
		return p.cfg.Policy.AllowOfficer(v.Officer, act)
	}
	return p.cfg.Policy.Allow(v.Login, act)
}

// office is the area, with a card door for officers and two for the people they help, to
// bind a card and to open a file: a nonce asked for at one serves at no other.
func (p *Portal) office(card door.Card) *office.Office {
	own, theirs, search := card, card, card
	own.Name, theirs.Name, search.Name = "office.", "person.", "search."
	theirs.Browser, search.Browser = p.officeBrowser, p.officeBrowser
	return &office.Office{
		Store: p.cfg.Store, Sessions: officeDesk{p}, Card: &own, Person: &theirs, Search: &search, Enrolments: atCounter{p},
		Mutuality: p.cfg.Mutuality.ID, Policy: p.cfg.Policy, Now: p.cfg.Now,
		Key: p.cfg.Store.ServerKey("office-reason"), Anchors: p.cfg.Anchors, Phone: p.cfg.Mutuality.Letterhead.Phone,
	}
}

// officeBrowser binds the challenge of a person's card to the session of the officer who
// asks for it.
func (p *Portal) officeBrowser(c *gin.Context) string {
	hash, _ := tokenOf(c.Request, officeCookie)
	sum := sha256.Sum256(hash[:])
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// CounterStore is what is kept of enrolments at the counter; *store.DB is the one in use.
type CounterStore interface {
	CodeAtCounter(ctx context.Context, o auth.Officer, member auth.MemberID, check string, code credentials.Code, secret string) (reference string, err error)
	CardAtCounter(ctx context.Context, o auth.Officer, member auth.MemberID, check string) error
	EmailAtCounter(ctx context.Context, o auth.Officer, opening, check string, code credentials.Code, secret string, link func(lang string) string) (waits bool, err error)
	AgreeEmail(ctx context.Context, o auth.Officer, item string, a office.Answer, code credentials.Code, secret string, link func(lang string) string) error
}

// atCounter implements office.Enrolments: a code of the classic way in, in a letter that
// nobody at the office can read.
type atCounter struct{ p *Portal }

func (a atCounter) Code(ctx context.Context, o auth.Officer, member auth.MemberID, check string) (string, error) {
	code, secret, err := a.p.classic.NewCode(credentials.Grant{Member: member, Purpose: credentials.Counter, Actor: string(o.ID)})
	if err != nil {
		return "", err
	}
	return a.p.cfg.Store.CodeAtCounter(ctx, o, member, check, code, secret)
}

func (a atCounter) Email(ctx context.Context, o auth.Officer, opening, check, address string) (bool, error) {
	code, secret, err := a.p.classic.NewCode(credentials.Grant{Purpose: credentials.ConfirmEmail, Payload: address, Actor: string(o.ID)})
	if err != nil {
		return false, err
	}
	return a.p.cfg.Store.EmailAtCounter(ctx, o, opening, check, code, secret, a.confirmLink(secret))
}

func (a atCounter) AgreeEmail(ctx context.Context, o auth.Officer, item string, answer office.Answer) error {
	code, secret, err := a.p.classic.NewCode(credentials.Grant{Purpose: credentials.ConfirmEmail, Actor: string(o.ID)})
	if err != nil {
		return err
	}
	return a.p.cfg.Store.AgreeEmail(ctx, o, item, answer, code, secret, a.confirmLink(secret))
}

// confirmLink makes the address of the page that confirms an address.
func (a atCounter) confirmLink(secret string) func(lang string) string {
	return func(lang string) string { return a.p.cfg.Origin + "/" + lang + "/email/confirm/" + secret }
}

func (a atCounter) Card(ctx context.Context, o auth.Officer, member auth.MemberID, check string) error {
	return a.p.cfg.Store.CardAtCounter(ctx, o, member, check)
}
