// Package doctor looks at every link between a browser and an identity card and says of
// each whether it holds, what was found, and what to do next, to people who are no
// engineers, in French, Dutch, German and English.
//
// The flow is [Run]: first the system's card service, the PKCS#11 modules, the readers and
// the card, each asked only if the one before it answered; then what stands beside them:
// pinentry, the manifests by which browsers find the native host, the agent's port, the
// clock. A link behind a failed one is unknown and says so. The order of the checks never
// changes, and nothing is waited for longer than [Config].Deadline.
//
// Nothing in a checkup tells who is asked: no name, no number, no certificate, no serial
// of a card or of a reader, and the card is asked for no PIN. A support code holds the
// outcome of each check and a checksum, so that a help desk can read it back: [ParseCode].
//
// A checkup as JSON (guichet-reader doctor -json, and GET /v1/doctor of the agent) is one
// object:
//
//	checks   array, one object for each link in the order of the constants below
//	  id       string, "service" to "clock"; never translated
//	  outcome  string, "passed", "failed", "warning" or "unknown"
//	  title    string, what was looked at
//	  finding  string, what was found
//	  next     string, what to do; absent if nothing
//	code     string, the support code: four groups of four
//	at       string, when, in UTC (RFC 3339)
//	version  string, of guichet-reader (semver 2)
package doctor

import (
	"context"
	"net/http"
	"sync"
	"time"

	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/pinentry"
	"guichet.example/reader/remote"
)

// DefaultDeadline is how long a checkup may take: less than people wait.
const DefaultDeadline = 15 * time.Second

// Cards is what a checkup asks of the modules; a *[remote.Set] is one.
type Cards interface {
	Health(ctx context.Context) []remote.ModuleHealth
	Readers(ctx context.Context) ([]reader.Reader, error)
	Card(ctx context.Context) (*remote.Card, error)
}

// Config says what to look at. The zero value looks at this machine with no module.
type Config struct {
	Cards    Cards  // nil: no module could be opened
	CardsErr error  // why Cards is nil; nil: reader.ErrModuleMissing
	Lang     string // "fr", "nl", "de", "en"; anything else: DefaultLang

	Agent   string // address of the agent's port; "": "localhost:8081"
	Serving bool   // this process is the agent, so the port is not asked
	Origin  string // site to compare the clock with, and to ask the agent for; "": none. Nothing else is ever asked

	Kiosk *Kiosk // this machine is a kiosk: other links are looked at; nil: it is a member's

	Browsers []BrowserAt   // browsers of this person
	Pinentry func() string // path of a pinentry that can show itself, "" if none; nil: pinentry.FindWindow
	System   System        // what is asked of the system; its zero value asks the real one

	Deadline time.Duration     // of the whole checkup; 0: DefaultDeadline
	Now      func() time.Time  // nil: time.Now
	Client   http.RoundTripper // for the agent's port and Origin; nil: one that keeps no connection
}

// examination is one checkup under way.
type examination struct {
	Config
	text *text

	openSC map[string]string // version by path, of the modules that are OpenSC

	mu      sync.Mutex
	results map[string]result // by id of the link
}

// Run makes a checkup. It costs no PIN try, and never fails: what cannot be looked at is
// unknown.
func Run(ctx context.Context, c Config) api.Checkup {
	e := newExamination(c)
	ctx, cancel := context.WithTimeout(ctx, e.Deadline)
	defer cancel()
	var wait sync.WaitGroup
	if c.Kiosk != nil {
		wait.Go(func() { e.note(Clock, e.askClock(ctx)) })
		wait.Go(func() { e.lookAtCards(ctx) })
		wait.Go(func() { e.lookAtKiosk(ctx) })
		wait.Wait()
		return e.checkup(kioskFormat)
	}
	wait.Go(func() { e.note(Agent, e.askAgent(ctx)) })
	wait.Go(func() { e.note(Clock, e.askClock(ctx)) })
	wait.Go(func() { e.lookAtCards(ctx) })
	wait.Wait()
	e.note(Pinentry, e.lookForPinentry(ctx))
	e.note(Browser, e.lookAtBrowsers())
	return e.checkup(codeFormat)
}

func newExamination(c Config) *examination {
	if c.CardsErr == nil {
		c.CardsErr = reader.ErrModuleMissing
	}
	if c.Agent == "" {
		c.Agent = "localhost:8081"
	}
	if c.Pinentry == nil {
		c.Pinentry = pinentry.FindWindow
	}
	if c.Deadline <= 0 {
		c.Deadline = DefaultDeadline
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Client == nil {
		c.Client = &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	}
	c.System = c.System.orReal()
	return &examination{Config: c, text: textIn(c.Lang), results: map[string]result{}, openSC: map[string]string{}}
}

// note keeps what was found of a link.
func (e *examination) note(id string, r result) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.results[id] = r
}

// found is the name of the finding of a link, "" before there is one.
func (e *examination) found(id string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.results[id].finding
}

func (e *examination) checkup(format uint64) api.Checkup {
	report := Report{Version: api.Version, System: system(), Kiosk: format == kioskFormat}
	c := api.Checkup{At: e.Now().UTC().Truncate(time.Second), Version: api.Version}
	for _, l := range formats[format] {
		r := e.results[l.id]
		if r.finding == "" {
			r = result{finding: skipped}
		}
		c.Checks = append(c.Checks, e.text.check(l, r))
		report.places = append(report.places, l.place(r.finding))
	}
	c.Code = report.Code()
	return c
}
