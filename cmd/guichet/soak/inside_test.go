package soak

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/portal"
	"guichet.example/portal/jobs"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
	"guichet.example/portal/vault"
	"guichet.example/signing"
)

// clock runs with the real one, ahead by what a test says.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }
func (c *clock) config() store.Config    { return store.Config{Now: c.now} }

// inside is a counter in this process, wired as `guichet serve` wires it, whose clock
// is ours. The services share the clock.
type inside struct {
	*place
	clock  *clock
	db     *watched
	logged *logged
}

// logged is the log of a counter in this process.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// openInside opens a new place with services of its own. Its clock begins that far
// behind the real one, so that what is advanced stays in the past, where `guichet
// verify` can judge it.
func openInside(t *testing.T, people int, behind time.Duration) *inside {
	t.Helper()
	c := &clock{}
	c.advance(-behind)
	services := certstest.Start(t, certstest.Config{Now: c.now})
	p := newPlace(t, plan{people: people, services: services, store: c.config()})
	return p.openInside(t, c)
}

func (p *place) openInside(t *testing.T, c *clock) *inside {
	t.Helper()
	keys, err := vault.LoadKeys(p.keys)
	if err != nil {
		t.Fatal(err)
	}
	in := &inside{place: p, clock: c, logged: &logged{}}
	cfg := c.config()
	cfg.Path, cfg.Keys, cfg.Anchors, cfg.Log = p.database(), keys, p.heads, in.log()
	db, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	in.db = &watched{DB: db}
	t.Cleanup(func() { noPanic(in.logged.text.Bytes()).report(t) })
	return in
}

func (in *inside) log() *slog.Logger {
	return slog.New(slog.NewJSONHandler(in.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// portal is a server over the store, with caches and breaker of its own. It waits as
// long for the services as in service, but for the slow one.
func (in *inside) portal(t *testing.T, l lie) *portal.Portal {
	t.Helper()
	var forStatus, forStamp time.Duration
	switch {
	case l.fault == certstest.Slow && l.service == certstest.TSA:
		forStamp = impatience
	case l.fault == certstest.Slow:
		forStatus = impatience
	}
	status, err := revocation.New(revocation.Config{Hosts: in.services.Hosts(), Now: in.clock.now, Timeout: forStatus, Log: in.log()})
	if err != nil {
		t.Fatal(err)
	}
	tsa, err := signing.NewTSA(signing.TSAConfig{URLs: []string{in.services.TSAURL()}, Anchors: in.services.Anchors(),
		Now: in.clock.now, Timeout: forStamp})
	if err != nil {
		t.Fatal(err)
	}
	p, err := portal.New(portal.Config{
		Origin: origin, Mutuality: whose(), Store: in.db, Anchors: in.services.Anchors(), Revocation: status, TSA: tsa,
		Policy: auth.DefaultPolicy(), TrustedProxies: []string{"127.0.0.1"}, Now: in.clock.now, Rand: rand.Reader, Log: in.log(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// logHoldsNoSecrets looks through the log, at debug level, for what is known of the
// members and of what went over the wire.
func (in *inside) logHoldsNoSecrets(t *testing.T) {
	t.Helper()
	hidden := secrets{}
	for _, o := range in.people {
		hidden.person(o)
	}
	hidden.wire(in.seen.list())
	in.logged.mu.Lock()
	defer in.logged.mu.Unlock()
	if in.logged.text.Len() == 0 {
		t.Error("nothing was logged")
	}
	hidden.scan("the log", in.logged.text.Bytes()).report(t)
}

// impatience is how long to wait for a service that is slow on purpose.
const impatience = 300 * time.Millisecond

// serve starts a server while all services are well; visitors go to it from now on.
func (in *inside) serve(t *testing.T, visitors ...*visitor) *portal.Portal {
	t.Helper()
	in.services.Control().Reset()
	return in.serveOn(t, in.portal(t, lie{}), visitors)
}

func (in *inside) serveOn(t *testing.T, p *portal.Portal, visitors []*visitor) *portal.Portal {
	t.Helper()
	server := httptest.NewServer(p.Handler())
	t.Cleanup(server.Close)
	in.address = strings.TrimPrefix(server.URL, "http://")
	for _, v := range visitors {
		v.address = in.address
	}
	return p
}

// watched is the store with an eye on the documents that are being raised.
type watched struct {
	*store.DB
	mu     sync.Mutex
	leased int           // since the round began, and not raised or put off yet
	took   int           // leased since the round began; -1: it has not looked yet
	idle   chan struct{} // closed when none is left; nil outside a round
}

func (w *watched) Lease(ctx context.Context, o jobs.Order) ([]jobs.Job, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.idle == nil || w.took >= 0 || !slices.Contains(o.Kinds, requests.RaiseKind) {
		return nil, nil // one look a round, and renewals have a runner of their own
	}
	o.Kinds, o.Limit = []string{requests.RaiseKind}, 16
	due, err := w.DB.Lease(ctx, o)
	w.leased, w.took = len(due), len(due)
	if w.leased == 0 {
		close(w.idle)
		w.idle = nil
	}
	return due, err
}

func (w *watched) Raised(ctx context.Context, r requests.Raised) error {
	err := w.DB.Raised(ctx, r)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.idle != nil && w.leased > 0 {
		if w.leased--; w.leased == 0 {
			close(w.idle)
			w.idle = nil
		}
	}
	return err
}

// round lets the job that raises documents look at the store once, and returns how
// many it took on.
func (in *inside) round(t *testing.T, p *portal.Portal) int {
	t.Helper()
	idle := make(chan struct{})
	in.db.mu.Lock()
	in.db.idle, in.db.leased, in.db.took = idle, 0, -1
	in.db.mu.Unlock()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); p.Run(ctx) }()
	select {
	case <-idle:
	case <-time.After(time.Minute):
		t.Error("documents are not raised within a minute")
	}
	stop()
	<-ended
	return in.db.took
}

// raiseAll lets a counter a little over a minute later raise what kills left behind:
// by then the leases of the killed have ended.
func (p *place) raiseAll(t *testing.T) {
	t.Helper()
	c := &clock{}
	c.advance(75 * time.Second)
	in := p.openInside(t, c)
	server := in.portal(t, lie{})
	for in.round(t, server) > 0 {
	}
	if err := in.db.Close(); err != nil {
		t.Fatal(err)
	}
}
