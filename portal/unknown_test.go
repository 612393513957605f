package portal_test

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/certs/certstest"
	"guichet.example/portal"
	"guichet.example/portal/credentials"
	"guichet.example/portal/profile"
	"guichet.example/portal/store/storetest"
)

// profiles are those that ship: what a counter serves depends on them.
var profiles = []string{"emut", "webmut", "unimutuelles", "mutame-marseille", "mutame-plus"}

func ofProfile(t *testing.T, id string) func(*portal.Config) {
	t.Helper()
	p, err := profile.Load(id)
	ok(t, err)
	return func(cfg *portal.Config) { cfg.Profile = p }
}

// typed is everything that the forms before signing in may ask, all of it right but for
// whose number it is.
func typed(number, email string) url.Values {
	return url.Values{
		"identifier": {number}, "number": {number}, "way": {"letter"}, "name": {"Delcourt"}, "surname": {"Delcourt"}, "given": {"Mathieu"},
		"mutuality": {"319"}, "birth-day": {"30"}, "birth-month": {"7"}, "birth-year": {"1985"}, "postcode": {"4000"},
		"email": {email}, "code": {"ABCD-EFGH"}, "question": {"1"}, "answer": {"Médor"}, "password": {"certainly not the password"},
		"hours": {"morning"}, "phone": {"+32 470 12 34 56"}, "text": {"Bonjour"}, "read": {"1"}, "terms": {"1"},
	}
}

// work is what an answer cost: hashes, and rows by table.
func (w *town) work(ask func()) string {
	w.t.Helper()
	rows := func() map[string]int {
		counts := map[string]int{}
		for table, print := range fingerprint(w.t, w.db) {
			var n int
			fmt.Sscanf(print, "%d rows", &n)
			counts[table] = n
		}
		return counts
	}
	before, hashes := rows(), w.Classic().Gate.Hashes()
	ask()
	var lines []string
	for table, n := range rows() {
		if n != before[table] {
			lines = append(lines, fmt.Sprintf("%s %+d", table, n-before[table]))
		}
	}
	slices.Sort(lines)
	return fmt.Sprintf("%d hashes, %s", w.Classic().Gate.Hashes()-hashes, strings.Join(lines, ", "))
}

// Of a number that nobody has, every form before signing in says and costs what it does of
// one that somebody has: with a password, and without an account.
func TestFormsTellNothing(t *testing.T) {
	for _, id := range profiles {
		t.Run(id, func(t *testing.T) {
			w := openTown(t, storetest.Config(t, storetest.SQLite), ofProfile(t, id))
			t.Logf("%d forms", formsTellNothing(t, w))
		})
	}
}

// formsTellNothing returns how many forms it filled in.
func formsTellNothing(found told, w *town) (forms int) {
	t := w.t
	w.password(w.members[0])
	known := map[string]string{"enrolled": w.members[0].NationalNumber, "not enrolled": w.members[1].NationalNumber}
	asks := 0
	for _, r := range w.Routes() {
		if r.Method != http.MethodPost || r.Act != auth.Public || strings.Contains(r.Path, ":") || strings.HasPrefix(r.Path, "sign-in/card") {
			continue
		}
		ask := func(typedNumber string) (answer, work string) {
			asks++ // mails to one address are bounded
			email := fmt.Sprintf("m%04d@example.be", asks)
			work = w.work(func() {
				resp, body := w.visitor(t).send("/fr/"+r.Path, typed(typedNumber, email))
				n := typedNumber
				spelled := n[:2] + "." + n[2:4] + "." + n[4:6] + "-" + n[6:9] + "." + n[9:]
				answer = fmt.Sprintf("%d bytes, %s", len(clock.ReplaceAllString(body, "?")),
					said(resp, strings.NewReplacer(email, "E", n, "N", spelled, "N").Replace(body)))
			})
			return answer, work
		}
		forms++
		ask(number(777)) // counts the network
		answer, work := ask(nobody)
		for who, national := range known {
			got, cost := ask(national)
			if got != answer {
				found.Errorf("%s: %s is told apart from unknown: %s", r.Path, who, difference(got, answer))
			}
			if cost != work {
				found.Errorf("%s: %s costs %q, unknown %q", r.Path, who, cost, work)
			}
		}
	}
	return forms
}

