package signing

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/signing/internal/pdf"
)

// heavy is a well-formed file of n objects, all but the first three with the same body.
func heavy(n int, body string) []byte {
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
	}
	var b, xref bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	fmt.Fprintf(&xref, "xref\n0 %d\n0000000000 65535 f \n", n+1)
	for i := range n {
		text := body
		if i < len(objects) {
			text = objects[i]
		}
		fmt.Fprintf(&xref, "%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, text)
	}
	at := b.Len()
	b.Write(xref.Bytes())
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", n+1, at)
	return b.Bytes()
}

// Bounds on what one hostile file may cost. Time is that of the processor, which a busy
// machine does not stretch.
const (
	heavyTime   = 10 * time.Second
	heavyMemory = 512 << 20
)

// heavyFiles are as large or as tangled as the bounds of the reader permit.
var heavyFiles = map[string]func(testing.TB) []byte{
	"half a million objects": func(testing.TB) []byte { return heavy(500000, "1") },
	"a hundred thousand pointers": func(testing.TB) []byte {
		return heavy(100000, "<< /A 1 0 R /B [1 0 R 2 0 R 3 0 R] /C (abc) /D << /E /F >> >>")
	},
	"two million numbers": func(testing.TB) []byte { return heavy(4, "["+strings.Repeat("9999 ", 2000000)+"]") },
	"string of 24 MB":     func(testing.TB) []byte { return heavy(4, "("+strings.Repeat("a", 24000000)+")") },
	"comments of 24 MB":   func(testing.TB) []byte { return heavy(4, "1 "+strings.Repeat("%a\n", 8000000)) },
	"parentheses of 24 MB": func(testing.TB) []byte {
		return heavy(4, strings.Repeat("(", 12000000)+strings.Repeat(")", 12000000))
	},
	"small dictionaries": func(testing.TB) []byte { return heavy(4, "["+strings.Repeat("<</A 1>>", 690000)+"]") },
	"empty dictionaries": func(testing.TB) []byte { return heavy(4, "["+strings.Repeat("<<>>", 2000000)+"]") },
	"sixty revisions of half a million objects": func(testing.TB) []byte {
		file := heavy(500000, "<< /A 4 0 R >>")
		for i := range 60 {
			file = further(file, fmt.Sprintf("%d 0 obj\n%d\nendobj\n", 5+i, i), 5+i)
		}
		return file
	},
	"sixty revisions of twenty thousand pages": func(testing.TB) []byte {
		file := paged(19000)
		for i := range 60 {
			file = further(file, fmt.Sprintf("%d 0 obj\n<< /Type /Page /Parent 2 0 R /Rotate %d >>\nendobj\n", 9+i, 90*(i%4)), 9+i)
		}
		return file
	},
	"two thousand fields in sixty revisions": fielded,
	"large dictionary listed again in sixty revisions": func(testing.TB) []byte {
		return again(unsigned("["+strings.Repeat("<<"+numbered("/K%d 1 ", 60000)+">>", 15)+"]"), 60)
	},
	"pointers listed again in sixty revisions": func(testing.TB) []byte {
		return again(unsigned("["+numbered("%d 0 R ", 1800000)+"]"), 60)
	},
	"two large dictionaries in turn in sixty revisions": func(testing.TB) []byte {
		body := "[" + strings.Repeat("<<"+numbered("/K%d 1 ", 60000)+">>", 4) + "]"
		return again(unsigned(body, strings.Replace(body, "/K99 1", "/K99 2", 1)), 60)
	},
	"evidence of a million pointers in sixty revisions": func(testing.TB) []byte {
		file := unsigned("<< /Certs [" + strings.Repeat("4 0 R ", 900000) + "] >>")
		file = further(file, "1 0 obj\n<< /Type /Catalog /Pages 2 0 R /DSS 5 0 R /AcroForm << /Fields [4 0 R] >> >>\nendobj\n", 1)
		return again(file, 60)
	},
	"fields that share a hole of 24 MB": func(testing.TB) []byte {
		return fieldsOf("<< /FT /Sig /T (A) /V 4 0 R >>", "<< /Type /Sig /ByteRange [0 1 2 3] /Contents <"+strings.Repeat("0", 24000000)+"> >>")
	},
	"catalog, page and field of sixty thousand keys": func(testing.TB) []byte {
		keys := numbered("/K%d 1 ", 60000)
		file := fieldsOf("<< /FT /Sig /T (A) /V 4 0 R >>", "<< /Type /Sig "+keys+">>")
		file = further(file, "1 0 obj\n<< "+keys+"/Type /Catalog /Pages 2 0 R /AcroForm << "+keys+"/Fields [5 0 R] >> >>\nendobj\n", 1)
		file = further(file, "3 0 obj\n<< "+keys+"/Type /Page /Parent 2 0 R >>\nendobj\n", 3)
		return further(file, "5 0 obj\n<< "+keys+"/FT /Sig /T (B) /V 4 0 R >>\nendobj\n", 5)
	},
	"evidence by signature of sixty thousand entries": func(testing.TB) []byte {
		file := unsigned("<< /VRI << " + numbered("/K%d << >> ", 60000) + " >> >>")
		file = further(file, "1 0 obj\n<< /Type /Catalog /Pages 2 0 R /DSS 5 0 R /AcroForm << /Fields [4 0 R] >> >>\nendobj\n", 1)
		return again(file, 60)
	},
	"fields that share a signature of many references": func(testing.TB) []byte {
		return fieldsOf("<< /FT /Sig /T (A) /V 4 0 R >>", "<< /Type /Sig /Reference ["+strings.Repeat("<< /TransformMethod /FieldMDP >>", 60)+"] >>")
	},
	"field with a name of 24 MB": func(testing.TB) []byte {
		return fieldsOf("<< /FT /Sig /T ("+strings.Repeat("a", 24000000)+") /V 4 0 R >>", "<< /Type /Sig >>")
	},
	"lock of a million fields": func(testing.TB) []byte {
		return fieldsOf("<< /FT /Sig /T (A) /V 4 0 R /Lock << /Action /Exclude /Fields ["+strings.Repeat("(a)", 900000)+"] >> >>", "<< /Type /Sig >>")
	},
	"forty signatures over 120 MiB": manySigned,
	"trailer before a comment, three million times": func(testing.TB) []byte {
		return heavy(4, streamed(strings.Repeat("trailer%", 3000000)))
	},
	"trailer before two million comments": func(testing.TB) []byte {
		return heavy(4, streamed(strings.Repeat("%trailer\n", 2600000)))
	},
	"numbers before obj": func(testing.TB) []byte {
		return heavy(4, streamed(strings.Repeat("obj"+strings.Repeat(" ", 4000)+strings.Repeat("1", 4000), 3000)))
	},
	"comment of 24 MB between objects": func(testing.TB) []byte {
		file := heavy(4, "1")
		return further(file, "%"+strings.Repeat("a%", 12000000)+"\n5 0 obj\n1\nendobj\n", 5)
	},
	"fields that share a string without end": func(testing.TB) []byte {
		return fieldsOf("<< /FT /Sig /T (A) /V 4 0 R >>", "("+strings.Repeat("a", 24000000))
	},
	"fields that share a table of an object stream without end": func(testing.TB) []byte { return unpacked() },
}

