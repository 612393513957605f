package signing

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"guichet.example/signing/internal/pdf"
)

func stream(data string, entries ...pdf.Entry) *pdf.Stream {
	return &pdf.Stream{Dict: entries, Data: []byte(data)}
}

func entry(key pdf.Name, o pdf.Object) pdf.Entry { return pdf.Entry{Key: key, Value: o} }

// reference returns the reference that an entry of a dictionary holds.
func (l *lab) reference(d pdf.Dict, key pdf.Name) pdf.Ref {
	l.tb.Helper()
	ref, ok := d.Get(key).(pdf.Ref)
	if !ok {
		l.lacks("entry /%s is no reference but %v", key, d.Get(key))
	}
	return ref
}

// updateAttacks append well-formed updates that change what is shown or done:
// incremental saving and shadow attacks.
var updateAttacks = []attack{
	{"page content replaced", func(l *lab) []byte { return l.set(l.contents, stream("BT ET")) }, []string{`"what":"page content","detail":"page 1"`, "FORMAT_FAILURE"}},
	{"page content pointed elsewhere", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) {
			u.Set(l.page, l.dict(l.page).With("Contents", u.Add(stream("BT ET"))))
		})
	}, []string{"page 1: entry /Contents"}},
	{"page content added in front", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) {
			u.Set(l.page, l.dict(l.page).With("Contents", pdf.Array{u.Add(stream("0 g 0 0 600 900 re f")), l.contents}))
		})
	}, []string{"page 1: entry /Contents"}},
	{"page turned", func(l *lab) []byte { return l.with(l.page, "Rotate", pdf.Integer(180)) }, []string{"page 1: entry /Rotate"}},
	{"page cropped", func(l *lab) []byte {
		return l.with(l.page, "CropBox", pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(9), pdf.Integer(9)})
	}, []string{"page 1: entry /CropBox"}},
	{"page resources replaced", func(l *lab) []byte { return l.with(l.page, "Resources", pdf.Dict{}) }, []string{"page 1: entry /Resources"}},
	{"action on the page", func(l *lab) []byte {
		return l.with(l.page, "AA", pdf.Dict{entry("O", pdf.Dict{entry("S", pdf.Name("JavaScript")), entry("JS", pdf.String("app.alert(1)"))})})
	}, []string{"page 1: entry /AA", `"active":["action","embedded file","script"]`}},
	{"font replaced", func(l *lab) []byte { return l.with(l.font, "BaseFont", pdf.Name("Other")) }, []string{`"what":"page resources"`}},
	{"page added", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) {
			root := l.reference(l.dict(l.catalog), "Pages")
			page := u.Add(pdf.Dict{entry("Type", pdf.Name("Page")), entry("Parent", root)})
			u.Set(root, l.dict(root).With("Kids", pdf.Array{l.page, page}).With("Count", pdf.Integer(2)))
		})
	}, []string{`"what":"page tree"`, `"what":"page","detail":"page 2"`}},
	{"page removed from the tree", func(l *lab) []byte {
		root := l.reference(l.dict(l.catalog), "Pages")
		return l.set(root, l.dict(root).With("Kids", pdf.Array{}))
	}, []string{`"what":"page tree"`}},
	{"other page tree", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) {
			pages := u.Reserve()
			page := u.Add(pdf.Dict{entry("Type", pdf.Name("Page")), entry("Parent", pages)})
			u.Set(pages, pdf.Dict{entry("Type", pdf.Name("Pages")), entry("Kids", pdf.Array{page}), entry("Count", pdf.Integer(1))})
			u.Set(l.catalog, l.dict(l.catalog).With("Pages", pages))
		})
	}, []string{"entry /Pages"}},
	{"other catalog", func(l *lab) []byte {
		var other pdf.Ref
		out := l.update(func(u *pdf.Update) { other = u.Add(l.dict(l.catalog)) })
		return l.inTrailer(out, fmt.Sprintf("/Root %d 0 R", l.catalog.Num), fmt.Sprintf("/Root %d 0 R", other.Num))
	}, []string{`"what":"trailer","detail":"entry /Root"`}},
	{"other document information", func(l *lab) []byte {
		return l.with(l.reference(l.f.Last().Trailer(), "Info"), "Title", pdf.String("Other"))
	}, []string{`"what":"document information"`}},
	{"other metadata", func(l *lab) []byte {
		return l.set(l.reference(l.dict(l.catalog), "Metadata"), stream("<x/>"))
	}, []string{`"what":"metadata"`}},
	{"other first identifier", func(l *lab) []byte {
		out := l.set(l.contents, pdf.Dict{})
		at := bytes.LastIndex(out, []byte("/ID [<"))
		out[at+6] = map[bool]byte{true: '1', false: '0'}[out[at+6] == '0']
		return out
	}, []string{"entry /ID"}},
	{"attached request replaced", func(l *lab) []byte {
		name := l.dict(l.dict(l.catalog).Get("AF").(pdf.Array)[0])
		file := l.reference(l.dict(name.Get("EF")), "F")
		return l.set(file, stream(`{"kind":"bank-change"}`, entry("Type", pdf.Name("EmbeddedFile"))))
	}, []string{`"what":"attachment"`}},
	{"action on opening", func(l *lab) []byte {
		return l.with(l.catalog, "OpenAction", pdf.Dict{entry("S", pdf.Name("URI")), entry("URI", pdf.String("https://example.org"))})
	}, []string{"entry /OpenAction"}},
	{"script by name", func(l *lab) []byte {
		return l.with(l.catalog, "Names", pdf.Dict{entry("JavaScript", pdf.Dict{})})
	}, []string{"entry /Names", "script"}},
	{"optional content", func(l *lab) []byte { return l.with(l.catalog, "OCProperties", pdf.Dict{}) }, []string{"entry /OCProperties"}},
	{"language of the document", func(l *lab) []byte { return l.with(l.catalog, "Lang", pdf.String("nl")) }, []string{"entry /Lang"}},
	{"view of the document", func(l *lab) []byte {
		return l.with(l.catalog, "ViewerPreferences", pdf.Dict{})
	}, []string{"entry /ViewerPreferences"}},
	{"extension that holds a reference", func(l *lab) []byte {
		return l.with(l.catalog, "Extensions", pdf.Dict{entry("ADBE", pdf.Dict{entry("X", l.page)})})
	}, []string{"entry /Extensions"}},
	{"structure changed", func(l *lab) []byte {
		return l.with(l.reference(l.dict(l.catalog), "StructTreeRoot"), "RoleMap", pdf.Dict{})
	}, []string{`"what":"structure"`}},
	{"object that nothing points to", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) { u.Add(stream("planted")) })
	}, []string{"nothing points to it"}},
	{"object freed", func(l *lab) []byte { return l.free(l.font.Num) }, []string{`"what":"page resources","detail":"removed"`}},
	{"page freed", func(l *lab) []byte { return l.free(l.page.Num) }, []string{"FORMAT_FAILURE"}},
	{"object hidden between others", func(l *lab) []byte {
		return l.raw(fmt.Sprintf("%d 0 obj\n<< /Length 0 >>\nstream\n\nendstream\nendobj\n", l.contents.Num), "0 0\n")
	}, []string{`"what":"hidden bytes"`}},
	{"object hidden in a comment", func(l *lab) []byte {
		return l.raw("%\r4 0 obj << >> endobj\n", "0 0\n")
	}, []string{`"what":"hidden bytes"`}},
	{"object inside evidence", func(l *lab) []byte { return l.deceived("\n4 0 obj\n<< /Length 0 >>\nstream\n\nendstream\nendobj\n") }, []string{`"what":"hidden bytes"`}},
	{"object inside evidence, in other white space", func(l *lab) []byte { return l.deceived("4\x000\fobj") }, []string{`"what":"hidden bytes"`}},
	{"trailer inside evidence", func(l *lab) []byte { return l.deceived("\ntrailer % so\n<< /Root 4 0 R >>\n") }, []string{`"what":"hidden bytes"`}},
	{"object inside a word", func(l *lab) []byte {
		return l.with(l.catalog, "Extensions", pdf.Raw("<< /A << /B (\n4 0 obj\n) >> >>"))
	}, []string{`"what":"hidden bytes"`}},
	{"object stream that no entry knows", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) {
			u.Add(stream("3 0 << /Type /Page >>", entry("Type", pdf.Name("ObjStm")), entry("N", pdf.Integer(1)), entry("First", pdf.Integer(4))))
		})
	}, []string{"nothing points to it"}},
	{"object stream of noise", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) { u.Add(stream("x", entry("Type", pdf.Name("ObjStm")))) })
	}, []string{"nothing points to it"}},
	{"cross-reference stream that is none", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) { u.Add(stream("x", entry("Type", pdf.Name("XRef")))) })
	}, []string{"nothing points to it"}},
	{"name that some readers cut short", func(l *lab) []byte {
		return l.set(l.page, append(slices.Clone(l.dict(l.page)), entry("Contents\x00", nil)))
	}, []string{"FORMAT_FAILURE", "NUL"}},
	{"entry that is null", func(l *lab) []byte {
		return l.set(l.page, append(slices.Clone(l.dict(l.page)), entry("Kontents", nil)))
	}, []string{"entry /Kontents"}},
	{"objects of an object stream out of order", func(l *lab) []byte { return l.packed("700 8 701 0 ", "<< /B >>", "<< /A 1 >>") }, []string{"object stream"}},
	{"words before the objects of an object stream", func(l *lab) []byte { return l.packed("700 4 ", "x   ", "<< /A 1 >>") }, []string{"object stream"}},
	{"words between the objects of an object stream", func(l *lab) []byte { return l.packed("700 0 701 9 ", "<<>> x   ", "<< /A 1 >>") }, []string{"does not end where the next"}},
	{"words in the table of an object stream", func(l *lab) []byte { return l.packed("700 0 % ", "<< /A 1 >>") }, []string{"object stream"}},
	{"object stream that extends another", func(l *lab) []byte {
		return l.packed("700 0 /Extends", "<< /A 1 >>")
	}, []string{"nothing points to it"}},
	{"end in other white space", func(l *lab) []byte {
		file := l.raw("", "0 0\n")
		at := bytes.LastIndex(file, []byte("startxref\n"))
		file[at+9] = 0
		return file
	}, []string{"FORMAT_FAILURE", "malformed startxref"}},
	{"section in other white space", func(l *lab) []byte {
		file := l.raw("", "0 0\n")
		file[bytes.LastIndex(file, []byte("xref\n0 0\n"))+4] = '\f'
		return file
	}, []string{"FORMAT_FAILURE", "on a line of its own"}},
	{"object in other white space", func(l *lab) []byte {
		file := l.set(l.contents, stream("BT ET"))
		at := bytes.LastIndex(file, fmt.Appendf(nil, "\n%d 0 obj", l.contents.Num))
		file[bytes.IndexByte(file[at:], ' ')+at] = 0
		return file
	}, []string{"FORMAT_FAILURE"}},
	{"end with a number of twenty digits", func(l *lab) []byte {
		file := l.raw("", "0 0\n")
		at := bytes.LastIndex(file, []byte("startxref\n")) + 10
		return append(append(bytes.Clone(file[:at]), "00000000"...), file[at:]...)
	}, []string{"FORMAT_FAILURE", "malformed startxref"}},
	{"cross-reference stream of fields wider than readers read", func(l *lab) []byte {
		return l.xrefStream("/Type /XRef /Size 901 /Root 1 0 R /W [8 8 8] /Index [0 0]", "")
	}, []string{"malformed W"}},
	{"entry pointing back into signed bytes", func(l *lab) []byte {
		o, _ := l.f.Last().Load(l.font)
		return l.raw("", fmt.Sprintf("%d 1\n%010d 00000 n \n", l.contents.Num, o.Start))
	}, []string{"FORMAT_FAILURE"}},
	{"entry pointing at nothing", func(l *lab) []byte {
		return l.raw("", fmt.Sprintf("%d 1\n%010d 00000 n \n", l.contents.Num, 20))
	}, []string{"FORMAT_FAILURE"}},
	{"annotation of text", func(l *lab) []byte { return l.annotate("FreeText") }, []string{`"what":"annotation","detail":"page 1"`}},
	{"annotation of a stamp", func(l *lab) []byte { return l.annotate("Stamp") }, []string{`"what":"annotation"`}},
	{"annotation of a link", func(l *lab) []byte { return l.annotate("Link") }, []string{`"what":"annotation"`}},
	{"annotation that redacts", func(l *lab) []byte { return l.annotate("Redact") }, []string{`"what":"annotation"`}},
	{"annotations taken away", func(l *lab) []byte { return l.with(l.page, "Annots", pdf.Array{}) }, []string{"page 1: removed"}},
	{"two steps, the second changes the page", func(l *lab) []byte {
		first := l.update(func(u *pdf.Update) {
			if err := u.SetEvidence(&pdf.Evidence{CRLs: [][]byte{[]byte("more")}}); err != nil {
				l.tb.Fatal(err)
			}
		})
		f, err := pdf.Open(first)
		if err != nil {
			l.tb.Fatal(err)
		}
		u := f.Update()
		u.Set(l.contents, stream("BT ET"))
		out, _ := u.Bytes(nil)
		return out
	}, []string{`"what":"page content"`}},
	{"two steps, the second changes it back", func(l *lab) []byte {
		original, _ := l.f.Last().Load(l.contents)
		f, err := pdf.Open(l.set(l.contents, stream("BT ET")))
		if err != nil {
			l.tb.Fatal(err)
		}
		u := f.Update()
		u.Set(l.contents, original.Value)
		out, _ := u.Bytes(nil)
		return out
	}, []string{`"what":"page content"`}},
}

