package main

import (
	"context"
	"strings"

	"guichet.example/cmd/guichet/bench"
	"guichet.example/cmd/internal/cli"
)

func runBench(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "bench", "guichet bench [-json] [NAME...]\nnames: "+strings.Join(bench.Names(), ", "))
	asJSON := flags.Bool("json", false, "print one JSON object a line")
	var sizes bench.Sizes
	flags.IntVar(&sizes.Lines, "lines", 0, "`lines` of care in the large store of measurements by size; 0: few enough to be quick")
	flags.IntVar(&sizes.Few, "few", 0, "`lines` of care in the small one")
	flags.IntVar(&sizes.Sessions, "sessions", 0, "`sessions` alive while memory is measured")
	flags.IntVar(&sizes.Members, "members", 0, "`members` of the largest mutuality whose growth is measured")
	names, err := cli.Parse(flags, args)
	if err != nil {
		return err
	}
	fitRuntime() // as the counter that is measured
	return bench.Run(ctx, env.Stdout, names, *asJSON, sizes)
}