// heaviest are verified at every test, the others in a soak.
var heaviest = []string{
	"half a million objects", "empty dictionaries", "sixty revisions of half a million objects",
	"trailer before a comment, three million times", "fields that share a string without end",
}

// Child processes verify the files, so that what each takes can be told.
func TestVerifyHeavyFiles(t *testing.T) {
	if name := os.Getenv("GUICHET_HEAVY"); name != "" {
		verifyHeavy(t, name)
		return
	}
	for name, make := range heavyFiles {
		if os.Getenv("GUICHET_SOAK") == "" && !slices.Contains(heaviest, name) {
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*heavyTime)
		cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestVerifyHeavyFiles$")
		cmd.Env = append(os.Environ(), "GUICHET_HEAVY="+file(t, "heavy.pdf", make(t)))
		out, err := cmd.CombinedOutput()
		cancel()
		if err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
			continue
		}
		took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		var memory int
		if _, err := fmt.Sscanf(string(out), "most memory %d", &memory); err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
		}
		if took > heavyTime || memory > heavyMemory {
			t.Errorf("%s: %v, %d MiB", name, took, memory>>20)
		}
		t.Logf("%s: %v, %d MiB", name, took.Round(time.Millisecond), memory>>20)
	}
}

func verifyHeavy(t *testing.T, name string) {
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Verify(t.Context(), data, theWorld(t).trust())
	if err != nil || r.Valid() {
		t.Errorf("%+v, %v", r, err)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	var kib int
	if _, err := fmt.Sscanf(after, "%d", &kib); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("most memory %d\n", kib<<10)
}

// streamed is the body of a stream.
func streamed(data string) string {
	return fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(data), data)
}

