package signing

import (
	"context"
	"errors"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/signing/internal/pdf"
)

// answering is a service that always says the same.
type answering struct{ err error }

func (a answering) Evidence(context.Context, certs.Path) ([]revocation.Answer, error) {
	return nil, a.err
}

// Evidence from before the signature leaves room for a withdrawal in between: who can be
// asked is asked, and what the file has stays good unless a withdrawal is told.
func TestVerifyAsksAgainWhatIsOld(t *testing.T) {
	l := newLab(t)
	now := time.Now()
	b := &evidenceBench{lab: l, signer: l.w.cards[certstest.RSA2048].Signature.Certificate, now: now}
	stamped, err := pdf.Open(l.w.raised(t, certstest.RSA2048, LevelT))
	if err != nil {
		t.Fatal(err)
	}
	file := func(made time.Duration) []byte {
		evidence, err := l.f.Last().Evidence()
		if err != nil {
			t.Fatal(err)
		}
		evidence.OCSPs = [][]byte{b.ocsp(func(r *certstest.OCSPResponse) {
			r.ProducedAt = now.Add(made)
			r.Singles[0].ThisUpdate, r.Singles[0].NextUpdate = now.Add(made), now.Add(7*24*time.Hour)
		})}
		u := stamped.Update()
		if err := u.SetEvidence(evidence); err != nil {
			t.Fatal(err)
		}
		out, _ := u.Bytes(nil)
		return out
	}
	old, young := file(-40*time.Minute), file(5*time.Second)
	before, after := revocation.RevokedError{At: now.Add(-20 * time.Minute)}, revocation.RevokedError{At: now.Add(20 * time.Minute)}
	for name, c := range map[string]struct {
		file []byte
		says error
		want SubIndication
	}{
		"old, withdrawn before":       {old, before, RevokedNoPOE},
		"old, withdrawn after":        {old, after, ""},
		"old, good":                   {old, nil, ""},
		"old, nobody answers":         {old, errors.New("no answer"), ""},
		"young, not asked":            {young, before, ""},
		"old, and nobody to be asked": {old, errOffline, ""},
	} {
		trust := Trust{Anchors: l.w.Anchors(), Revocation: answering{c.says}}
		if errors.Is(c.says, errOffline) {
			trust.Revocation = nil
		}
		r, err := Verify(t.Context(), c.file, trust)
		if err != nil || r.Valid() != (c.want == "") || r.Signatures[0].SubIndication != c.want {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

var errOffline = errors.New("offline")
