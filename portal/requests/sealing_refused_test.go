package requests

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/auth/nrn"
	"guichet.example/certs/revocation"
	"guichet.example/signing"
)

// Every proof that does not serve is refused, leaves a line, and seals nothing.
func TestProofRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*answer)
		want   error
		why    string
	}{
		{"for another document", func(a *answer) { a.document[0] ^= 1 }, ErrProof, "proof"},
		{"in another session", func(a *answer) { a.session = "session-2" }, ErrProof, "proof"},
		{"of another person", func(a *answer) { a.identity.Number, _ = nrn.Parse("90020100297") }, ErrWrongPerson, StateWrongPerson},
		{"of nobody known", func(a *answer) { a.identity.HasNumber = false }, ErrProof, "no_number"},
		{"too weak", func(a *answer) { a.identity.Level, a.identity.Assurance = 350, auth.Low }, ErrWeakProof, "level"},
		{"level below the assurance", func(a *answer) { a.identity.Level = 100 }, ErrWeakProof, "level"},
		{"assurance below the level", func(a *answer) { a.identity.Assurance = auth.Low }, ErrWeakProof, "level"},
		{"older than a quarter of an hour", func(a *answer) { a.identity.At = noon.Add(-ApprovalLife - time.Second) }, federation.ErrStale, "stale"},
		{"from the future", func(a *answer) { a.identity.At = noon.Add(2 * time.Minute) }, federation.ErrStale, "stale"},
		{"without issuer", func(a *answer) { a.identity.Issuer = "" }, ErrProof, "proof"},
		{"without assertion", func(a *answer) { a.identity.Assertion = "" }, ErrProof, "proof"},
		{"without evidence", func(a *answer) { a.identity.Evidence = nil }, ErrProof, "proof"},
		{"refused by the provider's side", func(a *answer) { a.err = federation.ErrRefused }, federation.ErrRefused, "refused"},
		{"cancelled", func(a *answer) { a.err = federation.ErrCancelled }, federation.ErrCancelled, "cancelled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSealDesk(t)
			id := s.frozen(t)
			flow := s.answered(t, id, c.change)
			if _, a, err := s.sealing.Prove(t.Context(), s.login, id, flow); !errors.Is(err, c.want) || a.ID != "" {
				t.Errorf("Prove = %+v, %v; want %v", a, err, c.want)
			}
			if got := s.store.refused; len(got) != 1 || got[0] != id+" "+c.why {
				t.Errorf("audit lines %q, want one that says %s", got, c.why)
			}
			if _, err := s.sealing.Approve(t.Context(), s.login, id, flow); !errors.Is(err, ErrProof) {
				t.Errorf("Approve afterwards = %v, want ErrProof", err)
			}
			s.unsealed(t, id)
		})
	}
}

