package pdf

import (
	"bytes"
	"strings"
)

// literal reads a string in parentheses (ISO 32000-1, 7.3.4.2).
func (r *reader) literal() (Object, error) {
	from := r.pos
	r.pos++
	if n := unescaped(r.src[r.pos:]); n >= 0 {
		out := String(r.src[r.pos : r.pos+n : r.pos+n])
		r.pos += n + 1
		return out, nil
	}
	out := String{}
	for level := 1; r.pos < len(r.src); {
		c := r.src[r.pos]
		r.pos++
		switch c {
		case '\\':
			out = r.escape(out)
			continue
		case '(':
			level++
		case ')':
			if level--; level == 0 {
				return out, nil
			}
		case '\r': // any end of line inside a string is one LF
			if r.peek() == '\n' {
				r.pos++
			}
			c = '\n'
		}
		out = append(out, c)
	}
	return nil, broken(from, "string without end")
}

// unescaped returns the length of a string that reads as it is written, -1 for another:
// most need no copy, and one may be as large as the file.
func unescaped(src []byte) int {
	level := 1
	for i, c := range src {
		switch c {
		case '\\', '\r':
			return -1
		case '(':
			level++
		case ')':
			if level--; level == 0 {
				return i
			}
		}
	}
	return -1
}

// escape reads what follows a backslash.
func (r *reader) escape(out String) String {
	c := r.peek()
	if r.pos < len(r.src) {
		r.pos++
	}
	switch c {
	case 'n':
		return append(out, '\n')
	case 'r':
		return append(out, '\r')
	case 't':
		return append(out, '\t')
	case 'b':
		return append(out, '\b')
	case 'f':
		return append(out, '\f')
	case '\n': // a line continued
		return out
	case '\r':
		if r.peek() == '\n' {
			r.pos++
		}
		return out
	}
	if c < '0' || c > '7' {
		return append(out, c)
	}
	n := int(c - '0')
	for i := 0; i < 2 && r.peek() >= '0' && r.peek() <= '7'; i++ {
		n = n<<3 | int(r.src[r.pos]-'0')
		r.pos++
	}
	return append(out, byte(n)) // overflow ignored, as 7.3.4.2 says
}

// hex reads a string in angle brackets. An odd last digit counts as if 0 followed.
func (r *reader) hex() (Object, error) {
	from := r.pos
	n := bytes.IndexByte(r.src[from:], '>')
	if n < 0 {
		return nil, broken(from, "string without end")
	}
	digits := r.src[from+1 : from+n]
	out := pairs(digits)
	digits, from = digits[2*len(out):], from+2*len(out)
	high := -1
	for i, c := range digits {
		d := unhex(c)
		switch {
		case d >= 0 && high < 0:
			high = d
		case d >= 0:
			out = append(out, byte(high<<4|d))
			high = -1
		case class[c] != space:
			return nil, broken(from+1+i, "not a hexadecimal digit")
		}
	}
	if high >= 0 {
		out = append(out, byte(high<<4))
	}
	r.pos = from + len(digits) + 2
	return out, nil
}

// sixteen zeros: what most of a hole for a signature is filled with; many is a longer run.
const sixteen = "0000000000000000"

var many = strings.Repeat(sixteen, 32)

// zeroRun counts the zeros that digits begin with, by sixteens.
func zeroRun(digits []byte) int {
	n := 0
	for len(digits)-n >= len(many) && string(digits[n:n+len(many)]) == many {
		n += len(many)
	}
	for len(digits)-n >= len(sixteen) && string(digits[n:n+len(sixteen)]) == sixteen {
		n += len(sixteen)
	}
	return n
}

// pairs decodes pairs of digits from the front, up to the first that is none. There is
// room for all.
func pairs(digits []byte) String {
	out := make(String, len(digits)/2, (len(digits)+1)/2)
	i := 0
	for i+1 < len(digits) {
		if digits[i] == '0' {
			if n := zeroRun(digits[i:]); n > 0 {
				i += n
				continue
			}
		}
		high, low := digitValue[digits[i]], digitValue[digits[i+1]]
		if high|low < 0 {
			break
		}
		out[i/2] = byte(high)<<4 | byte(low)
		i += 2
	}
	return out[:i/2]
}

// digitValue holds the value of each hexadecimal digit, -1 for any other byte.
var digitValue = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i, c := range []byte("0123456789abcdef") {
		t[c] = int8(i)
	}
	for i, c := range []byte("ABCDEF") {
		t[c] = int8(10 + i)
	}
	return t
}()

// unhex returns the value of a hexadecimal digit, -1 for any other byte.
func unhex(c byte) int { return int(digitValue[c]) }
