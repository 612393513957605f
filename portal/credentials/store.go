package credentials

import (
	"context"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/mail"
)

// Tried is what Store.Try found: the account that the handle names, and whether the
// typed text is a living code of hers.
type Tried struct {
	Mutuality string
	Account   Account  // zero Member: nobody, or more than one
	Hash      string   // PHC; empty: none that opens anything
	Code      string   // id of the letter's or counter's code that was typed; empty: none
	Buckets   [][]byte // in which the try was counted
}

// Store keeps accounts, codes and counts. Each method is one transaction with its audit
// row.
type Store interface {
	// Try counts a try and finds the account. *WaitError, ErrClosed.
	Try(ctx context.Context, t Try) (Tried, error)
	// Pass takes the count of failures back, remembers browser and network as known to the
	// member and stores the ticket that follows, if one does. ErrRefused if another password
	// was set since the try.
	Pass(ctx context.Context, p Passed) error
	// Release takes one try back that was never judged: the gate was busy.
	Release(ctx context.Context, tried Tried) error
	// Rehash replaces the hash with one of the same password, if it is still the old one.
	Rehash(ctx context.Context, mutuality string, member auth.MemberID, old, hash string) error

	// Account returns a member's account; its State is None if there is none.
	Account(ctx context.Context, mutuality string, member auth.MemberID) (Account, error)
	// Known are the words that anybody may know of the member: no password holds them.
	Known(ctx context.Context, mutuality string, member auth.MemberID) ([]string, error)
	// PasswordHash returns the member's hash; "" if she has none.
	PasswordHash(ctx context.Context, mutuality string, member auth.MemberID) (string, error)
	// PutCode stores a code and ends those of the same purpose that she had.
	PutCode(ctx context.Context, c Code, secret string, actor string) error
	// FindCode finds a living code by its secret without using it. ErrCode, ErrCodeExpired.
	FindCode(ctx context.Context, mutuality string, purpose Purpose, secret string, now time.Time) (Code, error)
	// UseCode ends a code, whatever it was for. ErrCode, ErrCodeExpired.
	UseCode(ctx context.Context, mutuality string, purpose Purpose, secret string, now time.Time) (Code, error)
	// SetPassword stores a hash, makes the account active if Activate says so, ends the
	// code and every session but Keep, forgets failures, and tells the member by mail.
	// auth.ErrSignInRequired if Login's session has ended: its proof is worth nothing more.
	SetPassword(ctx context.Context, s NewPassword) error
	// PutAccount stores an enrolment. ErrTaken.
	PutAccount(ctx context.Context, e Enrolment) error
	// MembersByHandle lists the members that a handle names.
	MembersByHandle(ctx context.Context, mutuality string, h Handle) ([]auth.MemberID, error)
	// PutMailedCode is PutCode with the mail that carries the code, for who is signed in:
	// auth.ErrSignInRequired once her session has ended.
	PutMailedCode(ctx context.Context, login auth.Login, c Code, secret string, m mail.Message) error
	// SwapEmail uses the code of a mailed link and puts the address in place. ErrCode,
	// ErrCodeExpired.
	SwapEmail(ctx context.Context, s Swap) error
	// Question returns which secret question the member chose, 1 to 4, and the hash of her
	// answer; 0 and "" if none.
	Question(ctx context.Context, mutuality string, member auth.MemberID) (question int, hash string, err error)
	// PassQuestion takes the try back and stores the code of a right answer. The member is
	// told by every address that is known: by mail and by post.
	PassQuestion(ctx context.Context, q ByQuestion) error
	// Reactivation returns what she asked last; zero if nothing.
	Reactivation(ctx context.Context, mutuality string, member auth.MemberID) (Reactivation, error)
	// AskReactivation uses the ticket and makes the task for staff.
	AskReactivation(ctx context.Context, mutuality, ticket, said string, now time.Time) (reference string, err error)
}

// Try is what Store.Try needs.
type Try struct {
	Mutuality string
	Handle    Handle
	Typed     string // as a code might be typed; compared with the codes of letters
	Browser   [32]byte
	Source    string
	Limits    Limits
	Nobody    bool // look nobody up: counted all the same
	At        time.Time
}

// Passed is a right sign-in.
type Passed struct {
	Mutuality string
	Member    auth.MemberID
	Handle    Handle
	Tried     Tried
	Browser   [32]byte // now known to the member; zero: none
	Source    string
	Ticket    Code   // what the sign-in asks for first; of no member: nothing
	Secret    string // of the ticket
	At        time.Time
}

// NewPassword is what Store.SetPassword does in one transaction.
type NewPassword struct {
	Mutuality string
	Member    auth.MemberID
	Hash      string
	Code      string // id of the code that allowed it; empty: a session did
	Letter    string // id of the letter's code that was typed before; ends too
	Activate  bool   // from pending, or from no account at all
	Keep      string // public id of the session that lives on; empty: none
	Login     *auth.Login
	At        time.Time
}
