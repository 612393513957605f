package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func replace(file []byte, old, new string) []byte {
	if !bytes.Contains(file, []byte(old)) {
		panic("no " + old)
	}
	return bytes.Replace(file, []byte(old), []byte(new), 1)
}

func TestOpenRefusesBrokenStructure(t *testing.T) {
	good := table(simple...)
	update := changed(t, good, map[int]string{4: "<< /Length 0 >>\nstream\n\nendstream"})
	for _, tt := range []struct {
		name string
		file []byte
		want error
	}{
		{"empty", nil, ErrNotPDF},
		{"other bytes", []byte("PK\x03\x04 a zip file"), ErrNotPDF},
		{"bytes before the header", append([]byte("\n"), good...), ErrNotPDF},
		{"header without version", replace(good, "%PDF-1.7", "%PDF-x.7"), ErrNotPDF},
		{"too large", append(bytes.Clone(good), make([]byte, maxSize)...), ErrTooLarge},
		{"header only", []byte("%PDF-1.7\n"), ErrStructure},
		{"cut in the trailer", good[:len(good)-20], ErrStructure},
		{"cut in the middle", good[:len(good)/2], ErrStructure},
		{"no %%EOF", good[:len(good)-7], ErrStructure},
		{"bytes after the end", append(bytes.Clone(good), "5 0 obj << >> endobj\n"...), ErrStructure},
		{"two ends of line after the end", append(bytes.Clone(good), '\n'), ErrStructure},
		{"startxref one off", replace(good, "startxref\n", "startxref\n1"), ErrStructure},
		{"startxref to the header", good[:bytes.LastIndex(good, []byte("startxref"))], ErrStructure},
		{"entry of 19 bytes", replace(good, "65535 f \n", "65535 f\n"), ErrStructure},
		{"entry with letters", replace(good, "0000000000 65535", "000000000x 65535"), ErrStructure},
		{"entry of unknown kind", replace(good, "65535 f", "65535 m"), ErrStructure},
		{"no trailer", replace(good, "trailer", "trayler"), ErrStructure},
		{"no Root", replace(good, "/Root 1 0 R", "/Rout 1 0 R"), ErrStructure},
		{"Root is no reference", replace(good, "/Root 1 0 R", "/Root << >>"), ErrStructure},
		{"no Size", replace(good, "/Size 5", "/Sice 5"), ErrStructure},
		{"Size too small", replace(good, "/Size 5", "/Size 3"), ErrStructure},
		{"Size huge", replace(good, "/Size 5", "/Size 9999999999"), ErrStructure},
		{"key twice in the trailer", replace(good, "/Root 1 0 R", "/Root 1 0 R /Root 2 0 R"), ErrStructure},
		{"key twice by escape", replace(good, "/Root 1 0 R", "/Root 1 0 R /R#6Fot 2 0 R"), ErrStructure},
		{"encrypted", revision1("/Encrypt << /Filter /Standard >>", simple...), ErrEncrypted},
		{"hybrid with an object for a stream", revision1("/XRefStm 9", simple...), ErrStructure},
		{"Prev to itself", selfPrev(), ErrStructure},
		{"Prev beyond the file", revision1("/Prev 999999", simple...), ErrStructure},
		{"Prev negative", revision1("/Prev -1", simple...), ErrStructure},
		{"Prev is no number", revision1("/Prev (1)", simple...), ErrStructure},
		{"Prev forward", forwardPrev(), ErrStructure},
		{"startxref of an older revision wrong", replace(update, "startxref\n", "startxref\n1"), ErrStructure},
		{"number twice in one section", section1([]byte("%PDF-1.7\n"), []int{1, 2, 2}, simple[:3], "/Size 9 /Root 1 0 R"), ErrStructure},
		{"entries claimed and missing", replace(good, "4 1\n", "4 900000000\n"), ErrStructure},
		{"object beyond the end", replace(good, "0000000009 00000 n", "0000099999 00000 n"), ErrStructure},
		{"object at 0", replace(good, "0000000009 00000 n", "0000000000 00000 n"), ErrStructure},
	} {
		if _, err := Open(tt.file); !errors.Is(err, tt.want) {
			t.Errorf("%s: Open = %v, want %v", tt.name, err, tt.want)
		}
	}
}

// selfPrev is a file whose only section names itself as the one before.
func selfPrev() []byte {
	file := revision1("/Prev 0000", simple...)
	at := bytes.LastIndex(file, []byte("xref\n0 1"))
	return replace(file, "/Prev 0000", fmt.Sprintf("/Prev %04d", at))
}

// forwardPrev is a file of two sections, the older of which names the newer as its
// predecessor: a loop.
func forwardPrev() []byte {
	first := revision1("/Prev 9999", simple...)
	second := section1(first, []int{4}, simple[3:], fmt.Sprintf("/Size 5 /Root 1 0 R /Prev %d", bytes.Index(first, []byte("xref\n0 1"))))
	return replace(second, "/Prev 9999", fmt.Sprintf("/Prev %d", len(first)+bytes.Index(second[len(first):], []byte("xref"))))
}

