package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// acts are objects that act, with the word for it.
var acts = map[string]string{
	"<< /S /JavaScript /JS (app.alert(1)) >>":                 Script,
	"<< /S /J#61vaScr#69pt /JS 9 0 R >>":                      Script,
	"<< /Names << /JavaScript << /Names [(a) 9 0 R] >> >> >>": Script,
	"/JavaScript": Script, // the type of an action, by reference
	"[[<< /A << /S /URI /Next [<< /S /JavaScript#00x >>] >> >>]]":                                       Script,
	"<< /S /Rendition /JS (x) >>":                                                                       Media,
	"<< /S /Launch /F (cmd.exe) >>":                                                                     Launch,
	"<< /S /Launch /Win << /F (cmd) >> >>":                                                              Launch,
	"<< /AA << /O << /S /GoToE /D [0 /Fit] /F (\\\\\\\\evil\\\\x) >> >> >>":                             Fetching,
	"<< /S /GoToR /F (x.pdf) >>":                                                                        Fetching,
	"<< /S /SubmitForm /F << /FS /URL /F (http://x) >> >>":                                              Sending,
	"<< /S /ImportData /F (x) >>":                                                                       Sending,
	"<< /Type /Catalog /AcroForm << /XFA [(a) 9 0 R] >> >>":                                             Forms,
	"<< /Type /Annot /Subtype /RichMedia >>":                                                            Media,
	"<< /Subtype /Screen /Rect [0 0 1 1] >>":                                                            Media,
	"<< /Subtype /FileAttachment /FS << /F (a.exe) /EF << /F 9 0 R >> >> >>":                            Carried,
	"<< /Type /Filespec /F (a.docm) /UF (a.docm) /EF << /F 9 0 R >> >>":                                 Carried,
	"<< /Type /EmbeddedFile /Length 2 /X << /F (a.exe) /EF << /F 9 0 R >> >> >>\nstream\nMZ\nendstream": Carried,
	"<< /Length 0 /F (\\\\\\\\evil\\\\x) >>\nstream\n\nendstream":                                       External,
	"<< /Length 0 /F << /FS /URL /F (http://x) >> >>\nstream\n\nendstream":                              External,
	"<< /A (unbalanced \\( (x) \\)) /B <2F> % /x (\n/S /JavaScript >>":                                  Script,
	"<< /A << /S /JavaScript":                                                                           Script,
	"<< /A stream /S /JavaScript >>":                                                                    Script,
	"<< /A endobj /S /JavaScript >>":                                                                    Script,
	"<< /Length 44 >>\nstream\nx\n77 0 obj << /S /JavaScript /JS (x) >>\nendobj\nendstream":             Script,
}

// mustAct wants a file to be found acting.
func mustAct(t *testing.T, name string, file []byte, want string) {
	t.Helper()
	if got, err := Acting(file); err != nil || !slices.Contains(got, want) {
		t.Errorf("%s: %q, %v; want %q", name, got, err, want)
	}
}

// Whatever holds it, what acts is found.
func TestActing(t *testing.T) {
	for object, want := range acts {
		file := table(append(slices.Clone(simple), object)...)
		mustAct(t, object, file, want)
		mustAct(t, object+" in an object stream", streamed(append(slices.Clone(simple), object)...), want)
		mustAct(t, object+" in an update", section1(table(simple...), []int{5}, []string{object}, "/Size 6 /Root 1 0 R /Prev 200"), want)
		mustAct(t, object+" without a cross-reference", []byte("%PDF-1.4\n5 0 obj"+object+"\n%%EOF"), want)
		mustAct(t, object+" behind a comment", []byte("%PDF-1.4\n5 0 % x\nobj "+object+"\n%%EOF"), want)
		mustAct(t, object+" behind a long comment", []byte("%PDF-1.4\n5 0 %"+strings.Repeat("x", 2*longLine)+"\robj "+object+"\n%%EOF"), want)
		mustAct(t, object+" behind blanks", []byte("%PDF-1.4\n5 0"+strings.Repeat("\x00", 2*longLine)+"obj "+object+"\n%%EOF"), want)
		if want == External {
			continue // is a stream, which no trailer holds
		}
		mustAct(t, object+" in a trailer", []byte("%PDF-1.4\ntrailer\n<< /Root "+object+" >>\nstartxref\n0\n%%EOF"), want)
	}
}

