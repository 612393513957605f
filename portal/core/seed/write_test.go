package seed

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"guichet.example/portal/core"
)

func files(t *testing.T, cfg Config) map[core.Kind][]byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	totals, err := generator(t, cfg).Write(t.Context(), dir, core.NDJSON, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	all := map[core.Kind][]byte{}
	for _, f := range totals {
		content, err := os.ReadFile(filepath.Join(dir, f.File))
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(content)) != f.Bytes || bytes.Count(content, []byte("\n")) != f.Count {
			t.Errorf("%s: told %d lines and %d bytes, has %d", f.File, f.Count, f.Bytes, len(content))
		}
		all[f.Kind] = content
	}
	return all
}

func TestSameBytes(t *testing.T) {
	cfg := Config{Seed: 3, Members: 200}
	first := files(t, cfg)
	for kind, content := range files(t, cfg) {
		if !bytes.Equal(content, first[kind]) {
			t.Errorf("file of %s differs the second time", kind)
		}
	}
}

func TestNothingIsWrittenOver(t *testing.T) {
	dir := t.TempDir()
	kept := filepath.Join(dir, "payment.ndjson")
	if err := os.WriteFile(kept, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := generator(t, Config{Members: 10}).Write(t.Context(), dir, core.NDJSON, func(int) {}); err == nil {
		t.Error("wrote into a folder that has such files")
	}
	if content, _ := os.ReadFile(kept); string(content) != "mine" {
		t.Error("a file was written over")
	}
}

// What is written is what an import takes.
func TestFilesAreTaken(t *testing.T) {
	for kind, content := range files(t, Config{Members: 300}) {
		r, err := core.NewReader(bytes.NewReader(content), kind, core.NDJSON, DefaultUntil)
		if err != nil {
			t.Fatal(err)
		}
		if n := taken(t, r); n != bytes.Count(content, []byte("\n")) {
			t.Errorf("%s: %d of %d lines taken", kind, n, bytes.Count(content, []byte("\n")))
		}
	}
}

func taken(t *testing.T, r *core.Reader) (n int) {
	t.Helper()
	for {
		read, err := r.Next()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil || len(read.Problems) > 0 {
			t.Fatalf("line %d: %+v, %v", n+1, read.Problems, err)
		}
		n++
	}
}
