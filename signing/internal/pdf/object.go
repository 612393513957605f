package pdf

import "bytes"

// Object is a PDF value: nil for null, bool, Integer, Real, Name, String, Array, Dict,
// Ref or *Stream (ISO 32000-1, 7.3).
type Object any

// Integer is a whole number.
type Integer int64

// Real is a number with a point, as it was written.
type Real string

// Name is a name without its slash, #xx decoded.
type Name string

// String is the content of a string, written literally or in hexadecimal.
type String []byte

// Array is an array of values.
type Array []Object

// Ref points to an indirect object.
type Ref struct{ Num, Gen int }

// Stream is a dictionary and its bytes, still encoded.
type Stream struct {
	Dict Dict
	Data []byte
}

// Dict is a dictionary in the order it was written. The reader refuses repeated keys.
type Dict []Entry

// Entry is a key with its value and where in the source the value stands; the
// positions are zero for a value made here.
type Entry struct {
	Key        Name
	Value      Object
	start, end int
}

// Get returns the value of key, nil when it is absent or null.
func (d Dict) Get(key Name) Object {
	for i := range d {
		if d[i].Key == key {
			return d[i].Value
		}
	}
	return nil
}

// entry returns the entry of key, nil when absent.
func (d Dict) entry(key Name) *Entry {
	for i := range d {
		if d[i].Key == key {
			return &d[i]
		}
	}
	return nil
}

// With returns a copy in which key has the value, in its old place or at the end.
func (d Dict) With(key Name, value Object) Dict {
	out := make(Dict, len(d), len(d)+1)
	copy(out, d)
	if e := out.entry(key); e != nil {
		*e = Entry{Key: key, Value: value}
		return out
	}
	return append(out, Entry{Key: key, Value: value})
}

// equal reports whether two values are the same, references compared by number. A key
// with the value null is not the same as an absent one, although it means that (ISO
// 32000-1, 7.3.7): readers that cut names short differ on whose value it is. Beyond
// maxCompared nothing is equal any more; who compares asks compared at the end.
func (w *work) equal(a, b Object) bool {
	if w.compared++; w.compared > maxCompared {
		return false
	}
	switch a := a.(type) {
	case String:
		b, ok := b.(String)
		return ok && bytes.Equal(a, b)
	case Array:
		b, ok := b.(Array)
		return ok && w.equalArrays(a, b)
	case Dict:
		b, ok := b.(Dict)
		return ok && len(w.differing(a, b)) == 0
	case *Stream:
		b, ok := b.(*Stream)
		return ok && (a == b || bytes.Equal(a.Data, b.Data) && len(w.differing(a.Dict, b.Dict)) == 0)
	}
	switch b.(type) {
	case String, Array, Dict, *Stream:
		return false
	}
	return a == b
}

func (w *work) equalArrays(a, b Array) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) > 0 && &a[0] == &b[0] {
		return true // the same, read once
	}
	for i := range a {
		if !w.equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// differing lists the keys whose values are not equal: those of a first, then new ones.
func (w *work) differing(a, b Dict) []Name {
	if len(a) > 0 && len(a) == len(b) && &a[0] == &b[0] {
		return nil // the same, read once
	}
	if w.compared += len(a) + len(b); w.compared > maxCompared {
		return []Name{"..."}
	}
	inB := index(b)
	var out []Name
	for _, e := range a {
		if value, there := inB.get(e.Key); !there || !w.equal(e.Value, value) {
			out = append(out, e.Key)
		}
	}
	inA := index(a)
	for _, e := range b {
		if _, there := inA.get(e.Key); !there {
			out = append(out, e.Key)
		}
	}
	return out
}

// compare counts n steps of a comparison and reports that the file asks for too many.
func (w *work) compare(n int) error {
	if w.compared += n; w.compared > maxCompared {
		return over("comparisons of revisions")
	}
	return nil
}

// lookup finds keys: by search in a small dictionary, by map in a large one, so that
// a hostile dictionary with 10^5 keys does not cost 10^10 steps.
type lookup struct {
	dict Dict
	keys map[Name]Object
}

func index(d Dict) lookup {
	if len(d) <= smallDict {
		return lookup{dict: d}
	}
	keys := make(map[Name]Object, len(d))
	for _, e := range d {
		keys[e.Key] = e.Value
	}
	return lookup{keys: keys}
}

func (l lookup) get(key Name) (value Object, there bool) {
	if l.keys != nil {
		value, there = l.keys[key]
		return value, there
	}
	if e := l.dict.entry(key); e != nil {
		return e.Value, true
	}
	return nil, false
}
