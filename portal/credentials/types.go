// Package credentials is the classic way in: who has an account, what she types to say
// who she is, her password, the codes that letters, links and counters hand out, and
// how tries are counted. The door (portal/signin), the account's pages, enrolment,
// recovery and the back office share it.
//
// # Signing in
//
//	form ─▶ Handle (check digits before anything is looked up)
//	     ─▶ place in the password gate, or ErrBusy
//	     ─▶ Store.Try: counts the try, refuses it while it must wait, looks up the account
//	     ─▶ Argon2id: her hash, or one that matches nothing, at equal cost
//	     ─▶ right:  Store.Pass takes the count back, remembers the browser
//	        wrong:  one error for an unknown number, a wrong password, a pending account
//
// A try counts before it is judged, so a storm of guesses at once counts as many.
//
// # Who waits
//
// Failures are counted by what was typed, whether or not it exists, in three buckets:
// one for browsers from which this account was signed in to before, one for others in
// networks from which it was, one for everywhere else. A stranger fills the last, who
// shares the member's network the second, and neither the first. Each bucket waits
// longer with each failure (Delay) and is closed at its limit until the password is set
// anew; all limits together stay within the hundred of SP 800-63B-4, 3.2.2. The right
// code of a letter is no guess and opens past them all. Another count is that of the
// network the tries come from, whatever they name. The card is
// never asked to wait.
package credentials

import (
	"errors"
	"time"

	"guichet.example/auth"
)

// State of an account.
type State string

// The states. A member who never enrolled has none.
const (
	None     State = ""
	Pending  State = "pending"  // enrolled, not activated: sign-in answers as for an unknown user
	Active   State = "active"   //
	Disabled State = "disabled" // by staff; told after a right sign-in only
)

// Account is a member's classic access. The password's hash is not in it.
type Account struct {
	Mutuality      string
	Member         auth.MemberID
	State          State
	UserNumber     string // given by the mutuality to who has no national number; "" for others
	AccessCode     string // printed on her card; "" where there is none
	Email          string // to sign in with and to be written to; "" until given
	EmailCertified time.Time
	HasPassword    bool
	PasswordSet    time.Time
	MustChange     bool      // at the next sign-in
	Reason         string    // why disabled, for staff
	Created        time.Time // zero: no account
	Name           string
	Language       string
}

// Certified says whether her e-mail address was shown to be hers.
func (a Account) Certified() bool { return a.Email != "" && !a.EmailCertified.IsZero() }

// Reactivation is a request to switch an account on again.
type Reactivation struct {
	Reference string // empty: none was made
	Asked     time.Time
	Answered  time.Time // zero: staff look at it
	Words     string    // of the answer, for her
}

// Purpose of a code.
type Purpose string

// The purposes. Those of letters and counters are typed, the others stand in a link.
const (
	ActivateLetter Purpose = "activate-letter" // Typed as the first password
	ResetLetter    Purpose = "reset-letter"    // The same
	Counter        Purpose = "counter"         // The same, handed over by staff
	ActivateLink   Purpose = "activate-link"
	ResetLink      Purpose = "reset-link"
	ConfirmEmail   Purpose = "confirm-email" // Payload is the address
	UndoEmail      Purpose = "undo-email"    // Payload is the address before
	Reactivate     Purpose = "reactivate"    // Between a right sign-in and the request to switch the account on again
	StopChange     Purpose = "stop-change"   // Payload is the request; its member is told nothing by it
	Renew          Purpose = "renew"         // between a right sign-in and the new password it asks for
)

// Typed says whether a person types the code, so that its tries are few.
func (p Purpose) Typed() bool { return p == ActivateLetter || p == ResetLetter || p == Counter }

// Grant asks for a code.
type Grant struct {
	Mutuality string
	Member    auth.MemberID
	Purpose   Purpose
	Life      time.Duration
	Payload   string // what it is about, sealed; at most 1 KiB
	// Actor is who asked: a staff id, "" for the member herself or the system.
	Actor string
}

// Code is a code as it is kept: without its secret.
type Code struct {
	ID        string
	Mutuality string
	Member    auth.MemberID
	Purpose   Purpose
	Created   time.Time
	Expires   time.Time
	Tries     int       // wrong ones so far, of those that are typed
	Ended     time.Time // zero: alive as long as it has not expired
	Outcome   string    // used, replaced, dead; empty while alive
	Payload   string
}

var (
	// ErrRefused is the one answer to an unknown number, a wrong password, an account
	// that is not active yet, a shared e-mail address.
	ErrRefused = errors.New("number or password refused")
	// ErrDisabled means that the sign-in was right and the account is switched off.
	ErrDisabled = errors.New("account is disabled")
	// ErrClosed means too many failures in a row: the password opens nothing until it is
	// set anew. The same is told of a number that nobody has.
	ErrClosed = errors.New("too many wrong passwords in a row")
	// ErrCode is the one answer to a code that is unknown, used, replaced or tried too often.
	ErrCode = errors.New("code refused")
	// ErrCodeExpired means that the code of a link was right and came too late.
	ErrCodeExpired = errors.New("code expired")
	// ErrNoAccount means that the member has no account.
	ErrNoAccount = errors.New("no account")
	// ErrTaken means that another member has this user number or access code.
	ErrTaken = errors.New("identifier belongs to another member")
	// ErrSame means that the new password is the current one.
	ErrSame = errors.New("password is the current one")
)

// WaitError means that a try came too soon after failures; nothing was tried.
type WaitError struct{ Wait time.Duration }

func (e *WaitError) Error() string { return "too many failures: wait " + e.Wait.String() }

// RenewError means that the sign-in was right and a new password must be chosen before
// it counts. Ticket is the code, purpose Renew, that says so to the next page.
type RenewError struct{ Ticket string }

func (e *RenewError) Error() string { return "a new password must be chosen first" }

// DisabledError is ErrDisabled with the code, purpose Reactivate, with which its
// reactivation may be asked for.
type DisabledError struct{ Ticket string }

func (e *DisabledError) Error() string { return ErrDisabled.Error() }

// Unwrap returns ErrDisabled.
func (e *DisabledError) Unwrap() error { return ErrDisabled }
