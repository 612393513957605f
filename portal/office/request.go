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
}
