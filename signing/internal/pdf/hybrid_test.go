package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// tagged is simple with a structure tree, of which the objects from 6 on can be hidden.
var tagged = append([]string{"<< /Type /Catalog /Pages 2 0 R /StructTreeRoot 5 0 R >>"}, append(simple[1:4:4],
	"<< /Type /StructTreeRoot /K 6 0 R >>", "<< /Type /StructElem /S /P /P 5 0 R /Pg 3 0 R >>")...)

// double is a hybrid file that is being put together.
type double struct {
	objects []string
	hidden  []int // numbers that only the stream knows, in an object stream
	// shape: "word" has an empty section after the main one, "acrobat" the same without an
	// end between, "one" has it all in one section, its table without the hidden ones.
	shape  string
	dict   string            // further entries of the stream
	rows   func([][3]uint32) // alters what the stream says
	listed func(int) string  // what the table says of a hidden number; nil: free
	tail   string            // after the stream
	edit   func([]byte) []byte
}

// bytes writes the file: the object stream is the number after the last, the stream the next.
func (d double) bytes() []byte {
	b := bytes.NewBufferString("%PDF-1.7\n")
	n := len(d.objects)
	at, rows := make([]int, n+3), make([][3]uint32, n+2)
	put := func(num int, body string) {
		at[num] = b.Len()
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", num, body)
	}
	var heads, bodies strings.Builder
	for i, o := range d.objects {
		num := i + 1
		if place := slices.Index(d.hidden, num); place >= 0 {
			rows[num] = [3]uint32{packed, uint32(n + 1), uint32(place)}
			fmt.Fprintf(&heads, "%d %d ", num, bodies.Len())
			bodies.WriteString(o + " ")
			continue
		}
		put(num, o)
		rows[num] = [3]uint32{plain, uint32(at[num]), 0}
	}
	put(n+1, fmt.Sprintf("<< /Type /ObjStm /N %d /First %d /Length %d >>\nstream\n%s\nendstream", len(d.hidden), heads.Len(), heads.Len()+bodies.Len(), heads.String()+bodies.String()))
	rows[n+1] = [3]uint32{plain, uint32(at[n+1]), 0}
	if d.rows != nil {
		d.rows(rows)
	}
	var data []byte
	for _, r := range rows {
		data = append(data, byte(r[0]), byte(r[1]>>16), byte(r[1]>>8), byte(r[1]), byte(r[2]))
	}
	put(n+2, fmt.Sprintf("<< /Type /XRef /Size %d /W [1 3 1] /Root 1 0 R %s /Length %d >>\nstream\n%s\nendstream", n+2, d.dict, len(data), data))
	b.WriteString(d.tail)
	d.table(b, at)
	if d.edit != nil {
		return d.edit(b.Bytes())
	}
	return b.Bytes()
}

// table writes the sections that all readers know.
func (d double) table(b *bytes.Buffer, at []int) {
	main := b.Len()
	b.WriteString("xref\n0 1\n0000000000 65535 f \n")
	for num := 1; num < len(at); num++ {
		switch {
		case at[num] > 0:
			fmt.Fprintf(b, "%d 1\n%010d 00000 n \n", num, at[num])
		case d.listed != nil:
			b.WriteString(d.listed(num))
		case d.shape != "one":
			fmt.Fprintf(b, "%d 1\n0000000000 65535 f \n", num)
		}
	}
	trailer := fmt.Sprintf("/Size %d /Root 1 0 R", len(at))
	stm := fmt.Sprintf("/XRefStm %d", at[len(at)-1])
	if d.shape == "one" {
		fmt.Fprintf(b, "trailer\n<< %s %s >>\nstartxref\n%d\n%%%%EOF\n", trailer, stm, main)
		return
	}
	fmt.Fprintf(b, "trailer\n<< %s >>\n", trailer)
	if d.shape != "acrobat" {
		fmt.Fprintf(b, "startxref\n%d\n%%%%EOF\n", main)
	}
	second := b.Len()
	fmt.Fprintf(b, "xref\n0 0\ntrailer\n<< %s /Prev %d %s >>\nstartxref\n%d\n%%%%EOF\n", trailer, main, stm, second)
}

