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
// services answer, and brings evidence for those before it, which nothing but evidence and
// document timestamps can raise any more. It returns the file at the level reached, which is the input itself
// when nothing could be done, and the error that stopped it, nil when want was reached.
// What was reached is worth keeping whatever the error: call again later to go on.
//
// Errors: ErrNoTimestamp, ErrNoEvidence, ErrUnsuitable (wrapping what a verifier would
// say), and revocation.RevokedError.
func (e *Extender) Extend(ctx context.Context, file []byte, want Level) ([]byte, Level, error) {
	if want < LevelB || want > LevelLTA {
		return file, 0, fmt.Errorf("%w: no level %d", ErrUnsuitable, int(want))
	}
	t, err := e.target(file, &cms.Known{})
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
		if err := step.do(ctx, t); err != nil {
			return t.file, level, err
		}
		level = step.reached
	}
	return t.file, level, nil
}

// target is the signature being raised and the file as far as it has come.
type target struct {
	file []byte
	v    *validation
	s    *subject
}

// target finds the last signature. A signature that does not hold is never raised: a
// timestamp would lend it weight. What k knows of an earlier reading is not found out
// again, and what this one finds out is added.
func (e *Extender) target(file []byte, k *cms.Known) (*target, error) {
	if e.Anchors == nil {
		return nil, errors.New("trust anchors are needed")
	}
	f, err := open(file)
	if err != nil {
		return nil, err
	}
	v := &validation{anchors: e.Anchors, now: clock(e.Now), f: f, known: k}
	report := &Report{}
	if err := v.read(report); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	for _, s := range slices.Backward(v.subjects) {
		if s.sig.IsTimestamp() {
			continue
		}
		if s.failed() || !s.profile {
			return nil, fmt.Errorf("%w: %s %s: %s", ErrUnsuitable, s.report.Indication, s.report.SubIndication, strings.Join(s.report.Reasons, "; "))
		}
		return &target{file, v, s}, nil
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
	*t = target{file, &v, s}
	return nil
}

// evidence appends a DSS with every certificate and one answer for each certificate that
// needs one, of every signer and timestamping authority (EN 319 142-1, 5.4). What the file
// holds already and is good is not asked again.
func (e *Extender) evidence(ctx context.Context, t *target) error {
	more := &pdf.Evidence{}
	for _, s := range t.v.subjects {
		if s.sig.IsTimestamp() || s.failed() {
			continue
		}
		proof := t.v.now // an earlier signature without a timestamp: what comes later proves it
		if s.token != nil {
			proof = s.token.Time
		}
		purpose := certs.Signature
		if s.report.Kind == Seal {
			purpose = certs.Seal
		}
		if err := e.collect(ctx, t, s.cert, s.others, purpose, window{proof, proof}, more); err != nil {
			return fmt.Errorf("signer: %w", err)
		}
		if s.tsa == nil {
			continue
		}
		if err := e.collect(ctx, t, s.tsa, s.tsaOthers, certs.Timestamping, since(proof, t.v.now), more); err != nil {
			return fmt.Errorf("timestamping authority: %w", err)
		}
	}
	return e.store(t, more)
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
	next, err := e.target(file, t.v.known)
	if err != nil {
		return err
	}
	*t = *next
	return nil
}

// collect gathers certificates and answers of one path.
func (e *Extender) collect(ctx context.Context, t *target, cert *x509.Certificate, others []*x509.Certificate, p certs.Purpose, w window, more *pdf.Evidence) error {
	path, err := e.path(cert, p, w.until, append(others[:len(others):len(others)], t.v.storedCertificates()...))
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

// path is that of a certificate, which for a service may have been found before.
func (e *Extender) path(cert *x509.Certificate, p certs.Purpose, at time.Time, others []*x509.Certificate) (certs.Path, error) {
	if p == certs.Timestamping {
		return e.paths.path(e.Anchors, cert, at, others...)
	}
	return e.Anchors.Path(cert, p, at, others...)
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
