package signing

import (
	"bytes"
	"fmt"
	"strings"
)

// byteAttacks alter, cut or append bytes.
var byteAttacks = []attack{
	{"bit flipped in the header", func(l *lab) []byte { return l.flip(7) }, []string{"HASH_FAILURE"}},
	{"bit flipped in the page content", func(l *lab) []byte {
		o, _ := l.f.Last().Load(l.contents)
		return l.flip((o.Start + o.End) / 2)
	}, []string{"HASH_FAILURE"}},
	{"name in the document information changed", func(l *lab) []byte { return l.swap("/Producer", "/Prodacer") }, []string{"HASH_FAILURE"}},
	{"claimed time changed", func(l *lab) []byte { return l.swap("/M (D:20", "/M (D:19") }, []string{"HASH_FAILURE"}},
	{"place of the visible signature changed", func(l *lab) []byte { return l.swap("/Rect [", "/Reet [") }, []string{"HASH_FAILURE"}},
	{"identifier of the file changed", func(l *lab) []byte {
		out := bytes.Clone(l.base)
		at := bytes.Index(out, []byte("/ID [<")) + 6
		out[at] = map[bool]byte{true: '1', false: '0'}[out[at] == '0']
		return out
	}, []string{"HASH_FAILURE"}},
	{"first digit of the hole", func(l *lab) []byte {
		from, _ := l.hole()
		return l.flip(from + 2)
	}, []string{"FORMAT_FAILURE"}},
	{"padding of the hole not zero", func(l *lab) []byte {
		_, to := l.hole()
		return l.flip(to - 2)
	}, []string{"bytes after the end"}},
	{"bytes appended", func(l *lab) []byte { return append(bytes.Clone(l.base), "more"...) }, []string{"bytes after", "follow the last sound revision"}},
	{"objects appended without cross-reference", func(l *lab) []byte {
		return append(bytes.Clone(l.base), fmt.Sprintf("%d 0 obj\n<< /Length 1 >>\nstream\nx\nendstream\nendobj\n", l.contents.Num)...)
	}, []string{"FORMAT_FAILURE", `"trailing"`}},
	{"objects and trailer appended without cross-reference", func(l *lab) []byte {
		return append(bytes.Clone(l.base), "4 0 obj\n<< >>\nendobj\ntrailer\n<< /Root 4 0 R /Size 99 >>\nstartxref\n0\n%%EOF\n"...)
	}, []string{"FORMAT_FAILURE"}},
	{"old startxref used again", func(l *lab) []byte {
		at := bytes.LastIndex(l.base, []byte("startxref"))
		return append(append(bytes.Clone(l.base), "4 0 obj\n<< >>\nendobj\n"...), l.base[at:]...)
	}, []string{"FORMAT_FAILURE"}},
	{"second end", func(l *lab) []byte { return append(bytes.Clone(l.base), "%%EOF\n"...) }, []string{"structure"}},
	{"zip archive appended", func(l *lab) []byte { return append(bytes.Clone(l.base), "PK\x03\x04...PK\x05\x06"...) }, []string{"FORMAT_FAILURE"}},
	{"script in front", func(l *lab) []byte { return append([]byte("#!/bin/sh\n"), l.base...) }, []string{"not a PDF"}},
	{"last byte cut off", func(l *lab) []byte { return l.base[:len(l.base)-2] }, []string{"FORMAT_FAILURE"}},
	{"cut in the evidence", func(l *lab) []byte {
		_, end := l.f.End(1)
		return l.base[:(end+len(l.base))/2]
	}, []string{"FORMAT_FAILURE"}},
	{"cut in the signature", func(l *lab) []byte {
		from, to := l.hole()
		return l.base[:(from+to)/2]
	}, []string{`"signatures":[]`}},
	{"cut back to the unsigned file", func(l *lab) []byte {
		_, end := l.f.End(0)
		return l.base[:end]
	}, []string{`"revisions":1`}},
	{"empty file", func(l *lab) []byte { return nil }, []string{"not a PDF"}},
	{"too large", func(l *lab) []byte { return append(bytes.Clone(l.base), make([]byte, MaxPDF)...) }, []string{"too large"}},
}

