package bare

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Loader adds rows to a store's own tables as fast as the driver does: on SQLite by
// statements of 50 rows, on PostgreSQL by COPY. It looks nothing up, checks nothing and
// notes nothing. For one goroutine.
type Loader struct {
	lite *sql.DB
	post *pgx.Conn
}

// OpenLoader opens the store at database, a PostgreSQL address, or at the path of a SQLite
// file, with a sync for each commit.
func OpenLoader(ctx context.Context, database, path string) (*Loader, error) {
	if database != "" {
		c, err := pgx.Connect(ctx, database)
		return &Loader{post: c}, err
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	settings := url.Values{"_pragma": {"busy_timeout(60000)", "synchronous(FULL)", "wal_autocheckpoint(0)", "cache_size(-65536)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: absolute, RawQuery: settings.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &Loader{lite: db}, nil
}

// Close closes it.
func (l *Loader) Close(ctx context.Context) error {
	if l.post != nil {
		return l.post.Close(ctx)
	}
	return l.lite.Close()
}

// Settle writes what is in the log of SQLite alone into the file, whoever put it there.
func (l *Loader) Settle(ctx context.Context) error {
	if l.lite == nil {
		return nil
	}
	var busy, pages, done int
	return l.lite.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &pages, &done)
}

// loadBatch is how many rows are in a transaction.
const loadBatch = 10_000

// Load adds rows in the order of their keys.
func (l *Loader) Load(ctx context.Context, table string, columns []string, rows [][]any) error {
	for len(rows) > 0 {
		n := min(loadBatch, len(rows))
		var err error
		if l.post != nil {
			_, err = l.post.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows[:n]))
		} else {
			err = l.insert(ctx, table, columns, rows[:n])
		}
		if err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (l *Loader) insert(ctx context.Context, table string, columns []string, rows [][]any) (err error) {
	tx, err := l.lite.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ") + ")"
	insert := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES "
	many, err := tx.PrepareContext(ctx, insert+strings.TrimSuffix(strings.Repeat(one+", ", fillRows), ", "))
	if err != nil {
		return err
	}
	args := make([]any, 0, fillRows*len(columns))
	for len(rows) > 0 {
		n := min(fillRows, len(rows))
		args = args[:0]
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		if n == fillRows {
			_, err = many.ExecContext(ctx, args...)
		} else {
			_, err = tx.ExecContext(ctx, insert+strings.TrimSuffix(strings.Repeat(one+", ", n), ", "), args...)
		}
		if err != nil {
			return err
		}
		rows = rows[n:]
	}
	return tx.Commit()
}
