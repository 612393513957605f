package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// bench is where the validators are set up and run.
type bench struct {
	source string // pom.xml, judge.py, requirements.txt
	work   string // absolute
	files  string
}

func newBench(source, work string) (*bench, error) {
	source, err := filepath.Abs(source)
	if err != nil {
		return nil, err
	}
	if work, err = filepath.Abs(work); err != nil {
		return nil, err
	}
	return &bench{source: source, work: work}, os.MkdirAll(work, 0o755)
}

// present names every program that is not there, all at once.
func (b *bench) present(guichet, files string) error {
	var missing []string
	needed := []string{"mvn", "java", "python3", "pdfsig"}
	if files == "" {
		needed = append(needed, guichet)
	}
	for _, program := range needed {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("missing programs: %s", strings.Join(missing, ", "))
	}
	return nil
}

// fetch brings the validators into the work folder, and says of each that cannot be had
// that it is missing.
func (b *bench) fetch(ctx context.Context, out io.Writer) error {
	fmt.Fprintln(out, "fetching EU DSS and veraPDF (Maven), pyHanko (PyPI) where they are not here yet")
	return errors.Join(b.fetchJava(ctx), b.fetchPython(ctx))
}

func (b *bench) fetchJava(ctx context.Context) error {
	_, err := b.run(ctx, 10*time.Minute, "mvn", "-q", "-B", "-Dstyle.color=never", "-f", filepath.Join(b.source, "pom.xml"),
		"-Dout="+b.classes(), "-Dmdep.outputFile="+b.classpath(), "compile", "dependency:build-classpath")
	if err != nil {
		return fmt.Errorf("EU DSS and veraPDF are missing: %w", err)
	}
	return nil
}

func (b *bench) fetchPython(ctx context.Context) error {
	want, err := os.ReadFile(filepath.Join(b.source, "requirements.txt"))
	if err != nil {
		return err
	}
	have := filepath.Join(b.work, "venv", "requirements.txt")
	if old, err := os.ReadFile(have); err == nil && bytes.Equal(old, want) {
		return nil
	}
	_, err = b.run(ctx, time.Minute, "python3", "-m", "venv", "--clear", filepath.Join(b.work, "venv"))
	if err == nil {
		_, err = b.run(ctx, 10*time.Minute, b.python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
			"--require-hashes", "-r", filepath.Join(b.source, "requirements.txt"))
	}
	if err != nil {
		return fmt.Errorf("pyHanko is missing: %w", err)
	}
	return os.WriteFile(have, want, 0o644)
}

// make has the demo make one file for each level, key and signer.
func (b *bench) make(ctx context.Context, guichet string, out io.Writer) error {
	if err := os.RemoveAll(b.files); err != nil {
		return err
	}
	if err := os.MkdirAll(b.files, 0o755); err != nil {
		return err
	}
	guichet, err := filepath.Abs(guichet)
	if err != nil {
		return err
	}
	kept, err := os.MkdirTemp("", "interop-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(kept)
	fmt.Fprintln(out, "making the files: guichet demo -once -journey levels")
	_, err = b.run(ctx, 10*time.Minute, guichet, "demo", "-once", "-journey", "levels", "-out", b.files, "-data", kept)
	return err
}

func (b *bench) classes() string   { return filepath.Join(b.work, "judge") }
func (b *bench) classpath() string { return filepath.Join(b.work, "classpath") }
func (b *bench) python() string    { return filepath.Join(b.work, "venv", "bin", "python") }
func (b *bench) trust() string     { return filepath.Join(b.files, "trust") }

// run runs a program and returns its standard output; what it complained of last is in
// the error.
func (b *bench) run(ctx context.Context, limit time.Duration, name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.WaitDelay = b.work, 5*time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		// Maven complains on its standard output, the others on standard error.
		said := strings.TrimSpace(stdout.String() + "\n" + stderr.String())
		return stdout.Bytes(), fmt.Errorf("%s: %w: %s", filepath.Base(name), err, complaint(said))
	}
	return stdout.Bytes(), nil
}

// complaint is what a program said of its failure: its first lines marked as errors, or
// the last ones where none is.
func complaint(said string) string {
	lines := strings.Split(said, "\n")
	var marked []string
	for _, line := range lines {
		if strings.Contains(line, "ERROR") && len(marked) < 2 {
			marked = append(marked, line)
		}
	}
	if marked == nil {
		marked = lines[max(0, len(lines)-4):]
	}
	return strings.Join(marked, "\n")
}
