package core

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

// onAndOn is text again and again, so many bytes of it, and then an end.
type onAndOn struct {
	text string
	left int64
	at   int
	end  string
}

func (e *onAndOn) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && e.left > 0 {
		c := copy(p[n:min(int64(len(p)), int64(n)+e.left)], e.text[e.at:])
		e.at, e.left, n = (e.at+c)%len(e.text), e.left-int64(c), n+c
	}
	if n == 0 && e.end != "" {
		n = copy(p, e.end)
		e.end = e.end[n:]
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// What is far too large is refused by name, in memory that does not grow with it.
func TestHeavy(t *testing.T) {
	const most = 100 << 20
	for _, test := range []struct {
		name   string
		format Format
		begin  string // before what goes on and on
		text   string
		size   int64
		end    string
		whole  string // why the file is refused; empty: why its first line is
		field  string
		reason string
	}{
		{"a header of 100 MB", CSV, "", "reference,", most, "\n", "header longer than 64 KiB", "", ""},
		{"a header of one name of 100 MB", CSV, "", "x", most, "", "header longer than 64 KiB", "", ""},
		{"a header of a million columns", CSV, "", "a,", 2_000_000, "a\n", "header longer than 64 KiB", "", ""},
		{"a header of as many columns as there is room for", CSV, "", ",", MaxLine, "\n", "the first line is no header: it names the columns, see import -schema", "", ""},
		{"a known column thousands of times", CSV, "reference", ",reference", 60_000, "\n", "missing columns: member, kind, treated, payee, cents", "", ""},
		{"a line of a million columns", CSV, "member,reference,kind,treated,payee,cents\n", "a,", 2_000_000, "a\n", "", "", reasonLong},
		{"a line of as many columns as there is room for", CSV, "member,reference,kind,treated,payee,cents\n", ",", MaxLine, "\n", "", "", "65537 columns, the header has 6"},
		{"a quote that is open for 100 MB", CSV, "member,reference,kind,treated,payee,cents\n\"", "a,", most, "\n", "", "", reasonLong},
		{"an object in an object, a million deep", NDJSON, "", `{"a":`, 5_000_000, "1\n", "", "", reasonLong},
		{"an object in an object, as deep as there is room for", NDJSON, `{"member":`, `{"a":`, 60_000, "1\n", "", "member", reasonNested},
		{"lists in lists", NDJSON, `{"member":`, `[`, 60_000, "\n", "", "member", reasonNested},
		{"a line of 100 MB", NDJSON, `{"member":"`, "a", most, "\"}\n", "", "", reasonLong},
		{"fields nobody knows", NDJSON, `{"x":1`, `,"x":1`, 60_000, "}\n", "", "x", reasonUnknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			in := io.MultiReader(strings.NewReader(test.begin), &onAndOn{text: test.text, left: test.size, end: test.end})
			read, err := firstOf(in, test.format)
			runtime.ReadMemStats(&after)
			switch {
			case test.whole != "" && (err == nil || err.Error() != test.whole):
				t.Errorf("the file: %v, want %q", err, test.whole)
			case test.whole == "" && err != nil:
				t.Error(err)
			case test.whole == "" && (len(read.Problems) == 0 || read.Problems[0] != Problem{test.field, test.reason}):
				t.Errorf("the line: %v, want %q: %q", read.Problems[:min(3, len(read.Problems))], test.field, test.reason)
			case test.whole == "" && read.Row != nil:
				t.Error("the line became a record")
			}
			if len(read.Problems) > 20 {
				t.Errorf("%d problems of one line are told", len(read.Problems))
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
				t.Errorf("took %d bytes", n)
			}
		})
	}
}

func firstOf(in io.Reader, format Format) (Read, error) {
	r, err := NewReader(in, KindPayment, format, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	if err != nil {
		return Read{}, err
	}
	read, err := r.Next()
	if err != nil {
		return read, err
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		return read, errors.Join(errors.New("the next line is no end"), err)
	}
	return read, nil
}
