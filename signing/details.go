package signing

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/signing/internal/cms"
	"guichet.example/signing/internal/tsp"
)

// CertificateReport is one certificate of a path and what is known of its status.
type CertificateReport struct {
	Subject   string        `json:"subject"` // common name: of a person without her number
	Issuer    string        `json:"issuer"`
	Serial    string        `json:"serial"` // hexadecimal
	NotBefore time.Time     `json:"notBefore"`
	NotAfter  time.Time     `json:"notAfter"`
	Key       string        `json:"key"`              // "ECDSA P-384"
	SHA256    string        `json:"sha256"`           // of the DER, hexadecimal
	Anchor    bool          `json:"anchor,omitempty"` // trusted by itself
	Status    *StatusReport `json:"status,omitempty"` // nil for an anchor, and where nobody answered
}

// StatusReport is the revocation answer that a verdict rests on.
type StatusReport struct {
	Status     string    `json:"status"`              // "good" or "revoked"
	Source     string    `json:"source"`              // "OCSP" or "CRL"
	Embedded   bool      `json:"embedded"`            // in the file; otherwise asked for now
	Responder  string    `json:"responder,omitempty"` // delegated responder; empty if the issuer itself answered
	ThisUpdate time.Time `json:"thisUpdate,omitzero"`
	NextUpdate time.Time `json:"nextUpdate,omitzero"`
	ProducedAt time.Time `json:"producedAt,omitzero"`
	RevokedAt  time.Time `json:"revokedAt,omitzero"`
}

// TimestampReport is a timestamp that proves when something existed.
type TimestampReport struct {
	Time   time.Time           `json:"time"`
	TSA    string              `json:"tsa"`
	Over   string              `json:"over"` // "signature" or "document"
	Hash   string              `json:"hash"` // of the imprint
	Policy string              `json:"policy"`
	Passed bool                `json:"passed"`
	Path   []CertificateReport `json:"path,omitempty"`
}

// statusOf makes the entry of an answer that holds, or that says revoked.
func statusOf(a revocation.Answer, issuer *x509.Certificate, embedded bool) *StatusReport {
	s := &StatusReport{
		Status: "good", Source: "OCSP", Embedded: embedded,
		ThisUpdate: a.ThisUpdate, NextUpdate: a.NextUpdate, ProducedAt: a.ProducedAt, RevokedAt: a.RevokedAt,
	}
	if a.Source == revocation.CRL {
		s.Source = "CRL"
	}
	if a.Status == revocation.Revoked {
		s.Status = "revoked"
	}
	for _, cert := range a.Certificates {
		if !bytes.Equal(cert.Raw, issuer.Raw) {
			s.Responder = cert.Subject.CommonName
		}
	}
	return s
}

// certificates describes a path; status may be shorter than it.
func certificates(path certs.Path, status []*StatusReport) []CertificateReport {
	out := make([]CertificateReport, len(path))
	for i, cert := range path {
		sum := sha256.Sum256(cert.Raw)
		out[i] = CertificateReport{
			Subject: cert.Subject.CommonName, Issuer: cert.Issuer.CommonName, Serial: cert.SerialNumber.Text(16), Key: cms.KeyName(cert.PublicKey),
			NotBefore: cert.NotBefore, NotAfter: cert.NotAfter, SHA256: hex.EncodeToString(sum[:]), Anchor: i == len(path)-1,
		}
		if i < len(status) {
			out[i].Status = status[i]
		}
	}
	return out
}

func timestampOf(t *tsp.Token, tsa *x509.Certificate, over string, chain chainResult, passed bool) TimestampReport {
	r := TimestampReport{
		Time: t.Time, Over: over, Hash: t.Hash.String(), Policy: t.Policy.String(), Passed: passed,
		Path: certificates(chain.path, chain.status),
	}
	if tsa != nil {
		r.TSA = tsa.Subject.CommonName
	}
	return r
}
