package renewal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"guichet.example/certs"
	"guichet.example/portal/jobs"
	"guichet.example/portal/rescue"
	"guichet.example/signing"
)

// byHand is what a job carries that somebody ordered: it renews what is not due too.
var byHand = []byte("by hand")

// ByHand makes the job of a document one that renews it although it is not due.
func ByHand(j jobs.Job) jobs.Job {
	j.Payload = byHand
	return j
}

// attempt makes the new version, or says why not.
func (r *Renewer) attempt(ctx context.Context, d Document) Outcome {
	o := Outcome{Document: d, Holds: d.Holds}
	holds, err := r.holds(d.PDF)
	ordered := bytes.Equal(d.Job.Payload, byHand)
	switch {
	case err == nil && !ordered && !r.due(holds, d):
		o.Holds = holds
		return o // looked at, and good for now
	case err == nil && !r.Now().Before(holds):
		err = rescue.ErrLate // an algorithm has aged
	case err == nil:
		o.Holds = holds
		err = r.renew(ctx, &o, ordered)
	case errors.Is(err, signing.ErrNoArchive):
		err = r.extend(ctx, &o)
	case errors.As(err, &certs.ExpiredError{}), !d.Holds.IsZero() && !r.Now().Before(d.Holds):
		err = fmt.Errorf("%w: %w", rescue.ErrLate, err)
	}
	if err != nil {
		return r.stopped(o, err)
	}
	if len(o.PDF) > rescue.MaxPDF {
		o.PDF, o.Level = nil, 0
		return r.stopped(o, signing.ErrTooLarge)
	}
	return o
}

// holds is when the newest archive timestamp of a file runs out. One that has run out is
// told as such by the noted time alone: the path is judged at the present.
func (r *Renewer) holds(pdf []byte) (time.Time, error) {
	return signing.NextRenewal(pdf, r.Trust)
}

// notice is how long before the end nobody waits for the authority any more.
const notice = 30 * 24 * time.Hour

// due says whether a document that holds until then is to be renewed now.
func (r *Renewer) due(holds time.Time, d Document) bool {
	margin := r.Margin()
	if !d.Stamped.IsZero() {
		margin = min(margin, holds.Sub(d.Stamped)/3)
	}
	return !r.Now().Before(holds.Add(-margin))
}

// renew puts one more timestamp over a document. One that holds no longer than what is
// there would only make the file larger: it is kept if somebody ordered it.
func (r *Renewer) renew(ctx context.Context, o *Outcome, ordered bool) error {
	pdf, err := r.Extender.Renew(ctx, o.Document.PDF)
	level, err := r.doubts(o, err)
	if err != nil {
		return err
	}
	next := Outcome{Document: o.Document, PDF: pdf, Level: level}
	if err := r.note(&next); err != nil {
		return err
	}
	if !ordered && !next.Holds.After(o.Holds) {
		return fmt.Errorf("%w: until %s", rescue.ErrNoGain, next.Holds.Format(time.DateOnly))
	}
	*o = next
	return nil
}

// extend brings a document without an archive timestamp as far as the services answer.
func (r *Renewer) extend(ctx context.Context, o *Outcome) error {
	pdf, level, err := r.Extender.Extend(ctx, o.Document.PDF, signing.LevelLTA)
	if level > 0 && !bytes.Equal(pdf, o.Document.PDF) {
		o.PDF, o.Level = pdf, level
	}
	if _, err := r.doubts(o, err); err != nil {
		return err
	}
	return r.note(o)
}

// doubts takes a renewal for done that leaves signatures in doubt, which are not waited for:
// the next one asks again, and the report of the file names them. It tells the level.
func (r *Renewer) doubts(o *Outcome, err error) (signing.Level, error) {
	var lacking *signing.IncompleteError
	if !errors.As(err, &lacking) {
		return signing.LevelLTA, err
	}
	r.Log.Warn("document is renewed, and signatures in it stay in doubt", "document", o.ID, "cause", rescue.Words(err))
	return lacking.Level, nil
}

// note notes how long the new version holds.
func (r *Renewer) note(o *Outcome) (err error) {
	o.Stamped = r.Now()
	file := o.PDF
	if file == nil {
		file = o.Document.PDF
	}
	if o.Holds, err = r.holds(file); err != nil {
		return fmt.Errorf("looking at the new version: %w", err)
	}
	return nil
}

// stopped is an attempt that stopped.
func (r *Renewer) stopped(o Outcome, err error) Outcome {
	o.Cause = rescue.Words(err)
	if rescue.Hopeless(err) {
		o.GivenUp, o.Tell = true, true
		return o
	}
	o.NextTry = r.Now().Add(r.Plan().Backoff(o.Job.Attempts, r.Jitter))
	if left := o.Holds.Sub(r.Now()); errors.Is(err, rescue.ErrNoGain) && left > notice {
		// The authority has time to get its next certificate.
		o.NextTry = r.Now().Add(max(left/10, lastRetry))
		return o
	}
	o.Tell = rescue.Tell(o.Job, o.NextTry)
	return o
}
