package pdf

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"
)

// equal compares without a bound.
func equal(a, b Object) bool { return new(work).equal(a, b) }

// simple is a file of one empty page; object numbers are the places in the list.
var simple = []string{
	"<< /Type /Catalog /Pages 2 0 R >>",
	"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
	"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
	"<< /Length 9 >>\nstream\n0 0 m 1 w\nendstream",
}

// table writes a file with a classic cross-reference table.
func table(objects ...string) []byte { return revision1("", objects...) }

// revision1 writes a file whose trailer has further entries.
func revision1(trailer string, objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	numbers := make([]int, len(objects))
	for i := range objects {
		numbers[i] = i + 1
	}
	return section1(b.Bytes(), numbers, objects, fmt.Sprintf("/Size %d /Root 1 0 R %s", len(objects)+1, trailer))
}

// section1 appends objects, a table and a trailer.
func section1(file []byte, numbers []int, objects []string, trailer string) []byte {
	b := bytes.NewBuffer(bytes.Clone(file))
	xref := "xref\n"
	if len(file) < 16 {
		xref += "0 1\n0000000000 65535 f \n"
	}
	for i, o := range objects {
		xref += fmt.Sprintf("%d 1\n%010d 00000 n \n", numbers[i], b.Len())
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", numbers[i], o)
	}
	at := b.Len()
	fmt.Fprintf(b, "%strailer\n<< %s >>\nstartxref\n%d\n%%%%EOF\n", xref, trailer, at)
	return b.Bytes()
}

// changed appends an update that gives numbers new values.
func changed(tb testing.TB, file []byte, objects map[int]string) []byte {
	tb.Helper()
	f, err := Open(file)
	if err != nil {
		tb.Fatalf("Open: %v", err)
	}
	u := f.Update()
	for num, body := range objects {
		u.Set(Ref{Num: num}, Raw(body))
		u.next = max(u.next, num+1)
	}
	out, _ := u.Bytes(nil)
	return out
}

// streamed writes a file with object streams and a cross-reference stream: objects that
// are no streams go into object stream n+1, the cross-reference is n+2.
func streamed(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	n := len(objects)
	entries := make([][3]int, n+3)
	entries[0] = [3]int{0, 0, 65535}
	var heads, bodies strings.Builder
	count := 0
	for i, o := range objects {
		if strings.Contains(o, "stream") {
			entries[i+1] = [3]int{1, b.Len(), 0}
			fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
			continue
		}
		entries[i+1] = [3]int{2, n + 1, count}
		count++
		fmt.Fprintf(&heads, "%d %d ", i+1, bodies.Len())
		bodies.WriteString(o + " ")
	}
	entries[n+1] = [3]int{1, b.Len(), 0}
	packed := deflate([]byte(heads.String() + bodies.String()))
	fmt.Fprintf(&b, "%d 0 obj\n<< /Type /ObjStm /N %d /First %d /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\nendobj\n", n+1, count, heads.Len(), len(packed), packed)
	at := b.Len()
	entries[n+2] = [3]int{1, at, 0}
	var rows []byte
	for _, e := range entries {
		rows = append(rows, 2, byte(e[0]), byte(e[1]>>16), byte(e[1]>>8), byte(e[1]), byte(e[2]>>8), byte(e[2]))
	}
	for i := len(rows) - 7; i > 0; i -= 7 { // PNG predictor Up
		for j := 1; j < 7; j++ {
			rows[i+j] -= rows[i+j-7]
		}
	}
	xref := deflate(rows)
	fmt.Fprintf(&b, "%d 0 obj\n<< /Type /XRef /Size %d /Root 1 0 R /W [1 3 2] /Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 6 >> /Length %d >>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", n+2, n+3, len(xref), xref, at)
	return b.Bytes()
}

func deflate(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}
