package signing

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

// numberAttacks use that readers drop the objects from Size on.
var numberAttacks = []attack{
	{"objects beyond Size brought back by evidence", func(l *lab) []byte {
		inner := l.shortened()
		return inner.update(func(u *pdf.Update) {
			u.Set(inner.catalog, inner.dict(inner.catalog).With("DSS", pdf.Dict{entry("Certs", pdf.Array{u.Add(stream("x"))})}))
		})
	}, []string{`"what":"trailer","detail":"entry /Size"`}},
	{"objects beyond Size brought back by a timestamp", func(l *lab) []byte {
		inner := l.shortened()
		inner.form = pdf.Ref{Num: 8}
		return inner.marked(honest)
	}, []string{`"what":"trailer","detail":"entry /Size"`}},
}

// shortened is a page painted black by object 30, signed in a revision whose Size is 9.
func (l *lab) shortened() *lab {
	l.tb.Helper()
	p := plan{page: "/Resources << /XObject << /X 30 0 R >> >>", content: "/X Do", objects: map[int]string{30: drawn}}
	for n := 5; n < 30; n++ {
		p.objects[n] = "null"
	}
	f, err := pdf.Open(p.written())
	if err != nil {
		l.tb.Fatal(err)
	}
	u := f.Update()
	s := newSlot("/Sig", "/ETSI.CAdES.detached", Hole, signedAt)
	s.ref = pdf.Ref{Num: 7}
	u.Set(s.ref, s.object())
	u.Set(pdf.Ref{Num: 6}, pdf.Raw("<< /Type /Annot /Subtype /Widget /FT /Sig /T (S) /V 7 0 R /F 132 /P 3 0 R /Rect [0 0 0 0] >>"))
	u.Set(pdf.Ref{Num: 8}, pdf.Raw("<< /Fields [6 0 R] /SigFlags 3 >>"))
	u.Set(pdf.Ref{Num: 1}, pdf.Raw("<< /Type /Catalog /Pages 2 0 R /AcroForm 8 0 R >>"))
	u.Set(pdf.Ref{Num: 3}, pdf.Raw("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "+p.page+" /Annots [6 0 R] >>"))
	file, r := s.write(u, nil)
	at := bytes.LastIndex(file, []byte("/Size 31 "))
	copy(file[at:], "/Size 9  ")
	return labOf(l.tb, l.w, l.cardSigned(file, r))
}

// A file may mention objects that are not there, as sloppy programs leave them. What is
// added to it takes none of their numbers: at no renewal does anything come to be shown.
func TestDanglingReferences(t *testing.T) {
	w := theWorld(t)
	for _, c := range []struct {
		name     string
		mentions []int
	}{
		{"the next number", []int{5}},
		{"the number of the field", []int{6}},
		{"the numbers of the evidence", []int{11, 14}},
		{"the numbers of a renewal", []int{20, 26}},
		{"many numbers", []int{5, 6, 7, 9, 12, 17, 30, 4000}},
		{"a high number", []int{8388607}},
		{"a high number and the next", []int{5, 8388607}},
	} {
		mentioned := ""
		for _, n := range c.mentions {
			mentioned += fmt.Sprintf("/X%d %d 0 R ", n, n)
		}
		content := plan{page: "/Resources << /XObject << " + mentioned + ">> >>"}.written()
		if _, err := Inspect(content); err != nil {
			t.Errorf("%s: Inspect = %v", c.name, err)
			continue
		}
		file := w.raise(t, w.adding(t, content, certstest.P256), LevelLTA)
		for range 3 {
			var err error
			if file, err = w.extender(t).Renew(t.Context(), file); err != nil {
				t.Fatalf("%s: Renew = %v", c.name, err)
			}
		}
		f, err := pdf.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range c.mentions {
			if o, err := f.Last().Load(pdf.Ref{Num: n}); o != nil || err != nil {
				t.Errorf("%s: object %d came to be, %v", c.name, n, err)
			}
		}
		if r := w.report(t, file); r.Sentence() != ValidToday {
			t.Errorf("%s: %v, %v", c.name, r.Sentence(), r.Signatures[0].Reasons)
		}
	}
}

// Evidence that is taken out of the store is told as that, not as an addition.
func TestEvidenceTakenOut(t *testing.T) {
	l := newLab(t)
	dss := l.reference(l.dict(l.catalog), "DSS")
	certs, err := l.f.Last().Array(l.dict(dss).Get("Certs"), "Certs")
	if err != nil || len(certs) < 2 {
		t.Fatalf("certificates %v, %v", certs, err)
	}
	more := func(keep pdf.Array) []byte {
		return l.update(func(u *pdf.Update) {
			u.Set(dss, l.dict(dss).With("Certs", append(keep[:len(keep):len(keep)], u.Add(stream("x")))))
		})
	}
	backwards := slices.Clone(certs)
	slices.Reverse(backwards)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"one more":               {more(certs), ""},
		"one more, in new order": {more(backwards), ""},
		"one for another":        {more(certs[1:]), pdf.Removed},
		"all but one":            {l.with(dss, "Certs", certs[:1]), pdf.Removed},
		"a list":                 {l.with(dss, "Certs", nil), pdf.Removed},
	} {
		r := l.w.report(t, c.file)
		added := r.Signatures[0].AddedAfter
		if last := added[len(added)-1]; last.What != "evidence" || last.Detail != c.want || len(r.Signatures[0].ChangedAfter) > 0 {
			t.Errorf("%s: %+v, %+v, want detail %q", name, added, r.Signatures[0].ChangedAfter, c.want)
		}
	}
}

// A file that leaves no numbers is not signed, nor one whose trailer hides objects from
// some readers.
func TestInspectNumbers(t *testing.T) {
	full := bytes.Replace(plan{}.written(), []byte("/Size 5 "), []byte("/Size 8388600 "), 1)
	var why *UnsuitableError
	if _, err := Inspect(full); !errors.As(err, &why) || why.Obstacle != TooLarge {
		t.Errorf("no numbers left: Inspect = %v", err)
	}
	if _, err := Inspect(shrunk(t)); !errors.As(err, &why) || why.Obstacle != Broken {
		t.Errorf("Size too small: Inspect = %v", err)
	}
}

// shrunk is a file that paints its page black by object 30, with an update in whose trailer
// Size ends before that.
func shrunk(t testing.TB) []byte {
	t.Helper()
	p := plan{page: "/Resources << /XObject << /X 30 0 R >> >>", content: "/X Do", objects: map[int]string{30: drawn}}
	for n := 5; n < 30; n++ {
		p.objects[n] = "null"
	}
	file := p.written()
	prev, at := lastSection(file), len(file)
	file = append(file, "5 0 obj\nnull\nendobj\n"...)
	xref := len(file)
	return fmt.Appendf(file, "xref\n5 1\n%010d 00000 n \ntrailer\n<< /Size 8 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n", at, prev, xref)
}
