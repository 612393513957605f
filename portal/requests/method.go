package requests

import (
	"guichet.example/auth"
	"guichet.example/signing/document"
)

// Method is how a member consented to a document. It never changes once she did.
type Method string

// The methods. Only the first is a signature; the two others are seals of the mutuality.
const (
	ByCard     Method = "signature" // her own qualified signature, made by her card
	ByApproval Method = "approval"  // a federal login made for this document, then sealed
	ByReceipt  Method = "receipt"   // sent from an open session, and sealed as received
)

// Receivable reports whether a request may be sent without a proof of its own: it moves
// neither money nor rights.
func Receivable(k document.Kind) bool { return k == document.KindEHICOrder }

// Method is [MethodFor] as text, for the areas whose answers Freeze takes.
func (*Signing) Method(login auth.Login, act document.Act) string {
	return string(MethodFor(login, act.Kind()))
}

// MethodFor is how someone with this login consents to such a request. What is not
// offered to her is left to the card, which opens every act.
func MethodFor(login auth.Login, k document.Kind) Method {
	switch {
	case login.Method == auth.Card:
		return ByCard
	case login.Method == auth.Federal && login.Assurance >= auth.Substantial:
		return ByApproval
	case login.Assurance >= auth.Low && Receivable(k):
		return ByReceipt
	}
	return ByCard
}
