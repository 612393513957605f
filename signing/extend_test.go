package signing

import (
	"bytes"
	"testing"

	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
)

func (w *world) extender(tb testing.TB) *Extender {
	tb.Helper()
	checker, err := revocation.New(revocation.Config{Hosts: w.Hosts()})
	if err != nil {
		tb.Fatalf("revocation.New: %v", err)
	}
	tsa, err := NewTSA(TSAConfig{URLs: []string{w.TSAURL()}, Anchors: w.Anchors()})
	if err != nil {
		tb.Fatalf("NewTSA: %v", err)
	}
	return &Extender{TSA: tsa, Revocation: checker, Anchors: w.Anchors()}
}

// raised is the letter signed and raised to a level.
func (w *world) raised(tb testing.TB, a certstest.Algorithm, want Level) []byte {
	tb.Helper()
	out, level, err := w.extender(tb).Extend(tb.Context(), w.signed(tb, a), want)
	if err != nil || level != want {
		tb.Fatalf("Extend(%v) = %v, %v", want, level, err)
	}
	return out
}

func (w *world) trust() Trust { return Trust{Anchors: w.Anchors()} }

func (w *world) report(tb testing.TB, file []byte) *Report {
	tb.Helper()
	r, err := Verify(tb.Context(), file, w.trust())
	if err != nil {
		tb.Fatalf("Verify: %v", err)
	}
	return r
}

func TestExtendRaisesStepByStep(t *testing.T) {
	w := theWorld(t)
	e := w.extender(t)
	for _, a := range algorithms {
		t.Run(a.String(), func(t *testing.T) {
			file := w.signed(t, a)
			for _, want := range []Level{LevelT, LevelLT, LevelLTA} {
				before := file
				var level Level
				var err error
				file, level, err = e.Extend(t.Context(), file, want)
				if err != nil || level != want {
					t.Fatalf("Extend(%v) = %v, %v", want, level, err)
				}
				if want > LevelT && !bytes.HasPrefix(file, before) {
					t.Fatalf("Extend(%v) changed bytes that were there", want)
				}
				if want == LevelT && len(file) != len(before) {
					t.Fatalf("Extend(%v) made %d bytes of %d", want, len(file), len(before))
				}
				checkOutside(t, w, file)
				r := w.report(t, file)
				s := r.Signatures[0]
				if want >= LevelLT && (!r.Valid() || s.Level != want) {
					t.Fatalf("Verify at %v: %+v", want, r)
				}
				if want == LevelT && (s.Indication != Indeterminate || s.SubIndication != TryLater) {
					t.Fatalf("Verify at %v offline: %+v", want, s)
				}
			}
		})
	}
}
