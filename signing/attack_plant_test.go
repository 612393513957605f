package signing

import (
	"bytes"
	"fmt"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

// plan is a shadow attack: what is in the file when it is signed, and what an update
// switches on afterwards.
type plan struct {
	catalog, page string         // further entries
	objects       map[int]string // 5 and up: 1 to 4 are catalog, page tree, page, content
	between       string         // bytes that belong to no object
	content       string         // of the page; empty: "q Q"
	later         map[int]string // objects of the update
	runs          func(file []byte) string
}

// drawn is the body of a form that paints the page black.
const drawn = "<< /Subtype /Form /BBox [0 0 600 900] /Length 18 >>\nstream\n0 0 600 900 re f  \nendstream"

// blankForm paints nothing.
const blankForm = "<< /Subtype /Form /BBox [0 0 600 900] /Length 3 >>\nstream\nq Q\nendstream"

var plantAttacks = []attack{
	planted("overlay taken away", plan{
		page: "/Resources << /XObject << /X 5 0 R >> >>", content: "/X Do", objects: map[int]string{5: drawn}, later: map[int]string{5: blankForm},
	}, `"what":"page resources"`),
	planted("overlay freed", plan{
		page: "/Resources << /XObject << /X 5 0 R >> >>", content: "/X Do", objects: map[int]string{5: drawn},
		runs: func([]byte) string { return "5 1\n0000000000 00001 f \n" },
	}, "removed"),
	planted("overlay that was blank", plan{
		page: "/Resources << /XObject << /X 5 0 R >> >>", content: "/X Do", objects: map[int]string{5: blankForm}, later: map[int]string{5: drawn},
	}, `"what":"page resources"`),
	planted("overlay that was missing", plan{
		page: "/Resources << /XObject << /X 9 0 R >> >>", content: "/X Do", later: map[int]string{9: drawn},
	}, `"what":"page resources"`),
	planted("overlay that was missing comes as evidence", plan{
		page: "/Resources << /XObject << /X 9 0 R >> >>", content: "/X Do",
		later: map[int]string{9: drawn, 1: "<< /Type /Catalog /Pages 2 0 R /DSS << /CRLs [9 0 R] >> {catalog} >>"},
	}, "FORMAT_FAILURE"),
	planted("overlay that only a false cross-reference stream waits for", plan{
		page: "/Resources << /XObject << /X 5 0 R >> >>", content: "/X Do",
		objects: map[int]string{5: "<< /Type /XRef /Subtype /Form /BBox [0 0 600 900] /Resources << /XObject << /Y 9 0 R >> >> /Length 5 >>\nstream\n/Y Do\nendstream"},
		later:   map[int]string{9: drawn, 1: "<< /Type /Catalog /Pages 2 0 R /DSS << /CRLs [9 0 R] >> {catalog} >>"},
	}, "FORMAT_FAILURE", `"changedAfter"`),
	planted("second content waits in an object", plan{
		objects: map[int]string{5: drawn}, later: map[int]string{3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R >>"},
	}, "page 1: entry /Contents"),
	planted("second content waits between objects", plan{
		between: "4 0 obj\n" + drawn + "\nendobj\n",
		runs: func(file []byte) string {
			return fmt.Sprintf("4 1\n%010d 00000 n \n", bytes.Index(file, []byte("4 0 obj\n<< /Subtype")))
		},
	}, "FORMAT_FAILURE"),
	planted("second content waits inside a stream", plan{
		objects: map[int]string{5: fmt.Sprintf("<< /Length %d >>\nstream\n4 0 obj\n%s\nendobj\n\nendstream", len(drawn)+16, drawn)},
		runs: func(file []byte) string {
			return fmt.Sprintf("4 1\n%010d 00000 n \n", bytes.Index(file, []byte("4 0 obj\n<< /Subtype")))
		},
	}, "FORMAT_FAILURE"),
	planted("second document waits", plan{
		objects: map[int]string{5: "<< /Type /Pages /Kids [6 0 R] /Count 1 >>", 6: "<< /Type /Page /Parent 5 0 R /MediaBox [0 0 595 842] /Contents 7 0 R >>", 7: drawn},
		later:   map[int]string{1: "<< /Type /Catalog /Pages 5 0 R {catalog} >>"},
	}, "entry /Pages"),
	planted("second document waits in a catalog of its own", plan{
		objects: map[int]string{5: "<< /Type /Pages /Kids [6 0 R] /Count 1 >>", 6: "<< /Type /Page /Parent 5 0 R /MediaBox [0 0 595 842] >>"},
		later:   map[int]string{2: "<< /Type /Pages /Kids [6 0 R] /Count 1 >>"},
	}, `"what":"page tree"`),
	planted("font whose glyphs are exchanged", plan{
		page: "/Resources << /Font << /F 5 0 R >> >>", content: "BT /F 9 Tf (1) Tj ET",
		objects: map[int]string{5: "<< /Type /Font /Subtype /Type3 /CharProcs << /one 6 0 R >> >>", 6: "<< /Length 3 >>\nstream\nq Q\nendstream"},
		later:   map[int]string{6: "<< /Length 16 >>\nstream\n0 0 900 900 re f\nendstream"},
	}, `"what":"page resources"`),
	planted("widths of a font exchanged", plan{
		page:    "/Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FirstChar 49 /Widths 5 0 R >> >> >>",
		objects: map[int]string{5: "[500]"}, later: map[int]string{5: "[5000]"},
	}, `"what":"page resources"`),
	planted("length of the content grows", plan{
		page: "/Resources << /XObject << /X 6 0 R >> >>", objects: map[int]string{5: "3", 6: "<< /Subtype /Form /BBox [0 0 9 9] /Length 5 0 R >>\nstream\nq Q\nendstream"},
		later: map[int]string{5: "2"},
	}, `"changedAfter"`),
	planted("box of the page elsewhere", plan{
		page: "/CropBox 5 0 R", objects: map[int]string{5: "[0 0 595 842]"}, later: map[int]string{5: "[0 0 9 9]"},
	}, `"what":"page"`),
	planted("unit of the page elsewhere", plan{
		page: "/UserUnit 5 0 R", objects: map[int]string{5: "1"}, later: map[int]string{5: "9"},
	}, `"what":"page"`),
	planted("what the page inherits", plan{
		later: map[int]string{2: "<< /Type /Pages /Kids [3 0 R] /Count 1 /Rotate 90 >>"},
	}, `"what":"page tree"`),
	planted("note over the text taken away", plan{
		page: "/Annots [5 0 R]", objects: map[int]string{5: "<< /Type /Annot /Subtype /FreeText /Rect [0 0 600 900] /Contents (over) /DA (/H 9 Tf) >>"},
		later: map[int]string{3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>"},
	}, `"what":"annotation"`),
	planted("note over the text hidden", plan{
		page: "/Annots [5 0 R]", objects: map[int]string{5: "<< /Type /Annot /Subtype /Square /Rect [0 0 600 900] /IC [0] >>"},
		later: map[int]string{5: "<< /Type /Annot /Subtype /Square /Rect [0 0 600 900] /IC [0] /F 2 >>"},
	}, `"what":"annotation"`),
	planted("list of notes elsewhere", plan{
		page: "/Annots 6 0 R", objects: map[int]string{5: "<< /Type /Annot /Subtype /Square /Rect [0 0 600 900] /IC [0] >>", 6: "[5 0 R]"},
		later: map[int]string{6: "[]"},
	}, `"what":"annotation"`),
	planted("form field filled in", plan{
		catalog: "/AcroForm << /Fields [5 0 R] /DA (/H 9 Tf) >>", page: "/Annots [5 0 R]",
		objects: map[int]string{5: "<< /Subtype /Widget /FT /Tx /T (amount) /V (1) /Rect [9 9 99 99] >>"},
		later:   map[int]string{5: "<< /Subtype /Widget /FT /Tx /T (amount) /V (1000) /Rect [9 9 99 99] >>"},
	}, `"what":"form field"`),
	planted("appearance of a form field exchanged, its value kept", plan{
		catalog: "/AcroForm << /Fields [5 0 R] /DA (/H 9 Tf) >>", page: "/Annots [5 0 R]",
		objects: map[int]string{5: "<< /Subtype /Widget /FT /Tx /T (amount) /V (1) /Rect [9 9 99 99] /AP << /N 6 0 R >> >>", 6: blankForm},
		later:   map[int]string{6: drawn},
	}, `"what":"form field"`),
	planted("box ticked", plan{
		catalog: "/AcroForm << /Fields [5 0 R] >>", page: "/Annots [5 0 R]",
		objects: map[int]string{5: "<< /Subtype /Widget /FT /Btn /T (yes) /V /Off /AS /Off /Rect [9 9 99 99] /AP << /N << /Yes 6 0 R >> >> >>", 6: drawn},
		later:   map[int]string{5: "<< /Subtype /Widget /FT /Btn /T (yes) /V /Off /AS /Yes /Rect [9 9 99 99] /AP << /N << /Yes 6 0 R >> >> >>"},
	}, `"what":"form field"`),
	planted("layer switched off", plan{
		catalog: "/OCProperties 5 0 R", content: "/OC /L BDC 0 0 600 900 re f EMC", page: "/Resources << /Properties << /L 6 0 R >> >>",
		objects: map[int]string{5: "<< /OCGs [6 0 R] /D << /ON [6 0 R] >> >>", 6: "<< /Type /OCG /Name (L) >>"},
		later:   map[int]string{5: "<< /OCGs [6 0 R] /D << /OFF [6 0 R] >> >>"},
	}, `"what":"`, "optional content"),
	planted("picture exchanged", plan{
		page: "/Resources << /XObject << /X 5 0 R >> >>", content: "600 0 0 900 0 0 cm /X Do",
		objects: map[int]string{5: "<< /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\nstream\nz\nendstream"},
		later:   map[int]string{5: "<< /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\nstream\n \nendstream"},
	}, `"what":"page resources"`),
	planted("mask of a picture exchanged", plan{
		page: "/Resources << /ExtGState << /G << /SMask << /S /Luminosity /G 5 0 R >> >> >> >>", content: "/G gs 0 0 600 900 re f",
		objects: map[int]string{5: blankForm}, later: map[int]string{5: drawn},
	}, `"what":"page resources"`),
	planted("colour space exchanged", plan{
		page: "/Resources << /ColorSpace << /C 5 0 R >> >>", content: "/C cs 0 sc 0 0 600 900 re f",
		objects: map[int]string{5: "[/Indexed /DeviceGray 0 <00>]"}, later: map[int]string{5: "[/Indexed /DeviceGray 0 <ff>]"},
	}, `"what":"page resources"`),
	planted("bookmark led elsewhere", plan{
		catalog: "/Outlines 5 0 R", objects: map[int]string{5: "<< /Type /Outlines >>"},
		later: map[int]string{5: "<< /Type /Outlines /First 3 0 R >>"},
	}, `"what":"outline"`),
	planted("numbers of the pages", plan{
		catalog: "/PageLabels 5 0 R", objects: map[int]string{5: "<< /Nums [0 << /S /D >>] >>"}, later: map[int]string{5: "<< /Nums [0 << /S /R >>] >>"},
	}, `"what":"page labels"`),
}

// planted signs a page with something in it and switches that on.
func planted(name string, p plan, want ...string) attack {
	return attack{"planted: " + name, func(l *lab) []byte { return l.plant(p) }, want}
}

// written is the file of a plan as somebody hands it in to be signed.
func (p plan) written() []byte {
	content := p.content
	if content == "" {
		content = "q Q"
	}
	objects := map[int]string{
		1: "<< /Type /Catalog /Pages 2 0 R " + p.catalog + " >>",
		2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R " + p.page + " >>",
		4: fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content),
	}
	for num, body := range p.objects {
		objects[num] = body
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n" + p.between)
	xref := "xref\n0 1\n0000000000 65535 f \n"
	for num := 1; num <= len(objects); num++ {
		xref += fmt.Sprintf("%d 1\n%010d 00000 n \n", num, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", num, objects[num])
	}
	fmt.Fprintf(&b, "%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", xref, len(objects)+1, b.Len())
	return b.Bytes()
}

// plant has a card sign the file of the plan at B-LT and appends the plan's update.
func (l *lab) plant(p plan) []byte {
	by := l.algorithm(certstest.P256)
	r := l.w.request(l.tb, by)
	r.PDF, r.Mark = p.written(), Mark{}
	signed := l.w.sign(l.tb, r, l.w.cards[by].Signature.Key)
	if l.level > 0 {
		raised, _, err := l.w.extender(l.tb).Extend(l.tb.Context(), signed, l.level)
		if err != nil {
			l.lacks("what a higher level needs: %v", err) // its pointers lead to numbers of the evidence
		}
		signed = raised
	}
	f, err := pdf.Open(signed)
	if err != nil {
		l.tb.Fatal(err)
	}
	inner := &lab{tb: l.tb, w: l.w, base: signed, f: f}
	if p.runs != nil {
		return inner.raw("", p.runs(signed))
	}
	catalog, err := f.Last().Catalog()
	if err != nil {
		l.tb.Fatal(err)
	}
	return inner.update(func(u *pdf.Update) {
		for u.Next() < 20 {
			u.Reserve()
		}
		form := string(pdf.Append([]byte("/AcroForm "), catalog.Get("AcroForm")))
		for num, body := range p.later {
			u.Set(pdf.Ref{Num: num}, pdf.Raw(bytes.ReplaceAll([]byte(body), []byte("{catalog}"), []byte(form))))
		}
		if body, ok := p.later[3]; ok && !bytes.Contains([]byte(body), []byte("Annots")) {
			annots := inner.annots()
			body = body[:len(body)-2] + string(pdf.Append([]byte("/Annots "), annots[len(annots)-1:])) + " >>"
			u.Set(pdf.Ref{Num: 3}, pdf.Raw(body))
		}
		if p.later[6] == "[]" {
			annots := inner.annots()
			u.Set(pdf.Ref{Num: 6}, annots[len(annots)-1:])
		}
	})
}

// annots are the annotations of the first page.
func (l *lab) annots() pdf.Array {
	pages, err := l.f.Last().Pages()
	if err != nil {
		l.tb.Fatal(err)
	}
	list, err := l.f.Last().Array(pages[0].Dict.Get("Annots"), "Annots")
	if err != nil {
		l.tb.Fatal(err)
	}
	return list
}
