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
func (m *memory) Seal(ctx context.Context, login auth.Login, s Sealed) (Request, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.onSeal != nil {
		if err := m.onSeal(s); err != nil {
			return Request{}, err
		}
	}
	if err := ctx.Err(); err != nil { // as a database would
		return Request{}, err
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
	case r.Revision != s.Revision:
		return Request{}, ErrChanged
	}
	r.State, r.Document, r.SignedAt, r.Method = Signed, s.Document, s.At, s.Method
	r.Revision++
	a.Sealed = s.Document
	m.requests[r.ID], m.approvals[s.Approval] = r, a
	m.documents[s.Document] = Raise{Document: s.Document, Request: r.ID, Version: 1, PDF: s.PDF, Signer: s.Signer}
	m.completed++
	return r, nil
}

// Statement implements SealStore.
func (m *memory) Statement(ctx context.Context, login auth.Login, id string) (Request, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.request(login, id)
	if err == nil && !Issued(r.Act.Kind()) {
		err = ErrNotFound
	}
	return r, err
}

// RefuseApproval implements SealStore.
func (m *memory) RefuseApproval(ctx context.Context, login auth.Login, request, why string) error {
	return m.RefuseSignature(ctx, login, request, why)
}

func (s *sealDesk) order(t *testing.T) string {
	t.Helper()
	id, err := s.Freeze(t.Context(), s.login, ehicOrder(document.FR), "order "+t.Name())
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (s *sealDesk) unsealed(t *testing.T, id string) {
	t.Helper()
	if r := s.store.requests[id]; r.State != ToSign || r.Document != "" || s.store.completed != 0 {
		t.Errorf("request is %s with document %q, %d completed", r.State, r.Document, s.store.completed)
	}
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