// A kept proof seals one document of one request, in one session, for a quarter of an
// hour, once.
func TestApproveRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *testing.T, s *sealDesk, id, flow *string)
		want   error
	}{
		{"no such flow", func(_ *testing.T, _ *sealDesk, _, flow *string) { *flow = flowOf(99) }, ErrProof},
		{"no handle at all", func(_ *testing.T, _ *sealDesk, _, flow *string) { *flow = "x" }, ErrProof},
		{"another request", func(t *testing.T, s *sealDesk, id, _ *string) {
			other, err := s.Freeze(t.Context(), s.login, bankChange(), "another")
			if err != nil {
				t.Fatal(err)
			}
			*id = other
		}, ErrProof},
		{"used for another request", func(t *testing.T, s *sealDesk, id, flow *string) {
			if _, err := s.sealing.Approve(t.Context(), s.login, *id, *flow); err != nil {
				t.Fatal(err)
			}
			s.store.completed, s.sealer.Key.(*counted).times = 0, 0
			other, err := s.Freeze(t.Context(), s.login, bankChange(), "another")
			if err != nil {
				t.Fatal(err)
			}
			*id = other
		}, ErrProof},
		{"bytes are others than their digest says", func(_ *testing.T, s *sealDesk, id, _ *string) {
			r := s.store.requests[*id]
			r.PDF = bytes.Clone(r.PDF)
			r.PDF[len(r.PDF)/2] ^= 1
			s.store.requests[*id] = r
		}, ErrProof},
		{"another session", func(_ *testing.T, s *sealDesk, _, _ *string) { s.login.Session = "session-2" }, ErrProof},
		{"another member", func(t *testing.T, s *sealDesk, _, _ *string) { s.login = loginOf(t, s.nora) }, ErrNotFound},
		{"too late", func(_ *testing.T, s *sealDesk, _, _ *string) { s.now = s.now.Add(ApprovalLife) }, ErrProof},
		{"clock set back", func(_ *testing.T, s *sealDesk, _, _ *string) { s.now = s.now.Add(-2 * time.Minute) }, ErrProof},
		{"document is another now", func(_ *testing.T, s *sealDesk, id, _ *string) {
			r := s.store.requests[*id]
			r.PDF = append(bytes.Clone(r.PDF), '\n')
			r.SHA256 = sha256.Sum256(r.PDF)
			s.store.requests[*id] = r
		}, ErrProof},
		{"declined meanwhile", func(t *testing.T, s *sealDesk, id, _ *string) {
			if err := s.store.Move(t.Context(), s.login, *id, []State{ToSign}, Declined, ""); err != nil {
				t.Fatal(err)
			}
		}, ErrNotOpen},
		{"seal withdrawn", func(_ *testing.T, s *sealDesk, _, _ *string) { s.status.check = revocation.RevokedError{At: noon} }, signing.ErrSealKey},
		{"seal expired", func(_ *testing.T, s *sealDesk, _, _ *string) {
			s.sealer.Now = func() time.Time { return noon.AddDate(9, 0, 0) }
		}, signing.ErrSealKey},
		{"token away", func(_ *testing.T, s *sealDesk, _, _ *string) { s.sealer.Key = silent{s.sealer.Key} }, signing.ErrSealKey},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSealDesk(t)
			id := s.frozen(t)
			flow := s.proved(t, id)
			used := &counted{Signer: s.sealer.Key}
			s.sealer.Key = used
			c.change(t, s, &id, &flow)
			if r, err := s.sealing.Approve(t.Context(), s.login, id, flow); !errors.Is(err, c.want) || r.ID != "" {
				t.Errorf("Approve = %+v, %v; want %v", r.State, err, c.want)
			}
			if s.store.completed != 0 || used.times != 0 {
				t.Error("something was sealed")
			}
			want := 1
			if c.want == ErrNotFound { // as of what does not exist: the look has its own row
				want = 0
			}
			if refused := len(s.store.refused); refused != want {
				t.Errorf("%d audit lines, want %d", refused, want)
			}
		})
	}
}

func TestReceiveRefused(t *testing.T) {
	for _, c := range []struct {
		name  string
		login auth.Login
		bank  bool
		want  error
	}{
		{"money by a password", auth.Login{Method: auth.Password, Assurance: auth.Low}, true, ErrNotReceivable},
		{"federal login that approves", auth.Login{Method: auth.Federal, Assurance: auth.Substantial}, false, ErrNotReceivable},
		{"card that signs", auth.Login{Method: auth.Card, Assurance: auth.High}, false, ErrNotReceivable},
		{"no assurance", auth.Login{Method: auth.Federal}, false, ErrNotReceivable},
	} {
		s := newSealDesk(t)
		id := s.order(t)
		if c.bank {
			id = s.frozen(t)
		}
		s.login.Method, s.login.Assurance = c.login.Method, c.login.Assurance
		if _, err := s.sealing.Receive(t.Context(), s.login, id); !errors.Is(err, c.want) {
			t.Errorf("%s: Receive = %v, want %v", c.name, err, c.want)
		}
		s.unsealed(t, id)
	}
}
