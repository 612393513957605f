// Command interop has files judged by the validators that others wrote, and prints a
// table: EU DSS and pyHanko say at which PAdES level each signature is, veraPDF whether the
// file is PDF/A-3a and PDF/UA-1, pdfsig whether the signature is valid. The files are
//
//	those of the demo's journey "levels": every level, key and signer
//	counter-*   what the counter made of a card, an order, an approval, a password
//	kind-*      each kind of document there is, by card and under the seal
//	sheet-*     what nobody signs: veraPDF alone speaks of them
//	paper-*     what other programs wrote: not asked to be PDF/A or PDF/UA
//
//	make interop
//	go run ./signing/interop -guichet bin/guichet -work bin/interop
//
// The validators are fetched once, in the versions that pom.xml and requirements.txt pin,
// into the work folder; what they judge comes from the file and the roots beside it,
// nothing is asked of a network. The command fails when a program is missing, a registry
// cannot be reached, a validator fails, or one says anything but what was asked for: the
// level exactly, "passed" from B-LT on, and below it nothing worse than that evidence of
// revocation is not there yet.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("interop", flag.ContinueOnError)
	guichet := flags.String("guichet", "bin/guichet", "the `program` that makes the files")
	source := flags.String("source", "signing/interop", "`folder` of pom.xml, judge.py and requirements.txt")
	work := flags.String("work", "bin/interop", "`folder` for the validators and the files; kept for the next time")
	papers := flags.String("papers", "signing/testdata/foreign/accepted", "`folder` of PDFs of other programs, to be signed as they came")
	files := flags.String("files", "", "`folder` of files to judge, with their roots in its folder trust; empty: make them")
	if err := flags.Parse(args); err != nil {
		return err
	}
	b, err := newBench(*source, *work)
	if err != nil {
		return err
	}
	if err := b.present(*guichet, *files); err != nil {
		return err
	}
	if err := b.fetch(ctx, out); err != nil {
		return err
	}
	if *files != "" { // the validators run in folders of their own
		b.files, err = filepath.Abs(*files)
	} else {
		b.files = filepath.Join(b.work, "files")
		err = b.make(ctx, *guichet, *papers, out)
	}
	if err != nil {
		return err
	}
	return b.judge(ctx, out)
}

// judge runs every validator and prints the table.
func (b *bench) judge(ctx context.Context, out io.Writer) error {
	names, err := filepath.Glob(filepath.Join(b.files, "*.pdf"))
	if err != nil || len(names) == 0 {
		return errors.Join(fmt.Errorf("no files in %s", b.files), err)
	}
	found, failed := b.ask(ctx, names, out)
	t := tabulate(names, found)
	if err := t.print(out); err != nil {
		return err
	}
	if bad := t.bad(); bad > 0 {
		failed = errors.Join(failed, fmt.Errorf("%d of %d lines of the table are not what was asked for", bad, len(t)))
	}
	return failed
}
