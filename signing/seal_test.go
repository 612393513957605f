package signing

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/signing/document/documenttest"
	"guichet.example/signing/hsm"
	"guichet.example/signing/hsm/hsmtest"
)

const mutuality = "Mutualité des Tilleuls"

// sealer seals in the name of the mutuality with a key in software.
func (w *world) sealer(tb testing.TB, a certstest.Algorithm) *Sealer {
	tb.Helper()
	pair, err := w.IssueSeal(mutuality, "VATBE-0411000000", a)
	if err != nil {
		tb.Fatal(err)
	}
	return &Sealer{Key: pair.Key, Certificates: []*x509.Certificate{pair.Certificate}, Anchors: w.Anchors(), Now: func() time.Time { return signedAt }}
}

func approval() SealOptions {
	return SealOptions{
		Reason:     "Approved with a federal token; sealed, not signed",
		Attachment: &Attachment{Name: "approval.json", Description: "What was approved, and how", JSON: []byte(`{"bytes":1}`)},
	}
}

func TestSealRefuses(t *testing.T) {
	w := theWorld(t)
	person := w.cards[certstest.P256].Signature
	other := w.sealer(t, certstest.P384)
	away := errors.New("token is away")
	for _, c := range []struct {
		name   string
		change func(*Sealer, *SealOptions)
		want   error
	}{
		{"no key", func(s *Sealer, _ *SealOptions) { s.Key = nil }, ErrCertificate},
		{"no certificate", func(s *Sealer, _ *SealOptions) { s.Certificates = nil }, ErrCertificate},
		{"no anchors", func(s *Sealer, _ *SealOptions) { s.Anchors = nil }, ErrCertificate},
		{"key of another certificate", func(s *Sealer, _ *SealOptions) { s.Key = other.Key }, ErrCertificate},
		{"a person's certificate", func(s *Sealer, _ *SealOptions) {
			s.Key, s.Certificates = person.Key, []*x509.Certificate{person.Certificate}
		}, ErrCertificate},
		{"expired", func(s *Sealer, _ *SealOptions) { s.Now = func() time.Time { return signedAt.AddDate(20, 0, 0) } }, ErrCertificate},
		{"token away", func(s *Sealer, _ *SealOptions) { s.Key = broken{s.Key, nil, away} }, away},
		{"token away, by name", func(s *Sealer, _ *SealOptions) { s.Key = broken{s.Key, nil, away} }, ErrSealKey},
		{"rubbish from the token", func(s *Sealer, _ *SealOptions) { s.Key = broken{s.Key, []byte{1, 2, 3}, nil} }, ErrSignatureValue},
		{"path in the name", func(_ *Sealer, o *SealOptions) { o.Attachment.Name = "../approval.json" }, ErrUnsuitable},
		{"name taken", func(_ *Sealer, o *SealOptions) { o.Attachment.Name = "request.json" }, ErrUnsuitable},
		{"empty attachment", func(_ *Sealer, o *SealOptions) { o.Attachment.JSON = nil }, ErrUnsuitable},
		{"huge attachment", func(_ *Sealer, o *SealOptions) { o.Attachment.JSON = make([]byte, MaxAttachment+1) }, ErrUnsuitable},
		{"long reason", func(_ *Sealer, o *SealOptions) { o.Reason = strings.Repeat("x", MaxText+1) }, ErrUnsuitable},
		{"reason that is no text", func(_ *Sealer, o *SealOptions) { o.Reason = "a\nb" }, ErrUnsuitable},
	} {
		s, o := w.sealer(t, certstest.P256), approval()
		c.change(s, &o)
		if out, err := s.Seal(t.Context(), letter(t).PDF, o); !errors.Is(err, c.want) || out != nil {
			t.Errorf("%s: Seal = %d bytes, %v; want %v", c.name, len(out), err, c.want)
		}
	}
	if _, err := w.sealer(t, certstest.P256).Seal(t.Context(), w.signed(t, certstest.P256), approval()); !errors.Is(err, ErrUnsuitable) {
		t.Errorf("attachment under a member's signature: %v, want ErrUnsuitable", err)
	}
}

// broken is a key whose token does not do what it should.
type broken struct {
	crypto.Signer
	value []byte
	err   error
}

func (b broken) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return b.value, b.err }

// A seal is an organisation's, from bare bytes to archive level, for outside judges too,
// and never said to be a person's signature.
func TestSeal(t *testing.T) {
	w := theWorld(t)
	for _, a := range algorithms {
		t.Run(a.String(), func(t *testing.T) {
			drawn := letter(t)
			o := approval()
			o.Mark = Mark{Page: drawn.Mark.Page, Rect: drawn.Mark.Rect, Lines: []string{mutuality, "Sealed"}}
			sealed, err := w.sealer(t, a).Seal(t.Context(), drawn.PDF, o)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(sealed, drawn.PDF) {
				t.Error("what was read is not a prefix of what is sealed")
			}
			checkOutside(t, w, sealed)
			checkSealed(t, w, sealed, LevelB)
			raised, level, err := w.extender(t).Extend(t.Context(), sealed, LevelLTA)
			if err != nil || level != LevelLTA {
				t.Fatalf("Extend = %v, %v", level, err)
			}
			checkSealed(t, w, raised, LevelLTA)
			checkOutside(t, w, raised)
		})
	}
}

