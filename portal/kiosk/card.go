package kiosk

import (
	"errors"
	"time"

	"guichet.example/auth/nrn"
	"guichet.example/certs"
	"guichet.example/certs/registry"
	"guichet.example/portal/locale"
)

// Why the identity files of a card make nobody's account.
var (
	// ErrCardMissing means that the machine read no identity files, or not all of them.
	ErrCardMissing = errors.New("identity files of the card are missing")
	// ErrCardForged means that the files are not what the national registry signed.
	ErrCardForged = errors.New("identity files of the card are not authentic")
	// ErrCardOther means that the files are not of the person who signed in.
	ErrCardOther = errors.New("identity files of the card are somebody else's")
	// ErrCardExpired means that the card is not valid any more, though its certificate is.
	ErrCardExpired = errors.New("card is not valid any more")
)

// Fault is why files are not to be believed, as it is kept; empty: they are.
type Fault string

// The faults. What can be told only once somebody has signed in is none.
const (
	FaultMissing Fault = "missing"
	FaultForged  Fault = "forged"
)

// Err is the error of the fault, nil for none.
func (f Fault) Err() error {
	switch f {
	case "":
		return nil
	case FaultMissing:
		return ErrCardMissing
	}
	return ErrCardForged
}

// Card is all that is kept of the identity files of the card that is in a kiosk, until it
// comes out: whose they are, as an index, and how long they count. Name, address and
// photo are read by nobody here.
type Card struct {
	Number nrn.Number // of the holder; zero with a fault
	Until  time.Time  // from then on the card is not valid; zero: without end
	Fault  Fault
}

// ReadCard believes the files only under the registry's signature, by a certificate that
// leads to an anchor. Files that are too long, or parse to nothing, are forged.
func ReadCard(f registry.Files, anchors *certs.TrustAnchors, now time.Time) Card {
	for _, part := range [][]byte{f.Identity, f.IdentitySignature, f.Registry} { // some cards have no address
		if len(part) == 0 {
			return Card{Fault: FaultMissing}
		}
	}
	if anchors == nil { // none would believe any certificate
		return Card{Fault: FaultForged}
	}
	id, err := registry.Verify(f, nil, anchors, now)
	if err != nil {
		return Card{Fault: FaultForged}
	}
	number, err := nrn.Parse(id.NationalNumber)
	if err != nil {
		return Card{Fault: FaultForged}
	}
	card := Card{Number: number}
	if to := id.ValidTo; to.Day > 0 {
		card.Until = time.Date(to.Year, to.Month, to.Day+1, 0, 0, 0, 0, locale.Zone())
	}
	return card
}
