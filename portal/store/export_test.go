package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"strconv"
	"testing"

	"github.com/pressly/goose/v3"

	"guichet.example/portal/audit"
	"guichet.example/portal/jobs"
)

// What tests of the inside need. Nothing here is in the program.

// MaxPages bounds the file, as a full disk does. The answer is the bound that holds.
func (db *DB) MaxPages(n int64) (now int64, err error) {
	query := fmt.Sprintf("PRAGMA max_page_count=%d", n)
	err = db.writer.conn.sql.QueryRowContext(context.Background(), query).Scan(&now)
	return now, err
}

// Pages is the size of the file in pages.
func (db *DB) Pages() (pages int64, err error) {
	err = db.read(context.Background(), func(c *conn) error { return c.get("PRAGMA page_count", nil, &pages) })
	return pages, err
}

// Act runs statements as one act, with an audit row if action is not empty.
func (db *DB) Act(action audit.Action, statements ...string) error {
	return db.write(context.Background(), audit.Entry{At: db.cfg.Now(), Actor: audit.System, Action: action}, func(t *tx) error {
		for _, s := range statements {
			if s == "panic" {
				panic("planted")
			}
			if _, err := t.exec(s); err != nil {
				return err
			}
		}
		return nil
	})
}

// Waits is how many acts wait for the writer.
func (db *DB) Waits() int { return len(db.writer.jobs) }

// Count is how many rows a table has.
func (db *DB) Count(table string) (n int) {
	db.read(context.Background(), func(c *conn) error { return c.get("SELECT count(*) FROM "+table, nil, &n) })
	return n
}

// Commits is how many transactions were committed.
func (db *DB) Commits() int64 { return db.writer.commits.Load() }

// Stop does what a failed disk does.
func (db *DB) Stop(cause error) { db.writer.stop(cause) }

// Migrations are the embedded steps.
func Migrations() fs.FS { return sqliteSteps() }

// Migrate is the step of Open, with other migrations.
func Migrate(ctx context.Context, pool *sql.DB, steps fs.FS) error {
	return migrate(ctx, goose.DialectSQLite3, pool, steps)
}

// PostgresMigrations are those for PostgreSQL.
func PostgresMigrations() fs.FS { return postgresSteps() }

// MigratePostgres is Migrate for PostgreSQL.
func MigratePostgres(ctx context.Context, pool *sql.DB, steps fs.FS) error {
	return migrate(ctx, goose.DialectPostgres, pool, steps)
}

// Enqueue adds jobs in one act.
func (db *DB) Enqueue(list ...jobs.Job) error { return db.EnqueueAndFail(nil, list...) }

// EnqueueAndFail is Enqueue in an act that then fails with err.
func (db *DB) EnqueueAndFail(err error, list ...jobs.Job) error {
	return db.write(context.Background(), audit.Entry{}, func(t *tx) error {
		for _, j := range list {
			if err := t.enqueue(db, j); err != nil {
				return err
			}
		}
		return err
	})
}

// FinishIn ends the job in an act.
func (db *DB) FinishIn(j jobs.Job) error {
	return db.write(context.Background(), audit.Entry{}, func(t *tx) error { return t.finish(j) })
}

// Leased counts jobs that somebody has.
func (db *DB) Leased() (n int, err error) {
	err = db.read(context.Background(), func(c *conn) error {
		return c.get(`SELECT count(*) FROM jobs WHERE lease <> ''`, nil, &n)
	})
	return n, err
}

// Numbered rewrites a statement for PostgreSQL.
var Numbered = numbered

// WriteLock is the key of the turn to write.
var WriteLock = strconv.Itoa(writeLock)

// WriterSetting is a setting of the connection that writes.
func (db *DB) WriterSetting(t testing.TB, name string) (value string) {
	err := db.write(context.Background(), audit.Entry{}, func(t *tx) error {
		return t.get(`SELECT current_setting(?)`, []any{name}, &value)
	})
	if err != nil {
		t.Error(err)
	}
	return value
}
