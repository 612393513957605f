package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"
	driver "modernc.org/sqlite"
)

// sqlite is one file in WAL mode, read and written by this process.
type sqlite struct {
	pool   *sql.DB
	keeper *conn       // checkpoints
	long   atomic.Bool // the log is so long that the writer must wait for it
}

// Page caches, in KiB: all of them together are what the store holds in memory.
const (
	writerCache = 8 << 10
	readerCache = 4 << 10
	keeperCache = 1 << 10
)

// dsn is the address of the file with the settings every connection has.
//
// FULL syncs the log at every commit; checkpoints are left to keep.go; a database
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

// open makes the file if need be, and migrates it.
func (s *sqlite) open(ctx context.Context, cfg Config) (*sql.DB, error) {
	address, err := dsn(cfg.Path)
	if err != nil {
		return nil, err
	}
	if err := makeFile(cfg.Path, cfg.ReadOnly); err != nil {
		return nil, err
	}
	s.pool, err = sql.Open("sqlite", address)
	if err != nil {
		return nil, fmt.Errorf("opening database: %w", err)
	}
	if cfg.ReadOnly {
		return s.pool, checkOnly(ctx, s.pool, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'goose_db_version')`, sqliteSteps())
	}
	return s.pool, s.prepareFile(ctx)
}

// makeFile makes an empty file that only the owner can read; log and index take over
// its mode.
func makeFile(path string, readOnly bool) error {
	flags := os.O_RDWR | os.O_CREATE | os.O_EXCL
	if readOnly {
		flags = os.O_RDONLY
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("opening database: %w", err)
	}
	if err := f.Close(); err != nil || readOnly {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("opening folder of database: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// prepareFile writes the log of an earlier process into the database before anything
// is built on it: after a crash the log may be in the page cache only, and reading it
// back says nothing of what is on disk. Then it migrates.
func (s *sqlite) prepareFile(ctx context.Context) error {
	c, err := s.connectWith(ctx, keeperCache)
	if err != nil {
		return err
	}
	if err := checkpoint(c, "TRUNCATE"); err != nil {
		return errors.Join(fmt.Errorf("recovering database: %w", err), c.close())
	}
	s.keeper = c
	if err := migrate(ctx, goose.DialectSQLite3, s.pool, sqliteSteps()); err != nil {
		return err
	}
	return settlePlans(c)
}

func (s *sqlite) connect(ctx context.Context, writing bool) (*conn, error) {
	if writing {
		return s.connectWith(ctx, writerCache)
	}
	return s.connectWith(ctx, readerCache, "query_only=ON")
}

func (s *sqlite) connectWith(ctx context.Context, cache int, pragmas ...string) (*conn, error) {
	c, err := s.pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening database: %w", err)
	}
	for _, pragma := range append(pragmas, "cache_size=-"+strconv.Itoa(cache)) {
		if _, err := c.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			return nil, errors.Join(fmt.Errorf("setting %s: %w", pragma, err), c.Close())
		}
	}
	conn := newConn(s, c)
	conn.rewrite = steady
	return conn, nil
}

// steady keeps a statement as it was prepared. SQLite (3.47 and later) looks at the value
// of LIMIT ? when it plans, and so plans the statement anew, which takes longer than most
// take to run, each time that a value is bound. At a sum it does not look.
func steady(query string) string { return strings.ReplaceAll(query, "LIMIT ?", "LIMIT 0 + ?") }

// readers are no more than there are cores: each has a cache of its own, which it drops at
// the first read after every commit, so that more of them read the same pages again.
func (s *sqlite) readers() (most, spare int) {
	const all = 4
	most = min(max(2, runtime.NumCPU()), all)
	return most, all - most
}

func (s *sqlite) doubts() bool            { return false }
func (s *sqlite) patience() time.Duration { return 0 }

func (s *sqlite) beforeBatch(c *conn) error {
	if !s.long.Swap(false) {
		return nil
	}
	if err := checkpoint(c, "PASSIVE"); s.what(err) == diskFailed {
		return err
	}
	return nil
}

func (s *sqlite) begin(c *conn) error    { return run(c, "BEGIN IMMEDIATE") }
func (s *sqlite) commit(c *conn) error   { return run(c, "COMMIT") }
func (s *sqlite) snapshot(c *conn) error { return run(c, "BEGIN") }

func (s *sqlite) size() string {
	return `SELECT page_count * page_size FROM pragma_page_count, pragma_page_size`
}

func (s *sqlite) proven(*conn) error            { return nil } // it has its name only then
func (s *sqlite) analyze(context.Context) error { return nil }

func (s *sqlite) tasks(db *DB) []func() { return []func(){func() { s.keepLog(db) }} }

func (s *sqlite) close() error {
	if s.keeper == nil {
		return nil
	}
	return s.keeper.close()
}

func run(c *conn, statement string) error {
	_, err := c.exec(statement)
	return err
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

// what tells errors after which SQLite may have rolled back the whole transaction by
// itself (https://www.sqlite.org/lang_transaction.html, 3), and among them those after
// which the state of the file is not known.
func (s *sqlite) what(err error) trouble {
	var e *driver.Error
	if !errors.As(err, &e) {
		return ofTheAct
	}
	switch e.Code() {
	case codeShmOpen, codeShmSize, codeShmMap:
		return ofTheBatch
	}
	switch e.Code() & 0xff {
	case codeIOErr, codeCorrupt, codeNotADB:
		return diskFailed
	case codeFull:
		return diskFull
	case codeBusy, codeNoMem, codeReadOnly, codeCantOpen:
		return ofTheBatch
	}
	return ofTheAct
}
