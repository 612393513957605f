package signing

import (
	"bytes"
	"errors"
	"testing"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

// Only the first signature certifies, with a permission there is; a certification without
// permission takes no further signature.
func TestCertifyRefuses(t *testing.T) {
	w := theWorld(t)
	seal := w.sealer(t, certstest.P256)
	letter := letter(t).PDF
	for name, c := range map[string]struct {
		file    []byte
		certify Permission
	}{
		"after a signature":          {w.signed(t, certstest.P256), Signing},
		"annotations":                {letter, 3},
		"less than nothing":          {letter, -1},
		"with a certification there": {locked(t, letter), Signing},
	} {
		if _, err := seal.Seal(t.Context(), c.file, SealOptions{Certify: c.certify}); !errors.Is(err, ErrUnsuitable) {
			t.Errorf("%s: Seal = %v, want %v", name, err, ErrUnsuitable)
		}
	}
	final, err := seal.Seal(t.Context(), letter, SealOptions{Certify: NoChanges})
	if err != nil {
		t.Fatal(err)
	}
	r := w.request(t, certstest.P256)
	r.PDF = final
	if _, err := Prepare(r); !errors.Is(err, ErrUnsuitable) {
		t.Errorf("a signature after a final certification: %v, want %v", err, ErrUnsuitable)
	}
}

// A certified file goes through every level, and takes a member's signature if it says
// so; programs that we did not write agree.
func TestCertify(t *testing.T) {
	w := theWorld(t)
	for _, p := range []Permission{NoChanges, Signing} {
		sealed, err := w.sealer(t, certstest.P384).Seal(t.Context(), letter(t).PDF, SealOptions{
			Certify: p, Attachment: &Attachment{Name: "approval.json", JSON: []byte(`{"bytes":1}`)},
		})
		if err != nil {
			t.Fatal(err)
		}
		f, err := pdf.Open(sealed)
		if err != nil {
			t.Fatal(err)
		}
		if locked, err := f.Last().Locked(); err != nil || locked != (p == NoChanges) {
			t.Errorf("permission %d: locked %t, %v", p, locked, err)
		}
		if p == Signing {
			r := w.request(t, certstest.RSA2048)
			r.PDF = sealed
			sealed = w.sign(t, r, w.cards[certstest.RSA2048].Signature.Key)
		}
		raised, level, err := w.extender(t).Extend(t.Context(), sealed, LevelLTA)
		if err != nil || level != LevelLTA {
			t.Fatalf("permission %d: Extend = %v, %v", p, level, err)
		}
		checkOutside(t, w, raised)
		for _, s := range w.report(t, raised).Signatures {
			if s.Kind != Seal && !s.Valid() || len(s.ChangedAfter) > 0 {
				t.Errorf("permission %d: %+v", p, s)
			}
		}
	}
}

func TestPSSRefusesOtherKeys(t *testing.T) {
	w := theWorld(t)
	r := w.request(t, certstest.P384)
	r.PSS = true
	if _, err := Prepare(r); !errors.Is(err, ErrCertificate) {
		t.Errorf("PSS with ECDSA: %v, want %v", err, ErrCertificate)
	}
	r = w.request(t, certstest.RSA2048)
	plain, err := Prepare(r)
	if err != nil {
		t.Fatal(err)
	}
	r.PSS = true
	salted, err := Prepare(r)
	if err != nil || !bytes.Equal(plain.Digest, salted.Digest) {
		t.Fatalf("Prepare with PSS: %v", err)
	}
	key := w.cards[certstest.RSA2048].Signature.Key
	if _, err := salted.Complete(value(t, key, plain)); !errors.Is(err, ErrSignatureValue) {
		t.Errorf("PKCS#1 v1.5 where PSS was asked for: %v, want %v", err, ErrSignatureValue)
	}
	if _, err := plain.Complete(value(t, key, salted)); !errors.Is(err, ErrSignatureValue) {
		t.Errorf("PSS where PKCS#1 v1.5 was asked for: %v, want %v", err, ErrSignatureValue)
	}
}

func TestPSS(t *testing.T) {
	w := theWorld(t)
	r := w.request(t, certstest.RSA2048)
	r.PSS = true
	signed := w.sign(t, r, w.cards[certstest.RSA2048].Signature.Key)
	checkOutside(t, w, signed)
	raised, level, err := w.extender(t).Extend(t.Context(), signed, LevelLTA)
	if err != nil || level != LevelLTA {
		t.Fatalf("Extend = %v, %v", level, err)
	}
	checkOutside(t, w, raised)
	if s := w.report(t, raised).Signatures[0]; !s.Valid() || s.Level != LevelLTA || s.Algorithm != "RSA 2048 PSS" {
		t.Errorf("report: %+v", s)
	}
}
