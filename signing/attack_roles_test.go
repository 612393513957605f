package signing

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

// painted shows one picture under a plain graphics state and another under Difference; the
// name of the state is that of an entry which may come or change later.
func painted(state string) string {
	return "0 g 0 0 595 842 re f 1 g 100 100 100 600 re f " + state + " gs 1 g 0 0 595 842 re f 0 g 300 300 200 100 re f"
}

// roleAttacks sign a file in which an object that may lawfully change later is also the
// dictionary in which the page looks up what it draws with, and then change it lawfully.
var roleAttacks = []attack{
	role("catalog as graphics states", plan{
		catalog: "/Extensions << /ESIC << /BaseVersion /1.7 /ExtensionLevel 5 >> >>",
		page:    "/Resources << /ExtGState 1 0 R >>", content: painted("/Extensions"),
	}, extended("/BM /Difference"), `"what":"catalog","detail":"entry /Extensions"`),
	role("catalog as graphics states, its extensions well-formed", plan{
		catalog: "/Extensions << /ESIC << /BaseVersion /1.7 /ExtensionLevel 5 >> >>",
		page:    "/Resources << /ExtGState 1 0 R >>", content: painted("/Extensions"),
	}, extended("/Type /Extensions /BM << /BaseVersion /1.7 /ExtensionLevel 3 >>"), `"what":"catalog","detail":"entry /Extensions"`),
	role("catalog as fonts", plan{
		catalog: "/Extensions << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		page:    "/Resources << /Font 1 0 R >>", content: "BT /Extensions 60 Tf 50 400 Td (Abc) Tj ET",
	}, extended("/Type /Font /Subtype /Type1 /BaseFont /Symbol"), `"what":"catalog","detail":"entry /Extensions"`),
	role("catalog in a dictionary of resources elsewhere", plan{
		page: "/Resources << /XObject << /X 5 0 R >> >>", content: "/X Do",
		objects: map[int]string{5: "<< /Subtype /Form /BBox [0 0 9 9] /Resources << /ColorSpace 1 0 R >> /Length 3 >>\nstream\nq Q\nendstream"},
	}, extended("/ADBE << /BaseVersion /1.7 /ExtensionLevel 3 >>"), `"what":"catalog","detail":"entry /Extensions"`),
	role("catalog as fonts of the form", plan{
		catalog: "/AcroForm << /Fields [] /DR << /Font 1 0 R >> >>",
	}, extended("/ADBE << /BaseVersion /1.7 /ExtensionLevel 3 >>"), `"what":"catalog","detail":"entry /Extensions"`),
	role("extension that is a font", plan{}, extended("/ADBE << /Type /Font /BaseVersion /1.7 >>"), `"what":"catalog","detail":"entry /Extensions"`),
	role("extension with a level that is a word", plan{}, extended("/ADBE << /BaseVersion /1.7 /ExtensionLevel (3) >>"), `"what":"catalog","detail":"entry /Extensions"`),
	role("extension with an entry of its own", plan{}, extended("/ADBE << /BaseVersion /1.7 /ExtensionLevel 3 /BM /Difference >>"), `"what":"catalog","detail":"entry /Extensions"`),
	role("store of evidence as colours", plan{
		catalog: "/DSS 5 0 R", page: "/Resources << /ColorSpace 5 0 R >>", content: "/Certs cs",
		objects: map[int]string{5: "<< /Type /DSS /Certs [] >>"},
	}, func(l *lab) []byte { return l.stored(5, "/Type /DSS /Certs [%d 0 R]") }, `"what":"page resources"`),
	role("evidence by signature as layers", plan{
		catalog: "/DSS 5 0 R", page: "/Resources << /Properties 6 0 R >>", content: "/OC /DEF BDC 0 0 600 900 re f EMC",
		objects: map[int]string{5: "<< /Type /DSS /VRI 6 0 R >>", 6: "<< /ABC << >> >>"},
	}, func(l *lab) []byte { return l.stored(6, "/ABC << >> /DEF << /Type /OCG /Cert [%d 0 R] >>") }, `"what":"page resources"`),
	role("store that is also graphics states, its list an object", plan{
		catalog: "/DSS 5 0 R", page: "/Resources << /ExtGState 5 0 R >>", content: "/Certs gs",
		objects: map[int]string{5: "<< /Type /DSS /Certs 6 0 R >>", 6: "[]"},
	}, func(l *lab) []byte { return l.stored(6, "[%d 0 R]") }, `"what":"page resources"`),
	role("form as graphics states", plan{
		catalog: "/AcroForm 5 0 R", page: "/Resources << /ExtGState 5 0 R >>", content: painted("/Fields"),
		objects: map[int]string{5: "<< /Fields [] >>"},
	}, stampedAnew, `"what":"page resources"`),
	role("page as colours", plan{
		page: "/Resources << /ColorSpace 3 0 R >> /Annots [/Indexed /DeviceGray 1 <00ff>]", content: "/Annots cs 0 sc 50 300 300 100 re f",
	}, stampedAnew, `"what":"page","detail":"page 1: entry /Annots"`),
	role("page as the names of places", plan{
		catalog: "/Dests 3 0 R", page: "/Annots [3 0 R /Fit]",
	}, stampedAnew, `"what":"page","detail":"page 1: entry /Annots"`),
	role("empty field as graphics states", emptyField("/Resources << /ExtGState 5 0 R >>", painted("/V")),
		stampedInto(note{key: "BM", raw: pdf.Raw("/Difference")}), `"what":"form field"`),
	role("empty field as graphics states of a form", plan{
		catalog: "/AcroForm << /Fields [5 0 R] >>", page: "/Annots [5 0 R] /Resources << /XObject << /X 6 0 R >> >>", content: "/X Do",
		objects: map[int]string{
			5: waiting("[0 0 0 0]", 3),
			6: "<< /Subtype /Form /BBox [0 0 9 9] /Resources << /ExtGState 5 0 R >> /Length 3 >>\nstream\nq Q\nendstream",
		},
	}, stampedInto(), `"what":"form field"`),
	role("empty field as the appearances of a note", plan{
		catalog: "/AcroForm << /Fields [5 0 R] >>", page: "/Annots [5 0 R 6 0 R]",
		objects: map[int]string{5: waiting("[0 0 0 0]", 3), 6: "<< /Type /Annot /Subtype /Stamp /Rect [0 0 600 900] /F 4 /AP 5 0 R >>"},
	}, stampedInto(), `"what":"form field"`),
	role("empty field, timestamp with an entry of its own", emptyField("", ""),
		stampedInto(note{key: "BM", raw: pdf.Raw("/Difference")}), `"what":"signature","detail":"entry /BM"`),
	role("empty field, timestamp whose name is a dictionary", emptyField("", ""),
		stampedInto(note{key: "Name", raw: pdf.Raw("<< /BM /Difference >>")}), `"what":"signature","detail":"entry /Name"`),
	role("empty field whose date is a dictionary", emptyField("", ""), func(l *lab) []byte {
		return l.filling(func(d pdf.Dict) pdf.Dict { return d.With("M", pdf.Raw("<< /BM /Difference >>")) })
	}, `"what":"form field"`),
	role("empty field whose appearances are a stream", emptyField("", ""), func(l *lab) []byte {
		return l.fillingWith(func(u *pdf.Update, d pdf.Dict) pdf.Dict {
			return d.With("AP", u.Add(stream("", entry("Subtype", pdf.Name("Form")), entry("BBox", rectangle(0, 0, 600, 900)))))
		})
	}, `"what":"form field"`),
}

