package pdf

import "bytes"

// mentions reports whether the file may refer to an object of that number or a higher
// one. No is sure: the one word that makes a reference is R (ISO 32000-1, 7.3.10), it is
// looked for in all bytes, and what stands before it is plainly two numbers. Yes is not:
// what looks like a reference may be text, and what is packed was not looked at.
func (f *File) mentions(number int) bool {
	for _, rev := range f.revs {
		for _, s := range rev.sections {
			if s.packs() {
				return true
			}
		}
	}
	for at := 0; ; {
		i := bytes.IndexByte(f.data[at:], 'R')
		if i < 0 {
			return false
		}
		at += i + 1
		if referred, plainly := numberBefore(f.data[:at-1]); at == len(f.data) || class[f.data[at]] != regular {
			if !plainly || referred >= number {
				return true
			}
		}
	}
}

// packs reports whether the section has an object in an object stream.
func (s *section) packs() bool {
	for _, run := range s.runs {
		for _, e := range run.entries {
			if e.kind == packed {
				return true
			}
		}
	}
	return false
}

// numberBefore reads backwards the object number that an R after src would refer to, -1 if
// the R is part of a longer word or a name. It is not plain where anything else stands there,
// such as the end of a comment.
func numberBefore(src []byte) (number int, plainly bool) {
	if len(src) == 0 {
		return -1, true
	}
	last := src[len(src)-1]
	if isDigit(last) {
		return 0, false
	}
	if class[last] != space {
		return -1, true
	}
	_, src = lastNumber(src) // the generation
	if len(src) == 0 || class[src[len(src)-1]] != space {
		return 0, false
	}
	digits, _ := lastNumber(src)
	if len(digits) == 0 || len(digits) > 10 {
		return 0, false
	}
	for _, c := range digits {
		number = 10*number + int(c-'0')
	}
	return number, true
}

// lastNumber cuts the spaces at the end of src, and the digits before them; nothing is
// left where there are none.
func lastNumber(src []byte) (digits, rest []byte) {
	end := len(src)
	for end > 0 && class[src[end-1]] == space {
		end--
	}
	start := end
	for start > 0 && isDigit(src[start-1]) {
		start--
	}
	if start == end {
		return nil, nil
	}
	return src[start:end], src[:start]
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
