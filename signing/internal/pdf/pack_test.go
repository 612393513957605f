package pdf

import (
	"errors"
	"testing"
)

// An object stream is in order to the byte. Poppler gives up one that is not, repairs the
// file, and shows what it takes for an object elsewhere.
func TestObjectStreamsAreInOrder(t *testing.T) {
	f, err := Open(table(simple...))
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		name, head, body string
		holds            bool
	}{
		{"as written", "7 0 8 4 ", "(a) (b) ", true},
		{"lines", "7 0\n8\t4\r\n", "(a)\n(b)\n", true},
		{"tight", "7 0 8 3 ", "(a)(b)", true},
		{"backwards", "7 3 8 0 ", "(a)(b)", false},
		{"twice at one place", "7 0 8 0 ", "(a)", false},
		{"something before the first", "7 1 8 4 ", "x(a)(b)", false},
		{"blank before the first", "7 1 8 4 ", " (a)(b)", false},
		{"something between", "7 0 8 4 ", "(a)x(b)", false},
		{"comment between", "7 0 8 5 ", "(a)%\n(b)", false},
		{"something behind", "7 0 8 3 ", "(a)(b)x", false},
		{"one inside the other", "7 0 8 1 ", "[(b)]", false},
		{"more in the table", "7 0 8 3 9 6 ", "(a)(b)(c)", false},
		{"comment in the table", "7 0 %\n8 3 ", "(a)(b)", false},
		{"NUL in the table", "7 0\x008 3 ", "(a)(b)", false},
		{"form feed in the table", "7 0 8\f3 ", "(a)(b)", false},
	} {
		stream := &Stream{Data: []byte(c.head + c.body), Dict: Dict{
			{Key: "Type", Value: Name("ObjStm")}, {Key: "N", Value: Integer(2)}, {Key: "First", Value: Integer(len(c.head))},
		}}
		container := &Indirect{Ref: Ref{Num: 6}, Value: stream, Start: 1000 + i, End: 2000}
		_, first := f.packedAt(container, 7, 0)
		_, second := f.packedAt(container, 8, 1)
		if err := errors.Join(first, second); (err == nil) != c.holds {
			t.Errorf("%s: %v, want holds = %v", c.name, err, c.holds)
		}
	}
}

// Some readers end a name at a NUL: /Contents#00 is Contents to them.
func TestNamesHoldNoNUL(t *testing.T) {
	for text, holds := range map[string]bool{
		"/Contents#00": false, "/#00": false, "/A#00B": false, "/Contents#01": true, "/A#2300": true, "/A#200": true,
	} {
		r := &reader{src: []byte(text + " "), work: &work{}}
		if name, err := r.name(); (err == nil) != holds {
			t.Errorf("%s reads as %q, %v", text, name, err)
		}
	}
}
