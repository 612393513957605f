package pdf

import "unicode/utf16"

// sigField is a signature field that has a value.
type sigField struct {
	ref   Ref
	name  string
	value Object
	dict  Dict
}

// fieldNode is a form field as the walk finds it.
type fieldNode struct {
	ref   Ref
	dict  Dict
	name  string // partial name
	full  string // fully qualified name: those of all above it, with periods (12.7.3.2)
	kind  Name   // FT, inherited
	value Object // V, inherited
	leaf  bool   // no kids that are fields
}

// form returns the interactive form dictionary; nil when there is none.
func (s State) form() (Dict, error) {
	catalog, err := s.Catalog()
	if err != nil {
		return nil, err
	}
	return s.Dict(catalog.Get("AcroForm"), "AcroForm")
}

// fields walks the form's field tree.
func (s State) fields() ([]fieldNode, error) {
	form, err := s.form()
	if err != nil || form == nil {
		return nil, err
	}
	roots, err := s.Array(form.Get("Fields"), "Fields")
	if err != nil {
		return nil, err
	}
	w := fieldWalk{state: s, seen: map[int]bool{}}
	for _, root := range roots {
		if err := w.node(root, fieldNode{}, 0); err != nil {
			return nil, err
		}
	}
	return w.out, nil
}

// FieldNames returns the partial names of all fields.
func (s State) FieldNames() (map[string]bool, error) {
	nodes, err := s.fields()
	names := make(map[string]bool, len(nodes))
	for _, n := range nodes {
		names[n.name] = true
	}
	return names, err
}

type fieldWalk struct {
	state State
	seen  map[int]bool
	out   []fieldNode
}

func (w *fieldWalk) node(o Object, parent fieldNode, depth int) error {
	if depth > maxDepth || len(w.seen) > maxFields {
		return over("form fields")
	}
	ref, ok := o.(Ref)
	if !ok {
		return broken(0, "form field is no indirect object")
	}
	if w.seen[ref.Num] {
		return broken(0, "form field %d twice", ref.Num)
	}
	w.seen[ref.Num] = true
	d, err := w.state.Dict(ref, "form field")
	if err != nil || d == nil {
		return err
	}
	n := fieldNode{ref: ref, dict: d, kind: parent.kind, value: parent.value, name: parent.name, full: parent.full}
	if t, ok := d.Get("T").(String); ok {
		if len(t) > maxName || len(parent.full) > 3*maxName {
			return over("form field name")
		}
		n.name = DecodeText(t)
		n.full = n.name
		if parent.full != "" {
			n.full = parent.full + "." + n.name
		}
	}
	if ft, ok := d.Get("FT").(Name); ok {
		n.kind = ft
	}
	if v := d.entry("V"); v != nil {
		n.value = v.Value
	}
	kids, err := w.state.Array(d.Get("Kids"), "Kids")
	if err != nil {
		return err
	}
	n.leaf = len(kids) == 0
	w.out = append(w.out, n)
	for _, kid := range kids {
		if err := w.node(kid, n, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// signatureFields returns the fields of type Sig that have a value. A value on several
// nodes of one field's tree counts once, where it stands.
func (s State) signatureFields() ([]sigField, error) {
	nodes, err := s.fields()
	if err != nil {
		return nil, err
	}
	var out []sigField
	for _, n := range nodes {
		own := n.dict.entry("V")
		if n.kind == "Sig" && (own != nil && own.Value != nil) {
			out = append(out, sigField{n.ref, n.name, own.Value, n.dict})
		}
	}
	return out, nil
}

// DecodeText reads a text string: UTF-16BE or UTF-8 after their marks, else each byte
// as a character.
func DecodeText(s String) string {
	if len(s) >= 2 && s[0] == 0xfe && s[1] == 0xff {
		units := make([]uint16, 0, len(s)/2)
		for i := 2; i+1 < len(s); i += 2 {
			units = append(units, uint16(s[i])<<8|uint16(s[i+1]))
		}
		return string(utf16.Decode(units))
	}
	if len(s) >= 3 && s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf {
		return string(s[3:])
	}
	if ascii(s) {
		return string(s)
	}
	runes := make([]rune, len(s))
	for i, c := range s {
		runes[i] = rune(c)
	}
	return string(runes)
}

func ascii(s String) bool {
	for _, c := range s {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// Fillable counts the fields that a reader could still fill in: all but signature fields
// that have a value.
func (s State) Fillable() (int, error) {
	nodes, err := s.fields()
	n := 0
	for _, f := range nodes {
		if f.leaf && (f.kind != "Sig" || f.value == nil) {
			n++
		}
	}
	return n, err
}
