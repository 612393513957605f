package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// glance is a page that a member asked for.
type glance struct {
	asked time.Time
	took  time.Duration
	answer
	err error
}

// glances collects what members who only look are answered.
type glances struct {
	mu  sync.Mutex
	all []glance
}

// look has the visitor ask for pages until the end.
func (g *glances) look(ctx context.Context, v *visitor) {
	for n := 0; ctx.Err() == nil; n++ {
		one := glance{asked: time.Now()}
		one.answer, one.err = v.get(context.WithoutCancel(ctx), []string{"/fr/home", "/fr/documents", "/fr/account"}[n%3])
		one.took = time.Since(one.asked)
		g.mu.Lock()
		g.all = append(g.all, one)
		g.mu.Unlock()
		time.Sleep(20 * time.Millisecond)
	}
}

// between are those asked for and answered within that time.
func (g *glances) between(from, to time.Time) (list []glance) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, one := range g.all {
		if one.asked.After(from) && one.asked.Add(one.took).Before(to) {
			list = append(list, one)
		}
	}
	return list
}

// TestDatabaseStalls: PostgreSQL hangs, and then is restarted, while members look at pages
// (F6). They are told to come back, soon, and find all as it was once it answers; the process
// says that it lives and is not ready, and keeps nothing of those who waited.
func TestDatabaseStalls(t *testing.T) {
	t.Parallel()
	server := storetest.Start(t, true)
	database := server.Database(t)
	p := newPlace(t, plan{people: 4, remote: database, store: store.Config{Database: database}})
	metrics := freeAddress(t)
	p.setting(t, "metrics", metrics)
	s := p.start(t)
	visitors := []*visitor{}
	for i := range 4 {
		v := p.visitor(i)
		v.begin("orders")
		if err := v.finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		visitors = append(visitors, v)
	}
	seen := &glances{}
	ctx, end := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer func() { end(); all.Wait() }()
	for _, v := range visitors {
		all.Go(func() { seen.look(ctx, v) })
	}
	time.Sleep(time.Second)
	before := goroutines(t, metrics)
	for round := range often(1, 20) {
		server.Hang()
		p.keptOut(t, fmt.Sprintf("round %d, it hangs", round), seen, time.Duration(often(3, 30))*time.Second, func() { server.Resume() })
		server.Signal([]syscall.Signal{syscall.SIGINT, syscall.SIGQUIT}[round%2])
		server.Wait()
		p.keptOut(t, fmt.Sprintf("round %d, it is away", round), seen, 2*time.Second, func() {
			if err := server.Start(); err != nil {
				t.Fatal(err)
			}
		})
	}
	await(t, "no goroutine is left", time.Minute, func() bool { return goroutines(t, metrics) <= before+20 })
	end()
	all.Wait()
	for _, v := range visitors {
		v.begin("bank")
		if err := v.finish(t.Context()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	}
	p.gather(t, visitors).check(false).report(t)
	s.stop(t)
}

// keptOut looks at the counter for as long as its database is away, then calls back, and waits
// until pages are there again.
func (p *place) keptOut(t *testing.T, what string, seen *glances, lasting time.Duration, back func()) {
	t.Helper()
	const atOnce = 300 * time.Millisecond // until nothing is under way that was asked before
	began := time.Now()
	time.Sleep(lasting / 2)
	if a, err := newBrowser(p.address, &p.seen).get(t.Context(), "/healthz"); err != nil || a.status != http.StatusOK {
		t.Errorf("%s: healthz: %d, %v", what, a.status, err)
	}
	if a, err := newBrowser(p.address, &p.seen).get(t.Context(), "/readyz"); err != nil || a.status != http.StatusServiceUnavailable {
		t.Errorf("%s: readyz: %d, %v", what, a.status, err)
	}
	time.Sleep(lasting / 2)
	list := seen.between(began.Add(atOnce), time.Now())
	back()
	resumed := time.Now()
	var slowest time.Duration
	for _, one := range list {
		slowest = max(slowest, one.took)
		if one.err != nil || one.status != http.StatusServiceUnavailable || one.header.Get("Retry-After") == "" {
			t.Errorf("%s: after %v: %d, Retry-After %q, %v", what, one.took, one.status, one.header.Get("Retry-After"), one.err)
			continue
		}
		faultPage(&refusal{what, one.answer}).report(t)
	}
	if len(list) == 0 || slowest > 10*time.Second {
		t.Errorf("%s: %d answers, the slowest after %v", what, len(list), slowest)
	}
	await(t, what+": pages are back", 30*time.Second, func() bool {
		good := 0
		for _, one := range seen.between(resumed, time.Now()) {
			if one.err == nil && one.status == http.StatusOK {
				good++
			}
		}
		return good > 0
	})
	t.Logf("%s: %d answers, the slowest after %v; a page again %v after it", what, len(list), slowest.Round(time.Millisecond), time.Since(resumed).Round(time.Millisecond))
	time.Sleep(time.Second)
}

// setting changes one setting before a start.
func (p *place) setting(t *testing.T, key string, value any) {
	t.Helper()
	text, err := os.ReadFile(p.settings)
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err = json.Unmarshal(text, &s); err == nil {
		s[key] = value
		text, err = json.Marshal(s)
	}
	if err == nil {
		err = os.WriteFile(p.settings, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

var goroutinesNow = regexp.MustCompile(`(?m)^go_goroutines (\d+)$`)

// goroutines is how many the counter has, by its figures.
func goroutines(t *testing.T, metrics string) int {
	t.Helper()
	r, err := http.Get("http://" + metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	found := goroutinesNow.FindSubmatch(text)
	if err != nil || found == nil {
		t.Fatalf("no go_goroutines in the figures: %v", err)
	}
	n, _ := strconv.Atoi(string(found[1]))
	return n
}
