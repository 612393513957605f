package store

import (
	"errors"
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

// FuzzManifest: a manifest that is taken names files within the backup alone, one hash for
// each file that will be read, and nothing that a statement would read as more than a name.
func FuzzManifest(f *testing.F) {
	file := func(name string) string {
		return `{"name":"` + name + `","size":3,"sha256":"` + strings.Repeat("ab", 32) + `"}`
	}
	whole := func(engine, tables, files string) string {
		return `{"format":1,"began":"2026-11-22T12:00:00Z","engine":"` + engine + `","schema":30,` + tables +
			`"counts":{"audit":2},"heads":[{"chain":"a","seq":2,"hash":"00"}],"objects":0,"object_bytes":0,"files":[` + files + `]}`
	}
	sqlite := whole("sqlite", "", file("guichet.db")+","+file("objects.list"))
	postgres := whole("postgres", `"tables":[{"name":"audit","columns":["chain","seq"]}],`, file("tables/audit")+","+file("objects.list"))
	for _, text := range []string{sqlite, postgres, "", "{}", "null", "[]", sqlite + sqlite, sqlite[:len(sqlite)/2],
		whole("sqlite", "", file("objects.list")), whole("sqlite", "", file("guichet.db")),
		whole("sqlite", "", file("../guichet.db")+","+file("guichet.db")+","+file("objects.list")),
		whole("sqlite", "", file("guichet.db")+","+file("guichet.db")+","+file("objects.list")),
		whole("postgres", `"tables":[{"name":"audit\"; DROP TABLE audit; --","columns":[]}],`, file("objects.list")),
		whole("postgres", `"tables":[{"name":"audit","columns":["a\" FROM members --"]}],`, file("tables/audit")+","+file("objects.list")),
		strings.Replace(sqlite, `"sha256":"ab`, `"sha256":"`, 1), strings.Replace(sqlite, `"size":3`, `"size":-3`, 1),
		strings.Replace(sqlite, `"format":1`, `"format":1,"more":1`, 1), strings.Repeat("[", 100_000)} {
		f.Add([]byte(text))
	}
	for _, text := range []string{sqlite, postgres} {
		if _, err := parseManifest([]byte(text)); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseManifest(text)
		if err != nil {
			if !errors.Is(err, ErrNoBackup) {
				t.Fatalf("parseManifest: %v", err)
			}
			return
		}
		sums := map[string]int{}
		for _, f := range m.Files {
			sums[f.Name]++
			if !filepath.IsLocal(f.Name) || len(f.SHA256) != 64 || f.Size < 0 {
				t.Fatalf("taken: %+v", f)
			}
		}
		for _, name := range append(m.dataFiles(), objectList) {
			if sums[name] != 1 || !filepath.IsLocal(name) {
				t.Fatalf("%d hashes of %s", sums[name], name)
			}
		}
		for _, table := range m.Tables {
			if strings.ContainsAny(table.columns(), `;-'\`) || strings.Count(table.columns(), `"`) != 2*max(len(table.Columns), 1) || strings.Contains(table.Name, `"`) {
				t.Fatalf("taken: %+v", table)
			}
		}
	})
}
