package pdf

// Signature is a signature dictionary in a field (ISO 32000-1, 12.8). Whatever is wrong
// with it is in Err: a malformed signature is reported, never passed over.
type Signature struct {
	Field    string // partial name of the field, for people
	Ref      Ref    // of the dictionary
	Dict     Dict
	Revision int    // in which the dictionary was written, counted from 0
	Contents []byte // with its padding
	// ByteRange is [0 a b c]: the hole of Contents is the bytes a to b.
	ByteRange [4]int
	SubFilter Name
	Err       error
	// Gone means that a later revision took the signature out of the form or replaced it.
	Gone bool
}

// IsTimestamp reports whether this is a document timestamp (ISO 32000-2, 12.8.5).
func (s *Signature) IsTimestamp() bool { return s.SubFilter == "ETSI.RFC3161" }

// Covered returns the two stretches of bytes that the signature covers. Only for a
// signature without Err.
func (f *File) Covered(s *Signature) (before, after []byte) {
	r := s.ByteRange
	return f.data[:r[1]], f.data[r[2] : r[2]+r[3]]
}

// Signatures returns the signatures of all revisions in the order they were written,
// those that a later revision took out included.
func (f *File) Signatures() ([]*Signature, error) {
	var all []*Signature
	known := map[int]*Signature{} // by offset of the dictionary
	for rev := range f.revs {
		fields, err := f.State(rev).signatureFields()
		if err != nil {
			return nil, err
		}
		here := map[int]bool{}
		for _, field := range fields {
			sig := f.signature(rev, field)
			old := known[sig.key()]
			if old == nil {
				known[sig.key()] = sig
				all = append(all, sig)
				if sig.Err == nil && sig.Revision != rev {
					sig.Err = broken(0, "signature dictionary is older than its field")
				}
			} else if here[sig.key()] {
				old.Err = broken(0, "one signature dictionary in two fields")
			}
			here[sig.key()] = true
		}
		if len(all) > maxSigs {
			return nil, over("too many signatures")
		}
		for key, sig := range known {
			sig.Gone = !here[key]
		}
	}
	return all, nil
}

// key tells signature dictionaries apart: by where they stand, or by number if they
// could not be read.
func (s *Signature) key() int {
	if s.ByteRange[1] > 0 {
		return s.ByteRange[1]
	}
	return -1 - s.Ref.Num - s.Revision<<24
}

// signature reads the dictionary that a field points to.
func (f *File) signature(rev int, field sigField) *Signature {
	s := &Signature{Field: field.name, Revision: rev}
	ref, ok := field.value.(Ref)
	if !ok {
		s.Err = broken(0, "signature dictionary is not an indirect object")
		return s
	}
	s.Ref = ref
	state := f.State(rev)
	if _, written, ok := state.entry(ref.Num); ok {
		s.Revision = written
	}
	o, err := state.Load(ref)
	switch {
	case err != nil:
		s.Err = err
	case o == nil:
		s.Err = broken(0, "signature dictionary missing")
	case o.Packed():
		s.Err = broken(0, "signature dictionary in an object stream")
	default:
		f.filled(s, o)
	}
	return s
}

// filling is a dictionary as that of a signature of some revision.
type filling struct {
	o   *Indirect
	rev int
}

// filled is fill, done once for a dictionary that many fields in many revisions may share.
func (f *File) filled(s *Signature, o *Indirect) {
	key := filling{o, s.Revision}
	known, ok := f.dicts[key]
	if !ok {
		known = &Signature{Revision: s.Revision}
		known.Err = f.fill(known, o)
		f.dicts[key] = known
	}
	s.Dict, s.Contents, s.ByteRange, s.SubFilter, s.Err = known.Dict, known.Contents, known.ByteRange, known.SubFilter, known.Err
}

// fill reads SubFilter, ByteRange and Contents and checks that the hole is exactly
// Contents and that the range ends where a revision ends.
func (f *File) fill(s *Signature, o *Indirect) error {
	d, ok := o.Value.(Dict)
	if !ok {
		return broken(o.Start, "signature is no dictionary")
	}
	s.Dict = d
	s.SubFilter, _ = d.Get("SubFilter").(Name)
	if t := d.Get("Type"); t != nil && t != Name("Sig") && t != Name("DocTimeStamp") {
		return broken(o.Start, "signature of unknown type")
	}
	contents := d.entry("Contents")
	if contents == nil || f.data[contents.start] != '<' {
		return broken(o.Start, "Contents is no hexadecimal string")
	}
	s.Contents, ok = contents.Value.(String)
	if !ok || !allDigits(f.data[contents.start+1:contents.end-1]) {
		return broken(contents.start, "Contents holds more than hexadecimal digits")
	}
	r, ok := fourNumbers(d.Get("ByteRange"))
	if !ok {
		return broken(o.Start, "ByteRange is not four numbers")
	}
	if r[0] != 0 || r[1] != contents.start || r[2] != contents.end {
		return broken(o.Start, "ByteRange leaves out other bytes than Contents")
	}
	eof, end := f.End(s.Revision)
	if last := r[2] + r[3]; last != eof && last != end {
		return broken(o.Start, "ByteRange does not end where its revision ends")
	}
	s.ByteRange = r
	return nil
}

// allDigits reports that a hole holds pairs of hexadecimal digits and nothing else.
func allDigits(hole []byte) bool {
	n := len(hole)
	for len(hole) > 0 {
		if unhex(hole[0]) < 0 {
			return false
		}
		if hole[0] == '0' {
			hole = hole[max(1, zeroRun(hole)):]
		} else {
			hole = hole[1:]
		}
	}
	return n%2 == 0
}

func fourNumbers(o Object) (r [4]int, ok bool) {
	a, _ := o.(Array)
	if len(a) != 4 {
		return r, false
	}
	for i, v := range a {
		n, isInt := v.(Integer)
		if !isInt || n < 0 || n > maxSize {
			return r, false
		}
		r[i] = int(n)
	}
	return r, true
}
