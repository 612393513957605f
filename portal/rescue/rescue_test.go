package rescue

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/portal/jobs"
	"guichet.example/portal/locale"
	"guichet.example/signing"
)

func TestCauses(t *testing.T) {
	for _, test := range []struct {
		err      error
		want     Cause
		hopeless bool
	}{
		{errors.New("disk"), Other, false},
		{context.DeadlineExceeded, Other, false},
		{signing.ErrNoTimestamp, Timestamp, false},
		{fmt.Errorf("%w: %w", signing.ErrNoTimestamp, certs.ErrNotTrusted), Timestamp, false},
		{signing.ErrNoEvidence, Status, false},
		{fmt.Errorf("%w: %w", signing.ErrNoEvidence, revocation.RevokedError{}), Revoked, true},
		{revocation.ErrUnavailable, Status, false},
		{revocation.ErrUnknown, Status, false},
		{revocation.ErrInvalid, Status, false},
		{fmt.Errorf("%w: %w", signing.ErrUnsuitable, certs.ErrNotTrusted), Path, false},
		{fmt.Errorf("%w: %w", ErrPath, certs.ExpiredError{}), Path, false},
		{signing.ErrUnsuitable, Unfit, true},
		{signing.ErrNotPDF, Unfit, true},
		{signing.ErrTooLarge, Unfit, true},
		{fmt.Errorf("%w: %w", ErrLate, certs.ExpiredError{}), Late, true},
		{ErrNoGain, Short, false},
		{inDoubt(certs.ErrNotTrusted), Others, true},
		{inDoubt(fmt.Errorf("%w: %w", signing.ErrNoEvidence, revocation.RevokedError{})), Others, true},
		{inDoubt(fmt.Errorf("%w: %w", signing.ErrNoEvidence, revocation.ErrUnavailable)), Others, false},
		{inDoubt(certs.ErrNotTrusted, signing.ErrNoEvidence), Others, false},
	} {
		err := fmt.Errorf("doing it: %w", test.err)
		if got := Of(err); got != test.want || Hopeless(err) != test.hopeless {
			t.Errorf("%v: Of = %s, Hopeless = %v, want %s, %v", err, got, Hopeless(err), test.want, test.hopeless)
		}
		if cause, detail := Split(Words(err)); cause != test.want || detail != err.Error() {
			t.Errorf("Split(Words(%v)) = %s, %q", err, cause, detail)
		}
	}
	for _, words := range []string{"", "timestamp", "no such: thing", "the program stopped"} {
		if cause, detail := Split(words); cause != Other || detail != words {
			t.Errorf("Split(%q) = %s, %q", words, cause, detail)
		}
	}
}

// inDoubt is a file in which others lack something.
func inDoubt(causes ...error) error {
	e := &signing.IncompleteError{Level: signing.LevelLTA}
	for _, cause := range causes {
		e.Lacking = append(e.Lacking, signing.Lack{Field: "Signature2", Signer: "Somebody", Err: cause})
	}
	return e
}

// Others in a file are asked for as long as they may still be had, and not for ever.
func TestSpent(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		err   error
		waits time.Duration
		want  bool
	}{
		{inDoubt(signing.ErrNoEvidence), OthersPatience - 1, false},
		{inDoubt(signing.ErrNoEvidence), OthersPatience, true},
		{signing.ErrNoEvidence, 12 * OthersPatience, false}, // the member's own
	} {
		if got := Spent(test.err, jobs.Job{Created: now}, now.Add(test.waits)); got != test.want {
			t.Errorf("Spent(%v) after %v = %v", test.err, test.waits, got)
		}
	}
}

// Each cause says what it is and what to do; the catalogue has every language or none.
func TestCausesHaveTexts(t *testing.T) {
	for _, c := range Causes() {
		for _, key := range []string{"office.rescue.cause.", "office.rescue.do."} {
			if !locale.Has(key + string(c)) {
				t.Errorf("no text %s%s", key, c)
			}
		}
	}
}

func TestTell(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for waits, want := range map[time.Duration]bool{0: false, Patience - 1: false, Patience: true} {
		if got := Tell(jobs.Job{Created: now}, now.Add(waits)); got != want {
			t.Errorf("Tell after %v = %v", waits, got)
		}
	}
	if Tell(jobs.Job{}, now) {
		t.Error("a job of no known age is told of")
	}
}
