package signing

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"guichet.example/certs"
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

func TestExtendRefuses(t *testing.T) {
	w := theWorld(t)
	e := w.extender(t)
	drawn := letter(t).PDF
	signed := w.signed(t, certstest.RSA2048)
	flipped := bytes.Clone(signed)
	flipped[200] ^= 1
	l := &lab{tb: t, w: w}
	for name, tt := range map[string]struct {
		file []byte
		want Level
		err  error
	}{
		"no file":                  {nil, LevelT, ErrNotPDF},
		"unsigned file":            {drawn, LevelT, ErrUnsuitable},
		"level 0":                  {signed, 0, ErrUnsuitable},
		"level 5":                  {signed, 5, ErrUnsuitable},
		"signature that is broken": {flipped, LevelT, ErrUnsuitable},
		"signature with signing time": {l.forge(certstest.RSA2048, func(f *forgery) {
			f.attribute(oidTime, attr(oidTime, utcTime(signedAt)))
		}), LevelT, ErrUnsuitable},
		"timestamp over other data": {l.stamped(func([]byte) []byte { return l.stamp([]byte("other"), func(*certstest.Stamp) {}) }), LevelLT, ErrUnsuitable},
	} {
		out, level, err := e.Extend(t.Context(), tt.file, tt.want)
		if !errors.Is(err, tt.err) || level != 0 || !bytes.Equal(out, tt.file) {
			t.Errorf("%s: Extend = %v, %v, want %v and the file as it was", name, level, err, tt.err)
		}
	}
}

// Services that do not answer stop the raising where it is; nothing is lost and the next
// try goes on from there, without the card.
func TestExtendGoesAsFarAsServicesAnswer(t *testing.T) {
	server := faulty(t)
	w := &world{server, nil}
	person := certstest.Person{GivenNames: "Nora", Surname: "Delcourt", NationalNumber: nationalNumber, Algorithm: certstest.P256}
	issued, err := server.Issue(person)
	if err != nil {
		t.Fatal(err)
	}
	w.cards = map[certstest.Algorithm]*certstest.Card{certstest.P256: issued}
	file := w.signed(t, certstest.P256)
	set := func(s certstest.Service, f certstest.Fault) {
		t.Helper()
		if err := server.Control().Set(s, f); err != nil {
			t.Fatal(err)
		}
	}
	set(certstest.TSA, certstest.Down)
	out, level, err := w.extender(t).Extend(t.Context(), file, LevelLTA)
	if level != LevelB || !errors.Is(err, ErrNoTimestamp) || !bytes.Equal(out, file) {
		t.Fatalf("without timestamps: Extend = %v, %v", level, err)
	}
	set(certstest.TSA, certstest.None)
	set(certstest.OCSP, certstest.Down)
	set(certstest.CRL, certstest.Down)
	out, level, err = w.extender(t).Extend(t.Context(), out, LevelLTA)
	if level != LevelT || !errors.Is(err, ErrNoEvidence) || !errors.Is(err, revocation.ErrUnavailable) {
		t.Fatalf("without evidence: Extend = %v, %v", level, err)
	}
	if s := w.report(t, out).Signatures[0]; s.Timestamp.IsZero() || s.SubIndication != TryLater {
		t.Errorf("without evidence: %+v", s)
	}
	stamped := server.Control().Requests(certstest.TSA)
	server.Control().Reset()
	out, level, err = w.extender(t).Extend(t.Context(), out, LevelLT)
	if level != LevelLT || err != nil {
		t.Fatalf("all well: Extend = %v, %v", level, err)
	}
	if server.Control().Requests(certstest.TSA) != stamped {
		t.Error("a second timestamp was asked for")
	}
	if r := w.report(t, out); !r.Valid() || r.Signatures[0].Level != LevelLT {
		t.Errorf("all well: %+v", r)
	}
	again, level, err := w.extender(t).Extend(t.Context(), out, LevelLT)
	if level != LevelLT || err != nil || !bytes.Equal(again, out) {
		t.Errorf("raised already: Extend = %v, %v, or other bytes", level, err)
	}
}

func TestExtendStopsAtWithdrawnCertificate(t *testing.T) {
	server := faulty(t)
	issued, err := server.Issue(certstest.Person{Surname: "Perdue", NationalNumber: nationalNumber, Algorithm: certstest.P256})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{server, map[certstest.Algorithm]*certstest.Card{certstest.P256: issued}}
	file := w.signed(t, certstest.P256)
	if err := server.Revoke(issued.Signature.Certificate, time.Now().Add(-time.Hour), 1); err != nil {
		t.Fatal(err)
	}
	_, level, err := w.extender(t).Extend(t.Context(), file, LevelLT)
	var revoked revocation.RevokedError
	if level != LevelT || !errors.As(err, &revoked) || revoked.Reason != 1 {
		t.Errorf("Extend = %v, %v, want %v and the withdrawal", level, err, LevelT)
	}
}

