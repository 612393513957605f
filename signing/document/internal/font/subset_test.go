package font

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// everything a letter may hold, with accents that are put together of parts.
const sample = "Aa Žž Ññ ß €“”’–—…  éèêëÉ ŵ ǾșțĞİ Ωώ Жґї ﬁ 0123456789 ễơ"

func subsetOf(f *Face, text string) *Subset {
	s := NewSubset(f)
	for _, r := range text {
		s.CID(r)
	}
	return s
}

// readable adds to a subset the tables that a PDF does not need and x/image does, so
// that a reader that is not ours can open it.
func readable(t *testing.T, subset, original []byte) *sfnt.Font {
	t.Helper()
	var list []table
	for _, name := range []string{"glyf", "head", "hhea", "hmtx", "loca", "maxp"} {
		list = append(list, table{name, find(subset, name)})
	}
	for _, name := range []string{"OS/2", "cmap", "name"} {
		list = append(list, table{name, find(original, name)})
	}
	post := make([]byte, 32)
	copy(post, "\x00\x03\x00\x00")
	list = append(list, table{"post", post})
	slices.SortFunc(list, func(a, b table) int { return bytes.Compare([]byte(a.tag), []byte(b.tag)) })
	f, err := sfnt.Parse(assemble(list))
	if err != nil {
		t.Fatalf("x/image cannot read the subset: %v", err)
	}
	return f
}

func find(ttf []byte, name string) []byte {
	for i := range u16(ttf, 4) {
		if e := ttf[12+16*i:]; string(e[:4]) == name {
			return append([]byte{}, ttf[u32(e, 8):u32(e, 8)+u32(e, 12)]...)
		}
	}
	return nil
}

// Each character's outline and advance in the subset are those of the whole font, as
// x/image reads both.
func TestSubsetShowsTheSameOutlines(t *testing.T) {
	for _, test := range []struct {
		face *Face
		ttf  []byte
	}{{Regular(), goregular.TTF}, {Bold(), gobold.TTF}} {
		whole, err := sfnt.Parse(test.ttf)
		if err != nil {
			t.Fatal(err)
		}
		s := subsetOf(test.face, sample)
		part := readable(t, s.File(), test.ttf)
		const size = fixed.Int26_6(2048 << 6)
		var b1, b2 sfnt.Buffer
		for i, r := range s.Runes() {
			g, _ := test.face.glyph(r)
			want, err1 := whole.LoadGlyph(&b1, sfnt.GlyphIndex(g), size, nil)
			got, err2 := part.LoadGlyph(&b2, sfnt.GlyphIndex(i+1), size, nil)
			if err1 != nil || err2 != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: outline of %q differs (%v, %v)", test.face.Name, r, err1, err2)
			}
			w1, _ := whole.GlyphAdvance(&b1, sfnt.GlyphIndex(g), size, 0)
			w2, _ := part.GlyphAdvance(&b2, sfnt.GlyphIndex(i+1), size, 0)
			if w1 != w2 {
				t.Errorf("%s: advance of %q is %v, want %v", test.face.Name, r, w2, w1)
			}
		}
	}
}

// The character map is that of x/image, for every character of the first plane.
func TestCharactersAreFoundAsByOthers(t *testing.T) {
	whole, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	var b sfnt.Buffer
	for r := rune(0); r < 0xFFFF; r++ {
		want, err := whole.GlyphIndex(&b, r)
		if err != nil {
			t.Fatal(err)
		}
		if got := Regular().glyphs[r]; got != uint16(want) {
			t.Errorf("glyph of %U = %d, want %d", r, got, want)
		}
	}
}

func TestCharactersSharingAGlyphKeepTheirNumbers(t *testing.T) {
	s := NewSubset(Regular())
	space, hard := s.CID(' '), s.CID('\u00a0')
	if space == hard || s.CID(' ') != space || s.CID('\u00a0') != hard {
		t.Errorf("space is %d, no-break space %d", space, hard)
	}
	if got := string(s.Runes()); got != " \u00a0" {
		t.Errorf("Runes() = %q", got)
	}
}

func TestShows(t *testing.T) {
	for r, want := range map[rune]bool{
		'a': true, 'é': true, 'Ș': true, '€': true, 'ễ': true, 'ơ': true, '\uFFFD': true,
		'م': false, '王': false, '\u0301': false, '\u200b': false, 'Ə': false, '🙂': false,
	} {
		if got := Regular().Shows(r); got != want {
			t.Errorf("Shows(%U) = %v, want %v", r, got, want)
		}
		if Bold().Shows(r) != want {
			t.Errorf("bold differs for %U", r)
		}
	}
	if a, b := Regular().Width('ễ'), Regular().Width('ê'); a != b {
		t.Errorf("ễ is %d wide, its nearest letter ê %d", a, b)
	}
}

func TestNamesDependOnTheCharacters(t *testing.T) {
	a, b := subsetOf(Regular(), "abc"), subsetOf(Regular(), "abd")
	if a.Name() == b.Name() || a.Name() != subsetOf(Regular(), "abcba").Name() {
		t.Errorf("names are %s and %s", a.Name(), b.Name())
	}
	if !regexp.MustCompile(`^[A-Z]{6}\+GoRegular$`).MatchString(a.Name()) {
		t.Errorf("name is %s", a.Name())
	}
}

// A checker of fonts sums the whole file to a constant, and each table to its entry.
func TestChecksums(t *testing.T) {
	file := subsetOf(Bold(), sample).File()
	if got := sum(file); got != 0xB1B0AFBA {
		t.Errorf("the file sums to %#x", got)
	}
	for i := range u16(file, 4) {
		e := file[12+16*i:]
		name, data := string(e[:4]), find(file, string(e[:4]))
		if name == "head" {
			clear(data[8:12])
		}
		if got := sum(data); got != binary.BigEndian.Uint32(e[4:]) {
			t.Errorf("table %s sums to %#x, its entry says %#x", name, got, binary.BigEndian.Uint32(e[4:]))
		}
	}
}

func TestSubsetIsSmallAndTheSameAgain(t *testing.T) {
	file := subsetOf(Regular(), "Mutualité des Tilleuls").File()
	if len(file) > 6000 {
		t.Errorf("sixteen letters take %d bytes", len(file))
	}
	if !bytes.Equal(file, subsetOf(Regular(), "Mutualité des Tilleuls").File()) {
		t.Error("the second time the file differs")
	}
}

func TestMalformedOutlinesAreErrors(t *testing.T) {
	for name, o := range map[string][]byte{
		"short":                 make([]byte, 9),
		"no end points":         {0, 9, 0, 0, 0, 0, 0, 0, 0, 0},
		"instructions too long": {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9},
		"composite without end": {0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, moreComponents, 0, 1, 0, 0},
	} {
		if out, err := withoutHints(o); err == nil {
			t.Errorf("withoutHints(%s) = % x", name, out)
		}
	}
}
