package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"math"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/sqlite/*.sql migrations/postgres/*.sql
var migrations embed.FS

func sqliteSteps() fs.FS   { return stepsOf("sqlite") }
func postgresSteps() fs.FS { return stepsOf("postgres") }

func stepsOf(engine string) fs.FS {
	steps, err := fs.Sub(migrations, "migrations/"+engine)
	if err != nil {
		panic(err) // the path is ours, and well-formed
	}
	return steps
}

// newestVersion is that of the newest migration this program has.
const newestVersion = math.MaxInt64

// migrate brings the schema to the newest version, each step in a transaction of its
// own together with the note that it was made, so that a crash leaves one version or
// the next. A step that builds an index while others write has no transaction, and can be
// made again. A schema from a newer program is left as it is, if it says that this one can
// work on it; else it is refused: ErrNewerSchema.
//
// # Without stopping
//
// Servers of two versions work on one PostgreSQL while one after the other is replaced.
// So a step only adds: tables, columns that may be null or have a default. What is no
// longer used is taken away by a step that comes at least one version after the program
// that stopped using it, and that step raises schema_reach, so that older programs do not
// begin. A test reads the steps and holds them to that.
func migrate(ctx context.Context, dialect goose.Dialect, pool *sql.DB, steps fs.FS) error {
	return migrateTo(ctx, dialect, pool, steps, newestVersion)
}

func migrateTo(ctx context.Context, dialect goose.Dialect, pool *sql.DB, steps fs.FS, version int64) error {
	provider, err := goose.NewProvider(dialect, pool, steps, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("reading migrations: %w", err)
	}
	have, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading schema version: %w", err)
	}
	if have > known {
		return checkReach(ctx, pool, have, known)
	}
	if _, err := provider.UpTo(ctx, min(known, version)); err != nil {
		return fmt.Errorf("migrating database: %w", err)
	}
	return nil
}

// checkReach asks a newer schema whether a program that knows an older one can work on it.
func checkReach(ctx context.Context, pool *sql.DB, have, known int64) error {
	oldest := have
	if err := pool.QueryRowContext(ctx, `SELECT oldest FROM schema_reach`).Scan(&oldest); err != nil {
		oldest = have // it does not say so
	}
	if oldest > known {
		return fmt.Errorf("%w: it has version %d, this program knows up to %d; run the newer program, or restore a backup made before it ran", ErrNewerSchema, have, known)
	}
	return nil
}

// checkOnly is migrate for a store opened for reading: it changes nothing. begun asks
// whether there is a schema of ours. ErrNoStore.
func checkOnly(ctx context.Context, pool *sql.DB, begun string, steps fs.FS) error {
	var there bool
	if err := pool.QueryRowContext(ctx, begun).Scan(&there); err != nil {
		return fmt.Errorf("reading schema version: %w", unconnected(err))
	}
	if !there {
		return ErrNoStore
	}
	var have int64
	err := pool.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`).Scan(&have)
	if err != nil {
		return fmt.Errorf("reading schema version: %w", err)
	}
	if have == 0 { // the first step was not made
		return ErrNoStore
	}
	known, err := newest(steps)
	if err != nil || have <= known {
		return err
	}
	return checkReach(ctx, pool, have, known)
}
