package pdf

import "strings"

// words takes bytes apart as a reader does that repairs: nothing is malformed, and what
// does not end ends with the bytes.
type words struct {
	src []byte
	pos int
	// last is the word at which it stands: a name with its slash and #xx decoded, << >> [ ] { },
	// ( or < for a whole string, or what else stands between blanks, as far as it counts.
	last string
}

// longWord is more than any word has that counts, in bytes.
const longWord = 64

// next goes to the next word, false at the end.
func (w *words) next() bool {
	r := &reader{src: w.src, pos: w.pos}
	r.skip()
	w.pos = r.pos
	if w.pos >= len(w.src) {
		return false
	}
	switch c := w.src[w.pos]; {
	case c == '/':
		w.pos++
		w.last = "/" + named(w.regular())
	case c == '(':
		w.last = "("
		w.literal()
	case w.double():
		w.last = string(w.src[w.pos : w.pos+2])
		w.pos += 2
	case c == '<':
		w.last = "<"
		for w.pos < len(w.src) && w.src[w.pos] != '>' {
			w.pos++
		}
		w.pos = min(w.pos+1, len(w.src))
	case class[c] == delimiter:
		w.last = string(c)
		w.pos++
	default:
		text := w.regular()
		w.last = string(text[:min(len(text), longWord)])
	}
	return true
}

// double reports << or >>.
func (w *words) double() bool {
	c := w.src[w.pos]
	return (c == '<' || c == '>') && w.pos+1 < len(w.src) && w.src[w.pos+1] == c
}

// regular passes the bytes up to a blank or a delimiter.
func (w *words) regular() []byte {
	from := w.pos
	for w.pos < len(w.src) && class[w.src[w.pos]] == regular {
		w.pos++
	}
	return w.src[from:w.pos]
}

// literal passes a literal string (ISO 32000-1, 7.3.4.2).
func (w *words) literal() {
	for depth := 0; w.pos < len(w.src); w.pos++ {
		switch w.src[w.pos] {
		case '\\':
			w.pos++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				w.pos++
				return
			}
		}
	}
	w.pos = len(w.src)
}

// named is a name without its slash; of #xx that is none the characters stay.
func named(raw []byte) string {
	out := make([]byte, 0, min(len(raw), longWord))
	for i := 0; i < len(raw) && len(out) < longWord; i++ {
		if raw[i] == '#' && i+2 < len(raw) && unhex(raw[i+1]) >= 0 && unhex(raw[i+2]) >= 0 {
			out = append(out, byte(unhex(raw[i+1])<<4|unhex(raw[i+2])))
			i += 2
			continue
		}
		out = append(out, raw[i])
	}
	name, _, _ := strings.Cut(string(out), "\x00") // at which some readers end it
	return name
}
