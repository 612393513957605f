// Package refunds shows where the money went: refunds and other payments by the day they
// were dealt with, each down to its acts of care, with the sum that leads to one's own
// share; and makes sealed receipts of those that are ticked.
//
// A payment lies in the file of who gets or pays it; an act of care in that of who had it.
// Whoever sees a file sees its payments whole. A dependant of age sees the acts of her own
// in a payment of the holder's, with their sum, and nothing else of it.
package refunds

import (
	"context"
	"errors"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/people"
	"guichet.example/signing/document"
)

var (
	// ErrNotFound means that there is no such payment, person or receipt that this member
	// may see.
	ErrNotFound = errors.New("no such payment to be seen")
	// ErrLong means that a period has more payments than a file for printing can hold.
	ErrLong = errors.New("too many payments for a printed file")
)

// Payment is a movement of money as one member may see it.
type Payment struct {
	Reference string
	Kind      core.PaymentKind
	// Person is in whose file it is, if that file may be read (Open). Otherwise it is in
	// the holder's, and of it one sees one's own acts alone: no payee, account,
	// communication, and not the whole amount.
	Person                  auth.MemberID
	Open                    bool
	Received, Treated, Paid time.Time // dates; zero: not known, not yet
	Payee, Last4            string
	Communication           string
	// Cents is what is shown: all of it, or the part of the persons and days of care that
	// were asked for. Positive is to the payee, negative from the member.
	Cents int64
	Whole int64 // of the payment; Cents where not Open
	// Persons are those asked for who had care in it; empty: it is not of care.
	Persons []auth.MemberID
	Lines   []Line // of Persons, by person, certificate and number; only where asked for
}

// Line is an act of care.
type Line struct {
	Number      int
	Person      auth.MemberID
	Certificate string // empty: none
	Nature      string
	Code        string // of the nomenclature; empty: none
	Provider    string
	From, To    time.Time // dates; To zero: that day alone
	Quantity    int
	Fee         int64  // official
	Supplement  *int64 // nil: not declared
	Refund, Own int64
}

// ThirdParty says that the money went to a professional: nobody's refund was received.
func (p Payment) ThirdParty() bool { return p.Kind == core.ThirdParty }

// ofCare says that the payment is of acts of care, which add up to it.
func (p Payment) ofCare() bool { return p.Kind == core.Refund || p.Kind == core.ThirdParty }

// Query says which payments are asked for. The zero value is all of them.
type Query struct {
	Persons          []auth.MemberID // empty: all who may be seen
	From, To         time.Time       // dates of treatment, both included; zero: open
	CareFrom, CareTo time.Time       // dates of care, likewise
	Kinds            []core.PaymentKind
	Lines            bool // with their acts
}

// Found is the answer to a Query.
type Found struct {
	People   []people.Person // who may be seen, the member first
	Payments []Payment       // newest first
	// Since, if not zero, is where the answer was cut: payments treated on that day or
	// before are left out, for one request reads only so many.
	Since time.Time
	AsOf  time.Time // of the data; zero: none came yet
}

// Receipt is a sealed receipt that was made of refunds.
type Receipt struct {
	ID        string // of its request
	Document  string // in the vault
	Reference string
	Made      time.Time
	Cents     int64
	Payments  []string // references, as ticked
}

// Store reads payments; each look at them is audited. Ids that the member may not see are
// ErrNotFound, as if there were none.
type Store interface {
	Payments(ctx context.Context, login auth.Login, q Query) (Found, error)
	// Payment finds those of these references, all of them, with their acts.
	Payment(ctx context.Context, login auth.Login, references ...string) (Found, error)
	// RefundHolder is the member as a receipt names her.
	RefundHolder(ctx context.Context, login auth.Login) (document.Person, error)
	// Receipts are the member's own, the newest first, at most 100.
	Receipts(ctx context.Context, login auth.Login) ([]Receipt, error)
	// Statements are the last FewStatements, or those issued from that day on where none come
	// on paper.
	Statements(ctx context.Context, login auth.Login, from time.Time) (Statements, error)
}
