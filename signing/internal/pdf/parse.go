package pdf

import (
	"slices"
	"strconv"
)

// object reads one value. A whole number followed by another and R is a reference.
func (r *reader) object() (Object, error) {
	r.skip()
	if err := r.work.value(); err != nil {
		return nil, err
	}
	switch c := r.peek(); {
	case c == '/':
		return r.name()
	case c == '(':
		return r.literal()
	case c == '[':
		return r.array()
	case c == '<':
		if r.pos+1 < len(r.src) && r.src[r.pos+1] == '<' {
			return r.dict()
		}
		return r.hex()
	case c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.':
		return r.number()
	case r.keyword("true"):
		return true, nil
	case r.keyword("false"):
		return false, nil
	case r.keyword("null"):
		return nil, nil
	}
	return nil, broken(r.pos, "no value")
}

// number reads an integer, a real or a reference.
func (r *reader) number() (Object, error) {
	from := r.pos
	if c := r.peek(); c == '+' || c == '-' {
		r.pos++
	}
	digits, point := 0, false
	for ; r.pos < len(r.src); r.pos++ {
		c := r.src[r.pos]
		if c == '.' && !point {
			point = true
		} else if c >= '0' && c <= '9' {
			digits++
		} else {
			break
		}
	}
	if digits == 0 || r.pos < len(r.src) && class[r.src[r.pos]] == regular {
		return nil, broken(from, "malformed number")
	}
	if point {
		return Real(r.src[from:r.pos]), nil
	}
	if digits > maxDigits {
		return nil, broken(from, "number too long")
	}
	n, err := strconv.ParseInt(string(r.src[from:r.pos]), 10, 64)
	if err != nil {
		return nil, broken(from, "malformed number")
	}
	if ref, ok := r.reference(from, n); ok {
		return ref, nil
	}
	return Integer(n), nil
}

// reference reads the rest of "12 0 R" after the first number, or nothing.
func (r *reader) reference(from int, num int64) (Ref, bool) {
	back := r.pos
	if r.src[from] == '+' || num <= 0 || num > maxNumber || !r.spaces() {
		return Ref{}, false
	}
	gen, ok := r.digits()
	if !ok || gen > 65535 || !r.spaces() || !r.keyword("R") {
		r.pos = back
		return Ref{}, false
	}
	return Ref{int(num), gen}, true
}

// name reads a name, decoding #xx: any character but NUL (ISO 32000-1, 7.3.5).
func (r *reader) name() (Name, error) {
	r.pos++
	from, escaped := r.pos, false
	for r.pos < len(r.src) && class[r.src[r.pos]] == regular {
		escaped = escaped || r.src[r.pos] == '#'
		r.pos++
	}
	raw := r.src[from:r.pos]
	if !escaped {
		return Name(raw), nil
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '#' {
			out = append(out, raw[i])
			continue
		}
		if i+2 >= len(raw) || unhex(raw[i+1]) < 0 || unhex(raw[i+2]) < 0 {
			return "", broken(from+i, "malformed #xx in name")
		}
		c := byte(unhex(raw[i+1])<<4 | unhex(raw[i+2]))
		if c == 0 {
			return "", broken(from+i, "name with a NUL, at which some readers end it")
		}
		out = append(out, c)
		i += 2
	}
	return Name(out), nil
}

func (r *reader) array() (Object, error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	r.pos++
	first := len(r.work.elements)
	for {
		r.skip()
		if r.peek() == ']' {
			r.pos++
			r.depth--
			return Array(taken(&r.work.elements, first)), nil
		}
		v, err := r.object()
		if err != nil {
			return nil, err
		}
		r.work.elements = append(r.work.elements, v)
	}
}

func (r *reader) dict() (Object, error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	from, first := r.pos, len(r.work.entries)
	r.pos += 2
	for {
		r.skip()
		if r.take(">>") {
			r.depth--
			out := Dict(taken(&r.work.entries, first))
			return out, unique(out, from)
		}
		if r.peek() != '/' {
			return nil, broken(r.pos, "dictionary key is no name")
		}
		if len(r.work.entries)-first == maxKeys {
			return nil, over("entries of a dictionary")
		}
		key, err := r.name()
		if err != nil {
			return nil, err
		}
		r.skip()
		start := r.pos
		v, err := r.object()
		if err != nil {
			return nil, err
		}
		r.work.entries = append(r.work.entries, Entry{key, v, start, r.pos})
	}
}

// taken moves what stands from first on out of a slice that is used again and again. One
// that became large goes back to the collector.
func taken[T any](from *[]T, first int) []T {
	out := make([]T, len(*from)-first)
	copy(out, (*from)[first:])
	clear((*from)[first:])
	if *from = (*from)[:first]; first == 0 && cap(*from) > maxKept {
		*from = nil
	}
	return out
}

// maxKept is the room that is kept for dictionaries and arrays to come, in values.
const maxKept = 1 << 10

// unique refuses a dictionary with a key twice: readers differ on which one counts.
func unique(d Dict, at int) error {
	if len(d) <= smallDict {
		for i := range d {
			for j := range i {
				if d[i].Key == d[j].Key {
					return broken(at, "key /%s twice", printable(d[i].Key))
				}
			}
		}
		return nil
	}
	keys := make([]Name, len(d))
	for i := range d {
		keys[i] = d[i].Key
	}
	slices.Sort(keys)
	for i := 1; i < len(keys); i++ {
		if keys[i] == keys[i-1] {
			return broken(at, "key /%s twice", printable(keys[i]))
		}
	}
	return nil
}

// enter counts one level of nesting.
func (r *reader) enter() error {
	if r.depth++; r.depth > maxDepth {
		return over("nesting too deep")
	}
	return nil
}

// printable makes a name from a file fit for a message: short, ASCII only.
func printable(n Name) string {
	out := make([]byte, 0, len(n))
	for i := 0; i < len(n) && i < 40; i++ {
		if n[i] > ' ' && n[i] < 0x7f {
			out = append(out, n[i])
		} else {
			out = append(out, '?')
		}
	}
	return string(out)
}
