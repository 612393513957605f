package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal"
	"guichet.example/portal/letters"
	"guichet.example/portal/locale"
)

// runLetters is the mailroom without a browser, for a machine beside the printer.
func runLetters(ctx context.Context, env cli.Env, args []string) error {
	const usage = "guichet letters print|posted|returned|list|test -config FILE ..."
	if len(args) == 0 {
		return fmt.Errorf("%w: %s", cli.ErrUsage, usage)
	}
	if askedHelp(args[0]) {
		fmt.Fprintf(env.Stdout, "usage: %s\nguichet letters print -h, and so on, shows the flags of each.\n", usage)
		return nil
	}
	run, ok := map[string]func(context.Context, cli.Env, []string) error{
		"print": lettersPrint, "posted": lettersPosted, "returned": lettersReturned, "list": lettersList, "test": lettersTest,
	}[args[0]]
	if !ok {
		return fmt.Errorf("%w: %s", cli.ErrUsage, usage)
	}
	return run(ctx, env, args[1:])
}

// mailroom opens the store that a settings file names; what it returns last closes it.
func mailroom(ctx context.Context, env cli.Env, s *Settings) (*letters.Service, letters.By, func() error, error) {
	db, err := awaitStore(ctx, env, s, slog.New(slog.NewJSONHandler(env.Stderr, nil)))
	if err != nil {
		return nil, letters.By{}, nil, err
	}
	room := &letters.Service{Store: db, House: portal.LettersOf(s.Mutuality, s.Origin), Now: time.Now, Rand: rand.Reader}
	return room, letters.By{Mutuality: s.Mutuality.ID}, db.Close, nil
}

// printRoom is mailroom with the mutuality's seal, where the settings name one.
func printRoom(ctx context.Context, env cli.Env, s *Settings) (*letters.Service, letters.By, func() error, error) {
	seal, shut, err := openSeal(ctx, s, slog.New(slog.NewJSONHandler(env.Stderr, nil)))
	if err != nil {
		return nil, letters.By{}, nil, err
	}
	room, by, end, err := mailroom(ctx, env, s)
	if err != nil {
		return nil, by, nil, errors.Join(err, shut())
	}
	room.Seal = portal.SealLetters(seal)
	return room, by, func() error { return errors.Join(end(), shut()) }, nil
}

// manifest says what a batch is, so that what comes out of the printer can be held
// against it. It names letters by their reference and nobody.
type manifest struct {
	Batch   string         `json:"batch"`
	Printed time.Time      `json:"printed"`
	Letters int            `json:"letters"`
	Pages   int            `json:"pages"`
	SHA256  string         `json:"sha256"`
	File    string         `json:"file"`
	List    []manifestLine `json:"list"`            // in the order of the pages
	Aside   []manifestLine `json:"aside,omitempty"` // cannot be set; they wait on
}

type manifestLine struct {
	Reference string       `json:"reference"`
	Kind      letters.Kind `json:"kind"`
	Language  string       `json:"language"`
}

func linesOf(list []letters.Letter) (lines []manifestLine) {
	for _, l := range list {
		lines = append(lines, manifestLine{l.Reference, l.Kind, l.Lang})
	}
	return lines
}

func lettersPrint(ctx context.Context, env cli.Env, args []string) (err error) {
	flags := cli.Flags(env, "letters print", "guichet letters print -config FILE -out DIR [-limit N]")
	out := flags.String("out", "", "`folder` for the PDF and its manifest (required)")
	limit := flags.Int("limit", letters.MaxBatch, "most letters of the batch, at most 500")
	settings, _, err := settingsOf(flags, args, 0)
	switch {
	case err != nil:
		return err
	case *out == "":
		return fmt.Errorf("%w: -out DIR is required", cli.ErrUsage)
	case *limit < 1 || *limit > letters.MaxBatch:
		return fmt.Errorf("%w: -limit is 1 to %d", cli.ErrUsage, letters.MaxBatch)
	}
	// The folder is tried before anything is printed: what is printed cannot be had again.
	if err := tryFolder(*out); err != nil {
		return err
	}
	room, by, end, err := printRoom(ctx, env, settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	p, err := room.Print(ctx, by, *limit)
	if errors.Is(err, letters.ErrNothing) {
		fmt.Fprintln(env.Stdout, "no letter waits")
		if p != nil && len(p.Aside) > 0 {
			fmt.Fprintf(env.Stdout, "%d cannot be set: a letter in the name or address that our fonts lack\n", len(p.Aside))
		}
		return nil
	}
	if err != nil {
		return err
	}
	if err := writeBatch(env.Stdout, *out, p); err != nil {
		return fmt.Errorf("%w\nthe letters of batch %s are noted as printed and cannot be had again: make them anew at /fr/office/letters", err, p.ID)
	}
	return nil
}

// tryFolder makes the folder and a file in it.
func tryFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".guichet-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func writeBatch(w io.Writer, dir string, p *letters.Print) error {
	name := "letters-" + p.ID
	m := manifest{
		Batch: p.ID, Printed: p.Made.UTC().Truncate(time.Second), Letters: p.Batch.Letters, Pages: p.Pages,
		SHA256: hex.EncodeToString(p.SHA256[:]), File: name + ".pdf", List: linesOf(p.Letters), Aside: linesOf(p.Aside),
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := writeNew(filepath.Join(dir, name+".pdf"), p.PDF); err != nil {
		return err
	}
	if err := writeNew(filepath.Join(dir, name+".json"), append(text, '\n')); err != nil {
		return err
	}
	fmt.Fprintf(w, "batch %s: %d letters, %d pages, %s\n", p.ID, m.Letters, m.Pages, filepath.Join(dir, m.File))
	if len(p.Aside) > 0 {
		fmt.Fprintf(w, "%d cannot be set and wait on\n", len(p.Aside))
	}
	return nil
}

// writeNew writes a file that only its owner can read, and puts it on the disk.
func writeNew(path string, content []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(err, os.Remove(path)) // a part of it is of no use, and may hold codes
		}
	}()
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.Sync()
}

