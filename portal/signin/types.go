// Package signin is the door of the counter: the page of ways in, the sign-in with
// the eID card (card.go) and with number and password (password.go), and signing out.
// The doors of federal providers come from package federal (Others).
//
// The card's page asks for a challenge, the card signs it (Web eID), webeid verifies the
// token, the national number in the certificate finds the member, and the session
// begins: a new id, assurance high. A refusal tells the member one sentence and the
// log its cause.
//
// A password is judged by package credentials. A right one may still lead to another page
// first: a new password (renew.go), or that staff closed the account (disabled.go). Until
// then nobody is signed in; a ticket in a cookie carries what was proved to that page.
package signin

import (
	"context"
	"errors"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/auth/webeid"
)

var (
	// ErrUnknownMember means the card is good and its holder is not insured here.
	ErrUnknownMember = errors.New("no member with this national number")
	// ErrNoSession means the session does not exist, ended or was idle too long.
	ErrNoSession = errors.New("no such session")
	// ErrClosed means that the account was closed between the proof and the session.
	ErrClosed = errors.New("account was closed meanwhile")
)

// Member is what the door needs of a member.
type Member struct {
	ID       auth.MemberID
	Name     string // given name and surname, as the mutuality writes them
	Language string // "fr", "nl", "de" or "en"
}

// Session is a login under way. Only the SHA-256 of its token is stored.
type Session struct {
	Login    auth.Login
	Created  time.Time
	LastSeen time.Time
	Idle     time.Duration // ends after this long without a request
	Ends     time.Time     // ends then whatever happens
	Silence  time.Duration // at a kiosk: ends after this long without a sign of life of it
	Device   string        // family of browser and system, for the member to know it by
	Source   string        // network it began from; kept as an index only
	// Bound is what binds journeys to federal providers to the same browser: an answer
	// that comes later ends this session. Zero: the browser began none.
	Bound [32]byte
}

// Refusal is a sign-in that was turned away, for the audit trail.
type Refusal struct {
	Mutuality string
	Method    auth.Method
	Member    auth.MemberID // empty when not known
	Cause     string        // a sentinel's text; no personal data
	Source    string        // network it came from; kept as an index only
	RequestID string
}

// Store keeps challenges and sessions. Every change is audited in its transaction.
type Store interface {
	webeid.ChallengeStore
	// MemberByNationalNumber returns ErrUnknownMember if there is none.
	MemberByNationalNumber(ctx context.Context, mutuality string, n nrn.Number) (Member, error)
	// StartSession stores a session under the hash of its token and ends the one
	// stored under old, if any. ErrClosed if the account was disabled since the member
	// proved who she is, or the password denied by which she did.
	StartSession(ctx context.Context, hash, old [32]byte, s Session) error
	// Session returns the session if it is alive at now and marks it seen (at most
	// once every 30 seconds is written). ErrNoSession otherwise.
	Session(ctx context.Context, hash [32]byte, now time.Time) (Session, error)
	// EndSession ends it; ending twice is no error.
	EndSession(ctx context.Context, hash [32]byte, why string) error
	// RecordRefusal writes the audit line of a refused sign-in. Of a source that is
	// refused without end it writes a few, and then how many there were.
	RecordRefusal(ctx context.Context, r Refusal) error
}
