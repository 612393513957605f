package pdf

import (
	"bytes"
	"cmp"
	"slices"
)

// scan is what reading every object of every revision once has shown.
type scan struct {
	// first holds, for each number, the first revision in which something points to it.
	// A number that was pointed to before it existed is not free for use: giving it a
	// value changes what that pointer shows.
	first map[int]int
	// owners holds which object points to a number.
	owners map[int]owner
	// hidden holds the revisions with bytes that belong to no object, or look like another.
	hidden map[int]bool
	active map[string]bool
	opens  map[int]bool // numbers that an OpenAction points to
	noted  map[*Indirect]bool
}

// owner is the object that points to a number; shared when several do, or one does twice.
type owner struct {
	num, rev int
	shared   bool
	at       spot // of all that point to it, in all revisions
}

// span is a stretch of bytes.
type span struct{ start, end int }

// scan reads all objects. An entry that leads nowhere refuses the file.
func (f *File) scan() (*scan, error) {
	if f.scanned != nil {
		return f.scanned, nil
	}
	s := &scan{
		first:  map[int]int{},
		owners: map[int]owner{},
		hidden: map[int]bool{},
		active: map[string]bool{},
		opens:  map[int]bool{},
		noted:  map[*Indirect]bool{},
	}
	for rev := range f.revs {
		if err := f.scanRevision(s, rev); err != nil {
			return nil, err
		}
	}
	if err := f.openings(s); err != nil {
		return nil, err
	}
	s.noted = nil
	f.scanned = s
	return s, nil
}

func (f *File) scanRevision(s *scan, rev int) error {
	state := f.State(rev)
	var spans []span
	hybrid, done := f.revs[rev].hybrid(), map[int]bool{}
	for _, section := range f.revs[rev].sections {
		spans = append(spans, span{section.start, section.end})
		s.note(section.trailer, 0, rev, 0)
		for num, e := range section.each {
			if err := f.work.step(); err != nil {
				return err
			}
			if e.kind == free || done[num] {
				continue
			}
			if hybrid {
				done[num] = true // the table and its stream say the same of it
			}
			o, err := state.Load(Ref{num, int(e.gen)})
			if err != nil {
				return err
			}
			if o == nil {
				continue
			}
			if f.revs[rev].section(num, o.Start) {
				continue // said by the trailer
			}
			if !s.noted[o] {
				s.noted[o] = true
				s.kind(o.Value)
				s.note(o.Value, num, rev, inList)
			}
			if !o.Packed() {
				spans = append(spans, span{o.Start, o.End})
			}
		}
	}
	spans = slices.DeleteFunc(spans, func(p span) bool { return p.start < f.revs[rev].start })
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	decoy, err := f.decoy(rev, spans)
	if err != nil {
		return err
	}
	if decoy {
		s.hidden[rev] = true
	}
	return f.gaps(s, rev, spans)
}

// gaps refuses objects that overlap and notes bytes that belong to none: a reader that
// repairs might take them for objects.
func (f *File) gaps(s *scan, rev int, spans []span) error {
	at := f.revs[rev].start
	for _, p := range spans {
		if err := f.work.step(); err != nil {
			return err
		}
		if p.start < at {
			return broken(p.start, "objects overlap")
		}
		if !blank(f.data[at:p.start]) {
			s.hidden[rev] = true
		}
		at = p.end
	}
	if at < f.revs[rev].end && !blank(f.data[at:f.revs[rev].end]) {
		s.hidden[rev] = true
	}
	return nil
}

// blank reports white space and comments that no reader can take for an object.
func blank(b []byte) bool {
	r := &reader{src: b}
	for r.pos < len(b) {
		if r.spaces() {
			continue
		}
		from := r.pos
		r.skip()
		comment := b[from:r.pos]
		if r.pos == from || bytes.Contains(comment, []byte("obj")) || bytes.Contains(comment, []byte("trailer")) || bytes.Contains(comment, []byte("xref")) {
			return false
		}
	}
	return true
}

// note records what a value points to, where it stands, and what in it can act.
func (s *scan) note(o Object, by, rev int, at spot) {
	switch o := o.(type) {
	case Ref:
		if _, known := s.first[o.Num]; !known {
			s.first[o.Num] = rev
		}
		old, known := s.owners[o.Num]
		shared := known && (old.shared || old.num != by || old.rev == rev)
		s.owners[o.Num] = owner{by, rev, shared, old.at | at}
	case Array:
		for _, v := range o {
			s.note(v, by, rev, inList)
		}
	case Dict:
		s.noteActive(o)
		for _, e := range o {
			s.note(e.Value, by, rev, spotOf(e.Key))
		}
	case *Stream:
		if o.Dict.Get("F") != nil {
			s.active["external content"] = true
		}
		s.note(o.Dict, by, rev, at)
	}
}

// acting names what can run, fetch or show something else than the page.
var acting = map[Name]string{
	"JS": "script", "JavaScript": "script", "AA": "action", "XFA": "XFA form",
	"OCProperties": "optional content", "RichMediaContent": "multimedia", "EmbeddedFiles": "embedded file",
	"Alternates": "alternate image", "OPI": "external content", "EF": "embedded file",
	"3DD": "multimedia", "OnInstantiate": "multimedia",
}

// actingSubtypes are those of annotations and streams that play something or carry a file
// along (ISO 32000-1, 12.5.6.15 to 12.5.6.18 and 13).
var actingSubtypes = map[Name]string{
	"Movie": "multimedia", "Sound": "multimedia", "Screen": "multimedia", "3D": "multimedia", "RichMedia": "multimedia",
	"U3D": "multimedia", "PRC": "multimedia", "FileAttachment": "embedded file",
}

var actingTypes = map[Name]string{
	"JavaScript": "script", "Launch": "launch action", "SubmitForm": "submit action", "ImportData": "import action",
	"GoToR": "link to a file", "GoToE": "link to a file", "Movie": "multimedia", "Sound": "multimedia", "Rendition": "multimedia",
	"Hide": "action", "SetOCGState": "action", "ResetForm": "action", "GoTo3DView": "multimedia",
}

func (s *scan) noteActive(d Dict) {
	for _, e := range d {
		if what, ok := acting[e.Key]; ok {
			s.active[what] = true
		}
		if e.Key == "OpenAction" {
			s.opening(e.Value)
		}
	}
	if _, ref := d.Get("Ref").(Dict); ref && d.Get("Subtype") == Name("Form") {
		s.active["external content"] = true // a page of another file (8.10.4)
	}
	if kind, ok := d.Get("Subtype").(Name); ok {
		if what, ok := actingSubtypes[kind]; ok {
			s.active[what] = true
		}
	}
	if kind, ok := d.Get("S").(Name); ok {
		if what, ok := actingTypes[kind]; ok {
			s.active[what] = true
		}
	}
}

// Active lists, in alphabetical order, what in the file can act or hides beside the
// pages: scripts, actions, embedded files. Signed or not, a reader should know.
func (f *File) Active() ([]string, error) {
	s, err := f.scan()
	if err != nil {
		return nil, err
	}
	var out []string
	for what := range s.active {
		out = append(out, what)
	}
	slices.Sort(out)
	return out, nil
}
