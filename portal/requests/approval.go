package requests

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/auth/nrn"
	"guichet.example/signing"
)

// ApprovalLife is how long a federal login made for a document can be used to approve
// it, and how old it may be when it comes in.
const ApprovalLife = 15 * time.Minute

// ErrWeakProof means the federal login is below what an approval needs. It is an ErrProof.
var ErrWeakProof = fmt.Errorf("%w: level is too low", ErrProof)

// Approval is a federal login made for one document, until it is used and ever after.
type Approval struct {
	ID       string // made from the flow; the flow itself is not kept
	Request  string
	Session  string // public id of the session that may use it, and no other
	Size     int    // what is approved is the first Size bytes of the document
	Document [32]byte
	Created  time.Time
	Expires  time.Time
	Sealed   string // id of the document once it was used

	Provider        string // id of the configured provider
	Issuer          string // who says so
	Assertion       string // id of the assertion
	AssertionSHA256 [32]byte
	Level           int       // CSAM level told
	At              time.Time // AuthnInstant, auth_time
}

// Sealed is what Seal writes in one transaction.
type Sealed struct {
	Request  string
	Revision int    // of the request when it was read
	Approval string // id; empty for a receipt and a statement
	Method   Method
	PDF      []byte // sealed, B-B
	At       time.Time
	Document string   // id the document gets
	Signer   [][]byte // DER of the seal's certificate and of those above it
}

// SealStore keeps approvals and sealed documents.
type SealStore interface {
	// PutApproval keeps a proof whose person has that national number, with the whole
	// assertion as received, and its audit line. ErrWrongPerson if the number is not the
	// member's; ErrProof if the flow was used before; ErrNotOpen.
	PutApproval(ctx context.Context, login auth.Login, a Approval, number nrn.Number, evidence []byte) error
	// Approval finds one of this member. ErrNotFound.
	Approval(ctx context.Context, login auth.Login, id string) (Approval, error)
	// Seal writes document, request, approval and audit line, once: a second call for the
	// same approval, or a second receipt, returns the request as it is. ErrProof if the
	// approval is another session's or is over; ErrNotOpen; ErrChanged.
	Seal(ctx context.Context, login auth.Login, s Sealed) (Request, error)
	// Statement finds a document of the mutuality's own (Issued) that Issue froze, with its
	// PDF. ErrNotFound, also for what a member asked.
	Statement(ctx context.Context, login auth.Login, id string) (Request, error)
	// RefuseApproval writes the audit line of an approval or a receipt that was refused
	// before the store was asked for anything.
	RefuseApproval(ctx context.Context, login auth.Login, request, why string) error
}

// approvalID is the name of an approval: the flow is a secret of the browser's, so only
// its hash is kept.
func approvalID(flow string) string {
	sum := sha256.Sum256([]byte("approval " + flow))
	return base32Readable.EncodeToString(sum[:16])
}

// approvalOf turns what the provider proved into an approval of this document. The
// provider's own checks are made; these are ours: who, how sure, how fresh.
func approvalOf(login auth.Login, r Request, flow string, p federation.Identity, now time.Time) (Approval, error) {
	switch {
	case p.Issuer == "" || p.Assertion == "" || len(p.Evidence) == 0:
		return Approval{}, fmt.Errorf("%w: no assertion", ErrProof)
	case !p.HasNumber:
		return Approval{}, fmt.Errorf("%w: %w", ErrProof, federation.ErrNoNumber)
	case p.Assurance < auth.Substantial || auth.OfCSAM(p.Level) < auth.Substantial:
		return Approval{}, fmt.Errorf("%w: %d", ErrWeakProof, p.Level)
	case p.At.Before(now.Add(-ApprovalLife)) || p.At.After(now.Add(federation.Skew)):
		return Approval{}, fmt.Errorf("%w: %w", ErrProof, federation.ErrStale)
	}
	return Approval{
		ID: approvalID(flow), Request: r.ID, Session: login.Session, Size: len(r.PDF), Document: r.SHA256,
		Created: now, Expires: now.Add(ApprovalLife),
		Provider: p.Provider, Issuer: p.Issuer, Assertion: p.Assertion, AssertionSHA256: sha256.Sum256(p.Evidence),
		Level: p.Level, At: p.At,
	}, nil
}

// usable reports whether the approval may seal this request now, in this session.
func (a Approval) usable(login auth.Login, r Request, now time.Time) error {
	switch {
	case a.Request != r.ID:
		return fmt.Errorf("%w: made for another request", ErrProof)
	case a.Session != login.Session:
		return fmt.Errorf("%w: made in another session", ErrProof)
	case a.Document != r.SHA256 || a.Size != len(r.PDF) || sha256.Sum256(r.PDF) != r.SHA256:
		return fmt.Errorf("%w: made for another document", ErrProof)
	case !now.Before(a.Expires) || now.Before(a.Created.Add(-federation.Skew)):
		return fmt.Errorf("%w: its time is over", ErrProof)
	}
	return nil
}

// evidence is the JSON inside a sealed PDF. It names no person: the assertion it points
// to does, and stays in the vault.
type evidence struct {
	Kind            string     `json:"kind"` // "sealed-approval" or "sealed-receipt"
	Reference       string     `json:"reference"`
	Issuer          string     `json:"issuer,omitempty"`
	Assertion       string     `json:"assertion,omitempty"`
	AssertionSHA256 string     `json:"assertionSha256,omitempty"`
	Level           int        `json:"level,omitempty"` // CSAM
	AuthnInstant    *time.Time `json:"authnInstant,omitempty"`
	LoginMethod     string     `json:"loginMethod,omitempty"` // of a receipt
	Bytes           int        `json:"bytes"`                 // consent is to the first so many bytes
	SHA256          string     `json:"sha256"`                // of those
}

// attachmentName is what the evidence is called inside the PDF.
const attachmentName = "consent.json"

func (e evidence) attachment(description string) (*signing.Attachment, error) {
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the evidence: %w", err)
	}
	return &signing.Attachment{Name: attachmentName, Description: description, JSON: append(text, '\n')}, nil
}

func approvalEvidence(r Request, a Approval) evidence {
	at := a.At.UTC()
	return evidence{
		Kind: "sealed-approval", Reference: r.Reference, Issuer: a.Issuer, Assertion: a.Assertion,
		AssertionSHA256: hex.EncodeToString(a.AssertionSHA256[:]), Level: a.Level, AuthnInstant: &at,
		Bytes: a.Size, SHA256: hex.EncodeToString(a.Document[:]),
	}
}

func receiptEvidence(r Request, login auth.Login) evidence {
	return evidence{
		Kind: "sealed-receipt", Reference: r.Reference, LoginMethod: string(login.Method),
		Bytes: len(r.PDF), SHA256: hex.EncodeToString(r.SHA256[:]),
	}
}

// why is the cause of a refusal in the audit trail: a word, nothing of a person.
func why(err error) string {
	for _, known := range []struct {
		err  error
		word string
	}{
		{ErrWrongPerson, StateWrongPerson}, {ErrWeakProof, "level"}, {federation.ErrStale, "stale"}, {federation.ErrNoNumber, "no_number"},
		{ErrProof, "proof"}, {federation.ErrCancelled, "cancelled"}, {federation.ErrRefused, "refused"},
		{ErrNotOpen, StateNotOpen}, {ErrChanged, StateChanged}, {ErrNoAccess, StateNoAccess}, {ErrNotReceivable, "not_receivable"}, {ErrCardOnly, "card_only"}, {signing.ErrSealKey, "seal_key"},
	} {
		if errors.Is(err, known.err) {
			return known.word
		}
	}
	return StateTechnical
}
