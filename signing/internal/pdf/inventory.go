package pdf

import (
	"maps"
	"slices"
	"strings"
)

// Inventory is what lies in a file beside what its signatures and forms tell.
type Inventory struct {
	// Fonts are the names of fonts that the pages use and the file does not hold, in
	// alphabetical order: another machine draws them with what it has.
	Fonts []string
	// Unused are the numbers of objects that the document does not lead to and that could
	// be shown: pages, contents, fonts, notes. A later change of one entry would do.
	Unused []int
	// Loose means bytes that belong to no object, or that look like an object or a trailer
	// inside one: a reader that repairs the file may take them for what they look like.
	Loose bool
	// Uneven says what does not show the same to everybody, on a screen and on paper; empty
	// if nothing.
	Uneven string
}

// Bounds of an inventory.
const (
	maxUnused = 100
	maxFonts  = 20
)

// Inventory looks at the file as its last revision shows it.
func (f *File) Inventory() (*Inventory, error) {
	scan, err := f.scan()
	if err != nil {
		return nil, err
	}
	state := f.Last()
	inv := &Inventory{Loose: len(scan.hidden) > 0}
	catalog, err := state.Catalog()
	if err != nil {
		return nil, err
	}
	fonts := map[string]bool{}
	if _, err := state.reach(catalog.Get("Pages"), func(d Dict) error { return state.missing(d, fonts) }); err != nil {
		return nil, err
	}
	inv.Fonts = slices.Sorted(maps.Keys(fonts))
	inv.Fonts = inv.Fonts[:min(len(inv.Fonts), maxFonts)]
	if catalog.Get("Collection") != nil {
		inv.Uneven = "a portfolio, of which readers show the files or the cover" // 12.3.5
	}
	reached, err := state.reach(state.Trailer(), func(d Dict) error { return state.uneven(d, inv) })
	if err != nil {
		return nil, err
	}
	inv.Unused, err = f.unused(reached)
	return inv, err
}

// reach walks over everything that a value leads to and calls visit with each dictionary,
// those of streams too. It returns the numbers it came to.
func (s State) reach(o Object, visit func(Dict) error) (map[int]bool, error) {
	seen := map[int]bool{}
	stack := []Object{o}
	for len(stack) > 0 {
		o := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if stream, ok := o.(*Stream); ok {
			o = stream.Dict
		}
		switch o := o.(type) {
		case Ref:
			if seen[o.Num] {
				continue
			}
			seen[o.Num] = true
			target, err := s.Resolve(o)
			if err != nil {
				return nil, err
			}
			stack = append(stack, target)
		case Array:
			stack = append(stack, o...)
		case Dict:
			if err := visit(o); err != nil {
				return nil, err
			}
			for _, e := range o {
				stack = append(stack, e.Value)
			}
		}
	}
	return seen, nil
}

// Flags of an annotation that is not where it is drawn always: Hidden, NoView and
// ToggleNoView (ISO 32000-1, table 165).
const sometimes = 2 | 32 | 256

// uneven notes an annotation that looks different on paper, under the pointer or on a
// click. Popups belong to readers, and what has no size shows nothing.
func (s State) uneven(d Dict, inv *Inventory) error {
	if d.Get("Rect") == nil || d.Get("Subtype") == nil {
		return nil
	}
	kind, err := s.Resolve(d.Get("Subtype"))
	if err != nil || kind == Name("Popup") {
		return err
	}
	o, err := s.Resolve(d.Get("F"))
	if err != nil {
		return err
	}
	flags, ok := o.(Integer)
	room, err := s.rectangle(d.Get("Rect"))
	if err != nil {
		return err
	}
	if (flags&sometimes != 0 || o != nil && !ok) && room {
		inv.Uneven = "an annotation that is hidden on a screen or on paper"
	}
	o, err = s.Resolve(d.Get("AP"))
	if err != nil {
		return err
	}
	ap, _ := o.(Dict)
	for _, key := range []Name{"R", "D"} {
		if other := ap.Get(key); other != nil && !s.f.work.equal(other, ap.Get("N")) {
			inv.Uneven = "an annotation with a second appearance" // 12.5.5
		}
	}
	return nil
}

