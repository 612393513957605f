package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"guichet.example/auth/nrn"
	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/store"
)

const importUsage = `guichet import -config FILE [-kind KIND] [-preview] [-strict] [-complete [-most-gone PERCENT]] [-as-of TIME] [-rejects FILE] FILE|FOLDER...
       guichet import -schema [KIND|all]
Takes in what the insurance system delivers: NDJSON or CSV, one kind a file. The kind is
in a file's name (payment.ndjson, line-2026-11-22.csv) or given. Of a folder, all files
are taken in, members first. A wrong line is left out and told; the others go in. The
same file again changes nothing, and one that was cut short goes on where it was. Exits
with 1 where a line was left out, or a file holds none.

With -complete the files are all there is of their kinds, and what they do not hold is
taken away at the end: payments, indemnities, tariffs, years of maximum billing and of
savings, European cards, professionals, branches and postcodes go, a payment with its
lines; households, covers, incapacities, medical files and agreements that go on end on
the day before the data's, appointments to come are cancelled, and members are former
members from then on. A member is never removed, nor what is hers at the counter:
documents, requests, the account she chose, a number she gave. Lines of a payment and
shares of a year that are delivered are all of it. Documents and shipments stay. A wrong
line counts as delivered; one whose key cannot be read refuses the delivery, and so does
one that would take away more than -most-gone percent of the rows of a kind, or with
those before it within 30 days more than twice that: nothing is imported then. -preview
tells what would go.`

// importer takes in files.
type importer struct {
	db        importStore
	mutuality string
	kind      core.Kind // given on the command line; empty: by the name of a file
	asOf      time.Time // zero: when a file was written
	now       func() time.Time
	rejects   *rejects
	progress  *progress
	ahead     *core.Ahead // of a preview; nil: it is no preview
	looking   bool        // at what an import would do: nothing is written
	complete  *completion // nil: what is not delivered stays
	out       func(file string, kind core.Kind, counts core.Import)
	absent    func(file string, fields []string) // tells fields that a file has no column for
	hollow    []importFile                       // files without rows
	filled    []core.Kind                        // kinds of which there were rows, once a file
	any       bool                               // a right line was told
}

// importStore is what an import needs of the store.
type importStore interface {
	BeginImport(ctx context.Context, mutuality string, i core.Import) (core.Import, error)
	LoadPart(ctx context.Context, mutuality, id string, part core.Part) (core.Outcome, error)
	EndImport(ctx context.Context, mutuality, id string, state core.ImportState) error
	Preview(ctx context.Context, mutuality string, batch core.Batch, ahead *core.Ahead) (core.Outcome, error)
	NumberOf(mutuality string) func(nrn.Number) string
	Gone(ctx context.Context, mutuality string, kind core.Kind, asOf time.Time, delivered *core.Delivered) (core.Gone, error)
	Held(ctx context.Context, mutuality string, kind core.Kind, since time.Time) ([]core.Held, error)
	TakeAway(ctx context.Context, mutuality, id string, delivered *core.Delivered) (core.Gone, error)
}

// errRejected means that lines were left out, which was told before, or that a file held none.
var errRejected = errors.New("not all was imported")

// noRightOne is said where nothing went in, or would.
const noRightOne = ", and there was no right one"

// rejection says so in words.
type rejection string

func (r rejection) Error() string { return string(r) }
func (r rejection) Unwrap() error { return errRejected }

