package signing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/signing/internal/pdf"
)

// IncompleteError says that signatures or timestamps of a file, which somebody else may have
// put there, stay in doubt, and a verifier with the file as a whole (EN 319 102-1, 5.6). The
// signature that was raised is at Level all the same.
type IncompleteError struct {
	Level   Level
	Lacking []Lack // in the order of the file
}

// Lack is a signature or timestamp that nothing shows to be good.
type Lack struct {
	Field  string // in which it stands
	Signer string // who made it, as its certificate says; empty if nobody can tell
	Err    error  // why
}

func (e *IncompleteError) Error() string {
	var list []string
	for _, l := range e.Lacking {
		list = append(list, fmt.Sprintf("%s (%s): %v", l.Signer, l.Field, l.Err))
	}
	return "raised, but others are in doubt: " + strings.Join(list, "; ")
}

// Temporary reports whether a later attempt may do better: somebody did not answer.
func (e *IncompleteError) Temporary() bool {
	return slices.ContainsFunc(e.Lacking, func(l Lack) bool {
		return errors.Is(l.Err, ErrNoEvidence) && !errors.As(l.Err, new(revocation.RevokedError))
	})
}

// What others may take of what there is for the file: so that they leave enough for us.
const (
	maxOthers      = 32               // signatures and timestamps for which somebody is asked
	othersWait     = 10 * time.Second // for all of them, where the caller sets no end
	maxOthersItems = 160              // entries of one kind in the DSS, of 256 that it may have
)

// errNoRoom means that others have taken what there is for them.
var errNoRoom = errors.New("no room for its evidence")

// others collects what can be had for the subjects before one, from the newest back (EN 319
// 102-1, 5.6.2): each timestamp that is good proves what stands before it. What fails is
// noted in t.causes.
func (e *Extender) others(ctx context.Context, t *target, before int, poe time.Time, more *pdf.Evidence) {
	if before == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience(ctx))
	defer cancel()
	for i, s := range slices.Backward(t.v.subjects[:before]) {
		if s.failed() || !s.report.Integrity.Passed {
			continue // what is broken stays so, and the report says it
		}
		if before-i > maxOthers {
			t.causes[i] = errNoRoom
			continue
		}
		one := &pdf.Evidence{}
		err := e.other(ctx, t, s, poe, one)
		if err == nil && !t.room(more, one) {
			err = errNoRoom
		}
		if err != nil {
			t.causes[i] = err
			continue
		}
		delete(t.causes, i)
		more.Add(one)
		if s.sig.IsTimestamp() {
			poe = s.token.Time
		}
	}
}

func (e *Extender) other(ctx context.Context, t *target, s *subject, poe time.Time, more *pdf.Evidence) error {
	if s.sig.IsTimestamp() {
		return e.collect(ctx, t, s.cert, s.others, certs.Timestamping, since(s.token.Time, poe), more)
	}
	return e.signature(ctx, t, s, poe, more)
}

// patience is what others may take of the time there is: half of it.
func patience(ctx context.Context) time.Duration {
	end, limited := ctx.Deadline()
	if !limited {
		return othersWait
	}
	return min(othersWait, time.Until(end)/2)
}

// room reports whether evidence of others leaves room for ours: now, and for as many renewals
// as there may be.
func (t *target) room(more, one *pdf.Evidence) bool {
	all := &pdf.Evidence{}
	for _, e := range []*pdf.Evidence{t.v.store, more, one} {
		all.Add(e)
	}
	size := len(t.file)
	for _, list := range [][][]byte{all.Certs, all.OCSPs, all.CRLs} {
		if len(list) > maxOthersItems {
			return false
		}
	}
	for _, list := range [][][]byte{one.Certs, one.OCSPs, one.CRLs} {
		for _, item := range list {
			size += len(item)
		}
	}
	return size <= MaxPDF/2 || t.v.store.Has(one)
}

// judge validates the file as it is, as a verifier without services does, and tells the level
// that the signature has, at most what was aimed at. The error is why it has no more, or that
// others are in doubt. The bytes were read when they were made: see [Extender.proceed].
func (t *target) judge(level Level) (Level, error) {
	if level < LevelT {
		return level, nil
	}
	v := t.v
	v.times()
	r := t.s.report
	if r.Level < level || level >= LevelLT && r.Indication != TotalPassed {
		why := ErrUnsuitable
		if r.SubIndication == TryLater || r.Level < level && r.Indication == TotalPassed {
			why = ErrNoEvidence
		}
		return min(level, r.Level), fmt.Errorf("%w: a verifier finds %v: %s", why, r.Level, strings.Join(r.Reasons, "; "))
	}
	if level < LevelLT {
		return level, nil
	}
	return level, t.incomplete(level)
}

// incomplete names what is in doubt; nil if nothing is.
func (t *target) incomplete(level Level) error {
	incomplete := &IncompleteError{Level: level}
	for i, s := range t.v.subjects {
		if s.report.Indication != TotalPassed {
			incomplete.Lacking = append(incomplete.Lacking, Lack{s.report.Field, s.report.Signer, t.cause(i, s)})
		}
	}
	if len(incomplete.Lacking) > 0 {
		return incomplete
	}
	return nil
}

// cause is why a subject is in doubt: what was met on the way, or else what the report says.
func (t *target) cause(i int, s *subject) error {
	if err := t.causes[i]; err != nil {
		return err
	}
	return fmt.Errorf("%s %s: %s", s.report.Indication, s.report.SubIndication, strings.Join(s.report.Reasons, "; "))
}
