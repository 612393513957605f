package requests

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/auth/nrn"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

const sealName = "Mutualité des Tilleuls"

// seal is the mutuality's key, made once.
var seal = sync.OnceValues(func() (certstest.KeyPair, error) {
	d, err := cards()
	if err != nil {
		return certstest.KeyPair{}, err
	}
	return d.pki.IssueSeal(sealName, "VATBE-0411000000", certstest.P256)
})

// provider is a StepUp whose answers a test writes.
type provider struct {
	mu      sync.Mutex
	answers map[string]answer // by flow; removed when handed out
	offered []Choice
	began   []Ask
	away    error
}

type answer struct {
	session  string
	document [32]byte
	identity federation.Identity
	err      error
}

func (p *provider) Offered(auth.Login) []Choice { return p.offered }

func (p *provider) Begin(c *gin.Context, a Ask) error {
	if p.away != nil {
		return p.away
	}
	p.began = append(p.began, a)
	c.Redirect(303, "https://provider.test/")
	return nil
}

func (p *provider) Proof(_ context.Context, login auth.Login, flow string, digest [32]byte) (federation.Identity, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, ok := p.answers[flow]
	if !ok || a.session != login.Session {
		return federation.Identity{}, ErrProof
	}
	delete(p.answers, flow)
	if a.document != digest {
		return federation.Identity{}, ErrProof
	}
	return a.identity, a.err
}

// sealDesk is a desk whose mutuality seals, with a member who came by a federal login.
type sealDesk struct {
	*desk
	sealing  *Sealing
	sealer   *signing.Sealer
	provider *provider
}

func newSealDesk(t *testing.T) *sealDesk {
	t.Helper()
	d := newDesk(t)
	pair, err := seal()
	if err != nil {
		t.Fatal(err)
	}
	s := &sealDesk{desk: d, provider: &provider{answers: map[string]answer{}, offered: []Choice{
		{ID: "fas", Names: map[string]string{"fr": "CSAM", "en": "CSAM"}}, {ID: "itsme", Names: map[string]string{"fr": "itsme"}},
	}}}
	s.sealer = &signing.Sealer{Key: pair.Key, Certificates: []*x509.Certificate{pair.Certificate}, Anchors: d.pki.Anchors(), Now: func() time.Time { return d.now }}
	s.sealing = &Sealing{Signing: d.Signing, Seals: d.store, Sealer: s.sealer, StepUp: s.provider}
	d.login.Method, d.login.Assurance, d.login.Session, d.login.Provider = auth.Federal, auth.High, "session-1", "fas"
	return s
}

func flowOf(n int) string {
	sum := sha256.Sum256(fmt.Append(nil, n))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// answered has the member come back from the provider: the flow's handle.
func (s *sealDesk) answered(t *testing.T, id string, change func(*answer)) string {
	t.Helper()
	r, err := s.store.Request(t.Context(), s.login, id)
	if err != nil {
		t.Fatal(err)
	}
	number, err := nrn.Parse("85073003328")
	if err != nil {
		t.Fatal(err)
	}
	a := answer{session: s.login.Session, document: r.SHA256, identity: federation.Identity{
		Provider: "fas", Issuer: "https://idp.test/saml", Number: number, HasNumber: true, Level: 500, Assurance: auth.High,
		At: s.now, Assertion: "_assertion1", Evidence: []byte("<Assertion>85073003328</Assertion>"),
	}}
	if change != nil {
		change(&a)
	}
	s.provider.mu.Lock()
	defer s.provider.mu.Unlock()
	flow := flowOf(len(s.provider.answers) + 1)
	s.provider.answers[flow] = a
	return flow
}

// proved goes on to a proof that is kept.
func (s *sealDesk) proved(t *testing.T, id string) string {
	t.Helper()
	flow := s.answered(t, id, nil)
	if _, _, err := s.sealing.Prove(t.Context(), s.login, id, flow); err != nil {
		t.Fatalf("Prove: %v", err)
	}
	return flow
}

// PutApproval implements SealStore.
func (m *memory) PutApproval(_ context.Context, login auth.Login, a Approval, number nrn.Number, whole []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if number.Digits() != login.Holder.SerialNumber {
		return ErrWrongPerson
	}
	if _, used := m.approvals[a.ID]; used {
		return ErrProof
	}
	m.approvals[a.ID], m.evidence[a.ID] = a, whole
	return nil
}

// Approval implements SealStore.
func (m *memory) Approval(_ context.Context, login auth.Login, id string) (Approval, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.approvals[id]
	if !ok || m.owner[a.Request] != login.Member {
		return Approval{}, ErrNotFound
	}
	return a, nil
}

// Seal implements SealStore.
func (m *memory) Seal(_ context.Context, login auth.Login, s Sealed) (Request, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.onSeal != nil {
		if err := m.onSeal(s); err != nil {
			return Request{}, err
		}
	}
	r, err := m.request(login, s.Request)
	a := m.approvals[s.Approval]
	switch {
	case err != nil:
		return Request{}, err
	case a.Sealed != "" || s.Method == ByReceipt && r.Method == ByReceipt:
		return r, nil
	case s.Method == ByApproval && a.Session != login.Session:
		return Request{}, ErrProof
	case r.State != ToSign:
		return Request{}, ErrNotOpen
	}
	r.State, r.Document, r.SignedAt, r.Method = Signed, s.Document, s.At, s.Method
	r.Revision++
	a.Sealed = s.Document
	m.requests[r.ID], m.approvals[s.Approval] = r, a
	m.documents[s.Document] = Raise{Document: s.Document, Request: r.ID, Version: 1, PDF: s.PDF, Signer: s.Signer}
	m.completed++
	return r, nil
}

// RefuseApproval implements SealStore.
func (m *memory) RefuseApproval(ctx context.Context, login auth.Login, request, why string) error {
	return m.RefuseSignature(ctx, login, request, why)
}

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
		{"level and assurance disagree", func(a *answer) { a.identity.Level = 100 }, ErrWeakProof, "level"},
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

func (s *sealDesk) unsealed(t *testing.T, id string) {
	t.Helper()
	if r := s.store.requests[id]; r.State != ToSign || r.Document != "" || s.store.completed != 0 {
		t.Errorf("request is %s with document %q, %d completed", r.State, r.Document, s.store.completed)
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
			if refused := len(s.store.refused); refused != 1 && c.want != ErrNotFound {
				t.Errorf("%d audit lines, want 1", refused)
			}
		})
	}
}

