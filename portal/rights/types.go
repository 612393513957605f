// Package rights is what a member and hers have a right to, besides single refunds: the
// global medical file and the better refunds it gives, maximum billing,
// youth savings, and what the medical adviser agreed to.
// All of it comes from the insurance system; the pages only read.
//
// Every page shows the persons whose data the member may read today and no others; where
// a sum is of more persons than those, the rest is told without a name.
package rights

import (
	"context"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/people"
)

// ErrNotFound means there is nobody of this id whose data the member may read.
var ErrNotFound = people.ErrNotVisible

// Store reads what the pages show; each look is audited for each person it tells of.
type Store interface {
	MedicalFiles(ctx context.Context, login auth.Login) (MedicalFiles, error)
	Maf(ctx context.Context, login auth.Login) (Maf, error)
	Savings(ctx context.Context, login auth.Login) (Savings, error)
	// Agreements are those of one person, or of all (empty). ErrNotFound.
	Agreements(ctx context.Context, login auth.Login, person auth.MemberID) (Agreements, error)
}

// MedicalFiles are the global medical files of the persons, and what they change.
type MedicalFiles struct {
	Persons []PersonFile
	Tariffs []core.Tariff // in force today, of both statuses; by code
	AsOf    time.Time     // of the files; zero: never imported
}

// PersonFile is the newest medical file of a person.
type PersonFile struct {
	people.Person
	Increased bool              // her status: increased refunds
	File      *core.MedicalFile // nil: none; Member is not filled
}

// Maf is the maximum billing of the last years, newest first.
type Maf struct {
	Years []MafYear
	// Own says that the member is not the holder: she is told of her own share, and not
	// of the household's income, ceiling or counter.
	Own  bool
	AsOf time.Time // zero: never imported
}

// MafYear is one year of a household.
type MafYear struct {
	core.Maf // without holder; only Year where Own
	Shares   []MafShare
}

// MafShare is a person's part. The last one of a year may be nameless: the part of those
// whom the member may not see, so that the parts add up to the counter.
type MafShare struct {
	people.Person // zero: the others
	core.MafShare // amounts and date only
}

// Savings are the youth savings of the persons.
type Savings struct {
	Persons []PersonSaving // who is eligible today, and nobody else
	AsOf    time.Time
}

// PersonSaving is a person's newest year of youth savings.
type PersonSaving struct {
	people.Person
	core.Saving
}

// Agreements of the persons, newest first.
type Agreements struct {
	Persons []people.Person // whose can be asked for
	List    []PersonAgreement
	AsOf    time.Time
}

// PersonAgreement is one agreement.
type PersonAgreement struct {
	people.Person
	core.Agreement
}