// packed appends an object stream with objects 700 and 701, by a hybrid revision: its
// stream tells of them, as the table does of the object stream.
func (l *lab) packed(head string, objects ...string) []byte {
	head, extends := strings.CutSuffix(head, "/Extends")
	more := map[bool]string{true: "/Extends 4 0 R"}[extends]
	n := strings.Count(head, "70")
	body := strings.Join(objects, "")
	objstm := fmt.Sprintf("<< /Type /ObjStm /N %d /First %d /Length %d %s >>\nstream\n%s%s\nendstream", n, len(head), len(head)+len(body), more, head, body)
	return l.beside(l.base, map[int]string{702: objstm}, []int{702}, func(map[int]int) map[int][3]int {
		rows := map[int][3]int{}
		for i := range n {
			rows[700+i] = [3]int{2, 702, i}
		}
		return rows
	})
}

// deceived is evidence that holds what a repairing reader takes for something else.
func (l *lab) deceived(text string) []byte {
	return l.update(func(u *pdf.Update) {
		if err := u.SetEvidence(&pdf.Evidence{CRLs: [][]byte{[]byte(text)}}); err != nil {
			l.tb.Fatal(err)
		}
	})
}

// inTrailer replaces text in the last trailer, whose length nothing depends on.
func (l *lab) inTrailer(file []byte, old, new string) []byte {
	at := bytes.LastIndex(file, []byte("trailer"))
	if at < len(l.base) {
		l.lacks("no trailer keyword")
	}
	tail := bytes.Replace(bytes.Clone(file[at:]), []byte(old), []byte(new), 1)
	return append(bytes.Clone(file[:at]), tail...)
}