// unpacked is a form of many fields whose values lie in an object stream that cannot be
// taken apart.
func unpacked() []byte {
	table := strings.Repeat("9 0 ", 10) + strings.Repeat(" ", 24000000)
	file := fieldsOf("<< /FT /Sig /T (A) /V 4 0 R >>", "1")
	stream := fmt.Sprintf("<< /Type /ObjStm /N 12 /First %d /Length %d >>\nstream\n%s\nendstream", len(table), len(table), table)
	file = further(file, "4000 0 obj\n"+stream+"\nendobj\n", 4000)
	prev, xref := lastSection(file), len(file)
	rows := string([]byte{2, 0, 0, 0x0f, 0xa0, 0, 1, byte(xref >> 24), byte(xref >> 16), byte(xref >> 8), byte(xref), 0})
	file = fmt.Appendf(file, "4001 0 obj\n<< /Type /XRef /W [1 4 1] /Index [4 1 4001 1] /Size 600000 /Root 1 0 R /Prev %d /Length %d >>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", prev, len(rows), rows, xref)
	return file
}

// further appends an update of one object by hand.
func further(file []byte, object string, num int) []byte {
	at := bytes.LastIndex(file, []byte("startxref\n"))
	var prev int
	fmt.Sscanf(string(file[at+len("startxref\n"):]), "%d", &prev)
	first := len(file)
	file = append(file, object...)
	xref := len(file)
	return fmt.Appendf(file, "xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size 600000 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n", num, first, prev, xref)
}

// paged is a file of so many pages.
func paged(n int) []byte {
	var kids strings.Builder
	for i := range n {
		fmt.Fprintf(&kids, "%d 0 R ", 4+i)
	}
	file := heavy(n+3, "<< /Type /Page /Parent 2 0 R >>")
	return further(file, "2 0 obj\n<< /Type /Pages /Kids ["+kids.String()+"] >>\nendobj\n", 2)
}

// unsigned is a file with a signature that nobody made and an object 5 that is replaced.
func unsigned(bodies ...string) []byte {
	file := heavy(4, "<< /FT /Sig /T (A) /V 3 0 R >>")
	for _, body := range bodies {
		file = further(file, "5 0 obj\n"+body+"\nendobj\n", 5)
	}
	return further(file, "1 0 obj\n<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>\nendobj\n", 1)
}

// numbered is the format filled in with the numbers from 10.
func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, 10+i)
	}
	return b.String()
}

// again appends revisions that list the places of object 5 in turn.
func again(file []byte, revisions int) []byte {
	head := []byte("\n5 0 obj\n")
	places := []int{bytes.Index(file, head) + 1, bytes.LastIndex(file, head) + 1}
	for i := range revisions {
		prev, xref := lastSection(file), len(file)
		file = fmt.Appendf(file, "xref\n5 1\n%010d 00000 n \ntrailer\n<< /Size 600000 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n", places[i%2], prev, xref)
	}
	return file
}

// fieldsOf is a form of many fields with one body and object 4, in sixty revisions.
func fieldsOf(field, four string) []byte {
	n := 1900
	if len(field) > 1000 {
		n = 1
	}
	var fields strings.Builder
	for i := range n {
		fmt.Fprintf(&fields, "%d 0 R ", 5+i)
	}
	file := heavy(n+4, field)
	file = further(file, "4 0 obj\n"+four+"\nendobj\n", 4)
	file = further(file, "1 0 obj\n<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields ["+fields.String()+"] >> >>\nendobj\n", 1)
	for i := range 58 {
		file = further(file, fmt.Sprintf("%d 0 obj\n%d\nendobj\n", 5000+i, i), 5000+i)
	}
	return file
}

// fielded is a form of many fields, of which each revision alters one.
func fielded(testing.TB) []byte {
	var fields strings.Builder
	for i := range 1900 {
		fmt.Fprintf(&fields, "%d 0 R ", 5+i)
	}
	file := heavy(1910, "<< /FT /Sig /T (A) >>")
	file = further(file, "1 0 obj\n<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields ["+fields.String()+"] >> >>\nendobj\n", 1)
	for i := range 60 {
		file = further(file, fmt.Sprintf("%d 0 obj\n<< /FT /Sig /T (B) /V %d 0 R >>\nendobj\n", 5+i, 1000+i), 5+i)
	}
	return file
}

// manySigned is a large file with many signatures, each over all of it and none that holds.
func manySigned(tb testing.TB) []byte {
	file := heavy(4, "("+strings.Repeat("a", 120<<20)+")")
	l := &lab{tb: tb, w: theWorld(tb)}
	for range 40 {
		f, err := pdf.Open(file)
		if err != nil {
			tb.Fatal(err)
		}
		u := f.Update()
		s := newSlot("/Sig", "/ETSI.CAdES.detached", Hole, signedAt)
		name, err := fieldName(f, "", "S")
		if err == nil {
			err = addField(f, u, s, name, Mark{}, false)
		}
		if err != nil {
			tb.Fatal(err)
		}
		out, r := s.write(u, nil)
		forged := l.forgeryOf(out[:r[1]], [4]int{0, 9, 10, 9}, algorithms[2])
		if file, err = fill(out, r, forged.encode(tb)); err != nil {
			tb.Fatal(err)
		}
	}
	return file
}
