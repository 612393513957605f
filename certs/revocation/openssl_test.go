package revocation_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
)

// opensslResponder answers OCSP requests with the openssl program: our requests are read,
// and our reading of answers judged, by somebody else. The index names one certificate.
func opensslResponder(t *testing.T, w *world, index func() string) *httptest.Server {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	responder := w.Service("ocsp-citizen-ec")
	key, err := x509.MarshalPKCS8PrivateKey(responder.Key)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	signer := write("signer.pem", append(encode("CERTIFICATE", responder.Certificate.Raw), encode("PRIVATE KEY", key)...))
	ca := write("ca.pem", encode("CERTIFICATE", w.card.Issuer.Raw))
	return httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		request, answer := write("request", body), filepath.Join(dir, "answer")
		out, err := exec.Command("openssl", "ocsp", "-index", write("index", []byte(index())), "-CA", ca, "-rsigner", signer, "-rkey", signer,
			"-reqin", request, "-respout", answer, "-nmin", "5").CombinedOutput()
		if err != nil {
			t.Errorf("openssl ocsp: %v\n%s", err, out)
		}
		der, err := os.ReadFile(answer)
		if err != nil {
			t.Error(err)
		}
		rw.Header().Set("Content-Type", "application/ocsp-response")
		rw.Write(der)
	}))
}

func TestOpenSSLAnswersOurRequests(t *testing.T) {
	w := start(t, certstest.P384)
	line := ""
	server := opensslResponder(t, w, func() string { return line })
	defer server.Close()
	template := *w.path[0]
	template.SerialNumber, template.OCSPServer = big.NewInt(0x7f1e), []string{server.URL}
	cert, err := w.Forge("citizen-ec", &template, w.card.Authentication.Key.Public())
	if err != nil {
		t.Fatal(err)
	}
	path := w.pathTo(t, cert, certs.Authentication)
	checker := w.checker(t, func(c *revocation.Config) {
		c.Hosts = append(c.Hosts, strings.TrimPrefix(server.URL, "http://"))
	})
	for _, c := range []struct {
		entry  string
		status revocation.Status
	}{
		{"V\t360101000000Z\t\t%04X\tunknown\t/CN=x\n", revocation.Good},
		{"R\t360101000000Z\t260101120000Z,keyCompromise\t%04X\tunknown\t/CN=x\n", revocation.Revoked},
		{"V\t360101000000Z\t\t%04X1\tunknown\t/CN=x\n", revocation.Unknown},
	} {
		line = fmt.Sprintf(c.entry, cert.SerialNumber)
		answer, err := checker.Fresh(context.Background(), path)
		var revoked revocation.RevokedError
		got := revocation.Unknown
		switch {
		case err == nil:
			got = revocation.Good
		case errors.As(err, &revoked):
			got = revocation.Revoked
		case !errors.Is(err, revocation.ErrUnknown):
			t.Errorf("Fresh = %v", err)
		}
		if got != c.status || answer.Status != c.status {
			t.Errorf("Fresh, answered by openssl from %q = %v, %v, want %v", line, answer.Status, err, c.status)
		}
	}
}
