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

// twofold is a hybrid file as Word writes it (ISO 32000-1, 7.5.8.4): a table, a stream that
// only some readers know, and an empty section that names the stream. Objects 1 to 4 are
// catalog, page tree, page and content, 5 and 6 the structure tree, of which only the root
// is in the table. A second object 4 stands in the file, which the honest file calls 9.
type twofold struct {
	page, catalog string
	four          bool                                // the second content is called 4 as well
	rows          func(rows [][3]int, at map[int]int) // alters the stream before anybody signs
	bare          bool                                // the empty section is left out
}

const secondContent = "<< /Length 18 >>\nstream\n0 0 600 900 re f  \nendstream"

func (d twofold) bytes() []byte {
	b := bytes.NewBufferString("%PDF-1.7\n")
	at := map[int]int{}
	put := func(num int, body string) {
		at[num] = b.Len()
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", num, body)
	}
	page := d.page
	if page == "" {
		page = "/Contents 4 0 R"
	}
	put(1, "<< /Type /Catalog /Pages 2 0 R /StructTreeRoot 5 0 R "+d.catalog+" >>")
	put(2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	put(3, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "+page+" >>")
	put(4, "<< /Length 3 >>\nstream\nq Q\nendstream")
	put(5, "<< /Type /StructTreeRoot /K 6 0 R >>")
	at[9] = b.Len()
	name := map[bool]string{true: "4", false: "9"}[d.four]
	fmt.Fprintf(b, "%s 0 obj\n%s\nendobj\n", name, secondContent)
	head, element := "6 0 ", "<< /Type /StructElem /S /P /P 5 0 R /Pg 3 0 R >> "
	put(7, fmt.Sprintf("<< /Type /ObjStm /N 1 /First %d /Length %d >>\nstream\n%s\nendstream", len(head), len(head+element), head+element))
	rows := make([][3]int, 10)
	for num, place := range at {
		rows[num] = [3]int{1, place, 0}
	}
	rows[6] = [3]int{2, 7, 0}
	if d.rows != nil {
		d.rows(rows, at)
	}
	rows[8] = [3]int{1, b.Len(), 0}
	put(8, crossReference(rows, "/Size 10 /Root 1 0 R"))
	main := b.Len()
	b.WriteString("xref\n0 10\n0000000000 65535 f \n")
	for num := 1; num < 10; num++ {
		if place, ok := at[num]; ok && !(d.four && num == 9) {
			fmt.Fprintf(b, "%010d 00000 n \n", place)
		} else {
			b.WriteString("0000000000 65535 f \n")
		}
	}
	fmt.Fprintf(b, "trailer\n<< /Size 10 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", main)
	if !d.bare {
		second := b.Len()
		fmt.Fprintf(b, "xref\n0 0\ntrailer\n<< /Size 10 /Root 1 0 R /Prev %d /XRefStm %d >>\nstartxref\n%d\n%%%%EOF\n", main, at[8], second)
	}
	return b.Bytes()
}

// crossReference is a cross-reference stream without filter.
func crossReference(rows [][3]int, dict string) string {
	var data []byte
	for _, r := range rows {
		data = append(data, byte(r[0]), byte(r[1]>>16), byte(r[1]>>8), byte(r[1]), byte(r[2]))
	}
	return fmt.Sprintf("<< /Type /XRef %s /W [1 3 1] /Length %d >>\nstream\n%s\nendstream", dict, len(data), data)
}

// careless has a card sign a file that we refuse, as a program would that does not look:
// the honest file of the same length is prepared, and its bytes exchanged before it signs.
func (l *lab) careless(honest, file []byte) []byte {
	l.tb.Helper()
	r := l.w.request(l.tb, certstest.P256)
	r.PDF, r.Mark = honest, Mark{}
	p, err := Prepare(r)
	if err != nil || len(honest) != len(file) {
		l.tb.Fatalf("Prepare = %v, %d and %d bytes", err, len(honest), len(file))
	}
	copy(p.PDF, file)
	return l.fillSigned(p.PDF, p.ByteRange)
}

// beside appends a hybrid revision by hand: objects, a stream with the rows given, and a
// table with the numbers listed.
func (l *lab) beside(file []byte, objects map[int]string, inTable []int, rows func(at map[int]int) map[int][3]int) []byte {
	l.tb.Helper()
	f, err := pdf.Open(file)
	if err != nil {
		l.tb.Fatal(err)
	}
	prev := lastSection(file)
	trailer := f.Last().Trailer()
	b := bytes.NewBuffer(bytes.Clone(file))
	at := map[int]int{}
	for _, num := range slices.Sorted(mapKeys(objects)) {
		at[num] = b.Len()
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", num, objects[num])
	}
	index, data := "", [][3]int{}
	given := rows(at)
	for _, num := range slices.Sorted(mapKeys(given)) {
		index += fmt.Sprintf("%d 1 ", num)
		data = append(data, given[num])
	}
	at[900] = b.Len()
	fmt.Fprintf(b, "900 0 obj\n%s\nendobj\n", crossReference(data, fmt.Sprintf("/Size 901 /Root 1 0 R /Index [%s]", index)))
	xref := b.Len()
	b.WriteString("xref\n")
	for _, num := range append(inTable, 900) {
		fmt.Fprintf(b, "%d 1\n%010d 00000 n \n", num, at[num])
	}
	b.WriteString("trailer\n")
	b.Write(pdf.Append(nil, trailer.With("Size", pdf.Integer(901)).With("Prev", pdf.Integer(prev)).With("XRefStm", pdf.Integer(at[900]))))
	fmt.Fprintf(b, "\nstartxref\n%d\n%%%%EOF\n", xref)
	return b.Bytes()
}

func mapKeys[V any](m map[int]V) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func lastSection(file []byte) (at int) {
	i := bytes.LastIndex(file, []byte("startxref\n"))
	fmt.Sscanf(string(file[i+10:]), "%d", &at)
	return at
}

// signedTwofold is an honest hybrid file, signed at B-LT.
func (l *lab) signedTwofold(d twofold) []byte {
	l.tb.Helper()
	r := l.w.request(l.tb, certstest.P256)
	r.PDF, r.Mark = d.bytes(), Mark{}
	signed := l.w.sign(l.tb, r, l.w.cards[certstest.P256].Signature.Key)
	out, level, err := l.w.extender(l.tb).Extend(l.tb.Context(), signed, LevelLT)
	if err != nil || level != LevelLT {
		l.tb.Fatalf("Extend = %v, %v", level, err)
	}
	return out
}

// hybridBefore is a file that showed two things when a careless program signed it.
func hybridBefore(name string, d twofold, want string) attack {
	return attack{"hybrid, signed: " + name, func(l *lab) []byte {
		honest := d
		honest.rows = nil
		if d.four {
			honest.four = false
		}
		return l.careless(honest.bytes(), d.bytes())
	}, []string{`"structure"`, want}}
}

// hybridAfter appends to an honest hybrid file a revision that shows two things.
func hybridAfter(name string, objects map[int]string, inTable []int, rows func(at map[int]int) map[int][3]int, want ...string) attack {
	return attack{"hybrid, later: " + name, func(l *lab) []byte {
		return l.beside(l.signedTwofold(twofold{}), objects, inTable, rows)
	}, want}
}

// row is what the stream of an update says of one number.
func row(num int, kind int) func(at map[int]int) map[int][3]int {
	return func(at map[int]int) map[int][3]int { return map[int][3]int{num: {kind, at[num], 0}} }
}

// hybridAttacks show one thing to readers that know cross-reference streams beside a table
// and another to those that do not, when somebody signs or afterwards.
var hybridAttacks = []attack{
	hybridBefore("content of another place for some", twofold{four: true, rows: func(r [][3]int, at map[int]int) { r[4], r[9] = [3]int{1, at[9], 0}, [3]int{} }}, "is another for some readers"),
	hybridBefore("content missing for some", twofold{rows: func(r [][3]int, _ map[int]int) { r[4] = [3]int{} }}, "is another for some readers"),
	hybridBefore("page is the content for some", twofold{rows: func(r [][3]int, at map[int]int) { r[3] = r[4] }}, "is another for some readers"),
	hybridBefore("content out of an object stream for some", twofold{rows: func(r [][3]int, _ map[int]int) { r[4] = [3]int{2, 7, 0} }}, "is another for some readers"),
	hybridBefore("structure tree the page for some", twofold{rows: func(r [][3]int, at map[int]int) { r[5] = r[3] }}, "is another for some readers"),
	hybridBefore("content of another generation for some", twofold{rows: func(r [][3]int, _ map[int]int) { r[4][2] = 1 }}, "is another for some readers"),
	hybridAfter("content exchanged for some", map[int]string{4: secondContent}, nil, row(4, 1), "is another for some readers"),
	hybridAfter("content exchanged for all", map[int]string{4: secondContent}, []int{4}, row(4, 1), `"what":"page content"`),
	hybridAfter("content exchanged by the table", map[int]string{4: secondContent}, []int{4}, func(map[int]int) map[int][3]int { return nil }, `"what":"page content"`),
	hybridAfter("content freed for some", map[int]string{}, nil, func(map[int]int) map[int][3]int { return map[int][3]int{4: {}} }, "is another for some readers"),
	hybridAfter("page exchanged for some", map[int]string{3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 9 0 R >>"}, nil, row(3, 1), "is another for some readers"),
	hybridAfter("page shows what some do not see", map[int]string{
		3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents [4 0 R 700 0 R] >>", 700: secondContent,
	}, []int{3}, row(700, 1), "is seen by some readers only"),
	hybridAfter("structure shown for some", map[int]string{6: "<< /Type /StructElem /S /P /ActualText (BE71) >>"}, nil, row(6, 1), `"what":"structure"`),
	hybridAfter("structure freed for some", map[int]string{}, nil, func(map[int]int) map[int][3]int { return map[int][3]int{6: {}} }, `"what":"structure","detail":"removed"`),
	hybridAfter("object that nothing points to, for some", map[int]string{700: secondContent}, nil, row(700, 1), "nothing points to it"),
	hybridAfter("stream of the original again", map[int]string{}, nil, func(map[int]int) map[int][3]int { return map[int][3]int{9: {1, 20, 0}} }, "is another for some readers"),
	{"hybrid, later: evidence for some", func(l *lab) []byte {
		return l.besideCatalog("/DSS << /Certs [700 0 R] >>")
	}, []string{"is seen by some readers only"}},
	{"hybrid, later: form for some", func(l *lab) []byte { return l.besideCatalog("/AcroForm 700 0 R") }, []string{"is seen by some readers only"}},
	{"hybrid, later: stream of signed bytes named", func(l *lab) []byte {
		file := l.signedTwofold(twofold{})
		at := bytes.Index(file, []byte("8 0 obj"))
		return l.beside2(file, at, "")
	}, []string{"stream of an earlier revision"}},
	{"hybrid, later: empty section that names a stream in the signed bytes", func(l *lab) []byte {
		file := l.signedTwofold(twofold{bare: true, page: "/Contents 4 0 R /X 6 0 R"})
		return l.beside2(file, bytes.Index(file, []byte("8 0 obj")), "")
	}, []string{"stream of an earlier revision"}},
	{"hybrid, later: empty section after a file whose original is signed", func(l *lab) []byte { return l.tailed() }, []string{"FORMAT_FAILURE"}},
	{"hybrid, later: second part cut off", func(l *lab) []byte {
		file := twofold{}.bytes()
		return l.plain(file[:bytes.LastIndex(file, []byte("xref\n0 0"))])
	}, []string{`"signatures":[]`}},
	{"hybrid, later: loop of streams", func(l *lab) []byte {
		file := l.signedTwofold(twofold{})
		return l.beside2(file, lastSection(file), "")
	}, []string{"FORMAT_FAILURE"}},
	{"hybrid, later: stream that is the table itself", func(l *lab) []byte {
		file := l.signedTwofold(twofold{})
		return l.beside2(file, len(file), "")
	}, []string{"FORMAT_FAILURE"}},
	{"hybrid, later: other catalog for some", func(l *lab) []byte {
		file := l.signedTwofold(twofold{})
		return bytes.Replace(l.beside(file, nil, nil, func(map[int]int) map[int][3]int { return nil }), []byte("/Size 901 /Root 1 0 R"), []byte("/Size 901 /Root 2 0 R"), 1)
	}, []string{"differ in /Root"}},
}

// plain is a file that nobody signed.
func (l *lab) plain(file []byte) []byte { return file }

// besideCatalog gives the catalog an entry that leads to a hidden object.
func (l *lab) besideCatalog(more string) []byte {
	file := l.signedTwofold(twofold{})
	f, err := pdf.Open(file)
	if err != nil {
		l.tb.Fatal(err)
	}
	catalog, err := f.Last().Catalog()
	if err != nil {
		l.tb.Fatal(err)
	}
	key, _, _ := strings.Cut(more[1:], " ")
	body := string(pdf.Append(nil, catalog.With(pdf.Name(key), nil)))
	body = strings.Replace(body, "/"+key+" null", more, 1)
	if !strings.Contains(body, more) {
		body = strings.TrimSuffix(body, ">>") + more + " >>"
	}
	return l.beside(file, map[int]string{1: body, 700: "<< /Fields [] /Length 1 >>\nstream\nx\nendstream"}, []int{1}, row(700, 1))
}

// beside2 appends an empty section that names a place as its stream.
func (l *lab) beside2(file []byte, at int, more string) []byte {
	f, err := pdf.Open(file)
	if err != nil {
		l.tb.Fatal(err)
	}
	out := append(bytes.Clone(file), "xref\n0 0\ntrailer\n"...)
	out = pdf.Append(out, f.Last().Trailer().With("Prev", pdf.Integer(lastSection(file))).With("XRefStm", pdf.Integer(at)))
	return append(out, fmt.Sprintf("%s\nstartxref\n%d\n%%%%EOF\n", more, len(file))...)
}

// tailed is a file whose only revision is signed, to which the empty section of a hybrid
// file was added: it is one revision now, of which the signature covers a part.
func (l *lab) tailed() []byte {
	hole := strings.Repeat("0", 2*Hole)
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	xref := "xref\n0 1\n0000000000 65535 f \n"
	from := 0
	for i, o := range []string{
		"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] /SigFlags 3 >> >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [5 0 R] >>",
		"<< /Length 3 >>\nstream\nq Q\nendstream",
		"<< /Type /Annot /Subtype /Widget /FT /Sig /T (S) /V 6 0 R /F 132 /Rect [0 0 0 0] /P 3 0 R >>",
		"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:20260101000000Z) /ByteRange [0 @@@@@@@@@@ ########## $$$$$$$$$$] /Contents <" + hole + "> >>",
		crossReference([][3]int{{1, 0, 0}}, "/Size 8 /Root 1 0 R /Index [9 1]"),
	} {
		xref += fmt.Sprintf("%d 1\n%010d 00000 n \n", i+1, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
		if i == 5 {
			from = bytes.Index(b.Bytes(), []byte("/Contents <")) + len("/Contents ")
		}
	}
	stm := bytes.Index(b.Bytes(), []byte("7 0 obj"))
	main := b.Len()
	fmt.Fprintf(&b, "%strailer\n<< /Size 8 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", xref, main)
	file := b.Bytes()
	r := [4]int{0, from, from + len(hole) + 2, len(file) - from - len(hole) - 2}
	for mark, n := range map[string]int{"@@@@@@@@@@": r[1], "##########": r[2], "$$$$$$$$$$": r[3]} {
		file = bytes.Replace(file, []byte(mark), []byte(fmt.Sprintf("%010d", n)), 1)
	}
	signed := l.fillSigned(file, r)
	if !l.alone(signed) {
		l.tb.Fatal("a file signed in its only revision does not pass")
	}
	out := append(signed, fmt.Sprintf("xref\n0 0\ntrailer\n<< /Size 8 /Root 1 0 R /Prev %d /XRefStm %d >>\nstartxref\n%d\n%%%%EOF\n", main, stm, len(signed))...)
	return out
}

// alone reports that a file passes before something is done to it.
func (l *lab) alone(file []byte) bool {
	r, err := Verify(l.tb.Context(), file, l.lenient())
	return err == nil && r.Valid()
}

// The honest files from which the attacks start pass at every level, and so does one with a
// hybrid revision that changes nothing.
func TestHybridHonest(t *testing.T) {
	l := newLab(t)
	file := l.signedTwofold(twofold{})
	archived := l.w.raise(t, file, LevelLTA)
	for name, file := range map[string][]byte{"B-LT": file, "B-LTA": archived, "signed again": l.w.adding(t, file, certstest.P384)} {
		if !l.passes(t, file) {
			t.Errorf("%s: does not pass", name)
		}
	}
	again := l.beside(file, nil, nil, func(map[int]int) map[int][3]int { return nil })
	if !l.passes(t, again) {
		t.Error("a hybrid revision that says nothing: does not pass")
	}
}
