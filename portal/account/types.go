// Package account shows a member what the mutuality knows of her: identity,
// contact data and how she signed in.
package account

import (
	"context"
	"errors"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
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
	Until          time.Time // last day as a member; zero: goes on
	UpdatedAt      time.Time // last time the insurance system confirmed these data
}

// Name is the member's name as it stands on letters.
func (m Member) Name() string { return m.GivenNames + " " + m.Surname }

// SignIn is a session that began, alive or over.
type SignIn struct {
	Session   string // public id
	At        time.Time
	Method    auth.Method
	Assurance auth.Assurance
	Device    string    // "Firefox, Linux"; "" if the browser did not say
	Open      bool      // it still lasts
	Current   bool      // it is this one
	Ended     string    // why, in English, for the audit trail alone
	Denied    time.Time // the member said that it was not she; zero: she did not
}

// ErrNoSession means that the session is not one of the member's, or is over.
var ErrNoSession = errors.New("no such session of this member")

// MaxChanges is how often a member changes her contact data in 24 hours: each change is
// mailed, and who is in with a session that is not hers could bury another notice in these.
const MaxChanges = 20

// ErrTooMany means that contact data were changed MaxChanges times in 24 hours.
var ErrTooMany = errors.New("contact data changed too often")

// Store reads a member's own file; each read is audited.
type Store interface {
	Member(ctx context.Context, login auth.Login) (Member, error)
	// SignIns lists the newest sign-ins, at most limit.
	SignIns(ctx context.Context, login auth.Login, limit int) ([]SignIn, error)
	// EndOtherSession ends a session of the member. ErrNoSession.
	EndOtherSession(ctx context.Context, login auth.Login, session string) error
	// DenySignIn is "that was not me". It returns the reference of the task for staff. A
	// change of account that was signed since, and is not in force, is stopped.
	// ErrNoSession for a session that is not hers, is the current one, or was denied.
	DenySignIn(ctx context.Context, login auth.Login, session string) (reference string, err error)
	// Contacts is how the member is reached: what she gave herself before what the insurance
	// system delivered.
	Contacts(ctx context.Context, login auth.Login) (Contacts, error)
	// ChangePhone puts a number on file, at once; empty takes it out. Where she is written
	// to is told. ErrTooMany.
	ChangePhone(ctx context.Context, login auth.Login, k PhoneKind, number string) error
	// ChangeWorkAddress puts the address of work on file, at once; the zero one takes it out.
	// Where she is written to is told. ErrTooMany.
	ChangeWorkAddress(ctx context.Context, login auth.Login, a WorkAddress) error
	// StoppedNotices are the mails that she does not want.
	StoppedNotices(ctx context.Context, login auth.Login) ([]mail.Template, error)
	// SetNotices stops these mails, of those that may be stopped, and no others. What is so
	// already leaves no trace.
	SetNotices(ctx context.Context, login auth.Login, stopped []mail.Template) error
	// Looks lists the looks of others at her file, newest first, those before a place (the
	// zero place: from the newest), at most limit.
	Looks(ctx context.Context, login auth.Login, from LookPlace, limit int) ([]Look, error)
	// LettersOf lists her own letters, newest first, at most limit.
	LettersOf(ctx context.Context, login auth.Login, limit int) ([]letters.Letter, error)
}
