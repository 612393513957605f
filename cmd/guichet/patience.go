package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/store"
)

// How long commands wait for a database that does not answer.
const (
	importPatience  = 10 * time.Minute // of a night's import, for each act
	commandPatience = 2 * time.Minute  // of any command, until it begins
	firstPause      = 500 * time.Millisecond
)

// patience tries again what a database did not answer, as one that is restarted or busy
// does not. Who waits is told so, and why.
type patience struct {
	lasting time.Duration // in all, for an act
	pause   time.Duration // after the first try; doubled up to a twelfth of all
	tells   io.Writer     // gets a line an act; nil: nobody is told
}

func (p patience) again(ctx context.Context, act func() error) error {
	for end, told := time.Now().Add(p.lasting), false; ; p.pause = max(p.pause, min(2*p.pause, p.lasting/12)) {
		err := act()
		if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrInDoubt) || time.Now().Add(p.pause).After(end) {
			return err
		}
		if p.tells != nil && !told {
			told = true
			fmt.Fprintf(p.tells, "no answer, trying again for up to %v: %v\n", p.lasting, err)
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(p.pause):
		}
	}
}

// awaitStore is openStore for a command, which waits for a database that is away for a
// while. A server does not: whoever started it starts it again.
func awaitStore(ctx context.Context, env cli.Env, s *Settings, log *slog.Logger) (db *store.DB, err error) {
	return awaitStoreFor(ctx, env, s, log, commandPatience)
}

func awaitStoreFor(ctx context.Context, env cli.Env, s *Settings, log *slog.Logger, lasting time.Duration) (db *store.DB, err error) {
	err = patience{lasting, firstPause, env.Stderr}.again(ctx, func() error { db, err = openStore(ctx, s, log); return err })
	return db, err
}