func checkSealed(t *testing.T, w *world, sealed []byte, level Level) {
	t.Helper()
	r := w.report(t, sealed)
	s := r.Signatures[0]
	if s.Kind != Seal || s.Signer != mutuality || s.Field != "Seal1" || s.Level != level || s.Holder.SerialNumber != "" {
		t.Errorf("report at %v: %+v", level, s)
	}
	if level >= LevelLT && !r.Valid() || len(s.ChangedAfter) > 0 || !s.Integrity.Passed || !slices.Contains(r.Active, "embedded file") {
		t.Errorf("report at %v: valid %t, %+v", level, r.Valid(), s)
	}
	name := file(t, "sealed.pdf", sealed)
	mustTool(t, "approval.json", "qpdf", "--list-attachments", name)
	mustTool(t, `{"bytes":1}`, "qpdf", "--show-attachment=approval.json", name)
	mustTool(t, "request.json", "qpdf", "--list-attachments", name)
	documenttest.CheckPDFA(t, sealed)
}

// What the seal covers cannot be changed without its noticing: the attachment is inside.
func TestSealCoversAttachment(t *testing.T) {
	w := theWorld(t)
	sealed, err := w.sealer(t, certstest.P256).Seal(t.Context(), letter(t).PDF, approval())
	if err != nil {
		t.Fatal(err)
	}
	forged := bytes.Replace(sealed, []byte(`{"bytes":1}`), []byte(`{"bytes":2}`), 1)
	if r := w.report(t, forged); bytes.Equal(forged, sealed) || r.Signatures[0].Indication != TotalFailed {
		t.Errorf("changed attachment: %+v", r.Signatures[0])
	}
}

// Without an attachment the seal may follow a member's signature.
func TestSealAfterSignature(t *testing.T) {
	w := theWorld(t)
	sealed, err := w.sealer(t, certstest.P384).Seal(t.Context(), w.signed(t, certstest.P256), SealOptions{Reason: "Received"})
	if err != nil {
		t.Fatal(err)
	}
	r := w.report(t, sealed)
	if len(r.Signatures) != 2 || r.Signatures[0].Kind != Signature || r.Signatures[1].Kind != Seal || len(r.Signatures[0].ChangedAfter) > 0 {
		t.Errorf("report: %+v", r.Signatures)
	}
}

// The same input and clock give the same prepared bytes: nothing depends on chance but
// the value of the seal.
func TestSealIsDeterministic(t *testing.T) {
	s := theWorld(t).sealer(t, certstest.RSA2048)
	one, err1 := s.Seal(t.Context(), letter(t).PDF, approval())
	two, err2 := s.Seal(t.Context(), letter(t).PDF, approval())
	if err := errors.Join(err1, err2); err != nil || !bytes.Equal(one, two) {
		t.Errorf("two seals differ: %v", err)
	}
}

// The key in its token, from opening to an outside judge.
func TestSealFromToken(t *testing.T) {
	w := theWorld(t)
	t.Setenv("SOFTHSM2_CONF", "") // put back afterwards
	folder, err := hsmtest.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []hsmtest.Kind{hsmtest.RSA2048, hsmtest.P256, hsmtest.P384} {
		token := []string{"rsa", "p256", "p384"}[kind]
		public, err := folder.Make(hsmtest.Spec{Token: token, PIN: "1234", Label: "seal", ID: []byte{1}, Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		cert, err := w.CertifySeal(mutuality, "VATBE-0411000000", public)
		if err != nil {
			t.Fatal(err)
		}
		pin := filepath.Join(t.TempDir(), "pin")
		if err := os.WriteFile(pin, []byte("1234\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		key, err := hsm.Open(context.Background(), hsm.Config{Module: folder.Module(), Token: token, Label: "seal", PIN: hsm.PINFile(pin), Certificate: cert})
		if err != nil {
			t.Fatal(err)
		}
		s := &Sealer{Key: key, Certificates: []*x509.Certificate{cert}, Anchors: w.Anchors()}
		if err := s.Check(); err != nil {
			t.Errorf("%s: Check: %v", token, err)
		}
		sealed, err := s.Seal(t.Context(), letter(t).PDF, approval())
		if err != nil {
			t.Fatalf("%s: %v", token, err)
		}
		if ec, ok := public.(*ecdsa.PublicKey); ok && ec.Curve.Params().BitSize == 384 && w.report(t, sealed).Signatures[0].Hash != "SHA-384" {
			t.Errorf("%s: %+v", token, w.report(t, sealed).Signatures[0])
		}
		checkOutside(t, w, sealed)
		if err := key.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The path found once is used again while it is valid, and no longer.
func TestSealerPathAges(t *testing.T) {
	w := theWorld(t)
	s := w.sealer(t, certstest.P256)
	now := signedAt
	s.Now = func() time.Time { return now }
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	first, _ := s.Path()
	if again, err := s.Path(); err != nil || &again[0] != &first[0] {
		t.Errorf("Path again = %v, another one", err)
	}
	other, err := w.IssueSeal("Other", "VATBE-0400000001", certstest.P256)
	if err != nil {
		t.Fatal(err)
	}
	now = s.Certificates[0].NotAfter.Add(time.Second)
	if _, err := s.Path(); !errors.Is(err, ErrCertificate) {
		t.Errorf("Path after the certificate's end = %v, want ErrCertificate", err)
	}
	now, s.Key, s.Certificates = signedAt, other.Key, []*x509.Certificate{other.Certificate}
	if path, err := s.Path(); err != nil || !path[0].Equal(other.Certificate) {
		t.Errorf("Path of another certificate = %v, %v", path, err)
	}
}
