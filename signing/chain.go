package signing

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/signing/internal/pdf"
)

// evidenceSkew is how far clocks of services may differ from that of a timestamp.
const evidenceSkew = 15 * time.Minute

// window is the time a chain is judged for. Path and withdrawals count as of until.
// Evidence must hold at proof or be younger: for a signer both are the best signature
// time; a timestamp's own certificate must not have run out or been withdrawn up to the
// next proof of existence, but need not have been asked about again since it stamped.
type window struct{ proof, until time.Time }

// chainResult is what is known of a path at a time.
type chainResult struct {
	path     certs.Path
	status   []*StatusReport // of each certificate below the anchor; nil where unknown
	embedded bool            // every status came from the DSS
	problem  *chainProblem
}

type chainProblem struct {
	sub  SubIndication
	text string
}

func problem(sub SubIndication, format string, args ...any) *chainProblem {
	return &chainProblem{sub, fmt.Sprintf(format, args...)}
}

// chain builds the path of a certificate and finds the status of each of its
// certificates, first in the file's own evidence, then by asking. Evidence that was used
// is added to used.
func (v *validation) chain(cert *x509.Certificate, others []*x509.Certificate, p certs.Purpose, w window, used *pdf.Evidence) chainResult {
	path, err := v.path(cert, p, w.until, others)
	if err != nil {
		return chainResult{problem: pathProblem(err)}
	}
	status, known, err := v.statuses(path, w, used)
	result := chainResult{path: path, status: status, embedded: known}
	switch {
	case err != nil:
		result.problem = revokedProblem(err)
	case !known:
		result.problem = v.askStatus(&result, w)
	case v.ask != nil && len(status) > 0 && status[0].ThisUpdate.Before(w.proof):
		result.problem = v.askAgain(&result, w)
	}
	if result.problem == nil {
		if err := v.policy.path(path, w.until); err != nil {
			result.problem = problem(CryptoConstraintsFailureNoPOE, "%v", err)
		}
	}
	return result
}

// path finds the path of a certificate by what came along with it, or else by what the file
// holds too. One that was found for the same certificate is taken while it holds.
func (v *validation) path(cert *x509.Certificate, p certs.Purpose, at time.Time, others []*x509.Certificate) (certs.Path, error) {
	memo := v.signers
	if p == certs.Timestamping {
		memo = v.services
	}
	path, err := memo.of(v.anchors, cert, p, at, others...)
	if errors.Is(err, certs.ErrNotTrusted) {
		path, err = memo.of(v.anchors, cert, p, at, append(others[:len(others):len(others)], v.storedCertificates()...)...)
	}
	return path, err
}

// statuses looks up every certificate of a path but the anchor in the file's evidence.
// It reports what was found, and whether each was found good; the error is a
// revocation.RevokedError.
func (v *validation) statuses(path certs.Path, w window, used *pdf.Evidence) (found []*StatusReport, known bool, err error) {
	known = true
	for i := range len(path) - 1 {
		status, err := v.status(path[i], path[i+1], w, used)
		found = append(found, status)
		var revoked revocation.RevokedError
		switch {
		case err == nil:
		case errors.As(err, &revoked) && i == 0:
			return found, false, err
		case errors.As(err, &revoked):
			return found, false, authorityRevoked{err}
		default:
			known = false
		}
	}
	return found, known, nil
}

// authorityRevoked says that it was an issuer's certificate that was withdrawn.
type authorityRevoked struct{ error }

func (a authorityRevoked) Error() string { return "issuing authority: " + a.error.Error() }
func (a authorityRevoked) Unwrap() error { return a.error }

// pathProblem maps what package certs says of a path (EN 319 102-1, 5.2.6.4).
func pathProblem(err error) *chainProblem {
	switch {
	case errors.As(err, new(certs.ExpiredError)):
		return problem(OutOfBoundsNoPOE, "%v", err)
	case errors.As(err, new(certs.NotYetValidError)):
		return problem(NotYetValid, "%v", err)
	case errors.Is(err, certs.ErrWeakKey):
		return problem(CryptoConstraintsFailure, "%v", err)
	case errors.Is(err, certs.ErrWrongPurpose), errors.Is(err, certs.ErrMissingPurpose), errors.Is(err, certs.ErrDisallowedPolicy):
		return problem(ChainConstraintsFailure, "%v", err)
	}
	return problem(NoCertificateChainFound, "%v", err)
}

