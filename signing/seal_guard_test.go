package signing

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"guichet.example/certs/certstest"
)

// patient is a key that waits no longer than its caller, as those in tokens do.
type patient struct{ crypto.Signer }

func (p patient) SignContext(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return p.Sign(nil, digest, opts)
}

// What was verified once holds for that certificate, those anchors, that time and that
// key, and for no other.
func TestSealPathIsAskedAnew(t *testing.T) {
	w := theWorld(t)
	other := w.sealer(t, certstest.P256)
	strangers, err := certstest.New(certstest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Sealer){
		"expired since":           func(s *Sealer) { s.Now = func() time.Time { return signedAt.AddDate(20, 0, 0) } },
		"clock before its time":   func(s *Sealer) { s.Now = func() time.Time { return signedAt.AddDate(-20, 0, 0) } },
		"anchors of strangers":    func(s *Sealer) { s.Anchors = strangers.Anchors() },
		"another certificate":     func(s *Sealer) { s.Certificates = other.Certificates },
		"another key":             func(s *Sealer) { s.Key = other.Key },
		"a key of unknown kind":   func(s *Sealer) { s.Certificates = []*x509.Certificate{withKey(s.Certificates[0], nil)} },
		"a key that is no key":    func(s *Sealer) { s.Certificates = []*x509.Certificate{withKey(s.Certificates[0], "key")} },
		"a person's in its place": func(s *Sealer) { s.Certificates[0] = w.cards[certstest.P256].Signature.Certificate },
	} {
		s := w.sealer(t, certstest.P256)
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		change(s)
		if err := s.Check(); !errors.Is(err, ErrCertificate) {
			t.Errorf("%s: Check = %v, want ErrCertificate", name, err)
		}
		if out, err := s.Seal(t.Context(), letter(t).PDF, approval()); !errors.Is(err, ErrCertificate) || out != nil {
			t.Errorf("%s: Seal = %d bytes, %v, want ErrCertificate", name, len(out), err)
		}
	}
}

func withKey(c *x509.Certificate, key any) *x509.Certificate {
	other := *c
	other.PublicKey = key
	return &other
}

// A certificate that names no organisation, or none at all, has no name to seal in.
func TestSealerWithoutName(t *testing.T) {
	for name, s := range map[string]*Sealer{
		"no certificate": {}, "no organisation": {Certificates: []*x509.Certificate{{}}},
	} {
		if got := s.Name(); got != "" {
			t.Errorf("%s: Name = %q", name, got)
		}
	}
}

// A key in a token is waited for no longer than the caller wants, and PSS is what a key
// that is asked for it makes.
func TestSealKeyIsAsked(t *testing.T) {
	w := theWorld(t)
	s := w.sealer(t, certstest.P256)
	s.Key = patient{s.Key}
	if _, err := s.Seal(t.Context(), letter(t).PDF, approval()); err != nil {
		t.Fatalf("Seal = %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if out, err := s.Seal(gone, letter(t).PDF, approval()); !errors.Is(err, ErrSealKey) || !errors.Is(err, context.Canceled) || out != nil {
		t.Errorf("nobody waits: Seal = %d bytes, %v, want ErrSealKey", len(out), err)
	}
	rsa, o := w.sealer(t, certstest.RSA2048), approval()
	o.PSS = true
	if _, err := rsa.Seal(t.Context(), letter(t).PDF, o); err != nil {
		t.Errorf("PSS: Seal = %v", err)
	}
}

// checked is a key that leaves the verification to its caller, as those in tokens do.
type checked struct {
	patient
	spoil func(value []byte) []byte
	heard *error // what check said last
}

func (c checked) SignChecked(ctx context.Context, digest []byte, opts crypto.SignerOpts, check func([]byte) error) ([]byte, error) {
	value, err := c.SignContext(ctx, digest, opts)
	if err != nil {
		return nil, err
	}
	value = c.spoil(value)
	*c.heard = check(value)
	return value, *c.heard
}

// A value that a faulty token gives is found in the file it was built into, once, and the
// token's key hears of it.
func TestSealFaultyToken(t *testing.T) {
	w := theWorld(t)
	for _, a := range algorithms {
		for name, spoil := range map[string]func([]byte) []byte{
			"one bit":  func(v []byte) []byte { v[len(v)-1] ^= 1; return v },
			"rubbish":  func([]byte) []byte { return []byte{1, 2, 3} },
			"nothing":  func([]byte) []byte { return nil },
			"another":  func(v []byte) []byte { return append(v[:0:0], make([]byte, len(v))...) },
			"too long": func(v []byte) []byte { return append(v, 0) },
		} {
			s, heard := w.sealer(t, a), error(nil)
			s.Key = checked{patient{s.Key}, spoil, &heard}
			out, err := s.Seal(t.Context(), letter(t).PDF, approval())
			if !errors.Is(err, ErrSealKey) || !errors.Is(err, ErrSignatureValue) || out != nil {
				t.Errorf("%v, %s: Seal = %d bytes, %v; want ErrSealKey and ErrSignatureValue", a, name, len(out), err)
			}
			if !errors.Is(heard, ErrSignatureValue) {
				t.Errorf("%v, %s: the key heard %v", a, name, heard)
			}
		}
		s, heard := w.sealer(t, a), errors.New("nothing yet")
		s.Key = checked{patient{s.Key}, func(v []byte) []byte { return v }, &heard}
		if out, err := s.Seal(t.Context(), letter(t).PDF, approval()); err != nil || heard != nil {
			t.Errorf("%v: Seal = %d bytes, %v; the key heard %v", a, len(out), err, heard)
		}
	}
}

// What the seal is verified with is what the bytes of the certificate say, not what the
// certificate at hand says of itself.
func TestSealCertificateThatLies(t *testing.T) {
	w := theWorld(t)
	s, other := w.sealer(t, certstest.P256), w.sealer(t, certstest.P256)
	s.Key, s.Certificates = other.Key, []*x509.Certificate{withKey(s.Certificates[0], other.Key.Public())}
	for range 2 { // the second time with the path of the first
		if out, err := s.Seal(t.Context(), letter(t).PDF, approval()); !errors.Is(err, ErrSignatureValue) || out != nil {
			t.Errorf("Seal = %d bytes, %v, want ErrSignatureValue", len(out), err)
		}
	}
}
