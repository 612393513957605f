// Package requests carries what a member asks for from the frozen answers to the
// signed document: read, sign with the card, done; and the list of her requests.
//
//	            Prepare            Complete           advisor
//	to-sign ───────────▶ to-sign ───────────▶ signed ─────────▶ accepted | rejected
//	   │                    (a Preparation       │ └─ pending: no revocation answer yet
//	   ├─▶ declined          lives 10 minutes)   └─▶ withdrawn
//	   └─▶ expired
//
// Signed is the state of what a card signed, and also of what was approved with a
// federal login, or received, and then sealed by the mutuality (sealing.go): Method says
// which, and no page calls a seal a signature.
//
// A request and the PDF drawn from it do not change once frozen. Prepare stores the
// bytes to be signed; Complete takes the card's signature value, and in one
// transaction writes document, request and audit line. Completing twice gives the
// same answer. Timestamp and revocation data follow (raise.go) without the card.
package requests

import (
	"context"
	"errors"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/jobs"
	"guichet.example/portal/rescue"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

var (
	// ErrNotFound means there is no such request of this member.
	ErrNotFound = errors.New("no such request")
	// ErrTooMany means the member made as many requests as she may in a day.
	ErrTooMany = errors.New("too many requests in a day")
	// ErrChanged means the request, or the account it changes, is no longer as it was
	// when the answers were frozen: start again.
	ErrChanged = errors.New("request or account changed meanwhile")
	// ErrNoAccess means that somebody in an order may not be ordered for any more: she
	// blocked, or left the booklet, since the answers were frozen.
	ErrNoAccess = errors.New("somebody in the order may not be seen any more")
	// ErrFormer means that the membership has ended: nothing is ordered or changed any more.
	ErrFormer = errors.New("membership has ended")
	// ErrNotOpen means the request is not waiting for a signature any more.
	ErrNotOpen = errors.New("request is not open for signing")
	// ErrPreparationExpired means the ten minutes between prepare and signature passed.
	ErrPreparationExpired = errors.New("preparation expired")
	// ErrAnotherValue means the preparation was completed with another signature value.
	ErrAnotherValue = errors.New("preparation was completed with another value")
	// ErrOrdered means that this was ordered already, as often as may be.
	ErrOrdered = errors.New("ordered already")
	// ErrReferenceTaken means another request of the mutuality has this reference;
	// Freeze draws another one.
	ErrReferenceTaken = errors.New("reference is taken")
)

// State of a request.
type State string

// The states; see the drawing above.
const (
	ToSign    State = "to-sign"
	Pending   State = "pending"   // signed; the card's status is still being asked
	Signed    State = "signed"    // asked, not in force until accepted
	Accepted  State = "accepted"  // a change of account is not in force yet
	Done      State = "done"      // a change of account that is in force
	Rejected  State = "rejected"  // by the mutuality, or because the card was revoked or ran out before anybody told
	Declined  State = "declined"  // the member refused to sign
	Withdrawn State = "withdrawn" // by the member, after signing
	Expired   State = "expired"   // never signed
)

// News is what the mutuality did with a request, which its member has not read of yet.
type News string

// What may be news; an officer's acts, and what the day or a stop did with a change of
// account.
const (
	NewsAccepted News = "accepted"
	NewsRejected News = "rejected"
	NewsAsked    News = "asked"
	NewsDone     News = "done"
	NewsPosted   News = "posted"
	NewsReturned News = "returned" // what was posted came back
)

// PreparationLife is how long the card has to sign a preparation.
const PreparationLife = 10 * time.Minute

// Request is what a member asks for.
type Request struct {
	ID        string // opaque, 26 letters and digits, begins with the time of creation
	Reference string // to be read aloud: GC-2026-4K7P-118
	State     State
	Created   time.Time
	Act       document.Act
	Sheet     document.Sheet // the words of PDF, which the page shows; empty in lists
	PDF       []byte         // as drawn; empty in lists
	SHA256    [32]byte       // of PDF
	Mark      document.Mark
	Pages     int
	Revision  int    // grows with every change of state
	Document  string // id in the vault once signed
	SignedAt  time.Time
	Method    Method    // how the member consented; empty while she has not
	Asked     time.Time // since when the office waits for the member; zero: it does not
	New       bool      // it has News that the member has not read
	Reason    string    // why declined or rejected, as the member or advisor typed it
	// People are whom an order is for; only when it is frozen. From then to the signature
	// the member must see each of them.
	People    []auth.MemberID
	Shipments []Shipment // how far an order got, oldest first; empty in lists
	// Certificate says of an order of European cards that a certificate in place of one can be
	// made at once; never in lists.
	Certificate bool
	// Damaged says that what was frozen does not open any more: only in lists, with id,
	// reference, state and time. The log has the cause.
	Damaged bool
}

// Preparation is a request made ready for the card to sign.
type Preparation struct {
	ID       string // 128 random bits, base32
	Request  string
	Revision int // of the request when prepared
	Expires  time.Time
	Prepared *signing.Prepared
	// Set once completed.
	Done        bool
	ValueSHA256 [32]byte // of the signature value that completed it
	Document    string
}

// Completion is what Complete writes in one transaction.
type Completion struct {
	Preparation string
	ValueSHA256 [32]byte
	PDF         []byte // signed, B-B
	State       State  // Signed, or Pending when no revocation answer came
	At          time.Time
	Document    string // id the document gets
	// Signer is the DER of the signer's certificate and of the issuers that travel in
	// the signature. Raise gives it back.
	Signer [][]byte
	Method Method // empty: ByCard
}

// RaiseKind is the kind of the job of a document whose level is to be raised. Its key
// is the document.
const RaiseKind = rescue.Raise

// Raise is a signed document whose level is below what is wanted.
type Raise struct {
	Job       jobs.Job // leased
	Mutuality string
	Member    auth.MemberID
	Document  string
	Request   string
	Version   int
	PDF       []byte
	Signer    [][]byte // of the Completion
	Pending   bool     // revocation status of the signer's certificate still unknown
	Attempts  int      // before this one
}

// Raised is the outcome of an attempt to raise a document.
type Raised struct {
	Raise
	PDF     []byte        // new version, nil if nothing was reached
	Level   signing.Level // level reached
	State   State         // "" to leave the request as it is
	NextTry time.Time     // zero: nothing left to do
	Cause   string        // why it stopped, as rescue.Words writes it
	// GivenUp says that only an order by hand tries again: the office gets a task, and the
	// job is a dead letter. Tell: the office gets a task, if it has none yet.
	GivenUp, Tell bool
	// Reached says that the member's own signature is at the level wanted although the job
	// goes on, or was given up, for others in the file: it is in line to be renewed.
	Reached bool
	// Holds is when the archive timestamp of the new version runs out, Stamped when the
	// attempt was; zero: it has none, or nobody looked.
	Holds, Stamped time.Time
}

// SignStore is what the card step needs of the store.
type SignStore interface {
	// PutRequest stores a frozen request in state ToSign and its audit line. If the
	// member already made a request under key, it returns that one's id instead.
	// ErrReferenceTaken, ErrNoAccess.
	PutRequest(ctx context.Context, login auth.Login, r Request, key string) (id string, err error)
	// Request finds one. ErrNotFound. In the store of an opening the empty id means the
	// paper that lies in it.
	Request(ctx context.Context, login auth.Login, id string) (Request, error)
	// RequestForCard is Request for a step with the card, which shows nothing of it and
	// leaves a row of its own however it ends: Prepare, Complete or RefuseSignature. Only
	// a look that fails has a row here.
	RequestForCard(ctx context.Context, login auth.Login, id string) (Request, error)
	// Prepare stores a preparation if the request is still in state ToSign at that revision.
	Prepare(ctx context.Context, login auth.Login, p Preparation) error
	Preparation(ctx context.Context, login auth.Login, id string) (Preparation, error)
	// Complete writes document, request and audit line, once: a second call with the
	// same value returns the first one's request. ErrChanged if the request's revision
	// or, for a bank change, the account's version moved; ErrNoAccess; ErrAnotherValue.
	Complete(ctx context.Context, login auth.Login, c Completion) (Request, error)
	// RefuseSignature writes the audit line of a signature that was refused before the
	// store was asked for anything. State is that of the Problem.
	RefuseSignature(ctx context.Context, login auth.Login, request, state string) error

	// DueDocument leases the job of one document, due or not, right after its
	// completion; the lease ends after a minute. ErrNotFound if nothing is left to do,
	// or somebody else has it.
	DueDocument(ctx context.Context, login auth.Login, document string) (Raise, error)
}

// Store keeps requests, preparations and what they become. Papers that an officer signs
// are requests too, but of the office: a member's login does not find them.
type Store interface {
	SignStore
	// Requests lists the member's requests, newest first, those older than before
	// (a request id; empty for the first page).
	Requests(ctx context.Context, login auth.Login, before string, limit int) ([]Request, error)
	// Written lists what she wrote in the same way, for the same list.
	Written(ctx context.Context, login auth.Login, before string, limit int) ([]Written, error)
	// Move changes the state from one of from to to; ErrNotOpen if it is in none of them.
	Move(ctx context.Context, login auth.Login, id string, from []State, to State, reason string) error
	// AnswerOffice takes the member's answer to what the office asked. ErrNotOpen.
	AnswerOffice(ctx context.Context, login auth.Login, id string, a Answer) error
	// Thread is what was asked and answered, oldest first.
	Thread(ctx context.Context, login auth.Login, id string) ([]Said, error)
	// Raise reads the document of a leased job of RaiseKind. Raised stores the outcome,
	// and in the same transaction ends the job or puts it off to NextTry.
	Raise(ctx context.Context, j jobs.Job) (Raise, error)
	Raised(ctx context.Context, r Raised) error
}
