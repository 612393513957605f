package pdf

import "slices"

// form explains additions to the interactive form: signature fields with their
// signatures, and the flags that say so. Any other change is one.
func (s *step) form() error {
	was, err := s.old.form()
	if err != nil {
		return err
	}
	is, err := s.new.form()
	if err != nil {
		return err
	}
	if is == nil {
		if was != nil {
			s.change("form", "removed", 0)
		}
		return nil
	}
	oldRoot, newRoot := s.formValue(s.old), s.formValue(s.new)
	s.settle(newRoot, oldRoot, s.new.Root().Num)
	by := numberOr(newRoot, s.new.Root().Num)
	for _, key := range s.f.work.differing(was, is) {
		switch {
		case key == "Fields":
		case key == "SigFlags" && flagsGrow(was.Get(key), is.Get(key)):
		case was == nil && key == "DA":
		case was == nil && key == "DR":
			s.closure(is.Get(key))
		default:
			s.change("form", "entry /"+printable(key), by)
		}
	}
	s.settle(is.Get("Fields"), was.Get("Fields"), by)
	return s.fieldList(was, is)
}

func (s *step) formValue(state State) Object {
	catalog, err := state.Catalog()
	if err != nil {
		return nil
	}
	return catalog.Get("AcroForm")
}

// flagsGrow accepts SignaturesExist and AppendOnly being set, never cleared.
func flagsGrow(before, now Object) bool {
	old, _ := before.(Integer)
	n, ok := now.(Integer)
	return ok && n >= 0 && n <= 3 && n&old == old
}

// fieldList compares Fields: what was there stays in front, what follows is new.
func (s *step) fieldList(was, is Dict) error {
	before, err := s.old.Array(was.Get("Fields"), "Fields")
	if err != nil {
		return err
	}
	now, err := s.new.Array(is.Get("Fields"), "Fields")
	if err != nil {
		return err
	}
	if len(now) < len(before) || !s.f.work.equalArrays(before, now[:len(before)]) {
		s.change("form", "fields removed or moved", 0)
		return nil
	}
	old, err := s.old.fields()
	if err != nil {
		return err
	}
	if s.locks, err = s.old.locks(); err != nil {
		return err
	}
	for _, f := range old {
		if err := s.signedField(f, old); err != nil {
			return err
		}
		if _, touched := s.touched[f.ref.Num]; touched && !s.done[f.ref.Num] && s.locked(f.full) {
			s.done[f.ref.Num] = true
			s.change("form field", LockedField, f.ref.Num)
		}
	}
	for _, o := range now[len(before):] {
		if err := s.newField(o, old); err != nil {
			return err
		}
	}
	return nil
}

// locked reports that a signature made before closes the field of that full name.
func (s *step) locked(name string) bool {
	return slices.ContainsFunc(s.locks, func(l lock) bool { return l.closes(name) })
}

// Keys of a signature field and its widget that show nothing outside its rectangle and
// do nothing.
var fieldKeys = []Name{
	"Type", "Subtype", "FT", "T", "TU", "TM", "V", "Ff", "F", "Rect", "P", "AP", "AS", "MK", "DA", "Q",
	"BS", "Border", "Lock", "SV", "Parent", "Kids", "NM", "M", "StructParent", "DR",
}

// newField explains a new field with a new signature in it.
func (s *step) newField(o Object, old []fieldNode) error {
	ref, _ := o.(Ref)
	d, err := s.new.Dict(ref, "form field")
	if err != nil {
		return err
	}
	text, _ := d.Get("T").(String)
	if len(text) > maxName {
		return over("form field name")
	}
	name := DecodeText(text)
	for _, f := range old {
		if f.name == name {
			s.change("form field", "name used twice", ref.Num)
			return nil
		}
	}
	if !s.fresh(ref.Num) || d.Get("FT") != Name("Sig") || !onlyKeys(d, fieldKeys) || !widget(d) || d.Get("Parent") != nil {
		return nil // stays unexplained
	}
	widgets, ok, err := s.widgetsOf(ref, d)
	if err != nil || !ok {
		return err
	}
	return s.acceptSignature(ref, d, widgets, name)
}

// widgetsOf returns the widgets of a new field: itself or its kids.
func (s *step) widgetsOf(ref Ref, d Dict) (map[int]Dict, bool, error) {
	if d.Get("Kids") == nil {
		return map[int]Dict{ref.Num: d}, true, nil
	}
	kids, err := s.new.Array(d.Get("Kids"), "Kids")
	if err != nil {
		return nil, false, err
	}
	out := map[int]Dict{}
	for _, kid := range kids {
		k, err := s.new.Dict(kid, "widget")
		if err != nil {
			return nil, false, err
		}
		kidRef, _ := kid.(Ref)
		if parent := k.Get("Parent"); parent != nil && parent != ref || !s.fresh(kidRef.Num) || k.Get("V") != nil || k.Get("Kids") != nil || !onlyKeys(k, fieldKeys) || !widget(k) {
			return nil, false, nil
		}
		out[kidRef.Num] = k
	}
	s.settle(d.Get("Kids"), nil, ref.Num)
	return out, true, nil
}

