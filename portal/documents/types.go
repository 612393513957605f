// Package documents is the member's vault: what she signed, ordered or received, to
// list, open and download, each with the report of its signature's verification.
package documents

import (
	"context"
	"errors"
	"time"

	"guichet.example/auth"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// ErrNotFound means there is no such document in this member's vault.
var ErrNotFound = errors.New("no such document")

// ErrLongProof means that a report does not fit on a proof sheet: others had signed the
// file many times before.
var ErrLongProof = errors.New("report is too long for a proof sheet")

// Status of a document in the vault.
type Status string

// The statuses.
const (
	Checking Status = "checking" // signature stored, certificate status still being asked
	Valid    Status = "valid"
	Invalid  Status = "invalid" // the card turned out to be revoked before it signed
)

// Method is how a document came into the vault, as package requests has it.
type Method string

// The methods. Only the first is a signature; the two others are seals of the mutuality.
const (
	ByCard     Method = "signature" // signed by the member's card
	ByApproval Method = "approval"  // approved with a federal login, then sealed
	ByReceipt  Method = "receipt"   // sent from an open session, and sealed as received
	// ByStatement is made by the mutuality of its data, and sealed: nobody consents to it.
	ByStatement Method = "statement"
	// Received came from the mutuality's own system, as it is: neither signed nor sealed here.
	Received Method = "received"
)

// Document is a document in the vault, without its bytes.
type Document struct {
	ID        string
	Kind      document.Kind
	Language  document.Language
	Reference string
	Request   string // id of the request it answers
	Created   time.Time
	Pages     int
	Size      int      // bytes of the newest version
	SHA256    [32]byte // of the newest version, in clear
	Version   int      // 1 as signed; one more each time timestamp or revocation data were added
	Level     signing.Level
	Status    Status
	Method    Method
	// Title is what its sender called a paper, Signer the officer who signed one; empty for
	// what we drew. A paper may hold signatures of others, before that of who sent it.
	Title, Signer string
	// ReceivedKind is what the mutuality calls a document that it sent; Unread says that the
	// member has not opened it. Empty for all others.
	ReceivedKind string
	Unread       bool
	// Damaged says that the row does not hold any more: only in lists, with id, kind,
	// reference, state and time. The log has the cause.
	Damaged bool
	// How often somebody checked it on the public page, when last, and how: "file", "code"
	// or "qr". Not in lists.
	Checked    int
	CheckedAt  time.Time // zero: never
	CheckedHow string
}

// Filter narrows a list; the zero value is everything.
type Filter struct {
	Kind     document.Kind // empty: all; KindEHICOrder: all orders
	Year     int           // of Created, Belgian time; 0: all
	Received bool          // only what the mutuality sent
	// Search is in the title, kind or reference; the handler looks, not the store.
	Search string
}

// Retention is how many years a document is kept at least, from the day it came in.
const Retention = 10

// Shelf is one kind of document in a vault, to choose by.
type Shelf struct {
	Kind   document.Kind // empty where Method is Received
	Method Method
	Since  time.Time // when the oldest came in
}

// Store reads the vault; opening a document is audited.
type Store interface {
	// Documents lists the newest first, those before the id given (empty: first page).
	Documents(ctx context.Context, login auth.Login, f Filter, before string, limit int) ([]Document, error)
	// Shelves says what the vault holds, in no order; nothing of a document is shown.
	Shelves(ctx context.Context, login auth.Login) ([]Shelf, error)
	Document(ctx context.Context, login auth.Login, id string) (Document, error)
	// Open returns the bytes of a version (0: the newest), checked against its hash.
	Open(ctx context.Context, login auth.Login, id string, version int) ([]byte, error)
}
