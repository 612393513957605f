package pdf

import (
	"bytes"
	"slices"
)

// File is a PDF whose structure was read and found sound.
type File struct {
	data []byte
	work work
	revs []revision // the original first

	objects map[place]*Indirect    // read so far
	failed  map[place]error        // why others could not be read: they are not tried again
	packs   map[int]*pack          // object streams read so far, by offset
	reading map[int]bool           // offsets being read now: a stream whose Length is itself
	dicts   map[filling]*Signature // signature dictionaries looked at
	scanned *scan                  // nil until a comparison needs it
	changes map[int][]Change       // of the revisions compared so far
	named   int                    // values looked at to give objects names for people
}

// revision is the original file or one incremental update.
type revision struct {
	start int // where its bytes begin
	eof   int // after %%EOF
	end   int // after the end of line that follows, where the next one begins
	// sections holds one cross-reference section. The original of a linearised file
	// (ISO 32000-1, annex F) has two: that of the first page, looked at first, and the main
	// one. A hybrid revision has a stream after its table, and that of Word the main table
	// after both.
	sections []*section
}

// trailer is the dictionary that counts in this revision.
func (r *revision) trailer() Dict { return r.sections[0].trailer }

// hybrid reports a revision with a stream that only some readers know of.
func (r *revision) hybrid() bool {
	return slices.ContainsFunc(r.sections, func(s *section) bool { return s.hidden })
}

// section reports whether the object of that number at that place is one of the
// revision's cross-reference streams.
func (r *revision) section(num, start int) bool {
	return slices.ContainsFunc(r.sections, func(s *section) bool { return s.stream == num && s.start == start })
}

// Open reads the structure of a file: the header at its first byte, the last section
// named by the last bytes, and from there the chain of Prev. It keeps data and does not
// change it.
//
// Errors: ErrNotPDF, ErrTooLarge, ErrStructure, ErrEncrypted, ErrLimit.
func Open(data []byte) (*File, error) { return OpenUntil(data, nil) }

// OpenUntil is Open for somebody who may leave before the end: whatever is done with the
// file ends with the error of stop soon after stop returns one. A nil stop never does.
func OpenUntil(data []byte, stop func() error) (*File, error) {
	if len(data) > maxSize {
		return nil, ErrTooLarge
	}
	if !header(data) {
		return nil, ErrNotPDF
	}
	f := &File{
		data:    data,
		work:    work{maxBytes: 8*len(data) + 1<<20, stop: stop},
		objects: map[place]*Indirect{},
		failed:  map[place]error{},
		packs:   map[int]*pack{},
		reading: map[int]bool{},
		changes: map[int][]Change{},
		dicts:   map[filling]*Signature{},
	}
	last, err := lastSection(data)
	if err != nil {
		return nil, err
	}
	if err := f.chain(last); err != nil {
		return nil, err
	}
	if err := f.checkTrailers(); err != nil {
		return nil, err
	}
	if err := f.views(); err != nil {
		return nil, err
	}
	return f, nil
}

// header reports whether the file begins with %PDF-1.x or %PDF-2.x and an end of line.
func header(data []byte) bool {
	if len(data) < 9 || !bytes.HasPrefix(data, []byte("%PDF-")) {
		return false
	}
	major, point, minor := data[5], data[6], data[7]
	eol := class[data[8]] == space
	return (major == '1' || major == '2') && point == '.' && minor >= '0' && minor <= '9' && eol
}

// lastSection reads the offset before the final %%EOF, after which nothing but one end
// of line may stand. What follows the end has been used to hide a second file.
func lastSection(data []byte) (int, error) {
	tail := data[max(0, len(data)-64):]
	i := bytes.LastIndex(tail, []byte("startxref"))
	if i < 0 {
		return 0, broken(len(data), "no startxref at the end")
	}
	r := &reader{src: data, pos: len(data) - len(tail) + i}
	offset, _, end, err := r.ending()
	if err == nil && end != len(data) {
		err = broken(end, "bytes after the end")
	}
	return offset, err
}

