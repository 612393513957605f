package signing

import (
	"crypto/x509"
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
		if v.stopped() {
			return
		}
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
	if !s.report.Integrity.Passed {
		return false
	}
	s.report.Timestamp = s.token.Time
	ordered := s.order(s.token.Time, poe, "document timestamp")
	chain := v.chain(s.cert, s.others, certs.Timestamping, since(s.token.Time, poe), &s.used)
	s.report.Path = certificates(chain.path, chain.status)
	passed := s.accept(chain) && v.stampAged(s, s.cert, poe) && ordered
	s.report.Timestamps = []TimestampReport{timestampOf(s.token, s.cert, "document", chain, passed)}
	return passed
}

// stampAged refuses a timestamp whose algorithms were not believed any more when the next
// proof was made.
func (v *validation) stampAged(s *subject, tsa *x509.Certificate, poe time.Time) bool {
	err := v.policy.signature(tsa, s.token.Signed(), poe)
	if err == nil {
		err = v.policy.check(s.token.Hash.String(), 0, poe)
	}
	if err != nil {
		s.failOf(AboutTimestamp, Indeterminate, CryptoConstraintsFailureNoPOE, "timestamp: %v", err)
	}
	return err == nil
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
// the best time that is then known, and the level that follows. The level says what is
// there and holds; whether the signer can be trusted is another question.
func (v *validation) signer(s *subject, poe time.Time, archives []*subject) {
	r := s.report
	if !r.Integrity.Passed {
		return
	}
	best, level, complete := poe, LevelB, true
	switch stamp, stamped := v.stamp(s, poe); {
	case stamped:
		best, level, complete = s.token.Time, LevelT, stamp.embedded
		r.Timestamp = best
	case len(archives) > 0:
		level = LevelT
		r.Timestamp = poe
	}
	purpose := certs.Signature
	if r.Kind == Seal {
		purpose = certs.Seal
	}
	chain := v.chain(s.cert, s.others, purpose, window{best, best}, &s.used)
	s.accept(chain)
	r.Path, r.Best = certificates(chain.path, chain.status), best
	if err := v.policy.signature(s.cert, s.signed, best); err != nil {
		s.fail(Indeterminate, CryptoConstraintsFailureNoPOE, "%v", err)
	}
	if !s.profile {
		return
	}
	s.order(r.Claimed, best, "claimed signing time")
	if level == LevelT && complete && chain.embedded && chain.problem == nil {
		level = LevelLT
		if v.archived(s, archives) {
			level = LevelLTA
		}
	}
	r.Level = level
}

// stamp judges the timestamp of a signature and reports whether it shows a time: its
// authority is trusted and not known to have been withdrawn.
func (v *validation) stamp(s *subject, poe time.Time) (chainResult, bool) {
	if s.tsa == nil {
		return chainResult{}, false
	}
	s.report.TSA = s.tsa.Subject.CommonName
	ordered := s.order(s.token.Time, poe, "timestamp")
	chain := v.chain(s.tsa, s.tsaOthers, certs.Timestamping, since(s.token.Time, poe), &s.used)
	shows := ordered && v.stampAged(s, s.tsa, poe)
	if p := chain.problem; p != nil {
		s.failOf(AboutTimestamp, Indeterminate, p.sub, "timestamp: %s", p.text)
		shows = shows && p.sub == TryLater
	}
	s.report.Timestamps = append(s.report.Timestamps, timestampOf(s.token, s.tsa, "signature", chain, shows && chain.problem == nil))
	return chain, shows
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
