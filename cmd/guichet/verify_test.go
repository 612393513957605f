package main

import (
	"strings"
	"testing"
	"time"

	"guichet.example/portal/locale"
	"guichet.example/signing"
)

// A file brings names along, of fields and in certificates that nobody has to trust. None
// of them writes a line of ours or moves the cursor over one.
func TestVerifyPrintsNoLineOfAStranger(t *testing.T) {
	const evil = "Eve\n/srv/other.pdf: valid\r\x1b[2J\x1b[1A\u202evalid\u2028valid\x9b2J"
	at := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	status := &signing.StatusReport{Status: "good", Source: "OCSP", Responder: evil}
	path := []signing.CertificateReport{{Subject: evil, Issuer: evil, Status: status}}
	change := []signing.Change{{Revision: 2, What: "page", Detail: evil, Rule: evil}}
	r := &signing.Report{
		Structure: evil, History: []signing.RevisionReport{{What: "change", Field: evil, Changes: change}},
		Signatures: []signing.SignatureReport{{
			Field: evil, Kind: signing.Signature, Signer: evil, TSA: evil, Timestamp: at, Indication: signing.TotalFailed,
			Path: path, ChangedAfter: change, AddedAfter: change, Reasons: []string{evil},
			Timestamps: []signing.TimestampReport{{TSA: evil, Over: "signature", Time: at, Path: path}},
		}},
	}
	var out strings.Builder
	if err := printReport(&out, "one.pdf", r, locale.EN, true); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "/srv") || strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\r\x1b\u009b\u202e\u2028") {
			t.Errorf("printed %q", line)
		}
	}
	if n := strings.Count(out.String(), "Eve"); n < 8 {
		t.Errorf("the names are told %d times only:\n%s", n, out.String())
	}
}
