package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/audit"
	"guichet.example/portal/store"
	"guichet.example/portal/vault"
)

// runBackup copies the whole store of one moment into a folder, while the counter serves.
func runBackup(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "backup", "guichet backup -config FILE OUT")
	s, rest, err := settingsOf(flags, args, 1)
	if err != nil {
		return err
	}
	if within(s.Keys, rest[0]) || within(rest[0], s.Keys) {
		return errors.New("a backup beside the keys would hold the keys to itself: choose another folder")
	}
	db, err := awaitStore(ctx, env, s, errorsOnly(env))
	if err != nil {
		return err
	}
	began, p := time.Now(), &stepProgress{progress: newProgress(env.Stderr)}
	m, err := db.Backup(ctx, rest[0], p.told)
	p.end()
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "backup of %s: %d documents, %d audit rows, %d objects, in %v\n", m.Began.Format(time.RFC3339),
		m.Counts["documents"], m.Counts["audit"], m.Objects, time.Since(began).Round(time.Millisecond))
	fmt.Fprintln(env.Stdout, "the keys are not in it, and sealed it: keep a copy of them apart")
	return nil
}

// runRestore makes the store of a backup on an empty machine, and checks all of it.
func runRestore(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "restore", "guichet restore -config FILE [-old] [-unsealed] BACKUP")
	unsealed := flags.Bool("unsealed", false, "take a backup without "+store.SealFile+", as older programs made them:\nwhoever could write into its folder may have put anything in it")
	old := flags.Bool("old", false, fmt.Sprintf("take a backup older than %d days:\nwhat members and the office did since is undone by it", int(store.OldBackup.Hours())/24))
	s, rest, err := settingsOf(flags, args, 1)
	if err != nil {
		return err
	}
	keys, err := vault.LoadKeys(s.Keys)
	if err != nil {
		return fmt.Errorf("a backup opens with the keys of its store, put them back: %w", err)
	}
	place, err := s.where()
	if err != nil {
		return err
	}
	cfg := store.Config{Keys: keys, Log: errorsOnly(env), Anchors: s.auditHeads(), Started: "restored"}
	place.set(&cfg)
	if err := s.Objects.set(&cfg); err != nil {
		return err
	}
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return err
	}
	heads, err := audit.ReadAnchors(cfg.Anchors) // before the restored store adds its own
	if err != nil {
		return err
	}
	began, p := time.Now(), &stepProgress{progress: newProgress(env.Stderr)}
	m, err := store.Restore(ctx, cfg, store.From{Dir: filepath.Clean(rest[0]), Unsealed: *unsealed, Old: *old}, p.told)
	p.end()
	switch {
	case errors.Is(err, store.ErrUnsealed):
		return fmt.Errorf("%w; if an older program made it and nobody else could write to it: -unsealed", err)
	case errors.Is(err, store.ErrOld):
		return fmt.Errorf("%w; if there is none that is newer: -old", err)
	case err != nil:
		return err
	}
	fmt.Fprintf(env.Stdout, "restored the backup of %s: %d documents, %d audit rows, %d objects, all checked, in %v\n",
		m.Began.Format(time.RFC3339), m.Counts["documents"], m.Counts["audit"], m.Objects, time.Since(began).Round(time.Millisecond))
	tellMissing(env, m, heads, cfg.Anchors, began)
	fmt.Fprintln(env.Stdout, "nobody is signed in: sessions and links of before do not come back")
	return nil
}

// tellMissing says what a restore does not bring back.
func tellMissing(env cli.Env, m store.Manifest, heads []audit.Anchor, file string, now time.Time) {
	age := now.Sub(m.Began).Round(time.Minute)
	fmt.Fprintf(env.Stdout, "not in it is what was done since, in %d days, %d hours and %d minutes: what members signed and changed, decisions of the office, imports (take them in again)\n",
		int(age.Hours())/24, int(age.Hours())%24, int(age.Minutes())%60)
	if rows, until := m.Missing(heads); rows > 0 {
		fmt.Fprintf(env.Stdout, "%s knows of at least %d audit rows after it, until %s\n", file, rows, until.UTC().Format(time.RFC3339))
	}
}

func errorsOnly(env cli.Env) *slog.Logger {
	return slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}

// stepProgress shows one step after the other.
type stepProgress struct {
	*progress
	what string
}

func (p *stepProgress) told(s store.Step) {
	of, done := s.Of, s.Done
	unit := map[string]string{"objects": "objects", "documents": "documents checked"}[s.What]
	if unit == "" { // bytes
		of, done, unit = of>>20+1, done>>20, "MB of the "+s.What
	}
	if p.what != s.What {
		if p.what != "" {
			p.end()
		}
		p.what, p.unit = s.What, unit
		p.done = 0
		p.begin(int(of))
	}
	p.at(int(done))
}
