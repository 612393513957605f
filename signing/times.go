package signing

import (
	"slices"
	"time"

	"guichet.example/certs"
	"guichet.example/signing/internal/pdf"
)

// times validates chains from the newest signature back (EN 319 102-1, 5.6.2). A
// timestamp that holds proves that everything before it existed at its time; what is
// older is then judged at that time and not at now.
func (v *validation) times() {
	poe := v.now
	var archives []*subject // document timestamps that hold, newest first
	for _, s := range slices.Backward(v.subjects) {
		if s.sig.IsTimestamp() {
			if v.archive(s, poe) {
				poe = s.token.Time
				archives = append(archives, s)
			}
		} else {
			v.signer(s, poe, archives)
		}
		if s.report.Indication == "" {
			s.report.Indication = TotalPassed
		}
	}
}

// archive judges a document timestamp and reports whether it is proof of existence.
func (v *validation) archive(s *subject, poe time.Time) bool {
	if s.failed() || s.token == nil || s.cert == nil {
		return false
	}
	s.report.Timestamp = s.token.Time
	if !s.order(s.token.Time, poe, "document timestamp") {
		return false
	}
	chain := v.chain(s.cert, s.others, certs.Timestamping, since(s.token.Time, poe), &s.used)
	if !s.accept(chain) {
		return false
	}
	return s.report.Indication == ""
}

// since is the window of a timestamp: from when it stamped to the next proof.
func since(stamped, poe time.Time) window {
	if poe.Before(stamped) {
		poe = stamped
	}
	return window{proof: stamped, until: poe}
}

// order refuses a time after the proof that it existed.
func (s *subject) order(t, poe time.Time, what string) bool {
	if t.After(poe.Add(clockSkew)) {
		s.fail(Indeterminate, TimestampOrderFailure, "%s is later than what proves it", what)
		return false
	}
	return true
}

// clockSkew is how far the clocks of a timestamping authority and of ours may differ.
const clockSkew = 5 * time.Minute

// accept takes over what a chain says.
func (s *subject) accept(c chainResult) bool {
	if p := c.problem; p != nil {
		s.report.Chain.Detail = p.text
		s.fail(Indeterminate, p.sub, "%s", p.text)
		return false
	}
	s.report.Chain = Check{Passed: true, Detail: c.path[len(c.path)-1].Subject.CommonName}
	return true
}

// signer judges a signature: its timestamp at the proof of existence, its own chain at
// the best time that is then known, and the level that follows.
func (v *validation) signer(s *subject, poe time.Time, archives []*subject) {
	r := s.report
	if s.failed() || s.cert == nil || !r.Integrity.Passed {
		return
	}
	stamp, stamped := v.stamp(s, poe)
	best := poe
	if stamped {
		best = s.token.Time
		r.Timestamp = best
	} else if len(archives) > 0 {
		r.Timestamp = poe
	}
	purpose := certs.Signature
	if r.Kind == Seal {
		purpose = certs.Seal
	}
	chain := v.chain(s.cert, s.others, purpose, window{best, best}, &s.used)
	if !s.accept(chain) || !s.profile {
		return
	}
	s.order(r.Claimed, best, "claimed signing time")
	r.Level = LevelB
	if !stamped && len(archives) == 0 {
		return
	}
	r.Level = LevelT
	if !chain.embedded || stamped && !stamp.embedded {
		return
	}
	r.Level = LevelLT
	if v.archived(s, archives) {
		r.Level = LevelLTA
	}
}

// stamp judges the timestamp of a signature.
func (v *validation) stamp(s *subject, poe time.Time) (chainResult, bool) {
	if s.tsa == nil {
		return chainResult{}, false
	}
	s.report.TSA = s.tsa.Subject.CommonName
	if !s.order(s.token.Time, poe, "timestamp") {
		return chainResult{}, false
	}
	chain := v.chain(s.tsa, s.tsaOthers, certs.Timestamping, since(s.token.Time, poe), &s.used)
	if p := chain.problem; p != nil {
		s.fail(Indeterminate, p.sub, "timestamp: %s", p.text)
		return chain, false
	}
	return chain, true
}

// archived reports whether a document timestamp that holds covers all evidence used.
func (v *validation) archived(s *subject, archives []*subject) bool {
	for _, a := range archives {
		covered, err := v.f.State(a.sig.Revision).Evidence()
		if err == nil && a.sig.Revision > s.sig.Revision && covered.Has(&pdf.Evidence{OCSPs: s.used.OCSPs, CRLs: s.used.CRLs}) {
			return true
		}
	}
	return false
}