// ending reads "startxref", an offset and "%%EOF", each on its line.
func (r *reader) ending() (offset, eof, end int, err error) {
	from := r.pos
	ok := r.take("startxref") && r.line()
	at := r.pos
	if ok {
		offset, ok = r.digits()
	}
	if !ok || r.pos-at > maxOffset || !r.line() || !r.take("%%EOF") {
		return 0, 0, 0, broken(from, "malformed startxref or %%%%EOF")
	}
	eof = r.pos
	if eof < len(r.src) && !r.eol() {
		return 0, 0, 0, broken(eof, "bytes after %%%%EOF")
	}
	return offset, eof, r.pos, nil
}

// chain reads the sections from the last one back and arranges them as revisions.
func (f *File) chain(offset int) error {
	entries := 0
	for offset >= 0 {
		if len(f.revs) == maxRevisions {
			return over("too many revisions")
		}
		s, err := f.section(offset)
		if err != nil {
			return err
		}
		rev := revision{eof: s.eof, end: s.end, sections: []*section{s}}
		offset = s.prev
		switch {
		case s.hides >= 0:
			if offset, err = f.hybrid(&rev); err != nil {
				return err
			}
		case offset > s.start:
			main, err := f.linearised(s)
			if err != nil {
				return err
			}
			rev.eof, rev.end, rev.sections = main.eof, main.end, append(rev.sections, main)
			offset = -1
		case s.named != s.start:
			return broken(s.start, "section not named by its own startxref")
		}
		for _, s := range rev.sections {
			entries += s.count
		}
		if entries > maxEntries {
			return over("too many objects")
		}
		f.revs = append(f.revs, rev)
	}
	slices.Reverse(f.revs)
	return f.contiguous()
}

// linearised reads the main section of a linearised original, the only place where
// Prev points forward. Its startxref names the section of the first page.
func (f *File) linearised(first *section) (*section, error) {
	main, err := f.section(first.prev)
	if err != nil {
		return nil, err
	}
	bare := first.named == unnamed && first.stream != 0
	if first.named != 0 && !bare || main.named != first.start || main.prev >= 0 || main.hides >= 0 || first.end > main.start {
		return nil, broken(first.start, "Prev points forward")
	}
	return main, nil
}

// contiguous checks that revisions follow one another and each entry of a revision
// points before its end.
func (f *File) contiguous() error {
	start := 0
	for i := range f.revs {
		rev := &f.revs[i]
		rev.start = start
		if rev.sections[0].start < start {
			return broken(rev.sections[0].start, "revisions overlap")
		}
		for _, s := range rev.sections {
			if s.highest >= rev.end {
				return broken(s.start, "object beyond the end of its revision")
			}
			if s.hidden && s.start < start {
				return broken(s.start, "XRefStm names a stream of an earlier revision")
			}
		}
		start = rev.end
	}
	if start != len(f.data) {
		return broken(start, "bytes after the revision that the end of the file names")
	}
	return nil
}

// checkTrailers refuses encryption and a trailer without Root.
func (f *File) checkTrailers() error {
	for i := range f.revs {
		for _, s := range f.revs[i].sections {
			if s.trailer.Get("Encrypt") != nil {
				return ErrEncrypted
			}
		}
		if _, ok := f.revs[i].trailer().Get("Root").(Ref); !ok {
			return broken(f.revs[i].sections[0].start, "trailer without Root")
		}
	}
	return nil
}

// Data returns the bytes of the file. They must not be changed.
func (f *File) Data() []byte { return f.data }

// Revisions returns how many revisions the file has, at least one.
func (f *File) Revisions() int { return len(f.revs) }

// End returns the offsets after the %%EOF of a revision, without and with the end of
// line that follows. A byte range may end at either.
func (f *File) End(rev int) (eof, end int) { return f.revs[rev].eof, f.revs[rev].end }

// Hides reports a revision whose Size is too small for the objects before it: readers differ
// on whether these are there (ISO 32000-1, table 15).
func (f *File) Hides() bool {
	for rev := range f.revs {
		if size, _ := f.revs[rev].trailer().Get("Size").(Integer); size <= Integer(f.highest(rev)) {
			return true
		}
	}
	return false
}

// highest returns the highest object number in use up to a revision.
func (f *File) highest(rev int) int {
	n := 0
	for _, r := range f.revs[:rev+1] {
		for _, s := range r.sections {
			n = max(n, s.maxNumber)
		}
	}
	return n
}
