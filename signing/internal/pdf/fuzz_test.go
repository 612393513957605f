package pdf

import (
	"bytes"
	"strings"
	"testing"
)

// A value that reads writes to bytes that read as an equal value.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{
		"null", "true", "-1.5", "12 0 R", "/A#42", "(a(b)\\051\\n)", "<4865>", "[1 0 R [2 3] (x)]", "<< /A 1 /B << /C [null] >> >>",
		"<< /A 1 /A 2 >>", "[[[[", "(\\", "<", "0 0 R", "1 0", "%\n1", "+.5", "/#00", "<< /K null >>", "99999999999999999999",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := parse(string(data))
		if err != nil {
			if o != nil {
				t.Fatalf("error %v with a value", err)
			}
			return
		}
		written := Append(nil, o)
		again, err := parse(string(written))
		if err != nil || !equal(o, again) {
			t.Fatalf("%q reads as %v, written %q reads as %v, %v", data, o, written, again, err)
		}
		if once := Append(nil, again); !bytes.Equal(once, written) {
			t.Fatalf("%q written twice: %q and %q", data, written, once)
		}
	})
}

// A file that opens: each revision is a file by itself, an update keeps its bytes and
// shows what was written, and nothing takes long.
func FuzzOpen(f *testing.F) {
	base := table(simple...)
	f.Add(base)
	f.Add(streamed(simple...))
	for _, shape := range []string{"word", "acrobat", "one"} {
		f.Add(double{objects: tagged, hidden: []int{6}, shape: shape}.bytes())
	}
	f.Add(selfPrev())
	f.Add(forwardPrev())
	u := base
	for range 3 {
		file, err := Open(u)
		if err != nil {
			f.Fatal(err)
		}
		update := file.Update()
		update.Set(Ref{Num: 3}, Raw("<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Annots [] >>"))
		u, _ = update.Bytes([]byte("0123456789abcdef"))
	}
	f.Add(u)
	f.Fuzz(checkFile)
}

// The same for files whose offsets are right, so that what the fuzzer changes is the
// objects: pieces of the input between 0xff are objects, and one that begins with ! and
// a number byte is an update of that object.
func FuzzRevisions(f *testing.F) {
	for _, pieces := range [][]string{
		simple,
		append(simple[:4:4], "!\x03<< /Type /Page >>", "!\x01<< /Type /Catalog /Pages 2 0 R /DSS << /Certs [9 0 R] >> >>"),
		append([]string{"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] >> >>"}, append(simple[1:4:4],
			"<< /FT /Sig /T (S) /V 6 0 R /Kids [7 0 R] >>", "<< /Type /Sig /ByteRange [0 1 2 3] /Contents <00> >>", "<< /Parent 5 0 R >>",
			"!\x05<< /FT /Sig >>", "!\x01<< /Type /Catalog /Pages 2 0 R >>")...),
		{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R] >>", "<< /Length 3 0 R >>\nstream\nx\nendstream"},
		{"<< /Pages 1 0 R /DSS 1 0 R /AcroForm 1 0 R /Fields [1 0 R] /Kids [1 0 R] /Type /Pages >>"},
	} {
		f.Add([]byte(strings.Join(pieces, "\xff")), false)
		f.Add([]byte(strings.Join(pieces, "\xff")), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, packed bool) {
		var objects []string
		var file []byte
		for _, piece := range strings.Split(string(data), "\xff") {
			update := len(piece) > 1 && piece[0] == '!' && piece[1] > 0
			if !update && file == nil {
				objects = append(objects, piece)
				continue
			}
			if !update {
				continue
			}
			if file == nil {
				file = written(objects, packed)
			}
			open, err := Open(file)
			if err != nil || open.Revisions() == 8 {
				break
			}
			u := open.Update()
			u.Set(Ref{Num: int(piece[1])}, Raw(piece[2:]))
			u.next = max(u.next, int(piece[1])+1)
			file, _ = u.Bytes([]byte("id"))
		}
		if file == nil {
			file = written(objects, packed)
		}
		checkFile(t, file)
	})
}

func written(objects []string, packed bool) []byte {
	if packed {
		return streamed(objects...)
	}
	return table(objects...)
}

func checkFile(t *testing.T, data []byte) {
	file, err := Open(data)
	if err != nil {
		return
	}
	file.Signatures()
	file.Active()
	file.Last().Evidence()
	file.Last().Pages()
	for rev := range file.Revisions() {
		if rev > 0 {
			file.Changes(rev)
		}
		_, end := file.End(rev)
		part, err := Open(data[:end])
		if err != nil || part.Revisions() != rev+1 {
			t.Fatalf("revision %d of %d by itself: %v", rev, file.Revisions(), err)
		}
	}
	checkUpdate(t, file)
}

func checkUpdate(t *testing.T, file *File) {
	if file.Revisions() == maxRevisions || len(file.data) > maxSize-1<<12 {
		return
	}
	u := file.Update()
	if u.next > maxNumber-2 {
		return
	}
	ref := u.Add(Dict{{Key: "Made", Value: String("here")}})
	out, _ := u.Bytes([]byte("id"))
	if !bytes.HasPrefix(out, file.data) {
		t.Fatal("the update changed old bytes")
	}
	again, err := Open(out)
	if err != nil {
		t.Fatalf("the update does not open: %v", err)
	}
	d, err := again.Last().Dict(ref, "made")
	if err != nil || !equal(d.Get("Made"), String("here")) {
		t.Fatalf("the update shows %v, %v", d, err)
	}
}
