package core

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Reasons for which a line is refused that is no object of JSON.
const (
	reasonObject  = "not one JSON object on one line, or cut"
	reasonTwice   = "stands twice in the line"
	reasonUnknown = "no such field"
	reasonNested  = "is no text, number, true, false or null"
)

// scanner reads the one object of a line: texts, numbers, truths and null, and objects of
// these for names with a dot.
type scanner struct {
	line   string // texts are parts of it
	at     int
	schema *Schema
	values []value
	buf    []byte
	wrong  []Problem
}

// object reads the whole line.
func (s *scanner) object(line []byte) bool {
	s.line, s.at, s.wrong = string(line), 0, nil
	clear(s.values)
	return s.members("") && s.end()
}

// end tells whether nothing follows.
func (s *scanner) end() bool {
	s.space()
	return s.at == len(s.line)
}

func (s *scanner) space() {
	for s.at < len(s.line) && (s.line[s.at] == ' ' || s.line[s.at] == '\t') {
		s.at++
	}
}

func (s *scanner) take(c byte) bool {
	s.space()
	if s.at < len(s.line) && s.line[s.at] == c {
		s.at++
		return true
	}
	return false
}

// members reads an object; of is its name, "" for that of the line.
func (s *scanner) members(of string) bool {
	if !s.take('{') {
		return false
	}
	if s.take('}') {
		return true
	}
	for {
		s.space()
		name, ok := s.text()
		if !ok || !s.take(':') || !s.member(of, name) {
			return false
		}
		if s.take(',') {
			continue
		}
		return s.take('}')
	}
}

func (s *scanner) member(of, name string) bool {
	s.space()
	if s.at == len(s.line) {
		return false
	}
	if of == "" && s.schema.objects[name] {
		if s.line[s.at] == '{' {
			return s.members(name)
		}
		return s.literal("null") || s.skip(name, reasonObjectHere)
	}
	full := name
	if of != "" {
		full = of + "." + name
	}
	i, known := s.schema.byName[full]
	if !known || of == "" && strings.Contains(name, ".") {
		return s.skip(nameOf(full), reasonUnknown)
	}
	if s.values[i].form != absent {
		return s.skip(full, reasonTwice)
	}
	return s.value(&s.values[i], full)
}

// nameOf is the name of a field, or a column, that nobody knows; empty where it may be
// anything, a value among them.
func nameOf(name string) string {
	digits := 0
	for i := range len(name) {
		switch c := name[i]; {
		case c >= '0' && c <= '9' && i > 0:
			digits++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
		case c != '_' && c != '-' && c != '.' || i == 0:
			return ""
		}
	}
	if len(name) > mostFieldName || digits > 4 {
		return ""
	}
	return name
}

// mostFieldName is the longest name that is told, in bytes.
const mostFieldName = 40

const reasonObjectHere = "is an object"

// skip notes that a value is not wanted and reads over it, if it is a simple one.
func (s *scanner) skip(field, reason string) bool {
	s.wrong = append(s.wrong, Problem{field, reason})
	var v value
	return s.value(&v, field)
}

func (s *scanner) value(v *value, name string) bool {
	switch c := s.line[s.at]; {
	case c == '"':
		text, ok := s.text()
		*v = value{form: quoted, text: text}
		return ok
	case c == '-' || c >= '0' && c <= '9':
		text, ok := s.number()
		*v = value{form: digits, text: text}
		return ok
	case s.literal("null"):
		return true
	case s.literal("true"):
		*v = value{form: truth, text: "true"}
		return true
	case s.literal("false"):
		*v = value{form: truth, text: "false"}
		return true
	}
	s.wrong = append(s.wrong, Problem{name, reasonNested})
	return false
}

func (s *scanner) literal(word string) bool {
	if strings.HasPrefix(s.line[s.at:], word) {
		s.at += len(word)
		return true
	}
	return false
}

// number reads a number as RFC 8259, 6 has it.
func (s *scanner) number() (string, bool) {
	start := s.at
	some := func() bool {
		before := s.at
		for s.at < len(s.line) && s.line[s.at] >= '0' && s.line[s.at] <= '9' {
			s.at++
		}
		return s.at > before
	}
	if s.line[s.at] == '-' {
		s.at++
	}
	first := s.at
	if !some() || s.line[first] == '0' && s.at > first+1 {
		return "", false
	}
	if s.at < len(s.line) && s.line[s.at] == '.' {
		s.at++
		if !some() {
			return "", false
		}
	}
	if s.at < len(s.line) && (s.line[s.at] == 'e' || s.line[s.at] == 'E') {
		s.at++
		if s.at < len(s.line) && (s.line[s.at] == '+' || s.line[s.at] == '-') {
			s.at++
		}
		if !some() {
			return "", false
		}
	}
	return s.line[start:s.at], true
}

// text reads a string as RFC 8259, 7 has it. Bytes that are not UTF-8 come through: the
// field is refused, and named.
func (s *scanner) text() (string, bool) {
	if s.at == len(s.line) || s.line[s.at] != '"' {
		return "", false
	}
	s.at++
	start := s.at
	for i := start; i < len(s.line); i++ {
		switch c := s.line[i]; {
		case c == '"':
			s.at = i + 1
			return s.line[start:i], true
		case c == '\\':
			return s.escaped(start, i)
		case c < ' ':
			return "", false
		}
	}
	return "", false
}

// escaped goes on with a text where its first backslash stands.
func (s *scanner) escaped(start, i int) (string, bool) {
	s.buf = append(s.buf[:0], s.line[start:i]...)
	for i < len(s.line) {
		c := s.line[i]
		switch {
		case c == '"':
			s.at = i + 1
			return string(s.buf), true
		case c < ' ':
			return "", false
		case c != '\\':
			s.buf = append(s.buf, c)
			i++
			continue
		}
		n := s.escape(i + 1)
		if n == 0 {
			return "", false
		}
		i += 1 + n
	}
	return "", false
}

// escape reads what follows a backslash, and tells how many bytes it is; 0: none.
func (s *scanner) escape(i int) int {
	if i >= len(s.line) {
		return 0
	}
	if at := strings.IndexByte(`"\/bfnrt`, s.line[i]); at >= 0 {
		s.buf = append(s.buf, "\"\\/\b\f\n\r\t"[at])
		return 1
	}
	r, ok := s.hex(i)
	if !ok {
		return 0
	}
	if !utf16.IsSurrogate(r) {
		s.buf = utf8.AppendRune(s.buf, r)
		return 5
	}
	if i+5 < len(s.line) && s.line[i+5] == '\\' {
		if low, ok := s.hex(i + 6); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				s.buf = utf8.AppendRune(s.buf, both)
				return 11
			}
		}
	}
	return 0 // half of a character
}

func (s *scanner) hex(i int) (rune, bool) {
	if i+5 > len(s.line) || s.line[i] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s.line[i+1 : i+5] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
