package requests

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
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
	Want       signing.Level // zero: B-LT
	Every      time.Duration // between looks at the store; zero: 10 s
	// Jitter spreads retries so that documents of one outage do not come back in one
	// moment; it returns a number in [0,1). Nil: random.
	Jitter func() float64
}

// Back-off between attempts: doubling from firstRetry to lastRetry, plus up to half.
const (
	firstRetry = 30 * time.Second
	lastRetry  = time.Hour
	batch      = 16               // documents leased at once
	oneRaise   = 20 * time.Second // for one document; below the lease of a minute
)

// Run raises what is due until ctx ends. It returns ctx's error.
func (r *Raiser) Run(ctx context.Context) error {
	every := r.Every
	if every == 0 {
		every = 10 * time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := r.round(ctx); err != nil && ctx.Err() == nil {
			r.Log.Error("raising documents", "cause", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// round raises what is due now. A document that fails does not keep the next from
// its turn; a batch that would outlive its lease is left to the next round.
func (r *Raiser) round(ctx context.Context) error {
	start := r.Now()
	due, err := r.Store.Due(ctx, start, batch)
	if err != nil {
		return fmt.Errorf("leasing documents: %w", err)
	}
	for _, d := range due {
		if ctx.Err() != nil || r.Now().Sub(start) > 30*time.Second {
			return ctx.Err()
		}
		one, cancel := context.WithTimeout(ctx, oneRaise)
		err := r.Raise(one, d)
		cancel()
		if err != nil && ctx.Err() == nil {
			r.Log.Error("storing a raised document", "document", d.Document, "cause", err)
		}
	}
	return ctx.Err()
}

// Raise makes one attempt and stores its outcome. The error is the store's: that a
// service does not answer is an outcome.
func (r *Raiser) Raise(ctx context.Context, d Raise) error {
	out := r.attempt(ctx, d)
	if out.Cause != "" {
		r.Log.Warn("document not raised", "document", d.Document, "attempts", d.Attempts+1,
			"next", out.NextTry, "cause", out.Cause)
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
			out.State, out.Cause = Rejected, err.Error()
			return out
		case err != nil:
			return r.later(out, err)
		}
		out.State = Signed
	}
	want := r.Want
	if want == 0 {
		want = signing.LevelLT
	}
	pdf, level, err := r.Extender.Extend(ctx, d.PDF, want)
	// A timestamp goes into the hole of the signature: same length, other bytes.
	if level > 0 && !bytes.Equal(pdf, d.PDF) {
		out.PDF, out.Level = pdf, level
	}
	switch {
	case err == nil:
		return out
	case hopeless(err):
		out.Cause = err.Error()
		return out
	}
	return r.later(out, err)
}

// hopeless reports whether no later attempt can do better: the file cannot take more,
// or a certificate that was good when it counted has been withdrawn since.
func hopeless(err error) bool {
	var revoked revocation.RevokedError
	return errors.As(err, &revoked) || errors.Is(err, signing.ErrUnsuitable) ||
		errors.Is(err, signing.ErrNotPDF) || errors.Is(err, signing.ErrTooLarge)
}

// signerStatus asks afresh for the status of the signer's certificate. Its path is
// built at the present time: an expired certificate has no answer that could be
// trusted any more, and stays pending until somebody looks at it.
func (r *Raiser) signerStatus(ctx context.Context, signer [][]byte) error {
	list := parseAll(signer)
	if len(list) == 0 {
		return errors.New("signer's certificate was not kept")
	}
	path, err := r.Anchors.Path(list[0], certs.Signature, r.Now(), list[1:]...)
	if err != nil {
		return fmt.Errorf("path of the signer: %w", err)
	}
	if _, err := r.Revocation.Fresh(ctx, path); err != nil {
		return fmt.Errorf("status of the signer: %w", err)
	}
	return nil
}

// later plans the next attempt.
func (r *Raiser) later(out Raised, cause error) Raised {
	wait := firstRetry << min(out.Attempts, 10)
	wait = min(wait, lastRetry)
	jitter := r.Jitter
	if jitter == nil {
		jitter = rand.Float64
	}
	out.NextTry = r.Now().Add(wait + time.Duration(jitter()*float64(wait)/2))
	out.Cause = cause.Error()
	return out
}