// A timestamp cannot be put under a signature that a later one covers.
func TestExtendLeavesCoveredSignatureAlone(t *testing.T) {
	w := theWorld(t)
	r := w.request(t, certstest.P256)
	r.PDF, r.Mark = w.signed(t, certstest.RSA2048), Mark{}
	twice := w.sign(t, r, w.cards[certstest.P256].Signature.Key)
	out, level, err := w.extender(t).Extend(t.Context(), twice, LevelT)
	if err != nil || level != LevelT {
		t.Fatalf("Extend = %v, %v", level, err)
	}
	report := w.report(t, out)
	if a, b := report.Signatures[0], report.Signatures[1]; !a.Timestamp.IsZero() || b.Timestamp.IsZero() || !a.Integrity.Passed {
		t.Errorf("Extend raised another signature than the last: %+v", report)
	}
}

// A document timestamp by another authority than that of the signature brings its own
// evidence along; once there, nothing is added again.
func TestExtendArchivesWithAnotherAuthority(t *testing.T) {
	w, second := theWorld(t), faulty(t)
	anchors, err := certs.NewTrustAnchors(append(w.AnchorCertificates(), second.AnchorCertificates()...)...)
	if err != nil {
		t.Fatal(err)
	}
	checker, err := revocation.New(revocation.Config{Hosts: append(w.Hosts(), second.Hosts()...)})
	if err != nil {
		t.Fatal(err)
	}
	tsa, err := NewTSA(TSAConfig{URLs: []string{second.TSAURL()}, Anchors: anchors})
	if err != nil {
		t.Fatal(err)
	}
	e := &Extender{TSA: tsa, Revocation: checker, Anchors: anchors}
	file, level, err := e.Extend(t.Context(), w.raised(t, certstest.P256, LevelLT), LevelLTA)
	if err != nil || level != LevelLTA {
		t.Fatalf("Extend = %v, %v", level, err)
	}
	r, err := Verify(t.Context(), file, Trust{Anchors: anchors})
	if err != nil || !r.Valid() || r.Signatures[0].Level != LevelLTA || r.Signatures[1].Kind != Timestamp {
		t.Fatalf("Verify = %+v, %v", r, err)
	}
	if added := r.Signatures[1].AddedAfter; len(added) != 1 || added[0].What != "evidence" {
		t.Errorf("after the document timestamp: %+v", added)
	}
	again, level, err := e.Extend(t.Context(), file, LevelLTA)
	if err != nil || level != LevelLTA || !bytes.Equal(again, file) {
		t.Errorf("archived already: Extend = %v, %v, or other bytes", level, err)
	}
}

// Two holders, then the mutuality: every one of them is archived, with a timestamp of her
// own or without.
func TestExtendBringsEvidenceForAll(t *testing.T) {
	w := theWorld(t)
	e := w.extender(t)
	file := w.signed(t, certstest.P384) // no timestamp of its own
	for _, a := range []certstest.Algorithm{certstest.RSA2048, certstest.P256} {
		r := w.request(t, a)
		r.PDF, r.Mark = file, Mark{}
		var err error
		if file, _, err = e.Extend(t.Context(), w.sign(t, r, w.cards[a].Signature.Key), LevelT); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.sealer(t, certstest.P384).Seal(t.Context(), file, SealOptions{Reason: "Received"})
	if err != nil {
		t.Fatal(err)
	}
	file, level, err := e.Extend(t.Context(), file, LevelLTA)
	if err != nil || level != LevelLTA {
		t.Fatalf("Extend = %v, %v", level, err)
	}
	r := w.report(t, file)
	if !r.Valid() || len(r.Signatures) != 5 {
		t.Fatalf("%s, %v, %d signatures", r.Sentence(), r.Why(), len(r.Signatures))
	}
	for i, s := range r.Signatures[:4] {
		if want := []Level{LevelT, LevelLTA, LevelLTA, LevelLTA}[i]; s.Level < want || !s.Valid() {
			t.Errorf("signature %d at %v: %s, %v", i, s.Level, s.Indication, s.Reasons)
		}
	}
	checkStructure(t, file)
}