// counted is a key that knows whether it was used: what is refused is not even sealed.
type counted struct {
	crypto.Signer
	times int
}

func (k *counted) Sign(rand io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	k.times++
	return k.Signer.Sign(rand, digest, o)
}

// silent is a key whose token is away.
type silent struct{ crypto.Signer }

func (silent) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("token is away")
}

func TestApprove(t *testing.T) {
	s := newSealDesk(t)
	id := s.frozen(t)
	read := s.store.requests[id]
	flow := s.proved(t, id)
	if _, again, err := s.sealing.Prove(t.Context(), s.login, id, flow); err != nil || again.Assertion != "_assertion1" {
		t.Errorf("Prove again = %+v, %v", again, err)
	}
	r, err := s.sealing.Approve(t.Context(), s.login, id, flow)
	if err != nil {
		t.Fatal(err)
	}
	if r.State != Signed || r.Method != ByApproval || r.Document == "" {
		t.Errorf("request = %s by %q", r.State, r.Method)
	}
	for range 2 {
		s.now = s.now.Add(time.Hour)
		if again, err := s.sealing.Approve(t.Context(), s.login, id, flow); err != nil || again.Document != r.Document {
			t.Errorf("Approve again = %q, %v; want %q", again.Document, err, r.Document)
		}
	}
	if s.store.completed != 1 {
		t.Errorf("sealed %d times", s.store.completed)
	}
	s.checkSealed(t, read, map[string]any{
		"kind": "sealed-approval", "reference": read.Reference, "issuer": "https://idp.test/saml", "assertion": "_assertion1",
		"assertionSha256": hexOf([]byte("<Assertion>85073003328</Assertion>")), "level": 500.0, "authnInstant": "2026-11-20T13:08:00Z",
		"bytes": float64(len(read.PDF)), "sha256": hexOf(read.PDF),
	})
}

func hexOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// checkSealed judges the sealed document by our own verification and by outside tools.
func (s *sealDesk) checkSealed(t *testing.T, read Request, want map[string]any) {
	t.Helper()
	var sealed []byte
	for _, d := range s.store.raised {
		sealed = d.Raise.PDF
	}
	if !bytes.HasPrefix(sealed, read.PDF) || len(sealed) == len(read.PDF) {
		t.Fatal("what was read is not a part of what is sealed")
	}
	if bytes.Contains(sealed, []byte("85073003328")) || bytes.Contains(sealed, []byte("<Assertion>")) {
		t.Error("the assertion, or the national number in it, is in the PDF")
	}
	report, err := signing.Verify(t.Context(), sealed, signing.Trust{Anchors: s.pki.Anchors(), Now: func() time.Time { return noon }})
	if err != nil || len(report.Signatures) != 1 {
		t.Fatalf("Verify = %+v, %v", report, err)
	}
	if one := report.Signatures[0]; one.Kind != signing.Seal || one.Signer != sealName || !one.Integrity.Passed {
		t.Errorf("report says %s by %s: %+v", one.Kind, one.Signer, one)
	}
	name := filepath.Join(t.TempDir(), "sealed.pdf")
	if err := os.WriteFile(name, sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "pdfsig", "-nocert", name).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Signature is Valid") || !strings.Contains(string(out), sealName) {
		t.Errorf("pdfsig: %v\n%s", err, out)
	}
	attached, err := exec.CommandContext(t.Context(), "qpdf", "--show-attachment=consent.json", name).Output()
	var got map[string]any
	if err != nil || json.Unmarshal(attached, &got) != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("attachment = %v, %v\nwant %v", got, err, want)
	}
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
	if r, err := s.sealing.Approve(t.Context(), s.login, id, flow); err != nil || r.State != Signed {
		t.Errorf("Approve = %s, %v; want signed", r.State, err)
	}
}

func (s *sealDesk) order(t *testing.T) string {
	t.Helper()
	id, err := s.Freeze(t.Context(), s.login, ehicOrder(document.FR), "order "+t.Name())
	if err != nil {
		t.Fatal(err)
	}
	return id
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
