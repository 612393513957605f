package requests

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/certs/revocation"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

func TestApprove(t *testing.T) {
	s := newSealDesk(t)
	id := s.frozen(t)
	read := s.store.requests[id]
	flow := s.proved(t, id)
	if _, again, err := s.sealing.Prove(t.Context(), s.login, id, flow); err != nil || again.Assertion != "_assertion1" {
		t.Errorf("Prove again = %+v, %v", again, err)
	}
	var signer [][]byte
	s.store.onSeal = func(made Sealed) error { signer = made.Signer; return nil }
	r, err := s.sealing.Approve(t.Context(), s.login, id, flow)
	if err != nil {
		t.Fatal(err)
	}
	if r.State != Signed || r.Method != ByApproval || r.Document == "" {
		t.Errorf("request = %s by %q", r.State, r.Method)
	}
	for range 2 {
		s.now = s.now.Add(time.Hour)
		if _, kept, err := s.sealing.Prove(t.Context(), s.login, id, flow); err != nil || kept.Sealed != r.Document {
			t.Errorf("Prove after it was used = %+v, %v", kept, err)
		}
		if again, err := s.sealing.Approve(t.Context(), s.login, id, flow); err != nil || again.Document != r.Document {
			t.Errorf("Approve again = %q, %v; want %q", again.Document, err, r.Document)
		}
	}
	if s.store.completed != 1 {
		t.Errorf("sealed %d times", s.store.completed)
	}
	path, err := s.sealer.Path()
	if err != nil || len(path) < 2 {
		t.Fatalf("Path = %d certificates, %v", len(path), err)
	}
	if len(signer) != len(path) || !bytes.Equal(signer[0], path[0].Raw) {
		t.Errorf("%d certificates are kept of a path of %d", len(signer), len(path))
	}
	s.checkSealed(t, read, map[string]any{
		"kind": "sealed-approval", "reference": read.Reference, "issuer": "https://idp.test/saml", "assertion": "_assertion1",
		"assertionSha256": hexOf([]byte("<Assertion>85073003328</Assertion>")), "level": 500.0, "authnInstant": "2026-11-20T13:08:00Z",
		"bytes": float64(len(read.PDF)), "sha256": hexOf(read.PDF),
	})
}

// Two clicks at once seal one document.
func TestApproveTwiceAtOnce(t *testing.T) {
	s := newSealDesk(t)
	id := s.frozen(t)
	flow := s.proved(t, id)
	var all sync.WaitGroup
	documents := make([]string, 8)
	for i := range documents {
		all.Go(func() {
			r, err := s.sealing.Approve(t.Context(), s.login, id, flow)
			if err != nil {
				t.Errorf("Approve: %v", err)
			}
			documents[i] = r.Document
		})
	}
	all.Wait()
	for _, d := range documents {
		if d == "" || d != documents[0] {
			t.Fatalf("documents %q", documents)
		}
	}
}

// The store fails after the seal was made: nothing is half-done, and the same approval
// serves again.
func TestApproveAfterCrash(t *testing.T) {
	s := newSealDesk(t)
	id := s.frozen(t)
	flow := s.proved(t, id)
	crash := errors.New("server died")
	s.store.onSeal = func(Sealed) error { return crash }
	if _, err := s.sealing.Approve(t.Context(), s.login, id, flow); !errors.Is(err, crash) {
		t.Fatalf("Approve = %v", err)
	}
	s.unsealed(t, id)
	s.store.onSeal = nil
	if r, err := s.sealing.Approve(t.Context(), s.login, id, flow); err != nil || r.State != Signed {
		t.Errorf("Approve after the crash = %s, %v", r.State, err)
	}
}

// The member closes the page once the seal is made: it is stored all the same.
func TestApproveAfterMemberLeft(t *testing.T) {
	s := newSealDesk(t)
	id := s.frozen(t)
	flow := s.proved(t, id)
	ctx, leave := context.WithCancel(t.Context())
	s.store.onSeal = func(Sealed) error { leave(); return nil }
	if r, err := s.sealing.Approve(ctx, s.login, id, flow); err != nil || r.State != Signed {
		t.Errorf("Approve = %s, %v", r.State, err)
	}
}

// A service that does not answer for the seal's own certificate stops nothing.
func TestApproveWithoutStatusService(t *testing.T) {
	s := newSealDesk(t)
	id := s.frozen(t)
	flow := s.proved(t, id)
	s.status.check, s.status.fresh = revocation.ErrUnavailable, revocation.ErrUnavailable
	log := new(bytes.Buffer)
	s.Log = slog.New(slog.NewTextHandler(log, nil))
	if r, err := s.sealing.Approve(t.Context(), s.login, id, flow); err != nil || r.State != Signed {
		t.Errorf("Approve = %s, %v; want signed", r.State, err)
	}
	if !strings.Contains(log.String(), "sealed without an answer") {
		t.Errorf("the log says %q", log)
	}
}

