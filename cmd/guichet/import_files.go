package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"guichet.example/portal/core"
)

// errFileChanged means that a file is not what it was when it was read first.
var errFileChanged = errors.New("the file changed while it was read: run the import again")

// importFile is a file to be taken in.
type importFile struct {
	path, name string
	kind       core.Kind
	format     core.Format
	written    time.Time
	size       int64
}

func kindNames() string {
	names := []string{}
	for _, kind := range core.Kinds() {
		names = append(names, string(kind))
	}
	return strings.Join(names, ", ")
}

// files lists what is named on the command line, in the order in which one refers to the
// other; of a folder all that is NDJSON or CSV.
func (x *importer) files(named []string) ([]importFile, error) {
	var files []importFile
	for _, path := range named {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		paths := []string{path}
		if info.IsDir() {
			if paths, err = inFolder(path); err != nil {
				return nil, err
			}
		}
		for _, path := range paths {
			file, err := x.fileOf(path)
			if err != nil {
				return nil, err
			}
			files = append(files, file)
		}
	}
	order := core.Kinds()
	slices.SortStableFunc(files, func(a, b importFile) int {
		return cmp.Compare(slices.Index(order, a.kind), slices.Index(order, b.kind))
	})
	return files, nil
}

func inFolder(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		if _, known := core.FormatOf(e.Name()); known && !e.IsDir() {
			paths = append(paths, filepath.Join(folder, e.Name()))
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s: no file ends in .ndjson, .jsonl or .csv", folder)
	}
	return paths, nil
}

func (x *importer) fileOf(path string) (importFile, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file that can be read twice", path)
	}
	if err != nil {
		return importFile{}, err
	}
	f := importFile{path: path, name: filepath.Base(path), kind: x.kind, written: info.ModTime(), size: info.Size()}
	known := true
	if f.format, known = core.FormatOf(f.name); !known {
		return f, fmt.Errorf("%s: a file ends in .ndjson, .jsonl or .csv", f.name)
	}
	if f.kind == "" {
		if f.kind, known = kindOf(f.name); !known {
			return f, fmt.Errorf("%s: the name tells no kind: rename it, or give -kind, one of %s", f.name, kindNames())
		}
	}
	return f, nil
}

// kindOf tells the kind by the name of a file: the kind or its plural, and anything that
// is no letter after it.
func kindOf(name string) (core.Kind, bool) {
	var best core.Kind
	for _, kind := range core.Kinds() {
		for _, begin := range []string{string(kind), string(kind) + "s"} {
			rest, ok := strings.CutPrefix(strings.ToLower(name), begin)
			if ok && len(kind) > len(best) && strings.Trim(rest[:1], "abcdefghijklmnopqrstuvwxyz") != "" {
				best = kind
			}
		}
	}
	return best, best != ""
}

// asOfOf is the insurance system's own time of the data of a file.
func (x *importer) asOfOf(file importFile) time.Time {
	if x.complete != nil && !x.complete.asOf[file.kind].IsZero() {
		return x.complete.asOf[file.kind]
	}
	at := x.asOf
	if at.IsZero() {
		at = file.written
	}
	if now := x.now(); at.After(now) { // newer than what comes next
		return now
	}
	return at
}

// begin opens a file and, unless it is looked at only, notes that it is being taken in.
func (x *importer) begin(ctx context.Context, file importFile) (core.Import, *os.File, error) {
	f, err := os.Open(file.path)
	if err != nil {
		return core.Import{}, nil, err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, &stoppable{ctx, f})
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	i := core.Import{Kind: file.kind, File: file.name, SHA256: [32]byte(sum.Sum(nil)), AsOf: x.asOfOf(file)}
	i.Complete = x.complete != nil && core.FateOf(file.kind) != core.Stays
	if err == nil && i.Complete {
		if read, known := x.complete.sums[file.path]; known && read != i.SHA256 {
			err = errFileChanged
		}
	}
	if err == nil && x.ahead == nil {
		i, err = x.db.BeginImport(ctx, x.mutuality, i)
	}
	if err != nil {
		return i, nil, errors.Join(err, f.Close())
	}
	return i, f, nil
}

