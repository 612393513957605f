package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/core"
)

// completion is what an import of complete deliveries knows besides: which rows they hold.
type completion struct {
	most      int // percent of the rows of a kind that may go
	delivered *core.Delivered
	last      map[core.Kind]importFile     // of the files of a kind
	asOf      map[core.Kind]time.Time      // of the newest file of a kind: its files are one delivery
	sums      map[string][sha256.Size]byte // of the files as their keys were read, by path
	open      []taken                      // files that are in, and not ended: something is to be taken away
}

// taken is a file that was taken in.
type taken struct {
	file importFile
	core.Import
}

// gather reads the keys of all lines, those that are wrong too: they count as delivered. A
// line whose key cannot be read may be of any row, so nothing can be taken away then.
func (x *importer) gather(ctx context.Context, files []importFile) error {
	c := x.complete
	c.delivered, c.last = core.NewDelivered(x.db.NumberOf(x.mutuality)), map[core.Kind]importFile{}
	c.asOf, c.sums = map[core.Kind]time.Time{}, map[string][sha256.Size]byte{}
	for _, file := range files {
		if at := x.asOfOf(file); core.FateOf(file.kind) != core.Stays && at.After(c.asOf[file.kind]) {
			c.asOf[file.kind] = at
		}
	}
	for _, file := range files {
		if core.FateOf(file.kind) == core.Stays {
			continue
		}
		c.last[file.kind] = file
		if err := x.keys(ctx, file); err != nil {
			return fmt.Errorf("%s: %w", file.name, err)
		}
	}
	return nil
}

func (x *importer) keys(ctx context.Context, file importFile) error {
	f, err := os.Open(file.path)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	r, err := core.NewReader(io.TeeReader(&stoppable{ctx, f}, sum), file.kind, file.format, x.now())
	if err != nil {
		return x.decline(ctx, file, 1, err)
	}
	r.Keyed()
	var group []string
	for {
		read, err := r.Next()
		if errors.Is(err, io.EOF) {
			x.complete.sums[file.path] = [sha256.Size]byte(sum.Sum(nil))
			return nil
		}
		if err == nil && read.Key == nil {
			err = x.decline(ctx, file, read.Line, errors.New(core.ReasonNoKey))
		}
		if err == nil {
			err = x.note(ctx, file, read, group)
			group = core.Group(file.kind, read.Key)
		}
		if err != nil {
			return err
		}
	}
}

// note notes a row as delivered. Of rows that add up, before is what the row before it adds
// up to: one that comes again would be taken for all there is in each of its places.
func (x *importer) note(ctx context.Context, file importFile, read core.Read, before []string) error {
	if core.FateOf(file.kind) != core.Replaced {
		return x.complete.delivered.Add(file.kind, read.Key)
	}
	group := core.Group(file.kind, read.Key)
	if slices.Equal(group, before) {
		return nil
	}
	first, err := x.complete.delivered.Begin(file.kind, group)
	if err == nil && !first {
		err = x.decline(ctx, file, read.Line, errors.New(core.ReasonApart))
	}
	return err
}

// foresee tells what the deliveries would take away, and refuses those that take too much.
// tell is nil where nothing is told.
func (x *importer) foresee(ctx context.Context, tell func(core.Kind, core.Gone)) error {
	var refused []error
	hint := "" // what lets a delivery in that is complete all the same
	for _, kind := range core.Kinds() {
		file, ok := x.complete.last[kind]
		if !ok {
			continue
		}
		gone, err := x.db.Gone(ctx, x.mutuality, kind, x.asOfOf(file), x.complete.delivered)
		switch {
		case errors.Is(err, core.ErrOlderDelivery):
			err = core.ErrOlderDelivery // without the words of the store
		case err != nil:
			return err
		default:
			if tell != nil && gone.Count() > 0 {
				tell(kind, gone)
			}
			var held []core.Held
			if held, err = x.db.Held(ctx, x.mutuality, kind, x.asOfOf(file).Add(-core.ShrinkWindow)); err != nil {
				return err
			}
			if err = gone.TooMany(x.complete.most); err == nil {
				err = gone.Shrinks(x.complete.delivered.Rows(kind), held, x.complete.most)
			}
			if err != nil {
				hint = ": a delivery that is complete holds every row of its kind; -most-gone PERCENT lets more go"
			}
		}
		if err != nil {
			refused = append(refused, fmt.Errorf("%s: %w", file.name, x.decline(ctx, file, 1, err)))
		}
	}
	if refused == nil {
		return nil
	}
	return fmt.Errorf("%w\nnothing was imported%s", errors.Join(refused...), hint)
}

// decline notes that a complete delivery is refused as a whole, unless it is looked at only,
// or was taken in in part before.
func (x *importer) decline(ctx context.Context, file importFile, line int64, cause error) error {
	if x.looking {
		return fmt.Errorf("line %d: %w", line, cause)
	}
	i, f, err := x.begin(ctx, file)
	if err != nil {
		return errors.Join(cause, err)
	}
	defer f.Close()
	if i.Lines > 0 {
		return fmt.Errorf("line %d: %w", line, cause)
	}
	return fmt.Errorf("line %d: %w", line, x.refuse(ctx, &i, line, cause))
}

// finish takes away what the deliveries do not hold, rows that refer to others before
// these, and ends the imports.
func (x *importer) finish(ctx context.Context, env cli.Env) error {
	kinds := core.Kinds()
	slices.Reverse(kinds)
	for _, kind := range kinds {
		last := -1
		for n, one := range x.complete.open {
			if one.Kind == kind && (last < 0 || one.ID > x.complete.open[last].ID) {
				last = n // the one that began last: who goes on began before
			}
		}
		if last < 0 {
			continue
		}
		one := &x.complete.open[last]
		gone, err := x.db.TakeAway(ctx, x.mutuality, one.ID, x.complete.delivered)
		if err != nil {
			return fmt.Errorf("%s: %w", one.file.name, err)
		}
		one.EndedRows, one.RemovedRows = one.EndedRows+gone.Ended, one.RemovedRows+gone.Removed
		if gone.Count() > 0 {
			tellGone(env.Stdout, kind, gone, map[core.Fate]string{core.Ends: "ended", core.Goes: "removed"})
		}
	}
	for _, one := range x.complete.open {
		if err := x.end(ctx, one.file, one.Import); err != nil {
			return err
		}
	}
	return nil
}

// tellGone tells rows that are delivered no more, by their keys.
func tellGone(w io.Writer, kind core.Kind, gone core.Gone, words map[core.Fate]string) {
	fmt.Fprintf(w, "%s: %d of %d rows are delivered no more: %d %s, %d %s\n", kind, gone.Count(), gone.Stand,
		gone.Ended, words[core.Ends], gone.Removed, words[core.Goes])
	names := []string{"affiliation"}
	if kind != core.KindMember {
		names = nil
		for _, f := range core.SchemaOf(kind).KeyFields() {
			names = append(names, f.Name)
		}
	}
	for _, row := range gone.Rows {
		parts := make([]string, len(row.Key))
		for i, part := range row.Key {
			parts[i] = names[i] + " " + part
		}
		fmt.Fprintf(w, "  %s: %s\n", strings.Join(parts, ", "), words[row.Fate])
	}
	if more := gone.Count() - int64(len(gone.Rows)); more > 0 {
		fmt.Fprintf(w, "  and %d more\n", more)
	}
}
