package revocation_test

import (
	"errors"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
)

// What is known of an answer is whether its signature is true, and nothing else: time,
// certificate and issuer are looked at each time, and a false one stays false.
func TestKnown(t *testing.T) {
	cert := sharedCard().Authentication.Certificate
	path, err := shared().Anchors().Path(cert, certs.Authentication, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	issuer, other := path[1], shared().Service("ocsp-citizen-ec").Certificate
	raw := respond(t, nil)
	var k revocation.Known
	if !k.Costs(raw, issuer) || k.Len() != 0 {
		t.Error("the zero value knows something")
	}
	k.Remember(revocation.Answer{Status: revocation.Good, Raw: raw})
	if !k.Costs(raw, issuer) {
		t.Error("an answer that nobody verified is known")
	}
	for range 2 {
		if a, err := k.VerifyOCSP(raw, cert, issuer, time.Now(), skew); err != nil || a.Status != revocation.Good {
			t.Fatalf("VerifyOCSP = %v, %v", a.Status, err)
		}
		if k.Costs(raw, issuer) || k.Len() != 1 {
			t.Fatalf("%d facts of one answer", k.Len())
		}
	}
	if _, err := k.VerifyOCSP(raw, cert, issuer, time.Now().AddDate(1, 0, 0), skew); !errors.Is(err, revocation.ErrInvalid) {
		t.Errorf("a year later: %v", err)
	}
	if _, err := k.VerifyOCSP(raw, cert, other, time.Now(), skew); !errors.Is(err, revocation.ErrInvalid) {
		t.Errorf("of another issuer: %v", err)
	}
	bad := respond(t, signedBy(certstest.KeyPair{Certificate: other, Key: sharedCard().Authentication.Key}))
	for range 2 {
		if _, err := k.VerifyOCSP(bad, cert, issuer, time.Now(), skew); !errors.Is(err, revocation.ErrInvalid) {
			t.Errorf("false signature: %v", err)
		}
		if k.Costs(bad, issuer) {
			t.Error("a false signature is computed each time")
		}
	}
	a, err := revocation.VerifyOCSP(raw, cert, issuer, nil, time.Now(), skew)
	if err != nil {
		t.Fatal(err)
	}
	var told revocation.Known
	if told.Remember(a); told.Costs(raw, issuer) || !told.Costs(raw, other) {
		t.Error("an answer that was verified is not known, or of somebody else")
	}
	var none *revocation.Known
	if _, err := none.VerifyOCSP(raw, cert, issuer, time.Now(), skew); err != nil || none.Len() != 0 {
		t.Errorf("knowing nothing: %v", err)
	}
}

// The same of a list, which several certificates are looked up in.
func TestKnownLists(t *testing.T) {
	w := start(t, certstest.P384)
	path := w.pathTo(t, w.card.Signature.Certificate, certs.Signature)
	answers, err := w.checker(t, nil).Evidence(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	var k revocation.Known
	k.Remember(answers...)
	for _, a := range answers {
		if a.Source != revocation.CRL {
			continue
		}
		spoilt := append([]byte(nil), a.Raw...)
		spoilt[len(spoilt)-1] ^= 1
		n := k.Len()
		if got, err := k.VerifyCRL(a.Raw, path[1], path[2], time.Now(), skew); err != nil || got.Status != revocation.Good || k.Len() != n {
			t.Errorf("a list that is known: %v, %v", got.Status, err)
		}
		for range 2 {
			if _, err := k.VerifyCRL(spoilt, path[1], path[2], time.Now(), skew); !errors.Is(err, revocation.ErrInvalid) || k.Len() != n+1 {
				t.Errorf("a spoilt list: %v, %d facts more", err, k.Len()-n)
			}
		}
		return
	}
	t.Error("no list among the answers")
}
