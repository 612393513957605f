package revocation_test

import (
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
)

func vector(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func vectorCert(t testing.TB, name string) *x509.Certificate {
	t.Helper()
	cert, err := certs.Parse(vector(t, name+".crt"))
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// vectorTime is when the vectors were made, as near as need be.
func vectorTime(t testing.TB) time.Time { return vectorCert(t, "leaf").NotBefore.Add(time.Minute) }

// OpenSSL's answers, which share no code with certstest.
func TestVectors(t *testing.T) {
	at, ca := vectorTime(t), vectorCert(t, "ca")
	for _, c := range []struct {
		file, cert string
		status     revocation.Status
		delegated  int
	}{
		{"good.ocsp", "leaf", revocation.Good, 1},
		{"good-by-key.ocsp", "leaf", revocation.Good, 1},
		{"good-by-issuer.ocsp", "leaf", revocation.Good, 0},
		{"revoked.ocsp", "other", revocation.Revoked, 1},
		{"unknown.ocsp", "responder", revocation.Unknown, 1},
		{"list.crl", "leaf", revocation.Good, 0},
		{"list.crl", "other", revocation.Revoked, 0},
	} {
		cert := vectorCert(t, c.cert)
		verify := revocation.VerifyCRL
		if filepath.Ext(c.file) == ".ocsp" {
			verify = func(raw []byte, cert, issuer *x509.Certificate, at time.Time, skew time.Duration) (revocation.Answer, error) {
				return revocation.VerifyOCSP(raw, cert, issuer, nil, at, skew)
			}
		}
		answer, err := verify(vector(t, c.file), cert, ca, at, skew)
		if answer.Status != c.status || len(answer.Certificates) != c.delegated || (err == nil) != (c.status == revocation.Good) {
			t.Errorf("%s on %s = %v, %v, want %v", c.file, c.cert, answer.Status, err, c.status)
		}
		if c.status == revocation.Revoked && (answer.Reason != 1 || !answer.RevokedAt.Equal(time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC))) {
			t.Errorf("%s on %s = reason %d at %v", c.file, c.cert, answer.Reason, answer.RevokedAt)
		}
	}
}

// Evidence is weighed at the time of a signature, and may be younger than it.
func TestVerifyEvidence(t *testing.T) {
	made, ca, day := vectorTime(t), vectorCert(t, "ca"), 24*time.Hour
	january := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC) // other.crt is revoked since
	revoked := revocation.RevokedError{At: january, Reason: 1}
	for _, c := range []struct {
		name, file, cert string
		at, now          time.Time
		status           revocation.Status
		want             error
	}{
		{"from the future", "good.ocsp", "leaf", made, made.Add(-day), revocation.Unknown, revocation.ErrInvalid},
		{"list from the future", "list.crl", "leaf", made, made.Add(-day), revocation.Unknown, revocation.ErrInvalid},
		{"past its nextUpdate", "good.ocsp", "leaf", made.AddDate(11, 0, 0), made.AddDate(11, 0, 0), revocation.Unknown, revocation.ErrInvalid},
		{"list past its nextUpdate", "list.crl", "leaf", made.AddDate(11, 0, 0), made.AddDate(11, 0, 0), revocation.Unknown, revocation.ErrInvalid},
		{"on another certificate", "good.ocsp", "other", made, made, revocation.Unknown, revocation.ErrInvalid},
		{"revoked", "revoked.ocsp", "other", made, made, revocation.Revoked, revoked},
		{"revoked by the list", "list.crl", "other", january, made, revocation.Revoked, revoked},
		{"unknown", "unknown.ocsp", "responder", made, made, revocation.Unknown, revocation.ErrUnknown},
		{"a certificate", "ca.crt", "leaf", made, made, revocation.Unknown, revocation.ErrInvalid},
		{"revoked later", "revoked.ocsp", "other", january.Add(-time.Second), made, revocation.Revoked, nil},
		{"revoked later, by the list", "list.crl", "other", january.Add(-time.Second), made, revocation.Revoked, nil},
		{"as it was made", "good.ocsp", "leaf", made, made, revocation.Good, nil},
		{"made a day after", "good.ocsp", "leaf", made.Add(-day), made, revocation.Good, nil},
		{"made a day before, still holding", "good.ocsp", "leaf", made.Add(day), made.Add(day), revocation.Good, nil},
		{"seen years later", "good-by-issuer.ocsp", "leaf", made, made.AddDate(20, 0, 0), revocation.Good, nil},
		{"list seen years later", "list.crl", "leaf", made.Add(-day), made.AddDate(20, 0, 0), revocation.Good, nil},
	} {
		answer, err := revocation.VerifyEvidence(vector(t, c.file), vectorCert(t, c.cert), ca, c.at, c.now, skew)
		if !errors.Is(err, c.want) || answer.Status != c.status {
			t.Errorf("VerifyEvidence(%s) = %v, %v, want %v, %v", c.name, answer.Status, err, c.status, c.want)
		}
	}
}