// Files of two kinds of cross-reference are one revision, show the hidden objects, and
// take updates.
func TestHybrid(t *testing.T) {
	for _, shape := range []string{"word", "acrobat", "one"} {
		file := double{objects: tagged, hidden: []int{6}, shape: shape}.bytes()
		f, err := Open(file)
		if err != nil {
			t.Errorf("%s: %v", shape, err)
			continue
		}
		if f.Revisions() != 1 {
			t.Errorf("%s: %d revisions", shape, f.Revisions())
		}
		d, err := f.Last().Dict(Ref{Num: 6}, "element")
		if err != nil || d.Get("S") != Name("P") {
			t.Errorf("%s: hidden object %v, %v", shape, d, err)
		}
		if active, err := f.Active(); err != nil || len(active) > 0 {
			t.Errorf("%s: Active = %v, %v", shape, active, err)
		}
		checkFile(t, file)
		dss := changed(t, file, map[int]string{1: strings.Replace(tagged[0], ">>", "/DSS << /Certs [9 0 R] >> >>", 1), 9: "<< /Length 1 >>\nstream\nx\nendstream"})
		if got := step1(t, dss); len(got) != 1 || !got[0].Allowed {
			t.Errorf("%s: evidence: %+v", shape, got)
		}
		other := changed(t, file, map[int]string{6: "<< /Type /StructElem /S /H1 /P 5 0 R >>"})
		if got := step1(t, other); len(got) != 1 || got[0].Allowed || got[0].What != "structure" {
			t.Errorf("%s: hidden object changed: %+v", shape, got)
		}
		if bytes.Contains(other[len(file):], []byte("XRefStm")) {
			t.Errorf("%s: the update is hybrid", shape)
		}
	}
}

// Whatever one kind of reader sees and the other does not, or sees otherwise, refuses the
// file, unless it is the structure tree.
func TestHybridRefuses(t *testing.T) {
	free := func(num int) string { return fmt.Sprintf("%d 1\n0000000000 65535 f \n", num) }
	with := func(num int, old, new string, more ...string) func(d *double) {
		return func(d *double) {
			d.objects = append(slices.Clone(tagged), more...)
			d.objects[num-1] = strings.Replace(tagged[num-1], old, new, 1)
			for i := range more {
				d.hidden = append(d.hidden, len(tagged)+1+i)
			}
		}
	}
	hide := func(num int) func(d *double) { return func(d *double) { d.hidden = []int{num} } }
	row := func(num int, change func(rows [][3]uint32) [3]uint32) func(d *double) {
		return func(d *double) { d.rows = func(r [][3]uint32) { r[num] = change(r) } }
	}
	dict := func(more string) func(d *double) { return func(d *double) { d.dict = more } }
	edit := func(old, new string) func(d *double) {
		return func(d *double) {
			d.edit = func(file []byte) []byte { return replaceLast(file, old, new) }
		}
	}
	const some, other = "is seen by some readers only", "is another for some readers"
	for _, tt := range []struct {
		name   string
		change func(d *double)
		want   string
	}{
		{"catalog hidden", hide(1), some},
		{"page tree hidden", hide(2), some},
		{"page hidden", hide(3), some},
		{"contents hidden", with(3, "4 0 R", "7 0 R", "[4 0 R]"), some},
		{"font hidden", with(3, ">>", "/Resources << /Font << /F 7 0 R >> >> >>", "<< /Type /Font >>"), some},
		{"notes hidden", with(3, ">>", "/Annots 7 0 R >>", "[]"), some},
		{"form hidden", with(1, ">>", "/AcroForm 7 0 R >>", "<< /Fields [] >>"), some},
		{"layers hidden", with(1, ">>", "/OCProperties 7 0 R >>", "<< /OCGs [] >>"), some},
		{"action hidden", with(1, ">>", "/OpenAction 7 0 R >>", "<< /S /JavaScript >>"), some},
		{"metadata hidden", with(1, ">>", "/Lang 7 0 R >>", "(fr)"), some},
		{"box of the page hidden", with(3, "[0 0 595 842]", "7 0 R", "[0 0 595 842]"), some},
		{"element that the page leads to", with(3, ">>", "/X 6 0 R >>"), some},
		{"page elsewhere", row(3, func(r [][3]uint32) [3]uint32 { return r[4] }), other},
		{"contents elsewhere", row(4, func(r [][3]uint32) [3]uint32 { return r[2] }), other},
		{"contents free", row(4, func([][3]uint32) [3]uint32 { return [3]uint32{} }), other},
		{"contents in an object stream", row(4, func([][3]uint32) [3]uint32 { return [3]uint32{packed, 7, 0} }), other},
		{"page of another generation", row(3, func(r [][3]uint32) [3]uint32 { return [3]uint32{plain, r[3][1], 1} }), other},
		{"hidden object plain in the table", func(d *double) {
			d.listed = func(num int) string { return fmt.Sprintf("%d 1\n0000000009 00000 n \n", num) }
		}, other},
		{"free and in use at once", func(d *double) { d.shape, d.listed = "one", free }, "free and in use"},
		{"other catalog", edit("/W [1 3 1] /Root 1", "/W [1 3 1] /Root 2"), "differ in /Root"},
		{"other information", dict("/Info 4 0 R"), "differ in /Info"},
		{"other identifier", dict("/ID [(a) (b)]"), "differ in /ID"},
		{"encrypted for some", dict("/Encrypt 4 0 R"), "differ in /Encrypt"},
		{"stream that names a stream", dict("/XRefStm 9"), "XRefStm out of place"},
		{"stream with a past of its own", dict("/Prev 9"), "of its own"},
		{"stream with an end of its own", func(d *double) { d.tail = "startxref\n0\n%%EOF\n" }, "of its own"},
		{"name for a place", edit("/XRefStm ", "/XRefStm /"), "out of place"},
		{"place 0", edit("/XRefStm ", "/XRefStm 0 /X "), "out of place"},
		{"place of an object", edit("/XRefStm ", "/XRefStm 9 /X "), "neither a cross-reference table nor a stream"},
		{"place beyond", edit("/XRefStm ", "/XRefStm 9999 /X "), "points forward"},
		{"two catalogs", edit("/Root 1 0 R /Prev", "/Root 2 0 R /Prev"), "differ in /Root"},
	} {
		d := double{objects: tagged, hidden: []int{6}, shape: "word"}
		tt.change(&d)
		f, err := Open(d.bytes())
		if !errors.Is(err, ErrStructure) || f != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Open = %v, want %q", tt.name, err, tt.want)
		}
	}
}

