package bench

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/account"
	"guichet.example/portal/credentials"
)

const benchPassword = "trois hiboux mangent du fromage"

// together is how many sign in at once in the comparison: twice the cores, so that
// neither side waits for anything but the cores and the disk.
var together = 2 * runtime.GOMAXPROCS(0)

// passwordLogin compares a whole sign-in by password, through the counter's middleware
// and store, with what it cannot do without: Argon2id behind a gate as wide as the
// cores, one keyed hash, and two commits - the try counted, the session with its row.
func passwordLogin(ctx context.Context) (Result, error) {
	c, err := openCounter(ctx, rand.Reader)
	if err != nil {
		return Result{}, err
	}
	defer c.close()
	// Each of those who sign in together is somebody else, whose browser is known: tries
	// at one account at once are counted before they are judged, and would have to wait.
	bodies, browsers := make([]string, together), make([][]*http.Cookie, together)
	for i := range together {
		number, err := c.giveSomebody(ctx, i)
		if err != nil {
			return Result{}, err
		}
		bodies[i] = url.Values{"identifier": {number}, "password": {benchPassword}}.Encode()
		browsers[i] = c.ask(ctx, http.MethodPost, "/fr/sign-in/password", formType, bodies[i], nil).Cookies()
	}
	ours := atOnce(func(i int) error {
		resp := c.ask(ctx, http.MethodPost, "/fr/sign-in/password", formType, bodies[i], browsers[i])
		if resp.StatusCode != http.StatusSeeOther {
			return fmt.Errorf("password login: %s", resp.Status)
		}
		return nil
	})
	a, b, err := compare(ctx, 400*time.Millisecond, ours, atOnce(barePassword(ctx, c)))
	return against(a/time.Duration(together), b/time.Duration(together)), err
}

const formType = "application/x-www-form-urlencoded"

// barePassword is the operation without anything around it. The bare store is for one
// goroutine, the counter's joins commits: a lock stands for the wait.
func barePassword(ctx context.Context, c *counter) func(int) error {
	gate := make(chan struct{}, runtime.GOMAXPROCS(0))
	var store sync.Mutex
	row, salt, key := bytes.Repeat([]byte{1}, 200), make([]byte, 16), make([]byte, 32)
	commit := func(rows ...[]byte) error {
		store.Lock()
		defer store.Unlock()
		_, err := c.bare.Put(ctx, rows...)
		return err
	}
	return func(int) error {
		if err := commit(row); err != nil {
			return err
		}
		gate <- struct{}{}
		tag := argon2.IDKey([]byte(benchPassword), salt, 2, 19<<10, 1, 32)
		<-gate
		mac := hmac.New(sha256.New, key)
		mac.Write(tag)
		mac.Sum(nil)
		return commit(row, row)
	}
}

// atOnce makes one operation of as many of them as run together.
func atOnce(op func(i int) error) func() error {
	return func() error {
		errs := make(chan error, together)
		for i := range together {
			go func() { errs <- op(i) }()
		}
		var first error
		for range together {
			if err := <-errs; err != nil && first == nil {
				first = err
			}
		}
		return first
	}
}

// passwordUnknown compares, in turns, a wrong password for a number that nobody has with
// one for a number that somebody has: the share must stay near 1, or the time tells who
// is a member.
func passwordUnknown(ctx context.Context) (Result, error) {
	c, err := openCounter(ctx, rand.Reader)
	if err != nil {
		return Result{}, err
	}
	defer c.close()
	const each = 3 // tries a turn, each at a number of its own: nobody waits
	for i := range each * turns {
		if _, err := c.giveSomebody(ctx, i); err != nil {
			return Result{}, err
		}
	}
	next := 0
	wrong := func(from int) func() error {
		n := from
		return func() error {
			for range each {
				w := httptest.NewRecorder()
				c.portal.Handler().ServeHTTP(w, wrongPassword(ctx, numberOf(n), next))
				if n, next = n+1, next+1; w.Code != http.StatusUnprocessableEntity {
					return fmt.Errorf("wrong password: status %d", w.Code)
				}
			}
			return nil
		}
	}
	a, b, err := compare(ctx, 0, wrong(50_000), wrong(0))
	return against(a/each, b/each), err
}

// giveSomebody makes the i-th member with a password and returns her number.
func (c *counter) giveSomebody(ctx context.Context, i int) (string, error) {
	text := numberOf(i)
	number, err := nrn.Parse(text)
	if err != nil {
		return "", err
	}
	id, err := auth.NewMemberID(rand.Reader)
	if err != nil {
		return "", err
	}
	m := account.Member{Mutuality: benchMutuality, ID: id, NationalNumber: number, GivenNames: "Anne", Surname: "Maes", Language: "fr"}
	if err := c.store.AddMember(ctx, m, nil); err != nil {
		return "", err
	}
	service := c.portal.Classic()
	hash, err := service.Hash(ctx, id, benchPassword)
	if err != nil {
		return "", err
	}
	return text, service.Enrol(ctx, credentials.Enrolment{Member: id, State: credentials.Active, Hash: hash})
}

