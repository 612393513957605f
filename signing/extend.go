package signing

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/signing/internal/cms"
	"guichet.example/signing/internal/pdf"
)

// ErrNoEvidence means that revocation evidence for one certificate could not be had.
var ErrNoEvidence = errors.New("no revocation evidence")

// Evidence finds one good answer for each certificate of a path that needs one;
// *revocation.Checker is the one in use.
type Evidence interface {
	Evidence(ctx context.Context, p certs.Path) ([]revocation.Answer, error)
}

// Extender raises a signature to a higher level. It needs no key and no card.
// Safe for concurrent use.
type Extender struct {
	TSA        *TSA                // timestamps; required from LevelT on
	Revocation Evidence            // revocation evidence; required from LevelLT on
	Anchors    *certs.TrustAnchors // required
	Now        func() time.Time    // nil: time.Now

	paths servicePaths
}

// Extend raises the last signature of the file to the level wanted, as far as the
// services answer, and brings evidence for what stands before it, which nothing but evidence
// and document timestamps can raise any more. It returns the file at the level reached, which
// is the input itself when nothing could be done, and the error that stopped it, nil when
// want was reached. What was reached is worth keeping whatever the error: call again later to
// go on.
//
// The last signature, its timestamp and those that follow must have their evidence. Others,
// which somebody else may have put there, get what can be had, and do not hold up the rest:
// where one of them stays in doubt the error is an [IncompleteError], with the level wanted.
//
// A level is told only of bytes that a verifier says it of: see [Verify], which is run over
// the file returned, offline.
//
// Errors: ErrNoTimestamp, ErrNoEvidence, ErrUnsuitable (wrapping what a verifier would
// say), revocation.RevokedError, and IncompleteError.
func (e *Extender) Extend(ctx context.Context, file []byte, want Level) ([]byte, Level, error) {
	if want < LevelB || want > LevelLTA {
		return file, 0, fmt.Errorf("%w: no level %d", ErrUnsuitable, int(want))
	}
	t, err := e.target(file, nil)
	if err != nil {
		return file, 0, err
	}
	level := LevelB
	for _, step := range []struct {
		reached Level
		do      func(context.Context, *target) error
	}{{LevelT, e.timestamp}, {LevelLT, e.evidence}, {LevelLTA, e.archive}} {
		if want < step.reached {
			break
		}
		if err = step.do(ctx, t); err != nil {
			break
		}
		level = step.reached
	}
	shown, doubt := t.judge(level)
	if err == nil {
		err = doubt
	}
	return t.file, shown, err
}

// target is the signature being raised and the file as far as it has come.
type target struct {
	file []byte
	v    *validation
	s    *subject
	at   int // of s among the subjects, whose order stays

	causes map[int]error // why there is no evidence for a subject that is not ours
}

// target finds the last signature. A signature that does not hold is never raised: a
// timestamp would lend it weight. What an earlier reading found out is not found out
// again, and what this one finds out is added.
func (e *Extender) target(file []byte, before *target) (*target, error) {
	if e.Anchors == nil {
		return nil, errors.New("trust anchors are needed")
	}
	f, err := open(file)
	if err != nil {
		return nil, err
	}
	v := &validation{anchors: e.Anchors, policy: DefaultCryptoPolicy(), now: clock(e.Now), f: f, services: &e.paths}
	causes := map[int]error{}
	if before == nil {
		v.known, v.facts, v.signers = &cms.Known{}, &revocation.Known{}, &servicePaths{}
	} else {
		v.known, v.facts, v.signers, causes = before.v.known, before.v.facts, before.v.signers, before.causes
	}
	report := &Report{}
	if err := v.read(report); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	for i, s := range slices.Backward(v.subjects) {
		if s.sig.IsTimestamp() {
			continue
		}
		if s.failed() || !s.profile {
			return nil, fmt.Errorf("%w: %s %s: %s", ErrUnsuitable, s.report.Indication, s.report.SubIndication, strings.Join(s.report.Reasons, "; "))
		}
		return &target{file, v, s, i, causes}, nil
	}
	return nil, fmt.Errorf("%w: no signature", ErrUnsuitable)
}

