package pdf

import "slices"

// widget reports whether a dictionary is that of a widget or of a field without one.
// Another kind of annotation is drawn by rules of its own.
func widget(d Dict) bool {
	kind, subtype := d.Get("Type"), d.Get("Subtype")
	return (kind == nil || kind == Name("Annot")) && (subtype == nil || subtype == Name("Widget"))
}

// Details of a signature that was added and draws something.
const (
	Visible  = "visible"           // where nobody had foreseen it
	Foreseen = "visible, foreseen" // in a field that waited for it, as large as it was
)

// shown lists where the widgets of a new signature draw anything, by rising number.
func (s *step) shown(widgets map[int]Dict) ([]Change, error) {
	var out []Change
	for num, w := range widgets {
		r, visible, err := s.area(w)
		if err != nil {
			return nil, err
		}
		if visible {
			out = append(out, Change{Revision: s.rev, Detail: Visible, Object: num, Rect: r})
		}
	}
	slices.SortFunc(out, func(a, b Change) int { return a.Object - b.Object })
	return out, nil
}

// area reads the rectangle of a widget and reports whether anything is drawn there. One
// without width and height shows nothing only if it has nothing to draw: readers make a
// dot of it, and a line of one that lacks only its height.
func (s *step) area(w Dict) (r [4]float64, visible bool, err error) {
	o, err := s.new.Resolve(w.Get("Rect"))
	if err != nil {
		return r, false, err
	}
	corners, ok := o.(Array)
	if o != nil && (!ok || len(corners) != 4) {
		return r, true, nil
	}
	for i, corner := range corners {
		v, err := s.new.Resolve(corner)
		if err != nil {
			return r, false, err
		}
		switch v.(type) {
		case Integer, Real:
			r[i] = Float(v)
		default:
			return r, true, nil
		}
	}
	if r[0] != r[2] || r[1] != r[3] || w.Get("MK") != nil {
		return r, true, nil
	}
	draws, err := s.draws(w.Get("AP"), 0)
	return r, draws, err
}

// draws reports whether any appearance holds more than blanks and comments.
func (s *step) draws(o Object, depth int) (bool, error) {
	v, err := s.new.Resolve(o)
	if err != nil || v == nil {
		return false, err
	}
	switch v := v.(type) {
	case *Stream:
		data, err := s.f.inflate(v)
		if err != nil {
			return true, nil // nobody knows what it draws
		}
		r := &reader{src: data}
		r.skip()
		return r.pos < len(data), nil
	case Dict:
		if depth == 2 {
			return true, nil
		}
		for _, e := range v {
			if draws, err := s.draws(e.Value, depth+1); draws || err != nil {
				return true, err
			}
		}
		return false, nil
	}
	return true, nil
}
