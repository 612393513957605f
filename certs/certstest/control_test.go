package certstest_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guichet.example/certs/certstest"
)

// Asked to verify, openssl refuses each time-stamp that is wrong, for the reason
// that the fault is named after.
func TestTSAFaultsAsOpenSSLSeesThem(t *testing.T) {
	pki := certstest.Start(t)
	dir := t.TempDir()
	roots := writePEM(t, dir, "roots.pem", pki.Authority("root-ec").Certificate)
	ca := writePEM(t, dir, "tsa-ca.pem", pki.Authority("tsa-ca").Certificate)
	data, query, reply := filepath.Join(dir, "data"), filepath.Join(dir, "query"), filepath.Join(dir, "reply")
	if err := os.WriteFile(data, []byte("a document"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustOpenSSL(t, "", "ts", "-query", "-data", data, "-sha256", "-cert", "-out", query)
	for fault, want := range map[certstest.Fault]string{
		certstest.WrongImprint:  "message imprint mismatch",
		certstest.WrongNonce:    "nonce mismatch",
		certstest.NoNonce:       "nonce not returned",
		certstest.Replayed:      "mismatch",
		certstest.ExpiredSigner: "certificate has expired",
		certstest.WrongSigner:   "purpose",
		certstest.TryLater:      "status code: rejection",
		certstest.Garbage:       "Verification: FAILED",
		certstest.WrongType:     "Verification: FAILED",
	} {
		set(t, pki, certstest.TSA, fault)
		post(t, pki.TSAURL(), query, reply)
		out, err := openssl(t, "ts", "-verify", "-queryfile", query, "-in", reply, "-CAfile", roots, "-untrusted", ca)
		if err == nil || !strings.Contains(out, want) {
			t.Errorf("openssl ts -verify with a TSA that is %s = %v, want %q in:\n%s", fault, err, want, out)
		}
	}
}

// The same for OCSP, where openssl looks: it neither minds two answers nor a first
// certificate that is not the signer's.
func TestOCSPFaultsAsOpenSSLSeesThem(t *testing.T) {
	pki := certstest.Start(t)
	dir := t.TempDir()
	card := issue(t, pki, nora(certstest.P384))
	anchors := writePEM(t, dir, "anchors.pem", card.Issuer, card.Root)
	issuer, leaf := writePEM(t, dir, "issuer.pem", card.Issuer), writePEM(t, dir, "leaf.pem", card.Authentication.Certificate)
	for fault, want := range map[certstest.Fault]string{
		certstest.TryLater:      "trylater",
		certstest.Unknown:       "leaf.pem: unknown",
		certstest.Stale:         "status expired",
		certstest.Future:        "status not yet valid",
		certstest.WrongSigner:   "Response Verify Failure",
		certstest.ExpiredSigner: "Response Verify Failure",
		certstest.WrongNonce:    "Nonce Verify error",
		certstest.NoNonce:       "no nonce in response",
		certstest.Replayed:      "Nonce Verify error",
		certstest.WrongCertID:   "No Status found",
		certstest.ServerError:   "503",
		certstest.Garbage:       "Error querying OCSP responder",
	} {
		set(t, pki, certstest.OCSP, fault)
		out, _ := openssl(t, "ocsp", "-issuer", issuer, "-cert", leaf, "-url", card.Authentication.Certificate.OCSPServer[0], "-CAfile", anchors, "-timeout", "5")
		if !strings.Contains(out, want) {
			t.Errorf("openssl ocsp with a service that is %s, want %q in:\n%s", fault, want, out)
		}
	}
}

func set(t *testing.T, pki *certstest.Server, s certstest.Service, f certstest.Fault) {
	t.Helper()
	if err := pki.Control().Set(s, f); err != nil {
		t.Fatal(err)
	}
}

func TestControl(t *testing.T) {
	pki := certstest.Start(t)
	delayed := false
	get := func(path string) (int, error) {
		limit := 10 * time.Second
		if delayed {
			limit = 100 * time.Millisecond
		}
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, pki.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, err
		}
		defer response.Body.Close()
		return response.StatusCode, nil
	}
	c := pki.Control()
	for _, wrong := range []struct {
		certstest.Service
		certstest.Fault
	}{{certstest.CRL, certstest.WrongNonce}, {certstest.OCSP, certstest.WrongImprint}, {certstest.TSA, certstest.WrongCertID}, {certstest.AIA, certstest.Stale}, {certstest.OCSP, "sulking"}} {
		if err := c.Set(wrong.Service, wrong.Fault); err == nil || c.Fault(wrong.Service) != certstest.None {
			t.Errorf("Set(%s, %s) = nil, want an error", wrong.Service, wrong.Fault)
		}
	}
	for fault, status := range map[certstest.Fault]int{certstest.None: 200, certstest.ServerError: 503, certstest.Garbage: 200, certstest.Down: 0, certstest.Slow: 0} {
		set(t, pki, certstest.AIA, fault)
		delayed = fault == certstest.Slow
		if got, err := get("/aia/root-ec.crt"); got != status || (err == nil) != (status != 0) {
			t.Errorf("GET with AIA %q = %d, %v, want %d", fault, got, err, status)
		}
	}
	c.Reset()
	c.SetDelay(certstest.AIA, time.Minute)
	delayed = true
	if _, err := get("/aia/root-ec.crt"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("GET with a delay = %v, want %v", err, context.DeadlineExceeded)
	}
	c.Reset()
	delayed = false
	for path, status := range map[string]int{
		"/aia/citizen-rsa.crt": 200, "/aia/nobody.crt": 404, "/aia/root-ec": 404, "/crl/nobody.crl": 404, "/crl/citizen-ec.crl": 200,
		"/ocsp/citizen-ec": 405, "/tsa": 405, "/": 404,
	} {
		if got, err := get(path); got != status || err != nil {
			t.Errorf("GET %s = %d, %v, want %d", path, got, err, status)
		}
	}
	if n := c.Requests(certstest.AIA); n != 9 {
		t.Errorf("Requests = %d, want 9", n)
	}
}