func revokedProblem(err error) *chainProblem {
	if errors.As(err, new(authorityRevoked)) {
		return problem(RevokedCANoPOE, "%v", err)
	}
	return problem(RevokedNoPOE, "%v", err)
}

// status looks for answers on a certificate in the file's evidence. What is good later
// was good before; a withdrawal after the window does not count; one within it counts
// whatever another answer says.
func (v *validation) status(cert, issuer *x509.Certificate, w window, used *pdf.Evidence) (*StatusReport, error) {
	var found *StatusReport
	var with *pdf.Evidence // what found rests on
	for i, raw := range v.about(cert) {
		answer, one, err := v.answer(raw, i, cert, issuer, w)
		if errors.As(err, new(revocation.RevokedError)) {
			return statusOf(answer, issuer, true), err
		}
		rests := &pdf.Evidence{}
		if err == nil {
			err = v.responder(answer, issuer, w, rests)
		}
		if err == nil {
			rests.Add(one)
			found, with = statusOf(answer, issuer, true), rests
		}
	}
	if found == nil {
		return nil, revocation.ErrUnknown
	}
	used.Add(with)
	return found, nil
}

// maxAnswers and maxAnswerBytes bound the answers verified for one file: each costs
// public-key operations, and time by its size, and a hostile file can carry many. The
// operations are counted, and not how often an answer is looked at: one that is false, or
// speaks of somebody else, is found out once. The newest few on each certificate are verified
// whatever the count.
const (
	maxAnswers     = 256
	maxAnswerBytes = 128 << 20
	newestAnswers  = 4
)

// about returns the OCSP responses and CRLs that may speak of a certificate: those that
// hold its serial number, or name its issuer, and are whole by their syntax with nothing
// behind it (RFC 6960, 4.2.1; RFC 5280, 5.1). It is a sieve; what passes is verified. What
// was put in last comes first: what a paper brought along when it was signed must not use
// up what there is for the evidence on who signed it (see maxAnswers).
func (v *validation) about(cert *x509.Certificate) [][]byte {
	var out [][]byte
	serial, err := asn1.Marshal(cert.SerialNumber)
	if err != nil {
		return nil
	}
	keep := func(raw []byte) {
		if _, whole := evidenceTime(raw); whole && !v.unasked.covers(raw, cert) {
			out = append(out, raw)
		}
	}
	for _, raw := range slices.Backward(v.store.CRLs) {
		if bytes.Contains(raw[:min(len(raw), 4<<10)], cert.RawIssuer) {
			keep(raw)
		}
	}
	for _, raw := range slices.Backward(v.store.OCSPs) {
		if bytes.Contains(raw, serial) {
			keep(raw)
		}
	}
	return out
}

// unasked are answers that do not count for two certificates, however long they say they
// hold: nobody of ours asked for them. A list counts for an authority, since lists are made
// on schedule and serve until the next.
type unasked struct {
	held        *pdf.Evidence
	signer, tsa *x509.Certificate // tsa may be nil
}

func (u *unasked) covers(raw []byte, cert *x509.Certificate) bool {
	switch {
	case u == nil:
		return false
	case cert.Equal(u.signer):
		return u.held.Has(&pdf.Evidence{OCSPs: [][]byte{raw}}) || u.held.Has(&pdf.Evidence{CRLs: [][]byte{raw}})
	}
	return u.tsa != nil && cert.Equal(u.tsa) && u.held.Has(&pdf.Evidence{OCSPs: [][]byte{raw}})
}

// answer verifies one OCSP response or CRL, at the proof or when it was made if that is
// later. It also returns the raw answer as a piece of evidence. It is the nth newest that
// there is on the certificate, from zero.
func (v *validation) answer(raw []byte, n int, cert, issuer *x509.Certificate, w window) (revocation.Answer, *pdf.Evidence, error) {
	at, ok := evidenceTime(raw)
	if !ok || at.After(v.now.Add(evidenceSkew)) {
		return revocation.Answer{}, nil, revocation.ErrInvalid
	}
	if at.Before(w.proof) {
		at = w.proof
	}
	known := v.facts.Len()
	if n >= newestAnswers && (v.answerBytes > maxAnswerBytes || known >= maxAnswers) && v.facts.Costs(raw, issuer) {
		return revocation.Answer{}, nil, revocation.ErrUnknown
	}
	var answer revocation.Answer
	var one *pdf.Evidence
	var err error
	if isOCSP(raw) {
		one = &pdf.Evidence{OCSPs: [][]byte{raw}}
		answer, err = v.facts.VerifyOCSP(raw, cert, issuer, at, evidenceSkew)
	} else {
		one = &pdf.Evidence{CRLs: [][]byte{raw}}
		answer, err = v.facts.VerifyCRL(raw, cert, issuer, at, evidenceSkew)
	}
	if v.facts.Len() > known {
		v.answerBytes += len(raw)
	}
	var revoked revocation.RevokedError
	if errors.As(err, &revoked) && revoked.At.After(w.until) {
		err = nil
	}
	return answer, one, err
}

