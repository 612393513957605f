package signing

import (
	"bytes"
	"encoding/pem"
	"testing"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

var algorithms = []certstest.Algorithm{certstest.RSA2048, certstest.P384, certstest.P256}

// Programs that we did not write accept what we sign.
func TestOutsideToolsAcceptBaseline(t *testing.T) {
	w := theWorld(t)
	for _, a := range algorithms {
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			checkOutside(t, w, w.signed(t, a))
		})
	}
}

// checkOutside has a signed file judged by pdfsig, qpdf and openssl.
func checkOutside(t *testing.T, w *world, signed []byte) {
	t.Helper()
	name := file(t, "signed.pdf", signed)
	mustTool(t, "Signature is Valid.", "pdfsig", "-nocert", name)
	mustTool(t, "No syntax or stream encoding errors found", "qpdf", "--check", name)
	f, err := pdf.Open(signed)
	if err != nil {
		t.Fatalf("pdf.Open: %v", err)
	}
	list, err := f.Signatures()
	if err != nil || len(list) == 0 {
		t.Fatalf("Signatures() = %d, %v", len(list), err)
	}
	before, after := f.Covered(list[0])
	content := file(t, "content", append(bytes.Clone(before), after...))
	der := file(t, "cms.der", bytes.TrimRight(list[0].Contents, "\x00"))
	var anchors []byte
	for _, cert := range w.AnchorCertificates() {
		anchors = append(anchors, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})...)
	}
	mustTool(t, "successful", "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", der,
		"-content", content, "-CAfile", file(t, "anchors.pem", anchors), "-purpose", "any", "-out", "/dev/null")
}
