// Package bank shows a member's bank accounts and takes a change of the account on
// which the mutuality pays her: form, check of the answers, then the request goes to
// be read and signed (package requests).
package bank

import (
	"context"
	"errors"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/jobs"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// ErrNoAccount means the member has no account of that purpose.
var ErrNoAccount = errors.New("no such bank account")

// Purpose says what an account is for.
type Purpose string

// Benefits is the account on which reimbursements and indemnities are paid.
const Benefits Purpose = "benefits"

// Account is a bank account of a member. Version grows with every change; a request
// made against an older version cannot be completed.
type Account struct {
	Purpose Purpose
	IBAN    IBAN // full; pages show Masked unless the member asked
	BIC     string
	Bank    string
	Holder  string
	Since   time.Time // date
	Version int
}

// Person is what a bank change says about the member who asks.
type Person struct {
	Name        string
	Birth       time.Time
	Affiliation string
}

// Asked is a change the member asked for that is not in force yet.
type Asked struct {
	Request   string // id
	Reference string
	At        time.Time // signed, or made if not signed
	Signed    bool      // false: it still waits for her signature
	Accepted  bool      // by two officers: it waits for its day
	// InForce is from when it can be in force at the soonest; zero while it is not signed.
	InForce time.Time
}

// Store reads accounts; a reveal of the full number is audited. It also keeps what is
// typed from page to page.
type Store interface {
	page.Drafts
	Person(ctx context.Context, login auth.Login) (Person, error)
	Accounts(ctx context.Context, login auth.Login) ([]Account, error)
	// Asked returns the newest bank change that is signed, not in force and did not end; else
	// the newest that waits for her signature; nil if there is none.
	Asked(ctx context.Context, login auth.Login) (*Asked, error)
	// Reveal returns the account in full and writes the audit line of the look.
	Reveal(ctx context.Context, login auth.Login, p Purpose) (Account, error)
	// StopLink tells whether the link of a mail stops a change still. ErrLink.
	StopLink(ctx context.Context, mutuality, secret string) error
	// StopByLink refuses the change that the link is of, and calls the office. The link is
	// used then. ErrLink; ErrInForce where it is too late, and the office is called.
	StopByLink(ctx context.Context, mutuality, secret string) error
	// StopChange does the same for a member, of a change of hers. ErrInForce.
	StopChange(ctx context.Context, login auth.Login, request string) error
}

// JobKind is the kind of the job that puts a change in force on its day. Its key is the
// request.
const JobKind = "bank-change"

// Applier puts changes in force; *store.DB is the one in use.
type Applier interface {
	// ApplyChange does a leased job of JobKind: account, request, notices and the line for
	// the insurance system are one commit.
	ApplyChange(ctx context.Context, j jobs.Job) error
}

// Plan is how jobs of JobKind are done.
func Plan(a Applier) jobs.Plan {
	return jobs.Plan{Do: a.ApplyChange, First: time.Minute, Last: time.Hour, Timeout: time.Minute}
}

// Freezer takes the checked answers to the signing step and returns the request's id.
// The same key gives the same request.
type Freezer interface {
	Freeze(ctx context.Context, login auth.Login, act document.Act, key string) (string, error)
	// Method is how someone with this login will consent to the act: "signature" or
	// "approval".
	Method(login auth.Login, act document.Act) string
}

// IBAN is an account number without spaces, checked by ParseIBAN (ISO 13616).
type IBAN string
