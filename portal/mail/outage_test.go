package mail_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"guichet.example/portal/jobs"
	"guichet.example/portal/locale"
	"guichet.example/portal/mail"
	"guichet.example/portal/mail/mailtest"
	"guichet.example/portal/store"
	"guichet.example/portal/vault"
)

// clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// office is a store, its clock and what sends its mails.
type office struct {
	*clock
	db     *store.DB
	runner *jobs.Runner
}

func newOffice(t *testing.T, out mail.Sender) *office {
	t.Helper()
	keys, err := vault.NewKeys(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	o := &office{clock: &clock{now: at}}
	o.db, err = store.Open(t.Context(), store.Config{Path: filepath.Join(t.TempDir(), "guichet.db"), Keys: keys, Now: o.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.db.Close() })
	post := &mail.Post{Houses: map[string]mail.House{"tilleuls": house()}, Sender: out, Now: o.Now}
	random := rand.New(rand.NewPCG(1, 2))
	o.runner = &jobs.Runner{Store: o.db, Plans: map[string]jobs.Plan{mail.JobKind: post.Plan()}, Now: o.Now,
		Log: slog.New(slog.DiscardHandler), Rand: random.Float64}
	return o
}

// work does what is due now, as a server of the cluster would.
func (o *office) work(t *testing.T) {
	t.Helper()
	due, err := o.db.Lease(t.Context(), jobs.Order{Now: o.Now(), Life: 2 * time.Minute, Kinds: []string{mail.JobKind}, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range due {
		o.runner.Do(context.Background(), j)
	}
}

func (o *office) waiting(t *testing.T) jobs.Figures {
	t.Helper()
	f, err := o.db.Waiting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (o *office) queue(t *testing.T, n int) {
	t.Helper()
	for range n {
		if err := o.db.QueueMail(t.Context(), message(mail.PasswordChanged, locale.NL)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestMailServerDownForADay: mails of a whole day wait, and each is sent once when the
// server is back.
func TestMailServerDownForADay(t *testing.T) {
	server := mailtest.Start(t)
	o := newOffice(t, sender(t, server, nil))
	server.Set(mailtest.Down)
	queued := 0
	for hour := range 24 {
		o.queue(t, 2)
		queued += 2
		for range 4 {
			o.work(t)
			o.Add(15 * time.Minute)
		}
		if hour == 12 {
			server.Set(mailtest.Busy)
		}
	}
	if f := o.waiting(t); f.Waiting != int64(queued) || f.Dead != 0 {
		t.Fatalf("after a day: %+v, want %d waiting and none dead", f, queued)
	}
	if asked := server.Asked(); asked > 1500 {
		t.Errorf("the server was asked %d times in a day", asked)
	}
	server.Set(mailtest.Good)
	for range 3 * 4 {
		o.work(t)
		o.Add(15 * time.Minute)
	}
	if f := o.waiting(t); f.Waiting != 0 || f.Dead != 0 {
		t.Errorf("when it is back: %+v, want nothing", f)
	}
	seen := map[string]int{}
	for _, m := range server.Taken() {
		seen[m.Message.Header.Get("Message-Id")]++
	}
	if len(seen) != queued || len(server.Taken()) != queued {
		t.Errorf("%d mails with %d names, want %d", len(server.Taken()), len(seen), queued)
	}
}

// TestLostAnswer: the server took the mail, we never heard. The second copy has the
// same name and the same bytes.
func TestLostAnswer(t *testing.T) {
	server := mailtest.Start(t)
	o := newOffice(t, sender(t, server, nil))
	o.queue(t, 1)
	server.Set(mailtest.LostAnswer)
	o.work(t)
	server.Set(mailtest.Good)
	o.Add(time.Hour)
	o.work(t)
	taken := server.Taken()
	if len(taken) != 2 || string(taken[0].Raw) != string(taken[1].Raw) || taken[0].Message.Header.Get("Message-Id") == "" {
		t.Errorf("%d mails taken, want the same one twice", len(taken))
	}
	if f := o.waiting(t); f.Waiting != 0 || f.Dead != 0 {
		t.Errorf("left: %+v", f)
	}
}

// TestRefusedMailIsADeadLetter: at once, and nobody tries again.
func TestRefusedMailIsADeadLetter(t *testing.T) {
	server := mailtest.Start(t)
	o := newOffice(t, sender(t, server, nil))
	o.queue(t, 1)
	server.Set(mailtest.NoSuchUser)
	for range 3 {
		o.work(t)
		o.Add(2 * time.Hour)
	}
	if f := o.waiting(t); f.Waiting != 0 || f.Dead != 1 || server.Asked() != 1 {
		t.Errorf("%+v after %d connections, want one dead letter after one", f, server.Asked())
	}
}

// TestRefusedForDays: a server that is never back makes a dead letter after days, not
// hours, and the mail is not forgotten.
func TestServerGoneForDays(t *testing.T) {
	o := newOffice(t, gone{})
	o.queue(t, 1)
	hours := 0
	for ; o.waiting(t).Dead == 0; hours++ {
		if hours > 24*8 {
			t.Fatal("it never ends")
		}
		o.work(t)
		o.Add(time.Hour)
	}
	if hours < 24*4 {
		t.Errorf("given up after %d hours", hours)
	}
}

// TestOneMailOfAnAct: the same key is the same mail.
func TestOneMailOfAnAct(t *testing.T) {
	server := mailtest.Start(t)
	o := newOffice(t, sender(t, server, nil))
	m := message(mail.ResetLink, locale.FR)
	m.Key = "code-1"
	for range 3 {
		if err := o.db.QueueMail(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	o.work(t)
	if n := len(server.Taken()); n != 1 {
		t.Errorf("%d mails left, want 1", n)
	}
}

type gone struct{}

func (gone) Send(context.Context, mail.Mail) error { return context.DeadlineExceeded }
