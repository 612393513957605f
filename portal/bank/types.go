// Package bank shows a member's bank accounts and takes a change of the account on
// which the mutuality pays her: form, check of the answers, then the request goes to
// be read and signed (package requests).
package bank

import (
	"context"
	"errors"
	"time"

	"guichet.example/auth"
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
}

// Store reads accounts; a reveal of the full number is audited. It also keeps what is
// typed from page to page.
type Store interface {
	page.Drafts
	Person(ctx context.Context, login auth.Login) (Person, error)
	Accounts(ctx context.Context, login auth.Login) ([]Account, error)
	// Asked returns the newest bank change in state to-sign, pending or signed, nil if
	// there is none.
	Asked(ctx context.Context, login auth.Login) (*Asked, error)
	// Reveal returns the account in full and writes the audit line of the look.
	Reveal(ctx context.Context, login auth.Login, p Purpose) (Account, error)
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
