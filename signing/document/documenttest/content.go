package documenttest

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// content is what one content stream does: of a page, or of an annotation.
type content struct {
	name      string
	page      string // reference of the page; empty for appearances
	resources dict
	operators map[string]int
	codes     map[string]map[int]bool // two-byte character codes shown, by font name
	marked    map[int]string          // tag of each marked-content identifier
	loose     map[string]int          // painting operators outside any marked content
	unclosed  int
	mixed     int // marked content inside marked content
}

// contents reads all content streams.
func (f *file) contents() (list []content) {
	for _, ref := range f.pages() {
		p := f.dict(ref)
		c := scan(f.data(p["/Contents"]))
		c.name, c.page, c.resources = "page "+ref, ref, f.dict(p["/Resources"])
		list = append(list, c)
		for _, a := range f.array(p["/Annots"]) {
			form := f.dict(f.dict(a)["/AP"])["/N"]
			c := scan(f.data(form))
			c.name, c.resources = fmt.Sprintf("appearance of %v", a), f.dict(f.dict(form)["/Resources"])
			list = append(list, c)
		}
	}
	return list
}

// scan reads the operators of our own content streams: numbers, names, hexadecimal
// strings, property lists on one line.
func scan(data []byte) content {
	c := content{operators: map[string]int{}, codes: map[string]map[int]bool{}, marked: map[int]string{}, loose: map[string]int{}}
	font := ""
	for text := range strings.Lines(string(data)) {
		text = strings.TrimSpace(text)
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		operator := fields[len(fields)-1]
		if i := strings.LastIndex(operator, ">>"); i >= 0 {
			operator = operator[i+2:]
		}
		c.operators[operator]++
		switch operator {
		case "BMC", "BDC":
			if c.unclosed++; c.unclosed > 1 {
				c.mixed++
			}
			if _, id, ok := strings.Cut(text, "/MCID "); ok {
				n, _ := strconv.Atoi(id[:strings.IndexByte(id, '>')])
				c.marked[n] = fields[0]
			}
		case "EMC":
			c.unclosed--
		case "Tf":
			font = fields[0]
			if c.codes[font] == nil {
				c.codes[font] = make(map[int]bool)
			}
		case "TJ", "Tj":
			c.show(font, text)
		}
		if c.unclosed == 0 && strings.Contains(" TJ Tj S s f F B b f* B* b* sh Do BI ", " "+operator+" ") {
			c.loose[operator]++
		}
	}
	return c
}

func (c *content) show(font, text string) {
	if c.codes[font] == nil {
		c.codes[font] = make(map[int]bool)
	}
	for _, part := range strings.Split(text, "<")[1:] {
		end := strings.IndexByte(part, '>')
		b, err := hex.DecodeString(part[:max(end, 0)])
		if err != nil || len(b)%2 != 0 {
			c.codes[font][0] = true // cannot be read: the missing glyph
			continue
		}
		for i := 0; i < len(b); i += 2 {
			c.codes[font][int(b[i])<<8|int(b[i+1])] = true
		}
	}
}

// contentRules makes a rule of a check of one content stream.
func contentRules(check func(f *file, c content, fail failure)) func(*file, failure) {
	return func(f *file, fail failure) {
		for _, c := range f.contents() {
			check(f, c, func(format string, args ...any) { fail(c.name+" "+format, args...) })
		}
	}
}

// colours: the output intent is RGB, so CMYK is out; named spaces we do not use.
func colours(_ *file, c content, fail failure) {
	for _, o := range []string{"k", "K", "cs", "CS", "sc", "SC", "scn", "SCN", "sh"} {
		if c.operators[o] > 0 {
			fail("uses operator %s", o)
		}
	}
}

// tagged: all that a page paints is marked as content or as artifact, and each
// identifier is known to the parent tree.
func tagged(f *file, c content, fail failure) {
	if c.page == "" {
		return // an appearance is content of its annotation
	}
	if c.unclosed != 0 {
		fail("leaves marked content open")
	}
	if c.mixed > 0 {
		fail("marks content inside marked content, artifacts inside tags or tags inside artifacts")
	}
	for o, n := range c.loose {
		fail("paints %d times with %s outside marked content", n, o)
	}
	row := f.parents(f.dict(c.page)["/StructParents"])
	if len(row) != len(c.marked) {
		fail("marks %d pieces, the parent tree has %d", len(c.marked), len(row))
		return
	}
	for id, tag := range c.marked {
		if id >= len(row) || f.dict(row[id])["/S"] != tag {
			fail("marks piece %d as %s, the structure says otherwise", id, tag)
		}
	}
}

// parents returns the row of the parent tree under a key.
func (f *file) parents(key any) []any {
	nums := f.array(f.dict(f.dict(f.root["/StructTreeRoot"])["/ParentTree"])["/Nums"])
	for i := 0; i+1 < len(nums); i += 2 {
		if nums[i] == key {
			return f.array(nums[i+1])
		}
	}
	return nil
}