// role signs a file, raises it, and has somebody append a revision.
func role(name string, p plan, later func(*lab) []byte, want ...string) attack {
	return attack{"role: " + name, func(l *lab) []byte { return later(l.honestly(p)) }, want}
}

// honestly is a lab of the file of a plan, signed by a card at B-LT; at B-B where no
// evidence can be added, since that would be a change too.
func (l *lab) honestly(p plan) *lab {
	signed := l.w.adding(l.tb, p.written(), certstest.P256)
	if raised, _, err := l.w.extender(l.tb).Extend(l.tb.Context(), signed, LevelLT); err == nil {
		signed = raised
	}
	return labOf(l.tb, l.w, signed)
}

// waiting is the body of an empty signature field on a page.
func waiting(rect string, page int) string {
	return "<< /Type /Annot /Subtype /Widget /FT /Sig /T (A) /F 132 /Rect " + rect + " /P " + string(rune('0'+page)) + " 0 R >>"
}

// emptyField is a page with an invisible field 5 that waits for a signature.
func emptyField(page, content string) plan {
	return plan{
		catalog: "/AcroForm << /Fields [5 0 R] >>", page: "/Annots [5 0 R] " + page, content: content,
		objects: map[int]string{5: waiting("[0 0 0 0]", 3)},
	}
}

