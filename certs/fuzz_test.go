package certs_test

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guichet.example/certs"
)

// What parses is the very bytes given and within bounds; what it names is never printed
// with its number; and a path begins only with a certificate that our CAs issued, for the
// purpose that it serves.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.crt")
	if err != nil || len(files) == 0 {
		f.Fatal("no certificates in testdata", err)
	}
	var genuine, cas []*x509.Certificate
	for _, name := range files {
		der, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(der)
		cert, err := certs.Parse(der)
		if err != nil {
			f.Fatal(err)
		}
		if genuine = append(genuine, cert); cert.IsCA {
			cas = append(cas, cert)
		}
	}
	anchors, err := certs.NewTrustAnchors(cas...)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		cert, err := certs.Parse(der)
		if err != nil {
			if cert != nil {
				t.Fatal("certificate with an error")
			}
			return
		}
		if !bytes.Equal(cert.Raw, der) || len(der) > certs.MaxCertificate {
			t.Fatalf("%d bytes parsed of %d", len(cert.Raw), len(der))
		}
		if h, err := certs.HolderOf(cert); err == nil && (!h.Is(h) || len(h.SerialNumber) > 5 && strings.Contains(h.String(), h.SerialNumber) && !strings.Contains(h.CommonName+h.GivenNames+h.Surname, h.SerialNumber)) {
			t.Fatalf("holder %q", h.SerialNumber)
		}
		checkPaths(t, anchors, genuine, cert)
	})
}

func checkPaths(t *testing.T, anchors *certs.TrustAnchors, genuine []*x509.Certificate, cert *x509.Certificate) {
	at := genuine[0].NotBefore.Add(time.Hour)
	served := 0
	for p := certs.Authentication; p <= certs.Registry; p++ {
		path, err := anchors.Path(cert, p, at)
		if err != nil {
			continue
		}
		served++
		known := false
		for _, g := range genuine {
			known = known || bytes.Equal(g.RawTBSCertificate, path[0].RawTBSCertificate)
		}
		if !known || p.Check(path[0]) != nil {
			t.Fatalf("path for %v to a certificate that no CA issued for it", p)
		}
	}
	if served > 1 {
		t.Fatalf("one certificate serves %d purposes", served)
	}
}