// A number with wrong check digits is refused before anything is looked up or hashed, in
// every form before signing in. Where members have other identifiers as well, such a
// number may be one of those: not in this profile.
func TestWrongDigitsReachNothing(t *testing.T) {
	var looks lookups
	w := openTown(t, storetest.Config(t, storetest.SQLite), ofProfile(t, "emut"), looks.count)
	wrongDigitsReachNothing(t, w, &looks)
}

func wrongDigitsReachNothing(found told, w *town, looks *lookups) {
	for _, r := range w.Routes() {
		if r.Method != http.MethodPost || r.Act != auth.Public || strings.Contains(r.Path, ":") || strings.HasPrefix(r.Path, "sign-in/card") {
			continue
		}
		for _, typo := range []string{"85073003329", "85.07.30-033.29", "00000000000", "8507300332"} {
			before, hashes := looks.n, w.Classic().Gate.Hashes()
			w.visitor(w.t).send("/fr/"+r.Path, typed(typo, "m@example.be"))
			if n := looks.n - before; n > 0 {
				found.Errorf("%s: looked up %d times", r.Path, n)
			}
			if n := w.Classic().Gate.Hashes() - hashes; n > 0 {
				found.Errorf("%s: %d hashes", r.Path, n)
			}
		}
	}
}

// Over the wire: a hundred wrong passwords are slowed down, and the card opens all the
// while, from the same network.
func TestWrongTriesOverHTTP(t *testing.T) {
	c := open(t, cheap)
	c.enrolled(t, nil)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	server := c.Server()
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	statuses := map[int]int{}
	for range 100 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+listener.Addr().String()+"/fr/sign-in/password",
			strings.NewReader(url.Values{"identifier": {mathieu.NationalNumber}, "password": {"wrong again and again"}}.Encode()))
		ok(t, err)
		r.Host = strings.TrimPrefix(origin, "https://")
		r.Header.Set("Content-Type", form)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		resp, err := http.DefaultClient.Do(r)
		ok(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		ok(t, errors.Join(err, resp.Body.Close()))
		statuses[resp.StatusCode]++
		if resp.StatusCode == http.StatusTooManyRequests && resp.Header.Get("Retry-After") == "" {
			t.Error("who has to wait is not told how long")
		}
	}
	if statuses[http.StatusTooManyRequests] < 80 || statuses[http.StatusTooManyRequests]+statuses[http.StatusUnprocessableEntity] != 100 {
		t.Errorf("a hundred wrong tries are answered %v", statuses)
	}
	if hashes := c.Classic().Gate.Hashes(); hashes > 20 {
		t.Errorf("%d of them cost a hash", hashes)
	}
	if v := c.visitor(t).in(); !isIn(v) {
		t.Error("the card is shut out by wrong passwords")
	}
	t.Logf("100 wrong tries: %v", statuses)
}

// The time that an answer takes tells nothing either: a rank test over tries for numbers
// that somebody has and that nobody has, in turns (ASVS 6.3.8).
func TestTimeTellsNothing(t *testing.T) {
	for _, path := range []string{"sign-in/password", "recover/password"} {
		known, unknown := newTimed(t, path).run(often(60, 2000), 0)
		z := ranks(known, unknown)
		a, b := median(known), median(unknown)
		t.Logf("%s, %d rounds: z = %.2f, median %v known, %v unknown", path, len(known), z, a, b)
		if limit := float64(often(6, 4)); math.Abs(z) > limit {
			t.Errorf("%s: time tells them apart: z = %.2f, median %v known, %v unknown", path, z, a, b)
		}
	}
}

