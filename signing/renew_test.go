package signing

import (
	"bytes"
	"crypto"
	"crypto/sha512"
	"crypto/x509"
	"errors"
	"slices"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
)

// years is a clock that tests set forward, with the authorities that there are at each
// time: one that began lately and whose certificates still hold.
type years struct {
	now     time.Time
	anchors []*x509.Certificate
	server  *certstest.Server
	hosts   []string
}

func startYears(t *testing.T) *years {
	t.Helper()
	y := &years{now: time.Now().UTC().Truncate(time.Second)}
	y.found(t)
	return y
}

// found starts new authorities at the present time.
func (y *years) found(t *testing.T) {
	t.Helper()
	y.server = certstest.Start(t, certstest.Config{Now: y.clock})
	y.anchors = append(y.anchors, y.server.AnchorCertificates()...)
	y.hosts = append(y.hosts, y.server.Hosts()...)
}

func (y *years) clock() time.Time { return y.now }

func (y *years) pass(n int) { y.now = y.now.AddDate(n, 0, 0) }

func (y *years) trust(t *testing.T) Trust {
	t.Helper()
	anchors, err := certs.NewTrustAnchors(y.anchors...)
	if err != nil {
		t.Fatal(err)
	}
	return Trust{Anchors: anchors, Now: y.clock}
}

func (y *years) extender(t *testing.T) *Extender {
	t.Helper()
	anchors := y.trust(t).Anchors
	checker, err := revocation.New(revocation.Config{Hosts: y.hosts, Now: y.clock})
	if err != nil {
		t.Fatal(err)
	}
	tsa, err := NewTSA(TSAConfig{URLs: []string{y.server.TSAURL()}, Anchors: anchors, Now: y.clock})
	if err != nil {
		t.Fatal(err)
	}
	return &Extender{TSA: tsa, Revocation: checker, Anchors: anchors, Now: y.clock}
}

// signed is the letter signed now by a card of the present authorities, at B-LTA.
func (y *years) signed(t *testing.T) []byte {
	t.Helper()
	card, err := y.server.Issue(certstest.Person{
		GivenNames: "Mathieu Luc", Surname: "Delcourt", NationalNumber: nationalNumber, Algorithm: certstest.P256,
	})
	if err != nil {
		t.Fatal(err)
	}
	path, err := y.trust(t).Anchors.Path(card.Signature.Certificate, certs.Signature, y.now)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{}
	file := w.sign(t, Request{PDF: letter(t).PDF, Path: path, At: y.now}, card.Signature.Key)
	file, level, err := y.extender(t).Extend(t.Context(), file, LevelLTA)
	if err != nil || level != LevelLTA {
		t.Fatalf("Extend = %v, %v", level, err)
	}
	return file
}

func (y *years) report(t *testing.T, file []byte) *Report {
	t.Helper()
	r, err := Verify(t.Context(), file, y.trust(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRenewRefuses(t *testing.T) {
	w := theWorld(t)
	e := w.extender(t)
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"no archive timestamp": {w.raised(t, certstest.P256, LevelLT), ErrNoArchive},
		"a letter":             {letter(t).PDF, ErrUnsuitable},
		"no file":              {[]byte("hello"), ErrNotPDF},
		"a changed file":       {bytes.Replace(w.raised(t, certstest.P256, LevelLTA), []byte("/Title"), []byte("/Tittle")[:6], 1), ErrUnsuitable},
	} {
		if out, err := e.Renew(t.Context(), c.file); !errors.Is(err, c.want) || out != nil {
			t.Errorf("%s: Renew = %d bytes, %v, want %v", name, len(out), err, c.want)
		}
		if _, err := NextRenewal(c.file, w.trust()); name != "a changed file" && !errors.Is(err, c.want) && !errors.Is(err, ErrNoArchive) {
			t.Errorf("%s: NextRenewal = %v, want %v", name, err, c.want)
		}
	}
}

// Once the certificate of the newest timestamp has run out it is too late.
func TestRenewTooLate(t *testing.T) {
	y := startYears(t)
	file := y.signed(t)
	until, err := NextRenewal(file, y.trust(t))
	if err != nil || until.Before(y.now.AddDate(4, 0, 0)) || until.After(y.now.AddDate(6, 0, 0)) {
		t.Fatalf("NextRenewal = %v, %v", until, err)
	}
	y.now = until.Add(time.Hour)
	y.found(t)
	if out, err := y.extender(t).Renew(t.Context(), file); !errors.Is(err, ErrUnsuitable) || out != nil {
		t.Errorf("Renew = %d bytes, %v, want %v", len(out), err, ErrUnsuitable)
	}
	if r := y.report(t, file); r.Valid() || r.Signatures[0].Indication != Indeterminate {
		t.Errorf("the file that nobody renewed: %+v", r.Signatures[0])
	}
}

// A timestamp holds no longer than the hash of what it stamped, whatever it is signed with.
func TestNextRenewalByAlgorithm(t *testing.T) {
	l := newLab(t)
	file := l.documentStamp(func(covered []byte) []byte {
		return l.stamp(covered, func(s *certstest.Stamp) {
			sum := sha512.Sum512(covered)
			s.Imprint, s.Hash = sum[:], crypto.SHA512
		})
	})
	soon := time.Now().AddDate(0, 6, 0).Truncate(time.Second)
	without := func(algorithm string) CryptoPolicy {
		return slices.DeleteFunc(DefaultCryptoPolicy(), func(s Sunset) bool { return s.Algorithm == algorithm })
	}
	for name, c := range map[string]struct {
		policy CryptoPolicy
		until  time.Time // zero: refused
	}{
		"hash of the imprint":       {append(without("SHA-512"), Sunset{Algorithm: "SHA-512", Until: soon}), soon},
		"hash of the signature":     {append(without("SHA-256"), Sunset{Algorithm: "SHA-256", Until: soon}), soon},
		"imprint that nobody knows": {without("SHA-512"), time.Time{}},
		"key that nobody knows":     {without("ECDSA"), time.Time{}},
	} {
		trust := l.w.trust()
		trust.Policy = c.policy
		until, err := NextRenewal(file, trust)
		if !until.Equal(c.until) || c.until.IsZero() != errors.Is(err, ErrUnsuitable) {
			t.Errorf("%s: NextRenewal = %v, %v, want %v", name, until, err, c.until)
		}
	}
}

// A signature is checked twenty years on, when every certificate that it was made with
// has run out and nobody answers for them.
func TestRenewForTwentyYears(t *testing.T) {
	y := startYears(t)
	file := y.signed(t)
	for range 5 {
		y.pass(4)
		y.found(t)
		before := file
		var err error
		if file, err = y.extender(t).Renew(t.Context(), file); err != nil {
			t.Fatalf("Renew: %v", err)
		}
		if !bytes.HasPrefix(file, before) {
			t.Fatal("Renew changed what was there")
		}
		if r := y.report(t, file); !r.Valid() || r.Signatures[0].Level != LevelLTA {
			t.Fatalf("in %d: %+v", y.now.Year(), r.Signatures[0])
		}
	}
	checkStructure(t, file)
}

func checkStructure(t *testing.T, signed []byte) {
	t.Helper()
	name := file(t, "renewed.pdf", signed)
	mustTool(t, "No syntax or stream encoding errors found", "qpdf", "--check", name)
}
