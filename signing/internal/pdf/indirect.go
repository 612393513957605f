package pdf

// Indirect is an object with a number.
type Indirect struct {
	Ref   Ref
	Value Object
	// Start and End are the offsets of "12 0 obj" and after "endobj", both zero for an
	// object inside an object stream.
	Start, End int
}

// Packed reports whether the object stands in an object stream.
func (o *Indirect) Packed() bool { return o.End == 0 }

// place is where an object was read: offset and -1, or the offset of an object stream
// and an index into it.
type place struct{ offset, index int }

func (f *File) reader(pos int) *reader {
	return &reader{src: f.data, pos: pos, work: &f.work}
}

// at reads the object at an offset, once. Indirect lengths count as of revision rev.
func (f *File) at(offset, rev int) (*Indirect, error) {
	if o, ok := f.objects[place{offset, -1}]; ok {
		return o, nil
	}
	if f.reading[offset] {
		return nil, broken(offset, "object needs itself to be read")
	}
	f.reading[offset] = true
	defer delete(f.reading, offset)
	if err, ok := f.failed[place{offset, -1}]; ok {
		return nil, err
	}
	open := f.work.open()
	o, err := f.indirect(f.reader(offset), rev)
	if err != nil {
		f.work.close(open)
		f.failed[place{offset, -1}] = err // many may point to what takes long to fail
		return nil, err
	}
	f.objects[place{offset, -1}] = o
	return o, nil
}

// indirect reads "12 0 obj value endobj". rev is -1 while the sections are being read:
// a length must then be direct.
func (f *File) indirect(r *reader, rev int) (*Indirect, error) {
	start := r.pos
	num, ok1 := r.digits()
	ok1 = ok1 && r.blanks()
	gen, ok2 := r.digits()
	if !ok1 || !ok2 || !r.blanks() || !r.keyword("obj") || num <= 0 || num > maxNumber || gen > 65535 {
		return nil, broken(start, "no object here")
	}
	value, err := r.object()
	if err != nil {
		return nil, err
	}
	r.skip()
	if d, ok := value.(Dict); ok && r.keyword("stream") {
		data, err := f.streamData(r, d, rev)
		if err != nil {
			return nil, err
		}
		value = &Stream{Dict: d, Data: data}
		r.skip()
	}
	if !r.keyword("endobj") {
		return nil, broken(r.pos, "object %d without endobj", num)
	}
	if f.work.bytes += r.pos - start; f.work.bytes > f.work.maxBytes {
		return nil, over("objects inside objects")
	}
	return &Indirect{Ref: Ref{num, gen}, Value: value, Start: start, End: r.pos}, nil
}

// streamData reads the bytes after "stream": CR LF or LF, exactly Length bytes, at most
// one end of line, "endstream" (ISO 32000-1, 7.3.8.1).
func (f *File) streamData(r *reader, d Dict, rev int) ([]byte, error) {
	at := r.pos
	if r.peek() == '\r' {
		r.pos++
	}
	if r.peek() != '\n' {
		return nil, broken(at, "stream keyword without end of line")
	}
	r.pos++
	length, err := f.length(d.Get("Length"), rev)
	if err != nil {
		return nil, err
	}
	if length < 0 || length > len(r.src)-r.pos {
		return nil, broken(at, "stream length out of range")
	}
	data := r.src[r.pos : r.pos+length : r.pos+length]
	r.pos += length
	r.eol()
	if !r.keyword("endstream") {
		return nil, broken(r.pos, "stream length is wrong")
	}
	return data, nil
}

func (f *File) length(o Object, rev int) (int, error) {
	if ref, ok := o.(Ref); ok && rev >= 0 {
		target, err := f.State(rev).Load(ref)
		if err != nil {
			return 0, err
		}
		o = nil
		if target != nil {
			o = target.Value
		}
	}
	n, ok := o.(Integer)
	if !ok || n < 0 || n > maxSize {
		return 0, broken(0, "stream length missing or malformed")
	}
	return int(n), nil
}
