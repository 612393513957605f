package signing

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

// certified seals a letter with a certification, as change alters signature dictionary
// and catalog before the seal is made: no field is left out, only what they say differs.
func (l *lab) certified(p Permission, file []byte, change func(body string, catalog pdf.Dict, sig pdf.Ref) (string, pdf.Dict)) []byte {
	l.tb.Helper()
	f, err := pdf.Open(file)
	if err != nil {
		l.tb.Fatal(err)
	}
	u := f.Update()
	s := newSlot("/Sig", "/ETSI.CAdES.detached", Hole, signedAt, note{key: "Reference", raw: p.reference()})
	sig := pdf.Ref{Num: u.Next()}
	catalog, err := f.Last().Catalog()
	if err != nil {
		l.tb.Fatal(err)
	}
	catalog = catalog.With("Perms", pdf.Dict{entry("DocMDP", sig)})
	body, catalog := change(string(s.body), catalog, sig)
	s.rangeAt += len(body) - len(s.body)
	s.holeAt += len(body) - len(s.body)
	s.holeEnd += len(body) - len(s.body)
	s.body = []byte(body)
	name, err := fieldName(f, "", "Certification")
	if err != nil {
		l.tb.Fatal(err)
	}
	if err := addField(f, u, s, name, Mark{}, false); err != nil {
		l.tb.Fatal(err)
	}
	if now, ok := u.Value(f.Last().Root()).(pdf.Dict); ok {
		catalog = catalog.With("AcroForm", now.Get("AcroForm"))
	}
	u.Set(f.Last().Root(), catalog)
	out, r := s.write(u, nil)
	return l.fillSigned(out, r)
}

// fillSigned puts an honest signature by the EC card into the hole.
func (l *lab) fillSigned(file []byte, r [4]int) []byte {
	l.tb.Helper()
	f := l.forgeryOf(file, r, l.algorithm(certstest.P256))
	out, err := fill(file, r, f.encode(l.tb))
	if err != nil {
		l.tb.Fatal(err)
	}
	return out
}

// asItShould changes nothing.
func asItShould(body string, c pdf.Dict, _ pdf.Ref) (string, pdf.Dict) { return body, c }

// saying replaces text in the signature dictionary.
func saying(old, new string) func(string, pdf.Dict, pdf.Ref) (string, pdf.Dict) {
	return func(body string, c pdf.Dict, _ pdf.Ref) (string, pdf.Dict) {
		return strings.Replace(body, old, new, 1), c
	}
}

// pointing gives the catalog other permissions.
func pointing(perms string) func(string, pdf.Dict, pdf.Ref) (string, pdf.Dict) {
	return func(body string, c pdf.Dict, sig pdf.Ref) (string, pdf.Dict) {
		return body, c.With("Perms", pdf.Raw(strings.ReplaceAll(perms, "{sig}", fmt.Sprintf("%d 0 R", sig.Num))))
	}
}

