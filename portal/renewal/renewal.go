// Package renewal keeps what is signed provable: it puts a new archive timestamp over a
// document before the newest one ages (EN 319 142-1, 5.4.3), and brings documents that have
// none yet to that level.
//
//	raised to B-LTA ──▶ holds until T ── T less the margin ──▶ due ──▶ job "renew" ──▶ one more version
//	                                                                     │
//	                        T is over, nothing shows any more ───────────┴─▶ alert, task, dead letter
//
// A document is due [Renewer.Before] its timestamp runs out, but not in the first two
// thirds of the time that this one held: an authority whose certificates live shorter than
// the margin is not asked each day. A timestamp that would hold no longer than the one that
// is there is not kept: the authority is asked again until it has its next certificate.
//
// Once a day what is due is queued, with so much time between two of them that the
// timestamp service is asked at most PerMinute times, and done one after the other. What
// came of an attempt, the new version, its audit row, when it is due again and the end of
// the job are one commit: a server killed at any time leaves the document as it was, and
// the job to be done. The command "guichet renew" takes the same jobs by hand.
package renewal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/jobs"
	"guichet.example/portal/rescue"
	"guichet.example/signing"
)

// JobKind is the kind of the job of a document that is due. Its key is the document.
const JobKind = rescue.Renew

// Defaults.
const (
	DefaultBefore    = 180 * 24 * time.Hour
	DefaultPerMinute = 600
)

// Document is one that a job is about.
type Document struct {
	Job       jobs.Job // leased
	Mutuality string
	Member    auth.MemberID
	ID        string
	Version   int
	PDF       []byte
	Holds     time.Time // when its newest archive timestamp runs out, as noted; zero: not known
	Stamped   time.Time // when that was made; zero: not known
}

// Outcome is what came of an attempt.
type Outcome struct {
	Document
	PDF     []byte        // new version; nil: as it was
	Level   signing.Level // of the new version
	Holds   time.Time     // of what the document is now; zero: not known
	Stamped time.Time     // when that began
	NextTry time.Time     // zero: nothing left to do
	Cause   string        // why it stopped, as rescue.Words writes it
	GivenUp bool          // only an order by hand tries again
	Tell    bool          // the office gets a task, if it has none yet
}

// Window is which documents are meant.
type Window struct {
	Now    time.Time
	Before time.Duration
	Member auth.MemberID // "": all
	// All takes those too that are not due, but for what was stamped in the last day: a
	// run that was cut short goes on where it stopped.
	All bool
}

// Name is one document.
type Name struct {
	Member   auth.MemberID
	Document string
}

// Store keeps until when documents hold.
type Store interface {
	// QueueRenewals makes a job of each of at most limit documents that are due and have
	// none, every one later than the one before by gap, and says how many it made.
	QueueRenewals(ctx context.Context, mutuality string, w Window, gap time.Duration, limit int) (int, error)
	// DueRenewals lists documents of a window after the one named last ("" for the first),
	// by member and id.
	DueRenewals(ctx context.Context, mutuality string, w Window, after Name, limit int) ([]Name, error)
	// LeaseRenewal leases the job of a document of the window, which it makes where there
	// is none. jobs.ErrLeaseLost while somebody else has it, jobs.ErrNotFound if the
	// document is not, or no longer, in the window.
	LeaseRenewal(ctx context.Context, mutuality string, w Window, n Name, life time.Duration) (jobs.Job, error)
	// CountRenewals says how many documents of the mutuality (and member, if given) have
	// a place in the line, and how many of them were given up.
	CountRenewals(ctx context.Context, mutuality string, member auth.MemberID) (known, stopped int64, err error)
	// Renewal reads what a leased job is about. jobs.ErrNotFound.
	Renewal(ctx context.Context, j jobs.Job) (Document, error)
	// Renewed writes what came of it, and ends the job or puts it off, in one commit.
	// jobs.ErrLeaseLost, on which nothing is written.
	Renewed(ctx context.Context, o Outcome) error
}

// Extender makes versions; *signing.Extender is the one in use.
type Extender interface {
	Extend(ctx context.Context, file []byte, want signing.Level) ([]byte, signing.Level, error)
	Renew(ctx context.Context, file []byte) ([]byte, error)
}

// Renewer renews. All fields are required unless said otherwise. Safe for concurrent use.
type Renewer struct {
	Store     Store
	Jobs      jobs.Store // of Run
	Mutuality string
	Extender  Extender
	Trust     signing.Trust // by which paths are judged
	Before    time.Duration // margin; zero: DefaultBefore
	PerMinute int           // documents; zero: DefaultPerMinute; negative: as fast as it goes
	Now       func() time.Time
	Log       *slog.Logger
	Jitter    func() float64 // of back-offs; nil: random

	mu      sync.Mutex
	next    time.Time // before which no other document begins
	renewed atomic.Int64
	failed  atomic.Int64
	late    atomic.Int64
}

