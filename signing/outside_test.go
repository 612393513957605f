package signing

import (
	"bytes"
	"encoding/pem"
	"testing"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/cms"
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
	raw, err := cms.Trim(list[0].Contents)
	if err != nil {
		t.Fatalf("cms.Trim: %v", err)
	}
	der := file(t, "cms.der", raw)
	var anchors []byte
	for _, cert := range w.AnchorCertificates() {
		anchors = append(anchors, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})...)
	}
	trusted := file(t, "anchors.pem", anchors)
	mustTool(t, "successful", "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", der,
		"-content", content, "-CAfile", trusted, "-purpose", "any", "-out", "/dev/null")
	checkTokens(t, f, list, trusted)
}

// checkTokens has openssl judge every timestamp of the file.
func checkTokens(t *testing.T, f *pdf.File, list []*pdf.Signature, trusted string) {
	t.Helper()
	for _, s := range list {
		der, err := cms.Trim(s.Contents)
		if err != nil {
			t.Fatalf("cms.Trim: %v", err)
		}
		before, after := f.Covered(s)
		token, stamped := der, append(bytes.Clone(before), after...)
		if !s.IsTimestamp() {
			signed, err := cms.Parse(der)
			if err != nil {
				t.Fatalf("cms.Parse: %v", err)
			}
			token, stamped = signed.Signer.Timestamp(), signed.Signer.Value
		}
		if token != nil {
			mustTool(t, "Verification: OK", "openssl", "ts", "-verify", "-token_in", "-in", file(t, "token", token),
				"-data", file(t, "stamped", stamped), "-CAfile", trusted)
		}
	}
}
