// Package account shows a member what the mutuality knows of her: identity,
// contact data and how she signed in.
package account

import (
	"context"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
)

// Member is a member's file as the insurance system delivered it.
type Member struct {
	Mutuality      string
	ID             auth.MemberID
	Affiliation    string // the number on the member card
	NationalNumber nrn.Number
	GivenNames     string
	Surname        string
	Birth          time.Time // date; zero if not known
	Street         string    // with number and box
	Postcode       string
	Municipality   string
	Country        string // ISO 3166-1 alpha-2
	Email          string
	Phone          string // international form, "+3243221100"
	Language       string // "fr", "nl", "de" or "en"
	Since          time.Time
	UpdatedAt      time.Time // last time the insurance system confirmed these data
}

// Name is the member's name as it stands on letters.
func (m Member) Name() string { return m.GivenNames + " " + m.Surname }

// Store reads a member's own file; each read is audited.
type Store interface {
	Member(ctx context.Context, login auth.Login) (Member, error)
}
