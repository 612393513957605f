// Package indemnities is what a member can see of incapacity for work, her own and that
// of the persons she may see: its periods, the medical adviser's appointments with
// a calendar file, what was paid, and a sealed statement of it in any of the four
// languages. All of it comes from the insurance system.
package indemnities

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/people"
	"guichet.example/signing/document"
)

// ErrNotFound means there is no such appointment, or nobody of this id whose data the
// member may read.
var ErrNotFound = people.ErrNotVisible

// Overview is what the page shows, read in one go. Lists are the newest first.
type Overview struct {
	Persons      []people.Person // herself first
	Periods      []Period
	Appointments []Appointment // to come, and of the last Past days
	Payments     []Payment     // of the last year
	AsOf         time.Time     // of the oldest of the three kinds of data; zero: one never came
}

// Period is a period of incapacity of a person.
type Period struct {
	people.Person
	core.Incapacity // without Member
}

// Appointment is a person's with the medical adviser.
type Appointment struct {
	people.Person
	core.Appointment // without Member
}

var addresses = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// ID is the appointment in an address: 26 letters and digits that tell nothing of whose
// it is, nor of its reference.
func (a Appointment) ID() string {
	sum := sha256.Sum256([]byte("appointment " + string(a.Person.Member) + " " + a.Reference))
	return addresses.EncodeToString(sum[:16])
}

// Payment is an indemnity that was paid to a person.
type Payment struct {
	people.Person
	core.Indemnity // without Member
}

// Paid is what a statement is made of.
type Paid struct {
	Member, Beneficiary document.Person
	AsOf                time.Time            // moment of the data; zero: never imported
	Payments            []document.Indemnity // in order of payment
}

// Store reads what the pages show; each look is audited for each person it tells of.
type Store interface {
	Indemnities(ctx context.Context, login auth.Login) (Overview, error)
	// Appointment finds one, by its ID, among those of Indemnities. ErrNotFound.
	Appointment(ctx context.Context, login auth.Login, id string) (Appointment, error)
	// Paid is what a person was paid from one date to another, both included; at most
	// document.MaxIndemnities and one more. ErrNotFound.
	Paid(ctx context.Context, login auth.Login, person auth.MemberID, from, to time.Time) (Paid, error)
	// Persons are those whose statements can be asked for.
	Visible(ctx context.Context, login auth.Login) ([]people.Person, error)
}

// Issuer has the mutuality seal a statement and put it into the member's vault; it
// returns the document's id. The same key gives the same document.
type Issuer interface {
	Issue(ctx context.Context, login auth.Login, act document.Act, key string) (string, error)
}
