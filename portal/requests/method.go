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
	// ByStatement is no consent: the mutuality states something of its own (issue.go).
	ByStatement Method = "statement"
)

// Receivable reports whether a request may be sent without a proof of its own: it moves
// neither money nor rights.
func Receivable(k document.Kind) bool {
	return Ordered(k) || k == document.KindStatementsOnline || k == document.KindStatementsPaper
}

// Freezer takes the answers of the other areas, and tells them how their member will
// consent to what is made of them.
type Freezer struct {
	*Signing
	Sealing *Sealing // nil: the mutuality does not seal
}

// Method is how someone with this login will consent to the act, with the card for what
// is not offered otherwise: the words on the pages before the document follow it.
func (f Freezer) Method(login auth.Login, act document.Act) string {
	if m, offered := f.Sealing.method(login, act.Kind()); offered {
		return string(m)
	}
	return string(ByCard)
}

// method is MethodFor, and whether it is offered: an approval or a receipt needs a seal,
// an approval also a provider.
func (s *Sealing) method(login auth.Login, k document.Kind) (m Method, offered bool) {
	m = MethodFor(login, k)
	switch m {
	case ByApproval:
		return m, len(s.Approvers(login)) > 0
	case ByReceipt:
		return m, s != nil
	}
	return m, login.Method == auth.Card
}

// MethodFor is how someone with this login consents to such a request. What is not
// offered to her is left to the card, which opens every act.
func MethodFor(login auth.Login, k document.Kind) Method {
	switch {
	case login.Method == auth.Card || OfPaper(k):
		return ByCard
	case login.Method == auth.Federal && login.Assurance >= auth.Substantial:
		return ByApproval
	case login.Assurance >= auth.Low && Receivable(k):
		return ByReceipt
	}
	return ByCard
}
