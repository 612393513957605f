package jobs

import (
	"math/rand/v2"
	"time"
)

// Plan says how jobs of one kind are done.
type Plan struct {
	Do Handler
	// First and Last bound the wait between attempts: it doubles from First to Last,
	// plus up to half. Zero: 30 seconds and an hour.
	First, Last time.Duration
	// Tries is after how many attempts the job is a dead letter. 0: it is tried for
	// ever, with an alert for each day that it waits.
	Tries int
	// Timeout bounds one attempt. Zero: 20 seconds.
	Timeout time.Duration
}

// Backoff is the wait after an attempt that failed, the first of them being number 1.
// jitter returns a number in [0,1); nil: random. It keeps jobs of one outage from
// coming back in one moment.
func (p Plan) Backoff(attempt int, jitter func() float64) time.Duration {
	p = p.withDefaults()
	if jitter == nil {
		jitter = rand.Float64
	}
	wait := min(p.First, p.Last)
	for ; attempt > 1 && wait < p.Last; attempt-- {
		wait = min(2*wait, p.Last)
	}
	return wait + time.Duration(jitter()*float64(wait)/2)
}

func (p Plan) withDefaults() Plan {
	if p.First <= 0 {
		p.First = 30 * time.Second
	}
	if p.Last <= 0 {
		p.Last = time.Hour
	}
	if p.Timeout <= 0 {
		p.Timeout = 20 * time.Second
	}
	return p
}
