package pdf

import (
	"bytes"
	"cmp"
	"slices"
)

// decoy reports something like "12 0 obj" or "trailer <<" in the bytes of a revision where
// none of its objects and sections begins: in a stream without filter, say, or in a string.
// A reader that repairs a file, for whatever reason, takes the last of each that it finds.
// spans are the objects and sections, in order.
//
// Its time grows with the bytes alone: what stands beside a word is looked at over blanks
// and digits only, which end at the next word. A trailer before a comment is therefore one
// whatever follows; where a section begins, no comment stands there (7.5.5).
func (f *File) decoy(rev int, spans []span) (bool, error) {
	data := f.data[:f.revs[rev].end]
	for at := range every(data, f.revs[rev].start, "obj") {
		if err := f.work.step(); err != nil {
			return false, err
		}
		if start, ok := objectHead(data, at); ok {
			_, known := slices.BinarySearchFunc(spans, start, func(s span, n int) int { return cmp.Compare(s.start, n) })
			if !known {
				return true, nil
			}
		}
	}
	tables := 0
	for _, s := range f.revs[rev].sections {
		if s.stream == 0 {
			tables++
		}
	}
	for at := range every(data, f.revs[rev].start, "trailer") {
		if err := f.work.step(); err != nil {
			return false, err
		}
		r := &reader{src: data, pos: at + len("trailer")}
		if r.spaces(); r.peek() == '%' || r.take("<<") {
			tables--
		}
	}
	return tables < 0, nil
}

// every yields where a word stands.
func every(data []byte, from int, word string) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for {
			next := bytes.Index(data[from:], []byte(word))
			if next < 0 || !yield(from+next) {
				return
			}
			from += next + len(word)
		}
	}
}

// objectHead returns where "12 0 obj" begins, of which obj stands at a place.
func objectHead(data []byte, at int) (start int, ok bool) {
	for range 2 {
		from := at
		for at > 0 && class[data[at-1]] == space {
			at--
		}
		digits := at
		for at > 0 && isDigit(data[at-1]) {
			at--
		}
		if from == digits || at == digits {
			return 0, false
		}
	}
	return at, true
}
