package cms

import (
	"crypto/elliptic"
	"errors"
	"testing"
)

// What is known holds for the same bytes and no others: not for another value, other
// attributes, another certificate of the same key, or another key.
func TestKnownIsNoShortcut(t *testing.T) {
	a, b := elliptical(t, elliptic.P256()), elliptical(t, elliptic.P256())
	k := &Known{}
	d, err := Parse(a.signed(t))
	if err != nil {
		t.Fatal(err)
	}
	digest := digestOf(d.Signer.Hash, content)
	if err := d.Verify(b.cert, digest, Baseline, k); !errors.Is(err, ErrSignature) || len(k.values) != 0 {
		t.Fatalf("Verify by another key = %v, %d values known; want %v and none", err, len(k.values), ErrSignature)
	}
	for range 2 {
		if err := d.Verify(a.cert, digest, Baseline, k); err != nil || len(k.values) != 1 {
			t.Fatalf("Verify = %v, %d values known; want one", err, len(k.values))
		}
	}
	if err := d.Verify(b.cert, digest, Baseline, k); !errors.Is(err, ErrSignature) {
		t.Errorf("known, by another key: Verify = %v, want %v", err, ErrSignature)
	}
	if err := d.Verify(newSigner(t, a.key).cert, digest, Baseline, k); !errors.Is(err, ErrCertificateID) {
		t.Errorf("known, by a twin: Verify = %v, want %v", err, ErrCertificateID)
	}
	if err := d.Verify(a.cert, digestOf(d.Signer.Hash, []byte("other")), Baseline, k); !errors.Is(err, ErrDigest) {
		t.Errorf("known, other bytes: Verify = %v, want %v", err, ErrDigest)
	}
	for name, spoil := range map[string]func(*SignerInfo){
		"value":      func(s *SignerInfo) { s.Value[len(s.Value)-1] ^= 1 },
		"attributes": func(s *SignerInfo) { s.Attributes[len(s.Attributes)-1] ^= 1 },
		"algorithm":  func(s *SignerInfo) { s.algorithm.oid = oidRSA },
		"hash":       func(s *SignerInfo) { s.Hash = knownHashes[1] },
	} {
		d, err := Parse(a.signed(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Verify(a.cert, digest, Baseline, k); err != nil {
			t.Fatal(err)
		}
		spoil(&d.Signer)
		if err := k.verify(a.cert, d.Signer.algorithm, d.Signer.Hash, d.Signer.Attributes, d.Signer.Value); err == nil {
			t.Errorf("spoilt %s of a known value verifies", name)
		}
	}
}

func TestKnownCertificates(t *testing.T) {
	a := elliptical(t, elliptic.P256())
	d, err := Parse(a.signed(t))
	if err != nil {
		t.Fatal(err)
	}
	k := &Known{}
	first, _, err := d.Signers(k)
	if err != nil {
		t.Fatal(err)
	}
	if again, _, err := d.Signers(k); err != nil || again != first {
		t.Errorf("Signers = %p, %v; want %p, which is known", again, err, first)
	}
	if fresh, _, err := d.Signers(nil); err != nil || fresh == first {
		t.Errorf("Signers without what is known = %p, %v; want one parsed anew", fresh, err)
	}
	d.Certificates = [][]byte{{0x30, 0}}
	if _, _, err := d.Signers(k); !errors.Is(err, ErrNoCertificate) {
		t.Errorf("Signers of rubbish = %v, want %v", err, ErrNoCertificate)
	}
}

// A hostile file cannot make it grow, and what no longer fits is found out each time.
func TestKnownIsBounded(t *testing.T) {
	a := elliptical(t, elliptic.P256())
	k := &Known{}
	for range maxKnown + 5 {
		d, err := Parse(a.signed(t)) // ECDSA: another value each time
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Verify(a.cert, digestOf(d.Signer.Hash, content), Baseline, k); err != nil {
			t.Fatal(err)
		}
		k.Remember(newSigner(t, a.key).cert)
	}
	if len(k.values) != maxKnown || len(k.certificates) != maxKnown {
		t.Errorf("%d values and %d certificates known, want %d", len(k.values), len(k.certificates), maxKnown)
	}
	var none *Known
	none.Remember(a.cert)
}
