package signing

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/signing/internal/pdf"
)

// together is a paper that somebody of other authorities has a part in, which our member signs
// last.
type together struct {
	w, theirs *world
	anchors   *certs.TrustAnchors
	e         *Extender
}

// meet makes the other authorities, which we know too.
func meet(t *testing.T) *together {
	t.Helper()
	w, second := theWorld(t), faulty(t)
	card, err := second.Issue(certstest.Person{Surname: "Autre", NationalNumber: nationalNumber, Algorithm: certstest.P256})
	if err != nil {
		t.Fatal(err)
	}
	x := &together{w: w, theirs: &world{second, map[certstest.Algorithm]*certstest.Card{certstest.P256: card}}}
	if x.anchors, err = certs.NewTrustAnchors(append(w.AnchorCertificates(), second.AnchorCertificates()...)...); err != nil {
		t.Fatal(err)
	}
	x.e = x.extender(t)
	return x
}

// extender asks both, and has no memory of hosts that did not answer.
func (x *together) extender(t *testing.T) *Extender {
	t.Helper()
	checker, err := revocation.New(revocation.Config{Hosts: append(x.w.Hosts(), x.theirs.Hosts()...)})
	if err != nil {
		t.Fatal(err)
	}
	e := x.w.extender(t)
	e.Anchors, e.Revocation = x.anchors, checker
	return e
}

// member signs a paper last, at B-B.
func (x *together) member(t *testing.T, paper []byte) []byte {
	t.Helper()
	r := x.w.request(t, certstest.P384)
	r.PDF, r.Mark = paper, Mark{}
	return x.w.sign(t, r, x.w.cards[certstest.P384].Signature.Key)
}

// cosigned is the letter signed by the other, at B-B.
func (x *together) cosigned(t *testing.T) []byte {
	t.Helper()
	card := x.theirs.cards[certstest.P256].Signature
	path, err := x.anchors.Path(card.Certificate, certs.Signature, signedAt)
	if err != nil {
		t.Fatal(err)
	}
	return x.w.sign(t, Request{PDF: letter(t).PDF, Path: path, At: signedAt}, card.Key)
}

// archived is a letter signed by one of ours that ends in a timestamp of their authority,
// without its status: the usual end of a B-LTA file of other programs.
func (x *together) archived(t *testing.T) []byte {
	t.Helper()
	l := labOf(t, x.w, x.w.raised(t, certstest.P256, LevelLT))
	return (&lab{tb: t, w: x.theirs, base: l.base, f: l.f}).marked(func(_ *pdf.Update, d pdf.Dict) pdf.Dict { return d })
}

func (x *together) silence(t *testing.T, f certstest.Fault) {
	t.Helper()
	for _, s := range []certstest.Service{certstest.OCSP, certstest.CRL} {
		if err := x.theirs.Control().Set(s, f); err != nil {
			t.Fatal(err)
		}
	}
}

