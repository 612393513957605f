package certs_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"guichet.example/certs"
)

func writePEM(t *testing.T, path string, list ...*x509.Certificate) string {
	t.Helper()
	var out []byte
	for _, c := range list {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// openssl verify and Path say the same, path by path.
func TestOpenSSLAgrees(t *testing.T) {
	root := (*ca)(nil).issue(t, named("Root"))
	issuing := root.issue(t, named("Issuing"))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	stranger := (*ca)(nil).certify(t, key, named("Issuing"))
	narrow := root.issue(t, func(c *x509.Certificate) { c.Subject.CommonName = "Narrow"; c.MaxPathLenZero = true })
	under := narrow.issue(t, named("Under"))
	lapsed := root.issue(t, func(c *x509.Certificate) { c.Subject.CommonName = "Lapsed"; c.NotAfter = time.Now().Add(-time.Minute) })
	person := root.issue(t, leaf)
	dir := t.TempDir()
	for _, c := range []struct {
		name    string
		leaf    *x509.Certificate
		between []*x509.Certificate
		good    bool
	}{
		{"good", issuing.issue(t, leaf).cert, []*x509.Certificate{issuing.cert}, true},
		{"issuing CA missing", issuing.issue(t, leaf).cert, nil, false},
		{"stranger of the same name", stranger.issue(t, leaf).cert, []*x509.Certificate{issuing.cert}, false},
		{"past the path length", under.issue(t, leaf).cert, []*x509.Certificate{under.cert, narrow.cert}, false},
		{"issuing CA expired", lapsed.issue(t, leaf).cert, []*x509.Certificate{lapsed.cert}, false},
		{"issued by a person", person.issue(t, leaf).cert, []*x509.Certificate{person.cert}, false},
	} {
		args := []string{"verify", "-purpose", "sslclient", "-CAfile", writePEM(t, filepath.Join(dir, "root"), root.cert)}
		if c.between != nil {
			args = append(args, "-untrusted", writePEM(t, filepath.Join(dir, "between"), c.between...))
		}
		out, err := exec.Command("openssl", append(args, writePEM(t, filepath.Join(dir, "leaf"), c.leaf))...).CombinedOutput()
		if (err == nil) != c.good {
			t.Errorf("openssl verify(%s) = %v, want good: %v\n%s", c.name, err, c.good, out)
		}
		anchors, err := certs.NewTrustAnchors(root.cert)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := anchors.Path(c.leaf, certs.Authentication, time.Now(), c.between...); (err == nil) != c.good {
			t.Errorf("Path(%s) = %v, want good: %v", c.name, err, c.good)
		}
	}
}

// Belgium's Root CA3 signed itself over SHA-1: it is an anchor like any other, and a
// damaged one is found out all the same.
func TestRootSignedOverSHA1(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "root.der")
	out, err := exec.Command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha1", "-subj", "/C=BE/CN=Old Root",
		"-days", "30", "-keyout", filepath.Join(dir, "key"), "-outform", "DER", "-out", file).CombinedOutput()
	if err != nil {
		t.Fatalf("openssl req: %v\n%s", err, out)
	}
	der, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, damage := range []bool{false, true} {
		if damage {
			der[len(der)-1] ^= 1
		}
		root, err := certs.Parse(der)
		if err != nil || root.SignatureAlgorithm != x509.SHA1WithRSA {
			t.Fatalf("Parse = %v", err)
		}
		if _, err := certs.NewTrustAnchors(root); (err != nil) != damage {
			t.Errorf("NewTrustAnchors(SHA-1 root, damaged: %v) = %v", damage, err)
		}
	}
}