// numberOf is the i-th of many national numbers with right check digits.
func numberOf(i int) string {
	day := 1 + i/900%28
	body := (85_01_00+i/900/28%12*100+day)*1000 + 1 + i%900
	return fmt.Sprintf("%09d%02d", body, 97-body%97)
}

// storm is how many sign in at once, each with a number and from a network of its own.
const storm = 500

// stormed is what a storm of sign-ins did.
type stormed struct {
	memory  float64       // MiB added at the most
	page    time.Duration // p99 of another page meanwhile
	surplus time.Duration // the slowest refusal of those for whom there was no room
	served  int           // those judged
}

func passwordStorm(pick func(stormed) Result) func(context.Context) (Result, error) {
	return func(ctx context.Context) (Result, error) {
		s, err := runStorm(ctx)
		return pick(s), err
	}
}

func share(value, limit float64, unit string) Result {
	return Result{Value: value, Unit: unit, Limit: limit, Ratio: value / limit}
}

var (
	stormMemory = passwordStorm(func(s stormed) Result { return share(s.memory, 80, "MiB") })
	stormPage   = passwordStorm(func(s stormed) Result { return share(float64(s.page.Microseconds())/1000, 100, "ms") })
	stormAnswer = passwordStorm(func(s stormed) Result { return share(float64(s.surplus.Microseconds())/1000, 2000, "ms") })
)

// runStorm lets 500 sign in at once and looks at another page as it lasts.
func runStorm(ctx context.Context) (s stormed, err error) {
	c, err := openCounter(ctx, rand.Reader)
	if err != nil {
		return s, err
	}
	defer c.close()
	requests := make([]*http.Request, storm)
	for i := range requests {
		requests[i] = stormRequest(ctx, i)
	}
	if _, err := c.portal.Classic().Gate.Hash(ctx, benchPassword); err != nil { // the gate at work once, as at any time of day
		return s, err
	}
	watch := watchMemory()
	done := make(chan struct{})
	pages := make(chan []time.Duration)
	go func() { pages <- c.otherPage(ctx, done) }()
	answers := c.release(requests)
	close(done)
	s.memory = watch()
	looked := <-pages
	s.page = percentile(looked, 99)
	for _, a := range answers {
		switch {
		case a.status == http.StatusServiceUnavailable || a.status == http.StatusTooManyRequests:
			s.surplus = max(s.surplus, a.took)
		case a.status == http.StatusUnprocessableEntity:
			s.served++
		default:
			return s, fmt.Errorf("sign-in in the storm: status %d", a.status)
		}
	}
	if s.served == 0 || s.served == storm || len(looked) < 20 {
		return s, fmt.Errorf("no storm: %d of %d judged, %d other pages", s.served, storm, len(looked))
	}
	return s, nil
}

type answer struct {
	status int
	took   time.Duration
}

// release sends all requests at once.
func (c *counter) release(requests []*http.Request) []answer {
	answers := make([]answer, len(requests))
	start := make(chan struct{})
	var wait sync.WaitGroup
	for i, r := range requests {
		wait.Go(func() {
			<-start
			began := time.Now()
			w := httptest.NewRecorder()
			c.portal.Handler().ServeHTTP(w, r)
			answers[i] = answer{w.Code, time.Since(began)}
		})
	}
	close(start)
	wait.Wait()
	return answers
}

// otherPage asks for another page every 5 ms, timed from the moment it was due.
func (c *counter) otherPage(ctx context.Context, done <-chan struct{}) []time.Duration {
	var took []time.Duration
	for due := time.Now(); ; due = due.Add(5 * time.Millisecond) {
		select {
		case <-done:
			return took
		case <-time.After(time.Until(due)):
			c.ask(ctx, http.MethodGet, "/fr/help/privacy", "", "", nil)
			took = append(took, time.Since(due))
		}
	}
}

// stormRequest is a wrong password for a number of its own with right check digits.
func stormRequest(ctx context.Context, i int) *http.Request {
	return wrongPassword(ctx, numberOf(1000+i), i)
}

// wrongPassword comes from the i-th network.
func wrongPassword(ctx context.Context, number string, i int) *http.Request {
	form := url.Values{"identifier": {number}, "password": {"wrong, whoever it is"}}.Encode()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, benchOrigin+"/fr/sign-in/password", strings.NewReader(form))
	r.RemoteAddr = fmt.Sprintf("10.1.%d.%d:4000", i/250, i%250+1)
	r.Header.Set("Content-Type", formType)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}
