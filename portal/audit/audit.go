// Package audit says who did what to which record, when, how sure we were of it, and
// what came of it; and shows that nobody altered that afterwards.
//
// Each process that writes has a chain of its own. A row holds the hash of the row
// before it and its own hash over both, so a row that is changed, removed or moved
// breaks the chain behind it:
//
//	chain 01k…a   start ◀── row 2 ◀── row 3 ◀── … ◀── row n      head (chain, n, hash)
//	                                                 ▲                 │ hourly and at close
//	chain 01k…b   start ───────────────────────────┘                 ▼
//	              ▲─ row 2 …                               anchors, a file elsewhere
//
// The first row of a chain is bound to a row of the chain before it, so a whole chain
// cannot be taken out either. Whoever can write to the database could make all of it
// anew, or cut off its end. Two things stand against that:
//
//   - Each chain has a mark ([Mark]), a MAC over its head under a key that is not in the
//     database, written by each commit over the one before. A roll of the chains ([Roll])
//     has one likewise. What was written before somebody came is not changed or cut off
//     without the marks telling so.
//   - Heads are written to a file outside the database ([AppendAnchors]), to be kept where
//     whoever can write to the database cannot. They find what marks cannot: that all of
//     the database, its marks included, was put back to what it was.
//
// [Verify] walks the rows and heads, [VerifyMarked] the marks with them.
//
// A row is written in the transaction of the act itself: no act without its row, no
// row without its act. Rows hold opaque ids only: no name, no national number, no
// account number, nothing a member typed.
//
// Meant to serve ETSI EN 319 401 (7.10) and OWASP ASVS 5.0 (16.2, 16.3, 16.4.2).
package audit

import (
	"context"
	"time"
)

// Action names what was done, as object and verb.
type Action string

// The actions. A sign-in that is refused is SignIn with outcome Refused.
const (
	Start  Action = "audit.start"   // first row of a chain
	Stop   Action = "audit.stop"    // last row of a chain that was closed in order
	Import Action = "member.import" // from the insurance system
	Share  Action = "member.share"  // a list for partners

	SignIn  Action = "session.sign-in"
	SignOut Action = "session.sign-out"
	StepUp  Action = "session.step-up" // proved anew at a federal provider, for one document

	ReadOverview  Action = "home.read"
	ReadMember    Action = "account.read"
	ReadPerson    Action = "person.read" // name, birth and address, to fill a form
	ReadAccounts  Action = "bank.read"   // shown masked
	RevealAccount Action = "bank.reveal" // shown in full
	ChangeAccount Action = "bank.change"

	ListRequests    Action = "request.list"
	ReadRequest     Action = "request.read"
	FreezeRequest   Action = "request.freeze"
	PrepareRequest  Action = "request.prepare"
	CompleteRequest Action = "request.complete"
	SignRequest     Action = "request.sign"     // refused before it came to a completion
	ProveApproval   Action = "request.prove"    // a federal login for it came in
	ApproveRequest  Action = "request.approve"  // sealed on a federal login; refused before
	ReceiveRequest  Action = "request.receive"  // sealed as received
	IssueDocument   Action = "request.issue"    // a statement of the mutuality's own, sealed
	OpenApproval    Action = "request.evidence" // the whole assertion behind an approval
	DeclineRequest  Action = "request.decline"
	WithdrawRequest Action = "request.withdraw"
	AcceptRequest   Action = "request.accept"
	RejectRequest   Action = "request.reject"
	ExpireRequest   Action = "request.expire"
	DeletePaper     Action = "request.delete" // a file of others that nobody signed

	ListRefunds  Action = "refund.list" // one row for each person they tell of
	ReadRefund   Action = "refund.read" // likewise
	ListReceipts Action = "receipt.list"

	ListDocuments Action = "document.list"
	ReadDocument  Action = "document.read" // its data
	OpenDocument  Action = "document.open" // its bytes
	RaiseDocument Action = "document.raise"
	RenewDocument Action = "document.renew"

	ListDead  Action = "job.list"   // the dead letters
	BuryJob   Action = "job.bury"   // given up: a dead letter
	ReviveJob Action = "job.revive" // by an administrator
)

// Outcome of an action.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	Refused Outcome = "refused" // by a rule; Reason says which
	Failed  Outcome = "failed"  // by a fault of ours
)

// System is the actor of what no person asked for: imports, jobs, start and stop.
const System = "system"

// Entry is a row. At, Chain, Seq, Actor, Action, Outcome, Prev and Hash are always
// set. Mutuality and Member are set where the act concerns a member's record; Session,
// Method and Assurance where someone was signed in, and Method where a chain begins;
// RequestID where a request of the portal stands behind it; Object where there is one;
// Reason where the outcome is not Done and where the action alone does not tell why.
type Entry struct {
	At        time.Time // UTC, whole milliseconds; order is that of Seq, not of time
	Chain     string    // id of the writer's chain; later ones sort after earlier ones
	Seq       int64     // 1, 2, 3, … within the chain
	Mutuality string
	Member    string // whose record
	Actor     string // member id, or System
	Session   string // public id of the session
	Method    string // card, federal, password; Marked
	Assurance string // low, substantial, high
	Action    Action
	Object    string // what kind and which: "request/01k…"
	Outcome   Outcome
	RequestID string // reference shown on the error page and in the log
	Reason    string
	Prev      [32]byte // Hash of the row before; see Start
	Hash      [32]byte // over all of the above
}

type requestIDKey struct{}

// WithRequestID returns a context that carries the id of the request being answered,
// for every row written on its behalf.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the id put in by WithRequestID, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
