package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"guichet.example/auth"
	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/renewal"
	"guichet.example/portal/store"
	"guichet.example/signing"
)

// ArchiveSettings say how what is signed lasts.
type ArchiveSettings struct {
	// Level is what documents are raised to where there is a timestamp service: "B-LT" or
	// "B-LTA". Empty: B-LTA.
	Level string `json:"level"`
	// RenewBefore is how long before its archive timestamp runs out a document gets
	// another. Empty: 4320h, which is 180 days.
	RenewBefore *Duration `json:"renew_before"`
	// PerMinute is how many documents are renewed in a minute at most. Empty: 600.
	PerMinute int `json:"per_minute"`
}

func (a ArchiveSettings) check() error {
	switch {
	case a.Level != "" && a.Level != "B-LT" && a.Level != "B-LTA":
		return errors.New(`"archive.level" is "B-LT" or "B-LTA"`)
	case a.PerMinute < 0:
		return errors.New(`"archive.per_minute" is negative`)
	}
	return nil
}

func (a ArchiveSettings) level() signing.Level {
	if a.Level == "B-LT" {
		return signing.LevelLT
	}
	return signing.LevelLTA
}

func runRenew(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "renew", "guichet renew [-all] [-dry-run] [-member ID] -config FILE")
	all := flags.Bool("all", false, "documents that are not due too, but for those stamped in the last day")
	dry := flags.Bool("dry-run", false, "only say how many there are")
	member := flags.String("member", "", "documents of the member with that `ID` alone")
	s, _, err := settingsOf(flags, args, 0)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	if len(s.Timestamps) == 0 || s.Archive.level() < signing.LevelLTA {
		return errors.New(`nothing is renewed: "timestamps" names no service, or "archive.level" is not B-LTA`)
	}
	db, err := awaitStore(ctx, env, s, log)
	if err != nil {
		return err
	}
	defer db.Close()
	r, err := newRenewer(s, db, log)
	if err != nil {
		return err
	}
	window := renewal.Window{Now: time.Now(), Before: r.Margin(), Member: auth.MemberID(*member), All: *all}
	run := &renewRun{Renewer: r, window: window, progress: newProgress(env.Stderr)}
	list, err := run.begin(ctx)
	if err != nil {
		return err
	}
	if *member != "" && run.report.Documents == 0 {
		return fmt.Errorf("no signed document of a member with the id %q is kept", *member)
	}
	if !*dry {
		err = run.all(ctx, list)
	}
	if err == nil {
		fmt.Fprintln(env.Stderr, run.report.sentence())
	}
	// What was done is told whatever ended it.
	return errors.Join(err, json.NewEncoder(env.Stdout).Encode(run.report))
}

func newRenewer(s *Settings, db *store.DB, log *slog.Logger) (*renewal.Renewer, error) {
	outside, err := newServices(s, log)
	if err != nil {
		return nil, err
	}
	return &renewal.Renewer{
		Store: db, Jobs: db, Mutuality: s.Mutuality.ID, Trust: signing.Trust{Anchors: outside.anchors},
		Extender: &signing.Extender{TSA: outside.tsa, Revocation: outside.status, Anchors: outside.anchors},
		Before:   s.Archive.RenewBefore.or(0), PerMinute: s.Archive.PerMinute, Now: time.Now, Log: log,
	}, nil
}