// timestamp puts a token over the signature value into the hole (EN 319 122-1, 5.3).
// Nothing else in the file changes.
func (e *Extender) timestamp(ctx context.Context, t *target) error {
	if t.s.token != nil {
		return nil
	}
	if t.s != t.v.subjects[len(t.v.subjects)-1] {
		return fmt.Errorf("%w: a later signature covers the place of the timestamp", ErrUnsuitable)
	}
	if e.TSA == nil {
		return fmt.Errorf("%w: no authority configured", ErrNoTimestamp)
	}
	token, err := e.TSA.stamp(ctx, sha256.Sum256(t.s.signed.Signer.Value), t.v.known)
	if err != nil {
		return err
	}
	der, err := t.s.signed.WithTimestamp(token.Raw)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoTimestamp, err)
	}
	file, err := fill(t.file, t.s.sig.ByteRange, der)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoTimestamp, err)
	}
	return t.refilled(file)
}

// refilled goes on with a file in whose last hole stands something else. All outside it
// was read before, as a verifier would, and is covered by the signature: so the structure
// and this signature are read again, and nothing more.
func (t *target) refilled(file []byte) error {
	f, err := open(file)
	if err != nil {
		return err
	}
	list, err := f.Signatures()
	if err != nil || len(list) != len(t.v.subjects) || list[len(list)-1].ByteRange != t.s.sig.ByteRange {
		return fmt.Errorf("%w: signature not found again: %v", ErrUnsuitable, err)
	}
	v := *t.v
	v.f = f
	s := &subject{sig: list[len(list)-1], report: &SignatureReport{}}
	v.integrity(s)
	if s.failed() || !s.profile || s.token == nil {
		return fmt.Errorf("%w: timestamp does not verify: %s", ErrUnsuitable, strings.Join(s.report.Reasons, "; "))
	}
	v.subjects = append(slices.Clone(v.subjects[:len(list)-1]), s)
	*t = target{file, &v, s, t.at, t.causes}
	return nil
}

// evidence appends a DSS with every certificate and one answer for each certificate that
// needs one, of every signer and timestamping authority (EN 319 142-1, 5.4). What the file
// holds already and is good is not asked again.
func (e *Extender) evidence(ctx context.Context, t *target) error {
	more := &pdf.Evidence{}
	poe := t.v.now
	for _, s := range t.v.subjects[t.at+1:] { // document timestamps, all later signatures being none
		if s.failed() || !s.report.Integrity.Passed {
			return fmt.Errorf("%w: timestamp after the signature: %s", ErrUnsuitable, strings.Join(s.report.Reasons, "; "))
		}
	}
	for _, s := range slices.Backward(t.v.subjects[t.at+1:]) {
		if err := e.collect(ctx, t, s.cert, s.others, certs.Timestamping, since(s.token.Time, poe), more); err != nil {
			return fmt.Errorf("timestamping authority: %w", err)
		}
		poe = s.token.Time
	}
	if err := e.own(ctx, t, poe, more); err != nil {
		return err
	}
	e.others(ctx, t, t.at, proven(t.s, poe), more)
	return e.store(t, more)
}

// own collects what shows the signature good that is raised. What the file held when it was
// signed says nothing of whether its certificate was good then, however long it says it
// holds: who brought the paper chose it (EN 319 102-1, 5.2.5: revocation freshness).
func (e *Extender) own(ctx context.Context, t *target, poe time.Time, more *pdf.Evidence) error {
	held := t.v.store
	if rev := t.s.sig.Revision; rev < t.v.f.Revisions()-1 {
		var err error
		if held, err = t.v.f.State(rev).Evidence(); err != nil {
			return fmt.Errorf("%w: %w", ErrUnsuitable, err)
		}
	}
	t.v.unasked = &unasked{held, t.s.cert, t.s.tsa}
	defer func() { t.v.unasked = nil }()
	return e.signature(ctx, t, t.s, poe, more)
}

