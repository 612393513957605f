package certs_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"guichet.example/certs"
)

func TestNewTrustAnchorsRefuses(t *testing.T) {
	root := (*ca)(nil).issue(t, named("Root"))
	issuing := root.issue(t, named("Issuing"))
	spoil := func(c *x509.Certificate) *x509.Certificate {
		der := bytes.Clone(c.Raw)
		der[len(der)-1] ^= 1 // within the signature
		changed, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return changed
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	constrained := (*ca)(nil).issue(t, func(c *x509.Certificate) {
		c.Subject.CommonName = "Constrained"
		c.PermittedDNSDomains = []string{"example.be"}
	})
	unhandled := func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: asn1.NullBytes}}
	}
	deep := []*x509.Certificate{root.cert}
	for at, i := root, 0; i < 6; i++ {
		at = at.issue(t, named(string(rune('A'+i))))
		deep = append(deep, at.cert)
	}
	person := root.issue(t, leaf)
	for name, list := range map[string][]*x509.Certificate{
		"nothing":                     nil,
		"nil":                         {root.cert, nil},
		"root changed by a bit":       {spoil(root.cert)},
		"issuing CA changed by a bit": {root.cert, spoil(issuing.cert)},
		"RSA of 1024 bits":            {(*ca)(nil).certify(t, weak, nil).cert},
		"P-224":                       {(*ca)(nil).certify(t, p224, nil).cert},
		"critical extension":          {(*ca)(nil).issue(t, unhandled).cert},
		"name constraints above a CA": {constrained.cert, constrained.issue(t, named("Issuing")).cert},
		"six CAs in a row":            deep,
		"a person above another":      {person.cert, person.issue(t, named("Issuing")).cert},
	} {
		if a, err := certs.NewTrustAnchors(list...); err == nil || a != nil {
			t.Errorf("NewTrustAnchors(%s) = %v, %v, want nil and an error", name, a, err)
		}
	}
}

func TestNewTrustAnchors(t *testing.T) {
	root := (*ca)(nil).issue(t, named("Root"))
	issuing := root.issue(t, named("Issuing"))
	again, err := x509.ParseCertificate(root.cert.Raw)
	if err != nil {
		t.Fatal(err)
	}
	a, err := certs.NewTrustAnchors(issuing.cert, root.cert, again)
	if err != nil {
		t.Fatal(err)
	}
	if all := a.All(); len(all) != 2 || all[0] != issuing.cert || all[1] != root.cert {
		t.Errorf("All = %d certificates, want the two given, in order", len(all))
	}
	a.All()[0] = nil
	if a.All()[0] == nil {
		t.Error("All hands out the set itself")
	}
}

func TestLoadTrustAnchors(t *testing.T) {
	root, other := world().Authority("root-ec").Certificate, world().Authority("root-rsa").Certificate
	block := func(c *x509.Certificate) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")})
	for _, c := range []struct {
		name  string
		files map[string][]byte
		want  int // certificates; -1: malformed, 0: another error
	}{
		{"empty directory", nil, 0},
		{"PEM and DER", map[string][]byte{"a.pem": block(root), "b.DER": other.Raw}, 2},
		{"two in one file, with a text", map[string][]byte{"a.crt": bytes.Join([][]byte{[]byte("Root CA6\n"), block(root), block(other)}, nil)}, 2},
		{"PEM called cer", map[string][]byte{"a.cer": block(root)}, 1},
		{"hidden file", map[string][]byte{"a.pem": block(root), ".keep": nil}, 1},
		{"a readme", map[string][]byte{"a.pem": block(root), "README": nil}, -1},
		{"misspelt", map[string][]byte{"a.pem": block(root), "b.pem.old": block(other)}, -1},
		{"empty file", map[string][]byte{"a.pem": nil}, -1},
		{"a key", map[string][]byte{"a.pem": append(block(root), key...)}, -1},
		{"second block damaged", map[string][]byte{"a.pem": append(block(root), block(other)[:200]...)}, -1},
		{"PEM of half a certificate", map[string][]byte{"a.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw[:100]})}, -1},
		{"DER with a tail", map[string][]byte{"a.der": append(bytes.Clone(root.Raw), 0)}, -1},
		{"too large", map[string][]byte{"a.pem": append(block(root), make([]byte, 1<<20)...)}, -1},
	} {
		dir := t.TempDir()
		for name, content := range c.files {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		a, err := certs.LoadTrustAnchors(dir)
		switch {
		case c.want > 0 && (err != nil || len(a.All()) != c.want):
			t.Errorf("LoadTrustAnchors(%s) = %v, want %d certificates", c.name, err, c.want)
		case c.want < 0 && (!errors.Is(err, certs.ErrMalformed) || a != nil):
			t.Errorf("LoadTrustAnchors(%s) = %v, %v, want nil, %v", c.name, a, err, certs.ErrMalformed)
		case c.want == 0 && err == nil:
			t.Errorf("LoadTrustAnchors(%s) = nil, want an error", c.name)
		}
	}
	if _, err := certs.LoadTrustAnchors(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("LoadTrustAnchors(missing) = %v", err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "more.pem"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.LoadTrustAnchors(dir); !errors.Is(err, certs.ErrMalformed) {
		t.Errorf("LoadTrustAnchors(directory inside) = %v", err)
	}
}

func TestLoadWhatCertstestWrites(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "trust")
	if err := world().WriteAnchors(dir); err != nil {
		t.Fatal(err)
	}
	a, err := certs.LoadTrustAnchors(dir)
	if err != nil || len(a.All()) != len(world().AnchorCertificates()) {
		t.Fatalf("LoadTrustAnchors = %v", err)
	}
}
