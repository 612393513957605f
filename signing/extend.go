package signing

import (
	"context"
	"errors"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
)

// ErrNoEvidence means that revocation evidence for one certificate could not be had.
var ErrNoEvidence = errors.New("no revocation evidence")

// Evidence finds one good answer for each certificate of a path that needs one;
// *revocation.Checker is the one in use.
type Evidence interface {
	Evidence(ctx context.Context, p certs.Path) ([]revocation.Answer, error)
}

// Extender raises a signature to a higher level. It needs no key and no card.
// Safe for concurrent use.
type Extender struct {
	TSA        *TSA                // timestamps; required from LevelT on
	Revocation Evidence            // revocation evidence; required from LevelLT on
	Anchors    *certs.TrustAnchors // required
	Now        func() time.Time    // nil: time.Now
}

// Extend raises the last signature of the file to the level wanted, as far as the
// services answer. It returns the file at the level reached, which is the input itself
// when nothing could be done, and the error that stopped it, nil when want was reached.
//
// Errors: ErrNoTimestamp, ErrNoEvidence, ErrUnsuitable, and revocation.RevokedError.
func (e *Extender) Extend(ctx context.Context, pdf []byte, want Level) ([]byte, Level, error) {
	return pdf, 0, ErrUnsuitable
}
