package signing

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/signing/internal/cms"
	"guichet.example/signing/internal/pdf"
	"guichet.example/signing/internal/tsp"
)

// validation is one run over one file.
type validation struct {
	anchors *certs.TrustAnchors
	now     time.Time
	policy  CryptoPolicy
	ask     func(certs.Path) ([]revocation.Answer, error) // asks the services; nil offline
	f       *pdf.File
	stop    func() error // not nil: whoever asked waits no longer, and gets no report; nil: never
	known   *cms.Known   // from readings before this one; nil: nothing

	subjects []*subject
	store    *pdf.Evidence       // the DSS as the last revision shows it
	stored   []*x509.Certificate // its certificates, parsed when first needed
	parsed   bool

	facts       *revocation.Known // signatures of answers, true and false
	answerBytes int               // of answers read so far, see maxAnswerBytes
	unasked     *unasked          // answers that do not count; nil: all do
	signers     *servicePaths     // paths found before; nil: none
	services    *servicePaths     // those of timestamping authorities; nil: none
	hashed      int               // bytes so far, see maxHashed
}

// stopped reports that nobody waits for the report any more.
func (v *validation) stopped() bool { return v.stop != nil && v.stop() != nil }

// subject is one signature or document timestamp under validation.
type subject struct {
	sig    *pdf.Signature
	report *SignatureReport

	signed *cms.SignedData     // nil for a document timestamp
	token  *tsp.Token          // signature timestamp, or the document timestamp itself
	cert   *x509.Certificate   // signer's, or the authority's
	others []*x509.Certificate // carried along, candidates for a path

	tsa       *x509.Certificate // of a signature timestamp whose own signature holds
	tsaOthers []*x509.Certificate

	profile  bool // baseline rules are kept
	used     pdf.Evidence
	failures []failure // in the order found
}

// reason notes a sentence for people, and what it is about.
func (s *subject) reason(r Remark, format string, args ...any) {
	s.report.Reasons = append(s.report.Reasons, fmt.Sprintf(format, args...))
	s.report.Remarks = append(s.report.Remarks, r)
}

// fail sets the verdict unless a worse one is there: what failed first and hardest is
// what the report says.
func (s *subject) fail(i Indication, sub SubIndication, format string, args ...any) {
	s.failOf(AboutSignature, i, sub, format, args...)
}

// failOf is fail of something else than the signature itself.
func (s *subject) failOf(about About, i Indication, sub SubIndication, format string, args ...any) {
	s.reason(Remark{About: about, SubIndication: sub}, format, args...)
	s.failures = append(s.failures, failure{i, sub, fmt.Sprintf(format, args...)})
	if s.report.Indication == TotalFailed || s.report.Indication == Indeterminate && i == Indeterminate {
		return
	}
	s.report.Indication, s.report.SubIndication = i, sub
}

// failed reports whether the signature itself is void, so that no chain can save it.
func (s *subject) failed() bool { return s.report.Indication == TotalFailed }

// integrity checks format, coverage, digest and signature value: everything that needs
// no trust and no clock.
func (v *validation) integrity(s *subject) {
	sig, r := s.sig, s.report
	r.Field, r.Revision, r.Kind = sig.Field, sig.Revision+1, Signature
	if sig.IsTimestamp() {
		r.Kind = Timestamp
	}
	if sig.Err != nil {
		r.Coverage.Detail = sig.Err.Error()
		s.fail(TotalFailed, FormatFailure, "signature dictionary: %v", sig.Err)
		return
	}
	r.Coverage.Passed = true
	r.CoversWhole = sig.Revision == v.f.Revisions()-1
	der, err := cms.Trim(sig.Contents)
	if err == nil && sig.IsTimestamp() {
		err = v.documentTimestamp(s, der)
	} else if err == nil {
		err = v.signature(s, der)
	}
	if err != nil {
		r.Integrity.Detail = err.Error()
		i, sub := indicationOf(err)
		s.fail(i, sub, "%v", err)
		return
	}
	r.Integrity.Passed = true
}

// indicationOf maps what the cryptographic checks say (EN 319 102-1, 5.2.2 to 5.2.7).
func indicationOf(err error) (Indication, SubIndication) {
	switch {
	case errors.Is(err, cms.ErrDigest), errors.Is(err, tsp.ErrImprint):
		return TotalFailed, HashFailure
	case errors.Is(err, cms.ErrSignature):
		return TotalFailed, SigCryptoFailure
	case errors.Is(err, cms.ErrNoCertificate), errors.Is(err, cms.ErrCertificateID):
		return Indeterminate, NoSigningCertificateFound
	case errors.Is(err, cms.ErrAlgorithm):
		return Indeterminate, CryptoConstraintsFailure
	case errors.Is(err, cms.ErrProfile):
		return Indeterminate, SigConstraintsFailure
	case errors.Is(err, certs.ErrWrongPurpose), errors.Is(err, certs.ErrMissingPurpose), errors.Is(err, certs.ErrDisallowedPolicy):
		return Indeterminate, ChainConstraintsFailure
	}
	return TotalFailed, FormatFailure
}

