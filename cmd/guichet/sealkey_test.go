package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"guichet.example/certs/certstest"
	"guichet.example/signing/hsm/hsmtest"
)

// token DIR makes an empty token "mutuality" with the PIN 4711 in a SoftHSM2 of its own,
// whose module is $MODULE.
func token(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	before, had := os.LookupEnv("SOFTHSM2_CONF")
	folder, err := hsmtest.New(dir)
	ts.Check(err)
	_, err = folder.Make(hsmtest.Spec{Token: "mutuality", PIN: "4711", Empty: true})
	ts.Check(err)
	ts.Setenv("MODULE", folder.Module())
	ts.Setenv("SOFTHSM2_CONF", os.Getenv("SOFTHSM2_CONF"))
	if had { // other tests of this process have their own
		ts.Check(os.Setenv("SOFTHSM2_CONF", before))
	}
}

// certify REQUEST FILE [TRUST OLDER] issues a seal for the key of a request, by an authority
// of its own, whose anchors go into the folder TRUST, and another a year ago into OLDER.
func certify(ts *testscript.TestScript, _ bool, args []string) {
	text, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	block, _ := pem.Decode(text)
	request, err := x509.ParseCertificateRequest(block.Bytes)
	ts.Check(err)
	ts.Check(request.CheckSignature())
	back := time.Duration(0)
	pki, err := certstest.New(certstest.Config{Now: func() time.Time { return time.Now().Add(-back) }})
	ts.Check(err)
	name := request.Subject.Organization[0]
	cert, err := pki.CertifySeal(name, "VATBE-0400000000", request.PublicKey)
	ts.Check(err)
	if len(args) > 2 {
		ts.Check(os.MkdirAll(ts.MkAbs(args[2]), 0o700))
		for i, anchor := range pki.AnchorCertificates() {
			writePEM(ts, filepath.Join(ts.MkAbs(args[2]), fmt.Sprintf("%d.pem", i)), anchor)
		}
		back = 365 * 24 * time.Hour
		older, err := pki.CertifySeal(name, "VATBE-0400000000", request.PublicKey)
		ts.Check(err)
		writePEM(ts, ts.MkAbs(args[3]), older)
	}
	writePEM(ts, ts.MkAbs(args[1]), cert)
}

func writePEM(ts *testscript.TestScript, path string, certificates ...*x509.Certificate) {
	var text []byte
	for _, c := range certificates {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	ts.Check(os.WriteFile(path, text, 0o600))
}
