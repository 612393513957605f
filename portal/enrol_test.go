package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/auth/nrn"
	"guichet.example/portal"
	"guichet.example/portal/account"
	"guichet.example/portal/credentials"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/profile"
)

// mailbox gets what the counter sends.
type mailbox struct {
	mu    sync.Mutex
	mails []mail.Mail
}

func (b *mailbox) Send(_ context.Context, m mail.Mail) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mails = append(b.mails, m)
	return nil
}

func (b *mailbox) all() []mail.Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]mail.Mail(nil), b.mails...)
}

var linkPath = regexp.MustCompile(`/fr/enrol/open/[A-Za-z0-9_-]{43}`)

// links are those to open an account, oldest first, once there are so many.
func (b *mailbox) links(t *testing.T, want int) []string {
	t.Helper()
	for range 3000 {
		var found []string
		for _, m := range b.all() {
			found = append(found, linkPath.FindAllString(m.Text, -1)...)
		}
		if len(found) >= want {
			return found
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("fewer than %d links came", want)
	return nil
}

// under opens a counter of a profile that does its jobs.
func under(t *testing.T, id string) (*counter, *mailbox) {
	t.Helper()
	p, err := profile.Load(id)
	ok(t, err)
	box := &mailbox{}
	c := open(t, cheap, func(cfg *portal.Config) {
		cfg.Profile, cfg.Mail, cfg.Mutuality.Post.From = p, box, "guichet@counter.example"
	})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return c, box
}

// settled waits until no job waits but the next look at birthdays.
func (c *counter) settled(t *testing.T) {
	t.Helper()
	for range 3000 {
		w, err := c.store.Waiting(t.Context())
		ok(t, err)
		if w.Waiting <= 1 && w.Oldest.IsZero() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("jobs never end")
}

func (v *visitor) fill(path string, fields ...string) (*http.Response, string) {
	v.t.Helper()
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return v.post(path, formURL, values.Encode())
}

func (c *counter) lettersOf(t *testing.T) []letters.Letter {
	t.Helper()
	list, err := c.store.Letters(t.Context(), letters.By{Mutuality: "test"}, letters.Filter{Member: c.member(t)}, "", 20)
	ok(t, err)
	return list
}

// Of a number that nobody has, the answer is that of one that
// somebody has, and so is what the page does.
func TestEnrolLetterTellsNothing(t *testing.T) {
	c, _ := under(t, "emut")
	moving := regexp.MustCompile(`[A-Z0-9]{4}-[A-Z0-9]{4}|value="[a-z2-7]{26}"|85\.07\.30-033\.28|72\.02\.29-118\.53`)
	ask := func(number string) string {
		v := c.visitor(t)
		resp, body := v.fill("/fr/enrol/letter", "number", number)
		next := ""
		if to := resp.Header.Get("Location"); to != "" {
			_, next = v.get(to)
		}
		return fmt.Sprint(resp.Status, headers(resp), moving.ReplaceAllString(body+next, "?"))
	}
	for i := range 6 { // past the free ones, too
		if known, unknown := ask(mathieu.NationalNumber), ask(nobody); known != unknown {
			t.Fatalf("asked %d times: known and unknown number get different answers", i+1)
		}
	}
	c.settled(t)
	if list := c.lettersOf(t); len(list) != 1 || list[0].Kind != letters.FirstCredentials {
		t.Errorf("letters after many asks: %v", list)
	}
	if resp, _ := c.visitor(t).fill("/fr/enrol/letter", "number", "85073003329"); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("wrong check digits: %s", resp.Status)
	}
}

// A letter that is on its way is not followed by another, whoever asks; one that must
// be lost is, but not without end.
func TestEnrolLetterAgain(t *testing.T) {
	c, _ := under(t, "emut")
	ask := func(want int) {
		t.Helper()
		if resp, _ := c.visitor(t).fill("/fr/enrol/letter", "number", mathieu.NationalNumber); resp.StatusCode != http.StatusSeeOther {
			t.Fatalf("asking: %s", resp.Status)
		}
		c.settled(t)
		if got := len(c.lettersOf(t)); got != want {
			t.Fatalf("%d letters, want %d", got, want)
		}
	}
	ask(1)
	ask(1)
	for _, want := range []int{2, 3, 3} {
		c.later(6 * 24 * time.Hour)
		ask(want)
	}
}

// The first right card makes the account and says so once; the letter that was on its
// way finds one account, not two.
func TestEnrolByCard(t *testing.T) {
	c, _ := under(t, "emut")
	c.visitor(t).fill("/fr/enrol/letter", "number", mathieu.NationalNumber)
	c.settled(t)
	first := func() string {
		_, body := c.visitor(t).signIn(c.card)
		return body
	}
	if body := first(); !strings.Contains(body, "/fr/enrol/opened?next=home") {
		t.Errorf("first sign-in: %s", body)
	}
	if body := first(); strings.Contains(body, "enrol") {
		t.Errorf("second sign-in: %s", body)
	}
	a, err := c.Classic().Account(t.Context(), c.member(t))
	ok(t, err)
	if a.State != credentials.Active || a.HasPassword {
		t.Errorf("account %+v", a)
	}
}

// pair starts an enrolment by number and code and stops before the link is asked for.
func (c *counter) pair(t *testing.T) *visitor {
	t.Helper()
	v := c.visitor(t)
	if resp, _ := v.fill("/fr/enrol/code", "number", "305118422", "code", "AB12 CD"); resp.Header.Get("Location") != "/fr/enrol/contact" {
		t.Fatalf("pair: %s to %q", resp.Status, resp.Header.Get("Location"))
	}
	v.fill("/fr/enrol/contact", "email", "mathieu@mail.example", "private", "1")
	resp, body := v.fill("/fr/enrol/password", "new", goodForAll, "again", goodForAll, "question", "1", "answer", "Saint-Exupéry")
	if resp.Header.Get("Location") != "/fr/enrol/check" {
		t.Fatalf("password: %s %s", resp.Status, body)
	}
	return v
}

const goodForAll = "Trois hiboux, 1 fromage"

func (v *visitor) sends(t *testing.T) {
	t.Helper()
	if resp, _ := v.fill("/fr/enrol/check", "terms", "1"); resp.Header.Get("Location") != "/fr/enrol/sent" {
		t.Fatalf("sending: %s to %q", resp.Status, resp.Header.Get("Location"))
	}
}

func (c *counter) code(t *testing.T) {
	t.Helper()
	ok(t, c.store.AddAccessCode(t.Context(), "test", c.member(t), "ab12cd"))
}

func TestEnrolByPair(t *testing.T) {
	c, box := under(t, "unimutuelles")
	c.code(t)
	stranger := c.visitor(t)
	for name, fields := range map[string][]string{
		"wrong code": {"number", "305118422", "code", "zz99zz"}, "nobody's number": {"number", "999", "code", "ab12cd"}, "no number": {"number", "x", "code", "ab12cd"},
	} {
		if resp, _ := stranger.fill("/fr/enrol/code", fields...); resp.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
	if resp, _ := stranger.get("/fr/enrol/check"); resp.Header.Get("Location") != "/fr/enrol?told=over" {
		t.Errorf("a stranger's browser: %s to %q", resp.Status, resp.Header.Get("Location"))
	}
	v := c.pair(t)
	if _, body := v.get("/fr/enrol/contact"); !strings.Contains(body, "Mathieu D.") || strings.Contains(body, "Delcourt") {
		t.Error("the greeting is not first name and initial")
	}
	if resp, _ := v.fill("/fr/enrol/check"); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("without the terms: %s", resp.Status)
	}
	v.sends(t)
	v.sends(t) // twice is once
	link := box.links(t, 1)[0]
	in := c.visitor(t)
	if in.try("ab12cd", goodForAll); isIn(in) {
		t.Fatal("an account before its link was opened")
	}
	c.later(time.Minute)
	v.fill("/fr/enrol/again")
	next := box.links(t, 2)[1]
	if resp, _ := in.get(link); resp.StatusCode != http.StatusGone {
		t.Errorf("an older link: %s", resp.Status)
	}
	c.later(24*time.Hour - time.Minute)
	for range 2 { // looking at it opens nothing
		if resp, _ := in.get(next); resp.StatusCode != http.StatusOK {
			t.Fatalf("a minute before the deadline: %s", resp.Status)
		}
	}
	if resp, _ := v.fill(next); resp.Header.Get("Location") != "/fr/enrol/done" {
		t.Fatalf("pressing: %s to %q", resp.Status, resp.Header.Get("Location"))
	}
	if resp, _ := v.fill(next); resp.Header.Get("Location") != "/fr/enrol/done" {
		t.Errorf("pressing twice: %s", resp.Status)
	}
	if resp, _ := in.get(next); resp.StatusCode != http.StatusGone {
		t.Errorf("opening it twice: %s", resp.Status)
	}
	c.later(2 * time.Minute)
	if resp, _ := v.fill(next); resp.StatusCode != http.StatusGone {
		t.Errorf("pressing again, later: %s", resp.Status)
	}
	if in.try("ab12cd", goodForAll); !isIn(in) {
		t.Error("the account does not open")
	}
	if resp, _ := c.visitor(t).fill("/fr/enrol/code", "number", "305118422", "code", "ab12cd"); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a used pair: %s", resp.Status)
	}
	question, answer, err := c.store.Question(t.Context(), "test", c.member(t))
	ok(t, err)
	right, _, err := c.Classic().Gate.Verify(t.Context(), answer, credentials.FoldAnswer("SAINT EXUPERY"))
	if question != 1 || !right || err != nil {
		t.Errorf("secret question %d, answer right: %v, %v", question, right, err)
	}
	if shares, err := c.store.SharesEmail(t.Context(), "test", c.member(t)); shares || err != nil {
		t.Errorf("address is passed on: %v, %v", shares, err)
	}
}

// A link after its hour opens nothing and what waited for it is gone.
func TestEnrolLate(t *testing.T) {
	c, box := under(t, "unimutuelles")
	c.code(t)
	v := c.pair(t)
	v.sends(t)
	link := box.links(t, 1)[0]
	c.later(24*time.Hour + time.Second)
	for _, ask := range []func() (*http.Response, string){func() (*http.Response, string) { return v.get(link) }, func() (*http.Response, string) { return v.fill(link) }} {
		if resp, body := ask(); resp.StatusCode != http.StatusGone || !strings.Contains(body, "/fr/enrol\"") {
			t.Errorf("after the deadline: %s", resp.Status)
		}
	}
	ok(t, c.store.Sweep(t.Context(), c.now()))
	if resp, _ := v.get("/fr/enrol/sent"); resp.Header.Get("Location") != "/fr/enrol?told=over" {
		t.Errorf("the draft lives on: %s", resp.Status)
	}
	if a, err := c.Classic().Account(t.Context(), c.member(t)); err != nil || a.State != credentials.None {
		t.Errorf("account %+v, %v", a, err)
	}
}

// Two browsers enrol one person: one account, and one password.
func TestEnrolTwice(t *testing.T) {
	c, box := under(t, "unimutuelles")
	c.code(t)
	one, two := c.pair(t), c.pair(t)
	one.sends(t)
	box.links(t, 1)
	two.sends(t)
	links := box.links(t, 2)
	var wg sync.WaitGroup
	opened := make([]bool, 2)
	for i, link := range links {
		v := c.visitor(t)
		wg.Go(func() {
			resp, _ := v.fill(link, "new", goodForAll, "again", goodForAll)
			opened[i] = resp.Header.Get("Location") == "/fr/enrol/done"
		})
	}
	wg.Wait()
	if opened[0] || !opened[1] {
		t.Errorf("links open: %v", opened)
	}
}

// A number that is guessed at is closed, with the way to staff; another is not.
func TestEnrolGuessed(t *testing.T) {
	c, _ := under(t, "mutame-marseille")
	ask := func(given string) (*http.Response, string) {
		c.later(credentials.MaxDelay)
		return c.visitor(t).fill("/fr/enrol/identity", "number", "0305 118 422", "surname", "DELCOURT", "given", given,
			"birth-day", "30", "birth-month", "7", "birth-year", "1985")
	}
	for i := range 10 {
		if resp, _ := ask("Jean"); resp.StatusCode != http.StatusUnprocessableEntity {
			t.Fatalf("guess %d: %s", i+1, resp.Status)
		}
	}
	if resp, body := ask("Mathieu"); resp.StatusCode != http.StatusTooManyRequests || !strings.Contains(body, "point de contact") {
		t.Errorf("after ten guesses: %s", resp.Status)
	}
}

// The rule of the address in three cases, behind one page.
func TestEnrolFacts(t *testing.T) {
	for name, tt := range map[string]struct {
		onFile, typed, postcode string
		links, tasks            int
	}{
		"none on file":    {"", "mathieu@mail.example", "4000", 1, 0},
		"the same":        {"Mathieu@mail.example", "mathieu@mail.example", "4000", 1, 0},
		"another":         {"old@mail.example", "mathieu@mail.example", "4000", 0, 1},
		"a wrong fact":    {"", "mathieu@mail.example", "4001", 0, 0},
		"wrong and other": {"old@mail.example", "mathieu@mail.example", "4001", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c, box := under(t, "webmut")
			c.onFile(t, tt.onFile)
			for range 2 {
				resp, _ := c.visitor(t).fill("/fr/enrol/facts", "mutuality", "700", "number", "305118422", "surname", "delcourt",
					"birth-day", "30", "birth-month", "7", "birth-year", "1985", "postcode", tt.postcode, "email", tt.typed)
				if resp.Header.Get("Location") != "/fr/enrol/facts/asked" {
					t.Fatalf("%s to %q", resp.Status, resp.Header.Get("Location"))
				}
				c.settled(t)
				c.later(time.Minute)
			}
			links := 0
			for _, m := range box.all() {
				links += len(linkPath.FindAllString(m.Text, -1))
			}
			if links != 2*tt.links {
				t.Errorf("%d links, want %d", links, 2*tt.links)
			}
			if tt.links == 0 {
				return
			}
			all, v := box.links(t, 2), c.visitor(t)
			if resp, _ := v.fill(all[0], "new", goodForAll, "again", goodForAll); resp.StatusCode != http.StatusGone {
				t.Errorf("older link: %s", resp.Status)
			}
			if resp, _ := v.fill(all[1], "new", "court", "again", "court"); resp.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("weak password: %s", resp.Status)
			}
			if resp, _ := v.fill(all[1], "new", goodForAll, "again", goodForAll); resp.Header.Get("Location") != "/fr/enrol/done" {
				t.Errorf("password: %s", resp.Status)
			}
		})
	}
}

// onFile puts an address into the member's file.
func (c *counter) onFile(t *testing.T, address string) {
	t.Helper()
	number, err := nrn.Parse(mathieu.NationalNumber)
	ok(t, err)
	ok(t, c.store.AddMember(t.Context(), account.Member{Mutuality: "test", ID: c.member(t), NationalNumber: number, GivenNames: "Mathieu", Surname: "Delcourt",
		Birth: mathieu.Birth, Street: mathieu.Street, Postcode: mathieu.Postcode, Municipality: mathieu.Municipality, Country: "BE", Language: "fr",
		Affiliation: "0305 118 422", Email: address}, nil))
}
