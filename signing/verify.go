package signing

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/signing/internal/pdf"
)

// Trust is what a validation relies on.
type Trust struct {
	// Anchors end every path. Required.
	Anchors *certs.TrustAnchors
	// Now is the time of validation. Nil: time.Now.
	Now func() time.Time
	// Revocation is asked for signatures that carry no evidence. Nil: offline, such
	// signatures are INDETERMINATE, TRY_LATER.
	Revocation Evidence
	// Policy says which algorithms are believed until when. Nil: DefaultCryptoPolicy.
	Policy CryptoPolicy
}

func (t *Trust) policy() CryptoPolicy {
	if t.Policy == nil {
		return DefaultCryptoPolicy()
	}
	return t.Policy
}

// Verify validates every signature of a file. What is wrong with a signature or with
// the file's structure is in the report; the error is only for bytes that are no PDF
// or too many, ErrNotPDF and ErrTooLarge, for a Trust without anchors, and for a context
// that ended first: it is looked at between signatures and revisions, and while the bytes
// are read and searched.
func Verify(ctx context.Context, file []byte, t Trust) (*Report, error) {
	v, report, err := validate(ctx, file, t)
	if err != nil {
		return nil, err
	}
	if v != nil {
		for _, s := range v.subjects {
			s.report.Blocks = s.blocks()
			report.Signatures = append(report.Signatures, *s.report)
		}
		report.History = v.history()
	}
	return report, nil
}

// validate is Verify with what it found on the way. The validation is nil if the file
// could not be read at all.
func validate(ctx context.Context, file []byte, t Trust) (*validation, *Report, error) {
	if t.Anchors == nil {
		return nil, nil, errors.New("trust anchors are needed")
	}
	if len(file) > MaxPDF {
		return nil, nil, ErrTooLarge
	}
	sum := sha256.Sum256(file)
	report := &Report{SHA256: hex.EncodeToString(sum[:]), Size: len(file), Signatures: []SignatureReport{}, At: clock(t.Now)}
	f, err := pdf.OpenUntil(file, ctx.Err)
	if errors.Is(err, pdf.ErrNotPDF) {
		return nil, nil, ErrNotPDF
	}
	if err != nil {
		report.Structure = err.Error()
		f = soundPart(file, ctx.Err)
		if err := ctx.Err(); err != nil {
			return nil, nil, fmt.Errorf("verifying: %w", err)
		}
		if f == nil {
			return nil, report, nil
		}
		report.Trailing = len(file) - len(f.Data())
	}
	v := &validation{anchors: t.Anchors, policy: t.policy(), f: f, now: report.At, stop: ctx.Err, facts: &revocation.Known{}}
	if t.Revocation != nil {
		v.ask = func(p certs.Path) ([]revocation.Answer, error) { return t.Revocation.Evidence(ctx, p) }
	}
	report.Revisions = f.Revisions()
	if err := v.read(report); err != nil {
		report.Structure = err.Error()
	} else {
		v.times()
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("verifying: %w", err)
	}
	return v, report, nil
}

// clock reads a clock that may be left out.
func clock(now func() time.Time) time.Time {
	if now == nil {
		return time.Now()
	}
	return now()
}

// soundPart finds an earlier revision when the end of the file is broken, so that the
// report can say whose signature was on it before bytes were appended or cut off.
func soundPart(file []byte, stop func() error) *pdf.File {
	end := len(file)
	for range 3 {
		i := bytes.LastIndex(file[:end], []byte("%%EOF"))
		if i < 0 {
			return nil
		}
		end = i
		after := i + len("%%EOF")
		if after < len(file) && file[after] == '\r' {
			after++
		}
		if after < len(file) && file[after] == '\n' {
			after++
		}
		if f, err := pdf.OpenUntil(file[:after], stop); err == nil {
			return f
		}
	}
	return nil
}

// read checks everything about all signatures that needs no clock and no trust. Its
// error is one of structure: every signature found so far has then failed.
func (v *validation) read(report *Report) error {
	list, err := v.f.Signatures()
	if err != nil {
		return err
	}
	for _, sig := range list {
		if v.stopped() {
			break
		}
		s := &subject{sig: sig, report: &SignatureReport{}}
		v.subjects = append(v.subjects, s)
		v.integrity(s)
		if report.Trailing > 0 {
			s.report.CoversWhole = false
			s.report.ChangedAfter = append(s.report.ChangedAfter, changeOf(pdf.Change{Revision: v.f.Revisions(), What: "hidden bytes"}))
			s.failOf(AboutTrailing, TotalFailed, FormatFailure, "%d bytes follow the last sound revision", report.Trailing)
		}
	}
	if report.Active, err = v.f.Active(); err == nil {
		err = v.compare()
	}
	if err == nil {
		err = v.certification(report, list)
	}
	if err == nil {
		v.store, err = v.f.Last().Evidence()
	}
	if err != nil {
		for _, s := range v.subjects {
			s.fail(TotalFailed, FormatFailure, "%v", err)
		}
	}
	return err
}

// compare gives each signature what later revisions changed and added.
func (v *validation) compare() error {
	if len(v.subjects) == 0 {
		return nil
	}
	first := v.f.Revisions()
	for _, s := range v.subjects {
		first = min(first, s.sig.Revision)
	}
	for rev := first + 1; rev < v.f.Revisions() && !v.stopped(); rev++ {
		changes, err := v.f.Changes(rev)
		if err != nil {
			return err
		}
		for _, s := range v.subjects {
			if s.sig.Revision < rev {
				s.note(changes)
			}
		}
	}
	for _, s := range v.subjects {
		s.judgeChanges()
	}
	return nil
}

func (s *subject) note(changes []pdf.Change) {
	for _, c := range changes {
		change := changeOf(c)
		if c.Allowed {
			s.report.AddedAfter = append(s.report.AddedAfter, change)
		} else {
			s.report.ChangedAfter = append(s.report.ChangedAfter, change)
		}
	}
}

// judgeChanges fails a signature whose document is no longer what was signed.
func (s *subject) judgeChanges() {
	if s.sig.Gone {
		s.failOf(AboutRemoval, TotalFailed, FormatFailure, "a later revision took the signature out of the form")
	}
	if changed := s.report.ChangedAfter; len(changed) > 0 {
		s.failOf(AboutChanges, TotalFailed, FormatFailure, "changed after signing: %s", summary(changed))
	}
	for _, c := range s.report.AddedAfter {
		if c.Detail == pdf.Visible {
			s.reason(Remark{About: AboutShown, Revision: c.Revision}, "revision %d added a visible signature on %v", c.Revision, c.Rect)
		}
	}
}

// summary lists at most five different changes.
func summary(changes []Change) string {
	var out []string
	for _, c := range changes {
		text := c.What
		if c.Detail != "" {
			text += " (" + c.Detail + ")"
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if n := len(out) - 5; n > 0 {
		out = append(out[:5], fmt.Sprintf("%d more", n))
	}
	return strings.Join(out, ", ")
}
