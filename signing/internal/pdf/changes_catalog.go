package pdf

// catalog compares the catalogs. AcroForm and DSS have rules of their own.
func (s *step) catalog() error {
	was, err := s.old.Catalog()
	if err != nil {
		return err
	}
	is, err := s.new.Catalog()
	if err != nil {
		return err
	}
	if s.old.Root() != s.new.Root() {
		return nil // said by the trailer rule; the new catalog stays unexplained
	}
	s.done[s.new.Root().Num] = true
	proper := s.proper(s.new.Root().Num)
	for _, key := range s.f.work.differing(was, is) {
		switch {
		case !proper:
		case key == "AcroForm" || key == "DSS":
			continue
		case key == "Extensions":
			if s.extensions(is.Get(key)) {
				s.allow("extensions", "", s.new.Root().Num)
				continue
			}
		}
		s.change("catalog", "entry /"+printable(key), s.new.Root().Num)
	}
	return nil
}

// extensions accepts what developers say of their additions: a direct dictionary of
// prefixes and direct dictionaries with entries of the kinds of table 50, or arrays of them,
// which show nothing (ISO 32000-1, 7.12; ISO 32000-2, 7.12.2).
func (s *step) extensions(o Object) bool {
	d, ok := o.(Dict)
	for _, e := range d {
		list, isList := e.Value.(Array)
		if !isList {
			list = Array{e.Value}
		}
		for _, v := range list {
			one, isDict := v.(Dict)
			if kind := one.Get("Type"); kind != nil && kind != Name("DeveloperExtensions") {
				return false
			}
			if isDict && s.shaped(one, developerKeys) != "" || !isDict && (e.Key != "Type" || v != Name("Extensions")) {
				return false
			}
		}
	}
	return ok
}

// evidence explains the document security store (ETSI EN 319 142-1, 5.4.2). Its objects
// must have new numbers: an entry that points to an object of the page would otherwise
// be a way to change that object.
func (s *step) evidence() error {
	was, err := s.old.Catalog()
	if err != nil {
		return err
	}
	is, err := s.new.Catalog()
	if err != nil {
		return err
	}
	before, after := was.Get("DSS"), is.Get("DSS")
	if after == nil {
		if before != nil {
			s.change("evidence", "removed", 0)
		}
		return nil
	}
	count := len(s.done)
	root := s.new.Root().Num
	s.settle(after, before, root)
	now, err := s.new.Dict(after, "DSS")
	if err != nil {
		return err
	}
	old, err := s.old.Dict(before, "DSS")
	if err != nil {
		return err
	}
	by := numberOr(after, root)
	for _, e := range now {
		if err := s.evidenceEntry(e, old, by); err != nil {
			return err
		}
	}
	fewer, err := s.fewer(old, now)
	if err != nil {
		return err
	}
	switch {
	case fewer:
		s.allow("evidence", Removed, by)
	case len(s.done) > count || !s.f.work.equal(before, after):
		s.allow("evidence", "", by)
	}
	return nil
}

// Removed is the detail of a change that took something out. Evidence may be taken out of a
// store, as programs do that replace it by newer one: what no signature covers proves only
// as long as it is there, and a signature that lacks it cannot be checked.
const Removed = "removed"

// fewer reports that a list of the store no longer leads to all that it led to, whatever
// was added.
func (s *step) fewer(old, now Dict) (bool, error) {
	for _, key := range evidenceKeys {
		was, err := s.old.Array(old.Get(key), "DSS entry")
		if err != nil {
			return false, err
		}
		is, err := s.new.Array(now.Get(key), "DSS entry")
		if err != nil {
			return false, err
		}
		if err := s.f.work.compare(len(was) + len(is)); err != nil {
			return false, err
		}
		there := map[int]bool{}
		for _, o := range is {
			there[numberOr(o, 0)] = true
		}
		for _, o := range was {
			if !there[numberOr(o, 0)] {
				return true, nil
			}
		}
	}
	return false, nil
}

func (s *step) evidenceEntry(e Entry, old Dict, by int) error {
	switch e.Key {
	case "Type":
		if e.Value == Name("DSS") {
			return nil
		}
	case "Certs", "OCSPs", "CRLs":
		return s.evidenceList(e.Value, old.Get(e.Key), by)
	case "VRI":
		return s.vri(e.Value, old.Get(e.Key), by)
	}
	s.change("evidence", "entry /"+printable(e.Key), by)
	return nil
}

// evidenceList explains an array of streams, or one stream.
func (s *step) evidenceList(now, before Object, by int) error {
	v, err := s.new.Resolve(now)
	if err != nil {
		return err
	}
	list, ok := v.(Array)
	if !ok {
		list = Array{now}
	} else {
		s.settle(now, before, by)
	}
	if err := s.f.work.compare(4 * len(list)); err != nil {
		return err
	}
	for _, item := range list {
		target, err := s.new.Resolve(item)
		if err != nil {
			return err
		}
		ref, isRef := item.(Ref)
		if _, isStream := target.(*Stream); isRef && isStream {
			s.settle(ref, nil, by)
		}
	}
	return nil
}

// vri explains the dictionary of evidence by signature.
func (s *step) vri(now, before Object, by int) error {
	s.settle(now, before, by)
	is, err := s.new.Dict(now, "VRI")
	if err != nil {
		return err
	}
	was, err := s.old.Dict(before, "VRI")
	if err != nil {
		return err
	}
	by = numberOr(now, by)
	old := index(was)
	if err := s.f.work.compare(4 * len(is)); err != nil {
		return err
	}
	for _, e := range is {
		one, err := s.new.Dict(e.Value, "VRI entry")
		if err != nil {
			return err
		}
		known, _ := old.get(e.Key)
		s.settle(e.Value, known, by)
		for _, part := range one {
			if part.Key == "Cert" || part.Key == "OCSP" || part.Key == "CRL" || part.Key == "TS" {
				if err := s.evidenceList(part.Value, nil, numberOr(e.Value, by)); err != nil {
					return err
				}
			} else if s.shaped(Dict{part}, vriKeys) != "" {
				s.change("evidence", "entry /"+printable(part.Key), by)
			}
		}
	}
	return nil
}

// numberOr returns the number of a reference, or the number given.
func numberOr(o Object, num int) int {
	if ref, ok := o.(Ref); ok {
		return ref.Num
	}
	return num
}