// packedIn is a file whose object stream has this dictionary, and these bytes.
func packedIn(dict, data string) []byte {
	return fmt.Appendf(nil, "%%PDF-1.7\n7 0 obj\n<< %s >>\nstream\r\n%s\nendstream\nendobj\n%%%%EOF\n", dict, data)
}

func TestActingInObjectStreams(t *testing.T) {
	const script = "8 0 << /S /JavaScript /JS (endstream) >>"
	flate := string(deflate([]byte(script)))
	for name, file := range map[string][]byte{
		"as it stands":               packedIn("/Type /ObjStm /N 1 /First 4 /Length 40", script),
		"a Length that is too small": packedIn("/Type /ObjStm /N 1 /First 4 /Length 3", script),
		"behind the word for its end": packedIn("/Type /ObjStm /N 2 /First 4 /Length 200",
			"8 0 9 20 (endstream) "+script+strings.Repeat(" ", 120)),
		"behind that, Length elsewhere": packedIn("/Type /ObjStm /N 2 /First 4 /Length 6 0 R", "8 0 9 20 (endstream) "+script),
		"deflated":                      packedIn("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", flate),
		"deflated, in a list":           packedIn("/Type /ObjStm /N 1 /First 4 /Filter [/FlateDecode] /DecodeParms [null]", flate),
		"its type elsewhere":            packedIn("/Type 6 0 R /N 1 /First 4 /Filter /FlateDecode", flate),
		"its type written otherwise":    packedIn("/Type /Obj#53tm /N 1 /Filter /FlateDecode", flate),
	} {
		mustAct(t, name, file, Script)
	}
	for name, file := range map[string][]byte{
		"deflated twice":        packedIn("/Type /ObjStm /N 1 /First 4 /Filter [/FlateDecode /FlateDecode]", string(deflate([]byte(flate)))),
		"in hexadecimal":        packedIn("/Type /ObjStm /N 1 /First 4 /Filter /ASCIIHexDecode", fmt.Sprintf("%x>", script)),
		"its filter elsewhere":  packedIn("/Type /ObjStm /N 1 /First 4 /Filter 6 0 R", flate),
		"filters twice":         packedIn("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Filter null", flate),
		"cut off":               packedIn("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", flate[:len(flate)-8]),
		"not deflated":          packedIn("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", script),
		"a dictionary too deep": packedIn("/Type /ObjStm /N 1 /First 4 /X "+strings.Repeat("[", 100)+strings.Repeat("]", 100), script),
	} {
		if got, err := Acting(file); !errors.Is(err, ErrStructure) && !errors.Is(err, ErrLimit) {
			t.Errorf("%s: %q, %v; want a refusal", name, got, err)
		}
	}
}

func TestActingRefuses(t *testing.T) {
	locked := revision1("/Encrypt << /Filter /Standard /V 2 >>", simple...)
	if _, err := Acting(locked); !errors.Is(err, ErrEncrypted) {
		t.Errorf("an encrypted file: %v", err)
	}
	if _, err := Acting([]byte("MZ")); !errors.Is(err, ErrNotPDF) {
		t.Errorf("no PDF: %v", err)
	}
	if _, err := Acting(append([]byte("%PDF-1.7\n"), make([]byte, maxSize)...)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large a file: %v", err)
	}
	bomb := packedIn("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", string(deflate(make([]byte, maxInflated+1))))
	if _, err := Acting(bomb); !errors.Is(err, ErrLimit) {
		t.Errorf("a bomb: %v", err)
	}
}

// Objects that never end are looked at a few times, not once each.
func TestActingEnds(t *testing.T) {
	for _, piece := range []string{"1 0 obj<<", "1 0 obj(", "1 0 obj%", "1 0 obj<", "\nx obj", "1 0 obj<</N 1/First 1>>stream ", "trailer["} {
		file := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte(piece), 5_000_000/len(piece))...)
		if got, err := Acting(file); !errors.Is(err, ErrLimit) {
			t.Errorf("5 MB of %q: %q, %v", piece, got, err)
		}
	}
}

