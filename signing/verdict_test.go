package signing

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

func TestSentence(t *testing.T) {
	w := theWorld(t)
	signed := w.raised(t, certstest.P384, LevelLTA)
	for name, c := range map[string]struct {
		file []byte
		want Sentence
		why  []SubIndication
	}{
		"archived":          {signed, ValidToday, nil},
		"a letter":          {letter(t).PDF, Unsigned, nil},
		"no evidence":       {w.signed(t, certstest.P384), Uncheckable, []SubIndication{TryLater}},
		"another language":  {with(t, signed, "Lang", "(nl)"), Changed, []SubIndication{FormatFailure}},
		"bytes after":       {append(bytes.Clone(signed), "more"...), Changed, []SubIndication{FormatFailure}},
		"a flipped bit":     {flipped(signed), Invalid, nil},
		"cut in the middle": {letter(t).PDF[:2000], Uncheckable, []SubIndication{FormatFailure}},
	} {
		r := w.report(t, c.file)
		if r.Sentence() != c.want || c.why != nil && !slices.Equal(r.Why(), c.why) {
			t.Errorf("%s: %s because of %v, want %s, %v", name, r.Sentence(), r.Why(), c.want, c.why)
		}
		if good := c.want == ValidToday; r.Valid() != good {
			t.Errorf("%s: Valid = %t", name, r.Valid())
		}
	}
	if (*Report)(nil).Sentence() != Invalid {
		t.Error("no report is no good news")
	}
}

// Ten years on the card has run out: the signature was good then, and stays so.
func TestSentenceOfThePast(t *testing.T) {
	y := startYears(t)
	file := y.signed(t)
	if r := y.report(t, file); r.Sentence() != ValidToday {
		t.Errorf("today: %s, %v", r.Sentence(), r.Why())
	}
	for range 3 {
		y.pass(4)
		y.found(t)
		var err error
		if file, err = y.extender(t).Renew(t.Context(), file); err != nil {
			t.Fatal(err)
		}
	}
	r := y.report(t, file)
	if r.Sentence() != ValidThen || len(r.Why()) > 0 {
		t.Errorf("in %d: %s, %v", y.now.Year(), r.Sentence(), r.Why())
	}
}

// An unknown authority is no proof, whatever the file carries.
func TestSentenceWithOtherAnchors(t *testing.T) {
	w, other := theWorld(t), faulty(t)
	r, err := Verify(t.Context(), w.raised(t, certstest.P256, LevelLTA), Trust{Anchors: other.Anchors()})
	if err != nil || r.Sentence() != Uncheckable || !slices.Contains(r.Why(), NoCertificateChainFound) {
		t.Errorf("%s, %v, %v", r.Sentence(), r.Why(), err)
	}
}

// An algorithm ends: what was proven before stays, what was not is nothing any more.
func TestPolicyEnds(t *testing.T) {
	w := theWorld(t)
	end := func(algorithm string, until time.Time) CryptoPolicy {
		p := DefaultCryptoPolicy()
		for i := range p {
			if p[i].Algorithm == algorithm {
				p[i].Until = until
			}
		}
		return p
	}
	for name, c := range map[string]struct {
		file   []byte
		policy CryptoPolicy
		want   SubIndication
	}{
		"nothing is believed":       {w.raised(t, certstest.RSA2048, LevelLTA), CryptoPolicy{}, CryptoConstraintsFailureNoPOE},
		"RSA ended before":          {w.raised(t, certstest.RSA2048, LevelLTA), end("RSA", time.Now().AddDate(-1, 0, 0)), CryptoConstraintsFailureNoPOE},
		"SHA-256 ended before":      {w.raised(t, certstest.RSA2048, LevelLTA), end("SHA-256", time.Now().AddDate(-1, 0, 0)), CryptoConstraintsFailureNoPOE},
		"RSA ends later":            {w.raised(t, certstest.RSA2048, LevelLTA), end("RSA", time.Now().AddDate(1, 0, 0)), ""},
		"the default takes RSA now": {w.raised(t, certstest.RSA2048, LevelLTA), nil, ""},
	} {
		r, err := Verify(t.Context(), c.file, Trust{Anchors: w.Anchors(), Policy: c.policy})
		if err != nil || r.Signatures[0].SubIndication != c.want || r.Valid() != (c.want == "") {
			t.Errorf("%s: %s, %v, want %s", name, r.Signatures[0].SubIndication, err, c.want)
		}
	}
}

