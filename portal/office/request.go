package office

import (
	"time"

	"guichet.example/signing/document"
)

// Request is a member's signed request, as the officer who took it sees it.
type Request struct {
	Act      document.Act
	Name     string // of the member
	SignedAt time.Time
	Document string // id in the member's vault
	Pages    int
	Level    int       // of the signature: 1 B-B, 2 B-T, 3 B-LT, 4 B-LTA
	Method   string    // how she consented: signature, approval, receipt
	InForce  time.Time // of a change of account: from when it can be in force; else zero
	Present  *Present  // of a change of account: what it replaces; nil if there is no account
}

// Present is the account that is in use today, as much of it as an officer compares.
type Present struct {
	Country string    // of the bank: two letters
	Last4   string    // of the account number
	Since   time.Time // date; zero if not known
}
