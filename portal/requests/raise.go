package requests

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/portal/jobs"
	"guichet.example/portal/rescue"
	"guichet.example/signing"
)

// Raiser brings signed documents to the level wanted when the services could not at
// the moment of signing: a revocation answer for a pending one, then timestamp and
// revocation data. It never needs the card.
type Raiser struct {
	Store      Store
	Anchors    Anchors
	Revocation Revocation
	Extender   Extender
	Now        func() time.Time
	Log        *slog.Logger
	Want       signing.Level // zero: B-LTA
	// Holds tells until when the archive timestamp of a file proves it; nil: nobody asks,
	// and the first look of the renewal does.
	Holds func(pdf []byte) (time.Time, error)
	// Jitter spreads retries so that documents of one outage do not come back in one
	// moment; it returns a number in [0,1). Nil: random.
	Jitter func() float64
}

// Back-off between attempts: doubling from firstRetry to lastRetry, plus up to half.
const (
	firstRetry = 30 * time.Second
	lastRetry  = time.Hour
	oneRaise   = 20 * time.Second // for one document; below the lease
)

// Plan is how the jobs of RaiseKind are done: until they succeed, or nothing can.
func (r *Raiser) Plan() jobs.Plan {
	return jobs.Plan{Do: r.Do, First: firstRetry, Last: lastRetry, Timeout: oneRaise}
}

// Do is the jobs.Handler: one attempt, whose outcome the store writes together with
// what becomes of the job.
func (r *Raiser) Do(ctx context.Context, j jobs.Job) error {
	d, err := r.Store.Raise(ctx, j)
	if err == nil {
		err = r.Raise(ctx, d)
	}
	if err != nil {
		return fmt.Errorf("raising document: %w", err)
	}
	return jobs.ErrSettled
}

// Raise makes one attempt and stores its outcome. The error is the store's: that a
// service does not answer is an outcome.
func (r *Raiser) Raise(ctx context.Context, d Raise) error {
	out := r.attempt(ctx, d)
	if out.Cause != "" {
		r.Log.Warn("document not raised", "document", d.Document, "attempts", d.Attempts+1,
			"next", out.NextTry, "cause", out.Cause)
	}
	if out.State == Rejected && out.Tell {
		r.Log.Error("card ran out before its status was had: the request is ended", "alert", "raise-failed", "document", d.Document, "cause", out.Cause)
	}
	switch cause, _ := rescue.Split(out.Cause); {
	case out.GivenUp && cause == rescue.Others:
		r.Log.Warn("document is raised, and others in it stay in doubt", "document", d.Document, "cause", out.Cause)
	case out.GivenUp:
		r.Log.Error("document cannot be raised", "alert", "raise-failed", "document", d.Document, "cause", out.Cause)
	}
	if !out.NextTry.IsZero() {
		jobs.Overdue(r.Log, d.Job, out.NextTry)
	}
	// The outcome is worth keeping although the time for the attempt is up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWait)
	defer cancel()
	return r.Store.Raised(ctx, out)
}

func (r *Raiser) attempt(ctx context.Context, d Raise) Raised {
	out := Raised{Raise: d}
	if d.Pending {
		err := r.signerStatus(ctx, d.Signer)
		var revoked revocation.RevokedError
		switch {
		case errors.As(err, &revoked):
			out.State, out.Cause = Rejected, rescue.Words(err)
			return out
		case errors.As(err, new(certs.ExpiredError)): // nobody can tell any more
			out.State, out.Cause, out.Tell = Rejected, rescue.Words(err), true
			return out
		case err != nil:
			return r.later(out, err)
		}
		out.State = Signed
	}
	want := r.Want
	if want == 0 {
		want = signing.LevelLTA
	}
	pdf, level, err := r.Extender.Extend(ctx, d.PDF, want)
	// A timestamp goes into the hole of the signature: same length, other bytes.
	if level > 0 && !bytes.Equal(pdf, d.PDF) {
		out.PDF, out.Level = pdf, level
	}
	if err == nil {
		r.holds(&out, pdf)
		return out
	}
	if errors.As(err, new(*signing.IncompleteError)) {
		r.holds(&out, pdf)
		out.Reached = out.PDF != nil
	}
	if later := r.later(out, err); !rescue.Hopeless(err) && !rescue.Spent(err, d.Job, later.NextTry) {
		return later
	}
	out.Cause, out.GivenUp = rescue.Words(err), true
	out.Reached = rescue.Of(err) == rescue.Others
	return out
}

// holds notes how long what was reached holds. That it is not known holds up nothing: the
// renewal looks again.
func (r *Raiser) holds(out *Raised, pdf []byte) {
	if r.Holds == nil || out.Level < signing.LevelLTA {
		return
	}
	until, err := r.Holds(pdf)
	if err != nil {
		r.Log.Warn("until when a document holds is not known", "document", out.Document, "cause", err)
		return
	}
	out.Holds, out.Stamped = until, r.Now()
}

// signerStatus asks afresh for the status of the signer's certificate. Its path is
// built at the present time: an expired certificate has no answer that could be
// trusted any more.
func (r *Raiser) signerStatus(ctx context.Context, signer [][]byte) error {
	list := parseAll(signer)
	if len(list) == 0 {
		return errors.New("signer's certificate was not kept")
	}
	if now := r.Now(); now.After(list[0].NotAfter) { // whatever else its path lacks
		return fmt.Errorf("%w: signer: %w", signing.ErrNoEvidence, certs.ExpiredError{NotAfter: list[0].NotAfter})
	}
	path, err := r.Anchors.Path(list[0], certs.Signature, r.Now(), list[1:]...)
	if errors.As(err, new(certs.ExpiredError)) {
		return fmt.Errorf("%w: signer: %w", signing.ErrNoEvidence, err)
	}
	if err != nil {
		return fmt.Errorf("path of the signer: %w: %w", rescue.ErrPath, err)
	}
	if _, err := r.Revocation.Fresh(ctx, path); err != nil {
		return fmt.Errorf("status of the signer: %w", err)
	}
	return nil
}

// later plans the next attempt.
func (r *Raiser) later(out Raised, cause error) Raised {
	out.NextTry = r.Now().Add(r.Plan().Backoff(out.Attempts+1, r.Jitter))
	out.Cause, out.Tell = rescue.Words(cause), rescue.Tell(out.Job, out.NextTry)
	return out
}
