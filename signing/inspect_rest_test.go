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