// signedField explains a field that was empty and now has a signature.
func (s *step) signedField(f fieldNode, old []fieldNode) error {
	if s.done[f.ref.Num] || f.kind != "Sig" || f.value != nil || !f.leaf {
		return nil
	}
	if _, ok := s.touched[f.ref.Num]; !ok || !s.proper(f.ref.Num) {
		return nil
	}
	d, err := s.new.Dict(f.ref, "form field")
	if err != nil {
		return err
	}
	for _, key := range s.f.work.differing(f.dict, d) {
		switch value := d.Get(key).(type) {
		case Ref:
			if key != "V" && key != "AP" {
				return nil
			}
		case Dict:
			if key != "AP" {
				return nil
			}
		case String:
			if key != "M" {
				return nil
			}
		default:
			if key != "AP" || value != nil {
				return nil
			}
		}
	}
	if ap, err := s.new.Resolve(d.Get("AP")); err != nil || !dictionary(ap) {
		return err
	}
	first := len(s.changes)
	if err := s.acceptSignature(f.ref, d, map[int]Dict{f.ref.Num: d}, f.full); err != nil {
		return err
	}
	for i := range s.changes[first:] {
		c := &s.changes[first+i]
		if c.Detail == Visible && s.foreseen(f, c.Rect, old) {
			c.Detail = Foreseen
		}
	}
	return nil
}

// dictionary reports a dictionary or nothing: no stream, which a state of an annotation's
// appearance could be.
func dictionary(o Object) bool {
	_, ok := o.(Dict)
	return ok || o == nil
}

// acceptSignature explains a field of that full name, its widgets and its signature
// dictionary. A document timestamp names no signer, so it may not show anything.
func (s *step) acceptSignature(ref Ref, d Dict, widgets map[int]Dict, name string) error {
	value, ok := d.Get("V").(Ref)
	if !ok || !s.fresh(value.Num) || !s.exclusive(value.Num, ref.Num) {
		return nil
	}
	sig, err := s.new.Dict(value, "signature")
	if err != nil {
		return err
	}
	visible, err := s.shown(widgets)
	if err != nil {
		return err
	}
	if key := s.shaped(sig, signatureKeys); key != "" {
		s.change("signature", "entry /"+printable(key), value.Num)
	}
	for num, w := range widgets {
		s.done[num] = true
		s.widgets[num] = s.stood(num) == nil // one that stands on a page stays where it is
		s.closure(w.Get("AP"))
		s.closure(w.Get("DR"))
		s.closure(w.Get("MK"))
		s.closure(w.Get("Rect"))
	}
	s.done[ref.Num], s.done[value.Num] = true, true
	s.closure(sig)
	s.closure(d.Get("Lock"))
	s.closure(d.Get("SV"))
	s.changes = append(s.changes, s.accepted(ref, sig, visible, name)...)
	return nil
}

// accepted says that a signature was added, once for each place where it shows something.
// A lock does not hold a document timestamp up: like evidence, it may always follow (ISO
// 32000-2, 12.8.2.2.2).
func (s *step) accepted(ref Ref, sig Dict, visible []Change, name string) []Change {
	what, refused := "signature", ""
	timestamp := sig.Get("SubFilter") == Name("ETSI.RFC3161")
	if timestamp {
		what = "timestamp"
	}
	switch {
	case timestamp && len(visible) > 0, !timestamp && s.certifiedFinal():
		refused = "not permitted here"
	case !timestamp && s.locked(name):
		refused = LockedField
	}
	if len(visible) == 0 {
		visible = []Change{{Revision: s.rev, Object: ref.Num}}
	}
	for i := range visible {
		visible[i].What, visible[i].Allowed = what, refused == ""
		if refused != "" {
			visible[i].Detail = refused
		}
	}
	return visible
}

// certifiedFinal reports a certification that permits no further signature: DocMDP with
// P 1 (ISO 32000-1, table 254).
func (s *step) certifiedFinal() bool {
	if s.final == nil {
		p, err := s.old.permission()
		final := err != nil || p == 1
		s.final = &final
	}
	return *s.final
}

// closure explains the new objects that a new appearance or signature brings along.
// Objects that were there before stay unexplained if they were touched.
func (s *step) closure(o Object) {
	stack := []Object{o}
	for len(stack) > 0 {
		o := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch o := o.(type) {
		case Ref:
			if s.done[o.Num] || !s.fresh(o.Num) {
				continue
			}
			s.done[o.Num] = true
			if target, err := s.new.Resolve(o); err == nil {
				stack = append(stack, target)
			}
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
}

func onlyKeys(d Dict, keys []Name) bool {
	for _, e := range d {
		if !slices.Contains(keys, e.Key) {
			return false
		}
	}
	return true
}
