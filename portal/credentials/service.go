package credentials

import (
	"context"
	"io"
	"log/slog"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/password"
	"guichet.example/portal/profile"
)

// Service is the classic way in of one mutuality. All fields but Log are required. Safe
// for concurrent use.
type Service struct {
	Store     Store
	Gate      *password.Gate
	Profile   profile.Profile
	Mutuality string
	Name      string // of the mutuality: no password holds it
	Now       func() time.Time
	Rand      io.Reader
	Log       *slog.Logger
}

// Attempt is a sign-in as it was typed.
type Attempt struct {
	Number     string // of the mutuality; empty where the profile does not ask
	Identifier string
	Password   string
	Browser    [32]byte // hash of the cookie that marks browsers known to members; zero: none
	Source     string   // network it comes from
}

// Tried is what Store.Try found: the account that the handle names, and whether the
// typed text is a living code of hers.
type Tried struct {
	Account Account // zero Member: nobody, or more than one
	Hash    string  // PHC; empty: none
	Code    string  // id of the letter's or counter's code that was typed; empty: none
	Bucket  string  // to take the try back from
}

// Store keeps accounts, codes and counts. Each method is one transaction with its audit
// row.
type Store interface {
	// Try counts a try and finds the account. *WaitError, ErrClosed.
	Try(ctx context.Context, t Try) (Tried, error)
	// Pass takes the count of failures back and remembers browser and network as known
	// to the member.
	Pass(ctx context.Context, p Passed) error
	// Release takes one try back that was never judged: the gate was busy.
	Release(ctx context.Context, t Try, tried Tried) error
	// Rehash replaces the hash with one of the same password, if it is still the old one.
	Rehash(ctx context.Context, mutuality string, member auth.MemberID, old, hash string) error

	// Account returns a member's account; its State is None if there is none.
	Account(ctx context.Context, mutuality string, member auth.MemberID) (Account, error)
	// PasswordHash returns the member's hash; "" if she has none.
	PasswordHash(ctx context.Context, mutuality string, member auth.MemberID) (string, error)
	// PutCode stores a code and ends those of the same purpose that she had.
	PutCode(ctx context.Context, c Code, secret string, actor string) error
	// FindCode finds a living code by its secret without using it. ErrCode, ErrCodeExpired.
	FindCode(ctx context.Context, mutuality string, purpose Purpose, secret string) (Code, error)
	// UseCode ends a code, whatever it was for. ErrCode, ErrCodeExpired.
	UseCode(ctx context.Context, mutuality string, purpose Purpose, secret string) (Code, error)
	// SetPassword stores a hash, makes the account active if Activate says so, ends the
	// code and every session but Keep, forgets failures, and tells the member by mail.
	SetPassword(ctx context.Context, s NewPassword) error
	// SetState switches an account off or on again.
	SetState(ctx context.Context, c StateChange) error
}

// Try is what Store.Try needs.
type Try struct {
	Mutuality string
	Handle    Handle
	Typed     string // as a code might be typed; compared with the codes of letters
	Browser   [32]byte
	Source    string
	At        time.Time
}

// Passed is a right sign-in.
type Passed struct {
	Mutuality string
	Member    auth.MemberID
	Bucket    string
	Browser   [32]byte // now known to the member; zero: none
	Source    string
}

// NewPassword is what Store.SetPassword does in one transaction.
type NewPassword struct {
	Mutuality string
	Member    auth.MemberID
	Hash      string
	Code      string // id of the code that allowed it; empty: a session did
	Activate  bool   // from pending, or from no account at all
	Keep      string // public id of the session that lives on; empty: none
	Login     *auth.Login
	At        time.Time
}

// StateChange switches an account off or on again.
type StateChange struct {
	Mutuality string
	Member    auth.MemberID
	To        State
	Reason    string // told to staff
	Actor     string // staff id, or the member's
	At        time.Time
}
