package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"

	"modernc.org/sqlite"
)

// Page caches, in KiB: all of them together are what the store holds in memory.
const (
	writerCache = 8 << 10
	readerCache = 4 << 10
	keeperCache = 1 << 10
	readers     = 4
)

// dsn is the address of the file with the settings every connection has.
//
// FULL syncs the log at every commit; checkpoints are left to checkpoint.go; a database
// that somebody tampered with runs none of its own code (trusted_schema).
func dsn(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("path of the store: %w", err)
	}
	settings := url.Values{"_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)",
		"wal_autocheckpoint(0)", "journal_size_limit(16777216)", "temp_store(MEMORY)",
		"trusted_schema(OFF)", "cell_size_check(ON)",
	}}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: settings.Encode()}).String(), nil
}

// conn is one connection with its statements. Not safe for concurrent use.
//
// Statements run without the caller's context: SQLite answers an interrupt in the
// middle of a write by rolling back the whole transaction, and with it the acts of
// others. All of them are short.
type conn struct {
	sql   *sql.Conn
	stmts map[string]*sql.Stmt
}

func connect(ctx context.Context, pool *sql.DB, cache int, pragmas ...string) (*conn, error) {
	c, err := pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening database: %w", err)
	}
	for _, pragma := range append(pragmas, "cache_size=-"+strconv.Itoa(cache)) {
		if _, err := c.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			return nil, errors.Join(fmt.Errorf("setting %s: %w", pragma, err), c.Close())
		}
	}
	return &conn{sql: c, stmts: map[string]*sql.Stmt{}}, nil
}

func (c *conn) close() error {
	var errs []error
	for _, stmt := range c.stmts {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, c.sql.Close())...)
}

func (c *conn) stmt(query string) (*sql.Stmt, error) {
	if stmt, ok := c.stmts[query]; ok {
		return stmt, nil
	}
	stmt, err := c.sql.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	c.stmts[query] = stmt
	return stmt, nil
}

// exec runs a statement and returns how many rows it changed.
func (c *conn) exec(query string, args ...any) (int64, error) {
	stmt, err := c.stmt(query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.Exec(args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// get reads one row into dest; sql.ErrNoRows if there is none.
func (c *conn) get(query string, args []any, dest ...any) error {
	stmt, err := c.stmt(query)
	if err != nil {
		return err
	}
	return stmt.QueryRow(args...).Scan(dest...)
}

// each calls row for every row, with the function that reads it.
func (c *conn) each(query string, args []any, row func(scan func(dest ...any) error) error) error {
	stmt, err := c.stmt(query)
	if err != nil {
		return err
	}
	rows, err := stmt.Query(args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Primary result codes of SQLite (https://www.sqlite.org/rescode.html).
const (
	codeBusy     = 5
	codeNoMem    = 7
	codeReadOnly = 8
	codeIOErr    = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26
)

// Extended codes of the shared-memory index of the log. It is rebuilt from the log, so
// failing to grow it says nothing of what was written.
const (
	codeShmOpen = 10 | 18<<8
	codeShmSize = 10 | 19<<8
	codeShmMap  = 10 | 21<<8
)

// code is the SQLite result code in err, 0 if there is none.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// transactionLost tells errors after which SQLite may have rolled back the whole
// transaction by itself (https://www.sqlite.org/lang_transaction.html, 3).
func transactionLost(err error) bool {
	switch code(err) & 0xff {
	case codeBusy, codeNoMem, codeReadOnly, codeIOErr, codeCorrupt, codeFull, codeCantOpen, codeNotADB:
		return true
	}
	return false
}

// diskFailed tells errors after which the state of the file is not known.
func diskFailed(err error) bool {
	switch c := code(err); c {
	case codeShmOpen, codeShmSize, codeShmMap:
		return false
	default:
		return c&0xff == codeIOErr || c&0xff == codeCorrupt || c&0xff == codeNotADB
	}
}
