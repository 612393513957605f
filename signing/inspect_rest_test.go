package signing

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"guichet.example/certs/certstest"
)

// What waits in a file to be switched on is not signed; what cannot be shown does no harm.
func TestInspectRefusesWhatWaits(t *testing.T) {
	stream := "<< /Length 3 >>\nstream\nq Q\nendstream"
	for name, c := range map[string]struct {
		plan    plan
		refused bool
	}{
		"second content":                  {plan{objects: map[int]string{5: drawn}}, true},
		"second content between objects":  {plan{between: "4 0 obj\n" + drawn + "\nendobj\n"}, true},
		"words between objects":           {plan{between: "Bonjour\n"}, true},
		"comment between objects":         {plan{between: "% Bonjour\n"}, false},
		"comment with an object":          {plan{between: "% 4 0 obj << >> endobj\n"}, true},
		"second page":                     {plan{objects: map[int]string{5: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"}}, true},
		"second page tree":                {plan{objects: map[int]string{5: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"}}, true},
		"second catalog":                  {plan{objects: map[int]string{5: "<< /Type /Catalog /Pages 2 0 R >>"}}, true},
		"note that nobody put on a page":  {plan{objects: map[int]string{5: "<< /Type /Annot /Subtype /FreeText /Rect [0 0 9 9] >>"}}, true},
		"note without type":               {plan{objects: map[int]string{5: "<< /Subtype /Square /Rect [0 0 9 9] >>"}}, true},
		"field outside the form":          {plan{objects: map[int]string{5: "<< /FT /Tx /T (amount) >>"}}, true},
		"signature outside the form":      {plan{objects: map[int]string{5: "<< /Type /Sig /Contents <00> >>"}}, true},
		"font":                            {plan{objects: map[int]string{5: "<< /Type /Font /BaseFont /Helvetica >>"}}, true},
		"two streams that point to each":  {plan{objects: map[int]string{5: "<< /X 6 0 R >>", 6: "<< /X 5 0 R /Length 1 >>\nstream\nx\nendstream"}}, true},
		"cross-reference stream of none":  {plan{objects: map[int]string{5: "<< /Type /XRef /Length 1 >>\nstream\nx\nendstream"}}, true},
		"object stream of none":           {plan{objects: map[int]string{5: "<< /Type /ObjStm /N 0 /First 0 /Length 1 >>\nstream\nx\nendstream"}}, true},
		"hints of a file not linearised":  {plan{objects: map[int]string{5: "<< /S 9 /Length 1 >>\nstream\nx\nendstream"}}, true},
		"object in a stream":              {plan{content: "4 0 obj << >> endobj"}, true},
		"object in a stream, over lines":  {plan{content: "4\r0\nobj"}, true},
		"object in a word":                {plan{catalog: "/Lang (4 0 obj)"}, true},
		"trailer in a stream":             {plan{content: "trailer << /Root 5 0 R >>"}, true},
		"trailer before a comment":        {plan{content: "trailer % here\n<< /Root 5 0 R >>"}, true},
		"words like them in a stream":     {plan{content: "4 0 objet endobj obj 0 obj trailer"}, true},
		"other words in a stream":         {plan{content: "endobj obj x 0 obj 4 0object trailer xref startxref"}, false},
		"content that the page leads to":  {plan{page: "/Resources << /XObject << /X 5 0 R >> >>", objects: map[int]string{5: stream}}, false},
		"numbers, words and plain tables": {plan{objects: map[int]string{5: "7", 6: "(words)", 7: "<< >>", 8: "<< /A 7 0 R >>", 9: "null"}}, false},
	} {
		s, err := Inspect(c.plan.written())
		var why *UnsuitableError
		if c.refused && (!errors.As(err, &why) || why.Obstacle != Versions) || !c.refused && err != nil {
			t.Errorf("%s: Inspect = %+v, %v", name, s, err)
		}
	}
}

// What may change lawfully after signing is not used as anything else.
func TestInspectRefusesOtherRoles(t *testing.T) {
	for name, p := range map[string]plan{
		"catalog as graphics states": {page: "/Resources << /ExtGState 1 0 R >>"},
		"catalog as fonts":           {page: "/Resources << /Font 1 0 R >>"},
		"catalog as resources":       {page: "/Resources 1 0 R"},
		"catalog in a note":          {page: "/Annots [<< /Type /Annot /Subtype /Stamp /AP 1 0 R >>]"},
		"page as colours":            {page: "/Resources << /ColorSpace 3 0 R >>"},
		"page as its own resources":  {page: "/Resources 3 0 R"},
		"page as names of places":    {catalog: "/Dests 3 0 R"},
		"signed field as patterns": {
			catalog: "/AcroForm << /Fields [5 0 R] >>", page: "/Resources << /Pattern 5 0 R >>",
			objects: map[int]string{5: "<< /FT /Sig /T (A) /V 6 0 R >>", 6: "<< /Type /Sig >>"},
		},
	} {
		s, err := Inspect(p.written())
		var why *UnsuitableError
		if !errors.As(err, &why) || why.Obstacle != Active {
			t.Errorf("%s: Inspect = %+v, %v", name, s, err)
		}
	}
	for name, p := range map[string]plan{
		"links to the page":   {page: "/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /P 3 0 R /Dest [3 0 R /Fit] >>]"},
		"places by name":      {catalog: "/Dests << /here [3 0 R /Fit] >> /Names << /Dests << /Names [(a) << /D [3 0 R /Fit] >> (b) 3 0 R] >> >>"},
		"structure":           {catalog: "/StructTreeRoot << /K << /S /Document /Pg 3 0 R /K [<< /Type /OBJR /Pg 3 0 R /Obj 5 0 R >>] >> >>", page: "/Annots [5 0 R]", objects: map[int]string{5: "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /P 3 0 R >>"}},
		"outline to the page": {catalog: "/Outlines << /First 5 0 R >>", objects: map[int]string{5: "<< /Title (a) /Dest [3 0 R /Fit] /A << /S /GoTo /D [3 0 R /Fit] >> >>"}},
	} {
		if s, err := Inspect(p.written()); err != nil {
			t.Errorf("%s: Inspect = %+v, %v", name, s, err)
		}
	}
}

// What does not show the same to everybody is not signed; what is carried along is told.
func TestInspectRefusesWhatIsUneven(t *testing.T) {
	note := func(rest string) plan {
		return plan{page: "/Annots [5 0 R]", objects: map[int]string{5: "<< /Type /Annot /Rect [0 0 600 900] " + rest + " >>", 6: drawn, 7: blankForm}}
	}
	file := "<< /Type /EmbeddedFile /Length 2 >>\nstream\nhi\nendstream"
	for name, p := range map[string]plan{
		"portfolio": {catalog: "/Collection << /Type /Collection /D (a.pdf) >> /Names << /EmbeddedFiles << /Names [(a.pdf) 5 0 R] >> >>",
			objects: map[int]string{5: "<< /Type /Filespec /F (a.pdf) /EF << /F 6 0 R >> >>", 6: file}},
		"solid with a script": {page: "/Annots [5 0 R]", objects: map[int]string{
			5: "<< /Type /Annot /Subtype /3D /Rect [0 0 600 900] /3DD 6 0 R >>",
			6: "<< /Type /3D /Subtype /U3D /OnInstantiate 7 0 R /Length 2 >>\nstream\nhi\nendstream", 7: file}},
		"film":                        {page: "/Annots [<< /Type /Annot /Subtype /Movie /Rect [0 0 9 9] /Movie << /F (http://x/y.avi) >> >>]"},
		"sound":                       {page: "/Annots [<< /Subtype /Sound /Rect [0 0 9 9] >>]"},
		"screen by reference":         {page: "/Annots [<< /Subtype 5 0 R /Rect [0 0 9 9] >>]", objects: map[int]string{5: "/Screen"}},
		"picture of a press":          {page: "/Resources << /XObject << /X 5 0 R >> >>", objects: map[int]string{5: "<< /Subtype /Form /BBox [0 0 1 1] /OPI << /2.0 << /F (x) >> >> /Length 0 >>\nstream\n\nendstream"}},
		"printed only":                note("/Subtype /FreeText /F 36 /AP << /N 6 0 R >>"),
		"hidden":                      note("/Subtype /Stamp /F 6 /AP << /N 6 0 R >>"),
		"shown under the pointer":     note("/Subtype /Stamp /F 260 /AP << /N 6 0 R >>"),
		"flags elsewhere":             {page: "/Annots [<< /Subtype /Stamp /Rect [0 0 9 9] /F 5 0 R >>]", objects: map[int]string{5: "36"}},
		"other under the pointer":     note("/Subtype /Stamp /F 4 /AP << /N 7 0 R /R 6 0 R >>"),
		"other on a click, elsewhere": {page: "/Annots [<< /Subtype /Stamp /Rect [0 0 9 9] /AP 5 0 R >>]", objects: map[int]string{5: "<< /N 7 0 R /D 6 0 R >>", 6: drawn, 7: blankForm}},
	} {
		s, err := Inspect(p.written())
		var why *UnsuitableError
		if !errors.As(err, &why) || why.Obstacle != Active {
			t.Errorf("%s: Inspect = %+v, %v", name, s, err)
		}
	}
	for name, c := range map[string]struct {
		plan   plan
		inside []string
	}{
		"attached to a note": {plan{page: "/Annots [5 0 R]", objects: map[int]string{
			5: "<< /Type /Annot /Subtype /FileAttachment /F 4 /Rect [0 0 6 9] /FS << /Type /Filespec /F (a) /EF << /F 6 0 R >> >> >>", 6: file}}, []string{"embedded file"}},
		"stamp":              {plan{page: "/Annots [<< /Subtype /Stamp /Rect [0 0 9 9] /F 4 /AP << /N 5 0 R /R 5 0 R >> >>]", objects: map[int]string{5: drawn}}, nil},
		"note with a window": {plan{page: "/Annots [<< /Subtype /Text /F 28 /Rect [0 0 9 9] /Popup 5 0 R >> 5 0 R]", objects: map[int]string{5: "<< /Subtype /Popup /F 2 /Rect [0 0 99 99] >>"}}, nil},
		"link":               {plan{page: "/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (http://x) >> >>]"}, nil},
	} {
		if s, err := Inspect(c.plan.written()); err != nil || !slices.Equal(s.Inside, c.inside) {
			t.Errorf("%s: Inspect = %+v, %v", name, s, err)
		}
	}
}

// Fonts that are not in the file are told, with their names.
func TestInspectTellsFonts(t *testing.T) {
	font := func(rest string) string { return "<< /Type /Font /BaseFont /Helvetica " + rest + " >>" }
	file := "<< /Length 1 >>\nstream\nx\nendstream"
	for name, c := range map[string]struct {
		five string
		want []string
	}{
		"standard":                  {font("/Subtype /Type1"), []string{"Helvetica"}},
		"one of many weights":       {font("/Subtype /MMType1"), []string{"Helvetica"}},
		"TrueType by name":          {font("/Subtype /TrueType /FontDescriptor << /FontName /Helvetica >>"), []string{"Helvetica"}},
		"part of one by name":       {"<< /Type /Font /Subtype /TrueType /BaseFont /ABCDEF+Arial#20Bold >>", []string{"Arial?Bold"}},
		"embedded":                  {font("/Subtype /Type1 /FontDescriptor << /FontFile 6 0 R >>"), nil},
		"embedded TrueType":         {font("/Subtype /TrueType /FontDescriptor << /FontFile2 6 0 R >>"), nil},
		"embedded in another form":  {font("/Subtype /Type1 /FontDescriptor << /FontFile3 6 0 R >>"), nil},
		"embedded file missing":     {font("/Subtype /Type1 /FontDescriptor << /FontFile 99 0 R >>"), []string{"Helvetica"}},
		"composite":                 {font("/Subtype /Type0 /DescendantFonts [<< /Subtype /CIDFontType2 /BaseFont /Batang >>]"), []string{"Batang"}},
		"composite embedded":        {font("/Subtype /Type0 /DescendantFonts [<< /Subtype /CIDFontType2 /BaseFont /B /FontDescriptor << /FontFile2 6 0 R >> >>]"), nil},
		"drawn by the file":         {font("/Subtype /Type3 /CharProcs << >>"), nil},
		"kind in an unknown word":   {font("/Subtype /Type9"), nil},
		"kind of font without name": {"<< /Type /Font /Subtype /Type1 >>", nil},
	} {
		p := plan{page: "/Resources << /Font << /F 5 0 R >> /X 6 0 R >>", objects: map[int]string{5: c.five, 6: file}}
		s, err := Inspect(p.written())
		if err != nil || !slices.Equal(s.Fonts, c.want) {
			t.Errorf("%s: Inspect = %+v, %v, want %q", name, s, err, c.want)
		}
	}
	var many string
	for i := range 30 {
		many += fmt.Sprintf("/F%d << /Subtype /Type1 /BaseFont /Font%02d >> ", i, i)
	}
	s, err := Inspect(plan{page: "/Resources << /Font << " + many + " >> >>"}.written())
	if err != nil || len(s.Fonts) != 20 || s.Fonts[19] != "Font19" {
		t.Errorf("thirty fonts: Inspect = %+v, %v", s, err)
	}
}

// Every plan that waits in an object of its own, is refused before anybody signs; the
// others are plain files until they are changed.
func TestInspectOfPlants(t *testing.T) {
	w := theWorld(t)
	refused := 0
	for _, a := range plantAttacks {
		l := &lab{tb: t, w: w}
		if _, err := Inspect(firstRevision(t, a.file(l))); err != nil {
			refused++
		}
	}
	t.Logf("%d of %d plans are refused before anybody signs", refused, len(plantAttacks))
	if refused < 9 {
		t.Errorf("only %d plans are refused", refused)
	}
	signed := w.signed(t, certstest.P256)
	if s, err := Inspect(signed); err != nil || len(s.Fonts) > 0 {
		t.Errorf("our own letter, signed: %+v, %v", s, err)
	}
}

// firstRevision is the file as it was handed in.
func firstRevision(t *testing.T, file []byte) []byte {
	t.Helper()
	at := bytes.Index(file, []byte("%%EOF\n"))
	return file[:at+6]
}
