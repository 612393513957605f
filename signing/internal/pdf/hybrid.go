package pdf

// maxShown bounds the values looked at to prove that all readers see the same.
const maxShown = 2 << 20

// documentKeys are the entries of a trailer about the whole document: the stream that a
// table names must not say another thing there.
var documentKeys = []Name{"Root", "Info", "ID", "Encrypt"}

// hybrid reads the rest of a revision whose table names a cross-reference stream in
// XRefStm (ISO 32000-1, 7.5.8.4). Readers that know such streams look a number up in the
// table, then in the stream, then in what came before; others never see the stream.
//
// Microsoft Word writes the original as two sections: a table in which the hidden objects
// are free, and an empty one that names the stream. Nothing was changed between the two,
// so they are one revision. It returns where the section before is, -1 if there is none.
func (f *File) hybrid(rev *revision) (prev int, err error) {
	table := rev.sections[0]
	if table.named != table.start || table.prev >= table.start || table.hides >= table.start {
		return 0, broken(table.start, "hybrid cross-reference points forward")
	}
	stream, err := f.section(table.hides)
	if err != nil {
		return 0, err
	}
	if stream.stream == 0 || stream.named != unnamed || stream.prev >= 0 && stream.prev != table.prev {
		return 0, broken(stream.start, "XRefStm names no cross-reference stream of its own")
	}
	stream.hidden = true
	for _, key := range documentKeys {
		if o := stream.trailer.Get(key); o != nil && !f.work.equal(o, table.trailer.Get(key)) {
			return 0, broken(stream.start, "hybrid cross-references differ in /%s", key)
		}
	}
	for num, e := range stream.each {
		if own, ok := table.find(num); ok && own.kind == free && e.kind != free {
			return 0, broken(stream.start, "object %d free and in use in one revision: readers differ on it", num)
		}
	}
	rev.sections = append(rev.sections, stream)
	if table.count > 0 || table.prev < 0 {
		return table.prev, nil
	}
	main, err := f.section(table.prev)
	if err != nil {
		return 0, err
	}
	if f.paired(main, stream, table) {
		rev.sections = append(rev.sections, main)
		return -1, nil
	}
	return table.prev, nil
}

// paired reports that an empty table only tells readers of the stream beside the table
// before it, which is the first of the file.
func (f *File) paired(main, stream, table *section) bool {
	named := main.named == main.start || main.named == unnamed
	if main.stream != 0 || !named || main.prev >= 0 || main.hides >= 0 {
		return false
	}
	for _, key := range documentKeys {
		if o := main.trailer.Get(key); o != nil && !f.work.equal(o, table.trailer.Get(key)) {
			return false
		}
	}
	return stream.end <= main.start && main.end <= table.start && blank(f.data[main.end:table.start])
}

// visible is entry for readers that do not know cross-reference streams beside a table.
func (s State) visible(num int) (e xrefEntry, ok bool) {
	for rev := s.rev; rev >= 0; rev-- {
		for _, section := range s.f.revs[rev].sections {
			if section.hidden {
				continue
			}
			if e, ok := section.find(num); ok {
				return e, true
			}
		}
	}
	return xrefEntry{}, false
}

// views refuses a hybrid file that shows something else to readers that do not know
// cross-reference streams, in any of its revisions: an object both kinds know must be the
// same, and what only one kind knows must show nothing. The structure tree does not: it is
// what such files are made for.
func (f *File) views() error {
	hidden := map[int]bool{}
	hybrid, looked := false, 0
	for rev := range f.revs {
		if hybrid = hybrid || f.revs[rev].hybrid(); !hybrid {
			continue
		}
		state := f.State(rev)
		for _, s := range f.revs[rev].sections {
			for num := range s.each {
				if err := state.hide(num, hidden); err != nil {
					return err
				}
			}
		}
		if len(hidden) == 0 {
			continue
		}
		if err := state.shows(hidden, &looked); err != nil {
			return err
		}
	}
	return nil
}

// hide notes whether a number is hidden from some readers.
func (s State) hide(num int, hidden map[int]bool) error {
	all, _, ok := s.entry(num)
	inUse := ok && all.kind != free
	plainly, ok := s.visible(num)
	seen := ok && plainly.kind != free
	if seen && (!inUse || all != plainly) {
		return broken(0, "object %d is another for some readers", num)
	}
	delete(hidden, num)
	if inUse && !seen {
		hidden[num] = true
	}
	return nil
}

// shows walks over everything that a revision shows or does, from its trailer, and refuses
// a hidden object. Of the catalog it leaves out the structure tree.
func (s State) shows(hidden map[int]bool, looked *int) error {
	root := s.Root()
	seen := map[int]bool{}
	stack := []Object{s.Trailer()}
	for len(stack) > 0 {
		o := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if *looked++; *looked > maxShown {
			return over("values of a hybrid file")
		}
		switch o := o.(type) {
		case Ref:
			if seen[o.Num] {
				continue
			}
			seen[o.Num] = true
			if hidden[o.Num] {
				return broken(0, "object %d is seen by some readers only", o.Num)
			}
			target, err := s.Load(o)
			if err != nil {
				return err
			}
			if target == nil {
				continue
			}
			catalog, isDict := target.Value.(Dict)
			if isDict && o == root {
				stack = append(stack, catalog.With("StructTreeRoot", nil))
				continue
			}
			stack = append(stack, target.Value)
		case Array:
			stack = append(stack, o...)
		case Dict:
			for _, e := range o {
				stack = append(stack, e.Value)
			}
		case *Stream:
			stack = append(stack, o.Dict)
		}
	}
	return nil
}
