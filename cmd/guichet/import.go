package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/store"
)

const importUsage = `guichet import -config FILE [-kind KIND] [-preview] [-strict] [-as-of TIME] [-rejects FILE] FILE|FOLDER...
       guichet import -schema [KIND]
Takes in what the insurance system delivers: NDJSON or CSV, one kind a file. The kind is
in a file's name (payment.ndjson, line-2026-11-22.csv) or given. Of a folder, all files
are taken in, members first. A wrong line is left out and told; the others go in. The
same file again changes nothing, and one that was cut short goes on where it was. Exits
with 1 where a line was left out.`

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
	out       func(file string, kind core.Kind, counts core.Import)
}

// importStore is what an import needs of the store.
type importStore interface {
	BeginImport(ctx context.Context, mutuality string, i core.Import) (core.Import, error)
	LoadPart(ctx context.Context, mutuality, id string, part core.Part) (core.Outcome, error)
	EndImport(ctx context.Context, mutuality, id string, state core.ImportState) error
	Preview(ctx context.Context, mutuality string, batch core.Batch, ahead *core.Ahead) (core.Outcome, error)
}

// errRejected means that lines were left out; what was told before says which.
var errRejected = errors.New("wrong lines")

func runImport(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "import", importUsage)
	kind := flags.String("kind", "", "`kind` of record in the files")
	preview := flags.Bool("preview", false, "tell what would change, and write nothing")
	strict := flags.Bool("strict", false, "one wrong line, and nothing is written")
	asOf := flags.String("as-of", "", "the insurance system's own `time` of the data: 2026-11-22T04:00:00+01:00 or 2026-11-22; not given: when a file was written")
	rejectsFile := flags.String("rejects", "", "new `file` for the wrong lines, as CSV; not given: standard error")
	schema := flags.Bool("schema", false, "print what files hold, as JSON Schema with the header of CSV, and end")
	config := flags.String("config", "", "settings `file`, JSON (required)")
	rest, err := cli.Parse(flags, args)
	if err != nil {
		return err
	}
	if *schema {
		return printSchemas(env, rest)
	}
	x := &importer{now: func() time.Time { return time.Now().In(locale.Zone()) }, progress: newProgress(env.Stderr)}
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
	err = withStore(ctx, env, settings, func(db *store.DB) error {
		x.db = patient(db)
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

// all takes in the files, or looks at them.
func (x *importer) all(ctx context.Context, env cli.Env, files []importFile, preview, strict bool) error {
	x.out = func(file string, kind core.Kind, n core.Import) {
		words := [3]string{"added", "changed", "unchanged"}
		if x.ahead != nil {
			words = [3]string{"to add", "to change", "unchanged"}
		}
		fmt.Fprintf(env.Stdout, "%s: %s: %d %s, %d %s, %d %s, %d rejected\n", file, kind,
			n.Added, words[0], n.Changed, words[1], n.Unchanged, words[2], n.Rejected)
	}
	if preview || strict {
		if err := x.look(ctx, env, files, preview); err != nil || preview {
			return err
		}
	}
	x.ahead = nil
	for _, file := range files {
		if err := x.take(ctx, file); err != nil {
			return fmt.Errorf("%s: %w", file.name, err)
		}
	}
	return x.rejected("are left out, the others are in")
}

// look reads all files and writes nothing. Before an import that is all or nothing, it
// says nothing of what would change.
func (x *importer) look(ctx context.Context, env cli.Env, files []importFile, told bool) error {
	x.ahead = core.NewAhead()
	out := x.out
	if !told {
		x.out = func(string, core.Kind, core.Import) {}
	}
	for _, file := range files {
		if err := x.take(ctx, file); err != nil {
			return fmt.Errorf("%s: %w", file.name, err)
		}
	}
	x.out = out
	if n := x.ahead.Beyond(); n > 0 {
		fmt.Fprintf(env.Stderr, "%d new members and payments are more than are kept in mind: what refers to one that is nowhere was not told from there on\n", n)
	}
	if told {
		return x.rejected("would be left out")
	}
	return x.rejected("nothing was imported")
}

// rejected is the error of an import with wrong lines.
func (x *importer) rejected(what string) error {
	if x.rejects.lines == 0 {
		return nil
	}
	return fmt.Errorf("%d %w: %s", x.rejects.lines, errRejected, what)
}

// printSchemas prints the published schema of one kind, or of all.
func printSchemas(env cli.Env, rest []string) error {
	kinds := core.Kinds()
	if len(rest) > 1 {
		return fmt.Errorf("%w: one KIND at most", cli.ErrUsage)
	}
	if len(rest) == 1 {
		kind, known := core.ParseKind(rest[0])
		if !known {
			return fmt.Errorf("%w: no kind %q; there are %s", cli.ErrUsage, rest[0], kindNames())
		}
		kinds = []core.Kind{kind}
	}
	for _, kind := range kinds {
		if _, err := fmt.Fprintf(env.Stdout, "%s\n", core.SchemaOf(kind).JSONSchema()); err != nil {
			return err
		}
	}
	return nil
}
