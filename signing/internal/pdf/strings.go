package pdf

// literal reads a string in parentheses (ISO 32000-1, 7.3.4.2).
func (r *reader) literal() (Object, error) {
	from := r.pos
	r.pos++
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
	r.pos++
	out := String{}
	high := -1
	for r.pos < len(r.src) {
		c := r.src[r.pos]
		r.pos++
		d := unhex(c)
		switch {
		case c == '>':
			if high >= 0 {
				out = append(out, byte(high<<4))
			}
			return out, nil
		case class[c] == space:
		case d < 0:
			return nil, broken(r.pos-1, "not a hexadecimal digit")
		case high < 0:
			high = d
		default:
			out = append(out, byte(high<<4|d))
			high = -1
		}
	}
	return nil, broken(from, "string without end")
}

// unhex returns the value of a hexadecimal digit, -1 for any other byte.
func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
