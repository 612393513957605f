package document

import (
	"fmt"
	"strconv"
	"unicode/utf16"

	"guichet.example/signing/document/internal/font"
)

// embed adds the five objects of a composite font (ISO 32000-1, 9.7) and returns the
// number of the first, the Type 0 font. Text in it is two bytes a character: the CID,
// which is also the glyph number in the embedded file.
func embed(o *objects, s *font.Subset) int {
	f, name := s.Face, s.Name()
	type0, cid, descriptor, file, unicode := o.reserve(), o.reserve(), o.reserve(), o.reserve(), o.reserve()
	o.setf(type0, "<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>",
		name, cid, unicode)
	o.setf(cid, "<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"+
		"/FontDescriptor %d 0 R/CIDToGIDMap/Identity/W[1%s]>>", name, descriptor, widths(s))
	o.setf(descriptor, "<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[%d %d %d %d]/ItalicAngle 0"+
		"/Ascent %d/Descent %d/CapHeight %d/StemV %d/FontFile2 %d 0 R>>",
		name, f.BBox[0], f.BBox[1], f.BBox[2], f.BBox[3], f.Ascent, f.Descent, f.CapHeight, f.Weight, file)
	ttf := s.File()
	o.set(file, deflated("/Length1 "+strconv.Itoa(len(ttf)), ttf))
	o.set(unicode, deflated("", toUnicode(s.Runes())))
	return type0
}

func widths(s *font.Subset) []byte {
	b := []byte("[")
	for i, w := range s.Widths() {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(w), 10)
	}
	return append(b, ']')
}

// toUnicode maps CID 1, 2, ... back to characters (ISO 32000-1, 9.10.3), in portions
// of at most 100 as the syntax of CMaps demands.
func toUnicode(runes []rune) []byte {
	b := []byte("/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n" +
		"/CMapName/Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n")
	for at := 0; at < len(runes); at += 100 {
		part := runes[at:min(at+100, len(runes))]
		b = fmt.Appendf(b, "%d beginbfchar\n", len(part))
		for i, r := range part {
			b = fmt.Appendf(b, "<%04X><", at+i+1)
			for _, u := range utf16.Encode([]rune{r}) {
				b = fmt.Appendf(b, "%04X", u)
			}
			b = append(b, ">\n"...)
		}
		b = append(b, "endbfchar\n"...)
	}
	return append(b, "endcmap\nCMapName currentdict/CMap defineresource pop\nend\nend\n"...)
}
