package requests

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/portal/timeid"
	"guichet.example/signing"
)

// MaxSignatureValue is the longest signature value taken from a card, in bytes: RSA
// with 4096 bits has 512.
const MaxSignatureValue = 1024

// Complete takes the card's signature value. The value is verified against the stored
// preparation and its certificate, never against anything sent now; the certificate's
// status is asked for afresh; document, request and audit line are one transaction.
//
// Revoked: refused. No answer: kept, in state Pending, raised later. Completing twice
// with one value gives the first answer again. Once the value holds, the rest goes on
// although the member closes the page.
//
// The error is ErrNotFound or a *Problem.
func (s *Signing) Complete(ctx context.Context, login auth.Login, id, preparation string, value signing.SignatureValue) (Request, error) {
	r, err := s.complete(ctx, login, id, preparation, value)
	return r, s.refuse(ctx, login, id, err)
}

func (s *Signing) complete(ctx context.Context, login auth.Login, id, preparation string, value signing.SignatureValue) (Request, error) {
	p, err := s.Store.Preparation(ctx, login, preparation)
	if err != nil {
		return Request{}, err
	}
	if p.Request != id {
		return Request{}, ErrNotFound
	}
	if len(value) == 0 || len(value) > MaxSignatureValue {
		return Request{}, signing.ErrSignatureValue
	}
	digest := sha256.Sum256(value)
	if p.Done {
		return s.again(ctx, login, p, digest)
	}
	if !s.Now().Before(p.Expires) || p.Prepared == nil { // nil: later ones took its room
		return Request{}, ErrPreparationExpired
	}
	signed, err := p.Prepared.Complete(value)
	if err != nil {
		return Request{}, fmt.Errorf("completing: %w", err)
	}
	return s.store(context.WithoutCancel(ctx), login, p, signed, digest)
}

// again answers a completion that was already made.
func (s *Signing) again(ctx context.Context, login auth.Login, p Preparation, digest [32]byte) (Request, error) {
	if p.ValueSHA256 != digest {
		return Request{}, ErrAnotherValue
	}
	return s.Store.Request(ctx, login, p.Request)
}

// store writes a signed PDF whose value holds. The context does not end with the
// member's connection.
func (s *Signing) store(ctx context.Context, login auth.Login, p Preparation, signed []byte, digest [32]byte) (Request, error) {
	r, err := s.Store.RequestForCard(ctx, login, p.Request)
	if err != nil {
		return Request{}, err
	}
	if r.Revision != p.Revision && r.State == ToSign {
		return Request{}, early{ErrChanged}
	}
	if err := asFrozen(r, p.Prepared.PDF); err != nil {
		return Request{}, early{err}
	}
	now := s.Now()
	path, err := s.signer(login, p.Prepared.Certificate, now, parseAll(p.Prepared.Path)...)
	if err != nil {
		return Request{}, fmt.Errorf("certificate after signing: %w", err)
	}
	state, err := s.status(ctx, path)
	if err != nil {
		return Request{}, err
	}
	doc, err := timeid.New(now, s.Rand)
	if err != nil {
		return Request{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	r, err = s.Store.Complete(ctx, login, Completion{
		Preparation: p.ID, ValueSHA256: digest, PDF: signed, State: state, At: now, Document: doc,
		Signer: signerOf(p.Prepared), Method: ByCard,
	})
	if err != nil {
		return Request{}, fmt.Errorf("storing a signature: %w", err)
	}
	if state == Signed {
		s.raise(ctx, login, r.Document)
	}
	return r, nil
}

// status asks afresh whether the card was withdrawn. Only a plain "revoked" refuses: a
// service that does not answer, or not so that it holds, leaves the signature waiting.
func (s *Signing) status(ctx context.Context, path certs.Path) (State, error) {
	ctx, cancel := context.WithTimeout(ctx, freshWait)
	defer cancel()
	_, err := s.Revocation.Fresh(ctx, path)
	var revoked revocation.RevokedError
	switch {
	case err == nil:
		return Signed, nil
	case errors.As(err, &revoked):
		return "", fmt.Errorf("status after signing: %w", err)
	}
	s.Log.Warn("signature kept without revocation answer", "cause", err)
	return Pending, nil
}

// raise tries once to add timestamp and evidence while the member waits. Whatever
// comes of it, the signature is made and the answer stands.
func (s *Signing) raise(ctx context.Context, login auth.Login, doc string) {
	if s.Raiser == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, raiseWait)
	defer cancel()
	due, err := s.Store.DueDocument(ctx, login, doc)
	if err == nil {
		err = s.Raiser.Raise(ctx, due)
	}
	if err != nil {
		s.Log.Warn("document not raised at once", "document", doc, "cause", err)
	}
}

// signerOf lists what the Raiser needs to ask for the signer's status again.
func signerOf(p *signing.Prepared) [][]byte {
	return append([][]byte{p.Certificate}, p.Path...)
}

// parseAll reads stored certificates as candidates for a path; one that cannot be
// read is left out, the path then fails or does without it.
func parseAll(ders [][]byte) []*x509.Certificate {
	var list []*x509.Certificate
	for _, der := range ders {
		if c, err := certs.Parse(der); err == nil {
			list = append(list, c)
		}
	}
	return list
}
