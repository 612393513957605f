package document

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
)

// objects are the bodies of consecutive indirect objects, numbered from first.
type objects struct {
	first  int
	bodies [][]byte
}

// reserve takes the next number, whose body is set later.
func (o *objects) reserve() int {
	o.bodies = append(o.bodies, nil)
	return o.first + len(o.bodies) - 1
}

func (o *objects) set(number int, body []byte) { o.bodies[number-o.first] = body }

func (o *objects) add(body []byte) int {
	n := o.reserve()
	o.set(n, body)
	return n
}

func (o *objects) addf(format string, args ...any) int {
	return o.add(fmt.Appendf(nil, format, args...))
}

func (o *objects) setf(number int, format string, args ...any) {
	o.set(number, fmt.Appendf(nil, format, args...))
}

// stream is a stream object as it stands, with the given entries in its dictionary.
func stream(entries string, data []byte) []byte {
	b := make([]byte, 0, len(entries)+len(data)+64)
	b = fmt.Appendf(b, "<<%s/Length %d>>\nstream\n", entries, len(data))
	b = append(b, data...)
	return append(b, "\nendstream"...)
}

// deflated is a stream object, compressed.
func deflated(entries string, data []byte) []byte {
	d := deflaters.Get().(*deflater)
	defer deflaters.Put(d)
	d.out.Reset()
	d.w.Reset(&d.out)
	// Writes to memory do not fail.
	_, _ = d.w.Write(data)
	_ = d.w.Close()
	return stream(entries+"/Filter/FlateDecode", d.out.Bytes())
}

// A deflater holds about a megabyte of tables, so they are kept for the next file.
type deflater struct {
	out bytes.Buffer
	w   *zlib.Writer
}

var deflaters = sync.Pool{New: func() any {
	w, err := zlib.NewWriterLevel(nil, zlib.DefaultCompression)
	if err != nil {
		panic("document: " + err.Error())
	}
	return &deflater{w: w}
}}

var escaper = strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`)

// textString writes a text string (ISO 32000-1, 7.9.2.2): ASCII as it is, all else as
// UTF-16 in hexadecimal.
func textString(s string) string {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] >= ' ' && s[i] < 0x7F
	}
	if ascii {
		return "(" + escaper.Replace(s) + ")"
	}
	b := []byte{0xFE, 0xFF}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return "<" + hex.EncodeToString(b) + ">"
}

// number appends a real number with at most two decimals, which at 72 to the inch is
// finer than any printer.
func number(b []byte, v float64) []byte {
	at := len(b)
	b = strconv.AppendFloat(b, v, 'f', 2, 64)
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	if string(b[at:]) == "-0" {
		b = append(b[:at], '0')
	}
	return b
}

// file writes header, objects, cross-reference table and trailer (ISO 32000-1, 7.5).
// Objects start at 1; id is the file identifier.
func (o *objects) file(root, info int, id []byte) []byte {
	size := 1024
	for _, b := range o.bodies {
		size += len(b) + 40
	}
	out := append(make([]byte, 0, size), "%PDF-1.7\n%\xE2\xE3\xCF\xD3\n"...)
	offsets := make([]int, len(o.bodies))
	for i, b := range o.bodies {
		offsets[i] = len(out)
		out = fmt.Appendf(out, "%d 0 obj\n", i+1)
		out = append(out, b...)
		out = append(out, "\nendobj\n"...)
	}
	start := len(out)
	out = fmt.Appendf(out, "xref\n0 %d\n0000000000 65535 f \n", len(o.bodies)+1)
	for _, at := range offsets {
		out = fmt.Appendf(out, "%010d 00000 n \n", at)
	}
	return fmt.Appendf(out, "trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%X><%X>]>>\nstartxref\n%d\n%%%%EOF\n",
		len(o.bodies)+1, root, info, id, id, start)
}
