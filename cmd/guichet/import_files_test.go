package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/nrn"
	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/core"
)

// shelf is a store that takes in all, and remembers how it was asked.
type shelf struct {
	importStore
	had   core.Import // where an import was cut short
	asOf  time.Time
	parts []core.Part
}

func (s *shelf) BeginImport(_ context.Context, _ string, i core.Import) (core.Import, error) {
	s.asOf = i.AsOf
	i.ID, i.Lines, i.Added, i.Rejected = "i", s.had.Lines, s.had.Added, s.had.Rejected
	return i, nil
}

func (s *shelf) LoadPart(_ context.Context, _, _ string, part core.Part) (core.Outcome, error) {
	s.parts = append(s.parts, part)
	return core.Outcome{Added: len(part.Rows)}, nil
}

func (s *shelf) EndImport(context.Context, string, string, core.ImportState) error { return nil }

// importInto takes a file in, and returns what was said.
func importInto(t *testing.T, s *shelf, name, content string, written time.Time) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, written, written); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	x := &importer{db: s, now: func() time.Time { return now }, progress: newProgress(io.Discard), rejects: &rejects{stderr: io.Discard}}
	files, err := x.files([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err = x.all(t.Context(), cli.Env{Stdout: &out}, files, false, false)
	return out.String(), err
}

func careLine(n int) string {
	return fmt.Sprintf(`{"payment":"P%d","line":%d,"member":"0305 118 422","nature":"Consultation","from":"2026-10-20","quantity":1,"fee":100,"refund":60,"own":40}`+"\n", n, n)
}

// What was left out before an import was cut short is left out still when it went on.
func TestImportGoesOnWithWrongLines(t *testing.T) {
	s := &shelf{had: core.Import{Lines: 2, Added: 1, Rejected: 1}}
	said, err := importInto(t, s, "line.ndjson", careLine(1)+"{}\n"+careLine(3), time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC))
	if want := "line.ndjson: line: 2 added, 0 changed, 0 unchanged, 1 rejected\n"; said != want {
		t.Errorf("said %q, want %q", said, want)
	}
	if !errors.Is(err, errRejected) || !strings.HasPrefix(err.Error(), "1 wrong") {
		t.Errorf("import with a line left out: %v", err)
	}
}

// A file whose time is yet to come is as old as now: the data of tomorrow's file are newer.
func TestImportOfAFileOfTheFuture(t *testing.T) {
	for written, want := range map[time.Time]time.Time{
		time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC): time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC),
		time.Date(2036, 11, 22, 4, 0, 0, 0, time.UTC): time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
	} {
		s := &shelf{}
		if _, err := importInto(t, s, "line.ndjson", careLine(1), written); err != nil {
			t.Fatal(err)
		}
		if !s.asOf.Equal(want) {
			t.Errorf("written %s: as of %s, want %s", written, s.asOf, want)
		}
	}
}

// The lines of a payment stay together, also around one that is wrong.
func TestImportKeepsAPaymentTogether(t *testing.T) {
	var file strings.Builder
	for n := range partRows - 1 {
		file.WriteString(careLine(n + 1))
	}
	together := strings.ReplaceAll(careLine(9000), `"P9000"`, `"TOGETHER"`)
	file.WriteString(together)
	file.WriteString("{}\n")
	file.WriteString(strings.ReplaceAll(together, `"line":9000`, `"line":9001`))
	file.WriteString(careLine(9002))
	s := &shelf{}
	if _, err := importInto(t, s, "line.ndjson", file.String(), time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)); !errors.Is(err, errRejected) {
		t.Fatal(err)
	}
	if len(s.parts) != 2 || len(s.parts[0].Rows) != partRows+1 || len(s.parts[0].Rejects) == 0 || len(s.parts[1].Rows) != 1 {
		for _, p := range s.parts {
			t.Errorf("a part of %d rows and %d wrong lines", len(p.Rows), len(p.Rejects))
		}
	}
}

// As many wrong lines are told as is said, and then that there are more.
func TestRejectsTold(t *testing.T) {
	var out strings.Builder
	r := &rejects{stderr: &out}
	for n := range maxTold {
		r.tell("a.csv", []core.LineReject{{Line: int64(n), Reason: "wrong"}})
	}
	if got := out.String(); strings.Count(got, "\n") != maxTold || strings.Contains(got, "more") {
		t.Errorf("told of %d lines, want %d; it ends with %q", strings.Count(got, "\n"), maxTold, got[len(got)-60:])
	}
	for range 2 {
		r.tell("a.csv", []core.LineReject{{Line: maxTold, Reason: "wrong"}})
	}
	if got := out.String(); strings.Count(got, "more lines are wrong") != 1 || strings.Count(got, "\n") != maxTold+1 {
		t.Errorf("it ends with %q", got[len(got)-60:])
	}
}

// NumberOf implements importStore.
func (s *shelf) NumberOf(string) func(nrn.Number) string { return nrn.Number.Digits }

// A file of a complete delivery that changes after its keys were read is not taken in: what
// came meanwhile would be taken for what is not delivered.
func TestCompleteFileChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "line.ndjson")
	write := func(content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := &shelf{}
	x := &importer{db: s, now: time.Now, progress: newProgress(io.Discard), rejects: &rejects{stderr: io.Discard}, complete: &completion{most: core.MostGone}}
	write(careLine(1))
	files, err := x.files([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.gather(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	write(careLine(1) + careLine(2))
	if err := x.take(t.Context(), files[0]); !errors.Is(err, errFileChanged) || len(s.parts) > 0 || !s.asOf.IsZero() {
		t.Errorf("a file that grew: %v, %d parts", err, len(s.parts))
	}
	write(careLine(1))
	if err := x.take(t.Context(), files[0]); err != nil || len(s.parts) != 1 || !s.parts[0].Whole {
		t.Errorf("the file as it was: %v, %d parts", err, len(s.parts))
	}
}

// lifted is a shelf that remembers by which import rows were taken away.
type lifted struct {
	shelf
	by []string
}

func (l *lifted) TakeAway(_ context.Context, _, id string, _ *core.Delivered) (core.Gone, error) {
	l.by = append(l.by, id)
	return core.Gone{}, nil
}

// Of the files of a kind the import that began last takes away, whatever their order: one
// that was cut short keeps its place when it goes on beside a new one.
func TestCompleteTakesAwayByTheLast(t *testing.T) {
	s := &lifted{}
	x := &importer{db: s, now: time.Now, complete: &completion{}, out: func(string, core.Kind, core.Import) {}}
	for _, id := range []string{"2", "3", "1"} {
		x.complete.open = append(x.complete.open, taken{importFile{kind: core.KindPayment}, core.Import{ID: id, Kind: core.KindPayment}})
	}
	if err := x.finish(t.Context(), cli.Env{Stdout: io.Discard}); err != nil || !slices.Equal(s.by, []string{"3"}) {
		t.Errorf("taken away by %q, %v", s.by, err)
	}
}
