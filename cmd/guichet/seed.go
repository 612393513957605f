package main

import (
	"context"
	"fmt"
	"time"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/core"
	"guichet.example/portal/core/seed"
)

// runSeed writes the files of a made-up mutuality, for trying and measuring imports. The
// same numbers give the same files, byte for byte.
func runSeed(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "seed", "guichet seed -members N [-seed S] [-lines-per-member N] [-until DATE] [-format csv] -out DIR")
	var cfg seed.Config
	flags.IntVar(&cfg.Members, "members", 0, "how many `persons`, holders and their families")
	flags.Uint64Var(&cfg.Seed, "seed", 1, "`number` that decides everything")
	flags.IntVar(&cfg.Lines, "lines-per-member", seed.DefaultLines, "`lines` of care a person in two years, on average")
	out := flags.String("out", "", "`folder` to write into; files that are there are not written over")
	until := flags.String("until", seed.DefaultUntil.Format(time.DateOnly), "last `day` of the data")
	format := flags.String("format", string(core.NDJSON), "ndjson or csv")
	rest, err := cli.Parse(flags, args)
	if err != nil {
		return err
	}
	if cfg.Until, err = time.Parse(time.DateOnly, *until); err != nil {
		return fmt.Errorf("%w: a day is written 2026-11-20", cli.ErrUsage)
	}
	if *out == "" || len(rest) > 0 || cfg.Members == 0 {
		return fmt.Errorf("%w: -members says how many, -out where to", cli.ErrUsage)
	}
	if f := core.Format(*format); f != core.NDJSON && f != core.CSV {
		return fmt.Errorf("%w: -format is ndjson or csv", cli.ErrUsage)
	}
	g, err := seed.New(cfg)
	if err != nil {
		return err
	}
	totals, err := g.Write(ctx, *out, core.Format(*format), func(members int) { fmt.Fprintf(env.Stderr, "\r%d of %d persons", members, cfg.Members) })
	if err != nil {
		return err
	}
	fmt.Fprintln(env.Stderr)
	for _, t := range totals {
		fmt.Fprintf(env.Stdout, "%-22s %10d records %12d bytes\n", t.File, t.Count, t.Bytes)
	}
	return nil
}
