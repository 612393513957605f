package certstest_test

import (
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guichet.example/certs/certstest"
)

// The openssl program judges what the services say; it shares no code with them.

func openssl(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := exec.Command("openssl", args...).CombinedOutput()
	return string(out), err
}

func mustOpenSSL(t *testing.T, want string, args ...string) {
	t.Helper()
	out, err := openssl(t, args...)
	if err != nil || !strings.Contains(out, want) {
		t.Errorf("openssl %s = %v, want %q in:\n%s", strings.Join(args, " "), err, want, out)
	}
}

func writePEM(t *testing.T, dir, name string, list ...*x509.Certificate) string {
	t.Helper()
	var out []byte
	for _, c := range list {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func nora(a certstest.Algorithm) certstest.Person {
	return certstest.Person{
		GivenNames: "Nora Anna Lucie", Surname: "Specimen", NationalNumber: "01.05.03-998.64", Algorithm: a,
		Street: "Rue de la Loi 16", Postcode: "1000", Municipality: "Bruxelles",
		Birth: time.Date(2001, 5, 3, 0, 0, 0, 0, time.UTC), BirthPlace: "Liège",
	}
}

func post(t *testing.T, url, query, reply string) {
	t.Helper()
	body, err := os.Open(query)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(url, "application/timestamp-query", body)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	der, err := io.ReadAll(response.Body)
	if err == nil {
		err = os.WriteFile(reply, der, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func issue(t *testing.T, p *certstest.Server, person certstest.Person) *certstest.Card {
	t.Helper()
	card, err := p.Issue(person)
	if err != nil {
		t.Fatalf("Issue: %v", err)
	}
	return card
}

func TestOpenSSLAcceptsPaths(t *testing.T) {
	pki := certstest.Start(t)
	dir := t.TempDir()
	roots := writePEM(t, dir, "roots.pem", pki.Authority("root-rsa").Certificate, pki.Authority("root-ec").Certificate)
	foreigner := nora(certstest.P384)
	foreigner.Foreigner = true
	reKeyed := nora(certstest.RSA2048)
	reKeyed.ReKeyed = true
	for _, person := range []certstest.Person{nora(certstest.RSA2048), nora(certstest.P384), nora(certstest.P256), foreigner, reKeyed} {
		card := issue(t, pki, person)
		issuer := writePEM(t, dir, "issuer.pem", card.Issuer)
		leaf := writePEM(t, dir, "leaf.pem", card.Authentication.Certificate)
		mustOpenSSL(t, "OK", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", roots, "-untrusted", issuer, leaf)
		leaf = writePEM(t, dir, "leaf.pem", card.Signature.Certificate)
		mustOpenSSL(t, "OK", "verify", "-x509_strict", "-purpose", "any", "-CAfile", roots, "-untrusted", issuer, leaf)
	}
	tsa := writePEM(t, dir, "tsa.pem", pki.Service("tsa").Certificate)
	ca := writePEM(t, dir, "tsa-ca.pem", pki.Authority("tsa-ca").Certificate)
	mustOpenSSL(t, "OK", "verify", "-x509_strict", "-purpose", "timestampsign", "-CAfile", roots, "-untrusted", ca, tsa)
}

func TestOpenSSLAcceptsOCSP(t *testing.T) {
	pki := certstest.Start(t)
	dir := t.TempDir()
	for _, algorithm := range []certstest.Algorithm{certstest.RSA2048, certstest.P384} {
		card := issue(t, pki, nora(algorithm))
		anchors := writePEM(t, dir, "anchors.pem", card.Issuer, card.Root)
		issuer := writePEM(t, dir, "issuer.pem", card.Issuer)
		leaf := writePEM(t, dir, "leaf.pem", card.Authentication.Certificate)
		ask := []string{"ocsp", "-issuer", issuer, "-cert", leaf, "-url", card.Authentication.Certificate.OCSPServer[0], "-CAfile", anchors, "-timeout", "10"}
		mustOpenSSL(t, "Response verify OK", ask...)
		mustOpenSSL(t, "leaf.pem: good", ask...)
		if err := pki.Revoke(card.Authentication.Certificate, time.Time{}, 1); err != nil {
			t.Fatal(err)
		}
		mustOpenSSL(t, "leaf.pem: revoked", ask...)
		mustOpenSSL(t, "Reason: keyCompromise", ask...)
		writePEM(t, dir, "leaf.pem", card.Signature.Certificate)
		mustOpenSSL(t, "leaf.pem: good", append([]string{"ocsp", "-sha256"}, ask[1:]...)...)
	}
}

func TestOpenSSLAcceptsCRLs(t *testing.T) {
	pki := certstest.Start(t)
	dir := t.TempDir()
	card := issue(t, pki, nora(certstest.P384))
	roots := writePEM(t, dir, "roots.pem", card.Root)
	issuer := writePEM(t, dir, "issuer.pem", card.Issuer)
	leaf := writePEM(t, dir, "leaf.pem", card.Signature.Certificate)
	check := func() (string, error) {
		lists := filepath.Join(dir, "lists.pem")
		if err := os.WriteFile(lists, append(fetchCRL(t, pki.URL+"/crl/root-ec.crl"), fetchCRL(t, pki.URL+"/crl/citizen-ec.crl")...), 0o600); err != nil {
			t.Fatal(err)
		}
		return openssl(t, "verify", "-x509_strict", "-crl_check_all", "-CRLfile", lists, "-CAfile", roots, "-untrusted", issuer, leaf)
	}
	if out, err := check(); err != nil {
		t.Errorf("openssl verify with CRLs = %v:\n%s", err, out)
	}
	for _, cert := range []*x509.Certificate{card.Signature.Certificate, card.Issuer} {
		if err := pki.Revoke(cert, time.Time{}, 4); err != nil {
			t.Fatal(err)
		}
		if out, err := check(); err == nil || !strings.Contains(out, "certificate revoked") {
			t.Errorf("openssl verify after Revoke = %v:\n%s", err, out)
		}
	}
}

func fetchCRL(t *testing.T, url string) []byte {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	der, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})
}

func TestOpenSSLAcceptsTimestamps(t *testing.T) {
	pki := certstest.Start(t)
	dir := t.TempDir()
	roots := writePEM(t, dir, "roots.pem", pki.Authority("root-ec").Certificate)
	ca := writePEM(t, dir, "tsa-ca.pem", pki.Authority("tsa-ca").Certificate, pki.Service("tsa").Certificate)
	data := filepath.Join(dir, "data")
	if err := os.WriteFile(data, []byte("a document"), 0o600); err != nil {
		t.Fatal(err)
	}
	query, reply := filepath.Join(dir, "query"), filepath.Join(dir, "reply")
	for _, args := range [][]string{{"-sha256", "-cert"}, {"-sha512", "-cert"}, {"-sha384"}, {"-sha256", "-no_nonce", "-cert"}} {
		mustOpenSSL(t, "", append([]string{"ts", "-query", "-data", data, "-out", query}, args...)...)
		post(t, pki.TSAURL(), query, reply)
		mustOpenSSL(t, "Verification: OK", "ts", "-verify", "-queryfile", query, "-in", reply, "-CAfile", roots, "-untrusted", ca)
		mustOpenSSL(t, "Verification: OK", "ts", "-verify", "-data", data, "-in", reply, "-CAfile", roots, "-untrusted", ca)
	}
}
