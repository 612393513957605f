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
	for _, key := range s.f.work.differing(was, is) {
		switch key {
		case "AcroForm", "DSS":
			continue
		case "Extensions":
			if s.extensions(is.Get(key)) {
				s.allow("extensions", "", s.new.Root().Num)
				continue
			}
		}
		s.change("catalog", "entry /"+printable(key), s.new.Root().Num)
	}
	return nil
}

// extensions accepts a direct dictionary of names and numbers, which shows nothing
// (ISO 32000-1, 7.12).
func (s *step) extensions(o Object) bool {
	d, ok := o.(Dict)
	for _, e := range d {
		switch v := e.Value.(type) {
		case Name:
		case Dict:
			for _, e := range v {
				switch e.Value.(type) {
				case Name, Integer, String:
				default:
					return false
				}
			}
		default:
			return false
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
	if len(s.done) > count || !s.f.work.equal(before, after) {
		s.allow("evidence", "", by)
	}
	return nil
}

func (s *step) evidenceEntry(e Entry, old Dict, by int) error {
	switch e.Key {
	case "Type":
		return nil
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
			switch part.Key {
			case "Type", "TU":
			case "Cert", "OCSP", "CRL", "TS":
				if err := s.evidenceList(part.Value, nil, numberOr(e.Value, by)); err != nil {
					return err
				}
			default:
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
