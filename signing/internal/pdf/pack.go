package pdf

// pack is an object stream taken apart (ISO 32000-1, 7.5.7).
type pack struct {
	src     []byte
	first   int
	numbers []int
	offsets []int
}

// packedAt reads one object out of the object stream container.
func (f *File) packedAt(container *Indirect, num, index int) (*Indirect, error) {
	where := place{container.Start, index}
	if o, ok := f.objects[where]; ok {
		return o, nil
	}
	if err, ok := f.failed[where]; ok {
		return nil, err
	}
	o, err := f.unpack(container, num, index)
	if err != nil {
		f.failed[where] = err
		return nil, err
	}
	f.objects[where] = o
	return o, nil
}

// unpack is packedAt for the first time.
func (f *File) unpack(container *Indirect, num, index int) (*Indirect, error) {
	p, err := f.pack(container)
	if err != nil {
		return nil, err
	}
	if index >= len(p.numbers) || p.numbers[index] != num {
		return nil, broken(container.Start, "object %d is not at its place in the object stream", num)
	}
	r := &reader{src: p.src, pos: p.first + p.offsets[index], work: &f.work}
	value, err := r.object()
	if err != nil {
		return nil, err
	}
	end := len(p.src)
	if index+1 < len(p.offsets) {
		end = p.first + p.offsets[index+1]
	}
	if r.blanks(); r.pos != end {
		return nil, broken(container.Start, "object %d does not end where the next one begins", num)
	}
	return &Indirect{Ref: Ref{Num: num}, Value: value}, nil
}

// pack inflates an object stream and reads its table of numbers and offsets. The objects
// stand in that order, from First on, with nothing but blanks between: readers that find
// it otherwise repair the file, and show what they then find.
func (f *File) pack(container *Indirect) (*pack, error) {
	if p, ok := f.packs[container.Start]; ok {
		return p, nil
	}
	if err, ok := f.failed[place{container.Start, whole}]; ok {
		return nil, err
	}
	p, err := f.takeApart(container)
	if err != nil {
		f.failed[place{container.Start, whole}] = err
		return nil, err
	}
	f.packs[container.Start] = p
	return p, nil
}

// whole is the index of an object stream itself among those of its objects.
const whole = -2

// takeApart is pack for the first time.
func (f *File) takeApart(container *Indirect) (*pack, error) {
	s, ok := container.Value.(*Stream)
	if !ok || s.Dict.Get("Type") != Name("ObjStm") {
		return nil, broken(container.Start, "no object stream")
	}
	src, err := f.inflate(s)
	if err != nil {
		return nil, err
	}
	n, ok1 := s.Dict.Get("N").(Integer)
	first, ok2 := s.Dict.Get("First").(Integer)
	if !ok1 || !ok2 || n < 0 || first < 0 || first > Integer(len(src)) || n > first {
		return nil, broken(container.Start, "malformed object stream")
	}
	p := &pack{src: src, first: int(first)}
	r := &reader{src: src[:first], work: &f.work}
	last := -1
	for range n {
		if err := f.work.step(); err != nil {
			return nil, err
		}
		r.blanks()
		num, ok1 := r.digits()
		r.blanks()
		offset, ok2 := r.digits()
		if !ok1 || !ok2 || num <= 0 || num > maxNumber || offset > len(src)-int(first) || offset <= last || last < 0 && offset > 0 {
			return nil, broken(container.Start, "malformed table of an object stream")
		}
		p.numbers = append(p.numbers, num)
		p.offsets = append(p.offsets, offset)
		last = offset
	}
	if r.blanks(); r.pos < len(r.src) {
		return nil, broken(container.Start, "bytes after the table of an object stream")
	}
	return p, nil
}
