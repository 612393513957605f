package main

import (
	"context"
	"fmt"

	"guichet.example/cmd/internal/cli"
)

// runExport writes what leaves for others: a list of members for partners, or what came to
// be in force for the insurance system.
func runExport(ctx context.Context, env cli.Env, args []string) (err error) {
	flags := cli.Flags(env, "export", "guichet export partners -config FILE OUT.ndjson\n       guichet export changes -config FILE OUTDIR\n       guichet export ack -config FILE BATCH")
	settings, rest, err := settingsOf(flags, args, 2)
	switch {
	case err != nil:
		return err
	case rest[0] == "changes":
		return runExportChanges(ctx, env, settings, rest[1])
	case rest[0] == "ack":
		return runExportAck(ctx, env, settings, rest[1])
	case rest[0] != "partners":
		return fmt.Errorf("%w: %.20q is none of partners, changes, ack", cli.ErrUsage, rest[0])
	}
	return exportPartners(ctx, env, settings, rest[1])
}
