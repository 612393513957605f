// Package portal is the counter's web server: one Gin engine, one visible list of
// middleware, one list of routes, one place where an error becomes a page.
//
// A request passes, in this order: the security headers, the host and cross-origin
// checks, its reference and log line, the limit on its body, its language, its
// session, and the access table for the act its route names. Then the area's handler
// runs; what it returns as an error ends in fail (errors.go) and nowhere else.
package portal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/password"
	"guichet.example/auth/webeid"
	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/portal/account"
	"guichet.example/portal/bank"
	"guichet.example/portal/check"
	"guichet.example/portal/connections"
	"guichet.example/portal/contact"
	"guichet.example/portal/credentials"
	"guichet.example/portal/documents"
	"guichet.example/portal/download"
	"guichet.example/portal/enrol"
	"guichet.example/portal/feature"
	"guichet.example/portal/federal"
	"guichet.example/portal/home"
	"guichet.example/portal/imports"
	"guichet.example/portal/jobs"
	"guichet.example/portal/kiosk"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/messages"
	"guichet.example/portal/office"
	"guichet.example/portal/orders"
	"guichet.example/portal/page"
	"guichet.example/portal/people"
	"guichet.example/portal/places"
	"guichet.example/portal/profile"
	"guichet.example/portal/recovery"
	"guichet.example/portal/refunds"
	"guichet.example/portal/renewal"
	"guichet.example/portal/requests"
	"guichet.example/portal/signin"
	"guichet.example/portal/upload"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// Store is all that the areas keep; *store.DB is the one in use.
type Store interface {
	signin.Store
	FederalStore
	home.Store
	account.Store
	bank.Store
	bank.Applier
	orders.Store
	requests.Store
	requests.SealStore
	PaperStore
	documents.Store
	office.Store
	CounterStore
	jobs.Store
	renewal.Store
	ClassicStore
	letters.Store
	kiosk.Store
	recovery.Store
	contact.Store
	messages.Store
	places.Store
	RightsStore
	enrol.Store
	check.Store
	refunds.Store
	people.Store
	people.BirthdayStore
	imports.Store
	Ping(ctx context.Context) error
	// Ended is the last day of a former member; zero for who is one.
	Ended(ctx context.Context, login auth.Login) (time.Time, error)
}

// Revocation answers for the status of cards; *revocation.Checker is the one in use.
type Revocation interface {
	Check(ctx context.Context, p certs.Path) (revocation.Answer, error)
	Fresh(ctx context.Context, p certs.Path) (revocation.Answer, error)
	Evidence(ctx context.Context, p certs.Path) ([]revocation.Answer, error)
}

// Mutuality is whose counter this is.
type Mutuality struct {
	// ID is part of every key in the store: lower-case letters, digits and dashes.
	ID string `json:"id"`
	// Brand is its name, logo, colours and how it can be reached.
	Brand page.Brand `json:"brand"`
	// Profile names how members get in, and what of it is another way here.
	Profile profile.Config `json:"profile"`
	// Letterhead stands on the documents members sign.
	Letterhead document.Mutuality `json:"letterhead"`
	// Post says how its letters and mails leave.
	Post PostSettings `json:"post"`
	// Enrol says what goes with a new account.
	Enrol enrol.Settings `json:"enrol"`
	// BankDelay is how many working days pass before a signed change of account can be in
	// force: 4 to 20. Empty: 5.
	BankDelay int `json:"bank_delay"`
	// Rights says when the pages warn that a medical file or an agreement ends.
	Rights RightsSettings `json:"rights"`
	// People says who decides who sees whom, and what silence means.
	People people.Settings `json:"people"`
	// Off are the features that this mutuality does without. Empty: it has them all.
	Off feature.Off `json:"off"`
	// CheckKey is the number of the key that signs printed codes, from 1: one more, and a
	// new key signs, while those before still verify. 0 means 1.
	CheckKey int `json:"check_key"`
}

