package pdf

import "strconv"

// Certification is the signature by which an author says what may be done to the file
// afterwards (ISO 32000-1, 12.8.2.2).
type Certification struct {
	Ref        Ref    // of the signature dictionary
	Permission int    // 1 nothing, 2 filling in and signing, 3 annotations too
	Broken     string // why it cannot be relied on; empty when it is sound
}

// Certification returns the certification that the catalog names, that of an earlier
// revision if a later one took it out; nil when there is none. list is what Signatures
// returned.
func (f *File) Certification(list []*Signature) (*Certification, error) {
	for rev := len(f.revs) - 1; rev >= 0; rev-- {
		c, err := f.State(rev).certified(list)
		if err != nil {
			return nil, err
		}
		if c != nil && rev < len(f.revs)-1 {
			c.Broken = "a later revision took it out of the catalog"
		}
		if c != nil {
			return c, nil
		}
	}
	return nil, nil
}

// certified reads the entry Perms of the catalog and holds it against the signatures.
func (s State) certified(list []*Signature) (*Certification, error) {
	o, sig, err := s.permitted()
	if err != nil || o == nil {
		return nil, err
	}
	c := &Certification{}
	c.Ref, _ = o.(Ref)
	named, sound := 0, false
	if c.Permission, named, sound, err = s.docMDP(sig); err != nil {
		return nil, err
	}
	var own *Signature
	for _, one := range list {
		if one.Ref == c.Ref && !one.Gone {
			own = one
		}
	}
	switch {
	case own == nil:
		c.Broken = "it is no signature of the form"
	case named == 0:
		c.Broken = "the signature gives no permission"
	case !sound:
		c.Broken = "its permission is malformed"
	}
	for _, one := range list {
		if own != nil && c.Broken == "" && !one.IsTimestamp() && one.Revision < own.Revision {
			c.Broken = "it is not the first signature"
		}
	}
	return c, nil
}

// permitted returns the entry DocMDP of the catalog's Perms and what it points to.
func (s State) permitted() (Object, Dict, error) {
	catalog, err := s.Catalog()
	if err != nil {
		return nil, nil, err
	}
	perms, err := s.Dict(catalog.Get("Perms"), "Perms")
	if err != nil || perms == nil {
		return nil, nil, err
	}
	o := perms.Get("DocMDP")
	sig, err := s.Dict(o, "DocMDP")
	return o, sig, err
}

// permission returns the least that any signature or the catalog permits afterwards; 0
// when nothing is said. An approval signature may narrow it too (ISO 32000-2, 12.8.2.2).
func (s State) permission() (int, error) {
	o, sig, err := s.permitted()
	if err != nil {
		return 0, err
	}
	least := 0
	if o != nil {
		if least, _, _, err = s.docMDP(sig); err != nil {
			return 0, err
		}
	}
	fields, err := s.signatureFields()
	if err != nil {
		return 0, err
	}
	seen := map[Object]bool{}
	for _, field := range fields {
		sig, err := s.signed(field, seen)
		if err != nil {
			return 0, err
		}
		p, named, _, err := s.docMDP(sig)
		if err != nil {
			return 0, err
		}
		if named > 0 && (least == 0 || p < least) {
			least = p
		}
		if p, err = s.lockedTo(field); err != nil {
			return 0, err
		}
		if p > 0 && (least == 0 || p < least) {
			least = p
		}
	}
	return least, nil
}

// lockedTo returns the permission that the entry Lock of a signed field gives, 0 if none
// (ISO 32000-2, table 236).
func (s State) lockedTo(field sigField) (int, error) {
	own, err := s.Dict(field.dict.Get("Lock"), "field lock")
	if err != nil {
		return 0, err
	}
	o, err := s.Resolve(own.Get("P"))
	if err != nil || o == nil {
		return 0, err
	}
	if n, ok := o.(Integer); ok && n >= 1 && n <= 3 {
		return int(n), nil
	}
	return 1, nil
}

// docMDP reads the permission in a signature dictionary, how many it names, and whether
// it names it as it should. 2 is what counts when none is named; what is malformed
// permits nothing.
func (s State) docMDP(sig Dict) (p, named int, sound bool, err error) {
	references, err := s.references(sig)
	if err != nil {
		return 0, 0, false, err
	}
	p, sound = 2, true
	for _, o := range references {
		ref, err := s.Dict(o, "signature reference")
		if err != nil {
			return 0, 0, false, err
		}
		if method := ref.Get("TransformMethod"); method == Name("FieldMDP") || method == Name("UR3") {
			continue
		}
		params, err := s.Dict(ref.Get("TransformParams"), "TransformParams")
		if err != nil {
			return 0, 0, false, err
		}
		given := 2
		if o := params.Get("P"); o != nil {
			n, ok := o.(Integer)
			if given = int(n); !ok || n < 1 || n > 3 {
				given, sound = 1, false
			}
		}
		if named > 0 {
			given, sound = min(given, p), false
		}
		p, sound = given, sound && ref.Get("TransformMethod") == Name("DocMDP")
		named++
	}
	return p, named, sound, nil
}

// references returns what a signature dictionary says it vouches for (table 253).
func (s State) references(sig Dict) (Array, error) {
	list, err := s.Array(sig.Get("Reference"), "Reference")
	if err == nil && len(list) > maxReferred {
		err = over("references of a signature")
	}
	return list, err
}

// Locked reports that a certification forbids further signatures.
func (s State) Locked() (bool, error) {
	p, err := s.permission()
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
