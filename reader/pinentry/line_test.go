package pinentry

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestParse(t *testing.T) {
	for line, want := range map[string]response{
		"OK":                     {kind: done},
		"OK Pleased to meet you": {kind: done},
		"ERR 83886179 cancelled": {kind: failed, code: 83886179},
		"ERR 99":                 {kind: failed, code: 99},
		"D 12%2534":              {kind: data, data: []byte("12%34")},
		"D ":                     {kind: data, data: []byte{}},
		"D":                      {kind: data, data: []byte{}},
		"D  1":                   {kind: data, data: []byte(" 1")},
		"S PIN_REPEATED":         {kind: chatter},
		"# hello":                {kind: chatter},
		"#":                      {kind: chatter},
		"INQUIRE QUALITY x":      {kind: inquiry},
	} {
		got, err := parse([]byte(line))
		if err != nil || got.kind != want.kind || got.code != want.code || !bytes.Equal(got.data, want.data) {
			t.Errorf("parse(%q) = %v, %v, want %v", line, got, err, want)
		}
	}
	for _, line := range []string{"", " ", "OKAY", "ok", "ERR", "ERR ", "ERR x", "ERR 0", "ERR -1", "ERR 4294967296", "D %", "D 1%3", "D %zz", "DATA", "END", "BYE"} {
		if got, err := parse([]byte(line)); !errors.Is(err, errLine) || got.kind != 0 || got.data != nil {
			t.Errorf("parse(%q) = %v, %v, want %v", line, got, err, errLine)
		}
	}
}

func TestLines(t *testing.T) {
	longest := strings.Repeat("x", maxLine)
	text := "OK a\r\nD 1\n\n" + longest + "\r\n" + longest + "\nOK"
	for name, from := range map[string]io.Reader{
		"at once": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text)),
		"with its end": iotest.DataErrReader(strings.NewReader(text)),
	} {
		l := lines{from: from}
		for _, want := range []string{"OK a", "D 1", "", longest, longest} {
			if got, err := l.next(); err != nil || string(got) != want {
				t.Fatalf("%s: next() = %.20q, %v, want %.20q", name, got, err, want)
			}
		}
		if got, err := l.next(); got != nil || !errors.Is(err, io.EOF) {
			t.Errorf("%s: next() of a line without its end = %q, %v", name, got, err)
		}
	}
	l := lines{from: strings.NewReader(longest + "xxx\nOK\n")}
	if got, err := l.next(); got != nil || !errors.Is(err, errLine) {
		t.Errorf("next() of a line of %d bytes = %.10q, %v, want %v", maxLine+3, got, err, errLine)
	}
}

// FuzzParse: what a D line holds comes back when it is written as one again, it never
// grows, and an error comes with nothing.
func FuzzParse(f *testing.F) {
	for _, line := range []string{"OK", "D 1234", "D %31%0A%25", "ERR 99 x", "D %", "INQUIRE x", "# x", ""} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := parse(bytes.Clone(line))
		if err != nil {
			if r.kind != 0 || r.data != nil || r.code != 0 {
				t.Fatalf("parse(%q) = %v and %v", line, r, err)
			}
			return
		}
		if r.kind != data {
			return
		}
		if len(r.data) > len(line) {
			t.Fatalf("parse(%q) gives %d bytes", line, len(r.data))
		}
		again, err := parse([]byte("D " + escape(string(r.data))))
		if err != nil || !bytes.Equal(again.data, r.data) {
			t.Fatalf("parse(%q) = %q, written and read again %q, %v", line, r.data, again.data, err)
		}
		if strings.ContainsAny(escape(string(r.data)), "\r\n") {
			t.Fatalf("escape(%q) has the end of a line", r.data)
		}
	})
}
