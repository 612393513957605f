package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/store"
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

// exportPartners writes a list of members for the mutuality's partners. The e-mail address
// of who refused to have it passed on, or was never asked, is not in it.
func exportPartners(ctx context.Context, env cli.Env, settings *Settings, file string) (err error) {
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, out.Close()); err != nil {
			err = errors.Join(err, os.Remove(file)) // half a list is none, and keeps the next from being written
		}
	}()
	db, err := awaitStore(ctx, env, settings, slog.New(slog.NewTextHandler(env.Stderr, nil)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	buffer := bufio.NewWriter(out)
	lines := json.NewEncoder(buffer)
	members, addresses := 0, 0
	err = db.EachPartner(ctx, settings.Mutuality.ID, func(p store.Partner) error {
		members++
		if p.Email != "" {
			addresses++
		}
		return lines.Encode(p)
	})
	if err != nil {
		return err
	}
	if err := errors.Join(buffer.Flush(), out.Sync()); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "members exported: %d, of them %d with an e-mail address that may be passed on\n", members, addresses)
	return nil
}
