package requests

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/portal/jobs"
	"guichet.example/portal/rescue"
	"guichet.example/signing"
)

func TestCompleteWithoutStatusService(t *testing.T) {
	for _, cause := range []error{revocation.ErrUnavailable, revocation.ErrUnknown, revocation.ErrInvalid, context.DeadlineExceeded} {
		t.Run(cause.Error(), func(t *testing.T) {
			d := newDesk(t)
			id := d.frozen(t)
			c, v := d.prepared(t, id, d.mathieu)
			d.status.fresh = cause
			r, err := d.Complete(t.Context(), d.login, id, c.Preparation, v)
			if err != nil || r.State != Pending {
				t.Fatalf("Complete = %s, %v, want pending", r.State, err)
			}
			if len(d.store.raised) != 0 {
				t.Error("a pending document was raised")
			}
			// Still no answer: it stays pending, at B-B, with a next try.
			if err := d.round(t); err != nil {
				t.Fatal(err)
			}
			out := d.store.raised[0]
			if out.State != "" || out.PDF != nil || !out.NextTry.Equal(noon.Add(firstRetry)) || out.Cause == "" {
				t.Errorf("outcome is %q, level %v, next %v", out.State, out.Level, out.NextTry)
			}
			// The service is back.
			d.status.fresh, d.now = nil, noon.Add(time.Minute)
			if err := d.round(t); err != nil {
				t.Fatal(err)
			}
			out = d.store.raised[1]
			if out.State != Signed || out.Level != signing.LevelLT || !out.NextTry.IsZero() {
				t.Errorf("outcome is %q, level %v, next %v", out.State, out.Level, out.NextTry)
			}
			if r, _ := d.store.Request(t.Context(), d.login, id); r.State != Signed {
				t.Errorf("request is %s", r.State)
			}
		})
	}
}

func TestPendingCardTurnsOutRevoked(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	c, v := d.prepared(t, id, d.mathieu)
	d.status.fresh = revocation.ErrUnavailable
	if _, err := d.Complete(t.Context(), d.login, id, c.Preparation, v); err != nil {
		t.Fatal(err)
	}
	d.status.fresh = fmt.Errorf("status: %w", revocation.RevokedError{At: noon.Add(-time.Hour)})
	if err := d.round(t); err != nil {
		t.Fatal(err)
	}
	out := d.store.raised[0]
	if out.State != Rejected || out.PDF != nil || !out.NextTry.IsZero() {
		t.Errorf("outcome is %q, next %v, want rejected for good", out.State, out.NextTry)
	}
}

// A card that ran out before anybody said whether it was good is not asked about for ever.
func TestPendingCardRunsOut(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	c, v := d.prepared(t, id, d.mathieu)
	d.status.fresh = revocation.ErrUnavailable
	if _, err := d.Complete(t.Context(), d.login, id, c.Preparation, v); err != nil {
		t.Fatal(err)
	}
	d.now = noon.AddDate(30, 0, 0)
	if err := d.round(t); err != nil {
		t.Fatal(err)
	}
	out := d.store.raised[0]
	if cause, _ := rescue.Split(out.Cause); out.State != Rejected || !out.Tell || out.GivenUp || !out.NextTry.IsZero() || cause != rescue.Status {
		t.Errorf("outcome is %q, told %t, given up %t, next %v, %s", out.State, out.Tell, out.GivenUp, out.NextTry, out.Cause)
	}
	if r, _ := d.store.Request(t.Context(), d.login, id); r.State != Rejected {
		t.Errorf("request is %s, want an end", r.State)
	}
}

func TestCompleteWithoutTimestamp(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	c, v := d.prepared(t, id, d.mathieu)
	*d.ext = extender{level: signing.LevelB, err: signing.ErrNoTimestamp}
	r, err := d.Complete(t.Context(), d.login, id, c.Preparation, v)
	if err != nil || r.State != Signed {
		t.Fatalf("Complete = %s, %v", r.State, err)
	}
	if out := d.store.raised[0]; out.PDF != nil || !out.NextTry.Equal(noon.Add(firstRetry)) {
		t.Errorf("first outcome: level %v, next %v", out.Level, out.NextTry)
	}
	*d.ext = extender{level: signing.LevelT, err: signing.ErrNoEvidence}
	if err := d.round(t); err != nil {
		t.Fatal(err)
	}
	if out := d.store.raised[1]; out.Level != signing.LevelT || out.PDF == nil || !out.NextTry.Equal(noon.Add(2*firstRetry)) {
		t.Errorf("second outcome: level %v, next %v", out.Level, out.NextTry)
	}
	*d.ext = extender{level: signing.LevelLT}
	if err := d.round(t); err != nil {
		t.Fatal(err)
	}
	if out := d.store.raised[2]; out.Level != signing.LevelLT || !out.NextTry.IsZero() || out.Version != 2 {
		t.Errorf("third outcome: level %v from version %d, next %v", out.Level, out.Version, out.NextTry)
	}
}

