package requests

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/portal/locale"
	"guichet.example/portal/timeid"
	"guichet.example/signing"
)

// ErrNotReceivable means that this request, or this login, asks for more than a receipt.
var ErrNotReceivable = errors.New("request needs a signature or an approval")

// Sealer puts the mutuality's seal under a PDF; *signing.Sealer.
type Sealer interface {
	Seal(ctx context.Context, pdf []byte, o signing.SealOptions) ([]byte, error)
	Name() string
	Path() (certs.Path, error)
}

// Sealing takes a request to a document that the mutuality seals: because the member
// approved it with a federal login made for it, or, for what moves neither money nor
// rights, because she sent it. It knows nothing of pages. All fields are required unless
// said otherwise. Safe for concurrent use.
//
//	Prove     the federal login comes in: kept, once, for this session and document
//	Approve   sealed with what she proved; request, document, evidence in one transaction
//	Receive   sealed as received
//	Issue     a statement of the mutuality's own, sealed as soon as it is drawn
//
// A seal that was made and not stored, since the server died between, is nowhere: the
// approval waits and can be used again.
type Sealing struct {
	*Signing // store of requests, clock, status services, the first try to raise
	Seals    SealStore
	Sealer   Sealer
	StepUp   StepUp // nil: approvals are not offered
}

// Approvers are the providers at which this member can approve.
func (s *Sealing) Approvers(login auth.Login) []Choice {
	if s == nil || s.StepUp == nil || login.Assurance < auth.Substantial {
		return nil
	}
	return s.StepUp.Offered(login)
}

// Prove takes what the provider proved in that flow, and keeps it for Approve. Called
// again, it finds what it kept.
//
// Errors: ErrNotFound, ErrNotOpen, ErrCardOnly, ErrProof, ErrWrongPerson, and federation.ErrCancelled.
func (s *Sealing) Prove(ctx context.Context, login auth.Login, id, flow string) (Request, Approval, error) {
	r, a, err := s.prove(ctx, login, id, flow)
	return r, a, s.refuseApproval(ctx, login, id, err)
}

func (s *Sealing) prove(ctx context.Context, login auth.Login, id, flow string) (Request, Approval, error) {
	r, err := s.Store.RequestForCard(ctx, login, id)
	if err != nil {
		return Request{}, Approval{}, err
	}
	a, err := s.Seals.Approval(ctx, login, approvalID(flow))
	if err == nil && a.Sealed == "" {
		err = a.usable(login, r, s.Now())
	}
	if !errors.Is(err, ErrNotFound) {
		return r, a, err
	}
	if r.State != ToSign {
		return r, Approval{}, ErrNotOpen
	}
	if OfPaper(r.Act.Kind()) {
		return r, Approval{}, ErrCardOnly
	}
	if s.StepUp == nil || !federation.IsHandle(flow) {
		return r, Approval{}, fmt.Errorf("%w: no such flow", ErrProof)
	}
	proof, err := s.StepUp.Proof(ctx, login, flow, r.SHA256)
	if err != nil {
		return r, Approval{}, err
	}
	if a, err = approvalOf(login, r, flow, proof, s.Now()); err != nil {
		return r, Approval{}, err
	}
	if err := s.Seals.PutApproval(ctx, login, a, proof.Number, proof.Evidence); err != nil {
		return r, Approval{}, fmt.Errorf("keeping an approval: %w", err)
	}
	return r, a, nil
}

// Approve seals what the member proved herself for. Done twice, it returns the same
// request with the same document. Once the seal is made, the rest goes on although she
// closes the page.
//
// Errors: ErrNotFound, ErrNotOpen, ErrCardOnly, ErrChanged, ErrProof, signing.ErrSealKey (try again).
func (s *Sealing) Approve(ctx context.Context, login auth.Login, id, flow string) (Request, error) {
	r, err := s.approve(ctx, login, id, flow)
	return r, s.refuseApproval(ctx, login, id, err)
}

func (s *Sealing) approve(ctx context.Context, login auth.Login, id, flow string) (Request, error) {
	r, err := s.Store.RequestForCard(ctx, login, id)
	if err != nil {
		return Request{}, err
	}
	a, err := s.Seals.Approval(ctx, login, approvalID(flow))
	if errors.Is(err, ErrNotFound) {
		return Request{}, fmt.Errorf("%w: no such flow", ErrProof)
	}
	if err != nil {
		return Request{}, err
	}
	if a.Sealed != "" && a.Request == r.ID {
		if r.Document == "" { // it was read before another click sealed it
			return s.Store.RequestForCard(ctx, login, id)
		}
		return r, nil
	}
	if r.State != ToSign {
		return Request{}, ErrNotOpen
	}
	if OfPaper(r.Act.Kind()) {
		return Request{}, ErrCardOnly
	}
	if err := a.usable(login, r, s.Now()); err != nil {
		return Request{}, err
	}
	return s.seal(ctx, login, r, Sealed{Method: ByApproval, Approval: a.ID}, approvalEvidence(r, a))
}

