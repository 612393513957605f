package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// memory is a Store that keeps what jobs.go promises and nothing else.
type memory struct {
	mu       sync.Mutex
	waiting  []Job
	leased   map[string]Job
	ends     []string
	looks    int
	fail     error // of Lease
	enqueued chan struct{}
}

func newMemory(waiting ...Job) *memory {
	return &memory{waiting: waiting, leased: map[string]Job{}, enqueued: make(chan struct{}, 1)}
}

func (m *memory) Lease(_ context.Context, o Order) (list []Job, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.looks++
	if m.fail != nil {
		return nil, m.fail
	}
	var rest []Job
	for _, j := range m.waiting {
		if len(list) == o.Limit || j.Due.After(o.Now) {
			rest = append(rest, j)
			continue
		}
		j.Attempts++
		j.Lease = fmt.Sprint("lease ", m.looks)
		m.leased[j.ID] = j
		list = append(list, j)
	}
	m.waiting = rest
	return list, nil
}

func (m *memory) end(j Job, what string, again *Job) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.leased[j.ID].Lease != j.Lease {
		return ErrLeaseLost
	}
	delete(m.leased, j.ID)
	m.ends = append(m.ends, j.ID+" "+what)
	if again != nil {
		m.waiting = append(m.waiting, *again)
	}
	return nil
}

func (m *memory) Done(_ context.Context, j Job) error { return m.end(j, "done", nil) }

func (m *memory) Retry(_ context.Context, j Job, due time.Time, cause string) error {
	again := j
	again.Due, again.Lease = due, ""
	return m.end(j, fmt.Sprintf("again after %v: %s", due.Sub(noon), cause), &again)
}

func (m *memory) Bury(_ context.Context, j Job, cause string) error {
	return m.end(j, "dead: "+cause, nil)
}

func (m *memory) Enqueued() <-chan struct{} { return m.enqueued }

func (m *memory) list() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.ends...)
}

// runner has one kind of job, a clock that stands still, and no jitter.
func runner(m *memory, plan Plan) (*Runner, *bytes.Buffer) {
	var log bytes.Buffer
	return &Runner{Store: m, Plans: map[string]Plan{"test": plan}, Now: func() time.Time { return noon }, Every: time.Hour,
		Log: slog.New(slog.NewTextHandler(&log, nil)), Rand: func() float64 { return 0 }}, &log
}

func TestOutcomes(t *testing.T) {
	broken := errors.New("no answer")
	for _, tt := range []struct {
		name     string
		plan     Plan
		attempts int // before this one
		err      error
		want     string
		alert    string
	}{
		{"done", Plan{}, 0, nil, "j done", ""},
		{"settled by its act", Plan{}, 0, ErrSettled, "", ""},
		{"settled, with words", Plan{}, 0, fmt.Errorf("x: %w", ErrSettled), "", ""},
		{"lease lost", Plan{}, 0, ErrLeaseLost, "", ""},
		{"first failure", Plan{}, 0, broken, "j again after 30s: no answer", ""},
		{"third failure", Plan{}, 2, broken, "j again after 2m0s: no answer", ""},
		{"hundredth failure", Plan{}, 99, broken, "j again after 1h0m0s: no answer", ""},
		{"a plan of its own", Plan{First: time.Second, Last: 3 * time.Second}, 5, broken, "j again after 3s: no answer", ""},
		{"one try is left", Plan{Tries: 3}, 1, broken, "j again after 1m0s: no answer", ""},
		{"no try is left", Plan{Tries: 3}, 2, broken, "j dead: no answer", "dead-letter"},
		{"never", Plan{}, 0, fmt.Errorf("mail: %w", Never(broken)), "j dead: mail: no answer", "dead-letter"},
		{"later", Plan{Tries: 3}, 2, Later(7*time.Hour, broken), "j again after 7h0m0s: no answer", ""},
		{"later than a day", Plan{}, 0, Later(25*time.Hour, broken), "j again after 25h0m0s: no answer", "job-waits"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMemory(Job{ID: "j", Kind: "test", Created: noon, Due: noon, Attempts: tt.attempts})
			tt.plan.Do = func(context.Context, Job) error { return tt.err }
			r, log := runner(m, tt.plan)
			due, err := m.Lease(t.Context(), Order{Now: noon, Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			r.Do(t.Context(), due[0])
			if got := strings.Join(m.list(), "; "); got != tt.want {
				t.Errorf("outcome %q, want %q", got, tt.want)
			}
			if alerts := strings.Count(log.String(), "alert="); alerts > 1 || (alerts == 1) != (tt.alert != "") || !strings.Contains(log.String(), tt.alert) {
				t.Errorf("log %s, want alert %q", log, tt.alert)
			}
		})
	}
}

func TestPanicIsAFailure(t *testing.T) {
	m := newMemory(Job{ID: "j", Kind: "test", Created: noon})
	r, _ := runner(m, Plan{Do: func(context.Context, Job) error { panic("planted") }})
	due, _ := m.Lease(t.Context(), Order{Now: noon, Limit: 1})
	r.Do(t.Context(), due[0])
	if got := m.list(); len(got) != 1 || !strings.HasPrefix(got[0], "j again after 30s: panic in a job: planted") {
		t.Errorf("outcome %q", got)
	}
}

func TestTimeout(t *testing.T) {
	m := newMemory(Job{ID: "j", Kind: "test", Created: noon})
	r, _ := runner(m, Plan{Timeout: time.Millisecond, Do: func(ctx context.Context, _ Job) error {
		<-ctx.Done()
		return ctx.Err()
	}})
	due, _ := m.Lease(t.Context(), Order{Now: noon, Limit: 1})
	r.Do(t.Context(), due[0])
	if got := m.list(); len(got) != 1 || got[0] != "j again after 30s: context deadline exceeded" {
		t.Errorf("outcome %q", got)
	}
}

func TestLostLeaseIsLogged(t *testing.T) {
	m := newMemory(Job{ID: "j", Kind: "test"})
	r, log := runner(m, Plan{Do: func(context.Context, Job) error { return nil }})
	r.Do(t.Context(), Job{ID: "j", Kind: "test", Lease: "of before"})
	if len(m.list()) != 0 || !strings.Contains(log.String(), "level=WARN") {
		t.Errorf("outcome %q, log %s", m.list(), log)
	}
}

func TestBackoff(t *testing.T) {
	var last time.Duration
	for attempt := 1; attempt < 200; attempt++ {
		wait := Plan{}.Backoff(attempt, func() float64 { return 0.5 })
		if wait < last || wait > 75*time.Minute {
			t.Fatalf("attempt %d waits %v after %v", attempt, wait, last)
		}
		last = wait
	}
	for range 100 {
		if wait := (Plan{First: time.Minute, Last: time.Minute}).Backoff(3, nil); wait < time.Minute || wait > 90*time.Second {
			t.Fatalf("waits %v with jitter", wait)
		}
	}
	if wait := (Plan{First: time.Hour, Last: time.Minute}).Backoff(1, func() float64 { return 0 }); wait != time.Minute {
		t.Errorf("waits %v, though Last is a minute", wait)
	}
}

// start runs the runner until the test ends; stop waits for it.
func start(t *testing.T, r *Runner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	stopped := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v", err)
		}
	})
	t.Cleanup(stopped)
	return stopped
}