// Config of a Portal. Required fields are said to be; the rest has a default.
type Config struct {
	Origin    string // required: "https://counter.example", as the card signs it
	Loopback  bool   // allow an http origin on a loopback name: the demo only
	Agent     string // address of the loopback agent; empty: browser extension only
	Mutuality Mutuality

	Store      Store               // required
	Ready      func() error        // besides the store, for /readyz; nil: always
	Anchors    *certs.TrustAnchors // required: where paths of cards end
	Revocation Revocation          // required
	TSA        *signing.TSA        // nil: signatures stay at B-B
	// Archive is the level that signed documents are raised to where there is a TSA. Zero:
	// B-LTA, which is renewed before it ages.
	Archive signing.Level
	Renewal RenewalTimes // when and how fast
	Policy  auth.Policy
	// Profile says how members get in. Zero: that of the mutuality.
	Profile profile.Profile
	// PasswordCost is what a password hash costs. Zero: password.Default; tests have less.
	PasswordCost password.Params

	// Seal is the mutuality's own, for what members approve with a federal token or send
	// without a card. nil: only a card consents.
	Seal *signing.Sealer
	// Federation are the federal identity providers, in the order of their doors. Empty:
	// no such way in.
	Federation []federal.Way
	SAML       SAML // our side towards SAML providers: required if there is one

	// Mail takes the mails; Mutuality.Post.From is who writes. nil: mails wait.
	Mail mail.Sender

	Idle           time.Duration // 15 minutes
	Total          time.Duration // 8 hours
	OfficeIdle     time.Duration // of staff: 10 minutes
	OfficeTotal    time.Duration // of staff: 8 hours
	Kiosks         kiosk.Times   // of kiosks and the sessions at them: see there
	TrustedProxies []string      // none
	PostsPerMinute int           // of one network, after a burst of a fifth of it: 600
	ReadsPerMinute int           // of one session, after a burst of a third of it: 3000

	Now  func() time.Time // time.Now
	Rand io.Reader        // required: crypto/rand.Reader but in tests
	Log  *slog.Logger     // required
}

// Portal is a running counter. It is safe for concurrent use.
type Portal struct {
	cfg         Config
	host        string
	secure      bool
	policy      string
	agentPolicy string
	sessions    *sessions
	classic     *credentials.Service
	federal     *federal.Federal
	enrol       *enrol.Enrol
	sealing     *requests.Sealing // nil: no seal
	kiosks      *kiosk.Protocol
	check       *check.Check
	access      people.Rules
	uploads     *upload.Gate // files of all areas
	often       *often       // changes, by network
	reads       *often       // pages, by session: each look writes an audit row
	together    together     // requests under way, by session
	figures     figures
	signing     *requests.Signing
	renewer     *renewal.Renewer // nil: nothing is renewed
	routes      []Route
	engine      *gin.Engine
	handler     http.Handler
}

// fill sets what the configuration leaves open.
func (cfg *Config) fill() {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Idle == 0 {
		cfg.Idle = 15 * time.Minute
	}
	if cfg.Total == 0 {
		cfg.Total = 8 * time.Hour
	}
	if cfg.OfficeIdle == 0 {
		cfg.OfficeIdle = 10 * time.Minute
	}
	if cfg.OfficeTotal == 0 {
		cfg.OfficeTotal = 8 * time.Hour
	}
	if cfg.PostsPerMinute == 0 {
		cfg.PostsPerMinute = 600
	}
	if cfg.ReadsPerMinute == 0 {
		cfg.ReadsPerMinute = 3000
	}
}

// New checks the configuration and builds the engine.
func New(cfg Config) (*Portal, error) {
	cfg.fill()
	if cfg.Store == nil || cfg.Anchors == nil || cfg.Revocation == nil || cfg.Rand == nil || cfg.Log == nil || cfg.Mutuality.ID == "" {
		return nil, errors.New("portal: a required field of the configuration is empty")
	}
	if err := webeid.CheckOrigin(cfg.Origin, cfg.Loopback); err != nil {
		return nil, err
	}
	if err := cfg.Policy.Validate(); err != nil {
		return nil, err
	}
	if err := cfg.Mutuality.Rights.Check(); err != nil {
		return nil, err
	}
	if err := bank.CheckDelay(cfg.Mutuality.BankDelay, cfg.Mutuality.Post.Days); err != nil {
		return nil, fmt.Errorf("%q: %w", "mutuality.bank_delay", err)
	}
	if err := cfg.Mutuality.Off.Check(); err != nil {
		return nil, fmt.Errorf("%q: %w", "mutuality.off", err)
	}
	if err := cfg.checkPost(); err != nil {
		return nil, err
	}
	origin, err := url.Parse(cfg.Origin)
	if err != nil {
		return nil, err
	}
	p := &Portal{cfg: cfg, host: origin.Host, secure: origin.Scheme == "https", policy: policy(""),
		together: together{patience: atOncePatience}}
	p.agentPolicy = p.policy
	if cfg.Agent != "" {
		p.agentPolicy = policy(" " + cfg.Agent)
	}
	p.often = newOften(cfg.PostsPerMinute/5, float64(cfg.PostsPerMinute), cfg.Now)
	p.uploads = upload.NewGate(upload.Limits{Now: cfg.Now})
	p.reads = newOften(cfg.ReadsPerMinute/3, float64(cfg.ReadsPerMinute), cfg.Now)
	if err := p.newKiosks(); err != nil {
		return nil, err
	}
	p.sessions = &sessions{store: cfg.Store, house: cfg.Mutuality.ID, now: cfg.Now, idle: cfg.Idle, total: cfg.Total, kiosk: p.kiosks.Times}
	if p.classic, err = cfg.newClassic(); err != nil {
		return nil, fmt.Errorf("password sign-in: %w", err)
	}
	if p.access, err = p.accessRules(); err != nil {
		return nil, err
	}
	p.signing = cfg.signing()
	p.renewer = cfg.renewer()
	if err := p.newCheck(); err != nil {
		return nil, err
	}
	if p.federal, err = p.newFederal(); err != nil {
		return nil, err
	}
	if p.enrol, err = p.newEnrol(); err != nil {
		return nil, err
	}
	if p.sealing, err = p.newSealing(); err != nil {
		return nil, err
	}
	return p, p.build()
}

