package portal

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/webeid"
	"guichet.example/portal/account"
	"guichet.example/portal/bank"
	"guichet.example/portal/documents"
	"guichet.example/portal/door"
	"guichet.example/portal/feature"
	"guichet.example/portal/help"
	"guichet.example/portal/home"
	"guichet.example/portal/kiosk"
	"guichet.example/portal/letters"
	"guichet.example/portal/orders"
	"guichet.example/portal/page"
	"guichet.example/portal/requests"
	"guichet.example/portal/signin"
	"guichet.example/portal/web"
)

// Route is one address of the counter and the act it needs.
type Route struct {
	Method string
	Path   string // below the language, as Gin writes it: "documents/:id"
	Act    auth.Act
}

// Routes lists every page address of the counter, in the order of mounting. What is
// not in this list does not exist: the access matrix is made from it. What the mutuality
// does without is not in it.
func (p *Portal) Routes() []Route { return slices.Clone(p.routes) }

// table mounts an area's handlers below the language; it implements page.Routes.
type table struct {
	portal *Portal
	group  *gin.RouterGroup
}

func (t table) GET(path string, act auth.Act, h page.Handler)  { t.add(http.MethodGet, path, act, h) }
func (t table) POST(path string, act auth.Act, h page.Handler) { t.add(http.MethodPost, path, act, h) }

func (t table) add(method, path string, act auth.Act, h page.Handler) {
	if t.portal.cfg.Mutuality.Off.Closes(path) {
		// Mounted all the same: "requests/:id" would take "requests/contact" for its own.
		t.group.Handle(method, "/"+path, t.portal.visitor, t.portal.adapt(noPage))
		return
	}
	t.portal.routes = append(t.portal.routes, Route{Method: method, Path: path, Act: act})
	t.group.Handle(method, "/"+path, t.portal.arrive(act), t.portal.admit(act), t.portal.adapt(t.portal.ofMembers(path, h)))
}

// ofMembers keeps former members from the pages on which one orders, or changes an account:
// they read why before they type anything. The store refuses them once more.
func (p *Portal) ofMembers(path string, h page.Handler) page.Handler {
	if !strings.HasPrefix(path+"/", "orders/") && !strings.HasPrefix(path+"/", "bank/change/") {
		return h
	}
	return func(c *gin.Context) error {
		ended, err := p.cfg.Store.Ended(c.Request.Context(), page.LoginOf(c))
		if err == nil && !ended.IsZero() {
			err = requests.ErrFormer
		}
		if err != nil {
			return err
		}
		return h(c)
	}
}

// noPage answers for what a mutuality does without, as for an address that never was.
func noPage(*gin.Context) error { return errNoPage }

// noMethod answers for an address that is there and takes no such method.
func noMethod(c *gin.Context) error {
	if v := page.From(c); !v.Leads(v.Path) {
		c.Writer.Header().Del("Allow")
		return errNoPage
	}
	return errNoMethod
}

// adapt is the one way from a handler's error to an answer.
func (p *Portal) adapt(h page.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			p.fail(c, err)
		}
	}
}

// mount puts every area and the few addresses outside them into the engine.
func (p *Portal) mount(engine *gin.Engine) error {
	engine.GET("/", chooseLanguage)
	engine.GET(healthPath, p.healthz)
	engine.GET(readyPath, p.readyz)
	static := gin.WrapH(web.Handler())
	engine.GET("/static/*file", static)
	engine.HEAD("/static/*file", static)
	engine.GET("/brand.css", p.brand())

	p.mountFederation(engine)
	p.mountKiosk(engine)
	p.mountCheck(engine)

	pages := table{portal: p, group: engine.Group("/:lang", p.language)}
	for _, bare := range []string{"", "/"} { // "/fr", as people shorten an address
		pages.group.GET(bare, p.session, p.adapt(goHome))
	}
	areas, err := p.areas()
	if err != nil {
		return err
	}
	for _, area := range areas {
		area.Route(pages)
	}
	for _, r := range p.routes {
		if _, known := feature.Of(r.Path); !known {
			return fmt.Errorf("route %s %s: package feature does not say whether it can be switched off", r.Method, r.Path)
		}
		if _, err := p.cfg.Policy.Rule(r.Act); err != nil {
			return fmt.Errorf("route %s %s: %w", r.Method, r.Path, err)
		}
	}
	return nil
}

// area is one folder of the counter.
type area interface{ Route(page.Routes) }

func (p *Portal) areas() ([]area, error) {
	verifier, err := webeid.New(webeid.Config{
		Origin: p.cfg.Origin, Anchors: p.cfg.Anchors, Revocation: p.cfg.Revocation,
		Now: p.cfg.Now, AllowLoopbackHTTP: p.cfg.Loopback,
	})
	if err != nil {
		return nil, fmt.Errorf("card sign-in: %w", err)
	}
	card := &door.Card{Challenges: p.cfg.Store, Verifier: verifier, Browser: p.sessions.Browser, Now: p.cfg.Now, Rand: p.cfg.Rand}
	cookies, err := newClassicCookies(p.cfg.Store.ServerKey("cookie"))
	if err != nil {
		return nil, err
	}
	store, now, letterhead := p.cfg.Store, p.cfg.Now, p.cfg.Mutuality.Letterhead
	care := func(l *auth.Login) error { return p.cfg.Policy.Allow(l, auth.ReadHealth) }
	freezer := requests.Freezer{Signing: p.signing, Sealing: p.sealing}
	return []area{
		&signin.SignIn{Store: store, Sessions: p.sessions, Card: card, Mutuality: p.cfg.Mutuality.ID, Now: now,
			Others: p.federal.Doors, Classic: p.classic, Cookies: cookies, Links: p.recoveryLinks(), First: signin.LinkTo{Path: "enrol", Key: "enrol.link"}, Arrived: p.enrol.Arrived},
		p.federal,
		p.enrol,
		p.recovery(),
		p.contact(),
		p.cover(),
		p.rights(),
		p.indemnities(),
		p.medicalDesk(),
		&home.Home{Store: store, Care: care},
		&account.Account{Store: store, Classic: p.classic, Origin: p.cfg.Origin, House: LettersOf(p.cfg.Mutuality, p.cfg.Origin), Now: now},
		&bank.Bank{Store: store, Freezer: freezer, Mutuality: letterhead, Now: now, House: p.cfg.Mutuality.ID, Delay: p.cfg.Mutuality.BankDelay, Calendar: p.cfg.Mutuality.Post.Calendar},
		&orders.Orders{Store: store, Freezer: freezer, Issuer: issuer{p.sealing}, Mutuality: letterhead, Now: now, Country: p.cfg.Mutuality.Post.Country},
		&requests.Requests{Store: store, Signing: p.signing, Sealing: p.sealing, Now: now, Desks: store.PapersAt, Gate: p.uploads, Network: p.sessions.Network},
		p.papers(),
		p.messages(),
		p.places(),
		&documents.Documents{Store: store, Anchors: p.cfg.Anchors, Mutuality: letterhead, Now: now, Care: care},
		p.refunds(),
		p.office(*card),
		p.people(),
		p.check,
		&letters.Mailroom{Service: p.Letters()},
		p.imports(),
		&kiosk.Area{Protocol: p.kiosks, Browser: kioskBrowser{p}},
		&help.Help{Mutuality: letterhead, Secure: p.secure},
	}, nil
}
