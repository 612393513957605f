package pdf

import "strconv"

// certification returns what a certification permits afterwards (ISO 32000-1, 12.8.2.2):
// 1 nothing, 2 filling in and signing, 3 annotations too; 0 when the file has none.
func (s State) certification() (int, error) {
	catalog, err := s.Catalog()
	if err != nil {
		return 0, err
	}
	perms, err := s.Dict(catalog.Get("Perms"), "Perms")
	if err != nil || perms == nil {
		return 0, err
	}
	sig, err := s.Dict(perms.Get("DocMDP"), "DocMDP")
	if err != nil || sig == nil {
		return 0, err
	}
	references, err := s.Array(sig.Get("Reference"), "Reference")
	if err != nil {
		return 0, err
	}
	for _, o := range references {
		ref, err := s.Dict(o, "signature reference")
		if err != nil {
			return 0, err
		}
		params, err := s.Dict(ref.Get("TransformParams"), "TransformParams")
		if err != nil {
			return 0, err
		}
		if p, ok := params.Get("P").(Integer); ok && p >= 1 && p <= 3 {
			return int(p), nil
		}
	}
	return 2, nil
}

// Locked reports that a certification forbids further signatures.
func (s State) Locked() (bool, error) {
	p, err := s.certification()
	return p == 1, err
}

// Float reads a number; anything else is 0.
func Float(o Object) float64 {
	switch o := o.(type) {
	case Integer:
		return float64(o)
	case Real:
		v, _ := strconv.ParseFloat(string(o), 64)
		return v
	}
	return 0
}