// noCheck marks responder certificates whose status need not be asked (RFC 6960, 4.2.2.2.1).
var noCheck = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}

// responder checks the status of a delegated responder's certificate, unless it says
// that nobody need ask (RFC 6960, 4.2.2.2.1).
func (v *validation) responder(a revocation.Answer, issuer *x509.Certificate, w window, used *pdf.Evidence) error {
	for _, cert := range delegates(a, issuer) {
		if !v.delegateGood(cert, issuer, w, used) {
			return revocation.ErrUnknown
		}
	}
	return nil
}

// delegateGood looks for a good answer on a responder that rests on no other responder
// whose status would have to be known in turn.
func (v *validation) delegateGood(cert, issuer *x509.Certificate, w window, used *pdf.Evidence) bool {
	good := false
	for i, raw := range v.about(cert) {
		answer, one, err := v.answer(raw, i, cert, issuer, w)
		if errors.As(err, new(revocation.RevokedError)) {
			return false
		}
		if err == nil && len(delegates(answer, issuer)) == 0 {
			used.Add(one)
			good = true
		}
	}
	return good
}

// delegates returns the certificates of an answer whose own status matters.
func delegates(a revocation.Answer, issuer *x509.Certificate) []*x509.Certificate {
	var out []*x509.Certificate
	for _, cert := range a.Certificates {
		if !bytes.Equal(cert.Raw, issuer.Raw) && !hasExtension(cert, noCheck) {
			out = append(out, cert)
		}
	}
	return out
}

func hasExtension(cert *x509.Certificate, oid asn1.ObjectIdentifier) bool {
	for _, e := range cert.Extensions {
		if e.Id.Equal(oid) {
			return true
		}
	}
	return false
}

// askStatus asks the services, for signatures that carry no evidence.
func (v *validation) askStatus(r *chainResult, w window) *chainProblem {
	if v.ask == nil {
		return problem(TryLater, "the file carries no revocation status that holds")
	}
	answers, err := v.ask(r.path)
	r.status = asked(r.path, answers)
	var revoked revocation.RevokedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &revoked) && revoked.At.After(w.until):
		return nil
	case errors.As(err, &revoked):
		return revokedProblem(err)
	}
	return problem(TryLater, "%v", err)
}

// askAgain asks the services about a certificate of which the file's evidence is older than
// the proof that the signature existed: it may have been withdrawn in between. What the
// file has stays good unless they say so.
func (v *validation) askAgain(r *chainResult, w window) *chainProblem {
	answers, err := v.ask(r.path)
	var revoked revocation.RevokedError
	if !errors.As(err, &revoked) || revoked.At.After(w.until) {
		return nil
	}
	r.status, r.embedded = asked(r.path, answers), false
	return revokedProblem(err)
}

// asked tells which answer is on which certificate: each is followed by those on its
// responders.
func asked(path certs.Path, answers []revocation.Answer) []*StatusReport {
	var out []*StatusReport
	for i := range len(path) - 1 {
		if len(answers) == 0 {
			break
		}
		out = append(out, statusOf(answers[0], path[i+1], false))
		answers = answers[min(len(answers), 1+len(delegates(answers[0], path[i+1]))):]
	}
	return out
}

// storedCertificates parses the certificates of the DSS, once.
func (v *validation) storedCertificates() []*x509.Certificate {
	if v.parsed {
		return v.stored
	}
	v.parsed = true
	for _, der := range v.store.Certs {
		if cert, err := certs.Parse(der); err == nil {
			v.stored = append(v.stored, cert)
		}
	}
	return v.stored
}