// extended gives the catalog other extensions.
func extended(entries string) func(*lab) []byte {
	return func(l *lab) []byte { return l.with(l.catalog, "Extensions", pdf.Raw("<< "+entries+" >>")) }
}

// stored gives an object of the store a new value that leads to a new stream. A dictionary
// is written without its brackets.
func (l *lab) stored(num int, format string) []byte {
	return l.update(func(u *pdf.Update) {
		ref := u.Add(stream("noise"))
		body := bytes.Replace([]byte(format), []byte("%d"), pdf.Append(nil, pdf.Integer(ref.Num)), 1)
		if body[0] == '/' {
			body = slices.Concat([]byte("<< "), body, []byte(" >>"))
		}
		u.Set(pdf.Ref{Num: num}, pdf.Raw(body))
	})
}

// stampedAnew appends an honest document timestamp.
func stampedAnew(l *lab) []byte { return l.marked(honest) }

// stampedInto puts a document timestamp that holds into field 5.
func stampedInto(entries ...note) func(*lab) []byte {
	return func(l *lab) []byte { return l.filling(func(d pdf.Dict) pdf.Dict { return d }, entries...) }
}

func (l *lab) filling(shape func(pdf.Dict) pdf.Dict, entries ...note) []byte {
	return l.fillingWith(func(_ *pdf.Update, d pdf.Dict) pdf.Dict { return shape(d) }, entries...)
}

func (l *lab) fillingWith(shape func(*pdf.Update, pdf.Dict) pdf.Dict, entries ...note) []byte {
	l.tb.Helper()
	u := l.f.Update()
	s := newSlot("/DocTimeStamp", "/ETSI.RFC3161", Hole, time.Time{}, entries...)
	s.ref = u.Add(s.object())
	u.Set(pdf.Ref{Num: 5}, shape(u, l.dict(pdf.Ref{Num: 5}).With("V", s.ref)))
	file, r := s.write(u, nil)
	out, err := fill(file, r, l.stamp(append(bytes.Clone(file[:r[1]]), file[r[2]:]...), nothing))
	if err != nil {
		l.tb.Fatal(err)
	}
	return out
}

// countersigned has a second card sign in field 5 with a picture of black, honestly raised.
func (l *lab) countersigned(more func(u *pdf.Update)) []byte {
	l.tb.Helper()
	u := l.f.Update()
	ap := u.Add(stream("0 g 0 0 600 900 re f", entry("Type", pdf.Name("XObject")), entry("Subtype", pdf.Name("Form")), entry("BBox", rectangle(0, 0, 595, 842))))
	s := newSlot("/Sig", "/ETSI.CAdES.detached", Hole, signedAt)
	s.ref = u.Add(s.object())
	u.Set(pdf.Ref{Num: 5}, l.dict(pdf.Ref{Num: 5}).With("V", s.ref).With("AP", pdf.Dict{entry("N", ap)}))
	more(u)
	file, r := s.write(u, nil)
	out, _, err := l.w.extender(l.tb).Extend(l.tb.Context(), l.cardSigned(file, r), LevelLT)
	if out == nil {
		l.tb.Fatal(err) // an error beside a file says that the first signature does not hold
	}
	return out
}

// cardSigned puts the signature of a second card into the hole of a file.
func (l *lab) cardSigned(file []byte, r [4]int) []byte {
	l.tb.Helper()
	f := l.forgeryOf(file, r, certstest.P384)
	f.sort()
	f.hash, f.algorithm = oidSHA256, oidECDSA
	out, err := fill(file, r, f.encode(l.tb))
	if err != nil {
		l.tb.Fatal(err)
	}
	return out
}

