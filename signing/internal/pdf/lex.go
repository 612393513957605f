package pdf

import "strings"

// Character classes of ISO 32000-1, 7.2.2.
const (
	regular = iota
	space
	delimiter
)

var class = func() (t [256]byte) {
	for _, c := range []byte("\x00\t\n\f\r ") {
		t[c] = space
	}
	for _, c := range []byte("()<>[]{}/%") {
		t[c] = delimiter
	}
	return t
}()

// reader walks over source bytes. Positions are offsets into src.
type reader struct {
	src   []byte
	pos   int
	depth int
	work  *work
}

// work counts what all readers of one file have done.
type work struct {
	values   int // values made
	bytes    int // bytes of objects read
	inflated int // bytes out of filters
	compared int // values of one revision held against those of another
	maxBytes int
	steps    int          // of searches, and values made: how often to ask stop
	stop     func() error // not nil: nobody waits for the answer any more; nil: never
	// entries and elements are those of the dictionaries and arrays that are open, so that
	// each takes no more memory than it needs.
	entries  []Entry
	elements []Object
}

// open is how many entries and elements there are, for close to go back to.
func (w *work) open() [2]int { return [2]int{len(w.entries), len(w.elements)} }

// close forgets the entries and elements since open, where reading went wrong.
func (w *work) close(at [2]int) {
	clear(w.entries[at[0]:])
	clear(w.elements[at[1]:])
	w.entries, w.elements = w.entries[:at[0]], w.elements[:at[1]]
}

// value counts one more value.
func (w *work) value() error {
	if w.values++; w.values > maxValues {
		return over("too many values")
	}
	return w.step()
}

// step counts one step of something long, and asks now and then whether anybody still
// waits. What it takes between two questions must not grow with the file.
func (w *work) step() error {
	if w.steps++; w.steps%stepsAsked != 0 || w.stop == nil {
		return nil
	}
	return w.stop()
}

// peek returns the byte at the position, 0 at the end.
func (r *reader) peek() byte {
	if r.pos < len(r.src) {
		return r.src[r.pos]
	}
	return 0
}

// skip passes white space and comments.
func (r *reader) skip() {
	for r.pos < len(r.src) {
		c := r.src[r.pos]
		switch {
		case class[c] == space:
			r.pos++
		case c == '%':
			for r.pos < len(r.src) && r.src[r.pos] != '\n' && r.src[r.pos] != '\r' {
				r.pos++
			}
		default:
			return
		}
	}
}

// spaces passes white space only, and reports whether there was any.
func (r *reader) spaces() bool {
	from := r.pos
	for r.pos < len(r.src) && class[r.src[r.pos]] == space {
		r.pos++
	}
	return r.pos > from
}

// blanks passes blanks, tabs and ends of line, and reports whether there were any. Between
// the words that hold a file together no other white space is taken: where readers differ
// on NUL and form feed, one of them begins to repair the file, and shows what it finds.
func (r *reader) blanks() bool {
	from := r.pos
	for r.pos < len(r.src) && strings.IndexByte(" \t\r\n", r.src[r.pos]) >= 0 {
		r.pos++
	}
	return r.pos > from
}

// line passes blanks and one end of line.
func (r *reader) line() bool {
	for r.peek() == ' ' || r.peek() == '\t' {
		r.pos++
	}
	return r.eol()
}

// eol passes one end-of-line marker: CR LF, LF or CR.
func (r *reader) eol() bool {
	switch r.peek() {
	case '\n':
		r.pos++
		return true
	case '\r':
		r.pos++
		if r.peek() == '\n' {
			r.pos++
		}
		return r.pos <= len(r.src)
	}
	return false
}

// take passes exactly the given text.
func (r *reader) take(text string) bool {
	if len(r.src)-r.pos < len(text) || string(r.src[r.pos:r.pos+len(text)]) != text {
		return false
	}
	r.pos += len(text)
	return true
}

// keyword passes the given text if it ends there.
func (r *reader) keyword(text string) bool {
	end := r.pos + len(text)
	if len(r.src) < end || string(r.src[r.pos:end]) != text {
		return false
	}
	if end < len(r.src) && class[r.src[end]] == regular {
		return false
	}
	r.pos = end
	return true
}

// digits reads a whole number without sign, at most maxDigits long.
func (r *reader) digits() (int, bool) {
	from, n := r.pos, 0
	for r.pos < len(r.src) && r.src[r.pos] >= '0' && r.src[r.pos] <= '9' {
		n = n*10 + int(r.src[r.pos]-'0')
		if r.pos++; r.pos-from > maxDigits {
			return 0, false
		}
	}
	return n, r.pos > from
}
