//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What is no file is refused at once: an import reads twice, and a pipe would keep it waiting.
func TestImportTakesFilesOnly(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "member.ndjson"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", filepath.Join(dir, "payment.csv")); err != nil {
		t.Fatal(err)
	}
	for _, named := range []string{dir, filepath.Join(dir, "member.ndjson"), filepath.Join(dir, "payment.csv")} {
		if _, err := new(importer).files([]string{named}); err == nil || !strings.Contains(err.Error(), "no file") {
			t.Errorf("%s: %v", named, err)
		}
	}
}