func (x *together) report(t *testing.T, file []byte) *Report {
	t.Helper()
	r, err := Verify(t.Context(), file, Trust{Anchors: x.anchors})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ours is what a report says of the signature that was made last.
func ours(r *Report) (last SignatureReport) {
	for _, s := range r.Signatures {
		if s.Kind != Timestamp {
			last = s
		}
	}
	return last
}

// incomplete raises a file to B-LTA and wants others to be in doubt, and nobody else.
func (x *together) incomplete(t *testing.T, e *Extender, file []byte, others int) ([]byte, *IncompleteError) {
	t.Helper()
	out, level, err := e.Extend(t.Context(), file, LevelLTA)
	var lacking *IncompleteError
	if level != LevelLTA || !errors.As(err, &lacking) || lacking.Level != LevelLTA || len(lacking.Lacking) != others {
		t.Fatalf("Extend = %v, %v, want %v and %d in doubt", level, err, LevelLTA, others)
	}
	r := x.report(t, out)
	if s := ours(r); !s.Valid() || s.Level != LevelLTA || r.Valid() {
		t.Fatalf("the member's own: %v %s %v; the file: %v", s.Level, s.Indication, s.Reasons, r.Sentence())
	}
	return out, lacking
}

// A timestamp of another authority that a paper came with gets its evidence (EN 319 142-1,
// 5.4.3): without it a verifier would never be sure of the file.
func TestExtendJudgesTimestampsThatWereThere(t *testing.T) {
	x := meet(t)
	file, level, err := x.e.Extend(t.Context(), x.member(t, x.archived(t)), LevelLTA)
	if err != nil || level != LevelLTA {
		t.Fatalf("Extend = %v, %v", level, err)
	}
	r := x.report(t, file)
	if r.Sentence() != ValidToday || ours(r).Level != LevelLTA {
		t.Errorf("%v, %v, %v", r.Sentence(), r.Why(), ours(r).Level)
	}
	checkStructure(t, file)
}

// That its status cannot be had now is said, and a renewal brings it when it can.
func TestRenewJudgesTimestampsThatWereThere(t *testing.T) {
	x := meet(t)
	x.silence(t, certstest.Down)
	file, lacking := x.incomplete(t, x.e, x.member(t, x.archived(t)), 1)
	if !lacking.Temporary() || !errors.Is(lacking.Lacking[0].Err, ErrNoEvidence) || lacking.Lacking[0].Field == "" {
		t.Errorf("in doubt: %+v", lacking)
	}
	still, err := x.extender(t).Renew(t.Context(), file)
	if !errors.As(err, &lacking) || lacking.Level != LevelLTA || len(lacking.Lacking) != 1 || !bytes.HasPrefix(still, file) || len(still) == len(file) {
		t.Fatalf("Renew without their services = %d bytes, %v", len(still), err)
	}
	if s := ours(x.report(t, still)); !s.Valid() || s.Level != LevelLTA {
		t.Errorf("renewed without their services: %v %s", s.Level, s.Indication)
	}
	x.theirs.Control().Reset()
	whole, err := x.extender(t).Renew(t.Context(), still)
	if err != nil {
		t.Fatalf("Renew: %v", err)
	}
	if r := x.report(t, whole); r.Sentence() != ValidToday || ours(r).Level != LevelLTA {
		t.Errorf("renewed: %v, %v", r.Sentence(), r.Why())
	}
}

// A signature of nobody we know keeps no member from what makes hers last (EN 319 102-1, 5.6:
// each signature is judged by itself), and is not waited for.
func TestExtendDespiteAStranger(t *testing.T) {
	x := meet(t)
	plain := &lab{tb: t, w: x.w, base: letter(t).PDF}
	var err error
	if plain.f, err = pdf.Open(plain.base); err != nil {
		t.Fatal(err)
	}
	_, lacking := x.incomplete(t, x.e, x.member(t, plain.strangerSigned(Mark{})), 1)
	if lacking.Temporary() || !errors.Is(lacking.Lacking[0].Err, certs.ErrNotTrusted) {
		t.Errorf("in doubt: %v", lacking)
	}
}

func TestExtendDespiteARevokedCosigner(t *testing.T) {
	x := meet(t)
	file := x.member(t, x.cosigned(t))
	if err := x.theirs.Revoke(x.theirs.cards[certstest.P256].Signature.Certificate, time.Now().Add(-time.Minute), 1); err != nil {
		t.Fatal(err)
	}
	_, lacking := x.incomplete(t, x.e, file, 1)
	if lacking.Temporary() || !errors.As(lacking.Lacking[0].Err, new(revocation.RevokedError)) {
		t.Errorf("in doubt: %v", lacking)
	}
}

// Where a co-signer's service is silent the member's evidence is complete, and a later call
// brings the rest without another timestamp.
func TestExtendDespiteASilentCosigner(t *testing.T) {
	x := meet(t)
	x.silence(t, certstest.Down)
	file, lacking := x.incomplete(t, x.e, x.member(t, x.cosigned(t)), 1)
	if !lacking.Temporary() {
		t.Errorf("in doubt: %v", lacking)
	}
	again, _ := x.incomplete(t, x.e, file, 1)
	if !bytes.Equal(again, file) {
		t.Error("a second attempt in vain changed the file")
	}
	x.theirs.Control().Reset()
	whole, level, err := x.extender(t).Extend(t.Context(), file, LevelLTA)
	if err != nil || level != LevelLTA {
		t.Fatalf("Extend = %v, %v", level, err)
	}
	r := x.report(t, whole)
	if !r.Valid() || len(r.Signatures) != 3 || ours(r).Level != LevelLTA {
		t.Errorf("%v, %d signatures, %v", r.Sentence(), len(r.Signatures), r.Why())
	}
}

// What others take comes off half of the time at most.
func TestExtendLeavesTimeForItsOwn(t *testing.T) {
	x := meet(t)
	slow := &slowFor{then: x.e.Revocation, cert: x.theirs.cards[certstest.P256].Signature.Certificate}
	x.e.Revocation = slow
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	started := time.Now()
	_, level, err := x.e.Extend(ctx, x.member(t, x.cosigned(t)), LevelLTA)
	if level != LevelLTA || !errors.As(err, new(*IncompleteError)) {
		t.Fatalf("Extend = %v, %v", level, err)
	}
	if slow.end.IsZero() || slow.end.After(started.Add(30*time.Minute)) {
		t.Errorf("others had until %v", slow.end)
	}
}

// slowFor gives no answer on one certificate, and notes until when it might have.
type slowFor struct {
	then Evidence
	cert *x509.Certificate
	end  time.Time
}

func (s *slowFor) Evidence(ctx context.Context, p certs.Path) ([]revocation.Answer, error) {
	if !p[0].Equal(s.cert) {
		return s.then.Evidence(ctx, p)
	}
	s.end, _ = ctx.Deadline()
	return nil, revocation.ErrUnavailable
}

// An answer that a paper brings along says nothing of the moment of signing, however long it
// says it holds (EN 319 102-1, 5.2.5): a card that was withdrawn since is not good by it.
func TestExtendAsksForItself(t *testing.T) {
	server := faulty(t)
	card, err := server.Issue(certstest.Person{Surname: "Perdue", NationalNumber: nationalNumber, Algorithm: certstest.P256})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{server, map[certstest.Algorithm]*certstest.Card{certstest.P256: card}}
	paper := w.raised(t, certstest.P256, LevelLT)
	if err := server.Revoke(card.Signature.Certificate, time.Now().Add(-time.Second), 1); err != nil {
		t.Fatal(err)
	}
	r := w.request(t, certstest.P256)
	r.PDF, r.Mark = paper, Mark{}
	_, level, err := w.extender(t).Extend(t.Context(), w.sign(t, r, card.Signature.Key), LevelLT)
	if level != LevelT || !errors.As(err, new(revocation.RevokedError)) {
		t.Errorf("Extend = %v, %v, want %v and the withdrawal", level, err, LevelT)
	}
}

// stuffed is a file of B-LT with more in its store of evidence.
func stuffed(t *testing.T, w *world, n int, items func(e *pdf.Evidence, i int) map[pdf.Name][]byte) []byte {
	t.Helper()
	l := labOf(t, w, w.raised(t, certstest.P256, LevelLT))
	held, err := l.f.Last().Evidence()
	if err != nil {
		t.Fatal(err)
	}
	return l.update(func(u *pdf.Update) {
		dss := l.reference(l.dict(l.catalog), "DSS")
		d := l.dict(dss)
		for i := range n {
			for key, item := range items(held, i) {
				list, _ := d.Get(key).(pdf.Array)
				d = d.With(key, append(pdf.Array{u.Add(&pdf.Stream{Data: item})}, list...))
			}
		}
		u.Set(dss, d)
	})
}

// What a stranger put into the store of evidence neither uses up what is verified for a file
// nor keeps ours out of it: things that are no answers, true answers with something behind
// them, and answers whose signature is false.
func TestExtendDespiteStuffedEvidence(t *testing.T) {
	w := theWorld(t)
	behind := func(raw []byte, i int) []byte { return append(bytes.Clone(raw), strconv.Itoa(i)...) }
	falsified := func(raw []byte, i int) []byte {
		out := bytes.Clone(raw)
		out[len(out)-1] ^= byte(i%255 + 1)
		out[len(out)-2] ^= byte(i / 255)
		return out
	}
	for name, c := range map[string]struct {
		n     int
		items func(e *pdf.Evidence, i int) map[pdf.Name][]byte
	}{
		"no answers at all": {64, func(_ *pdf.Evidence, i int) map[pdf.Name][]byte {
			junk := fmt.Appendf(nil, "junk %d", i)
			return map[pdf.Name][]byte{"Certs": junk, "OCSPs": junk, "CRLs": junk}
		}},
		"something behind lists": {200, func(e *pdf.Evidence, i int) map[pdf.Name][]byte {
			return map[pdf.Name][]byte{"CRLs": behind(e.CRLs[i%len(e.CRLs)], i)}
		}},
		"false lists": {64, func(e *pdf.Evidence, i int) map[pdf.Name][]byte {
			return map[pdf.Name][]byte{"CRLs": falsified(e.CRLs[i%len(e.CRLs)], i)}
		}},
		"many false lists": {200, func(e *pdf.Evidence, i int) map[pdf.Name][]byte {
			return map[pdf.Name][]byte{"CRLs": falsified(e.CRLs[i%len(e.CRLs)], i)}
		}},
		"false answers and lists": {64, func(e *pdf.Evidence, i int) map[pdf.Name][]byte {
			return map[pdf.Name][]byte{"OCSPs": falsified(e.OCSPs[i%len(e.OCSPs)], i), "CRLs": falsified(e.CRLs[i%len(e.CRLs)], i)}
		}},
		"more than are verified": {240, func(e *pdf.Evidence, i int) map[pdf.Name][]byte {
			return map[pdf.Name][]byte{"OCSPs": falsified(e.OCSPs[i%len(e.OCSPs)], i), "CRLs": falsified(e.CRLs[i%len(e.CRLs)], i)}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.request(t, certstest.P384)
			r.PDF, r.Mark = stuffed(t, w, c.n, c.items), Mark{}
			out, level, err := w.extender(t).Extend(t.Context(), w.sign(t, r, w.cards[certstest.P384].Signature.Key), LevelLTA)
			if err != nil || level != LevelLTA {
				t.Fatalf("Extend = %v, %v", level, err)
			}
			if report := w.report(t, out); !report.Valid() || ours(report).Level != LevelLTA {
				t.Errorf("%v, %v, %v", report.Sentence(), report.Why(), ours(report).Level)
			}
		})
	}
}
