package signing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"guichet.example/certs"
	"guichet.example/signing/internal/pdf"
)

// ErrNoArchive means that the file has no archive timestamp to go on from: it is raised
// to LevelLTA first.
var ErrNoArchive = errors.New("no archive timestamp")

// Renew adds what judges the newest archive timestamp to the file's evidence and puts a
// new archive timestamp over all of it (EN 319 142-1, 5.4.3). It must happen
// while the certificates and algorithms of that timestamp still hold, see [NextRenewal]:
// afterwards nothing shows that it was made in time.
//
// What older timestamps and signatures lack is brought too, where it can still be had. That
// it cannot holds up nothing: the file comes with an [IncompleteError] that names them. Its
// level is what [Verify] says of the last signature.
//
// The file given is a prefix of the file returned. Any other error leaves nothing half done.
//
// Errors: ErrNoArchive, ErrNoTimestamp, ErrNoEvidence, ErrUnsuitable (wrapping what a
// verifier would say), ErrTooLarge, revocation.RevokedError, and IncompleteError.
func (e *Extender) Renew(ctx context.Context, file []byte) ([]byte, error) {
	t, err := e.target(file, nil)
	if err != nil {
		return nil, err
	}
	newest := t.v.newestArchive()
	if newest == nil {
		return nil, ErrNoArchive
	}
	more := &pdf.Evidence{}
	if err := e.collect(ctx, t, newest.cert, newest.others, certs.Timestamping, since(newest.token.Time, t.v.now), more); err != nil {
		return nil, fmt.Errorf("newest archive timestamp: %w", err)
	}
	e.others(ctx, t, slices.Index(t.v.subjects, newest), newest.token.Time, more)
	if err := e.store(t, more); err != nil {
		return nil, fmt.Errorf("newest archive timestamp: %w", err)
	}
	if err := e.stampDocument(ctx, t); err != nil {
		return nil, err
	}
	if err := e.judged(ctx, t, t.v.newestArchive()); err != nil {
		return nil, fmt.Errorf("new archive timestamp: %w", err)
	}
	err = t.renewed()
	if err != nil && !errors.As(err, new(*IncompleteError)) {
		return nil, err
	}
	return t.file, err
}

// renewed validates the file as it is. The new timestamp must be good; what it could not
// make good, the last signature among it, is named.
func (t *target) renewed() error {
	v := t.v
	v.times()
	if newest := v.newestArchive(); newest == nil || newest.report.Indication != TotalPassed {
		return fmt.Errorf("%w: new archive timestamp does not verify", ErrUnsuitable)
	}
	return t.incomplete(t.s.report.Level)
}

// judged stores what tells that the authority of a document timestamp was good.
func (e *Extender) judged(ctx context.Context, t *target, s *subject) error {
	more := &pdf.Evidence{}
	if err := e.collect(ctx, t, s.cert, s.others, certs.Timestamping, since(s.token.Time, t.v.now), more); err != nil {
		return err
	}
	return e.store(t, more)
}

// newestArchive is the last document timestamp whose bytes and value hold; nil if there is
// none, or if the last one does not hold.
func (v *validation) newestArchive() *subject {
	for _, s := range slices.Backward(v.subjects) {
		if s.sig.IsTimestamp() {
			if s.failed() || !s.report.Integrity.Passed {
				return nil
			}
			return s
		}
	}
	return nil
}

// NextRenewal returns the time up to which the newest archive timestamp of a file proves
// that what it covers existed: when the first certificate of its path, or the first
// algorithm of it, runs out. Renew some months before.
//
// Errors: those of [Verify], ErrNoArchive, and ErrUnsuitable for a timestamp whose path
// does not lead to an anchor now, or that rests on an algorithm that is not believed.
func NextRenewal(file []byte, t Trust) (time.Time, error) {
	if t.Anchors == nil {
		return time.Time{}, errors.New("trust anchors are needed")
	}
	f, err := open(file)
	if err != nil {
		return time.Time{}, err
	}
	v := &validation{anchors: t.Anchors, now: clock(t.Now), f: f}
	if err := v.read(&Report{}); err != nil {
		return time.Time{}, fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	s := v.newestArchive()
	if s == nil {
		return time.Time{}, ErrNoArchive
	}
	path, err := v.anchors.Path(s.cert, certs.Timestamping, v.now, append(s.others[:len(s.others):len(s.others)], v.storedCertificates()...)...)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	until := path[0].NotAfter
	for _, cert := range path[1:] {
		if cert.NotAfter.Before(until) {
			until = cert.NotAfter
		}
	}
	end, err := t.policy().end(path, s.token)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	if !end.IsZero() && end.Before(until) {
		until = end
	}
	return until, nil
}
