package revocation_test

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
)

// A service may drop a certificate from its register once it has expired (RFC 5280, 3.3),
// and calls it good again, withdrawn or not: unless it says since when it forgets nothing.
func TestOCSPAfterTheEndOfTheCertificate(t *testing.T) {
	card := sharedCard()
	cert := card.Authentication.Certificate
	now := cert.NotAfter.Add(24 * time.Hour)
	for _, c := range []struct {
		name   string
		cutoff time.Time // zero: not said
		status int
		want   error
	}{
		{"good", time.Time{}, certstest.StatusGood, revocation.ErrInvalid},
		{"good, forgets what ended before today", now.Add(-time.Hour), certstest.StatusGood, revocation.ErrInvalid},
		{"good, forgets what ended a year ago", now.AddDate(-1, 0, 0), certstest.StatusGood, nil},
		{"revoked", time.Time{}, certstest.StatusRevoked, revocation.RevokedError{At: cert.NotBefore.Add(time.Hour).UTC(), Reason: 1}},
	} {
		r, err := shared().OCSPResponse(cert, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.ProducedAt, r.Signer, r.Certificates = now, shared().Authority("citizen-ec"), nil
		s := &r.Singles[0]
		s.Status, s.ThisUpdate, s.NextUpdate, s.RevokedAt, s.Reason = c.status, now, now.Add(time.Minute), cert.NotBefore.Add(time.Hour), 1
		if !c.cutoff.IsZero() {
			value, err := asn1.MarshalWithParams(c.cutoff.UTC().Truncate(time.Second), "generalized")
			if err != nil {
				t.Fatal(err)
			}
			s.Extensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 6}, Value: value}}
		}
		raw, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		answer, err := revocation.VerifyOCSP(raw, cert, card.Issuer, nil, now, skew)
		if !errors.Is(err, c.want) || (answer.Status == revocation.Good) != (c.want == nil) {
			t.Errorf("VerifyOCSP(%s) = %v, %v, want %v", c.name, answer.Status, err, c.want)
		}
	}
}