func lettersTest(_ context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "letters test", "guichet letters test -config FILE OUT.pdf")
	lang := flags.String("lang", "fr", "language: fr, nl, de or en")
	settings, rest, err := settingsOf(flags, args, 1)
	if err != nil {
		return err
	}
	if _, known := locale.Parse(*lang); !known {
		return fmt.Errorf("%w: -lang is fr, nl, de or en", cli.ErrUsage)
	}
	room := &letters.Service{House: portal.LettersOf(settings.Mutuality, settings.Origin), Now: time.Now}
	drawn, err := room.TestPrint(*lang)
	if err != nil {
		return err
	}
	if err := writeNew(rest[0], drawn.PDF); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%d pages without a secret, %s\n", drawn.Pages, rest[0])
	return nil
}

func lettersPosted(ctx context.Context, env cli.Env, args []string) (err error) {
	flags := cli.Flags(env, "letters posted", "guichet letters posted -config FILE BATCH ENVELOPES")
	settings, rest, err := settingsOf(flags, args, 2)
	if err != nil {
		return err
	}
	count, err := strconv.Atoi(rest[1])
	if err != nil {
		return fmt.Errorf("%w: %q is no count of envelopes", cli.ErrUsage, rest[1])
	}
	room, by, end, err := mailroom(ctx, env, settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	if err := room.Posted(ctx, by, rest[0], count); errors.Is(err, letters.ErrNotFound) {
		return fmt.Errorf("there is no batch %.40q", rest[0])
	} else if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "batch %s is posted\n", rest[0])
	return nil
}

func lettersReturned(ctx context.Context, env cli.Env, args []string) (err error) {
	flags := cli.Flags(env, "letters returned", fmt.Sprintf("guichet letters returned -config FILE LETTER REASON\nThe reason is one of %v.", letters.Reasons()))
	settings, rest, err := settingsOf(flags, args, 2)
	if err != nil {
		return err
	}
	room, by, end, err := mailroom(ctx, env, settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	l, err := room.Returned(ctx, by, rest[0], rest[1])
	if errors.Is(err, letters.ErrLetter) {
		return fmt.Errorf("%w: reason is one of %v", cli.ErrUsage, letters.Reasons())
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "letter %s came back, an advisor has a task\n", l.Reference)
	return nil
}

func lettersList(ctx context.Context, env cli.Env, args []string) (err error) {
	flags := cli.Flags(env, "letters list", "guichet letters list -config FILE [-state STATE] [-batch BATCH]")
	state := flags.String("state", "", "only those in this `state`: requested, printed, posted, used, returned, expired")
	batch := flags.String("batch", "", "only those of this `batch`")
	settings, _, err := settingsOf(flags, args, 0)
	switch {
	case err != nil:
		return err
	case *state != "" && !slices.Contains(letters.States(), letters.State(*state)):
		return fmt.Errorf("%w: -state is one of %v", cli.ErrUsage, letters.States())
	}
	room, by, end, err := mailroom(ctx, env, settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	table := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LETTER\tREFERENCE\tKIND\tSTATE\tREQUESTED\tBATCH")
	for before := ""; ; {
		list, err := room.Store.Letters(ctx, by, letters.Filter{State: letters.State(*state), Batch: *batch}, before, letters.MaxBatch)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return table.Flush()
		}
		for _, l := range list {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", l.ID, l.Reference, l.Kind, l.State, l.At.Requested.Format(time.DateOnly), l.Batch)
			before = l.ID
		}
	}
}