// What people have is taken: links, places to open at, forms, layers, blend modes, our own.
func TestActingTakes(t *testing.T) {
	for name, file := range map[string][]byte{
		"a page":        table(simple...),
		"packed":        streamed(simple...),
		"a place":       table(append(slices.Clone(simple), "<< /OpenAction [3 0 R /Fit] /A << /S /GoTo /D (x) >> >>")...),
		"a link":        table(append(slices.Clone(simple), "<< /Subtype /Link /F 4 /A << /S /URI /URI (https://example.org/JavaScript) >> >>")...),
		"a form":        table(append(slices.Clone(simple), "<< /FT /Tx /V (/S /JavaScript) /DV <2F4A61> /Kids [] >>")...),
		"a blend mode":  table(append(slices.Clone(simple), "<< /Type /ExtGState /BM /Screen >>")...),
		"a comment":     table(append(slices.Clone(simple), "<< /A 1 % /S /JavaScript\n>>")...),
		"text":          table(append(slices.Clone(simple), "<< /Length 20 >>\nstream\n/JavaScript /Launch \nendstream")...),
		"a filter":      table(append(slices.Clone(simple), "<< /Length 1 /Filter /F >>\nstream\nx\nendstream")...),
		"data in JSON":  table(append(slices.Clone(simple), "<< /Type /Filespec /F (a.json) /UF (a.json) /EF << /F 6 0 R >> >>", "<< /Type /EmbeddedFile /Length 2 >>\nstream\n{}\nendstream")...),
		"a broken page": []byte("%PDF-1.3\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\nstartxref\n99\n%%EOF"),
	} {
		if got, err := Acting(file); err != nil || len(got) > 0 {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// Data in JSON beside something else, or in a file that is not sound, counts.
func TestActingCarriesOnlyJSON(t *testing.T) {
	const json = "<< /Type /Filespec /F (a.json) /UF (a.json) /EF << /F 6 0 R >> >>"
	for name, file := range map[string][]byte{
		"another ending beside":  table(append(slices.Clone(simple), json, "<< /Type /Filespec /F (a.json) /UF (a.exe) /EF << /F 5 0 R >> >>")...),
		"another name of it":     table(append(slices.Clone(simple), "<< /F (a.json) /UF (a.json) /DOS (A.EXE) /EF << /F 6 0 R >> >>")...),
		"a name elsewhere":       table(append(slices.Clone(simple), "<< /F (a.json) /UF 6 0 R /EF << /F 6 0 R >> >>", "(a.exe)")...),
		"one name missing":       table(append(slices.Clone(simple), "<< /F (a.json) /EF << /F 6 0 R >> >>")...),
		"a path":                 table(append(slices.Clone(simple), "<< /F (../a.json) /UF (../a.json) /EF << /F 6 0 R >> >>")...),
		"bytes between objects":  []byte("%PDF-1.7\nx 9 0 obj" + json + "endobj\n%%EOF"),
		"in an object elsewhere": append(table(append(slices.Clone(simple), json)...), "%9 0 obj<</EF 1>>\n%%EOF"...),
	} {
		mustAct(t, name, file, Carried)
	}
}

// FuzzActing: what the strict reader finds acting in a file that it reads is found.
func FuzzActing(f *testing.F) {
	for object := range acts {
		f.Add(table(append(slices.Clone(simple), object)...))
		f.Add(streamed(append(slices.Clone(simple), object)...))
	}
	f.Add(packedIn("/Type /ObjStm /N 1 /First 4 /Length 40", "8 0 << /S /JavaScript >>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Acting(data)
		file, strict := Open(data)
		if err != nil || strict != nil {
			return
		}
		s, strict := file.scan()
		if strict != nil {
			return
		}
		for _, what := range []string{"launch action", "link to a file", "XFA form"} {
			if s.active[what] && !slices.Contains(got, what) {
				t.Fatalf("%s is not found, only %q", what, got)
			}
		}
	})
}
