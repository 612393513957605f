package page_test

import (
	"bytes"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ/generator"
	"github.com/a-h/templ/parser/v2"
)

// fileName is the name that the generator notes for its error messages: relative to
// where it was run, so only the last part counts.
var fileName = regexp.MustCompile("FileName: `(?:[^`]*/)?([^`/]+)`")

// TestGeneratedFilesAreFresh: what is committed is what `make generate` makes
// of the templates of all areas.
func TestGeneratedFilesAreFresh(t *testing.T) {
	found := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".templ" {
			return err
		}
		found++
		committed, err := os.ReadFile(strings.TrimSuffix(path, ".templ") + "_templ.go")
		if err != nil {
			return err
		}
		if got := fileName.ReplaceAll(committed, []byte("$1")); !bytes.Equal(got, generate(t, path)) {
			t.Errorf("%s changed since it was generated: run make generate", path)
		}
		return nil
	})
	if err != nil || found < 10 {
		t.Fatalf("%d templates (%v)", found, err)
	}
}

func generate(t *testing.T, path string) []byte {
	t.Helper()
	file, err := parser.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := generator.Generate(file, &b, generator.WithFileName(path)); err != nil {
		t.Fatal(err)
	}
	text, err := format.Source(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return fileName.ReplaceAll(text, []byte("$1"))
}