// A later signature that shows something is told of in the one sentence, unless it stands in
// a field that waited for it; one that is not good itself has changed the file.
func TestSentenceOfVisibleSignatures(t *testing.T) {
	l := newLab(t)
	w := l.w
	second := func(file []byte, m Mark) []byte {
		r := w.request(t, certstest.P384)
		r.PDF, r.Mark = file, m
		return w.sign(t, r, w.cards[certstest.P384].Signature.Key)
	}
	box := Mark{Page: 1, Rect: [4]float64{50, 400, 550, 500}, Lines: []string{"BE71"}}
	// into signs the waiting field with an appearance.
	into := func(file []byte) []byte {
		f, err := pdf.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		d, err := f.Last().Dict(pdf.Ref{Num: 5}, "field")
		if err != nil {
			t.Fatal(err)
		}
		u := f.Update()
		s := newSlot("/Sig", "/ETSI.CAdES.detached", Hole, signedAt)
		s.ref = u.Add(s.object())
		u.Set(pdf.Ref{Num: 5}, inked(u, d).With("V", s.ref))
		out, r := s.write(u, nil)
		return l.fillSigned(out, r)
	}
	waiting := func(rect, annots string) []byte {
		return l.approved(plan{
			catalog: "/AcroForm << /Fields [5 0 R] >>", page: annots,
			objects: map[int]string{5: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (second) /P 3 0 R /Rect " + rect + " >>"},
		}.written(), nil)
	}
	for name, c := range map[string]struct {
		file []byte
		want Sentence
	}{
		"visible":                   {second(l.base, box), Added},
		"visible, then a timestamp": {w.raise(t, second(l.base, box), LevelLTA), Added},
		"invisible":                 {second(l.base, Mark{}), ValidToday},
		"only the first is visible": {l.base, ValidToday},
		"in a field that waited":    {into(waiting("[9 9 99 99]", "/Annots [5 0 R]")), ValidToday},
		"in a field without room":   {into(waiting("[9 9 9 9]", "/Annots [5 0 R]")), Added},
		"in a field on no page":     {into(waiting("[9 9 99 99]", "")), Added},
		"visible, by a stranger":    {l.strangerSigned(box), Changed},
		"invisible, by a stranger":  {l.strangerSigned(Mark{}), Uncheckable},
	} {
		r, err := Verify(t.Context(), c.file, l.lenient())
		if err != nil || r.Sentence() != c.want {
			t.Errorf("%s: %s, %v, want %s", name, r.Sentence(), err, c.want)
		}
	}
}

// The report tells apart what it examined, with the clause of each.
func TestReportDetails(t *testing.T) {
	w := theWorld(t)
	r := w.report(t, w.raised(t, certstest.P384, LevelLTA))
	s := r.Signatures[0]
	if len(s.Path) != 3 || !s.Path[2].Anchor || s.Path[0].Status == nil || s.Path[0].Status.Status != "good" || !s.Path[0].Status.Embedded {
		t.Errorf("path %+v", s.Path)
	}
	if len(s.Timestamps) != 1 || !s.Timestamps[0].Passed || s.Timestamps[0].Over != "signature" || !s.Best.Equal(s.Timestamps[0].Time) {
		t.Errorf("timestamps %+v", s.Timestamps)
	}
	if len(s.Blocks) != len(buildingBlocks) || slices.ContainsFunc(s.Blocks, func(b Block) bool { return b.Indication != Passed }) {
		t.Errorf("blocks %+v", s.Blocks)
	}
	var what []string
	for i, h := range r.History {
		what = append(what, h.What)
		for _, c := range h.Changes {
			if c.Rule == ruleOf(pdf.Change{}) {
				t.Errorf("revision %d: %+v before anybody signed", h.Number, c)
			}
		}
		if i > 0 && h.From != r.History[i-1].To {
			t.Errorf("revision %d begins at byte %d", h.Number, h.From)
		}
	}
	if want := []string{"original", "signature", "evidence", "timestamp"}; !slices.Equal(what, want) || r.History[len(what)-1].To != r.Size {
		t.Errorf("history %q, want %q", what, want)
	}
	for _, c := range s.AddedAfter {
		if rule := ruleOf(pdf.Change{What: c.What, Allowed: true}); c.Rule != rule || rule == "" {
			t.Errorf("%s: rule %q", c.What, c.Rule)
		}
	}
	forged := w.report(t, with(t, w.signed(t, certstest.P384), "Lang", "(nl)")).Signatures[0]
	if len(forged.Blocks) != 1 || forged.Blocks[0].Indication != Failed || len(forged.Blocks[0].Details) == 0 {
		t.Errorf("blocks of a changed file %+v", forged.Blocks)
	}
}

// flipped has one bit of the first stream turned.
func flipped(file []byte) []byte {
	out := bytes.Clone(file)
	out[bytes.Index(out, []byte("endstream"))-5] ^= 1
	return out
}
