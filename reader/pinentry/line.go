package pinentry

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// maxLine is the longest line of the protocol in bytes, without its end (Assuan, 3.1).
const maxLine = 1000

// maxData bounds what the D lines of one answer give together, in bytes: more than any PIN.
const maxData = 64

var (
	errLine    = errors.New("not a line of the Assuan protocol")
	errTooLong = errors.New("more was typed than any PIN has")
)

// kind is what a line of the program is.
type kind int

const (
	done    kind = iota + 1 // OK
	failed                  // ERR code
	data                    // D bytes
	inquiry                 // INQUIRE: the program asks us something
	chatter                 // S and #: status and comments
)

// response is one line of the program.
type response struct {
	kind kind
	code uint32 // of failed
	data []byte // of data: in place of the line it came in
}

// parse reads a line without its end (Assuan, 3.2). The data of a D line is unescaped in
// place. Errors: errLine, with an empty response.
func parse(line []byte) (response, error) {
	word, rest, _ := bytes.Cut(line, []byte(" "))
	switch string(word) {
	case "OK":
		return response{kind: done}, nil
	case "ERR":
		number, _, _ := bytes.Cut(rest, []byte(" "))
		code, err := strconv.ParseUint(string(number), 10, 32)
		if err != nil || code == 0 {
			return response{}, errLine
		}
		return response{kind: failed, code: uint32(code)}, nil
	case "D":
		plain, ok := unescape(rest)
		if !ok {
			return response{}, errLine
		}
		return response{kind: data, data: plain}, nil
	case "INQUIRE":
		return response{kind: inquiry}, nil
	case "S":
		return response{kind: chatter}, nil
	}
	if len(line) > 0 && line[0] == '#' {
		return response{kind: chatter}, nil
	}
	return response{}, errLine
}

// unescape takes %XX apart in place; false when a percent sign is not one of those.
func unescape(b []byte) ([]byte, bool) {
	plain := b[:0]
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '%' {
			if i+2 >= len(b) {
				return nil, false
			}
			high, low := hex(b[i+1]), hex(b[i+2])
			if high > 15 || low > 15 {
				return nil, false
			}
			c = high<<4 | low
			i += 2
		}
		plain = append(plain, c)
	}
	clear(b[len(plain):])
	return plain, true
}

func hex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
}

// escape writes text as an argument: a line's end in it would end the command, and a
// percent sign would change it.
func escape(text string) string {
	escaped := make([]byte, 0, len(text))
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '%' || c == 0x7f {
			escaped = fmt.Appendf(escaped, "%%%02X", c)
		} else {
			escaped = append(escaped, c)
		}
	}
	return string(escaped)
}

// lines reads lines into one buffer and overwrites what was read.
type lines struct {
	from       io.Reader
	buffer     [maxLine + 2]byte // CR LF or LF ends a line
	begin, end int               // of what is in the buffer and not read yet
	last       int               // where the line before ended
}

// next returns the next line without its end. It stays until the next call.
func (l *lines) next() ([]byte, error) {
	clear(l.buffer[:l.last])
	l.last = 0
	n := copy(l.buffer[:], l.buffer[l.begin:l.end])
	clear(l.buffer[n:])
	l.begin, l.end = 0, n
	for looked := 0; ; {
		if i := bytes.IndexByte(l.buffer[looked:l.end], '\n'); i >= 0 {
			l.begin = looked + i + 1
			l.last = l.begin
			return bytes.TrimSuffix(l.buffer[:looked+i], []byte("\r")), nil
		}
		looked = l.end
		if l.end == len(l.buffer) {
			return nil, errLine
		}
		n, err := l.from.Read(l.buffer[l.end:])
		l.end += n
		if n == 0 && err != nil {
			return nil, err
		}
	}
}

// wipe overwrites what is left.
func (l *lines) wipe() { clear(l.buffer[:]) }