func runImport(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "import", importUsage)
	kind := flags.String("kind", "", "`kind` of record in the files")
	preview := flags.Bool("preview", false, "tell what would change, and write nothing")
	strict := flags.Bool("strict", false, "one wrong line, and nothing is written")
	asOf := flags.String("as-of", "", "the insurance system's own `time` of the data: 2026-11-22T04:00:00+01:00 or 2026-11-22; not given: when a file was written")
	rejectsFile := flags.String("rejects", "", "new `file` for the wrong lines, as CSV; not given: standard error")
	complete := flags.Bool("complete", false, "the files are all there is of their kinds: what they do not hold is taken away")
	most := flags.Int("most-gone", core.MostGone, "with -complete: the most `percent` of the rows of a kind that may be taken away")
	schema := flags.Bool("schema", false, "list the kinds of record, or print what a line of one holds, as JSON Schema with the header of CSV, and end")
	config := flags.String("config", "", "settings `file`, JSON (required)")
	rest, err := cli.Parse(flags, args)
	if err != nil {
		return err
	}
	if *schema {
		return printSchemas(env, rest)
	}
	x := &importer{now: func() time.Time { return time.Now().In(locale.Zone()) }, progress: newProgress(env.Stderr)}
	if err := x.completing(flags, *complete, *most); err != nil {
		return err
	}
	settings, err := x.settings(*config, *kind, *asOf, rest)
	if err != nil {
		return err
	}
	files, err := x.files(rest)
	if err != nil {
		return err
	}
	x.mutuality = settings.Mutuality.ID
	if x.rejects, err = openRejects(env.Stderr, *rejectsFile); err != nil {
		return err
	}
	err = withStore(ctx, env, settings, importPatience, func(db *store.DB) error {
		x.db = patient(db, env.Stderr)
		return x.all(ctx, env, files, *preview, *strict)
	})
	return errors.Join(err, x.rejects.close())
}

// settings checks the command line.
func (x *importer) settings(config, kind, asOf string, rest []string) (*Settings, error) {
	switch {
	case config == "":
		return nil, fmt.Errorf("%w: -config FILE is required", cli.ErrUsage)
	case len(rest) == 0:
		return nil, fmt.Errorf("%w: no FILE or FOLDER", cli.ErrUsage)
	}
	if kind != "" {
		known := false
		if x.kind, known = core.ParseKind(kind); !known {
			return nil, fmt.Errorf("%w: no kind %q; there are %s", cli.ErrUsage, kind, kindNames())
		}
	}
	if asOf != "" {
		at, err := time.Parse(time.RFC3339, asOf)
		if err != nil {
			at, err = time.ParseInLocation(time.DateOnly, asOf, locale.Zone())
		}
		if err != nil || at.After(x.now().Add(24*time.Hour)) {
			return nil, fmt.Errorf("%w: -as-of is a day like 2026-11-22 or a time like 2026-11-22T04:00:00+01:00, and not in the future", cli.ErrUsage)
		}
		x.asOf = at
	}
	return loadSettings(config)
}

// completing checks the flags of a complete delivery.
func (x *importer) completing(flags *flag.FlagSet, complete bool, most int) error {
	given := false
	flags.Visit(func(f *flag.Flag) { given = given || f.Name == "most-gone" })
	switch {
	case given && !complete:
		return fmt.Errorf("%w: -most-gone goes with -complete", cli.ErrUsage)
	case most < 0 || most > 100:
		return fmt.Errorf("%w: -most-gone is a percentage, 0 to 100", cli.ErrUsage)
	case complete:
		x.complete = &completion{most: most}
	}
	return nil
}

// all takes in the files, or looks at them.
func (x *importer) all(ctx context.Context, env cli.Env, files []importFile, preview, strict bool) error {
	x.out = func(file string, kind core.Kind, n core.Import) {
		x.any = x.any || n.Added+n.Changed+n.Unchanged > 0
		x.counts(env, file, kind, n)
	}
	x.absent = func(file string, fields []string) {
		fmt.Fprintf(env.Stdout, "%s: the header has no %s: not given in any row\n", file, strings.Join(fields, ", "))
	}
	if preview || strict {
		x.looking = true
		err := x.look(ctx, env, files, preview)
		if x.looking = preview; err != nil || preview {
			return err
		}
	}
	x.ahead = nil
	if x.complete != nil {
		if err := x.gather(ctx, files); err != nil {
			return err
		}
		if err := x.foresee(ctx, nil); err != nil {
			return err
		}
	}
	for n, file := range files {
		if err := x.take(ctx, file); err != nil {
			return x.stopped(file, files[n+1:], err)
		}
	}
	if x.complete != nil {
		if err := x.finish(ctx, env); err != nil {
			return err
		}
	}
	if !x.any {
		return x.rejected("left out" + noRightOne)
	}
	return x.rejected("left out, the others are in")
}