// Receive seals a request as received. Done twice, it returns the same request.
//
// Errors: ErrNotFound, ErrNotReceivable, ErrNotOpen, signing.ErrSealKey (try again).
func (s *Sealing) Receive(ctx context.Context, login auth.Login, id string) (Request, error) {
	r, err := s.receive(ctx, login, id)
	return r, s.refuseApproval(ctx, login, id, err)
}

func (s *Sealing) receive(ctx context.Context, login auth.Login, id string) (Request, error) {
	r, err := s.Store.RequestForCard(ctx, login, id)
	switch {
	case err != nil:
		return Request{}, err
	case r.Method == ByReceipt:
		return r, nil
	case r.State != ToSign:
		return Request{}, ErrNotOpen
	case MethodFor(login, r.Act.Kind()) != ByReceipt:
		return Request{}, ErrNotReceivable
	}
	return s.seal(ctx, login, r, Sealed{Method: ByReceipt}, receiptEvidence(r, login))
}

// seal makes the sealed revision and stores it.
func (s *Sealing) seal(ctx context.Context, login auth.Login, r Request, out Sealed, e evidence) (Request, error) {
	path, err := s.Sealer.Path()
	if err != nil {
		return Request{}, fmt.Errorf("%w: %w", signing.ErrSealKey, err)
	}
	if err := s.standing(ctx, path); err != nil {
		return Request{}, err
	}
	options, err := s.options(r, out.Method, e)
	if err != nil {
		return Request{}, err
	}
	if out.PDF, err = s.Sealer.Seal(ctx, r.PDF, options); err != nil {
		return Request{}, fmt.Errorf("sealing: %w", err)
	}
	out.At = s.Now()
	if out.Document, err = timeid.New(out.At, s.Rand); err != nil {
		return Request{}, err
	}
	out.Request, out.Revision = r.ID, r.Revision
	for _, cert := range path {
		out.Signer = append(out.Signer, cert.Raw)
	}
	ctx = context.WithoutCancel(ctx)
	storing, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	if r, err = s.Seals.Seal(storing, login, out); err != nil {
		return Request{}, fmt.Errorf("storing a sealed document: %w", err)
	}
	s.raise(ctx, login, r.Document)
	return r, nil
}

// standing refuses to seal with a certificate that was withdrawn. A service that does not
// answer stops nothing: the mutuality knows of its own key, and the evidence is added
// when the document is raised.
func (s *Sealing) standing(ctx context.Context, path certs.Path) error {
	_, err := s.Revocation.Check(ctx, path)
	var revoked revocation.RevokedError
	switch {
	case errors.As(err, &revoked):
		return fmt.Errorf("%w: status of the seal: %w", signing.ErrSealKey, err)
	case err != nil:
		s.Log.Warn("sealed without an answer on the seal's status", "cause", err)
	}
	return nil
}

// options are what the seal shows, in the language of the document.
func (s *Sealing) options(r Request, m Method, e evidence) (signing.SealOptions, error) {
	l := locale.Language(languageOf(r.Act))
	attachment, err := e.attachment(locale.T(l, "requests.seal.attachment"))
	if err != nil {
		return signing.SealOptions{}, err
	}
	mark := locale.T(l, "requests.seal.mark."+string(m), locale.A("name", nameOf(r.Act)),
		locale.A("mutuality", s.Sealer.Name()), locale.A("date", locale.DateTime(l, s.Now().Truncate(time.Second))))
	if m == ByStatement { // nobody consents to it
		attachment = nil
	}
	return signing.SealOptions{
		Reason: locale.T(l, "requests.seal.reason."+string(m)), Attachment: attachment,
		Certify: signing.Signing, // the seal is the first signature of what was drawn
		Mark:    signing.Mark{Page: r.Mark.Page, Rect: r.Mark.Rect, Lines: strings.Split(mark, "\n")},
	}, nil
}

// refuseApproval keeps an audit line of a refusal. ErrNotFound stays without: a request
// of somebody else looks like one that does not exist, and the look has its row.
func (s *Sealing) refuseApproval(ctx context.Context, login auth.Login, request string, err error) error {
	if err == nil || errors.Is(err, ErrNotFound) {
		return err
	}
	// The line is kept although the member may have left.
	if failed := s.Seals.RefuseApproval(context.WithoutCancel(ctx), login, request, why(err)); failed != nil {
		return errors.Join(err, fmt.Errorf("recording a refused approval: %w", failed))
	}
	return err
}
