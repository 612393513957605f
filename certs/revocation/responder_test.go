package revocation_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
)

// below is a PKI under a root of world: a CA with an OCSP service and no list, and a
// certificate whose OCSP answers the CA itself signs.
type below struct {
	path certs.Path
	host string
}

func newBelow(t *testing.T, w *world) below {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := w.Forge("root-ec", &x509.Certificate{
		Subject: pkix.Name{CommonName: "Another CA"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, OCSPServer: []string{w.URL + "/ocsp/root-ec"},
	}, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	var leaf *x509.Certificate
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		now := time.Now().UTC().Truncate(time.Second)
		raw, err := certstest.OCSPResponse{
			Signer: certstest.KeyPair{Certificate: ca, Key: key}, ProducedAt: now,
			Singles: []certstest.OCSPSingle{{Certificate: leaf, Issuer: ca, ThisUpdate: now}},
		}.Marshal()
		if err != nil {
			t.Error(err)
		}
		rw.Header().Set("Content-Type", "application/ocsp-response")
		rw.Write(raw)
	}))
	t.Cleanup(server.Close)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(5), NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, OCSPServer: []string{server.URL},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, key.Public(), key)
	if err == nil {
		leaf, err = x509.ParseCertificate(der)
	}
	if err != nil {
		t.Fatal(err)
	}
	return below{certs.Path{leaf, ca, w.Authority("root-ec").Certificate}, strings.TrimPrefix(server.URL, "http://")}
}

// A CA that names an OCSP service and no list is asked after there, once until nextUpdate.
func TestCheckCAByOCSP(t *testing.T) {
	w, ctx := start(t, certstest.P256), context.Background()
	b := newBelow(t, w)
	checker := w.checker(t, func(c *revocation.Config) { c.Hosts, c.WithoutNonce = append(c.Hosts, b.host), []string{b.host} })
	if _, err := checker.Check(ctx, b.path); !errors.Is(err, revocation.ErrUnknown) || !strings.Contains(err.Error(), "Another CA") {
		t.Errorf("Check below a CA that was never issued = %v, want %v", err, revocation.ErrUnknown)
	}
	if err := w.Enter(b.path[1]); err != nil {
		t.Fatal(err)
	}
	before := w.Control().Requests(certstest.OCSP)
	for range 3 {
		if answer, err := checker.Fresh(ctx, b.path); err != nil || len(answer.Certificates) != 0 {
			t.Errorf("Fresh = %d responder certificates, %v", len(answer.Certificates), err)
		}
	}
	if n := w.Control().Requests(certstest.OCSP) - before; n != 1 {
		t.Errorf("the CA was asked after %d times, want once", n)
	}
	if err := w.Revoke(b.path[1], time.Time{}, 2); err != nil {
		t.Fatal(err)
	}
	fresh := w.checker(t, func(c *revocation.Config) { c.Hosts, c.WithoutNonce = append(c.Hosts, b.host), []string{b.host} })
	if _, err := fresh.Check(ctx, b.path); !errors.As(err, new(revocation.RevokedError)) {
		t.Errorf("Check below a revoked CA = %v", err)
	}
	silent := *b.path[1]
	silent.OCSPServer = nil
	if _, err := fresh.Check(ctx, certs.Path{b.path[0], &silent, b.path[2]}); !errors.Is(err, revocation.ErrUnknown) {
		t.Errorf("Check below a CA that names no service = %v, want %v", err, revocation.ErrUnknown)
	}
}

// A responder without id-pkix-ocsp-nocheck is itself looked up in its CA's list.
func TestCheckWithdrawnResponder(t *testing.T) {
	w, ctx := start(t, certstest.P256), context.Background()
	key := w.Service("ocsp-citizen-ec").Key
	forge := func(serial int64, lists ...string) *x509.Certificate {
		cert, err := w.Forge("citizen-ec", &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "Responder"}, KeyUsage: x509.KeyUsageDigitalSignature,
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}, CRLDistributionPoints: lists,
		}, key.Public())
		if err != nil {
			t.Fatal(err)
		}
		w.UseResponder("citizen-ec", certstest.KeyPair{Certificate: cert, Key: key})
		return cert
	}
	forge(801)
	if _, err := w.checker(t, nil).Check(ctx, w.path); !errors.Is(err, revocation.ErrInvalid) {
		t.Errorf("Check by a responder that nobody can look up = %v, want %v", err, revocation.ErrInvalid)
	}
	responder := forge(802, w.URL+"/crl/citizen-ec.crl")
	checker := w.checker(t, nil)
	if _, err := checker.Check(ctx, w.path); err != nil {
		t.Errorf("Check by a responder in good standing = %v", err)
	}
	if all, err := checker.Evidence(ctx, w.path); err != nil || len(all) != 3 || all[1].Source != revocation.CRL {
		t.Errorf("Evidence = %d answers, %v, want 3 with the responder's", len(all), err)
	}
	if err := w.Enter(responder); err != nil {
		t.Fatal(err)
	}
	if err := w.Revoke(responder, time.Time{}, 1); err != nil {
		t.Fatal(err)
	}
	answer, err := w.checker(t, nil).Check(ctx, w.path)
	if !errors.Is(err, revocation.ErrInvalid) || errors.As(err, new(revocation.RevokedError)) || answer.Status != revocation.Unknown {
		t.Errorf("Check by a revoked responder = %v, %v, want %v: the card is not what is revoked", answer.Status, err, revocation.ErrInvalid)
	}
}
