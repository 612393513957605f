package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzListed: a line that is taken names a file within the backup and comes back as it was.
func FuzzListed(f *testing.F) {
	good := "2026-11-22/06h02rd9v26mjznctw7qpgh4yw/06h02rd9v26mjznctw7qpgh4yx 1234 " + strings.Repeat("ab", 32)
	for _, line := range []string{good, "", " ", "a 1", "../x 1 " + strings.Repeat("ab", 32), "/etc/passwd 1 " + strings.Repeat("ab", 32),
		"a -1 " + strings.Repeat("ab", 32), "a 1 zz", good + " more", strings.Repeat("a", 10_000)} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		o, err := parseListed(line)
		if err != nil {
			return
		}
		if !filepath.IsLocal(o.name) || o.size < 0 {
			t.Fatalf("parseListed(%q) = %+v", line, o)
		}
		if again, err := parseListed(fmt.Sprintf("%s %d %x", o.name, o.size, o.address)); err != nil || again.name != o.name || again.size != o.size {
			t.Fatalf("%q comes back as %+v, %v", line, again, err)
		}
	})
	if _, err := parseListed(good); err != nil {
		f.Fatal(err)
	}
}
