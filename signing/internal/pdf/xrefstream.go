package pdf

// xrefStream reads a cross-reference stream (ISO 32000-1, 7.5.8) at the reader's place.
func (f *File) xrefStream(s *section, r *reader) error {
	obj, err := f.indirect(r, -1)
	if err != nil {
		return err
	}
	stream, ok := obj.Value.(*Stream)
	if !ok || stream.Dict.Get("Type") != Name("XRef") {
		return broken(s.start, "neither a cross-reference table nor a stream")
	}
	s.stream, s.trailer = obj.Ref.Num, stream.Dict
	widths, ok := fieldWidths(stream.Dict.Get("W"))
	if !ok {
		return broken(s.start, "malformed W")
	}
	data, err := f.inflate(stream)
	if err != nil {
		return err
	}
	size, _ := stream.Dict.Get("Size").(Integer)
	index, ok := stream.Dict.Get("Index").(Array)
	if !ok {
		index = Array{Integer(0), size}
	}
	return s.streamRuns(data, widths, index)
}

// fieldWidths reads W: three widths, the second at least one. Readers refuse widths over
// those of their integers, and repair the file instead.
func fieldWidths(o Object) (w [3]int, ok bool) {
	a, _ := o.(Array)
	if len(a) != 3 {
		return w, false
	}
	for i, v := range a {
		n, isInt := v.(Integer)
		if !isInt || n < 0 || n > [3]Integer{4, 8, 4}[i] {
			return w, false
		}
		w[i] = int(n)
	}
	return w, w[1] > 0
}

// streamRuns reads the entries that Index announces; they must use up the data.
func (s *section) streamRuns(data []byte, w [3]int, index Array) error {
	width := w[0] + w[1] + w[2]
	for i := 0; i+1 < len(index); i += 2 {
		first, ok1 := index[i].(Integer)
		count, ok2 := index[i+1].(Integer)
		if !ok1 || !ok2 || first < 0 || first > maxNumber || count < 0 || count > Integer(len(data)/width) {
			return broken(s.start, "malformed Index")
		}
		entries := make([]xrefEntry, count)
		for j := range entries {
			e, ok := streamEntry(data[j*width:], w)
			if !ok {
				return broken(s.start, "malformed entry of object %d", int(first)+j)
			}
			entries[j] = e
			s.highest = max(s.highest, offsetOf(e))
		}
		data = data[int(count)*width:]
		s.count += int(count)
		s.runs = append(s.runs, run{int(first), entries})
	}
	if len(data) != 0 || len(index)%2 != 0 {
		return broken(s.start, "cross-reference stream and Index differ in length")
	}
	return nil
}

// streamEntry reads one entry (table 18). A first field of width 0 means type 1.
func streamEntry(b []byte, w [3]int) (xrefEntry, bool) {
	var field [3]uint64
	if w[0] == 0 {
		field[0] = plain
	}
	for i := range w {
		for range w[i] {
			field[i] = field[i]<<8 | uint64(b[0])
			b = b[1:]
		}
	}
	switch field[0] {
	case free:
		return xrefEntry{kind: free, gen: uint16(min(field[2], 65535))}, true
	case plain:
		ok := field[1] > 0 && field[1] < maxSize && field[2] <= 65535
		return xrefEntry{kind: plain, offset: int32(field[1]), gen: uint16(field[2])}, ok
	case packed:
		ok := field[1] > 0 && field[1] <= maxNumber && field[2] < maxEntries
		return xrefEntry{kind: packed, offset: int32(field[1]), index: int32(field[2])}, ok
	}
	return xrefEntry{}, false
}