func replaceLast(file []byte, old, new string) []byte {
	at := bytes.LastIndex(file, []byte(old))
	return append(append(bytes.Clone(file[:at]), new...), file[at+len(old):]...)
}

// A pair that is no pair is an update like any other: the stream must then be its own.
func TestHybridPairs(t *testing.T) {
	word := double{objects: tagged, hidden: []int{6}, shape: "word"}.bytes()
	main := bytes.Index(word, []byte("xref\n0 1"))
	between := bytes.LastIndex(word, []byte("xref\n0 0"))
	for name, file := range map[string][]byte{
		"an object between":   slices.Concat(word[:between], []byte("9 0 obj\n1\nendobj\n"), word[between:]),
		"a main of elsewhere": replace(word, "/Size 9 /Root 1 0 R >>", "/Size 9 /Root 2 0 R >>"),
	} {
		shift := len(file) - len(word)
		file = replaceLast(file, fmt.Sprintf("startxref\n%d", between), fmt.Sprintf("startxref\n%d", between+shift))
		if _, err := Open(file); !errors.Is(err, ErrStructure) || !strings.Contains(err.Error(), "stream of an earlier revision") {
			t.Errorf("%s: Open = %v", name, err)
		}
	}
	if _, err := Open(word[:between]); err != nil {
		t.Errorf("main section by itself, at %d: %v", main, err)
	}
}

// A later revision may be hybrid too, as PDFBox writes it: both sections say the same.
func TestHybridUpdate(t *testing.T) {
	base := double{objects: tagged, hidden: []int{6}, shape: "word"}.bytes()
	prev := bytes.LastIndex(base, []byte("xref\n0 0"))
	for _, tt := range []struct {
		name, body string
		row        [4]byte // kind, offset, generation of number 6 or 3 in the stream
		num        int
		table      bool // says the same
		want       string
	}{
		{"the same", "<< /Type /StructElem /S /H1 >>", [4]byte{plain, 0, 0, 0}, 6, true, ""},
		{"more hidden", "<< /Type /StructElem /S /H1 >>", [4]byte{plain, 0, 0, 0}, 6, false, ""},
		{"page for some", tagged[2], [4]byte{plain, 0, 0, 0}, 3, false, "is another for some readers"},
		{"page freed for some", tagged[2], [4]byte{free, 0, 0, 0}, 3, false, "is another for some readers"},
	} {
		b := bytes.NewBuffer(bytes.Clone(base))
		at := b.Len()
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", tt.num, tt.body)
		stm := b.Len()
		place := [4]byte{tt.row[0], byte(at >> 8), byte(at), 0}
		if tt.row[0] == free {
			place = [4]byte{}
		}
		fmt.Fprintf(b, "9 0 obj\n<< /Type /XRef /Size 10 /W [1 2 1] /Index [%d 1] /Root 1 0 R /Prev %d /Length 4 >>\nstream\n%s\nendstream\nendobj\n", tt.num, prev, place[:])
		xref := b.Len()
		b.WriteString("xref\n")
		if tt.table {
			fmt.Fprintf(b, "%d 1\n%010d 00000 n \n", tt.num, at)
		}
		fmt.Fprintf(b, "9 1\n%010d 00000 n \ntrailer\n<< /Size 10 /Root 1 0 R /Prev %d /XRefStm %d >>\nstartxref\n%d\n%%%%EOF\n", stm, prev, stm, xref)
		f, err := Open(b.Bytes())
		if tt.want != "" {
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: Open = %v, want %q", tt.name, err, tt.want)
			}
			continue
		}
		if err != nil || f.Revisions() != 2 {
			t.Errorf("%s: Open = %v", tt.name, err)
			continue
		}
		if got := step1(t, b.Bytes()); len(got) != 1 || got[0].Allowed || got[0].What != "structure" {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}
