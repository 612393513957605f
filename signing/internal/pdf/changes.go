package pdf

import "slices"

// Change is one thing that a revision did to the file before it.
type Change struct {
	Revision int    // counted from 0
	What     string // "page", "annotation", "catalog", "evidence", "signature", ...
	Detail   string
	Object   int // number, 0 if none
	Rect     [4]float64
	// Allowed marks additions that leave what was signed as it is: evidence, document
	// timestamps, further signatures.
	Allowed bool
}

// step compares one revision with the one before it. A number that the revision touches
// must be explained by a rule; what no rule explains is a change.
type step struct {
	f        *File
	scan     *scan
	rev      int
	old, new State
	touched  map[int]xrefEntry
	order    []int // touched numbers, rising
	done     map[int]bool
	widgets  map[int]bool   // widgets of accepted signatures
	placed   map[int][]Page // by annotation, the pages it was on before, once somebody asked
	locks    []lock         // of the signatures before
	final    *bool          // whether they permit no other, once somebody asked
	changes  []Change
	named    int // changes that are not allowed
}

// Changes returns what revision rev, at least 1, did. An empty answer means that it
// wrote nothing that differs.
//
// The whitelist is that of EN 319 142-1 and ISO 32000-2, 12.8.2.2: a DSS, document
// timestamps, approval signatures with their widgets, developer extensions. Objects are
// compared, not pages as drawn: that a rule does not know a change makes it a change.
//
// What was found is kept; the answer must not be changed.
func (f *File) Changes(rev int) ([]Change, error) {
	if known, ok := f.changes[rev]; ok {
		return known, nil
	}
	scan, err := f.scan()
	if err != nil {
		return nil, err
	}
	s := &step{
		f: f, scan: scan, rev: rev, old: f.State(rev - 1), new: f.State(rev),
		touched: map[int]xrefEntry{}, done: map[int]bool{}, widgets: map[int]bool{},
	}
	if scan.hidden[rev] {
		s.change("hidden bytes", "between objects", 0)
	}
	for _, rule := range []func() error{s.collect, s.trailer, s.catalog, s.evidence, s.form, s.pages, s.rest} {
		if err := rule(); err != nil {
			return nil, err
		}
	}
	if err := f.work.compare(0); err != nil {
		return nil, err
	}
	f.changes[rev] = s.changes
	return s.changes, nil
}

// change notes what nothing permits. After the first hundred the verdict is clear.
func (s *step) change(what, detail string, object int) {
	if s.named++; s.named > maxChanges {
		return
	}
	s.changes = append(s.changes, Change{Revision: s.rev, What: what, Detail: detail, Object: object})
}

func (s *step) allow(what, detail string, object int) {
	s.changes = append(s.changes, Change{Revision: s.rev, What: what, Detail: detail, Object: object, Allowed: true})
}

// collect lists the numbers in the revision's section and settles those that need no
// rule: containers of the section itself and objects written again unchanged.
func (s *step) collect() error {
	for _, section := range s.f.revs[s.rev].sections {
		for num, e := range section.each {
			if _, twice := s.touched[num]; twice {
				continue // in the stream beside the table too
			}
			s.touched[num] = e
			s.order = append(s.order, num)
		}
	}
	slices.Sort(s.order)
	for _, num := range s.order {
		same, err := s.unchanged(num)
		if err != nil {
			return err
		}
		if same {
			s.done[num] = true
		}
	}
	return nil
}

// unchanged reports whether a touched number shows what it showed before.
func (s *step) unchanged(num int) (bool, error) {
	e := s.touched[num]
	was, _, known := s.old.entry(num)
	inUse := known && was.kind != free
	if e.kind == free {
		return !inUse, nil
	}
	now, err := s.new.Load(Ref{num, int(e.gen)})
	if err != nil {
		return false, err
	}
	if container(now) && s.fresh(num) && s.used(now) {
		return true, nil
	}
	if !inUse || was.gen != e.gen {
		return false, nil
	}
	before, err := s.old.Load(Ref{num, int(was.gen)})
	if err != nil || before == nil || now == nil {
		return false, err
	}
	if before == now {
		return true, nil // listed again where it stands
	}
	return s.f.work.equal(before.Value, now.Value), nil
}

// container reports a cross-reference stream or an object stream.
func container(o *Indirect) bool {
	if o == nil {
		return false
	}
	stream, ok := o.Value.(*Stream)
	return ok && (stream.Dict.Get("Type") == Name("XRef") || stream.Dict.Get("Type") == Name("ObjStm"))
}

// used reports that a container is one of this revision: its cross-reference stream, or an
// object stream of which the section knows every object.
func (s *step) used(o *Indirect) bool {
	if o.Value.(*Stream).Dict.Get("Type") == Name("XRef") {
		return s.f.revs[s.rev].section(o.Ref.Num, o.Start)
	}
	p, err := s.f.pack(o)
	if err != nil || len(p.numbers) == 0 || o.Value.(*Stream).Dict.Get("Extends") != nil {
		return false
	}
	for i, num := range p.numbers {
		e := s.touched[num]
		if e.kind != packed || int(e.offset) != o.Ref.Num || int(e.index) != i {
			return false
		}
	}
	return true
}

// fresh reports whether the revision is the first to use or mention the number.
func (s *step) fresh(num int) bool {
	if _, ok := s.touched[num]; !ok {
		return false
	}
	if e, _, known := s.old.entry(num); known && e.kind != free {
		return false
	}
	first, mentioned := s.scan.first[num]
	return !mentioned || first >= s.rev
}

// exclusive reports whether only the given object points to the number, once, and whether
// that object has no other role itself.
func (s *step) exclusive(num, by int) bool {
	o := s.scan.owners[num]
	return o.num == by && !o.shared && s.proper(by)
}

// settle explains a touched object that a rule has looked into: it is new, or it was
// what it is now and nothing else points to it.
func (s *step) settle(now, before Object, by int) {
	ref, ok := now.(Ref)
	if !ok || s.touched[ref.Num].kind == free {
		return
	}
	if s.fresh(ref.Num) || now == before && s.exclusive(ref.Num, by) {
		s.done[ref.Num] = true
	}
}

// trailer compares the trailers: the catalog and the first ID must stay, and Size must
// not fall below what there was: readers drop the objects from that number on (7.5.5). Where
// it was too small already, a larger one would bring them back.
func (s *step) trailer() error {
	was, is := s.old.Trailer(), s.new.Trailer()
	highest := Integer(s.f.highest(s.rev - 1))
	before, _ := was.Get("Size").(Integer)
	if size, _ := is.Get("Size").(Integer); size <= highest || before <= highest && size > before {
		s.change("trailer", "entry /Size", 0)
	}
	for _, key := range s.f.work.differing(was, is) {
		switch {
		case key == "ID":
			a, ok1 := was.Get(key).(Array)
			b, ok2 := is.Get(key).(Array)
			if ok1 && ok2 && len(a) == 2 && len(b) == 2 && s.f.work.equal(a[0], b[0]) {
				continue
			}
		case slices.Contains(sectionKeys, key):
			continue
		}
		s.change("trailer", "entry /"+printable(key), 0)
	}
	return nil
}

// rest names every touched object that no rule has explained.
func (s *step) rest() error {
	var names *labels
	for _, num := range s.order {
		if s.done[num] {
			continue
		}
		if names == nil {
			names = s.f.labels(s.old, s.new)
		}
		l := names.of(num)
		if s.touched[num].kind == free {
			l.detail = "removed"
		}
		s.change(l.what, l.detail, num)
	}
	return nil
}