// signing joins the parts that take a request to a signed document.
func (cfg Config) signing() *requests.Signing {
	want := cfg.archive()
	return &requests.Signing{
		Store: cfg.Store, Anchors: cfg.Anchors, Revocation: cfg.Revocation, Now: cfg.Now, Rand: cfg.Rand, Log: cfg.Log,
		Raiser: &requests.Raiser{
			Store: cfg.Store, Anchors: cfg.Anchors, Revocation: cfg.Revocation, Now: cfg.Now, Log: cfg.Log, Want: want,
			Extender: cfg.extender(), Holds: cfg.holds,
		},
	}
}

func (p *Portal) build() error {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	p.engine = engine
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false
	if err := engine.SetTrustedProxies(p.cfg.TrustedProxies); err != nil {
		return fmt.Errorf("trusted proxies: %w", err)
	}
	slow := download.NewGate(download.Limits{})
	engine.Use(p.allowAgent, p.identify, slow.Pace(p.sessions.Network), p.recover, p.limitOften, p.limitBody)
	engine.NoRoute(p.language, p.visitor, func(c *gin.Context) { p.fail(c, errNoPage) })
	engine.NoMethod(p.language, p.visitor, p.adapt(noMethod))
	if err := p.mount(engine); err != nil {
		return err
	}
	crossOrigin := http.NewCrossOriginProtection()
	if err := crossOrigin.AddTrustedOrigin(p.cfg.Origin); err != nil {
		return err
	}
	crossOrigin.AddInsecureBypassPattern(fromProvider) // guarded by its own cookie
	crossOrigin.SetDenyHandler(http.HandlerFunc(p.foreign))
	p.handler = p.secured(p.knownHost(p.ownOrigin(crossOrigin.Handler(engine))))
	return nil
}

// Handler is the whole counter.
func (p *Portal) Handler() http.Handler { return p.handler }

// Run does the jobs of the counter until ctx ends: what is queued is done by any of the
// servers that share the store.
func (p *Portal) Run(ctx context.Context) {
	if p.renewer != nil {
		renewing := make(chan struct{})
		go func() { defer close(renewing); p.renewer.Run(ctx) }()
		defer func() { <-renewing }()
	}
	runner := &jobs.Runner{Store: p.cfg.Store, Plans: p.plans(), Now: p.cfg.Now, Log: p.cfg.Log}
	go p.birthdays().Watch(ctx)
	_ = runner.Run(ctx)
}

// plans are how the jobs of each kind are done.
func (p *Portal) plans() map[string]jobs.Plan {
	plans := map[string]jobs.Plan{
		enrol.JobKind:      p.enrol.Plan(),
		recovery.JobKind:   p.recoveryPlan(),
		bank.JobKind:       bank.Plan(p.cfg.Store),
		people.JobKind:     p.birthdays().Plan(),
		requests.RaiseKind: p.signing.Raiser.Plan(), // signatures made while a service did not answer
	}
	if post := p.post(); post != nil {
		plans[mail.JobKind] = post.Plan()
	}
	return plans
}

// Server returns an HTTP server for the counter with its limits set.
func (p *Portal) Server() *http.Server {
	return &http.Server{
		Handler:           p.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          serverLog(p.cfg.Log),
	}
}

// Bound keeps the connections of a server for the counter to this many at once.
func (p *Portal) Bound(most int) *connections.Bound {
	b := &connections.Bound{Most: most, Network: network, Log: p.cfg.Log}
	for _, trusted := range p.cfg.TrustedProxies { // Gin has read them: an address or a prefix
		if address, err := netip.ParseAddr(trusted); err == nil {
			b.Proxies = append(b.Proxies, netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen()))
		} else if prefix, err := netip.ParsePrefix(trusted); err == nil {
			b.Proxies = append(b.Proxies, prefix.Masked())
		}
	}
	return b
}