// rangeAttacks alter Contents and ByteRange: signature wrapping and universal forgery.
var rangeAttacks = []attack{
	{"Contents missing", func(l *lab) []byte { return l.swap("/Contents <", "/Kontents <") }, []string{"Contents is no hexadecimal string"}},
	{"Contents null", func(l *lab) []byte { return l.inHole("null") }, []string{"Contents is no hexadecimal string"}},
	{"Contents empty", func(l *lab) []byte { return l.inHole("<>") }, []string{"ByteRange leaves out other bytes"}},
	{"Contents all zeros", func(l *lab) []byte {
		from, to := l.hole()
		return l.inHole("<" + strings.Repeat("0", to-from-2) + ">")
	}, []string{"FORMAT_FAILURE", "not DER"}},
	{"Contents written as text", func(l *lab) []byte {
		from, to := l.hole()
		return l.inHole("(" + strings.Repeat("0", to-from-2) + ")")
	}, []string{"Contents is no hexadecimal string"}},
	{"Contents is a reference", func(l *lab) []byte { return l.inHole("4 0 R") }, []string{"Contents is no hexadecimal string"}},
	{"Contents with blanks", func(l *lab) []byte {
		from, to := l.hole()
		return l.inHole(string(l.base[from:to-4]) + " 00>")
	}, []string{"Contents holds more than hexadecimal digits"}},
	{"Contents twice", func(l *lab) []byte { return l.inHole("<00> /Contents <00>") }, []string{"twice"}},
	{"Contents of odd length", func(l *lab) []byte {
		from, to := l.hole()
		return l.inHole(string(l.base[from:to-3]) + " 0>")
	}, []string{"Contents holds more than hexadecimal digits"}},
	{"object hidden in the hole", func(l *lab) []byte {
		from, _ := l.hole()
		file := l.inHole(string(l.base[from:from+9000]) + "> /X (4 0 obj << /Length 0 >> stream endstream endobj)")
		return file
	}, []string{"FORMAT_FAILURE"}},
	{"dictionary closed inside the hole", func(l *lab) []byte {
		return l.inHole("<00> >> endobj 4 0 obj << /Length 1 >> stream\nx endstream endobj 900 0 obj << /A <00>")
	}, []string{"FORMAT_FAILURE"}},
	{"ByteRange missing", func(l *lab) []byte { return l.swap("/ByteRange", "/BiteRange") }, []string{"ByteRange is not four numbers"}},
	{"ByteRange null", func(l *lab) []byte { return l.byteRange("null") }, []string{"ByteRange is not four numbers"}},
	{"ByteRange empty", func(l *lab) []byte { return l.byteRange("[]") }, []string{"ByteRange is not four numbers"}},
	{"ByteRange of zeros", func(l *lab) []byte { return l.byteRange("[0 0 0 0]") }, []string{"ByteRange leaves out other bytes"}},
	{"ByteRange negative", func(l *lab) []byte { return l.byteRange("[0 -1 -1 -1]") }, []string{"ByteRange is not four numbers"}},
	{"ByteRange does not start at 0", func(l *lab) []byte {
		from, to := l.hole()
		return l.byteRange(fmt.Sprintf("[1 %d %d 9]", from-1, to))
	}, []string{"ByteRange leaves out other bytes"}},
	{"ByteRange leaves out more than Contents", func(l *lab) []byte {
		from, to := l.hole()
		return l.byteRange(fmt.Sprintf("[0 %d %d 9]", from-5, to))
	}, []string{"ByteRange leaves out other bytes"}},
	{"ByteRange leaves out less than Contents", func(l *lab) []byte {
		from, to := l.hole()
		return l.byteRange(fmt.Sprintf("[0 %d %d 9]", from+1, to-1))
	}, []string{"ByteRange leaves out other bytes"}},
	{"ByteRange ends early", func(l *lab) []byte {
		from, to := l.hole()
		return l.byteRange(fmt.Sprintf("[0 %d %d 9]", from, to))
	}, []string{"ByteRange does not end where its revision ends"}},
	{"ByteRange ends in a later revision", func(l *lab) []byte {
		from, to := l.hole()
		return l.byteRange(fmt.Sprintf("[0 %d %d %d]", from, to, len(l.base)-to))
	}, []string{"ByteRange does not end where its revision ends"}},
	{"ByteRange beyond the file", func(l *lab) []byte {
		from, to := l.hole()
		return l.byteRange(fmt.Sprintf("[0 %d %d 9999999]", from, to))
	}, []string{"ByteRange does not end where its revision ends"}},
	{"ByteRange of 10^12 bytes", func(l *lab) []byte { return l.byteRange("[0 1 2 1000000000000]") }, []string{"ByteRange is not four numbers"}},
	{"ByteRange of three pairs", func(l *lab) []byte { return l.byteRange("[0 1 2 3 4 5]") }, []string{"ByteRange is not four numbers"}},
	{"ByteRange of one pair", func(l *lab) []byte { return l.byteRange("[0 9]") }, []string{"ByteRange is not four numbers"}},
	{"ByteRange with real numbers", func(l *lab) []byte { return l.byteRange("[0 1.0 2.0 3.0]") }, []string{"ByteRange is not four numbers"}},
	{"SubFilter unknown", func(l *lab) []byte { return l.swap("ETSI.CAdES.detached", "ETSI.CAdES.detachad") }, []string{"HASH_FAILURE"}},
	{"SubFilter of a timestamp", func(l *lab) []byte { return l.swap("/ETSI.CAdES.detached", "/ETSI.RFC3161       ") }, []string{"FORMAT_FAILURE"}},
	{"Type is something else", func(l *lab) []byte { return l.swap("/Type /Sig ", "/Type /Six ") }, []string{"signature of unknown type"}},
}
