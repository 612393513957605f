package renewal

import (
	"context"
	"errors"
	"sync"
	"time"

	"guichet.example/portal/jobs"
)

// How often it is looked for what is due, and how many jobs one look makes: a day's worth
// of DefaultPerMinute.
const (
	every   = 24 * time.Hour
	oneLook = 24 * 60 * DefaultPerMinute
)

// Run queues what is due, now and once a day, and does the jobs one after the other until
// ctx ends.
func (r *Renewer) Run(ctx context.Context) {
	var both sync.WaitGroup
	both.Go(func() { r.look(ctx) })
	runner := &jobs.Runner{Store: quiet{r.Jobs}, Plans: map[string]jobs.Plan{JobKind: r.Plan()}, Workers: 1,
		Now: r.Now, Log: r.Log, Rand: r.Jitter}
	_ = runner.Run(ctx)
	both.Wait()
}

// look queues once a day. A store that does not answer is asked again in a minute.
func (r *Renewer) look(ctx context.Context) {
	for {
		wait := every
		if err := r.Queue(ctx); err != nil && ctx.Err() == nil {
			r.Log.Error("looking for documents to be renewed", "cause", err)
			wait = time.Minute
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// Queue makes jobs of what is due and has none.
func (r *Renewer) Queue(ctx context.Context) error {
	n, err := r.Store.QueueRenewals(ctx, r.Mutuality, Window{Now: r.Now(), Before: r.Margin()}, r.gap(), oneLook)
	if n > 0 {
		r.Log.Info("documents are due for a new archive timestamp", "documents", n)
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// quiet leaves the word that jobs were committed to the runner that waits for all others:
// one word is for one reader, and what is due here has time.
type quiet struct{ jobs.Store }

func (quiet) Enqueued() <-chan struct{} { return nil }