func TestRaiserGivesUpWhereNothingHelps(t *testing.T) {
	for _, cause := range []error{signing.ErrUnsuitable, revocation.RevokedError{At: noon}} {
		d := newDesk(t)
		*d.ext = extender{level: signing.LevelB, err: fmt.Errorf("x: %w", cause)}
		out := d.Raiser.attempt(t.Context(), Raise{PDF: []byte("%PDF")})
		if !out.NextTry.IsZero() || out.Cause == "" || out.State != "" {
			t.Errorf("%v: next %v, state %q", cause, out.NextTry, out.State)
		}
	}
}

// Others in a file do not hold up the member's own: what was reached is kept and holds, and
// the job goes on for them while they may still be had, for a month at most.
func TestRaiserAndOthers(t *testing.T) {
	lacking := func(cause error) error {
		return &signing.IncompleteError{Level: signing.LevelLTA, Lacking: []signing.Lack{{Field: "Signature2", Signer: "Somebody", Err: cause}}}
	}
	for name, c := range map[string]struct {
		cause   error
		waited  time.Duration
		givenUp bool
	}{
		"silent":             {fmt.Errorf("%w: %w", signing.ErrNoEvidence, revocation.ErrUnavailable), 0, false},
		"silent for weeks":   {signing.ErrNoEvidence, rescue.OthersPatience - 24*time.Hour, false},
		"silent for a month": {signing.ErrNoEvidence, rescue.OthersPatience, true},
		"unknown":            {certs.ErrNotTrusted, 0, true},
		"withdrawn since":    {fmt.Errorf("%w: %w", signing.ErrNoEvidence, revocation.RevokedError{At: noon}), 0, true},
	} {
		d := newDesk(t)
		d.Raiser.Want = signing.LevelLTA
		d.Raiser.Holds = func([]byte) (time.Time, error) { return noon.AddDate(5, 0, 0), nil }
		*d.ext = extender{level: signing.LevelLTA, err: lacking(c.cause)}
		out := d.Raiser.attempt(t.Context(), Raise{PDF: []byte("%PDF"), Job: jobs.Job{Created: noon.Add(-c.waited)}})
		if cause, detail := rescue.Split(out.Cause); cause != rescue.Others || !strings.Contains(detail, "Somebody (Signature2)") {
			t.Errorf("%s: cause %q", name, out.Cause)
		}
		if out.Level != signing.LevelLTA || out.PDF == nil || !out.Reached || out.Holds.IsZero() {
			t.Errorf("%s: level %v, reached %t, holds %v", name, out.Level, out.Reached, out.Holds)
		}
		if out.GivenUp != c.givenUp || out.NextTry.IsZero() != c.givenUp {
			t.Errorf("%s: given up %t, next %v", name, out.GivenUp, out.NextTry)
		}
	}
}

func TestRaiserBacksOff(t *testing.T) {
	d := newDesk(t)
	*d.ext = extender{level: signing.LevelB, err: signing.ErrNoTimestamp}
	d.Raiser.Jitter = func() float64 { return 0.5 }
	last := time.Duration(0)
	for attempts := range 30 {
		out := d.Raiser.attempt(t.Context(), Raise{PDF: []byte("%PDF"), Attempts: attempts})
		wait := out.NextTry.Sub(noon)
		if wait < last || wait > lastRetry*3/2 {
			t.Fatalf("attempt %d waits %v after %v", attempts, wait, last)
		}
		last = wait
	}
	if last != lastRetry*5/4 {
		t.Errorf("last wait is %v", last)
	}
}

// round does the jobs that wait, as the runner would.
func (d *desk) round(t *testing.T) error {
	t.Helper()
	for _, j := range d.store.due() {
		if err := d.Raiser.Do(t.Context(), j); !errors.Is(err, jobs.ErrSettled) {
			return err
		}
	}
	return nil
}

func TestRaiserSaysWhatTheStoreSays(t *testing.T) {
	d := newDesk(t)
	err := d.Raiser.Do(t.Context(), jobs.Job{Kind: RaiseKind, Key: "none"})
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("Do of a document that is not there = %v, want %v", err, ErrNotFound)
	}
	id := d.frozen(t)
	c, v := d.prepared(t, id, d.mathieu)
	d.status.fresh = revocation.ErrUnavailable
	if _, err := d.Complete(t.Context(), d.login, id, c.Preparation, v); err != nil {
		t.Fatal(err)
	}
	d.store.onRaised = func(Raised) error { return jobs.ErrLeaseLost }
	for _, j := range d.store.due() {
		if err := d.Raiser.Do(t.Context(), j); !errors.Is(err, jobs.ErrLeaseLost) {
			t.Errorf("Do with a lost lease = %v, want %v", err, jobs.ErrLeaseLost)
		}
	}
}
