package seed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"guichet.example/portal/core"
)

// Total is how many records of a kind were written, into which file.
type Total struct {
	Kind  core.Kind
	File  string
	Count int
	Bytes int64
}

// Write makes the folder and writes a file for each kind, named after it. A file that is
// there already is not written over. step is called now and then with the number of
// persons so far.
func (g *Generator) Write(ctx context.Context, dir string, format core.Format, step func(members int)) ([]Total, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	w := &writer{dir: dir, format: format, files: map[reflect.Type]*file{}}
	err := w.write(ctx, g, step)
	if err := errors.Join(err, w.close()); err != nil {
		return nil, fmt.Errorf("writing made-up members: %w", err)
	}
	return w.totals(), nil
}

type writer struct {
	dir    string
	format core.Format
	files  map[reflect.Type]*file
	order  []*file
}

type file struct {
	Total
	to   *os.File
	rows *core.Writer
}

// Write counts what goes into the file.
func (f *file) Write(p []byte) (int, error) {
	n, err := f.to.Write(p)
	f.Bytes += int64(n)
	return n, err
}

func (w *writer) write(ctx context.Context, g *Generator, step func(int)) error {
	if err := w.all(reflect.ValueOf(g.Places())); err != nil {
		return err
	}
	members := 0
	for r := range g.Families() {
		if err := w.all(reflect.ValueOf(r)); err != nil {
			return err
		}
		before := members
		members += len(r.Members)
		if members/10_000 == before/10_000 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		step(members)
	}
	return nil
}

// all writes the records of a struct of lists.
func (w *writer) all(lists reflect.Value) error {
	for i := range lists.NumField() {
		list := lists.Field(i)
		f, err := w.file(list.Type().Elem())
		if err != nil {
			return err
		}
		for j := range list.Len() {
			if err := f.rows.Write(list.Index(j).Interface().(core.Row)); err != nil {
				return err
			}
			f.Count++
		}
	}
	return nil
}

// file of the records of a type, made when it is asked for first.
func (w *writer) file(t reflect.Type) (*file, error) {
	if f := w.files[t]; f != nil {
		return f, nil
	}
	kind := reflect.Zero(t).Interface().(core.Row).Of()
	f := &file{Total: Total{Kind: kind, File: string(kind) + "." + string(w.format)}}
	to, err := os.OpenFile(filepath.Join(w.dir, f.File), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	f.to = to
	w.files[t] = f
	w.order = append(w.order, f)
	f.rows, err = core.NewWriter(f, kind, w.format)
	return f, err
}

func (w *writer) close() error {
	var errs []error
	for _, f := range w.order {
		if f.rows != nil {
			errs = append(errs, f.rows.Flush())
		}
		errs = append(errs, f.to.Close())
	}
	return errors.Join(errs...)
}

func (w *writer) totals() []Total {
	list := make([]Total, len(w.order))
	for i, f := range w.order {
		list[i] = f.Total
	}
	return list
}
