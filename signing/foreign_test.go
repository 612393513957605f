package signing

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

// foreign reads the PDFs of a folder of testdata/foreign, which other programs wrote:
// made.txt there says which, make.sh how.
func foreign(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "foreign", folder, "*.pdf"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files in %s: %v", folder, err)
	}
	files := make(map[string][]byte, len(names))
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimSuffix(filepath.Base(name), ".pdf")] = content
	}
	return files
}

// What common programs write can be signed, archived and verified, by us and by others.
func TestForeignFiles(t *testing.T) {
	w := theWorld(t)
	files := foreign(t, "accepted")
	if len(files) < 20 {
		t.Errorf("%d files, want 20 or more", len(files))
	}
	for name, content := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Inspect(content)
			if err != nil || s.Pages == 0 || s.Signatures != 0 {
				t.Fatalf("Inspect = %+v, %v", s, err)
			}
			archived := w.archived(t, content)
			if !bytes.HasPrefix(archived, content) {
				t.Error("signing changed bytes of the file")
			}
			checkArchived(t, w, archived)
		})
	}
}

// archived is a file signed with the P-256 card and raised to B-LTA.
func (w *world) archived(t *testing.T, content []byte) []byte {
	t.Helper()
	card := w.cards[certstest.P256].Signature
	signed := w.sign(t, Request{PDF: content, Path: w.path(t, card.Certificate, certs.Signature), At: signedAt}, card.Key)
	archived, level, err := w.extender(t).Extend(t.Context(), signed, LevelLTA)
	if err != nil || level != LevelLTA {
		t.Fatalf("Extend = %v, %v", level, err)
	}
	return archived
}

// checkArchived has a signed and archived file judged by us, pdfsig, qpdf and mutool.
func checkArchived(t *testing.T, w *world, archived []byte) {
	t.Helper()
	r := w.report(t, archived)
	if r.Sentence() != ValidToday || !r.Valid() || r.Signatures[0].Level != LevelLTA {
		t.Fatalf("Verify: %v, %v, %v", r.Sentence(), r.Signatures[0].Level, r.Signatures[0].Reasons)
	}
	s, err := Inspect(archived)
	if err != nil || s.Signatures != 1 {
		t.Errorf("Inspect of the archived file = %+v, %v", s, err)
	}
	path := file(t, "archived.pdf", archived)
	mustTool(t, "Signature is Valid.", "pdfsig", "-nocert", path)
	mustTool(t, "No syntax or stream encoding errors found", "qpdf", "--check", path)
	out, err := tool(t, "mutool", "draw", "-F", "txt", "-o", os.DevNull, path)
	if err != nil || strings.Contains(out, "error") || strings.Contains(out, "repair") {
		t.Errorf("mutool: %v\n%s", err, out)
	}
}

// The files are of every structure that the standard knows.
func TestForeignFilesAreOfEveryKind(t *testing.T) {
	size, found := 0, map[string]int{}
	for _, content := range foreign(t, "accepted") {
		size += len(content)
		for kind, pattern := range map[string]string{
			"table": `\nxref\s`, "stream": `/Type ?/XRef\b`, "object stream": `/Type ?/ObjStm\b`,
			"linearised": `/Linearized 1\b`, "tagged": `/StructTreeRoot\b`, "opening at a place": `/OpenAction\b`,
			"hybrid": `/XRefStm\b`,
		} {
			if regexp.MustCompile(pattern).Match(content) {
				found[kind]++
			}
		}
	}
	t.Logf("%d bytes: %v", size, found)
	for _, kind := range []string{"table", "stream", "object stream", "linearised", "tagged", "opening at a place", "hybrid"} {
		if found[kind] < 2 {
			t.Errorf("%d files with %s, want 2 or more", found[kind], kind)
		}
	}
	if size > 2<<20 {
		t.Errorf("%d bytes of files, want 2 MiB at most", size)
	}
}

// What must not be signed is refused with its own reason.
func TestForeignFilesRefused(t *testing.T) {
	want := map[string]Obstacle{
		"appended": Broken, "encrypted": Encrypted, "form": Fillable, "layers": Active, "mutool-clean": Broken,
		"pdfunite": Broken, "revision": Versions, "script": Active, "truncated": Broken,
	}
	files := foreign(t, "refused")
	if len(files) != len(want) {
		t.Errorf("%d files, want %d", len(files), len(want))
	}
	for name, content := range files {
		s, err := Inspect(content)
		var why *UnsuitableError
		if s != nil || !errors.As(err, &why) || why.Obstacle != want[name] {
			t.Errorf("%s: Inspect = %+v, %v, want %s", name, s, err, want[name])
		}
	}
}

// TeX writes where to open a file as an object of its own. Whatever else stands there, in
// any revision, is an action; so is one whose type stands in an object of its own.
func TestInspectOpening(t *testing.T) {
	plain := letter(t).PDF
	for name, c := range map[string]struct {
		object string
		want   Obstacle
	}{
		"a place":              {"[3 0 R /Fit]", Versions}, // not Active
		"going to a place":     {"<< /S /GoTo /D [3 0 R /Fit] >>", Versions},
		"and then on":          {"<< /S /GoTo /D [3 0 R /Fit] /Next << /S /Named /N /Print >> >>", Active},
		"a page of the web":    {"<< /S /URI /URI (http://x) >>", Active},
		"a command":            {"<< /S /Named /N /Print >>", Active},
		"a script":             {"<< /S /JavaScript /JS (x) >>", Active},
		"a type by reference":  {"<< /S 900 0 R >>", Active},
		"the name of a script": {"/JavaScript", Active},
	} {
		opened := amended(t, plain, func(u *pdf.Update, catalog pdf.Dict) pdf.Dict {
			return catalog.With("OpenAction", u.Add(pdf.Raw(c.object)))
		})
		var why *UnsuitableError
		if _, err := Inspect(opened); !errors.As(err, &why) || why.Obstacle != c.want {
			t.Errorf("%s: Inspect = %v, want %s", name, err, c.want)
		}
	}
}
