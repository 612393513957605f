package signing

import "guichet.example/signing/internal/pdf"

// CertificationReport tells of the signature by which an author limits what may be done to
// the file afterwards (ISO 32000-1, 12.8.2.2).
type CertificationReport struct {
	Field      string     `json:"field,omitempty"` // of the signature; empty if there is none
	Permission Permission `json:"permission"`      // 3, not given here: annotations too
	// Broken says why it cannot be relied on, or that it was not kept. Empty when it holds.
	Broken string `json:"broken,omitempty"`
}

// certification reports on the certification of the file. One that is broken is a doubt
// about the signature it is in, about all signatures if it is in none.
func (v *validation) certification(report *Report, list []*pdf.Signature) error {
	c, err := v.f.Certification(list)
	if err != nil || c == nil {
		return err
	}
	report.Certification = &CertificationReport{Permission: Permission(c.Permission), Broken: c.Broken}
	own := v.subjects
	for _, s := range v.subjects {
		if s.sig.Ref == c.Ref {
			own = []*subject{s}
			report.Certification.Field = s.sig.Field
		}
	}
	for _, s := range own {
		switch {
		case c.Broken != "":
			s.failOf(AboutCertification, Indeterminate, SigConstraintsFailure, "certification: %s", c.Broken)
		case len(s.report.ChangedAfter) > 0:
			report.Certification.Broken = "what it does not permit was done: " + summary(s.report.ChangedAfter)
		case s.failed():
			report.Certification.Broken = "its signature does not hold"
		}
	}
	return nil
}
