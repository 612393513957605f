package requests

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"guichet.example/auth"
	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/signing"
)

// Anchors finds the path from a certificate to a trust anchor; *certs.TrustAnchors.
type Anchors interface {
	Path(leaf *x509.Certificate, p certs.Purpose, at time.Time, candidates ...*x509.Certificate) (certs.Path, error)
}

// Revocation says whether a certificate was withdrawn; *revocation.Checker.
type Revocation interface {
	Check(ctx context.Context, p certs.Path) (revocation.Answer, error)
	Fresh(ctx context.Context, p certs.Path) (revocation.Answer, error)
}

// Extender adds timestamp and evidence to a signed PDF; *signing.Extender.
type Extender interface {
	Extend(ctx context.Context, pdf []byte, want signing.Level) ([]byte, signing.Level, error)
}

// Signing takes a request from the frozen answers to the signed document. It knows
// nothing of pages. All fields are required unless said otherwise. Safe for
// concurrent use.
type Signing struct {
	Store      SignStore
	Anchors    Anchors
	Revocation Revocation
	Raiser     *Raiser // nil: documents stay at B-B until somebody raises them
	Printer    Printer // nil: nothing is printed by which paper could be checked
	Now        func() time.Time
	Rand       io.Reader
	Log        *slog.Logger
}

// How long the steps after the card may take. The card has signed by then, so none
// of them ends because the member left the page.
const (
	freshWait = 8 * time.Second // for a fresh revocation answer
	raiseWait = 3 * time.Second // for the first try to add timestamp and evidence
	storeWait = 8 * time.Second // for the transaction
)

// early marks a refusal in the words of the store that was decided before the store was
// asked for the act, and so has no row of its.
type early struct{ error }

func (e early) Unwrap() error { return e.error }

// refuse turns an error of the card step into what the member may know, and keeps an
// audit line of a refusal that was decided here. What the store refused, it has
// written itself.
func (s *Signing) refuse(ctx context.Context, login auth.Login, request string, err error) error {
	err = problem(err, login.Name)
	var p *Problem
	if !errors.As(err, &p) || !p.ours() && !errors.As(err, new(early)) {
		return err
	}
	// The line is kept although the member may have left.
	if failed := s.Store.RefuseSignature(context.WithoutCancel(ctx), login, request, p.State); failed != nil {
		return errors.Join(p, fmt.Errorf("recording a refused signature: %w", failed))
	}
	return err
}