// What was foreseen is a field of modest size on the one page where it stood. A second
// signer who covers more shows something that the first did not sign, and one who puts the
// field onto another page changes that page.
func TestForeseenFieldsAreModest(t *testing.T) {
	l := &lab{tb: t, w: theWorld(t)}
	two := map[int]string{
		2: "<< /Type /Pages /Kids [3 0 R 6 0 R] /Count 2 >>",
		6: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [5 0 R] /Contents 4 0 R >>",
		5: waiting("[50 50 250 100]", 6),
	}
	nobody := func(*pdf.Update) {}
	standing := func(rect string, more string) plan {
		return plan{catalog: "/AcroForm << /Fields [5 0 R" + more + "] >>", page: "/Annots [5 0 R" + more + "]", objects: map[int]string{5: waiting(rect, 3)}}
	}
	tiles := standing("[0 0 595 160]", " 6 0 R 7 0 R")
	tiles.objects[6] = "<< /Type /Annot /Subtype /Widget /FT /Sig /T (B) /F 132 /Rect [0 160 595 320] /P 3 0 R >>"
	tiles.objects[7] = "<< /Type /Annot /Subtype /Widget /FT /Sig /T (C) /F 132 /Rect [0 320 595 480] /P 3 0 R >>"
	turned := standing("[50 50 250 100]", "")
	turned.objects[5] = "<< /Type /Annot /Subtype /Widget /FT /Sig /T (A) /F 148 /Rect [50 50 250 100] /P 3 0 R >>"
	both := plan{catalog: "/AcroForm << /Fields [5 0 R] >>", page: "/Annots [5 0 R]", objects: two}
	for _, c := range []struct {
		name string
		plan plan
		more func(l *lab, u *pdf.Update)
		want Sentence
	}{
		{"modest", standing("[50 50 250 100]", ""), nil, ValidToday},
		{"the whole page", standing("[0 0 595 842]", ""), nil, Added},
		{"a quarter of the page, upside down", standing("[595 421 297 0]", ""), nil, Added},
		{"a fifth of what is left of the page", func() plan {
			p := standing("[50 50 250 100]", "")
			p.page += " /CropBox [0 0 200 200]"
			return p
		}(), nil, Added},
		{"fields that cover the page together", tiles, nil, Added},
		{"a field that does not turn with the page", turned, nil, Added},
		{"on two pages from the start", both, nil, Added},
		{"on another page later", plan{catalog: "/AcroForm << /Fields [5 0 R] >>", objects: two}, func(l *lab, u *pdf.Update) {
			pages, err := l.f.Last().Pages()
			if err == nil {
				err = addToPage(l.f.Last(), u, pages[0], pdf.Ref{Num: 5})
			}
			if err != nil {
				t.Fatal(err)
			}
		}, Changed},
	} {
		inner := l.honestly(c.plan)
		more := nobody
		if c.more != nil {
			more = func(u *pdf.Update) { c.more(inner, u) }
		}
		r, err := Verify(t.Context(), inner.countersigned(more), l.w.trust())
		if err != nil || r.Sentence() != c.want {
			t.Errorf("%s: %v, %v, want %v: %+v", c.name, r.Sentence(), err, c.want, r.Signatures[0].Reasons)
		}
	}
}

// Before their update the files of roleAttacks are valid; and none of them would be signed.
func TestRolesNeedTheirUpdate(t *testing.T) {
	l := newLab(t)
	harmless := 0
	for _, a := range roleAttacks {
		file := a.file(l)
		f, err := pdf.Open(file)
		if err != nil {
			t.Errorf("%s: %v", a.name, err)
			continue
		}
		_, end := f.End(f.Revisions() - 2)
		if !l.passes(t, file[:end]) {
			harmless++
			t.Logf("%s: does not pass before the update", a.name)
		}
	}
	if harmless > len(roleAttacks)/4 {
		t.Errorf("%d of %d files do not pass before the update", harmless, len(roleAttacks))
	}
}

// An honest timestamp and an honest second signature in an empty field stay what they are.
func TestEmptyFieldIsFilled(t *testing.T) {
	l := &lab{tb: t, w: theWorld(t)}
	inner := l.honestly(emptyField("", ""))
	if r := l.w.report(t, stampedInto()(inner)); r.Sentence() != ValidToday {
		t.Errorf("timestamp in an empty field: %v, %+v", r.Sentence(), r.Signatures[0].Reasons)
	}
	build := note{key: "Prop_Build", raw: pdf.Raw("<< /App << /Name /Acrobat /REx (24) /TrustedMode false /OS [/Win] >> /Filter << /Name /Adobe.PPKLite /R 131104 >> >>")}
	if r := l.w.report(t, stampedInto(build)(inner)); r.Sentence() != ValidToday {
		t.Errorf("timestamp with the build of a program: %v, %+v", r.Sentence(), r.Signatures[0].Reasons)
	}
}