// rectangle reports whether there is room in a rectangle; one that is malformed may have
// any.
func (s State) rectangle(o Object) (bool, error) {
	v, err := s.Resolve(o)
	if err != nil {
		return false, err
	}
	corners, ok := v.(Array)
	if !ok || len(corners) != 4 {
		return true, nil
	}
	var r [4]float64
	for i, c := range corners {
		if v, err = s.Resolve(c); err != nil {
			return false, err
		}
		r[i] = Float(v)
	}
	return r[0] != r[2] || r[1] != r[3], nil
}

// missing notes a font whose shapes are not in the file (ISO 32000-1, 9.9). Type 3 fonts
// are drawn by what the file holds, composite ones by their descendants.
func (s State) missing(d Dict, fonts map[string]bool) error {
	switch d.Get("Subtype") {
	case Name("Type1"), Name("MMType1"), Name("TrueType"), Name("CIDFontType0"), Name("CIDFontType2"):
	default:
		return nil
	}
	base, err := s.Resolve(d.Get("BaseFont"))
	if err != nil {
		return err
	}
	name, ok := base.(Name)
	if !ok {
		return nil // no font: an image, a field, ...
	}
	v, err := s.Resolve(d.Get("FontDescriptor"))
	if err != nil {
		return err
	}
	descriptor, _ := v.(Dict)
	for _, key := range []Name{"FontFile", "FontFile2", "FontFile3"} {
		file, err := s.Resolve(descriptor.Get(key))
		if err != nil {
			return err
		}
		if _, embedded := file.(*Stream); embedded {
			return nil
		}
	}
	text := printable(name)
	if _, rest, tagged := strings.Cut(text, "+"); tagged {
		text = rest
	}
	fonts[text] = true
	return nil
}

// unused lists what could be shown among the objects that were not reached. Object streams
// in use, cross-reference streams and the hints of a linearised file are none.
func (f *File) unused(reached map[int]bool) ([]int, error) {
	state := f.Last()
	packs, hints := map[int]bool{}, map[int]bool{}
	idle := map[int]*Indirect{}
	for rev := range f.revs {
		for _, section := range f.revs[rev].sections {
			for num, e := range section.each {
				if e.kind == packed {
					packs[int(e.offset)] = true
				}
				if now, _, ok := state.entry(num); reached[num] || !ok || now != e || e.kind == free {
					continue
				}
				o, err := state.Load(Ref{num, int(e.gen)})
				if err != nil {
					return nil, err
				}
				if o != nil && !f.revs[rev].section(num, o.Start) {
					idle[num] = o
				}
			}
		}
	}
	for _, o := range idle {
		d, _ := o.Value.(Dict)
		if list, ok := d.Get("H").(Array); ok && d.Get("Linearized") != nil && o.Start < 1<<10 {
			for i := 0; i < len(list); i += 2 {
				at, _ := list[i].(Integer)
				hints[int(at)] = true
			}
		}
	}
	var out []int
	for _, num := range slices.Sorted(maps.Keys(idle)) {
		o := idle[num]
		stream, isStream := o.Value.(*Stream)
		if isStream && (hints[o.Start] && stream.Dict.Get("S") != nil || packs[num] && container(o)) {
			continue
		}
		if (isStream || showable(o.Value)) && len(out) < maxUnused {
			out = append(out, num)
		}
	}
	return out, nil
}

// showable reports a dictionary that says of itself to be part of what a document shows.
func showable(o Object) bool {
	d, _ := o.(Dict)
	switch d.Get("Type") {
	case Name("Catalog"), Name("Pages"), Name("Page"), Name("Annot"), Name("Font"), Name("Sig"):
		return true
	}
	return d.Get("Subtype") != nil || d.Get("FT") != nil
}
