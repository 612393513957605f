package seed

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"guichet.example/portal/core"
)

func files(t *testing.T, cfg Config) map[core.Kind][]byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	totals, err := generator(t, cfg).Write(t.Context(), dir, func(int) {})
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
	if _, err := generator(t, Config{Members: 10}).Write(t.Context(), dir, func(int) {}); err == nil {
		t.Error("wrote into a folder that has such files")
	}
	if content, _ := os.ReadFile(kept); string(content) != "mine" {
		t.Error("a file was written over")
	}
}

func TestLinesAreJSON(t *testing.T) {
	for kind, content := range files(t, Config{Members: 500}) {
		for line := range bytes.Lines(content) {
			var record map[string]any
			if err := json.Unmarshal(line, &record); err != nil {
				t.Fatalf("%s: %v in %s", kind, err, line)
			}
			if len(record) < 3 {
				t.Fatalf("%s: %s", kind, line)
			}
		}
	}
}

func TestSnake(t *testing.T) {
	for name, want := range map[string]string{"GivenNames": "given_names", "IBAN": "iban", "Last4": "last4", "SHA256": "sha256", "At": "at"} {
		if got := snake(name); got != want {
			t.Errorf("snake(%s) = %s, want %s", name, got, want)
		}
	}
}
