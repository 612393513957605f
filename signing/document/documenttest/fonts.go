package documenttest

import (
	"encoding/binary"
	"regexp"
	"strconv"
)

// usedFont is a font of some resource dictionary and the character codes shown in it.
type usedFont struct {
	dict  dict
	codes map[int]bool
}

// eachFont makes a rule of a check of one font.
func eachFont(check func(f *file, u usedFont, fail failure)) func(*file, failure) {
	return func(f *file, fail failure) {
		fonts := make(map[string]usedFont)
		for _, c := range f.contents() {
			for name, ref := range f.dict(c.resources["/Font"]) {
				key, _ := ref.(string)
				if fonts[key].codes == nil {
					fonts[key] = usedFont{f.dict(ref), make(map[int]bool)}
				}
				for code := range c.codes[name] {
					fonts[key].codes[code] = true
				}
			}
			for name := range c.codes {
				if f.dict(f.dict(c.resources["/Font"])[name]) == nil {
					fail("%s uses font %s, which is not in its resources", c.name, name)
				}
			}
		}
		for ref, u := range fonts {
			check(f, u, func(format string, args ...any) { fail("font "+ref+" "+format, args...) })
		}
	}
}

func (f *file) descendant(u usedFont) dict {
	if d := f.array(u.dict["/DescendantFonts"]); len(d) == 1 {
		return f.dict(d[0])
	}
	return nil
}

func (f *file) trueType(u usedFont) []byte {
	return f.data(f.dict(f.descendant(u)["/FontDescriptor"])["/FontFile2"])
}

func compositeFont(f *file, u usedFont, fail failure) {
	d := f.descendant(u)
	if u.dict["/Subtype"] != "/Type0" || u.dict["/Encoding"] != "/Identity-H" || d["/Subtype"] != "/CIDFontType2" {
		fail("is not a TrueType font with Identity-H")
	}
	if d["/CIDToGIDMap"] != "/Identity" {
		fail("has no CIDToGIDMap")
	}
	if d["/BaseFont"] != u.dict["/BaseFont"] || f.dict(d["/FontDescriptor"])["/FontName"] != d["/BaseFont"] {
		fail("has three names")
	}
}

var subsetName = regexp.MustCompile(`^/[A-Z]{6}\+[A-Za-z-]+$`)

func embedded(f *file, u usedFont, fail failure) {
	if len(f.trueType(u)) == 0 {
		fail("is not embedded")
	}
	if name, _ := u.dict["/BaseFont"].(string); !subsetName.MatchString(name) {
		fail("has no subset name: %q", name)
	}
}

// sfntTable finds a table of a TrueType file.
func sfntTable(ttf []byte, tag string) []byte {
	if len(ttf) < 12 {
		return nil
	}
	for i := range int(binary.BigEndian.Uint16(ttf[4:])) {
		e := ttf[12+16*i:]
		if string(e[:4]) == tag {
			at := binary.BigEndian.Uint32(e[8:])
			return ttf[at : at+binary.BigEndian.Uint32(e[12:])]
		}
	}
	return nil
}

func glyphCount(ttf []byte) int {
	if t := sfntTable(ttf, "maxp"); len(t) >= 6 {
		return int(binary.BigEndian.Uint16(t[4:]))
	}
	return 0
}

// metrics: the W array agrees with the font's own advances to one thousandth.
func metrics(f *file, u usedFont, fail failure) {
	ttf, widths := f.trueType(u), make(map[int]float64)
	w := f.array(f.descendant(u)["/W"])
	for i := 0; i+1 < len(w); i += 2 {
		first, _ := w[i].(float64)
		for j, v := range f.array(w[i+1]) {
			widths[int(first)+j], _ = v.(float64)
		}
	}
	head, hmtx := sfntTable(ttf, "head"), sfntTable(ttf, "hmtx")
	if len(head) < 20 {
		return
	}
	perEm := float64(binary.BigEndian.Uint16(head[18:]))
	for code := range u.codes {
		if len(hmtx) < 4*code+2 {
			continue
		}
		own := float64(binary.BigEndian.Uint16(hmtx[4*code:])) * 1000 / perEm
		if declared, ok := widths[code]; !ok || declared-own > 1 || own-declared > 1 {
			fail("declares width %v for code %d, has %.1f", declared, code, own)
		}
	}
}

var bfchar = regexp.MustCompile(`<([0-9A-F]{4})><([0-9A-F]{4,8})>\n`)

func unicodeMap(f *file, u usedFont, fail failure) {
	mapped := make(map[int]bool)
	for _, m := range bfchar.FindAllSubmatch(f.data(u.dict["/ToUnicode"]), -1) {
		code, _ := strconv.ParseUint(string(m[1]), 16, 16)
		if v := string(m[2]); v != "0000" && v != "FEFF" && v != "FFFE" {
			mapped[int(code)] = true
		}
	}
	for code := range u.codes {
		if !mapped[code] {
			fail("has no Unicode value for code %d", code)
		}
	}
}

func noMissingGlyph(f *file, u usedFont, fail failure) {
	n := glyphCount(f.trueType(u))
	for code := range u.codes {
		if code == 0 || code >= n {
			fail("shows code %d of %d glyphs", code, n)
		}
	}
}
