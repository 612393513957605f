// Package rescue names what keeps a signed document from lasting: a service did not
// answer when a timestamp, or proof of a certificate's status, was wanted for it.
//
//	signed at B-B ──▶ job "raise" ──────▶ B-LTA ──▶ … job "renew" ──▶ one more timestamp
//	                     │ no answer                     │
//	                     ├─ again, after a back-off that doubles up to an hour
//	                     ├─ waits a day: an alert, and one for each day more
//	                     ├─ waits Patience: a task for the office, which says what to do
//	                     ├─ nothing can help: alert, task and dead letter at once
//	                     └─ others in doubt: see below
//
// Somebody else's signatures and timestamps in a file do not hold up the member's: hers is at
// the level wanted and in line to be renewed, and the job goes on for the others alone, while
// they may still be had and for OthersPatience at most.
//
// Nothing waits unseen: the office lists each of them with its cause, when it is tried
// next, and a button that tries it now.
package rescue

import (
	"context"
	"errors"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/portal/jobs"
	"guichet.example/signing"
)

// MaxPDF is the largest version of a document that is kept, with all its evidence, in bytes.
const MaxPDF = 25 << 20

// Kinds of the jobs that make a document last. Their key is the document.
const (
	Raise = "raise" // to the level wanted, after it was signed
	Renew = "renew" // before its newest archive timestamp ages
)

// Patience is how long a document waits before the office gets a task: long enough for a
// weekend without a service.
const Patience = 3 * 24 * time.Hour

// OthersPatience is how long evidence for others in a file is asked for. A renewal asks again.
const OthersPatience = 30 * 24 * time.Hour

// Cause is why a document waits, or was given up. Each has a text of the catalogue,
// office.rescue.cause.<cause>, and one on what to do, office.rescue.do.<cause>.
type Cause string

// The causes.
const (
	Timestamp Cause = "timestamp" // no timestamp service answers, or none as it should
	Status    Cause = "status"    // no proof of a certificate's status is to be had
	Path      Cause = "path"      // a certificate leads to no anchor of ours
	Revoked   Cause = "revoked"   // a certificate was withdrawn
	Unfit     Cause = "unfit"     // the file cannot take more
	Late      Cause = "late"      // the newest archive timestamp has run out
	Short     Cause = "short"     // a new archive timestamp would hold no longer
	Others    Cause = "others"    // the member's own is complete, somebody else's in the file is not
	Other     Cause = "other"
)

// Causes lists them.
func Causes() []Cause {
	return []Cause{Timestamp, Status, Path, Revoked, Unfit, Late, Short, Others, Other}
}

// ErrLate means that the newest archive timestamp ran out before it was renewed: nothing
// shows any more that what it covers was there in time.
var ErrLate = errors.New("the newest archive timestamp has run out")

// ErrNoGain means that the timestamp to be had holds no longer than the one that is there.
var ErrNoGain = errors.New("a new archive timestamp holds no longer than the one that is there")

// ErrPath means that a path of certificates ends at no anchor.
var ErrPath = errors.New("no path to an anchor")

// Of tells the cause that an error stands for.
func Of(err error) Cause {
	var revoked revocation.RevokedError
	switch {
	case errors.As(err, new(*signing.IncompleteError)): // whatever its causes are
		return Others
	case errors.Is(err, ErrLate):
		return Late
	case errors.As(err, &revoked):
		return Revoked
	case errors.Is(err, ErrNoGain):
		return Short
	case errors.Is(err, ErrPath):
		return Path
	case errors.Is(err, signing.ErrNoTimestamp):
		return Timestamp
	case errors.Is(err, signing.ErrNoEvidence), errors.Is(err, revocation.ErrUnavailable), errors.Is(err, revocation.ErrUnknown),
		errors.Is(err, revocation.ErrInvalid):
		return Status
	case errors.Is(err, certs.ErrNotTrusted): // an anchor is missing that may be put back
		return Path
	case errors.Is(err, signing.ErrUnsuitable), errors.Is(err, signing.ErrNotPDF), errors.Is(err, signing.ErrTooLarge):
		return Unfit
	}
	return Other
}

// Hopeless reports whether no later attempt can do better: the file cannot take more, or
// a certificate that was good when it counted has been withdrawn since.
func Hopeless(err error) bool {
	var others *signing.IncompleteError
	if errors.As(err, &others) {
		return !others.Temporary()
	}
	switch Of(err) {
	case Late, Revoked, Unfit:
		return true
	}
	return false
}

// Spent reports whether a job that is put off to next has asked long enough for others.
func Spent(err error, j jobs.Job, next time.Time) bool {
	return Of(err) == Others && !j.Created.IsZero() && next.Sub(j.Created) >= OthersPatience
}

// Words are how a cause is kept with its job: the cause, and the error for who looks after
// the system.
func Words(err error) string { return string(Of(err)) + ": " + err.Error() }

// Split reads what Words wrote. What it did not write is of cause Other.
func Split(words string) (Cause, string) {
	name, detail, found := strings.Cut(words, ": ")
	for _, c := range Causes() {
		if found && name == string(c) {
			return c, detail
		}
	}
	return Other, words
}

// Tell says whether a job that is put off to next has waited so long that the office is
// to be told. The store tells it once.
func Tell(j jobs.Job, next time.Time) bool {
	return !j.Created.IsZero() && next.Sub(j.Created) >= Patience
}

// Item is a document that waits, as administrators see it.
type Item struct {
	Job       string // id
	Kind      string // Raise, Renew
	Mutuality string
	Member    auth.MemberID
	Reference string // of the document; empty if it is gone
	Since     time.Time
	Next      time.Time // zero: it was given up
	Tries     int
	Cause     Cause
	Detail    string    // of the last attempt, at most jobs.MaxCause bytes; empty before the first
	Told      time.Time // when the office got its task; zero: not yet
	Holds     time.Time // until when its archive timestamp proves it; zero: it has none
}

// Figures are for the operator of one mutuality's counter.
type Figures struct {
	Waiting int64     // jobs that were tried and will be again
	Oldest  time.Time // when the one that waits longest was made; zero if none does
	GivenUp int64     // jobs that only the button tries again
	Due     int64     // documents whose renewal is due
	Soonest time.Time // when the first archive timestamp of all runs out; zero: there is none
}

// Counter tells the figures; *store.DB is the one in use. before is how long before their
// archive timestamp runs out documents are due.
type Counter interface {
	RescueFigures(ctx context.Context, mutuality string, now time.Time, before time.Duration) (Figures, error)
}
