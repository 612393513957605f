// Package jobs does later what an act cannot do while somebody waits: send a mail, ask
// a timestamp service that does not answer.
//
//	act ──▶ one commit: what was done, its audit row, the job
//	                                             │ Enqueued, or at the next look
//	Runner ◀── Lease: the job is this server's for a while ◀┘
//	   │
//	   ├─ nil ──────────▶ Done: the job is gone (or the act of the handler ended it
//	   │                  in its own commit, and says ErrSettled)
//	   ├─ Later, error ─▶ Retry: again after a back-off that doubles, with jitter
//	   └─ Never, Tries ─▶ Bury: a dead letter that an administrator sees
//
// A job is done at least once: a server that dies after the work and before Done leaves
// it to the next one when the lease ends. A handler whose work must happen exactly once
// ends the job in the commit of its own act, where the store refuses whoever lost the
// lease ([ErrLeaseLost]); one that speaks to the world outside (mail) makes doing it
// twice harmless.
//
// # Why not a library
//
// River is the well-kept one that knows both engines. It does so in one version only
// (v0.47.0 of river, riverpgxv5 and riversqlite: the later ones no longer fit together),
// with a transaction type of its own for each engine, where our acts have one and a
// single writer that joins them; it adds 5 MB and, tuned, 30 to 50 ms before a job on
// SQLite begins. Its tables hold arguments in clear, ours are sealed under the member's
// key. What is left to write is one table and this package: lease, back-off, dead letter.
package jobs

import (
	"context"
	"errors"
	"time"

	"guichet.example/auth"
)

// MaxPayload is the most bytes a job carries. What is larger belongs in a table of its
// own, to which the job points.
const MaxPayload = 64 << 10

// MaxCause is how much of a cause is kept, in bytes.
const MaxCause = 500

var (
	// ErrLeaseLost means that the job is another's by now, or done.
	ErrLeaseLost = errors.New("lease of the job is lost")
	// ErrNotFound means there is no such job.
	ErrNotFound = errors.New("no such job")
	// ErrTooLarge means a payload of more than MaxPayload bytes.
	ErrTooLarge = errors.New("payload of the job is too large")
	// ErrSettled is what a handler returns whose own act has ended the job, or put it
	// off, in its commit: nothing is left to do.
	ErrSettled = errors.New("job is settled already")
)

// Job is something to be done later.
type Job struct {
	ID        string // made when empty; 26 letters and digits
	Kind      string // whose handler: "mail", "raise"
	Mutuality string
	Member    auth.MemberID // whose record; "" if it belongs to none
	// Key is the same for what must not be queued twice: unique for a kind in a
	// mutuality, as long as the job is there. Empty: the ID.
	Key     string
	Payload []byte // at most MaxPayload; sealed at rest
	Created time.Time
	Due     time.Time // not before; zero: at once
	// Attempts counts those that were begun, this one included once it is leased.
	Attempts int
	Lease    string // of whoever has it; the store makes it
}

// Dead is a job that was given up, as administrators see it.
type Dead struct {
	ID, Kind, Mutuality, Key string
	Member                   auth.MemberID
	Created, Died            time.Time
	Attempts                 int
	Cause                    string // of the last attempt, cut to MaxCause bytes
}

// Figures are for the operator.
type Figures struct {
	Waiting int64     // not dead, due or not
	Oldest  time.Time // when the job that is due longest became due; zero if none is
	Dead    int64
}

// Order says what a Lease may take.
type Order struct {
	Now   time.Time
	Life  time.Duration // of the lease: longer than the handler may take
	Kinds []string
	Limit int
}

// Store keeps jobs. Done, Retry and Bury return ErrLeaseLost to whoever has lost it.
type Store interface {
	// Lease hands out jobs that are due, those due longest first, and counts the attempt.
	Lease(ctx context.Context, o Order) ([]Job, error)
	// Done removes the job. One that is gone already is done.
	Done(ctx context.Context, j Job) error
	// Retry gives the job back, to be leased again at due.
	Retry(ctx context.Context, j Job, due time.Time, cause string) error
	// Bury makes it a dead letter and leaves an audit row.
	Bury(ctx context.Context, j Job, cause string) error
	// Enqueued gets a word soon after jobs were committed by this process.
	Enqueued() <-chan struct{}
}

// Handler does the job. Nil: done. Later: again after the time it says. Never: a dead
// letter at once. ErrSettled: see there. Any other error: again after a back-off.
//
// ctx ends after the plan's Timeout and when the program stops. The text of the error
// goes to the log and is kept: it holds no number, name, address or secret.
type Handler func(ctx context.Context, j Job) error

type later struct {
	after time.Duration
	cause error
}

func (l *later) Error() string { return l.cause.Error() }
func (l *later) Unwrap() error { return l.cause }

// Later says that the job is to be tried again after d, whatever its plan says.
func Later(d time.Duration, cause error) error { return &later{d, cause} }

type never struct{ cause error }

func (n *never) Error() string { return n.cause.Error() }
func (n *never) Unwrap() error { return n.cause }

// Never says that no later attempt can do better.
func Never(cause error) error { return &never{cause} }