// maxHashed bounds the bytes hashed for one file, since each of many signatures covers
// nearly all of it. A file of the largest size may have eight.
const maxHashed = 8 * MaxPDF

// covered returns what a signature covers, if there is room to hash it.
func (v *validation) covered(s *subject) (before, after []byte, err error) {
	before, after = v.f.Covered(s.sig)
	if v.hashed += len(before) + len(after); v.hashed > maxHashed {
		return nil, nil, fmt.Errorf("%w: too many signatures for a file so large", pdf.ErrLimit)
	}
	return before, after, nil
}

// documentTimestamp checks a token over the covered bytes.
func (v *validation) documentTimestamp(s *subject, der []byte) error {
	token, err := tsp.Parse(der)
	if err != nil {
		return err
	}
	before, after, err := v.covered(s)
	if err != nil {
		return err
	}
	if err := token.Covers(before, after); err != nil {
		return err
	}
	s.token = token
	s.cert, s.others, err = token.Verify(v.known)
	if s.cert != nil {
		s.describe(s.cert)
	}
	return err
}

// signature checks a CMS over the covered bytes, then its timestamp.
func (v *validation) signature(s *subject, der []byte) error {
	signed, err := cms.Parse(der)
	if err != nil {
		return err
	}
	s.signed = signed
	cert, others, err := signed.Signers(v.known)
	if err != nil {
		return err
	}
	s.cert, s.others = cert, others
	s.describe(cert)
	if signed.Signer.PSS() {
		s.report.Algorithm += " PSS"
	}
	hash, err := signed.Digest()
	if err != nil {
		return err
	}
	s.report.Hash = hash.String()
	h := hash.New()
	before, after, err := v.covered(s)
	if err != nil {
		return err
	}
	h.Write(before)
	h.Write(after)
	if err := v.baseline(s, h.Sum(nil)); err != nil {
		return err
	}
	return v.signatureTimestamp(s)
}

// baseline checks value and profile. A signature outside PAdES is checked for integrity
// and gets no level.
func (v *validation) baseline(s *subject, digest []byte) error {
	claimed, dated := pdf.ParseDate(s.sig.Dict.Get("M"))
	s.report.Claimed = claimed
	if s.sig.SubFilter != "ETSI.CAdES.detached" {
		if err := s.signed.Verify(s.cert, digest, cms.Legacy, v.known); err != nil {
			return err
		}
		s.fail(Indeterminate, SigConstraintsFailure, "not a PAdES signature but %q", string(s.sig.SubFilter))
		return nil
	}
	err := s.signed.Verify(s.cert, digest, cms.Baseline, v.known)
	if err == nil && !dated {
		err = fmt.Errorf("%w: no claimed signing time", cms.ErrProfile)
	}
	if errors.Is(err, cms.ErrProfile) {
		s.fail(Indeterminate, SigConstraintsFailure, "%v", err)
		return nil
	}
	s.profile = err == nil
	return err
}

// signatureTimestamp checks the token over the signature value. It is not covered by
// the signature, so a token that does not hold is somebody's tampering.
func (v *validation) signatureTimestamp(s *subject) error {
	raw := s.signed.Signer.Timestamp()
	if raw == nil {
		return nil
	}
	token, err := tsp.Parse(raw)
	if err != nil {
		return err
	}
	if err := token.Covers(s.signed.Signer.Value); err != nil {
		return err
	}
	tsa, others, err := token.Verify(v.known)
	if err != nil {
		return fmt.Errorf("timestamp of the signature: %w", err)
	}
	s.token, s.tsa, s.tsaOthers = token, tsa, others
	return nil
}

// describe fills in who signed, as the certificate says it.
func (s *subject) describe(cert *x509.Certificate) {
	r := s.report
	r.Algorithm = cms.KeyName(cert.PublicKey)
	r.Issuer = cert.Issuer.CommonName
	switch {
	case r.Kind == Timestamp:
		r.TSA, r.Signer = cert.Subject.CommonName, cert.Subject.CommonName
	case certs.Seal.Check(cert) == nil:
		r.Kind, r.Signer = Seal, cert.Subject.Organization[0]
	default:
		if holder, err := certs.HolderOf(cert); err == nil {
			r.Holder, r.Signer = holder, holder.Name()
		} else {
			r.Signer = cert.Subject.CommonName
		}
	}
}
