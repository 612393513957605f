package people

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"guichet.example/portal/jobs"
)

// JobKind is the kind of the job that looks who came of age. There is one in a
// mutuality, due at the next full hour: at midnight in Belgium, and at the hours after it
// for whoever was delivered to us late. A server that was down finds it due at once.
const JobKind = "birthdays"

// batch is how many persons are asked in one transaction.
const batch = 100

// BirthdayStore is what the job needs.
type BirthdayStore interface {
	// ComeOfAge asks who came of age and lets silence decide, at most limit of both, each
	// once. It returns how many there were.
	ComeOfAge(ctx context.Context, mutuality string, r Rules, limit int) (int, error)
	// LookAgain ends the leased job and queues the next, in one commit.
	LookAgain(ctx context.Context, j jobs.Job, at time.Time) error
	// LookAt queues the job, unless it waits already.
	LookAt(ctx context.Context, mutuality string, at time.Time) error
}

// Birthdays does the job. All fields are required.
type Birthdays struct {
	Store     BirthdayStore
	Mutuality string
	Rules     Rules
	Now       func() time.Time
	Log       *slog.Logger
}

// Plan is how the job is done.
func (b *Birthdays) Plan() jobs.Plan { return jobs.Plan{Do: b.do, Timeout: time.Minute} }

func (b *Birthdays) do(ctx context.Context, j jobs.Job) error {
	for {
		n, err := b.Store.ComeOfAge(ctx, b.Mutuality, b.Rules, batch)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		b.Log.Info("came of age, or did not answer in time", "persons", n)
		if ctx.Err() != nil {
			return ctx.Err() // the rest is found again
		}
	}
	if err := b.Store.LookAgain(ctx, j, b.Now().Truncate(time.Hour).Add(time.Hour)); err != nil {
		return fmt.Errorf("queueing the next look at birthdays: %w", err)
	}
	return jobs.ErrSettled
}

// Watch queues the first job; where the store does not take it, again each minute until
// ctx ends.
func (b *Birthdays) Watch(ctx context.Context) {
	for {
		err := b.Store.LookAt(ctx, b.Mutuality, b.Now())
		if err == nil || ctx.Err() != nil {
			return
		}
		b.Log.Error("queueing the look at birthdays", "cause", err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Minute):
		}
	}
}