var certifyAttacks = []attack{
	{"certification that is not the first signature", func(l *lab) []byte { return l.certified(Signing, l.base, asItShould) }, []string{`"what":"catalog"`}},
	{"certification without permission", func(l *lab) []byte {
		return l.certified(Signing, l.unsigned(), saying("/Reference [<<", "/Referense [<<"))
	}, []string{`"broken":"the signature gives no permission"`, "SIG_CONSTRAINTS_FAILURE"}},
	{"certification with permission 9", func(l *lab) []byte { return l.certified(Signing, l.unsigned(), saying("/P 2", "/P 9")) }, []string{`"broken":"its permission is malformed"`}},
	{"certification with permission 0", func(l *lab) []byte { return l.certified(Signing, l.unsigned(), saying("/P 2", "/P 0")) }, []string{`"broken":"its permission is malformed"`}},
	{"certification with a name for permission", func(l *lab) []byte { return l.certified(Signing, l.unsigned(), saying("/P 2", "/P /2")) }, []string{`"broken":"its permission is malformed"`}},
	{"certification by an unknown method", func(l *lab) []byte {
		return l.certified(Signing, l.unsigned(), saying("/TransformMethod /DocMDP", "/TransformMethod /DocNDP"))
	}, []string{`"broken":"its permission is malformed"`}},
	{"certification of another kind", func(l *lab) []byte {
		return l.certified(Signing, l.unsigned(), saying("/TransformMethod /DocMDP", "/TransformMethod /UR3"))
	}, []string{`"broken":"the signature gives no permission"`}},
	{"certification with two permissions", func(l *lab) []byte {
		return l.certified(NoChanges, l.unsigned(), saying("/Reference [", "/Reference [<< /TransformMethod /DocMDP /TransformParams << /P 3 >> >> "))
	}, []string{`"broken":"its permission is malformed"`, `"permission":1`}},
	{"certification that is no signature of the form", func(l *lab) []byte {
		return l.certified(Signing, l.unsigned(), pointing("<< /DocMDP << /Type /Sig /Reference [<< /TransformMethod /DocMDP /TransformParams << /P 3 >> >>] >> >>"))
	}, []string{`"broken":"it is no signature of the form"`}},
	{"certification that points at the page", func(l *lab) []byte {
		return l.certified(Signing, l.unsigned(), pointing(fmt.Sprintf("<< /DocMDP %d 0 R >>", l.page.Num)))
	}, []string{`"broken":"it is no signature of the form"`}},
	{"certification that is no dictionary", func(l *lab) []byte {
		return l.certified(Signing, l.unsigned(), pointing("<< /DocMDP 7 >>"))
	}, []string{"FORMAT_FAILURE"}},
	{"certification pointed elsewhere later", func(l *lab) []byte {
		return l.after(l.certified(NoChanges, l.unsigned(), asItShould), "Perms", pdf.Raw("<< /DocMDP << /Reference [<< /TransformMethod /DocMDP /TransformParams << /P 3 >> >>] >> >>"))
	}, []string{"entry /Perms", `"broken"`}},
	{"certification taken out later", func(l *lab) []byte {
		return l.after(l.certified(NoChanges, l.unsigned(), asItShould), "Perms", nil)
	}, []string{"entry /Perms", "took it out of the catalog"}},
	{"certification: page changed after permission 1", func(l *lab) []byte {
		return l.annotated(l.certified(NoChanges, l.unsigned(), asItShould))
	}, []string{`"what":"annotation"`, `"broken":"what it does not permit was done`}},
	{"certification: note added where notes are permitted", func(l *lab) []byte {
		return l.annotated(l.certified(Signing, l.unsigned(), saying("/P 2", "/P 3")))
	}, []string{`"what":"annotation"`}},
	{"certification: signed after permission 1", func(l *lab) []byte {
		return l.approved(l.certified(NoChanges, l.unsigned(), asItShould), nil)
	}, []string{"not permitted here", `"broken":"what it does not permit was done`}},
	{"certification: signed after an approval that permits nothing", func(l *lab) []byte {
		return l.approved(l.approved(l.unsigned(), NoChanges.reference()), nil)
	}, []string{"not permitted here"}},
	{"certification: permission raised by a second one", func(l *lab) []byte {
		return l.approved(l.certified(NoChanges, l.unsigned(), asItShould), Signing.reference())
	}, []string{"not permitted here"}},
	{"certification whose signature was spoilt", func(l *lab) []byte {
		file := l.certified(NoChanges, l.unsigned(), asItShould)
		if !bytes.Contains(file, []byte("/Producer")) {
			l.lacks("a word to be changed")
		}
		return bytes.Replace(file, []byte("/Producer"), []byte("/Prodacer"), 1)
	}, []string{`"broken":"its signature does not hold"`}},
}

// after gives the catalog of a file one entry more, in an update.
func (l *lab) after(file []byte, key pdf.Name, o pdf.Object) []byte {
	f, err := pdf.Open(file)
	if err != nil {
		l.tb.Fatal(err)
	}
	catalog, err := f.Last().Catalog()
	if err != nil {
		l.tb.Fatal(err)
	}
	inner := &lab{tb: l.tb, w: l.w, base: file, f: f}
	return inner.set(f.Last().Root(), catalog.With(key, o))
}