// raw appends a hand-written revision: bytes, then a table of the given runs.
func (l *lab) raw(body, runs string) []byte {
	out := append(bytes.Clone(l.base), body...)
	start := len(out)
	at := bytes.LastIndex(l.base, []byte("startxref\n"))
	var prev int
	fmt.Sscanf(string(l.base[at+10:]), "%d", &prev)
	trailer := l.f.Last().Trailer().With("Prev", pdf.Integer(prev))
	out = append(out, "xref\n"+runs+"trailer\n"...)
	out = pdf.Append(out, trailer)
	return append(out, fmt.Sprintf("\nstartxref\n%d\n%%%%EOF\n", start)...)
}

func (l *lab) free(num int) []byte {
	return l.raw("", fmt.Sprintf("%d 1\n0000000000 00001 f \n", num))
}

// annotate puts an annotation over the whole page.
func (l *lab) annotate(kind pdf.Name) []byte {
	return l.update(func(u *pdf.Update) {
		a := u.Add(pdf.Dict{
			entry("Type", pdf.Name("Annot")), entry("Subtype", kind), entry("F", pdf.Integer(4)),
			entry("Rect", pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(595), pdf.Integer(842)}),
		})
		old, _ := l.f.Last().Array(l.dict(l.page).Get("Annots"), "Annots")
		u.Set(l.page, l.dict(l.page).With("Annots", append(old[:len(old):len(old)], a)))
	})
}