// Figures are what this process did since it began, for the operator.
type Figures struct{ Renewed, Failed, Late int64 }

// Figures returns them.
func (r *Renewer) Figures() Figures {
	return Figures{r.renewed.Load(), r.failed.Load(), r.late.Load()}
}

// Margin is how long before its end a document is due, at the earliest.
func (r *Renewer) Margin() time.Duration {
	if r.Before == 0 {
		return DefaultBefore
	}
	return r.Before
}

// gap is the time between two documents.
func (r *Renewer) gap() time.Duration {
	switch {
	case r.PerMinute < 0:
		return 0
	case r.PerMinute == 0:
		return time.Minute / DefaultPerMinute
	}
	return time.Minute / time.Duration(r.PerMinute)
}

// pace waits for the turn of the next document.
func (r *Renewer) pace(ctx context.Context) error {
	r.mu.Lock()
	now := time.Now() // of the machine: it measures a wait
	turn := r.next
	if turn.Before(now) {
		turn = now
	}
	r.next = turn.Add(r.gap())
	r.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(turn.Sub(now)):
		return nil
	}
}

// How jobs of the kind are done.
const (
	firstRetry = time.Minute
	lastRetry  = 6 * time.Hour
	oneRenewal = 60 * time.Second
	storeWait  = 10 * time.Second
)

// Plan is how the jobs of JobKind are done: until they succeed, or nothing can.
func (r *Renewer) Plan() jobs.Plan {
	return jobs.Plan{Do: r.Do, First: firstRetry, Last: lastRetry, Timeout: oneRenewal}
}

// Do is the jobs.Handler: one attempt, whose outcome the store writes together with what
// becomes of the job.
func (r *Renewer) Do(ctx context.Context, j jobs.Job) error {
	_, err := r.Renew(ctx, j)
	if errors.Is(err, jobs.ErrNotFound) {
		return nil // the document has gone, or was never to be renewed
	}
	if err != nil {
		return fmt.Errorf("renewing document: %w", err)
	}
	return jobs.ErrSettled
}

// Renew makes one attempt for a leased job and stores its outcome. The error is the
// store's, or that ctx was cancelled, which says nothing of the document: its job is the
// caller's still. That a service does not answer is an outcome.
func (r *Renewer) Renew(ctx context.Context, j jobs.Job) (Outcome, error) {
	d, err := r.Store.Renewal(ctx, j)
	if err != nil {
		return Outcome{}, err
	}
	if err := r.pace(ctx); err != nil {
		return Outcome{}, err
	}
	o := r.attempt(ctx, d)
	if o.Cause != "" && errors.Is(ctx.Err(), context.Canceled) {
		return Outcome{Document: d}, ctx.Err()
	}
	r.tell(o)
	// The outcome is worth keeping although the time for the attempt is up.
	keeping, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWait)
	defer cancel()
	if err := r.Store.Renewed(keeping, o); err != nil {
		return o, err
	}
	r.count(o)
	return o, nil
}

func (r *Renewer) count(o Outcome) {
	cause, _ := rescue.Split(o.Cause)
	switch {
	case o.Cause != "" && cause == rescue.Late:
		r.late.Add(1)
	case o.Cause != "":
		r.failed.Add(1)
	case o.PDF != nil:
		r.renewed.Add(1)
	}
}

// tell writes to the log what the operator must know.
func (r *Renewer) tell(o Outcome) {
	log := r.Log.With("document", o.ID, "attempts", o.Job.Attempts, "cause", o.Cause)
	switch cause, _ := rescue.Split(o.Cause); {
	case o.Cause == "" && o.PDF != nil && o.Stamped.Add(r.Margin()).After(o.Holds):
		// What follows is due ever sooner, until nothing new is to be had.
		log.Warn("new archive timestamp runs out soon: its authority needs other certificates or algorithms", "alert", "renewal-short", "holds", o.Holds)
	case o.Cause == "":
	case cause == rescue.Late:
		log.Error("document was not renewed in time", "alert", "renewal-late", "held", o.Holds)
	case o.GivenUp:
		log.Error("document cannot be renewed", "alert", "renewal-failed", "holds", o.Holds)
	default:
		log.Warn("document not renewed", "next", o.NextTry, "holds", o.Holds)
		if o.Tell || cause != rescue.Short {
			jobs.Overdue(r.Log, o.Job, o.NextTry)
		}
	}
}
