package pdf

import (
	"maps"
	"slices"
	"strconv"
)

// Update gathers the objects of one incremental update (ISO 32000-1, 7.5.6).
type Update struct {
	f    *File
	next int
	objs map[Ref]Object
}

// room is how many new numbers an update finds in a row: far more than a signature with all
// its evidence takes.
const room = 1 << 12

// Update begins an incremental update after the last revision. Its new numbers are none
// that the file mentions: a reference to an object that is not there is one to null (ISO
// 32000-1, 7.3.10), and would show or do something else if the object came.
func (f *File) Update() *Update {
	return &Update{f: f, next: f.next(), objs: map[Ref]Object{}}
}

// next returns the first of room new numbers that nothing mentions.
func (f *File) next() int {
	next := 1
	for _, rev := range f.revs {
		for _, s := range rev.sections {
			size, _ := s.trailer.Get("Size").(Integer)
			next = max(next, s.maxNumber+1, int(size))
		}
	}
	if !f.mentions(next) {
		return next
	}
	scan, err := f.scan()
	if err != nil {
		return next // the file cannot be verified, whatever the numbers
	}
	for _, num := range slices.Sorted(maps.Keys(scan.first)) {
		if num >= next && num < next+room {
			next = num + 1
		}
	}
	return next
}

// Room reports whether the file leaves numbers for the objects that signing and years of
// renewals add.
func (f *File) Room() bool { return f.next()+maxRevisions*room <= maxNumber }

// Add gives a value a new number.
func (u *Update) Add(value Object) Ref {
	ref := u.Reserve()
	u.objs[ref] = value
	return ref
}

// Reserve takes a new number; Set must follow.
func (u *Update) Reserve() Ref {
	ref := Ref{Num: u.next}
	u.next++
	return ref
}

// Next returns the number that Reserve would take.
func (u *Update) Next() int { return u.next }

// Set gives the object a value: a reserved one, or one of the file, which is replaced.
func (u *Update) Set(ref Ref, value Object) { u.objs[ref] = value }

// Value returns what Set or Add gave the object in this update, nil if nothing did.
func (u *Update) Value(ref Ref) Object { return u.objs[ref] }

// Bytes returns the old bytes followed by the update, and the offset of each object in
// it. The cross-reference is of the kind of the last section; id is the new second part
// of the trailer's ID, left out when the file has none.
func (u *Update) Bytes(id []byte) ([]byte, map[Ref]int) {
	refs := slices.SortedFunc(maps.Keys(u.objs), func(a, b Ref) int { return a.Num - b.Num })
	old := len(u.f.data)
	out := slices.Grow(u.f.data[:old:old], u.estimate()) // a copy: there is no room behind
	if c := out[len(out)-1]; c != '\n' && c != '\r' {
		out = append(out, '\n')
	}
	at := make(map[Ref]int, len(refs))
	for _, ref := range refs {
		at[ref] = len(out)
		out = strconv.AppendInt(out, int64(ref.Num), 10)
		out = append(out, ' ')
		out = strconv.AppendInt(out, int64(ref.Gen), 10)
		out = append(out, " obj\n"...)
		out = Append(out, u.objs[ref])
		out = append(out, "\nendobj\n"...)
	}
	last := u.f.revs[len(u.f.revs)-1].sections[0]
	start := len(out)
	if last.stream != 0 {
		out = u.appendXrefStream(out, refs, at, last, id)
	} else {
		out = u.appendTable(out, refs, at, last, id)
	}
	out = append(out, "startxref\n"...)
	out = strconv.AppendInt(out, int64(start), 10)
	return append(out, "\n%%EOF\n"...), at
}

// estimate is room for the objects, so that the file is copied once.
func (u *Update) estimate() int {
	n := 1 << 11
	for _, o := range u.objs {
		switch o := o.(type) {
		case Raw:
			n += len(o)
		case *Stream:
			n += len(o.Data)
		case Holed:
			n += len(o.Before) + 2*o.Size
		}
		n += 1 << 8
	}
	return n
}

// appendTable writes "xref", a run for each stretch of numbers, and the trailer.
func (u *Update) appendTable(out []byte, refs []Ref, at map[Ref]int, last *section, id []byte) []byte {
	out = append(out, "xref\n"...)
	for len(refs) > 0 {
		n := stretch(refs)
		out = strconv.AppendInt(out, int64(refs[0].Num), 10)
		out = append(out, ' ')
		out = strconv.AppendInt(out, int64(n), 10)
		out = append(out, '\n')
		for _, ref := range refs[:n] {
			out = appendPadded(out, at[ref], 10)
			out = append(out, ' ')
			out = appendPadded(out, ref.Gen, 5)
			out = append(out, " n \n"...)
		}
		refs = refs[n:]
	}
	out = append(out, "trailer\n"...)
	out = appendDict(out, u.trailer(last, id))
	return append(out, '\n')
}

// appendXrefStream writes a cross-reference stream without filter; it lists itself.
func (u *Update) appendXrefStream(out []byte, refs []Ref, at map[Ref]int, last *section, id []byte) []byte {
	self := Ref{Num: u.next}
	at[self] = len(out)
	refs = append(refs, self)
	var data []byte
	index := Array{}
	for len(refs) > 0 {
		n := stretch(refs)
		index = append(index, Integer(refs[0].Num), Integer(n))
		for _, ref := range refs[:n] {
			o := at[ref]
			data = append(data, plain, byte(o>>24), byte(o>>16), byte(o>>8), byte(o), byte(ref.Gen>>8), byte(ref.Gen))
		}
		refs = refs[n:]
	}
	d := u.trailer(last, id).With("Size", Integer(u.next+1)).With("Type", Name("XRef"))
	d = d.With("W", Array{Integer(1), Integer(4), Integer(2)}).With("Index", index)
	out = strconv.AppendInt(out, int64(self.Num), 10)
	out = append(out, " 0 obj\n"...)
	out = Append(out, &Stream{Dict: d, Data: data})
	return append(out, "\nendobj\n"...)
}

// stretch counts the references at the front whose numbers follow one another.
func stretch(refs []Ref) int {
	n := 1
	for n < len(refs) && refs[n].Num == refs[n-1].Num+1 {
		n++
	}
	return n
}

// sectionKeys belong to one section; a new trailer takes over all others.
var sectionKeys = []Name{"Size", "Prev", "ID", "Type", "W", "Index", "Filter", "DecodeParms", "Length", "XRefStm"}

// trailer makes the trailer of the update from that of the last section.
func (u *Update) trailer(last *section, id []byte) Dict {
	d := Dict{{Key: "Size", Value: Integer(u.next)}}
	for _, e := range last.trailer {
		if !slices.Contains(sectionKeys, e.Key) {
			d = append(d, Entry{Key: e.Key, Value: e.Value})
		}
	}
	if old, ok := last.trailer.Get("ID").(Array); ok && len(old) == 2 {
		d = d.With("ID", Array{old[0], String(id)})
	}
	return d.With("Prev", Integer(last.start))
}

func appendPadded(out []byte, n, width int) []byte {
	s := strconv.Itoa(n)
	for range width - len(s) {
		out = append(out, '0')
	}
	return append(out, s...)
}
