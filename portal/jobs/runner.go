package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// Runner does jobs until its context ends. Several of them, on one machine or on many,
// share one store: each job is leased to one.
type Runner struct {
	Store   Store           // required
	Plans   map[string]Plan // by kind; required
	Workers int             // jobs done at once; zero: 4
	// Every is the longest time between two looks at the store: another server's jobs,
	// and those whose back-off ends, are found by looking. Zero: 5 seconds.
	Every time.Duration
	Now   func() time.Time // zero: time.Now
	Log   *slog.Logger     // required
	// Rand spreads retries: a number in [0,1). Nil: random.
	Rand func() float64

	once sync.Once
	wake chan struct{}
}

// settle is how long the store may take to note what came of a job.
const settle = 10 * time.Second

// day is after how long a job that is tried for ever alerts, and again after each more.
const day = 24 * time.Hour

// Run does jobs until ctx ends; those under way get their context cut, and go back to
// be done by another server or after the next start. It returns ctx's error.
func (r *Runner) Run(ctx context.Context) error {
	workers, every := cmp.Or(max(r.Workers, 0), 4), cmp.Or(max(r.Every, 0), 5*time.Second)
	ended := make(chan struct{}, workers)
	under := 0
	look, backlog := true, false
	timer := time.NewTimer(every)
	defer timer.Stop()
	for {
		if look && under < workers && ctx.Err() == nil {
			began := r.begin(ctx, workers-under, ended)
			under += began
			backlog = under == workers
			timer.Reset(every)
		}
		look = true
		select {
		case <-ctx.Done():
			for range under {
				<-ended
			}
			return ctx.Err()
		case <-ended:
			under--
			look = backlog
		case <-r.Store.Enqueued():
			backlog = true
		case <-r.waker():
			backlog = true
		case <-timer.C:
		}
	}
}

// Wake makes Run look at the store now.
func (r *Runner) Wake() {
	select {
	case r.waker() <- struct{}{}:
	default: // it is about to look
	}
}

func (r *Runner) waker() chan struct{} {
	r.once.Do(func() { r.wake = make(chan struct{}, 1) })
	return r.wake
}

// begin leases up to free jobs that are due and begins them. Each tells ended.
func (r *Runner) begin(ctx context.Context, free int, ended chan<- struct{}) int {
	due, err := r.Store.Lease(ctx, Order{
		Now: r.now(), Life: r.leaseLife(), Kinds: slices.Sorted(maps.Keys(r.Plans)), Limit: free,
	})
	if err != nil && ctx.Err() == nil {
		r.Log.Error("looking for jobs", "cause", err)
	}
	for _, j := range due {
		go func() {
			r.Do(ctx, j)
			ended <- struct{}{}
		}()
	}
	return len(due)
}

// leaseLife is longer than the slowest job takes, with the note of what came of it.
func (r *Runner) leaseLife() time.Duration {
	longest := time.Duration(0)
	for _, p := range r.Plans {
		longest = max(longest, p.withDefaults().Timeout)
	}
	return longest + 2*settle
}

func (r *Runner) now() time.Time {
	if r.Now == nil {
		return time.Now()
	}
	return r.Now()
}

// Do does one leased job and notes what came of it.
func (r *Runner) Do(ctx context.Context, j Job) {
	plan, ok := r.Plans[j.Kind]
	if !ok {
		r.Log.Error("job without a plan", "kind", j.Kind, "job", j.ID)
		return // somebody else has one; the lease ends
	}
	plan = plan.withDefaults()
	one, cancel := context.WithTimeout(ctx, plan.Timeout)
	err := attempt(one, plan.Do, j)
	cancel()
	// What came of it is worth noting although the time is up, or the program stops.
	note, cancel := context.WithTimeout(context.WithoutCancel(ctx), settle)
	defer cancel()
	if noting := r.settle(note, ctx.Err() != nil, plan, j, err); noting != nil {
		level := slog.LevelError
		if errors.Is(noting, ErrLeaseLost) {
			level = slog.LevelWarn // another has it: the work is theirs
		}
		r.Log.Log(note, level, "noting what came of a job", "kind", j.Kind, "job", j.ID, "cause", noting)
	}
}

// attempt calls the handler. A panic is the failure of this job alone.
func attempt(ctx context.Context, do Handler, j Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a job: %v\n%s", p, debug.Stack())
		}
	}()
	return do(ctx, j)
}

func (r *Runner) settle(ctx context.Context, stopping bool, plan Plan, j Job, err error) error {
	var never *never
	var later *later
	switch {
	case err == nil:
		return r.Store.Done(ctx, j)
	case errors.Is(err, ErrSettled):
		return nil
	case errors.Is(err, ErrLeaseLost):
		return err
	case errors.As(err, &never):
		return r.bury(ctx, j, err)
	case stopping:
		return r.Store.Retry(ctx, j, r.now(), "the program stopped")
	case errors.As(err, &later):
		return r.retry(ctx, j, later.after, err)
	case plan.Tries > 0 && j.Attempts >= plan.Tries:
		return r.bury(ctx, j, err)
	}
	return r.retry(ctx, j, plan.Backoff(j.Attempts, r.Rand), err)
}

func (r *Runner) retry(ctx context.Context, j Job, after time.Duration, cause error) error {
	due := r.now().Add(after)
	r.Log.Warn("job failed, will be tried again", "kind", j.Kind, "job", j.ID, "attempts", j.Attempts, "next", due, "cause", cause)
	Overdue(r.Log, j, due)
	return r.Store.Retry(ctx, j, due, cause.Error())
}

// Overdue alerts once for each day that a job has waited, when its next attempt is put
// off over the end of that day.
func Overdue(log *slog.Logger, j Job, next time.Time) {
	before, after := j.Due.Sub(j.Created)/day, next.Sub(j.Created)/day
	if after > before && !j.Created.IsZero() {
		log.Error("job waits for days", "alert", "job-waits", "kind", j.Kind, "job", j.ID, "days", int(after), "attempts", j.Attempts)
	}
}

func (r *Runner) bury(ctx context.Context, j Job, cause error) error {
	if err := r.Store.Bury(ctx, j, cause.Error()); err != nil {
		return err
	}
	r.Log.Error("job was given up", "alert", "dead-letter", "kind", j.Kind, "job", j.ID, "attempts", j.Attempts, "cause", cause)
	return nil
}
