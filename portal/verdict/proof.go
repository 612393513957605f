package verdict

import (
	"encoding/hex"
	"time"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// Proof puts a report into the words of a proof sheet, in the language of the page, in the
// name of who checked. name is that of the file. A report that is too long for a sheet is
// refused by document.DrawProof with document.ErrTooMany.
func Proof(v page.View, by document.Mutuality, name string, r *signing.Report) document.Proof {
	p := document.Proof{
		Language: document.Language(v.Lang), Mutuality: by, Checked: here(r.At), File: name, Size: int64(r.Size),
		Verdict: Sentence(v.Lang, r), Reasons: Reasons(v.Lang, r),
	}
	if sum, err := hex.DecodeString(r.SHA256); err == nil && len(sum) == len(p.SHA256) {
		p.SHA256 = [32]byte(sum)
	}
	for i := range r.Signatures {
		p.Signatures = append(p.Signatures, proofOf(v, &r.Signatures[i]))
	}
	for _, h := range r.History {
		rev := document.ProofRevision{Number: h.Number, Bytes: int64(h.To), What: v.T("verify.report.revision." + revision(h.What))}
		for _, c := range h.Changes {
			what, rule := changed(v, c)
			if rule != "" {
				what += ": " + rule
			}
			rev.Rules = append(rev.Rules, what)
		}
		p.Revisions = append(p.Revisions, rev)
	}
	return p
}

func proofOf(v page.View, s *signing.SignatureReport) document.ProofSignature {
	p := document.ProofSignature{
		Kind: document.ProofKind(s.Kind), Result: result(v, s), Indication: indication(s.Indication, s.SubIndication),
		Field: s.Field, Signer: s.Signer, Time: here(s.Claimed), Algorithm: algorithm(s), Since: since(v, s),
	}
	if s.Kind != signing.Timestamp && s.Level != 0 {
		p.Level = s.Level.String()
	}
	if !s.Timestamp.IsZero() {
		p.Time, p.TimeSource = here(s.Timestamp), orNobody(v, s.TSA)
	}
	for _, c := range s.Path {
		p.Path = append(p.Path, proofCertificate(c))
	}
	return p
}

// here is a time as the pages show it: of Belgium. The zero time stays what it is.
func here(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(locale.Zone())
}

// result is the outcome of a signature and, where it did not pass, why.
func result(v page.View, s *signing.SignatureReport) string {
	_, word := outcomeOf(s)
	text := v.T("verify.report.outcome." + word)
	if why := because(v, s); why != "" {
		text += ". " + why
	}
	return text
}

func proofCertificate(c signing.CertificateReport) document.ProofCertificate {
	p := document.ProofCertificate{Subject: c.Subject, Issuer: c.Issuer, Serial: c.Serial, SHA256: c.SHA256,
		NotBefore: here(c.NotBefore), NotAfter: here(c.NotAfter), Anchor: c.Anchor}
	if s := c.Status; s != nil {
		p.Revocation = &document.ProofRevocation{
			Source: s.Source, Revoked: here(s.RevokedAt), Produced: here(s.ProducedAt), Responder: s.Responder, Embedded: s.Embedded}
		if s.ProducedAt.IsZero() {
			p.Revocation.Produced = here(s.ThisUpdate)
		}
	}
	return p
}
