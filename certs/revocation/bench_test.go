package revocation_test

import (
	"context"
	"crypto/x509"
	"slices"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
)

// With everything cached, a Check verifies nothing: it goes well with issuers whose public
// keys were taken away.
func TestCheckCachedNeedsNoKey(t *testing.T) {
	w := start(t, certstest.P384)
	checker := w.checker(t, nil)
	if _, err := checker.Check(context.Background(), w.path); err != nil {
		t.Fatal(err)
	}
	keyless := slices.Clone(w.path)
	for i, cert := range keyless {
		without := *cert
		without.PublicKey = nil
		keyless[i] = &without
	}
	if _, err := checker.Check(context.Background(), keyless); err != nil {
		t.Errorf("Check with a cached answer = %v", err)
	}
	if _, err := checker.Fresh(context.Background(), keyless); err != nil {
		// The responder is known to be its CA's, so that only the answer's own signature
		// is verified, with the responder's key.
		t.Errorf("Fresh with a known responder = %v", err)
	}
}

func BenchmarkCheckCached(b *testing.B) {
	w := start(b, certstest.P384)
	checker := w.checker(b, nil)
	ctx := context.Background()
	for b.Loop() {
		if _, err := checker.Check(ctx, w.path); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFreshOverLoopback(b *testing.B) {
	w := start(b, certstest.P384)
	checker := w.checker(b, nil)
	ctx := context.Background()
	for b.Loop() {
		if _, err := checker.Fresh(ctx, w.path); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyOCSP(b *testing.B) {
	card, now, raw := sharedCard(), time.Now(), respond(b, nil)
	for b.Loop() {
		if _, err := revocation.VerifyOCSP(raw, card.Authentication.Certificate, card.Issuer, nonce, now, skew); err != nil {
			b.Fatal(err)
		}
	}
}

// A list of 100,000 entries, searched to its end.
func BenchmarkVerifyCRL(b *testing.B) {
	card, now := sharedCard(), time.Now()
	raw := crl(b, "citizen-ec", func(l *x509.RevocationList) {
		entry := x509.RevocationListEntry{SerialNumber: card.Signature.Certificate.SerialNumber, RevocationTime: now, ReasonCode: 1}
		l.RevokedCertificateEntries = slices.Repeat([]x509.RevocationListEntry{entry}, 100_000)
	})
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := revocation.VerifyCRL(raw, card.Authentication.Certificate, card.Issuer, now, skew); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLogin is the certificate's part of a card login: path and status, cached.
func BenchmarkLogin(b *testing.B) {
	w := start(b, certstest.P384)
	checker := w.checker(b, nil)
	ctx := context.Background()
	for b.Loop() {
		path, err := w.Anchors().Path(w.path[0], certs.Authentication, time.Now())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := checker.Check(ctx, path); err != nil {
			b.Fatal(err)
		}
	}
}