// signature collects what shows a signature good, and its timestamp.
func (e *Extender) signature(ctx context.Context, t *target, s *subject, poe time.Time, more *pdf.Evidence) error {
	at := proven(s, poe)
	purpose := certs.Signature
	if s.report.Kind == Seal {
		purpose = certs.Seal
	}
	if err := e.collect(ctx, t, s.cert, s.others, purpose, window{at, at}, more); err != nil {
		return fmt.Errorf("signer: %w", err)
	}
	if s.tsa == nil {
		return nil
	}
	if err := e.collect(ctx, t, s.tsa, s.tsaOthers, certs.Timestamping, since(at, poe), more); err != nil {
		return fmt.Errorf("timestamping authority: %w", err)
	}
	return nil
}

// proven is when a signature is known to have existed: by its timestamp, or else by what
// comes later.
func proven(s *subject, poe time.Time) time.Time {
	if s.token != nil {
		return s.token.Time
	}
	return poe
}

// store appends evidence that the file does not hold yet.
func (e *Extender) store(t *target, more *pdf.Evidence) error {
	if t.v.store.Has(more) {
		return nil
	}
	u := t.v.f.Update()
	if err := u.SetEvidence(more); err != nil {
		return fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	file, _ := u.Bytes(newSource(t.file).secondID(t.v.now))
	return e.proceed(t, file)
}

// proceed goes on with a longer file, after reading it as a verifier would.
func (e *Extender) proceed(t *target, file []byte) error {
	if len(file) > MaxPDF {
		return ErrTooLarge
	}
	next, err := e.target(file, t)
	if err != nil {
		return err
	}
	*t = *next
	return nil
}

// collect gathers certificates and answers of one path.
func (e *Extender) collect(ctx context.Context, t *target, cert *x509.Certificate, others []*x509.Certificate, p certs.Purpose, w window, more *pdf.Evidence) error {
	path, err := t.v.path(cert, p, w.until, others)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	for _, cert := range path {
		more.Add(&pdf.Evidence{Certs: [][]byte{cert.Raw}})
	}
	_, known, err := t.v.statuses(path, w, more)
	if known || err != nil {
		return err
	}
	if e.Revocation == nil {
		return fmt.Errorf("%w: no service configured", ErrNoEvidence)
	}
	answers, err := e.Revocation.Evidence(ctx, path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoEvidence, err)
	}
	t.v.facts.Remember(answers...)
	for _, a := range answers {
		one := &pdf.Evidence{OCSPs: [][]byte{a.Raw}}
		if a.Source == revocation.CRL {
			one = &pdf.Evidence{CRLs: [][]byte{a.Raw}}
		}
		for _, cert := range a.Certificates {
			one.Certs = append(one.Certs, cert.Raw)
		}
		more.Add(one)
	}
	return nil
}

// archive appends a document timestamp over everything (EN 319 142-1, 5.4.3), unless one
// ends the file, and then evidence on its authority where the file has none that fits:
// a timestamp whose authority nobody can judge would spoil the verdict on all.
func (e *Extender) archive(ctx context.Context, t *target) error {
	last := t.v.subjects[len(t.v.subjects)-1]
	if !last.sig.IsTimestamp() || last.failed() {
		if err := e.stampDocument(ctx, t); err != nil {
			return err
		}
		last = t.v.subjects[len(t.v.subjects)-1]
	}
	if err := e.judged(ctx, t, last); err != nil {
		return fmt.Errorf("timestamping authority: %w", err)
	}
	return nil
}

func (e *Extender) stampDocument(ctx context.Context, t *target) error {
	if e.TSA == nil {
		return fmt.Errorf("%w: no authority configured", ErrNoTimestamp)
	}
	name, err := fieldName(t.v.f, "", "Timestamp")
	if err != nil {
		return err
	}
	u := t.v.f.Update()
	s := newSlot("/DocTimeStamp", "/ETSI.RFC3161", Hole, time.Time{})
	if err := addField(t.v.f, u, s, name, Mark{}, false); err != nil {
		return fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	from := newSource(t.file)
	file, r := s.write(u, from.secondID(t.v.now))
	token, err := e.TSA.stamp(ctx, [32]byte(from.digest(crypto.SHA256, file, r)), t.v.known)
	if err != nil {
		return err
	}
	if file, err = fill(file, r, token.Raw); err != nil {
		return fmt.Errorf("%w: %w", ErrNoTimestamp, err)
	}
	return e.proceed(t, file)
}