func (l *lab) annotated(file []byte) []byte {
	return labOf(l.tb, l.w, file).annotate("FreeText")
}

// approved adds an approval signature by hand, whatever the file permits.
func (l *lab) approved(file []byte, reference pdf.Raw) []byte {
	f, err := pdf.Open(file)
	if err != nil {
		l.tb.Fatal(err)
	}
	u := f.Update()
	s := newSlot("/Sig", "/ETSI.CAdES.detached", Hole, signedAt, note{key: "Reference", raw: reference})
	name, err := fieldName(f, "", "Approval")
	if err != nil {
		l.tb.Fatal(err)
	}
	if err := addField(f, u, s, name, Mark{}, false); err != nil {
		l.tb.Fatal(err)
	}
	out, r := s.write(u, nil)
	return l.fillSigned(out, r)
}

// Certifications that are kept are said to hold, and approvals that narrow nothing pass.
func TestCertificationHolds(t *testing.T) {
	l := newLab(t)
	plain := letter(t).PDF
	for name, c := range map[string]struct {
		file       []byte
		permission Permission
	}{
		"for good":                    {l.certified(NoChanges, plain, asItShould), NoChanges},
		"for signing":                 {l.certified(Signing, plain, asItShould), Signing},
		"for notes":                   {l.certified(Signing, plain, saying("/P 2", "/P 3")), 3},
		"by default":                  {l.certified(Signing, plain, saying("/P 2", "    ")), Signing},
		"and signed":                  {l.approved(l.certified(Signing, plain, asItShould), nil), Signing},
		"and a timestamp":             {labOf(t, l.w, l.certified(NoChanges, plain, asItShould)).marked(honest), NoChanges},
		"none":                        {l.approved(plain, nil), 0},
		"an approval for signing":     {l.approved(l.approved(plain, Signing.reference()), nil), 0},
		"an approval that closes all": {l.approved(plain, NoChanges.reference()), 0},
	} {
		r, err := Verify(t.Context(), c.file, l.lenient())
		if err != nil || !r.Valid() {
			t.Errorf("%s: %+v, %v", name, r, err)
			continue
		}
		if got := r.Certification; c.permission == 0 && got != nil || c.permission != 0 && (got == nil || got.Broken != "" || got.Permission != c.permission || got.Field == "") {
			t.Errorf("%s: certification %+v, want permission %d", name, got, c.permission)
		}
	}
	closed := l.approved(plain, NoChanges.reference())
	r := l.w.request(t, certstest.P256)
	r.PDF, r.Mark = closed, Mark{}
	if _, err := Prepare(r); err == nil {
		t.Error("a file that an approval closed is prepared for signing")
	}
}

// Notes are told with every place where a later signature shows something.
func TestVisibleSignatureIsTold(t *testing.T) {
	l := newLab(t)
	page := [4]float64{10, 20, 310, 120}
	r := l.w.request(t, certstest.P384)
	r.PDF, r.Mark = l.base, Mark{Page: 1, Rect: page, Lines: []string{"Somebody"}}
	file := l.w.sign(t, r, l.w.cards[certstest.P384].Signature.Key)
	report, err := Verify(t.Context(), file, l.lenient())
	if err != nil || !report.Valid() {
		t.Fatalf("%+v, %v", report, err)
	}
	first := report.Signatures[0]
	told := slices.ContainsFunc(first.AddedAfter, func(c Change) bool { return c.What == "signature" && c.Rect == page })
	if !told || !strings.Contains(strings.Join(first.Reasons, "\n"), "revision 4 added a visible signature on [10 20 310 120]") {
		t.Errorf("added %+v, reasons %q", first.AddedAfter, first.Reasons)
	}
	if bytes.Equal(file, l.base) {
		t.Error("nothing was added")
	}
}