func wait(t *testing.T, what string, c <-chan string) string {
	t.Helper()
	select {
	case s := <-c:
		return s
	case <-time.After(time.Minute):
		t.Fatalf("not within a minute: %s", what)
		return ""
	}
}

// A runner with two workers does many jobs, two at a time, without waiting for its tick;
// one that hangs keeps the other worker free.
func TestRunDoesAll(t *testing.T) {
	var list []Job
	for i := range 10 {
		list = append(list, Job{ID: fmt.Sprint(i), Kind: "test"})
	}
	done := make(chan string)
	hang := make(chan struct{})
	m := newMemory(list...)
	r, _ := runner(m, Plan{Do: func(_ context.Context, j Job) error {
		if j.ID == "0" {
			<-hang
		}
		done <- j.ID
		return nil
	}})
	r.Workers = 2
	stop := start(t, r)
	for range 9 {
		if id := wait(t, "a job", done); id == "0" {
			t.Error("the job that hangs is done")
		}
	}
	close(hang)
	wait(t, "the last job", done)
	stop()
	if got := m.list(); len(got) != 10 {
		t.Errorf("%d jobs ended: %q", len(got), got)
	}
}

// What is queued is found at once where it was queued, by Wake, and by looking.
func TestRunIsWoken(t *testing.T) {
	done := make(chan string)
	m := newMemory()
	r, _ := runner(m, Plan{Do: func(_ context.Context, j Job) error {
		done <- j.ID
		return nil
	}})
	stop := start(t, r)
	add := func(id string) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.waiting = append(m.waiting, Job{ID: id, Kind: "test"})
	}
	add("queued")
	m.enqueued <- struct{}{}
	if id := wait(t, "a job that was queued", done); id != "queued" {
		t.Errorf("did %s", id)
	}
	add("woken")
	r.Wake()
	r.Wake()
	if id := wait(t, "a job after Wake", done); id != "woken" {
		t.Errorf("did %s", id)
	}
	stop()
	r.Every = time.Millisecond
	start(t, r)
	add("found")
	if id := wait(t, "a job found by looking", done); id != "found" {
		t.Errorf("did %s", id)
	}
}

// A store that does not answer is asked again, at the pace of the ticks.
func TestRunOutlivesTheStore(t *testing.T) {
	done := make(chan string)
	m := newMemory(Job{ID: "j", Kind: "test"})
	m.fail = errors.New("database does not answer")
	r, _ := runner(m, Plan{Do: func(_ context.Context, j Job) error {
		done <- j.ID
		return nil
	}})
	r.Log, r.Every = slog.New(slog.DiscardHandler), time.Millisecond
	start(t, r)
	for tries := 0; tries < 3; {
		time.Sleep(time.Millisecond)
		m.mu.Lock()
		tries = m.looks
		m.mu.Unlock()
	}
	m.mu.Lock()
	m.fail = nil
	m.mu.Unlock()
	wait(t, "the job", done)
}

// A runner that stops cuts what is under way, and gives it back to be done at once.
func TestRunStopsCleanly(t *testing.T) {
	begun := make(chan string)
	m := newMemory(Job{ID: "a", Kind: "test"}, Job{ID: "b", Kind: "test"})
	r, _ := runner(m, Plan{Tries: 1, Do: func(ctx context.Context, j Job) error {
		begun <- j.ID
		<-ctx.Done()
		return ctx.Err()
	}})
	stop := start(t, r)
	wait(t, "the first job", begun)
	wait(t, "the second job", begun)
	stop()
	for _, end := range m.list() {
		if !strings.HasSuffix(end, " again after 0s: the program stopped") {
			t.Errorf("outcome %q", end)
		}
	}
	if len(m.waiting) != 2 || len(m.leased) != 0 {
		t.Errorf("%d jobs wait, %d are leased", len(m.waiting), len(m.leased))
	}
}