// stopped is the error of an import that ends before its last file: what was not reached
// is told too, and what is wrong with the files before.
func (x *importer) stopped(at importFile, left []importFile, cause error) error {
	err := fmt.Errorf("%s: %w", at.name, cause)
	if len(left) > 0 {
		var names []string
		for _, file := range left {
			names = append(names, file.name)
		}
		err = fmt.Errorf("%w\nnot read: %s", err, strings.Join(names, ", "))
	}
	return errors.Join(err, x.rejected(x.leftOut()))
}

// leftOut says of wrong lines what becomes of them.
func (x *importer) leftOut() string {
	words := "left out"
	if x.looking {
		words = "would be left out"
	}
	return words
}

// counts tells what became of the lines of a file.
func (x *importer) counts(env cli.Env, file string, kind core.Kind, n core.Import) {
	words := [4]string{"added", "changed", "unchanged", "removed"}
	if x.ahead != nil {
		words = [4]string{"to add", "to change", "unchanged", "to remove"}
	}
	gone := ""
	if n.Complete && (x.ahead == nil || core.FateOf(kind) == core.Replaced) { // of the others lookGone tells it
		gone = fmt.Sprintf(", %d %s", n.RemovedRows, words[3])
		if x.ahead == nil {
			gone += fmt.Sprintf(", %d ended", n.EndedRows)
		}
	}
	fmt.Fprintf(env.Stdout, "%s: %s: %d %s, %d %s, %d %s%s, %d rejected\n", file, kind,
		n.Added, words[0], n.Changed, words[1], n.Unchanged, words[2], gone, n.Rejected)
}

// look reads all files and writes nothing. Before an import that is all or nothing, it
// says nothing of what would change.
func (x *importer) look(ctx context.Context, env cli.Env, files []importFile, told bool) error {
	x.ahead = core.NewAhead()
	out, absent := x.out, x.absent
	if !told {
		x.out, x.absent = func(string, core.Kind, core.Import) {}, func(string, []string) {}
	}
	for n, file := range files {
		if err := x.take(ctx, file); err != nil {
			return x.stopped(file, files[n+1:], err)
		}
	}
	x.out, x.absent = out, absent
	if n := x.ahead.Beyond(); n > 0 {
		fmt.Fprintf(env.Stderr, "%d new members and payments are more than are kept in mind: what refers to one that is nowhere was not told from there on\n", n)
	}
	if !told {
		return x.rejected("nothing was imported")
	}
	wrong := x.leftOut()
	if !x.any {
		wrong += noRightOne
	}
	return errors.Join(x.lookGone(ctx, env, files), x.rejected(wrong))
}

// lookGone tells what complete deliveries would take away. Rows that refer to a member whose
// number would change are told as if it had not.
func (x *importer) lookGone(ctx context.Context, env cli.Env, files []importFile) error {
	if x.complete == nil {
		return nil
	}
	if err := x.gather(ctx, files); err != nil {
		return err
	}
	words := map[core.Fate]string{core.Ends: "would end", core.Goes: "would be removed"}
	return x.foresee(ctx, func(kind core.Kind, gone core.Gone) { tellGone(env.Stdout, kind, gone, words) })
}

// rejected is the error of an import with wrong lines, or with files that hold nothing.
func (x *importer) rejected(what string) error {
	var said []string
	switch {
	case x.rejects.lines == 1:
		said = append(said, "1 wrong line: "+what)
	case x.rejects.lines > 1:
		said = append(said, fmt.Sprintf("%d wrong lines: %s", x.rejects.lines, what))
	}
	for _, file := range x.hollow {
		if x.complete == nil || !slices.Contains(x.filled, file.kind) { // a part of a complete delivery may be empty
			said = append(said, file.name+": "+core.ReasonNoRows)
		}
	}
	if said == nil {
		return nil
	}
	return rejection(strings.Join(said, "\n"))
}