func TestLoadRefusesBrokenObjects(t *testing.T) {
	nest := strings.Repeat("[", 60) + strings.Repeat("]", 60)
	for _, tt := range []struct {
		name   string
		object string
		want   error
	}{
		{"no value", "", ErrStructure},
		{"key twice", "<< /A 1 /A 2 >>", ErrStructure},
		{"key twice in a large dictionary", "<< " + strings.Repeat("/B 1 ", 20) + ">>", ErrStructure},
		{"key is no name", "<< (A) 1 >>", ErrStructure},
		{"dictionary without end", "<< /A 1", ErrStructure},
		{"array without end", "[ 1 2", ErrStructure},
		{"string without end", "(abc", ErrStructure},
		{"letters in hexadecimal", "<0g>", ErrStructure},
		{"malformed name", "/A#4", ErrStructure},
		{"malformed number", "1.2.3", ErrStructure},
		{"number with letters", "12abc", ErrStructure},
		{"number too long", strings.Repeat("9", 30), ErrStructure},
		{"lone sign", "-", ErrStructure},
		{"nested too deep", nest, ErrLimit},
		{"stream without length", "<< >>\nstream\nabc\nendstream", ErrStructure},
		{"stream length too short", "<< /Length 2 >>\nstream\nabcdef\nendstream", ErrStructure},
		{"stream length too long", "<< /Length 200000 >>\nstream\nabc\nendstream", ErrStructure},
		{"stream length negative", "<< /Length -1 >>\nstream\nabc\nendstream", ErrStructure},
		{"stream length is itself", "<< /Length 5 0 R >>\nstream\nabc\nendstream", ErrStructure},
		{"stream keyword with CR alone", "<< /Length 3 >>\nstream\rabc\nendstream", ErrStructure},
		{"two values", "1 2", ErrStructure},
		{"garbage after the value", "<< >> garbage", ErrStructure},
	} {
		f, err := Open(table(append(simple[:4:4], tt.object)...))
		if err != nil {
			t.Errorf("%s: Open: %v", tt.name, err)
			continue
		}
		if o, err := f.Last().Load(Ref{Num: 5}); !errors.Is(err, tt.want) {
			t.Errorf("%s: Load = %v, %v, want %v", tt.name, o, err, tt.want)
		}
	}
}

func TestLoadRefusesWrongNumbers(t *testing.T) {
	swapped := table(simple...)
	swapped = replace(swapped, "3 0 obj", "2 0 obj")
	f, err := Open(swapped)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Last().Load(Ref{Num: 3}); !errors.Is(err, ErrStructure) {
		t.Errorf("Load of an object with another number = %v", err)
	}
	f, err = Open(table(simple...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Last().Load(Ref{Num: 3, Gen: 1}); !errors.Is(err, ErrStructure) {
		t.Errorf("Load of another generation = %v", err)
	}
	if o, err := f.Last().Load(Ref{Num: 99}); o != nil || err != nil {
		t.Errorf("Load of an unknown number = %v, %v, want null", o, err)
	}
}

func TestOpenReadsBothKinds(t *testing.T) {
	for name, file := range map[string][]byte{"table": table(simple...), "streams": streamed(simple...)} {
		f, err := Open(file)
		if err != nil {
			t.Fatalf("%s: Open: %v", name, err)
		}
		pages, err := f.Last().Pages()
		if err != nil || len(pages) != 1 || pages[0].Ref.Num != 3 {
			t.Errorf("%s: Pages() = %v, %v", name, pages, err)
		}
		content, err := f.Last().Resolve(pages[0].Dict.Get("Contents"))
		if err != nil || string(content.(*Stream).Data) != "0 0 m 1 w" {
			t.Errorf("%s: content = %v, %v", name, content, err)
		}
	}
}

func TestUpdateKeepsTheKindAndTheBytes(t *testing.T) {
	for name, file := range map[string][]byte{"table": table(simple...), "streams": streamed(simple...)} {
		f, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		u := f.Update()
		added := u.Add(Dict{{Key: "A", Value: Text("é")}})
		u.Set(Ref{Num: 3}, Dict{{Key: "Type", Value: Name("Page")}, {Key: "New", Value: added}})
		out, _ := u.Bytes([]byte("id"))
		again, _ := u.Bytes([]byte("id"))
		if !bytes.Equal(out, again) {
			t.Errorf("%s: Bytes twice differ", name)
		}
		if !bytes.HasPrefix(out, file) {
			t.Errorf("%s: old bytes changed", name)
		}
		f, err = Open(out)
		if err != nil {
			t.Fatalf("%s: Open after update: %v", name, err)
		}
		if f.Revisions() != 2 {
			t.Errorf("%s: Revisions() = %d", name, f.Revisions())
		}
		d, err := f.Last().Dict(Ref{Num: 3}, "page")
		if err != nil || d.Get("New") != added {
			t.Errorf("%s: page = %v, %v", name, d, err)
		}
		old, err := f.State(0).Dict(Ref{Num: 3}, "page")
		if err != nil || old.Get("New") != nil {
			t.Errorf("%s: page as of the original = %v, %v", name, old, err)
		}
		if (f.revs[1].sections[0].stream != 0) != (name == "streams") {
			t.Errorf("%s: other kind of cross-reference", name)
		}
	}
}
