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

// journeys of the demo that leave files: each level, key and signer, and what the counter
// itself makes of a card, an approval and a password.
var journeys = []string{"levels", "card", "order", "saml", "password"}

// make has the demo make the files of its journeys, and makes one of each kind of document
// and of each program whose files are in the folder papers.
func (b *bench) make(ctx context.Context, guichet, papers string, out io.Writer) error {
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
	for _, journey := range journeys {
		fmt.Fprintf(out, "making the files: guichet demo -once -journey %s\n", journey)
		if err := b.walk(ctx, guichet, journey); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "making the files: every kind of document, papers of other programs")
	m, err := newMaker(b.files)
	if err != nil {
		return err
	}
	defer m.pki.Close()
	return errors.Join(m.kinds(ctx), m.papers(ctx, papers))
}

// walk has the demo walk a journey and keeps its files. Each has authorities of its own.
func (b *bench) walk(ctx context.Context, guichet, journey string) error {
	dir, err := os.MkdirTemp("", "interop-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, "out")
	if _, err := b.run(ctx, 10*time.Minute, guichet, "demo", "-once", "-journey", journey, "-out", made, "-data", filepath.Join(dir, "data")); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(made, "*.pdf"))
	roots, bad := filepath.Glob(filepath.Join(made, "trust", "*.pem"))
	if err != nil || bad != nil || len(files) == 0 || len(roots) == 0 {
		return errors.Join(fmt.Errorf("journey %s left nothing to judge", journey), err, bad)
	}
	for _, name := range append(files, roots...) {
		within, err := filepath.Rel(made, name)
		if err != nil {
			return err
		}
		if err := copied(name, filepath.Join(b.files, kept(within, journey))); err != nil {
			return err
		}
	}
	return nil
}

// kept is the name under which a file of a journey is kept: what the counter made is
// archived, and its name does not say so.
func kept(within, journey string) string {
	dir, name := filepath.Split(within)
	switch {
	case journey == "levels":
		return within
	case dir != "":
		return filepath.Join(dir, journey+"-"+name)
	}
	return "counter-" + journey + "-" + strings.TrimSuffix(name, ".pdf") + "-b-lta.pdf"
}

func copied(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
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
