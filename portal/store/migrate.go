package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

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

// migrate brings the schema to the newest version, each step in a transaction of its
// own together with the note that it was made, so that a crash leaves one version or
// the next. A schema from a newer program is refused: ErrNewerSchema.
func migrate(ctx context.Context, dialect goose.Dialect, pool *sql.DB, steps fs.FS) error {
	provider, err := goose.NewProvider(dialect, pool, steps, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("reading migrations: %w", err)
	}
	known, err := checkSchema(ctx, provider)
	if err != nil {
		return err
	}
	if _, err := provider.UpTo(ctx, known); err != nil {
		return fmt.Errorf("migrating database: %w", err)
	}
	return nil
}

func checkSchema(ctx context.Context, provider *goose.Provider) (known int64, err error) {
	have, known, err := provider.GetVersions(ctx)
	if err != nil {
		return 0, fmt.Errorf("reading schema version: %w", err)
	}
	if have > known {
		return 0, fmt.Errorf("%w: it has version %d, this program knows up to %d; run the newer program, or restore a backup made before it ran", ErrNewerSchema, have, known)
	}
	return known, nil
}

// checkOnly is migrate for a store opened for reading: it changes nothing.
func checkOnly(ctx context.Context, pool *sql.DB, steps fs.FS) error {
	var have int64
	err := pool.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`).Scan(&have)
	if err != nil {
		return fmt.Errorf("reading schema version: %w", err)
	}
	known, err := newest(steps)
	if err != nil {
		return err
	}
	if have > known {
		return fmt.Errorf("%w: it has version %d, this program knows up to %d", ErrNewerSchema, have, known)
	}
	return nil
}