// The same test finds two milliseconds, and twenty where other tests run beside it.
func TestTimeTellsNothingGoesRed(t *testing.T) {
	w, late := newTimed(t, "sign-in/password"), time.Duration(often(20, 2))*time.Millisecond
	w.fault = on(http.MethodPost, "/fr/sign-in/password", func(next http.Handler, rw http.ResponseWriter, r *http.Request) {
		ok(t, r.ParseForm())
		if w.has[r.PostForm.Get("identifier")] {
			time.Sleep(late)
		}
		r.Body = http.NoBody
		next.ServeHTTP(rw, r)
	})
	known, unknown := w.run(2000, 6.5)
	if z := ranks(known, unknown); z < 6.5 {
		t.Errorf("%v go unseen in %d rounds: z = %.2f", late, len(known), z)
	} else {
		t.Logf("%v found after %d rounds: z = %.2f", late, len(known), z)
	}
}

// timed asks one form, now with a number that somebody has, now with another.
type timed struct {
	*town
	path    string
	numbers [2][]string // unknown, known
	has     map[string]bool
	asked   int
}

func newTimed(t *testing.T, path string) *timed {
	t.Helper()
	w := &timed{town: openTown(t, storetest.Config(t, storetest.SQLite), unbounded), path: path, has: map[string]bool{}}
	w.freeze()
	for i := range often(20, 60) {
		m := w.settle(certstest.Person{GivenNames: "Anne", Surname: fmt.Sprintf("Nombreuse%d", i), NationalNumber: number(100 + i), Algorithm: certstest.P256,
			Street: "Rue Neuve 1", Postcode: "4000", Municipality: "Liège", Birth: time.Date(1970, 2, 1, 0, 0, 0, 0, time.UTC)}, fmt.Sprintf("0306 %03d 118", i))
		w.password(m)
		w.has[m.NationalNumber] = true
		w.numbers[1] = append(w.numbers[1], m.NationalNumber)
		w.numbers[0] = append(w.numbers[0], number(700+i))
	}
	return w
}

// run goes on until there are so many rounds, or, with a limit, until the ranks pass it.
func (w *timed) run(rounds int, limit float64) (known, unknown []time.Duration) {
	times := [2][]time.Duration{}
	for i := range rounds {
		first := rand.IntN(2)
		for _, which := range []int{first, 1 - first} {
			times[which] = append(times[which], w.once(w.numbers[which][i%len(w.numbers[which])]))
		}
		if limit > 0 && i%10 == 9 && i > 30 && ranks(times[1], times[0]) > limit {
			break
		}
	}
	return times[1], times[0]
}

// once is one try, from a network of its own and long after the one before.
func (w *timed) once(national string) time.Duration {
	w.asked++
	w.later(credentials.MaxDelay)
	r := httptest.NewRequest(http.MethodPost, origin+"/fr/"+w.path, strings.NewReader(typed(national, "m@example.be").Encode()))
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:4711", w.asked>>16, w.asked>>8&255, w.asked&255)
	v := w.visitor(w.t)
	begun := time.Now()
	resp, _ := v.ask(sameOrigin(r))
	took := time.Since(begun)
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= http.StatusInternalServerError {
		w.t.Fatalf("try %d at %s: %s", w.asked, w.path, resp.Status)
	}
	return took
}

// ranks is the Mann-Whitney test: by how many standard deviations the ranks of a are above
// what they would be by chance.
func ranks(a, b []time.Duration) float64 {
	type sample struct {
		took time.Duration
		ofA  bool
	}
	var all []sample
	for _, d := range a {
		all = append(all, sample{d, true})
	}
	for _, d := range b {
		all = append(all, sample{d, false})
	}
	slices.SortFunc(all, func(x, y sample) int { return cmp.Compare(x.took, y.took) })
	sum, n, m := 0.0, float64(len(a)), float64(len(b))
	for rank, s := range all {
		if s.ofA {
			sum += float64(rank + 1)
		}
	}
	u := sum - n*(n+1)/2
	return (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
}

func median(list []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(list))[len(list)/2]
}