// Who leaves while she is refused leaves a line all the same.
func TestRefusedAfterMemberLeft(t *testing.T) {
	s := newSealDesk(t)
	id := s.frozen(t)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := s.sealing.Approve(ctx, s.login, id, flowOf(1)); !errors.Is(err, ErrProof) {
		t.Errorf("Approve = %v", err)
	}
	if len(s.store.refused) != 1 {
		t.Errorf("audit lines %q, want one", s.store.refused)
	}
}

// What is over is not even sealed as received.
func TestReceiveWhatIsOver(t *testing.T) {
	s := newSealDesk(t)
	id := s.order(t)
	s.login.Method, s.login.Assurance = auth.Password, auth.Low
	if err := s.store.Move(t.Context(), s.login, id, []State{ToSign}, Declined, ""); err != nil {
		t.Fatal(err)
	}
	used := &counted{Signer: s.sealer.Key}
	s.sealer.Key = used
	if _, err := s.sealing.Receive(t.Context(), s.login, id); !errors.Is(err, ErrNotOpen) || used.times != 0 {
		t.Errorf("Receive = %v, %d seals made", err, used.times)
	}
}

func TestReceive(t *testing.T) {
	for name, login := range map[string]auth.Login{
		"password": {Method: auth.Password, Assurance: auth.Low}, "federal": {Method: auth.Federal, Assurance: auth.Low},
	} {
		s := newSealDesk(t)
		id := s.order(t)
		read := s.store.requests[id]
		s.login.Method, s.login.Assurance = login.Method, login.Assurance
		first, err := s.sealing.Receive(t.Context(), s.login, id)
		if err != nil || first.Method != ByReceipt || first.State != Signed {
			t.Fatalf("%s: Receive = %+v, %v", name, first.State, err)
		}
		again, err := s.sealing.Receive(t.Context(), s.login, id)
		if err != nil || again.Document != first.Document || s.store.completed != 1 {
			t.Errorf("%s: Receive again = %q, %v", name, again.Document, err)
		}
		s.checkSealed(t, read, map[string]any{"kind": "sealed-receipt", "reference": read.Reference,
			"loginMethod": string(login.Method), "bytes": float64(len(read.PDF)), "sha256": hexOf(read.PDF)})
	}
}

// A statement of the mutuality's own is drawn, sealed and in the vault at once, whatever
// the login; the same form gives the same document; a key that does not answer is tried
// again with it.
func TestIssue(t *testing.T) {
	s := newSealDesk(t)
	act := document.Indemnities{
		Language: document.DE, Mutuality: bankChange().Head().Mutuality, Member: bankChange().Head().Member, Date: s.now,
		Beneficiary: bankChange().Head().Member, From: s.now, To: s.now, DataAsOf: s.now,
	}
	if _, err := s.sealing.Issue(t.Context(), s.login, bankChange(), "a"); !errors.Is(err, ErrNotReceivable) {
		t.Errorf("Issue of a bank change = %v", err)
	}
	if _, err := (*Sealing)(nil).Issue(t.Context(), s.login, act, "a"); !errors.Is(err, signing.ErrSealKey) {
		t.Errorf("Issue without a seal = %v", err)
	}
	away := errors.New("away")
	s.store.onSeal = func(Sealed) error { return away }
	if _, err := s.sealing.Issue(t.Context(), s.login, act, "a"); !errors.Is(err, away) {
		t.Errorf("Issue while the key is away = %v", err)
	}
	s.store.onSeal = nil
	first, err := s.sealing.Issue(t.Context(), s.login, act, "a")
	if err != nil || first.Method != ByStatement || first.Document == "" {
		t.Fatalf("Issue = %+v, %v", first, err)
	}
	again, err := s.sealing.Issue(t.Context(), s.login, act, "a")
	if err != nil || again.Document != first.Document || s.store.completed != 1 {
		t.Errorf("Issue again = %q, %v; sealed %d times", again.Document, err, s.store.completed)
	}
	for _, d := range s.store.raised {
		if file := d.Raise.PDF; bytes.Contains(file, []byte("consent.json")) || !bytes.HasPrefix(file, first.PDF) || len(first.PDF) == 0 {
			t.Error("a statement speaks of consent, or is not what was drawn")
		}
	}
}
