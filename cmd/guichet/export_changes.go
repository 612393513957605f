package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strconv"
	"time"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/handover"
	"guichet.example/portal/store"
)

// runExportChanges gives the insurance system what came to be in force at the counter, as
// package handover describes it. What was given and not acknowledged is given again.
func runExportChanges(ctx context.Context, env cli.Env, settings *Settings, folder string) error {
	if there, err := os.Stat(folder); err != nil || !there.IsDir() {
		return fmt.Errorf("%s is no folder: make it first, where the insurance system fetches", folder)
	}
	return withStore(ctx, env, settings, commandPatience, func(db *store.DB) error {
		given, err := handover.Give(ctx, db, settings.Mutuality.ID, folder)
		if given.Acked > 0 {
			fmt.Fprintf(env.Stdout, "batch %d: acknowledged\n", given.Acked)
		}
		if errors.Is(err, handover.ErrNothing) {
			fmt.Fprintln(env.Stdout, "nothing waits")
			return nil
		}
		if err != nil {
			return err
		}
		again := ""
		if given.Again {
			again = ", as before"
		}
		fmt.Fprintf(env.Stdout, "batch %d%s: %d items\n", given.Batch.Batch, again, given.Batch.Items)
		for _, kind := range slices.Sorted(maps.Keys(given.Batch.Counts)) {
			fmt.Fprintf(env.Stdout, "  %s: %d\n", kind, given.Batch.Counts[kind])
		}
		fmt.Fprintf(env.Stdout, "  manifest: %s\n", given.Manifest)
		return nil
	})
}

// runExportAck notes that the insurance system has a batch.
func runExportAck(ctx context.Context, env cli.Env, settings *Settings, number string) error {
	batch, err := strconv.Atoi(number)
	if err != nil || batch < 1 {
		return fmt.Errorf("%w: %.20q is no number of a batch", cli.ErrUsage, number)
	}
	return withStore(ctx, env, settings, commandPatience, func(db *store.DB) error {
		if err := db.AckBatch(ctx, settings.Mutuality.ID, batch); err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "batch %d: acknowledged\n", batch)
		return nil
	})
}

func withStore(ctx context.Context, env cli.Env, settings *Settings, lasting time.Duration, do func(*store.DB) error) (err error) {
	db, err := awaitStoreFor(ctx, env, settings, slog.New(slog.NewTextHandler(env.Stderr, nil)), lasting)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db)
}
