package pdf

// State is the file as one revision shows it.
type State struct {
	f   *File
	rev int
}

// State returns the file as revision rev shows it, counted from 0.
func (f *File) State(rev int) State { return State{f, rev} }

// Last returns the file as its last revision shows it.
func (f *File) Last() State { return State{f, len(f.revs) - 1} }

// entry finds the newest entry of a number and the revision it is in.
func (s State) entry(num int) (e xrefEntry, rev int, ok bool) {
	for rev = s.rev; rev >= 0; rev-- {
		for _, section := range s.f.revs[rev].sections {
			if e, ok := section.find(num); ok {
				return e, rev, true
			}
		}
	}
	return xrefEntry{}, 0, false
}

// Load reads an object. A number that is free or unknown is null (7.3.10): Load returns
// nil without an error.
func (s State) Load(ref Ref) (*Indirect, error) {
	e, rev, ok := s.entry(ref.Num)
	if !ok || e.kind == free {
		return nil, nil
	}
	if e.kind == packed {
		return s.loadPacked(ref, e)
	}
	o, err := s.f.at(int(e.offset), rev)
	if err != nil {
		return nil, err
	}
	if o.Ref.Num != ref.Num || o.Ref.Gen != int(e.gen) || ref.Gen != int(e.gen) {
		return nil, broken(int(e.offset), "object %d %d found where %d %d should be", o.Ref.Num, o.Ref.Gen, ref.Num, ref.Gen)
	}
	return o, nil
}

func (s State) loadPacked(ref Ref, e xrefEntry) (*Indirect, error) {
	c, rev, ok := s.entry(int(e.offset))
	if !ok || c.kind != plain || ref.Gen != 0 {
		return nil, broken(0, "object %d in an object stream that is not there", ref.Num)
	}
	container, err := s.f.at(int(c.offset), rev)
	if err != nil {
		return nil, err
	}
	if container.Ref.Num != int(e.offset) {
		return nil, broken(int(c.offset), "object %d found where %d should be", container.Ref.Num, e.offset)
	}
	return s.f.packedAt(container, ref.Num, int(e.index))
}

// Resolve returns the value that a reference points to, or the value itself.
func (s State) Resolve(o Object) (Object, error) {
	ref, ok := o.(Ref)
	if !ok {
		return o, nil
	}
	target, err := s.Load(ref)
	if err != nil || target == nil {
		return nil, err
	}
	if _, again := target.Value.(Ref); again {
		return nil, broken(target.Start, "reference to a reference")
	}
	return target.Value, nil
}

// Dict resolves a value that must be a dictionary; nil when it is absent.
func (s State) Dict(o Object, what string) (Dict, error) {
	v, err := s.Resolve(o)
	if err != nil || v == nil {
		return nil, err
	}
	d, ok := v.(Dict)
	if !ok {
		return nil, broken(0, "%s is no dictionary", what)
	}
	return d, nil
}

// Array resolves a value that must be an array; nil when it is absent.
func (s State) Array(o Object, what string) (Array, error) {
	v, err := s.Resolve(o)
	if err != nil || v == nil {
		return nil, err
	}
	a, ok := v.(Array)
	if !ok {
		return nil, broken(0, "%s is no array", what)
	}
	return a, nil
}

// Root returns the reference of the catalog.
func (s State) Root() Ref {
	ref, _ := s.f.revs[s.rev].trailer().Get("Root").(Ref)
	return ref
}

// Trailer returns the trailer dictionary of the revision.
func (s State) Trailer() Dict { return s.f.revs[s.rev].trailer() }

// Catalog returns the document catalog.
func (s State) Catalog() (Dict, error) {
	d, err := s.Dict(s.Root(), "catalog")
	if err == nil && d == nil {
		err = broken(0, "no catalog")
	}
	return d, err
}
