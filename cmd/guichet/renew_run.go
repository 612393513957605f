package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guichet.example/portal/jobs"
	"guichet.example/portal/renewal"
	"guichet.example/portal/rescue"
)

// Bounds of a run.
const (
	renewAttempt = 20 * time.Second             // for one document
	renewLease   = renewAttempt + 5*time.Second // that it is ours: who is killed leaves it so long
	renewLook    = time.Second                  // between two looks at what others have
	keepWait     = 10 * time.Second             // for the store, whoever wants us to stop
	maxSilence   = 10                           // documents in a row for which a service does not answer
	maxCauses    = 20
)

// renewReport is the line that a run ends with. Documents is Due, NotDue and GivenUp
// together; Due is all that follows, up to Left.
type renewReport struct {
	Documents int `json:"documents"` // that are kept so
	NotDue    int `json:"not_due"`
	GivenUp   int `json:"given_up"` // before: only the office or -all tries them again
	Due       int `json:"due"`

	Renewed  int `json:"renewed"`
	Good     int `json:"good"`      // looked at, and not due after all
	ByOthers int `json:"by_others"` // a server, or another run, was faster
	TooLate  int `json:"too_late"`  // nothing shows any more that they were there in time
	Failed   int `json:"failed"`    // tried again by the server, where that can help
	Busy     int `json:"busy"`      // somebody else has them still
	Left     int `json:"left"`      // not come to

	Seconds float64  `json:"seconds"`
	Causes  []string `json:"causes,omitempty"` // of the first that failed
}

var (
	// errNotRenewed means that some documents were not renewed; the report says which.
	errNotRenewed = errors.New("some documents were not renewed")
	// errRenewStopped means that somebody wanted the run to end.
	errRenewStopped = errors.New("stopped: what is left is done by the server, or by starting again")
	// errSilence means that going on is of no use.
	errSilence = fmt.Errorf("gave up after %d documents in a row: a service does not answer", maxSilence)
)

// renewRun takes one document after the other. Killed at any time, it is simply started
// again: what it did is not due any more, what it had in hand is free when its lease ends.
type renewRun struct {
	*renewal.Renewer
	window   renewal.Window
	progress *progress
	report   renewReport
	silence  int // documents in a row
}

// begin lists what is due.
func (r *renewRun) begin(ctx context.Context) ([]renewal.Name, error) {
	var list []renewal.Name
	var last renewal.Name
	for {
		page, err := r.Store.DueRenewals(ctx, r.Mutuality, r.window, last, 100)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			break
		}
		list, last = append(list, page...), page[len(page)-1]
	}
	known, stopped, err := r.Store.CountRenewals(ctx, r.Mutuality, r.window.Member)
	if err != nil {
		return nil, err
	}
	r.report = renewReport{Documents: int(known), Due: len(list), Left: len(list)}
	if !r.window.All { // which takes those too
		r.report.GivenUp = int(stopped)
	}
	r.report.NotDue = r.report.Documents - r.report.Due - r.report.GivenUp
	return list, nil
}

// all takes what is listed, then what somebody else had, once they have done it or died.
func (r *renewRun) all(ctx context.Context, list []renewal.Name) error {
	began := time.Now()
	defer func() { r.report.Seconds = time.Since(began).Round(time.Millisecond).Seconds() }()
	r.progress.begin(len(list))
	defer r.progress.end()
	busy, err := r.pass(ctx, list)
	for deadline := time.Now().Add(renewLease + renewLook); err == nil && len(busy) > 0 && time.Now().Before(deadline); {
		select {
		case <-ctx.Done():
		case <-time.After(renewLook):
		}
		r.report.Busy = 0
		busy, err = r.pass(ctx, busy)
	}
	if err == nil && r.report.Failed+r.report.TooLate+r.report.Busy > 0 {
		err = errNotRenewed
	}
	return err
}

// pass takes each once and returns those that somebody else has.
func (r *renewRun) pass(ctx context.Context, list []renewal.Name) (busy []renewal.Name, err error) {
	for _, n := range list {
		if ctx.Err() != nil {
			err = errRenewStopped
		} else if r.silence >= maxSilence {
			err = errSilence
		}
		if err == nil {
			err = r.one(ctx, n)
		}
		if errors.Is(err, jobs.ErrLeaseLost) {
			busy, err = append(busy, n), nil
		}
		r.report.Busy = len(busy)
		r.report.Left = r.report.Due - r.report.done() - r.report.Busy
		if err != nil {
			return busy, err
		}
		r.progress.at(r.report.done())
	}
	return busy, nil
}

// done is how many of those that were due need no more of this run.
func (r renewReport) done() int { return r.Renewed + r.Good + r.ByOthers + r.TooLate + r.Failed }

// sentence is for who started it by hand, when nothing went wrong.
func (r renewReport) sentence() string {
	switch {
	case r.Due == 0:
		return fmt.Sprintf("None of %d documents is due.", r.Documents)
	case r.Left > 0:
		return fmt.Sprintf("%d of %d documents are due.", r.Due, r.Documents)
	}
	return fmt.Sprintf("All that was due is renewed: %d of %d documents.", r.Due, r.Documents)
}

// one renews a document, if it still is ours to renew: jobs.ErrLeaseLost if it is not yet.
func (r *renewRun) one(ctx context.Context, n renewal.Name) error {
	keeping, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWait)
	defer cancel()
	j, err := r.Store.LeaseRenewal(keeping, r.Mutuality, r.window, n, renewLease)
	var o renewal.Outcome
	if err == nil {
		attempt, end := context.WithTimeout(ctx, renewAttempt)
		o, err = r.Renew(attempt, j)
		end()
		if err != nil && ctx.Err() != nil {
			return r.giveBack(ctx, j)
		}
	}
	switch {
	case errors.Is(err, jobs.ErrNotFound):
		r.report.ByOthers++
	case err != nil:
		return err
	default:
		r.count(o)
	}
	return nil
}

// giveBack leaves a document as it was found: nothing is wrong with it.
func (r *renewRun) giveBack(ctx context.Context, j jobs.Job) error {
	keeping, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWait)
	defer cancel()
	cause := ""
	if j.Attempts > 1 { // it has waited for something, and still does
		cause = rescue.Words(errRenewStopped)
	}
	return errors.Join(errRenewStopped, r.Jobs.Retry(keeping, j, j.Due, cause))
}

func (r *renewRun) count(o renewal.Outcome) {
	cause, _ := rescue.Split(o.Cause)
	switch {
	case o.Cause != "" && (cause == rescue.Timestamp || cause == rescue.Status):
		r.silence++
	default:
		r.silence = 0
	}
	switch {
	case o.Cause == "" && o.PDF != nil:
		r.report.Renewed++
		return
	case o.Cause == "":
		r.report.Good++
		return
	case cause == rescue.Late:
		r.report.TooLate++
	default:
		r.report.Failed++
	}
	if len(r.report.Causes) < maxCauses {
		r.report.Causes = append(r.report.Causes, "document "+o.ID+": "+o.Cause)
	}
}
