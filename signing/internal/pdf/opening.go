package pdf

// maxOpenings is how many different objects a file may name as what to do on opening it;
// an honest file has one, in one catalog.
const maxOpenings = 16

// opening notes what an OpenAction is, or points to.
func (s *scan) opening(o Object) {
	if ref, ok := o.(Ref); ok && (s.opens[ref.Num] || len(s.opens) < maxOpenings) {
		s.opens[ref.Num] = true
		return
	}
	if !destination(o) {
		s.active["action"] = true
	}
}

// kind notes an object that is nothing but a name: an action may have its type there.
func (s *scan) kind(o Object) {
	name, ok := o.(Name)
	if !ok {
		return
	}
	for _, kinds := range []map[Name]string{actingTypes, actingSubtypes} {
		if what := kinds[name]; what != "" {
			s.active[what] = true
		}
	}
}

// openings looks at every value that the objects named by an OpenAction ever have: TeX and
// others write the harmless GoTo as an object of its own. None of the values may be
// anything but a place in the document; a number without value opens nothing.
func (f *File) openings(s *scan) error {
	for rev := range f.revs {
		state := f.State(rev)
		for num := range s.opens {
			e, _, ok := state.entry(num)
			if !ok || e.kind == free {
				continue
			}
			o, err := state.Load(Ref{num, int(e.gen)})
			if err != nil {
				return err
			}
			if o != nil && !destination(o.Value) {
				s.active["action"] = true
			}
		}
	}
	return nil
}

// destination reports a place in the document to open it at, which shows nothing else
// (ISO 32000-1, 12.3.2 and 12.6.4.2).
func destination(o Object) bool {
	switch o := o.(type) {
	case Array:
		return true
	case Dict:
		return o.Get("S") == Name("GoTo") && o.Get("Next") == nil
	}
	return false
}
