package requests

import (
	"context"
	"slices"

	"guichet.example/auth"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// issued are the kinds of document that the mutuality makes and seals of its own accord:
// statements of what its data say, and a certificate in place of a card.
var issued = []document.Kind{document.KindIndemnities, document.KindRefundReceipt, document.KindEHICCertificate}

// Issued reports whether the mutuality states this of its own: nobody consents to it, no
// advisor answers it, and no list of requests has it.
func Issued(k document.Kind) bool { return slices.Contains(issued, k) }

// IssuedKinds are the kinds that are Issued.
func IssuedKinds() []document.Kind { return slices.Clone(issued) }

// Issue draws a statement, seals it and puts it into the member's vault, where the
// Document of what it returns is its id. Whoever may read what it says may have it,
// whatever her login. The same key gives the same document: a seal that failed is tried
// again by the second call.
//
// Errors: ErrTooMany, ErrNotReceivable for an act that is no statement, signing.ErrSealKey (try again),
// and a document.FieldError.
func (s *Sealing) Issue(ctx context.Context, login auth.Login, act document.Act, key string) (Request, error) {
	if !Issued(act.Kind()) {
		return Request{}, ErrNotReceivable
	}
	if s == nil {
		return Request{}, signing.ErrSealKey
	}
	id, err := s.Freeze(ctx, login, act, key)
	if err != nil {
		return Request{}, err
	}
	r, err := s.Seals.Statement(ctx, login, id)
	if err != nil || r.Method == ByStatement {
		return r, err
	}
	return s.seal(ctx, login, r, Sealed{Method: ByStatement}, evidence{})
}
