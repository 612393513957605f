package font

import (
	"encoding/binary"
	"hash/fnv"
	"unicode/utf8"
)

// Subset gathers the characters one file uses of a face, in order of first use.
// Not safe for concurrent use.
type Subset struct {
	Face  *Face
	runes []rune // runes[i] is shown by CID i+1
	cids  map[rune]uint16
	ascii [utf8.RuneSelf]uint16
}

// NewSubset returns a subset without characters.
func NewSubset(f *Face) *Subset { return &Subset{Face: f, cids: make(map[rune]uint16)} }

// CID returns the number that stands for r in the file's text, adding r if it is
// new. The caller has asked Face.Shows before: other characters would show as the
// missing glyph, which PDF/A forbids (ISO 19005-3, 6.2.11.8).
func (s *Subset) CID(r rune) uint16 {
	if r >= 0 && r < utf8.RuneSelf {
		if s.ascii[r] == 0 {
			s.runes = append(s.runes, r)
			s.ascii[r] = uint16(len(s.runes))
		}
		return s.ascii[r]
	}
	c, ok := s.cids[r]
	if !ok {
		s.runes = append(s.runes, r)
		c = uint16(len(s.runes))
		s.cids[r] = c
	}
	return c
}

// Runes returns the characters in order of their CIDs, which start at 1.
func (s *Subset) Runes() []rune { return s.runes }

// Widths returns the advances of CID 1, 2, ... in thousandths of the type size.
func (s *Subset) Widths() []int {
	w := make([]int, len(s.runes))
	for i, r := range s.runes {
		w[i] = s.Face.Width(r)
	}
	return w
}

// Name is the subset's PostScript name: six letters drawn from its characters, a
// plus sign, the face (ISO 32000-1, 9.6.4).
func (s *Subset) Name() string {
	h := fnv.New64a()
	h.Write([]byte(s.Face.Name + string(s.runes)))
	tag := make([]byte, 6)
	for i, n := 0, h.Sum64(); i < len(tag); i, n = i+1, n/26 {
		tag[i] = 'A' + byte(n%26)
	}
	return string(tag) + "+" + s.Face.Name
}

// File returns the subset as a TrueType file whose glyph numbers are the CIDs: glyph
// 0 is the missing glyph, then one per character, then the parts of accented letters.
func (s *Subset) File() []byte {
	glyphs := make([]uint16, 1, len(s.runes)+16)
	place := make(map[uint16]int) // where a glyph lies in the subset
	for _, r := range s.runes {
		g, _ := s.Face.glyph(r)
		place[g] = len(glyphs)
		glyphs = append(glyphs, g)
	}
	var glyf, loca, hmtx []byte
	for i := 0; i < len(glyphs); i++ { // glyphs grows while parts are found
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		start := len(glyf)
		glyf = append(glyf, s.Face.outline[glyphs[i]]...)
		o := glyf[start:]
		// The outline was read without error, so its components are whole.
		_, _ = components(o, func(at int) {
			part := uint16(u16(o, at+2))
			if _, ok := place[part]; !ok {
				place[part] = len(glyphs)
				glyphs = append(glyphs, part)
			}
			binary.BigEndian.PutUint16(o[at+2:], uint16(place[part]))
		})
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		hmtx = binary.BigEndian.AppendUint16(hmtx, s.Face.advance[glyphs[i]])
		hmtx = binary.BigEndian.AppendUint16(hmtx, s.Face.bearing[glyphs[i]])
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	return assemble([]table{
		{"glyf", glyf},
		{"head", patched(s.Face.head, 50, 1)}, // indexToLocFormat: long
		{"hhea", patched(s.Face.hhea, 34, len(glyphs))},
		{"hmtx", hmtx},
		{"loca", loca},
		{"maxp", withoutPrograms(patched(s.Face.maxp, 4, len(glyphs)))},
	})
}

// patched copies a table and overwrites one 16-bit field.
func patched(t []byte, at, value int) []byte {
	t = append([]byte{}, t...)
	binary.BigEndian.PutUint16(t[at:], uint16(value))
	return t
}

// withoutPrograms zeroes maxp's limits for hinting: maxTwilightPoints to
// maxSizeOfInstructions.
func withoutPrograms(maxp []byte) []byte {
	binary.BigEndian.PutUint16(maxp[14:], 1) // maxZones: no twilight zone
	clear(maxp[16:28])
	return maxp
}

type table struct {
	tag  string
	data []byte
}

// assemble writes the file; tables come sorted by tag. Each is padded to four bytes,
// and head's checkSumAdjustment makes the whole sum to a constant.
func assemble(tables []table) []byte {
	const headAdjustment = 8
	n := len(tables)
	size := 12 + 16*n
	for _, t := range tables {
		size += (len(t.data) + 3) &^ 3
	}
	out := make([]byte, 12, size)
	copy(out, "\x00\x01\x00\x00")
	power, log := 1, 0
	for power*2 <= n {
		power, log = power*2, log+1
	}
	for i, v := range []int{n, 16 * power, log, 16 * (n - power)} {
		binary.BigEndian.PutUint16(out[4+2*i:], uint16(v))
	}
	offset, head := 12+16*n, 0
	for _, t := range tables {
		if t.tag == "head" {
			head = offset
			clear(t.data[headAdjustment : headAdjustment+4])
		}
		out = append(out, t.tag...)
		out = binary.BigEndian.AppendUint32(out, sum(t.data))
		out = binary.BigEndian.AppendUint32(out, uint32(offset))
		out = binary.BigEndian.AppendUint32(out, uint32(len(t.data)))
		offset += (len(t.data) + 3) &^ 3
	}
	for _, t := range tables {
		out = append(out, t.data...)
		out = append(out, make([]byte, -len(t.data)&3)...)
	}
	binary.BigEndian.PutUint32(out[head+headAdjustment:], 0xB1B0AFBA-sum(out))
	return out
}

// sum is the TrueType checksum: the 32-bit words added up, the last one padded.
func sum(b []byte) (n uint32) {
	for ; len(b) >= 4; b = b[4:] {
		n += binary.BigEndian.Uint32(b)
	}
	var last [4]byte
	copy(last[:], b)
	return n + binary.BigEndian.Uint32(last[:])
}
