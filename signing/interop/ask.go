package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// finding is what one validator says of one signature, or veraPDF of one file.
type finding struct {
	judge      string // dss, pyhanko, verapdf, pdfsig
	file       string // base name
	field      string // of the signature; for veraPDF the profile: 3a, ua1
	level      string // PAdES-BASELINE-…
	indication string // TOTAL_PASSED, …; true or false of veraPDF; valid of pdfsig
	detail     string // sub-indication, or the rules not kept
}

// ask runs the validators one after the other, a JVM being enough for a small machine.
// What one of them found stands although another failed.
func (b *bench) ask(ctx context.Context, names []string, out io.Writer) ([]finding, error) {
	var all []finding
	var failed []error
	for _, j := range []struct {
		what string
		run  func(context.Context, []string) ([]finding, error)
	}{{"EU DSS and veraPDF", b.java}, {"pyHanko", b.hanko}, {"pdfsig", b.pdfsig}} {
		fmt.Fprintf(out, "%s: %d files\n", j.what, len(names))
		found, err := j.run(ctx, names)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s failed: %w", j.what, err))
		}
		all = append(all, found...)
	}
	return all, errors.Join(failed...)
}

func (b *bench) java(ctx context.Context, names []string) ([]finding, error) {
	jars, err := os.ReadFile(b.classpath())
	if err != nil {
		return nil, err
	}
	path := filepath.Join(b.classes(), "classes") + string(os.PathListSeparator) + strings.TrimSpace(string(jars))
	args := append([]string{"-Xmx1g", "-XX:TieredStopAtLevel=1", "-cp", path, "example.guichet.Judge", b.trust()}, names...)
	out, err := b.run(ctx, 10*time.Minute, "java", args...)
	return findings(out), err
}

func (b *bench) hanko(ctx context.Context, names []string) ([]finding, error) {
	args := append([]string{filepath.Join(b.source, "judge.py"), b.trust()}, names...)
	out, err := b.run(ctx, 10*time.Minute, b.python(), args...)
	return findings(out), err
}

func (b *bench) pdfsig(ctx context.Context, names []string) ([]finding, error) {
	var all []finding
	var failed []error
	for _, name := range names {
		if asked(filepath.Base(name)) == "none" {
			continue
		}
		// pdfsig exits with an error for the document timestamps, which it does not judge.
		out, err := b.run(ctx, time.Minute, "pdfsig", "-nocert", name)
		found := signatures(filepath.Base(name), out)
		if len(found) == 0 {
			failed = append(failed, fmt.Errorf("%s: no signature: %w", filepath.Base(name), err))
		}
		all = append(all, found...)
	}
	return all, errors.Join(failed...)
}

// findings reads what Judge.java and judge.py print: one finding a line, tab-separated.
func findings(out []byte) []finding {
	var all []finding
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		c := append(strings.Split(lines.Text(), "\t"), make([]string, 6)...)
		switch c[0] {
		case "dss", "pyhanko":
			all = append(all, finding{c[0], c[1], c[2], c[3], c[4], c[5]})
		case "verapdf":
			all = append(all, finding{c[0], c[1], c[2], "", c[3], c[4]})
		}
	}
	return all
}

// signatures reads what pdfsig prints of a file: a paragraph for each signature field.
func signatures(file string, out []byte) []finding {
	var all []finding
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		key, value, _ := strings.Cut(strings.TrimLeft(lines.Text(), " -"), ": ")
		switch {
		case key == "Signature Field Name":
			all = append(all, finding{judge: "pdfsig", file: file, field: value})
		case key == "Signature Validation" && len(all) > 0:
			f := &all[len(all)-1]
			if f.detail = value; value == "Signature is Valid." {
				f.indication, f.detail = "valid", ""
			}
		}
	}
	return all
}
