package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// Inspection is what a look at a database finds, for who is about to serve from it.
type Inspection struct {
	Have, Known int64 // version of its schema, and the newest that this program makes
	Refused     bool  // it is newer, and this program cannot work on it
	// Unsafe names the settings of the server under which what was acknowledged can be
	// lost when the power goes: "fsync is off".
	Unsafe []string
	Size   int64 // bytes
}

// unsafeSettings are settings of PostgreSQL that must be on for a commit to be on the disk
// (its documentation, 19.5.1). synchronous_commit is not among them: our sessions set it.
var unsafeSettings = []string{"fsync", "full_page_writes"}

// Inspect looks at a database that is there, and changes nothing: it needs no keys. A
// schema from a newer program is no error here. SQLite has no settings of its own: what is
// acknowledged is on the disk as far as the disk says so (synchronous=FULL).
func Inspect(ctx context.Context, cfg Config) (found Inspection, err error) {
	cfg.ReadOnly = true
	e := newEngine(cfg)
	pool, err := e.open(ctx, cfg)
	if pool != nil {
		defer pool.Close()
	}
	defer func() { err = errors.Join(err, e.close()) }()
	if err != nil && !errors.Is(err, ErrNewerSchema) {
		return found, fmt.Errorf("looking at the database: %w", err)
	}
	found.Refused = errors.Is(err, ErrNewerSchema)
	steps := sqliteSteps()
	if cfg.Database != "" {
		steps = postgresSteps()
	}
	if found.Known, err = newest(steps); err != nil {
		return found, err
	}
	c, err := pool.Conn(ctx)
	if err != nil {
		return found, fmt.Errorf("looking at the database: %w", err)
	}
	defer c.Close()
	ask := func(query string, into any) {
		if err == nil {
			err = c.QueryRowContext(ctx, query).Scan(into)
		}
	}
	ask(`SELECT max(version_id) FROM goose_db_version WHERE is_applied`, &found.Have)
	ask(e.size(), &found.Size)
	if cfg.Database != "" {
		for _, name := range unsafeSettings {
			var value string
			if ask(`SHOW `+name, &value); value == "off" {
				found.Unsafe = append(found.Unsafe, name+" is off")
			}
		}
	}
	if err != nil {
		return found, fmt.Errorf("looking at the database: %w", err)
	}
	return found, nil
}

// newest is the version of the last migration.
func newest(steps fs.FS) (known int64, err error) {
	names, err := fs.ReadDir(steps, ".")
	if err != nil {
		return 0, fmt.Errorf("reading migrations: %w", err)
	}
	if len(names) > 0 { // sorted by name, which begins with the version
		_, err = fmt.Sscanf(names[len(names)-1].Name(), "%d_", &known)
	}
	return known, err
}