// take takes in one file, or looks at it.
func (x *importer) take(ctx context.Context, file importFile) error {
	i, f, err := x.begin(ctx, file)
	if err != nil {
		return err
	}
	defer f.Close()
	x.rejects.lines += i.Rejected // before it was cut short
	again := sha256.New()
	some, err := x.read(ctx, file, io.TeeReader(f, again), &i)
	if err != nil {
		return err
	}
	if [32]byte(again.Sum(nil)) != i.SHA256 {
		return errFileChanged
	}
	if some {
		x.filled = append(x.filled, file.kind)
	} else {
		x.hollow = append(x.hollow, file)
		if !i.Complete { // nothing says that it is all there is to say
			return x.noteRefused(ctx, &i, 1, core.ReasonNoRows)
		}
	}
	if i.Complete && x.ahead == nil {
		x.complete.open = append(x.complete.open, taken{file, i})
		return nil
	}
	return x.end(ctx, file, i)
}

// end notes that a file was taken in, and tells what became of it.
func (x *importer) end(ctx context.Context, file importFile, i core.Import) error {
	if x.ahead == nil {
		if err := x.db.EndImport(ctx, x.mutuality, i.ID, core.ImportDone); err != nil {
			return err
		}
	}
	x.out(file.name, file.kind, i)
	return nil
}

// read reads the lines behind those that are in already, and tells whether there are any.
func (x *importer) read(ctx context.Context, file importFile, from io.Reader, i *core.Import) (some bool, err error) {
	r, err := core.NewReader(from, file.kind, file.format, x.now())
	if err != nil {
		return false, x.refuse(ctx, i, 1, err)
	}
	if absent := r.Absent(); len(absent) > 0 {
		x.absent(file.name, absent)
	}
	some = i.Lines > 0
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts := partsOf(ctx, r, file, i)
	x.progress.unit, x.progress.done, x.progress.told = "KiB", 0, 0
	loud := x.progress.terminal || file.size > 16<<20
	if loud {
		x.progress.begin(int(file.size >> 10))
		defer x.progress.end()
	}
	for part := range parts {
		if part.err != nil {
			return false, part.err
		}
		if err := x.put(ctx, file.name, part.Part, i); err != nil {
			return false, err
		}
		some = true
		if loud {
			x.progress.at(int(part.Bytes >> 10))
		}
	}
	return some, ctx.Err()
}

// refuse notes that a file is refused as a whole, and returns why.
func (x *importer) refuse(ctx context.Context, i *core.Import, line int64, cause error) error {
	return errors.Join(cause, x.noteRefused(ctx, i, line, cause.Error()))
}

func (x *importer) noteRefused(ctx context.Context, i *core.Import, line int64, reason string) error {
	if x.ahead != nil {
		return nil
	}
	part := core.Part{Batch: core.Batch{Kind: i.Kind}, Rejects: []core.LineReject{{Line: line, Reason: reason}}, Lines: line}
	_, err := x.db.LoadPart(ctx, x.mutuality, i.ID, part)
	if err == nil {
		err = x.db.EndImport(ctx, x.mutuality, i.ID, core.ImportRefused)
	}
	return err
}

// put writes a part, or looks at it, and tells what was wrong.
func (x *importer) put(ctx context.Context, name string, part core.Part, i *core.Import) error {
	part.AsOf = i.AsOf
	var out core.Outcome
	var err error
	if x.ahead != nil {
		out, err = x.db.Preview(ctx, x.mutuality, part.Batch, x.ahead)
	} else {
		out, err = x.db.LoadPart(ctx, x.mutuality, i.ID, part)
	}
	if err != nil {
		return err
	}
	for _, r := range out.Rejects {
		part.Rejects = append(part.Rejects, core.LineReject{Line: part.LineOf[r.Row], Field: r.Field, Reason: r.Reason})
	}
	i.Added, i.Changed, i.Unchanged = i.Added+int64(out.Added), i.Changed+int64(out.Changed), i.Unchanged+int64(out.Unchanged)
	i.RemovedRows += int64(out.Removed)
	wrong, err := x.rejects.tell(name, part.Rejects)
	i.Rejected += wrong
	return err
}

// stoppable is a reader that ends with its context.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s *stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}
