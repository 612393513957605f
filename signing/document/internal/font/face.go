// Package font reads the Go fonts and cuts subsets of them for embedding in a PDF.
//
// The fonts are compiled into the program, so nothing here parses bytes from outside.
// A [Face] is read once and never changes; a [Subset] belongs to one file.
//
// Characters, not glyphs, get the numbers (CIDs) that text in the PDF uses: a space
// and a no-break space share a glyph but keep their own numbers, so what is copied
// from the document is what was written into it.
package font

import (
	"encoding/binary"
	"fmt"
	"sync"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/text/unicode/norm"
)

// Face is one font, read from TrueType tables (ISO/IEC 14496-22). Its measures are in
// thousandths of the type size, as a PDF wants them. Safe for concurrent use.
type Face struct {
	Name      string // PostScript name
	Ascent    int
	Descent   int // negative
	CapHeight int
	BBox      [4]int
	Weight    int // stem width of the vertical strokes, for the font descriptor

	unitsPerEm int
	head, hhea []byte // copied into subsets, with a few fields overwritten
	maxp       []byte
	advance    []uint16 // by glyph, font units
	bearing    []uint16 // left side bearing by glyph, font units
	outline    [][]byte // by glyph, without hinting instructions
	glyphs     map[rune]uint16
}

// Regular and Bold return the two faces; the first call reads them.
var (
	Regular = sync.OnceValue(func() *Face { return mustRead("GoRegular", goregular.TTF, 80) })
	Bold    = sync.OnceValue(func() *Face { return mustRead("Go-Bold", gobold.TTF, 140) })
)

// mustRead panics on an error: the fonts are our own, a wrong one is a broken build.
func mustRead(name string, ttf []byte, stem int) *Face {
	f, err := read(ttf)
	if err != nil {
		panic("font: " + name + ": " + err.Error())
	}
	f.Name, f.Weight = name, stem
	return f
}

// Width returns the advance of the character in thousandths of the type size,
// rounded as the PDF's W array has it; 0 if the face cannot show it.
func (f *Face) Width(r rune) int {
	g, _ := f.glyph(r)
	return f.width(g)
}

func (f *Face) width(glyph uint16) int { return f.scale(int(f.advance[glyph])) }

func (f *Face) scale(units int) int {
	if units < 0 {
		return -f.scale(-units)
	}
	return (units*1000 + f.unitsPerEm/2) / f.unitsPerEm
}

// Shows reports whether the face has the character, or the letter it is built on.
func (f *Face) Shows(r rune) bool {
	_, ok := f.glyph(r)
	return ok
}

// glyph returns the glyph for r. A letter with marks that the face lacks (as in
// Vietnamese) is shown with as many of its marks as the face can; the text itself
// keeps the letter, since the PDF maps each character back on its own.
func (f *Face) glyph(r rune) (uint16, bool) {
	if g, ok := f.glyphs[r]; ok {
		return g, true
	}
	for s := norm.NFD.String(string(r)); len(s) > 1; {
		last := len(s) - 1
		for last > 0 && s[last]&0xC0 == 0x80 { // back to the start of the last character
			last--
		}
		s = s[:last]
		if c := []rune(norm.NFC.String(s)); len(c) == 1 {
			if g, ok := f.glyphs[c[0]]; ok {
				return g, true
			}
		}
	}
	return 0, false
}

func u16(b []byte, at int) int { return int(binary.BigEndian.Uint16(b[at:])) }
func i16(b []byte, at int) int { return int(int16(binary.BigEndian.Uint16(b[at:]))) }
func u32(b []byte, at int) int { return int(binary.BigEndian.Uint32(b[at:])) }

// read takes what a subset needs from a TrueType font with short or long loca and a
// format 4 cmap.
func read(ttf []byte) (*Face, error) {
	tables := make(map[string][]byte)
	for i := range u16(ttf, 4) {
		entry := ttf[12+16*i:]
		offset := u32(entry, 8)
		tables[string(entry[:4])] = ttf[offset : offset+u32(entry, 12)]
	}
	head, hhea, os2 := tables["head"], tables["hhea"], tables["OS/2"]
	f := &Face{head: head, hhea: hhea, maxp: tables["maxp"], unitsPerEm: u16(head, 18)}
	f.Ascent, f.Descent = f.scale(i16(hhea, 4)), f.scale(i16(hhea, 6))
	f.CapHeight = f.scale(i16(os2, 88))
	for i := range f.BBox {
		f.BBox[i] = f.scale(i16(head, 36+2*i))
	}
	f.readMetrics(tables["hmtx"])
	if err := f.readOutlines(tables["loca"], tables["glyf"]); err != nil {
		return nil, err
	}
	return f, f.readCharacters(tables["cmap"])
}

func (f *Face) readMetrics(hmtx []byte) {
	n, long := u16(f.maxp, 4), u16(f.hhea, 34)
	f.advance, f.bearing = make([]uint16, n), make([]uint16, n)
	for g := range n {
		if g < long {
			f.advance[g], f.bearing[g] = uint16(u16(hmtx, 4*g)), uint16(u16(hmtx, 4*g+2))
			continue
		}
		f.advance[g] = f.advance[long-1]
		f.bearing[g] = uint16(u16(hmtx, 4*long+2*(g-long)))
	}
}

func (f *Face) readOutlines(loca, glyf []byte) error {
	long := i16(f.head, 50) == 1
	offset := func(g int) int {
		if long {
			return u32(loca, 4*g)
		}
		return 2 * u16(loca, 2*g)
	}
	f.outline = make([][]byte, u16(f.maxp, 4))
	for g := range f.outline {
		o, err := withoutHints(glyf[offset(g):offset(g+1)])
		if err != nil {
			return fmt.Errorf("glyph %d: %w", g, err)
		}
		f.outline[g] = o
	}
	return nil
}

// readCharacters reads the Unicode cmap, format 4.
func (f *Face) readCharacters(cmap []byte) error {
	f.glyphs = make(map[rune]uint16)
	for i := range u16(cmap, 2) {
		if u16(cmap, 4+8*i) != 3 || u16(cmap, 6+8*i) != 1 {
			continue
		}
		t := cmap[u32(cmap, 8+8*i):]
		if u16(t, 0) != 4 {
			break
		}
		n := u16(t, 6) // twice the number of segments
		for s := 0; s < n; s += 2 {
			last, first := u16(t, 14+s), u16(t, 16+n+s)
			delta, at := u16(t, 16+2*n+s), 16+3*n+s
			for c := first; c <= last && c < 0xFFFF; c++ {
				g := c
				if rangeOffset := u16(t, at); rangeOffset != 0 {
					if g = u16(t, at+rangeOffset+2*(c-first)); g == 0 {
						continue
					}
				}
				if g = (g + delta) & 0xFFFF; g != 0 {
					f.glyphs[rune(c)] = uint16(g)
				}
			}
		}
		return nil
	}
	return fmt.Errorf("no Unicode cmap of format 4")
}
