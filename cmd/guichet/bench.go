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
	names, err := cli.Parse(flags, args)
	if err != nil {
		return err
	}
	return bench.Run(ctx, env.Stdout, names, *asJSON)
}
