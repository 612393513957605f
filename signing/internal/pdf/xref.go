package pdf

import (
	"bytes"
	"cmp"
	"slices"
)

// section is one cross-reference section with its trailer (ISO 32000-1, 7.5.4, 7.5.8).
type section struct {
	start    int // of "xref" or of the object that is a cross-reference stream
	eof, end int // after %%EOF, and after its end of line
	named    int // what its own startxref says
	stream   int // number of the cross-reference stream, 0 for a table
	trailer  Dict
	prev     int // -1 for the first
	hides    int // offset of the stream that a table names in XRefStm, -1 for none
	// hidden marks that stream: readers that do not know it see the file without it.
	hidden    bool
	runs      []run
	count     int // entries
	highest   int // offset in any entry
	maxNumber int // object number in any entry
}

// unnamed marks a section without startxref: the first cross-reference stream of a
// linearised file may lack it, and those that are looked up beside a table do.
const unnamed = -1

// run is a stretch of entries with consecutive object numbers.
type run struct {
	first   int
	entries []xrefEntry
}

// xrefEntry is where an object stands.
type xrefEntry struct {
	kind   uint8 // free, plain, packed
	gen    uint16
	offset int32 // plain: of the object; packed: number of the object stream
	index  int32 // packed: place in the object stream
}

const (
	free = iota
	plain
	packed
)

// find returns the entry of a number.
func (s *section) find(num int) (xrefEntry, bool) {
	i, found := slices.BinarySearchFunc(s.runs, num, func(r run, n int) int { return cmp.Compare(r.first, n) })
	if !found {
		i--
	}
	if i < 0 || num-s.runs[i].first >= len(s.runs[i].entries) {
		return xrefEntry{}, false
	}
	return s.runs[i].entries[num-s.runs[i].first], true
}

// each calls yield with every entry, numbers rising.
func (s *section) each(yield func(num int, e xrefEntry) bool) {
	for _, r := range s.runs {
		for i, e := range r.entries {
			if !yield(r.first+i, e) {
				return
			}
		}
	}
}

// section reads the table or stream at an offset.
func (f *File) section(offset int) (*section, error) {
	if offset <= 0 || offset >= len(f.data) {
		return nil, broken(offset, "cross-reference offset outside the file")
	}
	r := f.reader(offset)
	s := &section{start: offset, prev: -1, hides: -1}
	var err error
	if r.keyword("xref") {
		err = s.table(r)
	} else {
		err = f.xrefStream(s, r)
	}
	if err != nil {
		return nil, err
	}
	s.named, s.eof, s.end = unnamed, r.pos, r.pos
	r.blanks()
	second := bytes.HasPrefix(r.src[r.pos:], []byte("xref")) // of a hybrid pair by Acrobat 7
	if s.stream == 0 && !second || bytes.HasPrefix(r.src[r.pos:], []byte("startxref")) {
		if s.named, s.eof, s.end, err = r.ending(); err != nil {
			return nil, err
		}
	}
	return s, s.finish()
}

// table reads "xref", its runs and the trailer dictionary.
func (s *section) table(r *reader) error {
	if !r.line() {
		return broken(r.pos, "xref not on a line of its own")
	}
	for r.blanks(); !r.keyword("trailer"); r.blanks() {
		if err := s.tableRun(r); err != nil {
			return err
		}
	}
	r.blanks()
	if r.pos+1 >= len(r.src) || !r.take("<<") {
		return broken(r.pos, "no trailer dictionary")
	}
	r.pos -= 2
	d, err := r.dict()
	if err != nil {
		return err
	}
	s.trailer = d.(Dict)
	return nil
}

// tableRun reads "first count" and its entries of exactly 20 bytes.
func (s *section) tableRun(r *reader) error {
	at := r.pos
	first, ok := r.digits()
	if !ok || !r.take(" ") {
		return broken(at, "malformed cross-reference table")
	}
	count, ok := r.digits()
	for ok && r.peek() == ' ' {
		r.pos++
	}
	if !ok || !r.eol() {
		return broken(at, "malformed cross-reference table")
	}
	if count > (len(r.src)-r.pos)/20 || first > maxNumber || count > maxNumber || s.count+count > maxEntries {
		return broken(at, "cross-reference table claims %d entries", count)
	}
	entries := make([]xrefEntry, count)
	for i := range entries {
		e, err := tableEntry(r.src[r.pos:r.pos+20], r.pos)
		if err != nil {
			return err
		}
		entries[i] = e
		s.highest = max(s.highest, offsetOf(e))
		r.pos += 20
	}
	s.count += count
	s.runs = append(s.runs, run{first, entries})
	return nil
}

// tableEntry reads "nnnnnnnnnn ggggg n" with a two-byte end of line.
func tableEntry(b []byte, at int) (xrefEntry, error) {
	offset, gen := 0, 0
	for i := range 10 {
		if b[i] < '0' || b[i] > '9' {
			return xrefEntry{}, broken(at, "malformed cross-reference entry")
		}
		offset = offset*10 + int(b[i]-'0')
	}
	for i := 11; i < 16; i++ {
		if b[i] < '0' || b[i] > '9' {
			return xrefEntry{}, broken(at, "malformed cross-reference entry")
		}
		gen = gen*10 + int(b[i]-'0')
	}
	eol := string(b[18:20])
	if b[10] != ' ' || b[16] != ' ' || eol != " \n" && eol != " \r" && eol != "\r\n" || gen > 65535 {
		return xrefEntry{}, broken(at, "malformed cross-reference entry")
	}
	switch {
	case b[17] == 'f':
		return xrefEntry{kind: free, gen: uint16(gen)}, nil
	case b[17] == 'n' && offset > 0 && offset < maxSize:
		return xrefEntry{kind: plain, gen: uint16(gen), offset: int32(offset)}, nil
	}
	return xrefEntry{}, broken(at, "malformed cross-reference entry")
}

func offsetOf(e xrefEntry) int {
	if e.kind == plain {
		return int(e.offset)
	}
	return 0
}

// finish orders the runs, refuses a number twice, and reads Size and Prev.
func (s *section) finish() error {
	slices.SortFunc(s.runs, func(a, b run) int { return cmp.Compare(a.first, b.first) })
	s.runs = slices.DeleteFunc(s.runs, func(r run) bool { return len(r.entries) == 0 })
	next := 0
	for _, r := range s.runs {
		if r.first < next {
			return broken(s.start, "object %d twice in one section", r.first)
		}
		next = r.first + len(r.entries)
	}
	s.maxNumber = next - 1
	size, ok := s.trailer.Get("Size").(Integer)
	if !ok || size < Integer(next) || size > maxNumber+1 {
		return broken(s.start, "Size missing or too small")
	}
	switch prev := s.trailer.Get("Prev").(type) {
	case nil:
	case Integer:
		if prev <= 0 || prev >= Integer(maxSize) || int(prev) == s.start {
			return broken(s.start, "Prev out of range")
		}
		s.prev = int(prev)
	default:
		return broken(s.start, "Prev is no number")
	}
	return s.beside()
}

// beside reads XRefStm, which only the trailer of a table may have.
func (s *section) beside() error {
	switch at := s.trailer.Get("XRefStm").(type) {
	case nil:
		return nil
	case Integer:
		if s.stream == 0 && at > 0 && at < Integer(maxSize) && int(at) != s.start {
			s.hides = int(at)
			return nil
		}
	}
	return broken(s.start, "XRefStm out of place")
}
