package pdf

import (
	"slices"
	"strings"
)

// LockedField is the detail of a change to a form field that an earlier signature locked.
const LockedField = "locked by an earlier signature"

// lock names the form fields that a signature closes: the FieldMDP transform of its
// dictionary (ISO 32000-1, 12.8.2.4), or the entry Lock of its field (12.7.4.5), which is
// what the author of the form asked of whoever signs there.
type lock struct {
	action Name // All, Include or Exclude
	names  []string
}

// closes reports whether the lock holds a field of that full name. A name in the list
// stands for the fields below it too.
func (l lock) closes(name string) bool {
	if l.action == "All" {
		return true
	}
	listed := slices.ContainsFunc(l.names, func(n string) bool {
		return name == n || strings.HasPrefix(name, n+".")
	})
	return listed == (l.action == "Include")
}

// locks returns what the signatures of this state close. What is malformed closes all:
// nobody knows which fields were meant.
func (s State) locks() ([]lock, error) {
	fields, err := s.signatureFields()
	if err != nil {
		return nil, err
	}
	var out []lock
	listed, seen := 0, map[Object]bool{}
	for _, field := range fields {
		if own := field.dict.Get("Lock"); own != nil {
			l, err := s.lock(own)
			if err != nil {
				return nil, err
			}
			out, listed = append(out, l), listed+1+len(l.names)
		}
		sig, err := s.signed(field, seen)
		if err != nil {
			return nil, err
		}
		references, err := s.references(sig)
		if err != nil {
			return nil, err
		}
		for _, o := range references {
			ref, err := s.Dict(o, "signature reference")
			if err != nil {
				return nil, err
			}
			if method, err := s.Resolve(ref.Get("TransformMethod")); err != nil || method != Name("FieldMDP") {
				continue
			}
			l, err := s.lock(ref.Get("TransformParams"))
			if err != nil {
				return nil, err
			}
			out, listed = append(out, l), listed+1+len(l.names)
		}
		if listed > maxFields {
			return []lock{{action: "All"}}, nil
		}
	}
	return out, nil
}

// signed returns the signature dictionary of a field, nil if it is no object by itself or
// was seen before.
func (s State) signed(field sigField, seen map[Object]bool) (Dict, error) {
	if _, ok := field.value.(Ref); !ok || seen[field.value] {
		return nil, nil
	}
	seen[field.value] = true
	return s.Dict(field.value, "signature")
}

// lock reads a dictionary with Action and Fields (tables 233 and 256).
func (s State) lock(o Object) (lock, error) {
	all := lock{action: "All"}
	d, err := s.Dict(o, "field lock")
	if err != nil {
		return all, err
	}
	action, err := s.Resolve(d.Get("Action"))
	if err != nil {
		return all, err
	}
	l := lock{}
	if l.action, _ = action.(Name); l.action != "Include" && l.action != "Exclude" {
		return all, nil
	}
	names, err := s.Array(d.Get("Fields"), "field lock")
	if err != nil || names == nil || len(names) > maxFields {
		return all, err
	}
	for _, o := range names {
		name, err := s.Resolve(o)
		if err != nil {
			return all, err
		}
		text, ok := name.(String)
		if !ok || len(text) > 4*maxName {
			return all, nil
		}
		l.names = append(l.names, DecodeText(text))
	}
	return l, nil
}

// Closed reports whether a signature of this state locks fields of that full name, so that
// no further signature may be made in one (ISO 32000-1, 12.8.2.4).
func (s State) Closed(name string) (bool, error) {
	locks, err := s.locks()
	return slices.ContainsFunc(locks, func(l lock) bool { return l.closes(name) }), err
}
