package pdf

import (
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// Raw is a value already written. The reader never makes one.
type Raw []byte

// Holed is a dictionary already written up to its last value, a string with room for Size
// bytes that are all zero. It is most of a revision, and written where it stands. The
// reader never makes one.
type Holed struct {
	Before Raw
	Size   int
}

// Append writes a value. What is written reads back as an equal value.
func Append(dst []byte, o Object) []byte {
	switch o := o.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, o)
	case Integer:
		return strconv.AppendInt(dst, int64(o), 10)
	case Real:
		return append(dst, o...)
	case Name:
		return appendName(dst, o)
	case String:
		return appendString(dst, o)
	case Ref:
		dst = strconv.AppendInt(dst, int64(o.Num), 10)
		dst = append(dst, ' ')
		dst = strconv.AppendInt(dst, int64(o.Gen), 10)
		return append(dst, " R"...)
	case Array:
		dst = append(dst, '[')
		for i, v := range o {
			if i > 0 {
				dst = append(dst, ' ')
			}
			dst = Append(dst, v)
		}
		return append(dst, ']')
	case Dict:
		return appendDict(dst, o)
	case *Stream:
		dst = appendDict(dst, o.Dict.With("Length", Integer(len(o.Data))))
		dst = append(dst, "\nstream\n"...)
		dst = append(dst, o.Data...)
		return append(dst, "\nendstream"...)
	case Raw:
		return append(dst, o...)
	case Holed:
		return appendHoled(dst, o)
	}
	panic(fmt.Sprintf("pdf: no value of type %T", o))
}

func appendDict(dst []byte, d Dict) []byte {
	dst = append(dst, "<<"...)
	for _, e := range d {
		dst = append(dst, ' ')
		dst = appendName(dst, e.Key)
		dst = append(dst, ' ')
		dst = Append(dst, e.Value)
	}
	return append(dst, " >>"...)
}

func appendName(dst []byte, n Name) []byte {
	dst = append(dst, '/')
	for i := range len(n) {
		if c := n[i]; c > ' ' && c < 0x7f && c != '#' && class[c] == regular {
			dst = append(dst, c)
		} else {
			dst = append(dst, '#', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		}
	}
	return dst
}

// appendString writes text in parentheses and anything else in hexadecimal.
func appendString(dst []byte, s String) []byte {
	for _, c := range s {
		if c < ' ' || c > '~' {
			dst = append(dst, '<')
			dst = hex.AppendEncode(dst, s)
			return append(dst, '>')
		}
	}
	dst = append(dst, '(')
	for _, c := range s {
		if c == '(' || c == ')' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return append(dst, ')')
}

// appendHoled writes the zeros by doubling what is there.
func appendHoled(dst []byte, h Holed) []byte {
	dst = append(append(dst, h.Before...), '<')
	from := len(dst)
	dst = slices.Grow(dst, 2*h.Size)[:from+2*h.Size]
	for n := copy(dst[from:], sixteen); n < 2*h.Size; n *= 2 {
		copy(dst[from+n:], dst[from:from+n])
	}
	return append(dst, "> >>"...)
}

// Text makes a text string: PDFDocEncoding where ASCII suffices, else UTF-16BE with a
// byte order mark (ISO 32000-1, 7.9.2.2).
func Text(s string) String {
	ascii := true
	for _, r := range s {
		ascii = ascii && r < 0x7f && r >= ' '
	}
	if ascii {
		return String(s)
	}
	out := String{0xfe, 0xff}
	for _, r := range s {
		if r > 0xffff {
			r -= 0x10000
			high, low := 0xd800+r>>10, 0xdc00+r&0x3ff
			out = append(out, byte(high>>8), byte(high), byte(low>>8), byte(low))
			continue
		}
		out = append(out, byte(r>>8), byte(r))
	}
	return out
}

// Date makes a date string in UTC, to the second (ISO 32000-1, 7.9.4).
func Date(t time.Time) String { return String(t.UTC().Format("D:20060102150405Z")) }

// Number makes a number with at most three decimals, always the same for one value.
func Number(v float64) Object {
	if v == math.Trunc(v) {
		return Integer(v)
	}
	return Real(strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64))
}
